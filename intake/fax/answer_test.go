package fax_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/intake/fax"
	"dispositivo/internal/signed"
	"dispositivo/internal/testkit/house"
)

// newAnswers draws what it was told to draw.
func newAnswers(h house.House) *fax.Answers {
	return &fax.Answers{Store: h, Clock: h.Clock, Draw: func(a fax.Answer) ([]byte, error) {
		return fmt.Appendf(nil, "%s %s read=%t pages=%d %v", a.Protocol, a.State, a.Read, a.Pages, a.Findings), nil
	}}
}

// readPages reads a submission: two pages, one of them dark, of somebody whose
// document has expired.
func readPages(h house.House, sub dossier.Submission) {
	h.T.Helper()
	h.Must(dossier.Change{Actor: house.Worker(), Submission: &dossier.SubmissionMove{ID: sub.ID, Event: dossier.EventReadingStarted}})
	h.Must(dossier.Change{
		Actor: house.Worker(), Submission: &dossier.SubmissionMove{ID: sub.ID, Event: dossier.EventReadUnmatched},
		Effects: []dossier.Effect{
			dossier.AddPages{FileID: sub.Documents[0].ID, Format: "tiff", Pages: []dossier.Page{{N: 1}, {N: 2}}},
			dossier.SetFindings{SubmissionID: sub.ID, Findings: []dossier.Finding{
				{Code: dossier.PageDark, Severity: dossier.SeverityWarn, Page: 2},
				{Code: dossier.IDExpired, Severity: dossier.SeverityWarn, Page: 2},
			}},
		},
	})
}

// answered is what the page says once the pages of readPages were read: of the
// pages, and nothing of a person.
func answered(sub dossier.Submission) string {
	return sub.Protocol.String() + " unmatched read=true pages=2 [{page.dark warn 2 }]"
}

// proves C7: the page for the gateway says what is unreadable, once the pages are
// read; when that takes long, it goes out within the minute all the same.
func TestSpoolAnswers(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	s, dir := newSpool(t, h, newDoor(h))
	look := func() {
		t.Helper()
		if err := s.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	put(t, dir, "a.tif", page)
	put(t, dir, "a.done", nil)
	look()
	quick := received(t, h)[0]
	readPages(h, quick)
	put(t, dir, "slow.tif", []byte("slow"))
	put(t, dir, "slow.done", nil)
	look()
	wantFiles(t, filepath.Join(dir, "done"), "a.tif", "a.tif.done", "a.tif.receipt.pdf", "slow.tif", "slow.tif.done")
	slow := received(t, h)[0]
	if got := content(t, dir, "a.tif.receipt.pdf"); got != answered(quick) {
		t.Errorf("%q", got)
	}

	// Another process goes on where one was killed.
	other, err := fax.NewSpool(fax.SpoolConfig{Dir: dir, Door: newDoor(h), Clock: h.Clock, Answers: newAnswers(h)})
	if err != nil {
		t.Fatal(err)
	}
	h.Clock.Advance(45 * time.Second)
	if err := other.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := content(t, dir, "slow.tif.receipt.pdf"); got != slow.Protocol.String()+" received read=false pages=0 []" {
		t.Errorf("%q", got)
	}
	wantFiles(t, filepath.Join(dir, ".answers"))
}

func content(t *testing.T, dir, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "done", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// proves C7: a gateway that speaks our own form asks for the answer by its own name
// of the fax; nobody else does.
func TestAnswerTo(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	w, err := fax.NewWebhooks(fax.WebhookConfig{
		Door: newDoor(h), Clock: h.Clock, GenericSecret: genericSecret, PhaxioToken: phaxioToken, Answers: newAnswers(h),
	})
	if err != nil {
		t.Fatal(err)
	}
	call := func(secret string, v any) fax.Call {
		t.Helper()
		body, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		c := fax.Call{Header: http.Header{}, Body: body}
		signed.Stamp(c.Header, []byte(secret), h.Clock.Now(), body)
		return c
	}
	receipt, err := w.Take(t.Context(), "generic", call(genericSecret, fax.GenericFax{ID: "gw-1", Status: "received", File: page}))
	if err != nil {
		t.Fatal(err)
	}
	asked := call(genericSecret, fax.Asked{ID: "gw-1"})
	early, err := w.AnswerTo(t.Context(), "generic", asked)
	if now, nowErr := w.Now(t.Context(), receipt.SubmissionID); err != nil || nowErr != nil || early.Final || now.Protocol != receipt.Protocol || !bytes.Equal(now.Page, early.Page) {
		t.Errorf("early: %+v, %v; at once: %+v, %v", early, err, now, nowErr)
	}
	sub := received(t, h)[0]
	readPages(h, sub)
	if a, err := w.AnswerTo(t.Context(), "generic", asked); err != nil || !a.Final || string(a.Page) != answered(sub) {
		t.Errorf("%+v %s, %v", a, a.Page, err)
	}
	_, err = w.AnswerTo(t.Context(), "generic", call(genericSecret, fax.Asked{ID: "gw-2"}))
	house.WantCode(t, err, dossier.CodeNotFound)
	_, err = w.AnswerTo(t.Context(), "generic", call(genericSecret, fax.Asked{}))
	house.WantCode(t, err, dossier.CodeRequestInvalid)
	_, err = w.AnswerTo(t.Context(), "generic", call("another secret, as long", fax.Asked{ID: "gw-1"}))
	house.WantCode(t, err, dossier.CodeGatewayUnproved)
	_, err = w.AnswerTo(t.Context(), "phaxio", asked)
	house.WantCode(t, err, dossier.CodeGatewayUnproved)
	h.Clock.Advance(signed.Tolerance + time.Second)
	_, err = w.AnswerTo(t.Context(), "generic", asked)
	house.WantCode(t, err, dossier.CodeGatewayUnproved)
}

// proves C7: HylaFAX's script gets the page from the socket.
func TestHookAnswer(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	socket := serveHooks(t, &fax.HookServer{Door: newDoor(h), Answers: newAnswers(h), Credential: credential})
	told, err := fax.Send(t.Context(), socket, credential, fax.Hook{File: "recvq/fax1.tif", CommID: "1", Data: page})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := fax.AskAnswer(t.Context(), socket, credential, told.Submission); got != nil || err != nil {
		t.Errorf("while it is read: %q, %v", got, err)
	}
	sub := received(t, h)[0]
	readPages(h, sub)
	if got, err := fax.AskAnswer(t.Context(), socket, credential, told.Submission); string(got) != answered(sub) || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	for name, ask := range map[string][2]string{"another credential": {"another credential", told.Submission}, "no submission": {credential, "none"}} {
		if got, err := fax.AskAnswer(t.Context(), socket, ask[0], ask[1]); got != nil || err == nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}
