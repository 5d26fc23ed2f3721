package recovery_test

import (
	"strings"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/testkit/house"
	"dispositivo/pin"
	"dispositivo/pin/recovery"
)

// proves D1: two contacts, link and code, halves by SMS and by e-mail, the change
// forced, the kind kept; the lost PIN, its session and its dossier are over, and
// every contact is told.
func TestRecovery(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		for _, kind := range []dossier.Kind{dossier.Ordinario, dossier.Dispositivo} {
			cf := map[dossier.Kind]string{dossier.Ordinario: someCF, dossier.Dispositivo: otherCF}[kind]
			w := newWorld(t, h)
			holder := w.add(cf, kind, dossier.PINActive)
			s, _, err := w.signIn(cf, somePIN)
			if err != nil {
				t.Fatal(err)
			}
			open := w.Begin(holder)
			w.exhaust(pin.Budgets(cf))
			answer := w.asked(cf)
			if len(answer.Link) < 26 || strings.Trim(answer.Code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ ") != "" || len(strings.ReplaceAll(answer.Code, " ", "")) != 8 {
				t.Errorf("link %q, code %q", answer.Link, answer.Code)
			}
			answer.Code = strings.ToLower(answer.Code)
			if err := w.confirm(answer); err != nil {
				t.Fatal(err)
			}
			words := w.work()
			w.isRecovered(t, holder, words)
			if _, err := h.Session(t.Context(), s.Key()); dossier.CodeOf(err) != dossier.CodeUnauthorized {
				t.Errorf("the old session: %v", err)
			}
			if d := w.Get(open); d.State != dossier.StateSuperseded {
				t.Errorf("the old dossier is %s", d.State)
			}
			house.WantCode(t, w.confirm(answer), dossier.CodeChallengeWrong) // once
			_, _, err = w.signIn(cf, somePIN)
			house.WantCode(t, err, dossier.CodeCredentialsWrong)
			_, account, err := w.signIn(cf, halves(words))
			if err != nil || !account.MustChange || account.Kind != kind {
				t.Errorf("first access %+v, %v", account, err)
			}
		}
	})
}

// exhaust spends what was left of budgets of wrong tries: new halves begin them anew.
func (w *world) exhaust(budgets []string) {
	w.T.Helper()
	for _, budget := range budgets {
		_, err := w.CountWrong(w.T.Context(), budget, func(l dossier.Lock, _ time.Time) dossier.Lock {
			l.Wrong = 1000
			return l
		})
		if err != nil {
			w.T.Fatal(err)
		}
	}
}

// isRecovered checks the new issue and the messages of one recovery.
func (w *world) isRecovered(t *testing.T, before dossier.Holder, words []word) {
	t.Helper()
	now := w.holder(before.ID)
	p := now.PIN
	if p.ID == before.PIN.ID || p.Kind != before.PIN.Kind || p.State != dossier.PINMustChange || p.WindowUntil.IsZero() {
		t.Errorf("new issue %+v", p)
	}
	if old, err := w.PINIssue(t.Context(), before.PIN.ID); err != nil || old.State != dossier.PINReplaced {
		t.Errorf("old issue %+v, %v", old, err)
	}
	first, second := of(words, dossier.MessageRecoveryFirst), of(words, dossier.MessageRecoverySecond)
	if len(first) != 1 || first[0].To.Value != somePhone || len(second) != 1 || second[0].To.Value != someMail {
		t.Errorf("halves went out as %+v and %+v", first, second)
	}
	told := map[string]bool{}
	for _, one := range of(words, dossier.MessagePINRecovered) {
		told[one.To.Value] = true
	}
	if len(told) != 3 || !told[somePhone] || !told[someMail] || !told[somePEC] {
		t.Errorf("told %v", told)
	}
	secrets, err := w.PINSecrets(t.Context(), before.Person.CodiceFiscale)
	if err != nil || secrets.First.Class == secrets.Second.Class || secrets.Hash != "" {
		t.Errorf("secrets %+v, %v", secrets, err)
	}
}

// proves D1: which PIN can be recovered with which contacts, case by case. Nothing
// is answered but by message to a registered contact.
func TestWhatIsRecovered(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	code, refused := dossier.MessageRecoveryCode, dossier.MessageRecoveryRefused
	for name, c := range map[string]struct {
		kind            dossier.Kind
		state           dossier.PINState
		mobile, address string
		changed         dossier.ContactKind // before now
		ago             time.Duration
		italian         bool
		want            dossier.MessageKind // "": silence
	}{
		"in use":                           {dossier.Ordinario, dossier.PINActive, somePhone, someMail, "", 0, false, code},
		"by PEC":                           {dossier.Dispositivo, dossier.PINActive, somePhone, somePEC, "", 0, false, code},
		"as people write":                  {dossier.Ordinario, dossier.PINActive, " 0039 333 000.0001", " ADA@prova.example ", "", 0, false, code},
		"to be changed":                    {dossier.Dispositivo, dossier.PINMustChange, somePhone, someMail, "", 0, false, code},
		"lapsed in use":                    {dossier.Ordinario, dossier.PINLapsed, somePhone, someMail, "", 0, false, code},
		"never activated":                  {dossier.Ordinario, dossier.PINAwaitingActivation, somePhone, someMail, "", 0, false, refused},
		"suspended":                        {dossier.Dispositivo, dossier.PINSuspended, somePhone, someMail, "", 0, false, refused},
		"not for people like this (A2)":    {dossier.Dispositivo, dossier.PINActive, somePhone, someMail, "", 0, true, refused},
		"acts, mobile six days old":        {dossier.Dispositivo, dossier.PINActive, somePhone, someMail, dossier.ContactMobile, 6 * day, false, refused},
		"acts, mobile a second too young":  {dossier.Dispositivo, dossier.PINActive, somePhone, someMail, dossier.ContactMobile, 7*day - time.Second, false, refused},
		"acts, mobile seven days old":      {dossier.Dispositivo, dossier.PINActive, somePhone, someMail, dossier.ContactMobile, 7 * day, false, code},
		"acts, e-mail a day old":           {dossier.Dispositivo, dossier.PINActive, somePhone, someMail, dossier.ContactEmail, day, false, refused},
		"acts, the other contact is new":   {dossier.Dispositivo, dossier.PINActive, somePhone, someMail, dossier.ContactPEC, day, false, code},
		"reads, mobile a day old":          {dossier.Ordinario, dossier.PINActive, somePhone, someMail, dossier.ContactMobile, day, false, code},
		"another's mobile":                 {dossier.Ordinario, dossier.PINActive, "+393330000002", someMail, "", 0, false, ""},
		"another's address":                {dossier.Ordinario, dossier.PINActive, somePhone, "b@prova.example", "", 0, false, ""},
		"another's mobile, and not active": {dossier.Ordinario, dossier.PINRequested, "+393330000002", someMail, "", 0, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, house.New(t))
			h := w.add(someCF, c.kind, c.state)
			p := h.Person
			p.ItalianDocument = c.italian
			if c.changed != "" {
				p.Contacts = p.Contacts.With(c.changed, p.Contacts.Get(c.changed), w.Clock.Now().Add(-c.ago), true)
			}
			w.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{dossier.SetPerson{HolderID: h.ID, Person: p, Version: h.Version}}})
			if err := w.ask(someCF, c.mobile, c.address); err != nil {
				t.Fatal(err)
			}
			words := w.work()
			if c.want == "" && len(words) == 0 {
				return
			}
			if len(words) != 1 || words[0].Kind != c.want || !strings.EqualFold(words[0].To.Value, strings.TrimSpace(c.address)) {
				t.Errorf("sent %+v, want %q", words, c.want)
			}
		})
	}
}

// proves B11, D1: a contact recovers a PIN when a code sent to it was typed back, and
// one that may act only when that, and its last change, are seven days past: what
// came with the request, or an operator took down, was proved by nobody.
func TestOnlyContactsThatCountRecover(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	code, refused := dossier.MessageRecoveryCode, dossier.MessageRecoveryRefused
	mark := func(now time.Time, changed, confirmed time.Duration) dossier.ContactMark {
		m := dossier.ContactMark{ChangedAt: now.Add(-changed)}
		if confirmed > 0 {
			m.ConfirmedAt = now.Add(-confirmed)
		}
		return m
	}
	for name, c := range map[string]struct {
		kind               dossier.Kind
		which              dossier.ContactKind
		changed, confirmed time.Duration // before now; 0 for confirmed: never
		unmarked           bool
		want               dossier.MessageKind
	}{
		"acts, mobile of the request":              {dossier.Dispositivo, dossier.ContactMobile, 0, 0, true, refused},
		"acts, e-mail of the request":              {dossier.Dispositivo, dossier.ContactEmail, 0, 0, true, refused},
		"reads, mobile of the request":             {dossier.Ordinario, dossier.ContactMobile, 0, 0, true, refused},
		"reads, e-mail of the request":             {dossier.Ordinario, dossier.ContactEmail, 0, 0, true, refused},
		"acts, taken down a month ago":             {dossier.Dispositivo, dossier.ContactMobile, 30 * day, 0, false, refused},
		"reads, taken down a month ago":            {dossier.Ordinario, dossier.ContactMobile, 30 * day, 0, false, refused},
		"acts, old but proved yesterday":           {dossier.Dispositivo, dossier.ContactMobile, 30 * day, day, false, refused},
		"acts, old, proved a second under 7 days":  {dossier.Dispositivo, dossier.ContactEmail, 30 * day, 7*day - time.Second, false, refused},
		"acts, old and proved seven days ago":      {dossier.Dispositivo, dossier.ContactMobile, 30 * day, 7 * day, false, code},
		"acts, proved long ago, changed yesterday": {dossier.Dispositivo, dossier.ContactMobile, day, 30 * day, false, refused},
		"reads, proved yesterday":                  {dossier.Ordinario, dossier.ContactMobile, 30 * day, day, false, code},
		"acts, proved yesterday, not named":        {dossier.Dispositivo, dossier.ContactPEC, day, day, false, code},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			house.Each(t, func(t *testing.T, at house.House) {
				w := newWorld(t, at)
				h := w.add(someCF, c.kind, dossier.PINActive)
				if delete(h.Person.Contacts.Marks, c.which); !c.unmarked {
					h.Person.Contacts.Marks[c.which] = mark(w.Clock.Now(), c.changed, c.confirmed)
				}
				w.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{
					dossier.SetPerson{HolderID: h.ID, Person: h.Person, Version: h.Version},
				}})
				if err := w.ask(someCF, somePhone, someMail); err != nil {
					t.Fatal(err)
				}
				if words := w.work(); len(words) != 1 || words[0].Kind != c.want || words[0].To.Value != someMail {
					t.Errorf("sent %+v, want %q", words, c.want)
				}
			})
		})
	}
}

// proves D1: link, codice fiscale and code must all be right; five wrong ones end
// it, as time does, and as anything that happens to the PIN meanwhile.
func TestWhatEndsARecovery(t *testing.T) {
	t.Parallel()
	wrong := func(t *testing.T, w *world, a recovery.Answer) {
		t.Helper()
		house.WantCode(t, w.confirm(a), dossier.CodeChallengeWrong)
	}
	for name, spoil := range map[string]func(t *testing.T, w *world, h dossier.Holder, a recovery.Answer){
		"five wrong codes": func(t *testing.T, w *world, _ dossier.Holder, a recovery.Answer) {
			a.Code = "AAAAAAAA"
			for range 5 {
				wrong(t, w, a)
			}
		},
		"five times another's codice fiscale": func(t *testing.T, w *world, _ dossier.Holder, a recovery.Answer) {
			a.CodiceFiscale = otherCF
			for range 5 {
				wrong(t, w, a)
			}
		},
		"half an hour": func(_ *testing.T, w *world, _ dossier.Holder, _ recovery.Answer) { w.Clock.Advance(30 * time.Minute) },
		"a suspension": func(_ *testing.T, w *world, h dossier.Holder, _ recovery.Answer) {
			w.MovePIN(h.PIN.ID, dossier.PINEventSuspended)
		},
		"a revocation": func(_ *testing.T, w *world, h dossier.Holder, _ recovery.Answer) {
			w.MovePIN(h.PIN.ID, dossier.PINEventRevoked)
		},
		"a new mobile": func(_ *testing.T, w *world, h dossier.Holder, _ recovery.Answer) {
			p := h.Person
			p.Contacts = p.Contacts.With(dossier.ContactMobile, "+393330000002", w.Clock.Now(), true)
			w.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{dossier.SetPerson{HolderID: h.ID, Person: p, Version: h.Version}}})
		},
		"another recovery": func(t *testing.T, w *world, _ dossier.Holder, _ recovery.Answer) {
			if err := w.confirm(w.asked(someCF)); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, house.New(t))
			h := w.add(someCF, dossier.Dispositivo, dossier.PINActive)
			a := w.asked(someCF)
			spoil(t, w, h, a)
			now := w.holder(h.ID).PIN
			wrong(t, w, a)
			if w.holder(h.ID).PIN != now {
				t.Error("the PIN changed all the same")
			}
		})
	}
}

// A link that nobody was sent spends nobody's tries: they are counted by link.
func TestStrangersSpendNoTries(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	w.add(someCF, dossier.Ordinario, dossier.PINActive)
	a := w.asked(someCF)
	for range 20 {
		house.WantCode(t, w.confirm(recovery.Answer{Link: "AAAA", CodiceFiscale: someCF, Code: "AAAAAAAA", Source: "net"}), dossier.CodeChallengeWrong)
	}
	if err := w.confirm(a); err != nil {
		t.Error(err)
	}
}

// A half whose message is worded after the holder has yet another PIN does not
// open that one.
func TestLateHalvesOpenNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	h := w.add(someCF, dossier.Dispositivo, dossier.PINActive)
	if err := w.confirm(w.asked(someCF)); err != nil {
		t.Fatal(err)
	}
	recovered := w.holder(h.ID).PIN
	w.Must(dossier.Change{
		Actor: house.Worker(), PIN: &dossier.PINMove{ID: recovered.ID, Event: dossier.PINEventReplaced},
		Effects: []dossier.Effect{dossier.OpenPIN{
			Issue: dossier.PINIssue{ID: w.ID(), HolderID: h.ID, Kind: dossier.Dispositivo, State: dossier.PINActive, Channel: dossier.PINOffice}, Hash: w.hash,
		}},
	})
	_, _, err := w.signIn(someCF, halves(w.work()))
	house.WantCode(t, err, dossier.CodeCredentialsWrong)
}

// proves D1: what is answered, the hashes and what is written are the same for
// every codice fiscale and all contacts.
func TestRecoveryTellsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	w.add(someCF, dossier.Dispositivo, dossier.PINActive)
	type cost struct {
		code   dossier.Code
		hashes int64
		writes string
	}
	measure := func(do func() error) cost {
		hashes := w.hashes.Load()
		w.writes.taken()
		code := dossier.CodeOf(do())
		return cost{code, w.hashes.Load() - hashes, w.writes.taken()}
	}
	var asks, answers []cost
	for _, c := range [][3]string{
		{someCF, somePhone, someMail}, {someCF, "+393330000002", someMail}, {otherCF, somePhone, someMail},
	} {
		asks = append(asks, measure(func() error { return w.ask(c[0], c[1], c[2]) }))
		answers = append(answers, measure(func() error {
			return w.confirm(recovery.Answer{Link: "AAAA", CodiceFiscale: c[0], Code: "AAAAAAAA", Source: "net"})
		}))
	}
	for i := range asks {
		if asks[i] != asks[0] || asks[i].code != "" || asks[i].hashes != 0 {
			t.Errorf("asking costs %+v and %+v", asks[0], asks[i])
		}
		if answers[i] != answers[0] || answers[i].code != dossier.CodeChallengeWrong {
			t.Errorf("answering costs %+v and %+v", answers[0], answers[i])
		}
	}
	if asks[0].writes == "" {
		t.Error("asking wrote nothing: what is written was not seen")
	}
}
