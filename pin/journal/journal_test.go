package journal_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/audit"
	"dispositivo/internal/operator"
	"dispositivo/internal/testkit"
	"dispositivo/internal/testkit/house"
	"dispositivo/pin/journal"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

var auditor = dossier.Actor{Role: dossier.RoleAuditor, ID: "a"}

// done is an act about a holder.
func done(e house.House, by dossier.Actor, about dossier.Holder) {
	e.Must(dossier.Change{Actor: by, Effects: []dossier.Effect{dossier.NoteAsked{HolderID: about.ID}}})
}

// proves B6: the auditor finds entries by time, actor, act, holder and subject, and
// pages through all of them without a gap; nobody else does.
func TestAll(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		ctx, s := t.Context(), journal.New(e.Store)
		h, other := e.AddHolder("PRVDAA80A41H501X"), e.AddHolder("PRVDAA80A41H502Y")
		if err := e.InsertOperator(ctx, operator.Record{Account: operator.Account{ID: "o1", Username: "anna", Role: dossier.RoleOperator}, TOTP: "x", KeyedCF: []byte("k")}); err != nil {
			t.Fatal(err)
		}
		id := e.Reviewing(h)
		e.Clock.Advance(time.Hour)
		later := e.Clock.Now()
		for range 2*journal.PageSize + 10 {
			done(e, house.Reviewer("o1"), other)
		}
		for name, f := range map[string]struct {
			filter journal.Filter
			want   int
		}{
			"time":    {journal.Filter{Since: later}, 2*journal.PageSize + 10},
			"role":    {journal.Filter{Actor: "operator"}, 2*journal.PageSize + 10},
			"actor":   {journal.Filter{Actor: "operator:o1", HolderID: other.ID}, 2*journal.PageSize + 10},
			"kind":    {journal.Filter{Action: "holder"}, 2},
			"act":     {journal.Filter{Action: "dossier.opened", Until: later}, 1},
			"subject": {journal.Filter{Subjects: []string{id, h.ID}, Action: "dossier"}, 3},
			"nothing": {journal.Filter{Actor: "operato"}, 0},
			// Each of these lets through what a filter beside it would not.
			"the end is not in it":       {journal.Filter{Until: later, Actor: "operator"}, 0},
			"the kind of a longer name":  {journal.Filter{Action: "pin", Since: later}, 0},
			"of whom nothing was done":   {journal.Filter{HolderID: h.ID, Action: "pin_request"}, 0},
			"what the system itself did": {journal.Filter{Actor: "system", Action: "operator"}, 1},
		} {
			rows, seen := 0, map[int64]bool{}
			for next := &f.filter; next != nil; {
				page, err := s.All(ctx, auditor, *next)
				if err != nil {
					t.Fatal(err)
				}
				for _, l := range page.Lines {
					if seen[l.Row] {
						t.Errorf("%s: row %d comes twice", name, l.Row)
					}
					seen[l.Row] = true
					if l.Role == dossier.RoleOperator && l.Name != "anna" {
						t.Errorf("%s: operator is called %q", name, l.Name)
					}
				}
				rows, next = rows+len(page.Lines), page.Next
			}
			if rows != f.want {
				t.Errorf("%s: %d entries, want %d", name, rows, f.want)
			}
		}
		for _, role := range []dossier.Role{dossier.RoleCitizen, dossier.RoleOperator, dossier.RoleSupervisor, dossier.RoleAdmin, dossier.RoleGateway} {
			actor := dossier.Actor{Role: role, ID: "x"}
			_, err := s.All(ctx, actor, journal.Filter{})
			house.WantCode(t, err, dossier.CodeForbidden)
			_, err = s.Find(ctx, actor, journal.Search{CodiceFiscale: "PRVDAA80A41H501X"}, journal.Filter{})
			house.WantCode(t, err, dossier.CodeForbidden)
			house.WantCode(t, s.Export(ctx, actor, journal.Filter{}, nil), dossier.CodeForbidden)
		}
	})
}

// proves B6: looking somebody up and taking the log away are logged themselves.
func TestLooksAreLogged(t *testing.T) {
	t.Parallel()
	e := house.New(t)
	ctx, s := t.Context(), journal.New(e.Store)
	h := e.AddHolder("RSSMRA85T10A562S")
	sub := e.Get(e.Reviewing(h)).Submissions[0]
	f, err := s.Find(ctx, auditor, journal.Search{CodiceFiscale: " rssmra85t10a562s"}, journal.Filter{})
	if err != nil || f.HolderID != h.ID {
		t.Errorf("by codice fiscale: %+v, %v", f, err)
	}
	f, err = s.Find(ctx, auditor, journal.Search{Protocol: sub.Protocol.String()}, journal.Filter{})
	if err != nil || len(f.Subjects) != 3 {
		t.Errorf("by protocol: %+v, %v", f, err)
	}
	for _, q := range []journal.Search{{CodiceFiscale: "x"}, {CodiceFiscale: "PRVDAA80A41H502Y"}, {Protocol: "2026/0000099"}, {Protocol: "x"}, {Username: "nobody"}} {
		_, err := s.Find(ctx, auditor, q, journal.Filter{})
		house.WantCode(t, err, dossier.CodeNotFound)
	}
	var out bytes.Buffer
	file := journal.NewCSV(&out)
	if err := s.Export(ctx, auditor, journal.Filter{Action: "audit"}, file); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&out).ReadAll()
	if err != nil || len(lines) != 4 || lines[0][4] != "action" || lines[1][4] != "audit.exported" || lines[2][4] != "audit.searched" || lines[3][6] != h.ID {
		t.Errorf("%v, %v", lines, err)
	}
}

// proves B6, B8: a domanda is found by its number, which is of the register that
// submissions have theirs from.
func TestDomandaIsFound(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		ctx, s := t.Context(), journal.New(e.Store)
		h := e.AddHolder("PRVDAA80A41H501X")
		e.Reviewing(h) // number 1
		filed := e.Must(dossier.Change{Actor: house.Citizen(h), File: &dossier.Filing{
			Domanda:    dossier.Domanda{ID: e.ID(), HolderID: h.ID, Service: "naspi", Title: "NASpI"},
			PINIssueID: h.PIN.ID, Needs: dossier.Dispositivo, MayBeHeld: true,
		}}).Domanda
		f, err := s.Find(ctx, auditor, journal.Search{Protocol: filed.Protocol.String()}, journal.Filter{})
		if err != nil || !slices.Equal(f.Subjects, []string{filed.ID}) || filed.Protocol.Number != 2 {
			t.Fatalf("found %+v of %v, %v", f, filed.Protocol, err)
		}
		page, err := s.All(ctx, auditor, f)
		if err != nil || len(page.Lines) != 2 || page.Lines[0].Action != "audit.searched" || page.Lines[0].HolderID != h.ID || page.Lines[1].Action != "domanda.held" {
			t.Errorf("log %+v, %v", page.Lines, err)
		}
	})
}

// A cell that a spreadsheet would compute is text.
func TestCSVCells(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	file := journal.NewCSV(&out)
	err := file.Entry(audit.Entry{Actor: "=1+1", Action: "+a", Subject: "-b", HolderID: "@c", Detail: "\td\"e"})
	err = errors.Join(err, file.Entry(audit.Entry{Actor: "\rf", Action: "\ng"}))
	if err != nil || file.End() != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`'=1+1,'+a,'-b,'@c,"'` + "\t" + `d""e"` + "\n", `,"'` + "\r" + `f","'` + "\n" + `g",`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q lacks %q", out.String(), want)
		}
	}
}

// proves B6, B10: the holder reads what was done about the holder and by the holder
// for another; a delegate is named, an operator by role alone.
func TestOwn(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		ctx, s := t.Context(), journal.New(e.Store)
		h, other := e.AddHolder("PRVDAA80A41H501X"), e.AddHolder("PRVDAA80A41H502Y")
		third := e.AddHolder("PRVDAA80A41H503Z")
		done(e, house.Citizen(h), h)
		done(e, house.Citizen(other), h) // a delegate
		done(e, house.Reviewer("o1"), h)
		done(e, house.Citizen(h), other) // for another
		done(e, house.Citizen(third), third)
		page, err := s.Own(ctx, house.Citizen(h), 0)
		if err != nil || len(page.Lines) < 4 || page.Next != nil {
			t.Fatalf("%+v, %v", page, err)
		}
		var got []string
		for _, l := range page.Lines[:4] {
			got = append(got, fmt.Sprintf("%s own=%t name=%s for=%s", l.Role, l.Own, l.Name, l.For))
		}
		want := []string{
			"citizen own=true name= for=Ada Prova", "operator own=false name= for=",
			"citizen own=false name=Ada Prova for=", "citizen own=true name= for=",
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
		for _, l := range page.Lines {
			if l.HolderID == third.ID {
				t.Error("another's operation")
			}
		}
		older, err := s.Own(ctx, house.Citizen(h), page.Lines[0].Row)
		if err != nil || len(older.Lines) != len(page.Lines)-1 {
			t.Errorf("older: %d, %v", len(older.Lines), err)
		}
		_, err = s.Own(ctx, auditor, 0)
		house.WantCode(t, err, dossier.CodeForbidden)
	})
}

// proves B12: the holder reads every message that was handed over, masked even
// where a demonstration keeps the clear words, and nobody else's.
func TestMessages(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		ctx, s := t.Context(), journal.New(e.Store)
		h, other := e.AddHolder("PRVDAA80A41H501X"), e.AddHolder("PRVDAA80A41H502Y")
		for i, keep := range []bool{false, true} {
			e.Clock.Advance(time.Minute)
			e.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{
				dossier.Tell{HolderID: h.ID, Kind: dossier.MessageFirstHalf, Occasion: fmt.Sprint(i)},
			}})
			id := e.Told(dossier.MessageFirstHalf)[0].ID
			plain, masked := dossier.Letter{Text: "half AAAA"}, dossier.Letter{Text: "half ····"}
			e.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{dossier.SealLetter{MessageID: id, Letter: plain, Masked: &masked}}})
			if m, err := s.Messages(ctx, house.Citizen(h), ""); err != nil || len(m.List) != i {
				t.Errorf("before it is sent: %d, %v", len(m.List), err)
			}
			e.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{dossier.MarkSent{MessageID: id, KeepSecret: keep}}})
			m, err := s.Messages(ctx, house.Citizen(h), "")
			if err != nil || len(m.List) != i+1 || m.List[0].Letter.Text != masked.Text {
				t.Errorf("keep %t: %+v, %v", keep, m, err)
			}
			if m, err := s.Messages(ctx, house.Citizen(h), id); err != nil || len(m.List) != i {
				t.Errorf("older: %+v, %v", m, err)
			}
		}
		if m, err := s.Messages(ctx, house.Citizen(other), ""); err != nil || len(m.List) != 0 {
			t.Errorf("another's: %+v, %v", m, err)
		}
		_, err := s.Messages(ctx, dossier.Actor{Role: dossier.RoleSimplified, ID: h.ID}, "")
		house.WantCode(t, err, dossier.CodeForbidden)
	})
}

// proves B12: the messages go on where a page ends, none twice and none left out.
func TestMessagesGoOn(t *testing.T) {
	t.Parallel()
	e := house.New(t)
	s, h := journal.New(e.Store), e.AddHolder("PRVDAA80A41H501X")
	const sent = journal.PageSize + 3
	var tell, send []dossier.Effect
	for i := range sent {
		tell = append(tell, dossier.Tell{HolderID: h.ID, Kind: dossier.MessageReceipt, Occasion: fmt.Sprint(i)})
	}
	e.Must(dossier.Change{Actor: house.Worker(), Effects: tell})
	for _, m := range e.Told(dossier.MessageReceipt) {
		send = append(send, dossier.SealLetter{MessageID: m.ID, Letter: dossier.Letter{Text: "x"}}, dossier.MarkSent{MessageID: m.ID})
	}
	e.Must(dossier.Change{Actor: house.Worker(), Effects: send})
	seen, before := map[string]bool{}, ""
	for pages := 1; ; pages++ {
		m, err := s.Messages(t.Context(), house.Citizen(h), before)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range m.List {
			if seen[one.ID] {
				t.Errorf("%s comes twice", one.ID)
			}
			seen[one.ID] = true
		}
		if before = m.Next; before != "" {
			continue
		}
		if len(seen) != sent || pages != 2 {
			t.Errorf("%d messages on %d pages, want %d on two", len(seen), pages, sent)
		}
		return
	}
}
