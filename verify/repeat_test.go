package verify_test

import (
	"crypto/sha256"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/internal/demo"
	"dispositivo/internal/sandbox"
	"dispositivo/internal/testkit/house"
	"dispositivo/verify"
	"dispositivo/verify/identity"
)

// drawnPages makes a reader of pages that are known by a name: "blank" is a blank page,
// "lost" one that was not drawn, "old" one of a time when no digest was kept.
func drawnPages(names ...string) *reader {
	r := pages(nil, make([]string, len(names))...)
	plain := make([]byte, identity.LookSize)
	plain[1], plain[3] = 1, 1 // the size of a print, and nothing else
	for i, name := range names {
		digest := sha256.Sum256([]byte(name))
		r.pages[i].Pixels, r.pages[i].Look = digest[:], plain
		switch name {
		case "blank":
			r.pages[i].Look = nil
		case "old":
			r.pages[i].Pixels = nil
		case "our blank form":
			r.pages[i].Text = "Modulo conversione PIN CP-1 in bianco"
		}
	}
	r.pages = slices.DeleteFunc(r.pages, func(p sandbox.Rendered) bool { return names[p.N-1] == "lost" })
	return r
}

// with adds findings.
func (r *reader) with(found ...dossier.Finding) *reader {
	r.report.Findings = append(r.report.Findings, found...)
	r.report = r.report.Judged()
	return r
}

// bearing adds the code of a form.
func (r *reader) bearing(code string) *reader {
	if code != "" {
		r.report.Symbols = append(r.report.Symbols, sandbox.Symbol{Kind: "qr", Text: code, Page: 1})
	}
	return r
}

// repetition is what came by post before, and what comes after it.
type repetition struct {
	before, now *reader
	incomplete  bool // what came before
	coded       bool // both bear the form's code
	between     func(t *testing.T, h house.House, before dossier.Submission)
	want        dossier.SubmissionState
}

func repetitions() map[string]repetition {
	erase := func(_ *testing.T, h house.House, before dossier.Submission) {
		h.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{dossier.EraseFile{FileID: before.Documents[0].ID}}})
	}
	refuse := func(_ *testing.T, h house.House, before dossier.Submission) {
		h.Must(dossier.Change{Actor: house.Reviewer("r"), Submission: &dossier.SubmissionMove{ID: before.ID, Event: dossier.EventRefusedByHand}})
	}
	active := dossier.Finding{Code: dossier.PDFActiveContent, Severity: dossier.SeverityBlock}
	lost := dossier.Finding{Code: dossier.PageDamaged, Severity: dossier.SeverityWarn, Page: 1}
	specks := dossier.Finding{Code: dossier.PageDamaged, Severity: dossier.SeverityInfo, Page: 1}
	const joined, unmatched, duplicate = dossier.SubmissionJoined, dossier.SubmissionUnmatched, dossier.SubmissionDuplicate
	return map[string]repetition{
		"the same pages":                       {before: drawnPages("a", "b"), now: drawnPages("a", "b"), want: duplicate},
		"with the code":                        {before: drawnPages("a", "b"), now: drawnPages("a", "b"), coded: true, want: duplicate},
		"a blank one among them":               {before: drawnPages("a", "blank"), now: drawnPages("a", "blank"), want: duplicate},
		"blank, all of them":                   {before: drawnPages("blank", "blank"), now: drawnPages("blank", "blank"), want: unmatched},
		"our blank form alone":                 {before: drawnPages("our blank form"), now: drawnPages("our blank form"), want: unmatched},
		"a part of the whole":                  {before: drawnPages("a", "b", "c"), now: drawnPages("a", "c"), coded: true, want: duplicate},
		"a part, and no code says of what":     {before: drawnPages("a", "b"), now: drawnPages("a"), want: unmatched},
		"the whole after a part":               {before: drawnPages("a"), now: drawnPages("a", "b"), coded: true, want: joined},
		"the whole after a part, without code": {before: drawnPages("a"), now: drawnPages("a", "b"), want: unmatched},
		"in another order":                     {before: drawnPages("a", "b"), now: drawnPages("b", "a"), coded: true, want: joined},
		"a page twice that came once":          {before: drawnPages("a", "b"), now: drawnPages("a", "a"), coded: true, want: joined},
		"one page is another":                  {before: drawnPages("a", "b"), now: drawnPages("a", "x"), coded: true, want: joined},
		"a page was not drawn now":             {before: drawnPages("a", "lost"), now: drawnPages("a", "lost"), coded: true, want: joined},
		"no digest of that time":               {before: drawnPages("old"), now: drawnPages("a"), coded: true, want: joined},
		"no digest on either side":             {before: drawnPages("old"), now: drawnPages("old"), coded: true, want: joined},
		"the first has active content":         {before: drawnPages("a").with(active), now: drawnPages("a"), want: unmatched},
		"the second has active content":        {before: drawnPages("a"), now: drawnPages("a").with(active), want: dossier.SubmissionQuarantined},
		"the first was cut on the way":         {before: drawnPages("a"), now: drawnPages("a"), incomplete: true, coded: true, want: joined},
		"the first was cut, without code":      {before: drawnPages("a"), now: drawnPages("a"), incomplete: true, want: unmatched},
		"the first lost rows":                  {before: drawnPages("a").with(lost), now: drawnPages("a"), coded: true, want: joined},
		"the first had specks":                 {before: drawnPages("a").with(specks), now: drawnPages("a"), coded: true, want: duplicate},
		"the first was refused":                {before: drawnPages("a"), now: drawnPages("a"), between: refuse, want: unmatched},
		"the first is erased":                  {before: drawnPages("a"), now: drawnPages("a"), coded: true, between: erase, want: joined},
	}
}

// proves C9: what brings the very pixels of pages that are here already is recorded as a
// duplicate of them, beside them; what may be news, or mends what came before, never is.
func TestSamePixels(t *testing.T) {
	t.Parallel()
	for name, tt := range repetitions() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := house.New(t)
			id, tok := tokened(t, h, h.AddHolder(someCF))
			code, dossierID := "", ""
			if tt.coded {
				code, dossierID = tok.Text(), id
			}
			before := post(t, h, tt.before.bearing(code), "f/1", dossier.Origin{Incomplete: tt.incomplete}, "in one encoding")
			if tt.between != nil {
				tt.between(t, h, before)
			}
			was := h.Get(id)
			now := post(t, h, tt.now.bearing(code), "f/2", dossier.Origin{}, "in another")
			if now.State != tt.want || now.DossierID != dossierID {
				t.Fatalf("%s of dossier %q, want %s of %q: %+v", now.State, now.DossierID, tt.want, dossierID, now.Findings)
			}
			if d := h.Get(id); tt.want == dossier.SubmissionDuplicate && (d.State != was.State || d.Version != was.Version || len(now.Findings) > 0) {
				t.Errorf("the dossier moved from %s to %s; findings %+v", was.State, d.State, now.Findings)
			}
		})
	}
}

// proves C5 C7: what came beside the documents of a mail and is not read, is told.
func TestPassedOver(t *testing.T) {
	t.Parallel()
	for passed, want := range map[int]string{0: "", 2: "files: 2"} {
		h := house.New(t)
		_, tok := tokened(t, h, h.AddHolder(someCF))
		sub := post(t, h, drawnPages("a", "b").bearing(tok.Text()), "m/1", dossier.Origin{PassedOver: passed}, "a mail")
		got := ""
		for _, f := range intake.Tellable(sub.Findings) {
			if f.Code == dossier.FilePassedOver {
				got = f.Detail
			}
		}
		if got != want || sub.State != dossier.SubmissionJoined {
			t.Errorf("%d passed over: %q, %s", passed, got, sub.State)
		}
	}
}

// proves promise 3: a mail of many heavy documents is not read for ever; what is left
// when the time is up is for a person.
func TestManyHeavyDocuments(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	r := drawnPages("a")
	r.report.MS = (2 * time.Minute).Milliseconds()
	door := intake.NewDoor(intake.Config{
		Store: h.Store, Vault: h.Vault, Hash: h.Keys.MAC("content"), Clock: h.Clock, Logger: slog.New(slog.DiscardHandler),
	})
	got, err := door.Receive(t.Context(), intake.Post{
		Actor: house.Worker(), Channel: dossier.ChannelMail, ExternalID: "m/1", Files: [][]byte{[]byte("1"), []byte("2"), []byte("3"), []byte("4"), []byte("5")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := newScreener(h, r).Screen(t.Context(), h.Task(dossier.TaskScreen, got.SubmissionID).ID, got.SubmissionID); err != nil {
		t.Fatal(err)
	}
	sub, err := h.Submission(t.Context(), got.SubmissionID)
	if err != nil || sub.State != dossier.SubmissionQuarantined || len(r.asked) != 3 || len(sub.Documents) != 5 {
		t.Errorf("%s after %d readings, %d documents, %v", sub.State, len(r.asked), len(sub.Documents), err)
	}
	left := slices.DeleteFunc(sub.Findings, func(f dossier.Finding) bool { return f.Code != dossier.MachineGaveUp })
	if len(left) != 2 {
		t.Errorf("findings %+v", sub.Findings)
	}
}

// proves C4 C7: a fax of which fewer pages came than were announced is told as incomplete;
// when the machine could count none, nobody knows.
func TestAnnouncedPages(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		came   *reader
		told   int
		detail string
	}{
		"all":     {drawnPages("a", "b"), 2, ""},
		"more":    {drawnPages("a", "b"), 1, ""},
		"nothing": {drawnPages("a"), 0, ""},
		"fewer":   {drawnPages("a", "b"), 3, "incomplete reception: 2 of 3 pages"},
		"unread":  {drawnPages(), 3, ""},
	} {
		h := house.New(t)
		_, tok := tokened(t, h, h.AddHolder(someCF))
		sub := post(t, h, tt.came.bearing(tok.Text()), "f/1", dossier.Origin{Pages: tt.told}, "a fax")
		detail := ""
		for _, f := range sub.Findings {
			if f.Code == dossier.FileTruncated {
				detail = f.Detail
			}
		}
		if detail != tt.detail {
			t.Errorf("%s: %q, want %q: %+v", name, detail, tt.detail, sub.Findings)
		}
	}
}

// proves C9: no repetition of anything is what a code leads elsewhere, or what comes when
// the dossier has ended; and what an operator cleared is read for what it is.
func TestSamePixelsElsewhere(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		ada, bice := h.AddHolder(someCF), h.AddHolder(otherCF)
		hers, one := tokened(t, h, ada)
		theirs, two := tokened(t, h, bice)
		post(t, h, drawnPages("a").bearing(one.Text()), "f/1", dossier.Origin{}, "one")
		typed := post(t, h, drawnPages("a"), "f/2", dossier.Origin{Typed: []string{two.Code()}}, "two")
		if typed.State != dossier.SubmissionJoined || typed.DossierID != theirs {
			t.Errorf("with another code: %s of %s", typed.State, typed.DossierID)
		}
		bare := post(t, h, drawnPages("a"), "f/3", dossier.Origin{}, "three")
		if bare.State != dossier.SubmissionDuplicate || bare.DossierID != hers {
			t.Errorf("without a code: %s of %s", bare.State, bare.DossierID)
		}
		for holder, id := range map[string]string{ada.ID: hers, bice.ID: theirs} {
			h.Must(dossier.Change{Actor: house.Citizen(dossier.Holder{ID: holder}), Dossier: &dossier.Move{ID: id, Event: dossier.EventWithdrawn}})
		}
		late := post(t, h, drawnPages("a"), "f/4", dossier.Origin{}, "four")
		if late.State != dossier.SubmissionUnmatched {
			t.Errorf("after the end: %s", late.State)
		}
	})
}

// proves C9: a file with other bytes and the same pages, sent into the dossier itself, is
// a duplicate too; the dossier goes back to where what it holds puts it. What an
// operator cleared is read as anything else.
func TestSamePixelsInTheDossier(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	holder := h.AddHolder(someCF)
	id := h.Begin(holder)
	last := func() (dossier.State, dossier.SubmissionState) {
		d := h.Get(id)
		return d.State, d.Submissions[len(d.Submissions)-1].State
	}
	screen(t, h, drawnPages("a", "b"), holder, id, "a scan")
	screen(t, h, drawnPages("a", "b"), holder, id, "saved by another program")
	if state, sub := last(); state != dossier.StateReviewing || sub != dossier.SubmissionDuplicate {
		t.Errorf("dossier %s, submission %s", state, sub)
	}
	if pages := len(h.Get(id).Files()); pages != 1 {
		t.Errorf("%d files to look at", pages)
	}
	screen(t, h, drawnPages("a", "b", "c"), holder, id, "and a page more")
	if state, sub := last(); state != dossier.StateReviewing || sub != dossier.SubmissionJoined {
		t.Errorf("dossier %s, submission %s", state, sub)
	}
	cleared := h.Must(h.Arrival(holder, id, "cleared by an operator")).Submission
	h.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{dossier.Clear{SubmissionID: cleared.ID}}})
	if err := newScreener(h, drawnPages("a", "b")).Screen(t.Context(), h.Task(dossier.TaskScreen, cleared.ID).ID, cleared.ID); err != nil {
		t.Fatal(err)
	}
	if _, sub := last(); sub != dossier.SubmissionJoined {
		t.Errorf("what an operator cleared: %s", sub)
	}
	other := h.AddHolder(otherCF)
	id, tok := tokened(t, h, other)
	for i, want := range []dossier.SubmissionState{dossier.SubmissionJoined, dossier.SubmissionDuplicate} {
		name := fmt.Sprintf("form, time %d", i+1)
		form := drawnPages("form").bearing(tok.Text())
		form.pages[0].Text = "Modulo conversione PIN CP-1 in bianco"
		screen(t, h, form, other, id, name)
		if state, sub := last(); state != dossier.StateWaiting || sub != want || len(h.Get(id).Missing()) == 0 {
			t.Errorf("%s: dossier %s, submission %s", name, state, sub)
		}
	}
}

// proves C9: a page that looks like one of the same dossier is shown and said, with the
// number and the page it resembles; not a page of another dossier, nor one that is not to be seen.
func TestPageRepeated(t *testing.T) {
	t.Parallel()
	looks := verify.SpecimenLooks(t, demo.Citizens()[:2])
	sheet := func(pixels string, seen ...[]byte) *reader {
		names := make([]string, len(seen))
		for i := range seen {
			names[i] = pixels + strings.Repeat("'", i)
		}
		r := drawnPages(names...)
		for i, look := range seen {
			r.pages[i].Look = look
		}
		return r
	}
	encrypted := dossier.Finding{Code: dossier.FileEncrypted, Severity: dossier.SeverityBlock}
	for name, tt := range map[string]struct {
		before, now *reader
		elsewhere   bool
		want        []string // details, by page
	}{
		"the same sheet by fax":       {sheet("a", looks[1].Scanned, looks[0].Scanned), sheet("b", looks[0].Faxed), false, []string{"like page 2 of 2026/0000001"}},
		"our form again":              {sheet("a", looks[0].Form), sheet("b", looks[0].Form), false, []string{"like page 1 of 2026/0000001"}},
		"one page the same, one new":  {sheet("a", looks[0].Scanned), sheet("a", looks[0].Scanned, looks[1].Scanned), false, []string{"same as page 1 of 2026/0000001"}},
		"another's of the same type":  {sheet("a", looks[0].Scanned), sheet("b", looks[1].Scanned), false, nil},
		"blank pages":                 {sheet("a", nil), sheet("a", nil), false, nil},
		"of another dossier":          {sheet("a", looks[0].Form), sheet("b", looks[0].Form), true, nil},
		"what came before is refused": {sheet("a", looks[0].Scanned).with(encrypted), sheet("b", looks[0].Faxed), false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := house.New(t)
			holder := h.AddHolder(someCF)
			id := h.Begin(holder)
			screen(t, h, tt.before, holder, id, "before")
			if tt.elsewhere {
				holder = h.AddHolder(otherCF)
				id = h.Begin(holder)
			}
			screen(t, h, tt.now, holder, id, "now")
			d := h.Get(id)
			sub := d.Submissions[len(d.Submissions)-1]
			var got []string
			for _, f := range sub.Findings {
				if f.Code == dossier.PageRepeated {
					got = append(got, f.Detail)
				}
				if f.Code == dossier.IDReused {
					t.Errorf("%+v", f)
				}
			}
			if !slices.Equal(got, tt.want) || d.State != dossier.StateReviewing || sub.State != dossier.SubmissionJoined || len(d.Files()) == 0 {
				t.Errorf("dossier %s, submission %s, said %q, want %q", d.State, sub.State, got, tt.want)
			}
		})
	}
}
