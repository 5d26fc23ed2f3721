package conversion_test

import (
	"bytes"
	"os"
	"sync"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/paper"
	"dispositivo/internal/testkit"
	"dispositivo/internal/testkit/house"
	"dispositivo/internal/throttle"
	"dispositivo/pin/conversion"
	"dispositivo/verify/review"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

const someCF = "PRVDAA80A41H501X"

func newService(h house.House) *conversion.Service {
	return conversion.New(conversion.Config{
		Store: h.Store, Clock: h.Clock, TokenKey: bytes.Repeat([]byte{7}, 32), Agency: "INPS",
		Ways: paper.Ways{Portal: "https://pin.example"}, Tries: throttle.New(h.Clock, 10, time.Minute), Blanks: throttle.New(h.Clock, 2, time.Minute),
	})
}

// proves C1: one dossier and one token for each PIN issue, however often and
// however much at once the form is fetched.
func TestFormOpensOneDossier(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		s, holder := newService(h), h.AddHolder(someCF)
		codes := make([]string, 8)
		var wg sync.WaitGroup
		for i := range codes {
			wg.Go(func() {
				form, err := s.Form(t.Context(), house.Citizen(holder), "it")
				if err != nil || !bytes.HasPrefix(form.PDF, []byte("%PDF-")) {
					t.Errorf("form: %v", err)
				}
				codes[i] = form.Code
			})
		}
		wg.Wait()
		for _, code := range codes {
			if code == "" || code != codes[0] {
				t.Errorf("codes differ: %v", codes)
			}
		}
		if all, err := h.DossiersOf(t.Context(), holder.ID); err != nil || len(all) != 1 {
			t.Errorf("%d dossiers, %v", len(all), err)
		}
	})
}

// proves promise 5: nobody sees or stops another's dossier.
func TestOthersDossiersDoNotExist(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	s := newService(h)
	id := h.Begin(h.AddHolder(someCF))
	other := house.Citizen(h.AddHolder("PRVDAA80A41H501Y"))
	_, err := s.Status(t.Context(), other, id)
	house.WantCode(t, err, dossier.CodeNotFound)
	house.WantCode(t, s.Withdraw(t.Context(), other, id), dossier.CodeNotFound)
	_, err = s.List(t.Context(), house.Reviewer("op"))
	house.WantCode(t, err, dossier.CodeForbidden)
}

// proves C13: protocol and code show state and next step, nothing else, and
// cannot be guessed at leisure.
func TestStatusByCode(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	s, holder := newService(h), h.AddHolder(someCF)
	form, err := s.Form(t.Context(), house.Citizen(holder), "it")
	if err != nil {
		t.Fatal(err)
	}
	sub := h.Send(holder, form.DossierID, "document")
	_, _, code, err := h.Form(t.Context(), form.DossierID)
	if err != nil {
		t.Fatal(err)
	}
	st, err := s.StatusByCode(t.Context(), sub.Protocol.String(), " "+code[:4]+"-"+code[4:]+" ", "a")
	if err != nil || st.State != dossier.StateScreening || st.ID != "" || st.Submissions != nil || st.CanUpload {
		t.Errorf("status %+v, %v", st, err)
	}
	_, err = s.StatusByCode(t.Context(), "2026/0000099", code, "a")
	house.WantCode(t, err, dossier.CodeNotFound)
	for range 9 {
		_, err = s.StatusByCode(t.Context(), sub.Protocol.String(), "WRONG", "b")
		house.WantCode(t, err, dossier.CodeNotFound)
	}
	_, err = s.StatusByCode(t.Context(), sub.Protocol.String(), code, "c")
	house.WantCode(t, err, dossier.CodeRateLimited)
}

// approved brings the holder's dossier to an approval.
func approved(t *testing.T, h house.House, holder dossier.Holder) string {
	t.Helper()
	id := h.Reviewing(holder)
	d := review.NewDesk(review.Config{Store: h.Store, Pictures: h.Vault, Clock: h.Clock, Lease: time.Minute})
	op := house.Reviewer("op of " + id)
	c, err := d.Claim(t.Context(), op, id)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range c.Pages {
		if _, err := d.Page(t.Context(), op, p.DocumentID, p.N, review.SizeFull); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.Decide(t.Context(), op, c.ID, review.Verdict{Action: dossier.ActionApprove, Version: c.Version}); err != nil {
		t.Fatal(err)
	}
	return id
}

// proves C11: whatever happened to the PIN meanwhile is handled, not ignored.
func TestConversionMeetsAnotherPIN(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		events []dossier.PINEvent
		want   dossier.State
	}{
		{"active", nil, dossier.StateConverted},
		{"to be changed", []dossier.PINEvent{dossier.PINEventChangeDue}, dossier.StateConverted},
		{"suspended", []dossier.PINEvent{dossier.PINEventSuspended}, dossier.StateReviewing},
		{"lapsed", []dossier.PINEvent{dossier.PINEventChangeDue, dossier.PINEventWindowPassed}, dossier.StateReviewing},
		{"revoked", []dossier.PINEvent{dossier.PINEventRevoked}, dossier.StateSuperseded},
		{"replaced", []dossier.PINEvent{dossier.PINEventReplaced}, dossier.StateSuperseded},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := house.New(t)
			s, holder := newService(h), h.AddHolder(someCF)
			id := approved(t, h, holder)
			h.MovePIN(holder.PIN.ID, tt.events...)
			task := h.Task(dossier.TaskConvert, id)
			for range 2 { // a ring may come twice
				if err := s.Convert(t.Context(), task.ID, id); err != nil {
					t.Fatal(err)
				}
			}
			if got := h.Get(id).State; got != tt.want {
				t.Errorf("state %s, want %s", got, tt.want)
			}
			p, err := h.PINIssue(t.Context(), holder.PIN.ID)
			if err != nil || (p.Kind == dossier.Dispositivo) != (tt.want == dossier.StateConverted) {
				t.Errorf("PIN %+v, %v", p, err)
			}
		})
	}
}

// An approval given to other evidence than is there now goes back to a person.
func TestConversionNeedsTheSameEvidence(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	s, holder := newService(h), h.AddHolder(someCF)
	id := approved(t, h, holder)
	h.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{dossier.SetFindings{SubmissionID: h.Get(id).Submissions[0].ID}}})
	task := h.Task(dossier.TaskConvert, id)
	if err := s.Convert(t.Context(), task.ID, id); err != nil {
		t.Fatal(err)
	}
	if got := h.Get(id).State; got != dossier.StateReviewing {
		t.Errorf("state %s", got)
	}
}

// proves C11: 20 workers convert at once, and it happens once.
func TestConvertManyTimesAtOnce(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		s, holder := newService(h), h.AddHolder(someCF)
		id := approved(t, h, holder)
		task := h.Task(dossier.TaskConvert, id)
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if err := s.Convert(t.Context(), task.ID, id); err != nil && !dossier.Temporary(err) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := len(h.Told(dossier.MessageConfirmation)); n != 1 || h.Get(id).State != dossier.StateConverted {
			t.Errorf("%d confirmations, state %s", n, h.Get(id).State)
		}
	})
}

func TestExpireAndWithdraw(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	s, holder := newService(h), h.AddHolder(someCF)
	id := h.Begin(holder)
	h.Clock.Advance(91 * 24 * time.Hour)
	task := h.Task(dossier.TaskExpire, id)
	if err := s.Expire(t.Context(), task.ID, id, 1); err != nil {
		t.Fatal(err)
	}
	if got := h.Get(id).State; got != dossier.StateExpired {
		t.Fatalf("state %s", got)
	}
	house.WantCode(t, s.Withdraw(t.Context(), house.Citizen(holder), id), dossier.CodeConversionClosed)

	form, err := s.Form(t.Context(), house.Citizen(holder), "en") // a new dossier may be opened
	if err != nil || form.DossierID == id {
		t.Fatalf("form: %+v, %v", form.DossierID, err)
	}
	if err := s.Withdraw(t.Context(), house.Citizen(holder), form.DossierID); err != nil {
		t.Fatal(err)
	}
	list, err := s.List(t.Context(), house.Citizen(holder))
	if err != nil || len(list) != 2 || list[0].State != dossier.StateWithdrawn || list[1].State != dossier.StateExpired {
		t.Errorf("list %+v, %v", list, err)
	}
}

func TestNothingToConvert(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	s, holder := newService(h), h.AddHolder(someCF)
	id := approved(t, h, holder)
	if err := s.Convert(t.Context(), h.Task(dossier.TaskConvert, id).ID, id); err != nil {
		t.Fatal(err)
	}
	_, err := s.Form(t.Context(), house.Citizen(holder), "it")
	house.WantCode(t, err, dossier.CodeAlreadyDispositivo)
	suspended := h.AddHolder("PRVDAA80A41H501Y")
	h.MovePIN(suspended.PIN.ID, dossier.PINEventSuspended)
	_, err = s.Form(t.Context(), house.Citizen(suspended), "it")
	house.WantCode(t, err, dossier.CodeConversionBlocked)
}

// proves C1: blank forms, which anybody may have, are bounded by who asks.
func TestBlankFormsAreBounded(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	s := newService(h)
	for range 2 {
		if pdf, err := s.Blank("192.0.2.1", "it"); err != nil || !bytes.HasPrefix(pdf, []byte("%PDF-")) {
			t.Fatalf("%.10q, %v", pdf, err)
		}
	}
	_, err := s.Blank("192.0.2.1", "it")
	house.WantCode(t, err, dossier.CodeRateLimited)
	if _, err := s.Blank("192.0.2.2", "it"); err != nil {
		t.Errorf("another pays for it: %v", err)
	}
	h.Clock.Advance(time.Minute)
	if _, err := s.Blank("192.0.2.1", "it"); err != nil {
		t.Errorf("a minute later: %v", err)
	}
}

// proves A2: who may no longer have a PIN opens no dossier either.
func TestConversionAsksTheGate(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	s := conversion.New(conversion.Config{
		Store: h.Store, Clock: h.Clock, TokenKey: bytes.Repeat([]byte{7}, 32), Tries: throttle.New(h.Clock, 10, time.Minute),
		Eligible: func(dossier.Person) error { return dossier.Problem(dossier.CodePINNotEligible) },
	})
	holder := h.AddHolder(someCF)
	_, err := s.Open(t.Context(), house.Citizen(holder))
	house.WantCode(t, err, dossier.CodePINNotEligible)
	if all, err := h.DossiersOf(t.Context(), holder.ID); err != nil || len(all) != 0 {
		t.Errorf("%d dossiers, %v", len(all), err)
	}
}
