package notify_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"dispositivo/dossier"
	"dispositivo/internal/i18n"
	"dispositivo/internal/notify"
)

func texts(t testing.TB) *i18n.Bundle {
	t.Helper()
	bundle, err := i18n.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	return bundle
}

func composer(t testing.TB) *notify.Composer {
	return notify.NewComposer(texts(t), "Ente di prova", "assistenza@ente.example")
}

// full is all a message may want.
func full() map[string]string {
	return map[string]string{
		"protocol": "2026/0000042", "pages": "2", "status_url": "https://ente.example/stato", "status_code": "KX7M-2PQR",
		"date": "22 novembre 2026", "deadline": "22 dicembre 2026", "state": "reviewing",
		"half": "ACDE FHJK", "code": "MNPR TVWX", "link": "ACDEFHJKMNPRTVWXY23456789ACD", "portal": "https://ente.example",
		"files": "2", "outcome": "unmatched", "reasons": "form.unsigned,id.missing", "findings": "page.dark:2,id.missing",
		"refusal": "no_form",
	}
}

var kinds = []dossier.MessageKind{
	dossier.MessageReceipt, dossier.MessageAskMore, dossier.MessageConfirmation, dossier.MessageRejection,
	dossier.MessageExpiry, dossier.MessageWithdrawn, dossier.MessageSuperseded, "reminder",
	dossier.MessageFirstHalf, dossier.MessageDeviceCode, dossier.MessageContactCode, dossier.MessageContactChanged,
	dossier.MessageAskedAgain, dossier.MessagePINReminder, dossier.MessageLetterUnderway, dossier.MessagePINRefused, dossier.MessageLetterComing,
	dossier.MessageLetterBack, dossier.MessagePINActivated, dossier.MessagePINChanged, dossier.MessagePINLapsed,
	dossier.MessagePINSuspended, dossier.MessagePINResumed, dossier.MessagePINRevoked,
	dossier.MessageRecoveryCode, dossier.MessageRecoveryRefused, dossier.MessageRecoveryFirst, dossier.MessageRecoverySecond, dossier.MessagePINRecovered,
	dossier.MessageRevocationCode, dossier.MessageRevocationElsewhere, dossier.MessagePINUnlocked,
	dossier.MessageDomandaFiled, dossier.MessageDomandaHeld, dossier.MessageDomandaReleased,
	dossier.MessageDelegationOffered, dossier.MessageDelegationAccepted, dossier.MessageDelegationDeclined, dossier.MessageDelegationEnded,
	dossier.MessageGuardianRecorded,
	dossier.MessageMailReceipt, dossier.MessageMailEmpty, dossier.MessageMailRefused,
}

func TestComposeEveryKind(t *testing.T) {
	for _, kind := range kinds {
		for _, lang := range texts(t).Languages() {
			mail, err := composer(t).Compose(notify.Email, kind, lang, full())
			if err != nil {
				t.Fatal(err)
			}
			sms, err := composer(t).Compose(notify.Text, kind, lang, full())
			if err != nil {
				t.Fatal(err)
			}
			if mail.Subject == "" || strings.ContainsAny(mail.Subject, "\r\n") || sms.Subject != "" {
				t.Errorf("%s %s: subjects %q and %q", kind, lang, mail.Subject, sms.Subject)
			}
			for _, text := range []string{mail.Subject, mail.Text, sms.Text} {
				if strings.ContainsAny(text, "{}") || strings.Contains(text, "\n\n\n") {
					t.Errorf("%s %s: half-worded: %s", kind, lang, text)
				}
			}
			if !strings.Contains(mail.Text, "Ente di prova") || !strings.HasPrefix(sms.Text, "Ente di prova: ") {
				t.Errorf("%s %s: not signed", kind, lang)
			}
			if n := len([]rune(sms.Text)); n > 306 {
				t.Errorf("%s %s: a text message of %d characters", kind, lang, n)
			}
		}
	}
}

// proves C7: protocol, pages received, what is unreadable, next step.
func TestReceipt(t *testing.T) {
	m, err := composer(t).Compose(notify.Email, dossier.MessageReceipt, "it", full())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Numero di protocollo: 2026/0000042\n", "Pagine ricevute: 2\n", "- Pagina 2: la pagina è troppo scura\n",
		"- manca la copia del documento di identità\n", "Che cosa succede ora: Non deve fare nulla", "KX7M-2PQR",
	} {
		if !strings.Contains(m.Text, want) {
			t.Errorf("%q is not in:\n%s", want, m.Text)
		}
	}
	data := full()
	delete(data, "findings")
	m, err = composer(t).Compose(notify.Email, dossier.MessageReceipt, "en", data)
	if err != nil || strings.Contains(m.Text, "noticed") {
		t.Errorf("without findings: %v\n%s", err, m.Text)
	}
}

func TestReasonsAreWordedForTheHolder(t *testing.T) {
	m, err := composer(t).Compose(notify.Email, dossier.MessageAskMore, "en", full())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"- The form is not signed.", "- We did not find the copy of your identity document."} {
		if !strings.Contains(m.Text, want) {
			t.Errorf("%q is not in:\n%s", want, m.Text)
		}
	}
	bundle := texts(t)
	for _, reason := range dossier.Reasons() {
		data := full()
		data["reasons"] = string(reason)
		m, err := composer(t).Compose(notify.Email, dossier.MessageRejection, "it", data)
		if err != nil || !strings.Contains(m.Text, bundle.T("it", "reason."+string(reason), nil)) {
			t.Errorf("%s: %v", reason, err)
		}
	}
}

func TestReferenceNeedsAProtocol(t *testing.T) {
	data := full()
	delete(data, "protocol")
	m, err := composer(t).Compose(notify.Email, dossier.MessageExpiry, "it", data)
	if err != nil || strings.Contains(m.Text, "protocollo") {
		t.Errorf("expiry without protocol: %v\n%s", err, m.Text)
	}
}

func TestComposeRefuses(t *testing.T) {
	for name, change := range map[string]func(map[string]string){
		"missing value":     func(d map[string]string) { delete(d, "pages") },
		"unknown state":     func(d map[string]string) { d["state"] = "nowhere" },
		"unknown reason":    func(d map[string]string) { d["reasons"] = "form.unsigned,no.such" },
		"unknown finding":   func(d map[string]string) { d["findings"] = "no.such:1" },
		"control character": func(d map[string]string) { d["protocol"] = "1\r\nBcc: a@b.example" },
	} {
		data := full()
		change(data)
		if _, err := composer(t).Compose(notify.Email, dossier.MessageReceipt, "it", data); err == nil || dossier.Temporary(err) {
			t.Errorf("%s: %v, want a permanent error", name, err)
		}
	}
	if _, err := composer(t).Compose("pigeon", dossier.MessageReceipt, "it", full()); err == nil {
		t.Error("an unknown class is worded")
	}
	if _, err := composer(t).Compose(notify.Email, "nothing", "it", full()); err == nil {
		t.Error("an unknown kind is worded")
	}
}

func TestMessagePrintsNothingPersonal(t *testing.T) {
	m := notify.Message{ID: "m1", Class: notify.Email, To: "anna@mail.example", Subject: "S", Text: "secret text"}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", slog.Any("message", m))
	out := fmt.Sprintf("%v %+v %#v %s %v", m, m, m, m, &m) + log.String()
	if strings.Contains(out, "anna") || strings.Contains(out, "secret") || !strings.Contains(out, "m1") {
		t.Errorf("prints %s", out)
	}
}
