package letters_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"

	"dispositivo/dossier"
	"dispositivo/internal/testkit/house"
	"dispositivo/pin"
	"dispositivo/pin/letters"
)

// proves A9, A7: each confirmed issue gets one letter in the day's batch, the
// half on it is the one that counts, and both files are the same however often
// they are fetched, until the batch was posted; then nobody can make them again.
func TestBatch(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		w := newWorld(t, h)
		holders := []dossier.Holder{w.add(codes[0], ""), w.add(codes[1], "Svizzera"), w.add(codes[2], "Argentina")}
		if made := w.prints(); made.Printed != 3 || made.More {
			t.Fatalf("made %+v", made)
		}
		b := w.newest()
		if b.Letters != 3 || b.Day != "2026-03-02" || !b.TakenAt.IsZero() {
			t.Errorf("batch %+v", b)
		}
		pdf, manifest := w.file(w.serve.Letters, b.ID), w.file(w.serve.Manifest, b.ID)
		halves := readHalves(t, pdf)
		for i, who := range holders {
			l := w.letter(who)
			if w.state(who) != dossier.PINAwaitingActivation || l.State != dossier.LetterPrinted || !w.counts(codes[i], halves[l.ID]) {
				t.Errorf("holder %d: PIN %s, letter %+v, printed half counts: %v", i, w.state(who), l, w.counts(codes[i], halves[l.ID]))
			}
			if want := []dossier.Destination{dossier.ToItaly, dossier.ToEurope, dossier.ToElsewhere}[i]; l.Destination != want {
				t.Errorf("holder %d: destination %s, want %s", i, l.Destination, want)
			}
			if !strings.Contains(string(manifest), l.ID) {
				t.Errorf("the manifest lacks letter %d", i)
			}
		}
		w.Clock.Advance(day)
		if !bytes.Equal(pdf, w.file(w.serve.Letters, b.ID)) || !bytes.Equal(manifest, w.file(w.serve.Manifest, b.ID)) {
			t.Error("fetched again, a file is another")
		}
		w.posted(b)
	})
}

// posted marks a batch as posted and looks that nothing opens it any more.
func (w *world) posted(b dossier.LetterBatch) {
	w.T.Helper()
	if err := w.serve.Post(w.T.Context(), supervisor, b.ID); err != nil {
		w.T.Fatal(err)
	}
	for _, get := range []func(context.Context, dossier.Actor, string) (letters.File, error){w.serve.Letters, w.serve.Manifest} {
		_, err := get(w.T.Context(), supervisor, b.ID)
		house.WantCode(w.T, err, dossier.CodeBatchPosted)
	}
	_, err := w.BatchLetters(w.T.Context(), b.ID)
	house.WantCode(w.T, err, dossier.CodeBatchPosted)
	house.WantCode(w.T, w.serve.Post(w.T.Context(), supervisor, b.ID), dossier.CodeBatchPosted)
}

// proves A9: a batch takes letters until somebody has a file of it; the next ones
// go into another.
func TestBatchClosesWhenItIsTaken(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		w := newWorld(t, h)
		w.add(codes[0], "")
		w.prints()
		first := w.newest()
		house.WantCode(t, w.serve.Post(t.Context(), supervisor, first.ID), dossier.CodeBatchNotTaken)
		w.add(codes[1], "")
		w.prints()
		if b := w.newest(); b.ID != first.ID || b.Letters != 2 {
			t.Errorf("the day has another batch: %+v", b)
		}
		manifest := w.file(w.serve.Manifest, first.ID)
		// The manifest alone is nothing to post.
		house.WantCode(t, w.serve.Post(t.Context(), supervisor, first.ID), dossier.CodeBatchNotTaken)
		w.add(codes[2], "")
		w.prints()
		if b := w.newest(); b.ID == first.ID || b.Letters != 1 {
			t.Errorf("the letter went into %+v", b)
		}
		if !bytes.Equal(manifest, w.file(w.serve.Manifest, first.ID)) {
			t.Error("a fetched batch grew")
		}
	})
}

// proves A9: operators at the same moment make one letter for each issue.
func TestBatchesAtOnce(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		w := newWorld(t, h)
		var holders []dossier.Holder
		for _, cf := range codes {
			holders = append(holders, w.add(cf, ""))
		}
		var mu sync.Mutex
		printed := 0
		var wg sync.WaitGroup
		for range 4 {
			other := w.service(w.Store)
			wg.Go(func() {
				made, err := other.Make(t.Context(), operator)
				mu.Lock()
				defer mu.Unlock()
				if printed += made.Printed; err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		b := w.newest()
		halves := w.halves(b.ID)
		if printed != len(codes) || b.Letters != len(codes) || len(halves) != len(codes) {
			t.Fatalf("%d letters made, %d in the batch, %d on paper", printed, b.Letters, len(halves))
		}
		for i, who := range holders {
			if !w.counts(codes[i], halves[w.letter(who).ID]) {
				t.Errorf("the half on letter %d does not count", i)
			}
		}
	})
}

// A letter that could not arrive is not printed, and its half not drawn; the
// others are. One whose first half is not out yet waits.
func TestLettersThatWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	homeless := w.asks(codes[0], "")
	person := homeless.Person
	person.Address.Street = ""
	w.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{
		dossier.SetPerson{HolderID: homeless.ID, Person: person, Version: homeless.Version},
	}})
	w.first(homeless)
	early := w.asks(codes[1], "")
	w.MovePIN(homeless.PIN.ID, dossier.PINEventConfirmed)
	w.MovePIN(early.PIN.ID, dossier.PINEventConfirmed)
	w.add(codes[2], "")
	made := w.prints()
	if made.Printed != 1 || len(made.Stuck) != 1 || made.Stuck[0] != homeless.PIN.ID {
		t.Errorf("made %+v", made)
	}
	for _, who := range []dossier.Holder{homeless, early} {
		s, err := w.PINSecrets(t.Context(), who.Person.CodiceFiscale)
		if err != nil || s.Second.Hash != "" || s.Issue.State != dossier.PINLetterReleased {
			t.Errorf("%+v, %v", s, err)
		}
	}
	if log := w.log.buf.String(); !strings.Contains(log, homeless.PIN.ID) || strings.Contains(log, "Cavalcaselle") {
		t.Errorf("log: %s", log)
	}
	w.first(early)
	if made := w.prints(); made.Printed != 1 {
		t.Errorf("once the first half is out: %+v", made)
	}
}

// proves A9: who may do what.
func TestRoles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	who := w.add(codes[0], "")
	w.prints()
	b := w.newest()
	acts := map[string]func(dossier.Actor) error{
		"make":     func(a dossier.Actor) error { _, err := w.serve.Make(t.Context(), a); return err },
		"overview": func(a dossier.Actor) error { _, err := w.serve.Overview(t.Context(), a); return err },
		"letters":  func(a dossier.Actor) error { _, err := w.serve.Letters(t.Context(), a, b.ID); return err },
		"manifest": func(a dossier.Actor) error { _, err := w.serve.Manifest(t.Context(), a, b.ID); return err },
		"return":   func(a dossier.Actor) error { _, _, err := w.serve.Return(t.Context(), a, "none"); return err },
		"post":     func(a dossier.Actor) error { return w.serve.Post(t.Context(), a, "none") },
	}
	may := map[string][]dossier.Actor{
		"make": {operator, supervisor}, "overview": {operator, supervisor, admin, auditor}, "letters": {supervisor, admin},
		"manifest": {supervisor, admin}, "return": {operator, supervisor}, "post": {supervisor, admin},
	}
	for name, act := range acts {
		for _, a := range []dossier.Actor{operator, supervisor, admin, auditor, house.Citizen(who), {Role: dossier.RoleGateway, ID: "g"}, {}} {
			allowed := false
			for _, m := range may[name] {
				allowed = allowed || m.Role == a.Role
			}
			if code := dossier.CodeOf(act(a)); (code == dossier.CodeForbidden) == allowed {
				t.Errorf("%s as %q: %q", name, a.Role, code)
			}
		}
	}
}

// proves A9: every fetch is in the log, under the name of who did it.
func TestEveryFetchIsLogged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	w.add(codes[0], "")
	w.prints()
	b := w.newest()
	w.file(w.serve.Letters, b.ID)
	w.file(w.serve.Letters, b.ID)
	w.file(w.serve.Manifest, b.ID)
	entries, err := w.History(t.Context(), b.ID)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Actor+" "+e.Action+" "+e.Detail)
	}
	want := `supervisor:super batch.taken {"file":"letters"}|supervisor:super batch.taken {"file":"letters"}|supervisor:super batch.taken {"file":"manifest"}`
	if strings.Join(got, "|") != want {
		t.Errorf("log: %q", got)
	}
}

// proves A7: a half that would travel by the channel of the other is not printed.
func TestSameChannelIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	who := w.asks(codes[0], "")
	w.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{
		dossier.SetHalf{PINIssueID: who.PIN.ID, Half: dossier.Half{N: 1, Hash: "hash", Class: pin.ClassPost}},
		dossier.SetWindow{PINIssueID: who.PIN.ID, Until: w.Clock.Now().Add(90 * day)},
	}})
	w.MovePIN(who.PIN.ID, dossier.PINEventConfirmed)
	if made := w.prints(); made.Printed != 0 || len(made.Stuck) != 1 || w.state(who) != dossier.PINLetterReleased {
		t.Errorf("made %+v, PIN %s", made, w.state(who))
	}
}
