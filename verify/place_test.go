package verify_test

import (
	"bytes"
	"crypto/rand"
	"log/slog"
	"strings"
	"testing"

	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/internal/sandbox"
	"dispositivo/internal/testkit/house"
	"dispositivo/internal/token"
)

// post receives a fax and has it read.
func post(t *testing.T, h house.House, r *reader, id string, origin dossier.Origin, data string) dossier.Submission {
	t.Helper()
	return postBy(t, h, r, dossier.ChannelFax, id, origin, data)
}

func postBy(t *testing.T, h house.House, r *reader, by dossier.Channel, id string, origin dossier.Origin, data string) dossier.Submission {
	t.Helper()
	door := intake.NewDoor(intake.Config{
		Store: h.Store, Vault: h.Vault, Hash: h.Keys.MAC("content"), Clock: h.Clock, Logger: slog.New(slog.DiscardHandler),
	})
	p := intake.Post{Actor: house.Worker(), Channel: by, ExternalID: id, Origin: origin}
	if data == "" {
		p.Evidence = []byte("nothing but words")
	} else {
		p.Files = [][]byte{[]byte(data)}
	}
	got, err := door.Receive(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	task := h.Task(dossier.TaskScreen, got.SubmissionID)
	if err := newScreener(h, r).Screen(t.Context(), task.ID, got.SubmissionID); err != nil {
		t.Fatal(err)
	}
	sub, err := h.Submission(t.Context(), got.SubmissionID)
	if err != nil {
		t.Fatal(err)
	}
	return sub
}

// tokened opens a dossier whose form bears a real token.
func tokened(t *testing.T, h house.House, holder dossier.Holder) (string, token.Token) {
	t.Helper()
	tok, err := token.Mint(rand.Reader, tokenKey())
	if err != nil {
		t.Fatal(err)
	}
	id := h.ID()
	h.Must(dossier.Change{Actor: house.Citizen(holder), Effects: []dossier.Effect{dossier.OpenDossier{
		Dossier: dossier.Dossier{ID: id, HolderID: holder.ID, PINIssueID: holder.PIN.ID, Office: holder.Office, FormVersion: "1"},
		Form:    holder.Person, TokenID: tok.ID, StatusCode: "code-" + id,
	}}})
	return id, tok
}

func coded(texts ...string) *reader {
	r := pages(nil, "", "")
	for _, text := range texts {
		r.report.Symbols = append(r.report.Symbols, sandbox.Symbol{Kind: "qr", Text: text, Page: 1})
	}
	return r
}

// proves C9: a token on the page, or its code typed beside it, joins by itself;
// nothing else does, and what joins nothing waits for an operator.
func TestPlace(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		holder := h.AddHolder(someCF)
		id, tok := tokened(t, h, holder)

		bare := post(t, h, pages(nil, "codice fiscale RSSMRA80A01H501U."), "f/1", dossier.Origin{From: "+39065551"}, "one")
		if bare.State != dossier.SubmissionUnmatched || bare.DossierID != "" || len(bare.Documents[0].SealedClues) == 0 {
			t.Errorf("without token: %+v", bare)
		}
		if bytes.Contains(bare.Documents[0].SealedClues, []byte("RSSMRA80A01H501U")) {
			t.Error("clues are not sealed")
		}
		if d := h.Get(id); d.State != dossier.StateOpen {
			t.Errorf("a codice fiscale moved the dossier to %s", d.State)
		}
		joined := post(t, h, coded(tok.Text()), "f/2", dossier.Origin{}, "two")
		if joined.State != dossier.SubmissionJoined || joined.DossierID != id || joined.HolderID != holder.ID {
			t.Errorf("with token: %+v", joined)
		}
		if d := h.Get(id); d.State != dossier.StateReviewing || len(d.Submissions) != 1 {
			t.Errorf("dossier %s with %d submissions", d.State, len(d.Submissions))
		}
		if n := len(h.Told(dossier.MessageReceipt)); n != 1 {
			t.Errorf("%d receipts", n)
		}
		typed := post(t, h, pages(nil, ""), "f/3", dossier.Origin{Typed: []string{"Re: modulo " + tok.Code() + "."}}, "three")
		if typed.State != dossier.SubmissionJoined || typed.DossierID != id {
			t.Errorf("typed code: %+v", typed)
		}
		last := "X"
		if strings.HasSuffix(tok.Text(), last) {
			last = "Y"
		}
		forged := post(t, h, coded(tok.Text()[:28]+last), "f/4", dossier.Origin{}, "four")
		if forged.State != dossier.SubmissionUnmatched {
			t.Errorf("forged token: %s", forged.State)
		}
		again := post(t, h, coded(tok.Text()), "f/5", dossier.Origin{}, "two")
		if again.State != dossier.SubmissionDuplicate || again.DossierID != id {
			t.Errorf("the same bytes: %+v", again)
		}
		nothing := post(t, h, pages(nil), "f/6", dossier.Origin{}, "")
		if nothing.State != dossier.SubmissionNotASubmission {
			t.Errorf("evidence alone: %s", nothing.State)
		}
		h.Must(dossier.Change{Actor: house.Citizen(holder), Dossier: &dossier.Move{ID: id, Event: dossier.EventWithdrawn}})
		late := post(t, h, coded(tok.Text()), "f/7", dossier.Origin{}, "seven")
		if late.State != dossier.SubmissionUnmatched || late.Findings[0].Code != dossier.TokenUsed {
			t.Errorf("after the end: %+v", late)
		}
	})
}

// proves C9: who is told that the code was missing sends the same file again, with the
// code: that is news, and what came without it still waits; a third time it is a copy.
func TestCodeComesLater(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		id, tok := tokened(t, h, h.AddHolder(someCF))
		if first := post(t, h, pages(nil, ""), "m/1", dossier.Origin{}, "one"); first.State != dossier.SubmissionUnmatched {
			t.Fatalf("without a code: %s", first.State)
		}
		if bare := post(t, h, pages(nil, ""), "m/2", dossier.Origin{}, "one"); bare.State != dossier.SubmissionDuplicate || bare.DossierID != "" {
			t.Errorf("again without: %s of %q", bare.State, bare.DossierID)
		}
		with := dossier.Origin{Typed: []string{"il codice: " + tok.Code()}}
		if coded := post(t, h, pages(nil, ""), "m/3", with, "one"); coded.State != dossier.SubmissionJoined || coded.DossierID != id {
			t.Errorf("with the code: %s of %q", coded.State, coded.DossierID)
		}
		if copied := post(t, h, pages(nil, ""), "m/4", with, "one"); copied.State != dossier.SubmissionDuplicate || copied.DossierID != id {
			t.Errorf("with the code again: %s of %q", copied.State, copied.DossierID)
		}
	})
}

// proves C9: the codes of two holders on one fax are a person's.
func TestTwoTokens(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	_, one := tokened(t, h, h.AddHolder(someCF))
	_, two := tokened(t, h, h.AddHolder("PRVBDA80A41H501L"))
	sub := post(t, h, coded(one.Text(), two.Text()), "f/1", dossier.Origin{Incomplete: true}, "one")
	if sub.State != dossier.SubmissionUnmatched {
		t.Errorf("%+v", sub)
	}
	var codes []dossier.FindingCode
	for _, f := range sub.Findings {
		codes = append(codes, f.Code)
	}
	if len(codes) != 2 || codes[0] != dossier.FileTruncated || codes[1] != dossier.TokenOtherHolder {
		t.Errorf("findings %v", codes)
	}
}
