package counter_test

import (
	"bytes"
	"log/slog"
	"os"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/intake/counter"
	"dispositivo/intake/match"
	"dispositivo/internal/codicefiscale"
	"dispositivo/internal/paper"
	"dispositivo/internal/testkit"
	"dispositivo/internal/testkit/house"
	"dispositivo/internal/throttle"
	"dispositivo/pin/conversion"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

const ada = "RSSMRA80A01H501U"

// codeOf is a valid codice fiscale of an invented person.
func codeOf(t *testing.T, name string) string {
	t.Helper()
	cf, err := codicefiscale.Compute("Prova", name, house.Start(), "F", "Z404")
	if err != nil {
		t.Fatal(err)
	}
	return cf.String()
}

func newService(h house.House) (*counter.Service, *conversion.Service) {
	return newServiceReading(h, nil)
}

func newServiceReading(h house.House, reader counter.Reader) (*counter.Service, *conversion.Service) {
	opener := conversion.New(conversion.Config{
		Store: h.Store, Clock: h.Clock, TokenKey: bytes.Repeat([]byte{7}, 32), Agency: "INPS",
		Ways: paper.Ways{Portal: "https://pin.example"}, Tries: throttle.New(h.Clock, 10, time.Minute),
	})
	return counter.New(counter.Config{
		Store: h.Store, Finder: match.New(h.Store, h.Vault, &codicefiscale.Places{}), Opener: opener, Vault: h.Vault, Clock: h.Clock, Reader: reader,
		Logger: slog.New(slog.DiscardHandler),
		Door: intake.NewDoor(intake.Config{
			Store: h.Store, Vault: h.Vault, Hash: h.Keys.MAC("content"), Clock: h.Clock, Logger: slog.New(slog.DiscardHandler),
		}),
	}), opener
}

// proves C6 C7: a scan has its number, is in the holder's dossier, which is opened
// when there is none, and is to be read and receipted; the same again is no second one.
func TestReceive(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		holder := h.AddHolder(ada)
		s, _ := newService(h)
		op := house.Reviewer("op")
		first, err := s.Receive(t.Context(), op, " "+ada, []byte("scan"))
		if err != nil || first.Protocol != "2026/0000001" || first.Repeated {
			t.Fatalf("%+v, %v", first, err)
		}
		d := h.Get(first.DossierID)
		if d.State != dossier.StateScreening || d.HolderID != holder.ID || len(d.Submissions) != 1 || d.Submissions[0].Channel != dossier.ChannelCounter {
			t.Errorf("%s of %s with %+v", d.State, d.HolderID, d.Submissions)
		}
		h.Task(dossier.TaskScreen, first.SubmissionID)
		if n := len(h.Told(dossier.MessageReceipt)); n != 1 {
			t.Errorf("%d receipts", n)
		}
		again, err := s.Receive(t.Context(), op, first.Protocol, []byte("scan"))
		if err != nil || !again.Repeated || again.Protocol != first.Protocol {
			t.Errorf("%+v, %v", again, err)
		}
		second, err := s.Receive(t.Context(), op, first.Protocol, []byte("another page"))
		if err != nil || second.DossierID != d.ID || second.Protocol != "2026/0000002" {
			t.Errorf("%+v, %v", second, err)
		}
		if v, err := s.View(t.Context(), op, second.SubmissionID); err != nil || v.Dossier.ID != d.ID || v.Submission.ID != second.SubmissionID {
			t.Errorf("%+v, %v", v, err)
		}
	})
}

// proves C6: the code of a form that was printed names its dossier.
func TestTypedCode(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	s, opener := newService(h)
	form, err := opener.Form(t.Context(), house.Citizen(h.AddHolder(ada)), "it")
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Receive(t.Context(), house.Reviewer("op"), form.Code, []byte("scan"))
	if err != nil || r.DossierID != form.DossierID {
		t.Errorf("%+v, %v", r, err)
	}
}

// proves C6 C10: nothing is taken in for the operator in person, for another office,
// for nobody, or for a PIN that cannot be converted; and no number is spent.
func TestRefuses(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	s, _ := newService(h)
	op := house.Reviewer("op")
	holder := h.AddHolder(ada)
	own, away := op, op
	own.KeyedCF, away.Office = h.KeyCF(ada), "altrove"
	auditor := dossier.Actor{Role: dossier.RoleAuditor, ID: "a"}
	refused := func(actor dossier.Actor, named string, want dossier.Code) {
		t.Helper()
		_, err := s.Receive(t.Context(), actor, named, []byte("scan"))
		house.WantCode(t, err, want)
	}
	refused(op, "somebody", dossier.CodeRequestInvalid)
	refused(op, "2026/0000099", dossier.CodeNotFound)
	refused(op, codeOf(t, "Zoe"), dossier.CodeNotFound)
	refused(auditor, ada, dossier.CodeForbidden)
	refused(house.Citizen(holder), ada, dossier.CodeForbidden)
	for range 2 { // without a dossier, and with one
		refused(own, ada, dossier.CodeOwnDossier)
		refused(away, ada, dossier.CodeNotFound)
		if all, err := h.DossiersOf(t.Context(), holder.ID); err != nil || len(all) > 1 {
			t.Fatalf("%d dossiers, %v", len(all), err)
		} else if len(all) == 0 {
			h.Begin(holder)
		}
	}
	r, err := s.Receive(t.Context(), op, ada, []byte("scan"))
	if err != nil || r.Protocol != "2026/0000001" {
		t.Fatalf("%+v, %v", r, err)
	}
	for actor, want := range map[*dossier.Actor]dossier.Code{
		&own: dossier.CodeOwnDossier, &away: dossier.CodeNotFound, &auditor: dossier.CodeForbidden,
	} {
		_, err := s.View(t.Context(), *actor, r.SubmissionID)
		house.WantCode(t, err, want)
	}
	uploaded := h.Send(holder, r.DossierID, "an upload")
	_, err = s.View(t.Context(), op, uploaded.ID)
	house.WantCode(t, err, dossier.CodeNotFound)

	h.Must(dossier.Change{Actor: house.Citizen(holder), Dossier: &dossier.Move{ID: r.DossierID, Event: dossier.EventWithdrawn}})
	refused(op, r.Protocol, dossier.CodeConversionClosed)
	if again, err := s.Receive(t.Context(), op, ada, []byte("scan")); err != nil || again.DossierID == r.DossierID {
		t.Errorf("after one that ended: %+v, %v", again, err)
	}
	other := codeOf(t, "Bice")
	h.MovePIN(h.AddHolder(other).PIN.ID, dossier.PINEventSuspended)
	refused(op, other, dossier.CodeConversionBlocked)
}
