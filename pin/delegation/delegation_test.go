package delegation_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/audit"
	"dispositivo/internal/codicefiscale"
	"dispositivo/internal/store"
	"dispositivo/internal/testkit"
	"dispositivo/internal/testkit/house"
	"dispositivo/internal/throttle"
	"dispositivo/pin/delegation"
	"dispositivo/pin/services"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// world is a house with both services.
type world struct {
	house.House
	*delegation.Service
	desk *services.Desk
}

func newWorld(t *testing.T, h house.House) world {
	t.Helper()
	list, err := services.Embedded()
	check(t, err)
	return world{
		House:   h,
		Service: delegation.New(delegation.Config{Store: h.Store, Clock: h.Clock, Tries: throttle.New(h.Clock, 1000, time.Second), Rome: time.UTC}),
		desk:    services.New(services.Config{Store: h.Store, Clock: h.Clock, Catalogue: list, Agency: "INPS", Rome: time.UTC}),
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// person adds a worker with a right codice fiscale of one's own.
func (w world) person(n int, typ dossier.HolderType, kind dossier.Kind) dossier.Holder {
	w.T.Helper()
	code, err := codicefiscale.Compute("Prova", "Ada", time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n), codicefiscale.Female, "H501")
	check(w.T, err)
	h := dossier.Holder{
		ID: w.ID(), Type: typ, Office: house.Office, PIN: dossier.PINIssue{ID: w.ID(), Kind: kind},
		Person: dossier.Person{
			CodiceFiscale: code.String(), Surname: "Prova", Name: fmt.Sprint("Ada ", n), Lang: "it", Contacts: dossier.Contacts{Email: "ada@prova.example"},
			Standing: dossier.Standing{Position: dossier.CategoryWorker, Funds: []dossier.Fund{dossier.FundPrivate}},
		},
	}
	check(w.T, w.InsertHolder(w.T.Context(), store.NewHolder{Holder: h, PINHash: "hash"}))
	return h
}

func (w world) citizen(n int) dossier.Holder {
	w.T.Helper()
	return w.person(n, dossier.HolderCitizen, dossier.Dispositivo)
}

func grantTo(h dossier.Holder) delegation.Grant {
	return delegation.Grant{CodiceFiscale: h.Person.CodiceFiscale, Surname: "prova", Until: "2026-12-31"}
}

// delegated is a delegation that counts.
func (w world) delegated(from, to dossier.Holder) string {
	w.T.Helper()
	id, err := w.Grant(w.T.Context(), house.Citizen(from), grantTo(to))
	check(w.T, err)
	check(w.T, w.Accept(w.T.Context(), house.Citizen(to), id))
	return id
}

// under is the delegate with the mandate of a delegation.
func (w world) under(to dossier.Holder, id string) dossier.Actor {
	w.T.Helper()
	actor := house.Citizen(to)
	m, err := w.Mandate(w.T.Context(), actor, id)
	check(w.T, err)
	actor.Mandate = m
	return actor
}

// proves B10: granted, accepted, acted under, ended; the log names both, and the
// domanda is the delegator's.
func TestActingForAnother(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		w := newWorld(t, h)
		ctx := t.Context()
		ada, bea := w.citizen(1), w.citizen(2)
		id, err := w.Grant(ctx, house.Citizen(ada), grantTo(bea))
		check(t, err)
		_, err = w.Mandate(ctx, house.Citizen(bea), id)
		house.WantCode(t, err, dossier.CodeDelegationOver)
		house.WantCode(t, w.Accept(ctx, house.Citizen(ada), id), dossier.CodeForbidden)
		check(t, w.Accept(ctx, house.Citizen(bea), id))

		actor := w.under(bea, id)
		filed, err := w.desk.File(ctx, actor, services.Draft{Service: "naspi"})
		check(t, err)
		if filed.HolderID != ada.ID || filed.DelegateID != bea.ID || filed.State != dossier.DomandaInWork {
			t.Errorf("filed %+v", filed.Domanda)
		}
		if own, err := w.desk.Domande(ctx, house.Citizen(bea)); err != nil || len(own) != 0 {
			t.Errorf("the delegate's own: %+v, %v", own, err)
		}
		if hers, err := w.desk.Domande(ctx, house.Citizen(ada)); err != nil || len(hers) != 1 {
			t.Errorf("the delegator's: %+v, %v", hers, err)
		}
		log, err := h.History(ctx, filed.ID)
		if err != nil || len(log) != 1 || log[0].Actor != "delegate:"+bea.ID || log[0].HolderID != ada.ID {
			t.Errorf("log %+v, %v", log, err)
		}
		check(t, w.End(ctx, house.Citizen(ada), id))
		_, err = w.desk.File(ctx, actor, services.Draft{Service: "naspi"})
		house.WantCode(t, err, dossier.CodeDelegationOver)
		_, err = w.desk.Domande(ctx, actor)
		house.WantCode(t, err, dossier.CodeDelegationOver)
		house.WantCode(t, w.End(ctx, house.Citizen(bea), id), dossier.CodeConflict)
		if n := len(h.Told(dossier.MessageDelegationEnded)); n != 2 {
			t.Errorf("%d told of the end", n)
		}
	})
}

// proves B10: who may be named, by whom, and for how long.
func TestGrantRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	ada, bea, eva := w.citizen(1), w.citizen(2), w.person(3, dossier.HolderCitizen, dossier.Ordinario)
	lia := w.citizen(5)
	change := func(f func(*delegation.Grant)) delegation.Grant { g := grantTo(bea); f(&g); return g }
	for name, tt := range map[string]struct {
		who  dossier.Holder
		g    delegation.Grant
		want dossier.Code
	}{
		"with ordinario":    {eva, grantTo(bea), dossier.CodeDelegationKind},
		"to oneself":        {ada, grantTo(ada), dossier.CodeDelegationDelegate},
		"another surname":   {ada, change(func(g *delegation.Grant) { g.Surname = "Altra" }), dossier.CodeDelegationDelegate},
		"nobody on file":    {ada, change(func(g *delegation.Grant) { g.CodiceFiscale = "RSSMRA72L09H501F" }), dossier.CodeDelegationDelegate},
		"no code":           {ada, change(func(g *delegation.Grant) { g.CodiceFiscale = "x" }), dossier.CodeDelegationDelegate},
		"yesterday":         {ada, change(func(g *delegation.Grant) { g.Until = "2026-03-01" }), dossier.CodeDelegationDates},
		"began before":      {ada, change(func(g *delegation.Grant) { g.From = "2026-03-01" }), dossier.CodeDelegationDates},
		"ends before":       {ada, change(func(g *delegation.Grant) { g.From = "2027-01-01" }), dossier.CodeDelegationDates},
		"for too long":      {ada, change(func(g *delegation.Grant) { g.Until = "2029-03-04" }), dossier.CodeDelegationDates},
		"no last day":       {ada, change(func(g *delegation.Grant) { g.Until = "" }), dossier.CodeDelegationDates},
		"as long as may be": {lia, change(func(g *delegation.Grant) { g.Until = "2029-03-03" }), ""},
		"today alone":       {ada, change(func(g *delegation.Grant) { g.From, g.Until = "2026-03-02", "2026-03-02" }), ""},
		"a second of both":  {bea, grantTo(ada), ""},
	} {
		_, err := w.Grant(t.Context(), house.Citizen(tt.who), tt.g)
		if dossier.CodeOf(err) != tt.want {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
	_, err := w.Grant(t.Context(), house.Citizen(ada), grantTo(eva))
	house.WantCode(t, err, dossier.CodeDelegationTaken)
	caf := w.person(4, dossier.HolderPatronato, dossier.Dispositivo)
	_, err = w.Grant(t.Context(), house.Citizen(ada), grantTo(caf)) // another kind
	check(t, err)
}

// proves B10: it holds on its days alone, and one that is over makes way.
func TestDays(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		w := newWorld(t, h)
		ada, bea, eva := w.citizen(1), w.citizen(2), w.citizen(3)
		g := grantTo(bea)
		g.From, g.Until = "2026-03-04", "2026-03-05"
		id, err := w.Grant(t.Context(), house.Citizen(ada), g)
		check(t, err)
		check(t, w.Accept(t.Context(), house.Citizen(bea), id))
		for day, want := range []dossier.Code{dossier.CodeDelegationOver, dossier.CodeDelegationOver, "", "", dossier.CodeDelegationOver} {
			h.Clock.Set(house.Start().AddDate(0, 0, day))
			_, err := w.Mandate(t.Context(), house.Citizen(bea), id)
			if dossier.CodeOf(err) != want {
				t.Errorf("day %d: %v, want %q", day, err, want)
			}
		}
		w.delegated(ada, eva)
		if d, err := h.Delegation(t.Context(), ada.ID, id); err != nil || d.State != dossier.DelegationEnded {
			t.Errorf("the one before: %+v, %v", d, err)
		}
	})
}

// proves B10: five delegators for a person, however much at once; institutions
// have no bound, and who has a PIN ordinario acts for nobody.
func TestFiveDelegators(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		w := newWorld(t, h)
		bea, caf := w.citizen(100), w.person(101, dossier.HolderPatronato, dossier.Dispositivo)
		var ids []string
		for n := range 8 {
			ada := w.citizen(n)
			id, err := w.Grant(t.Context(), house.Citizen(ada), grantTo(bea))
			check(t, err)
			ids = append(ids, id)
			w.delegated(ada, caf)
		}
		var mu sync.Mutex
		codes := map[dossier.Code]int{}
		var wg sync.WaitGroup
		for _, id := range ids {
			wg.Go(func() {
				err := w.Accept(t.Context(), house.Citizen(bea), id)
				mu.Lock()
				defer mu.Unlock()
				codes[dossier.CodeOf(err)]++
			})
		}
		wg.Wait()
		if codes[""] != dossier.MaxDelegators || codes[dossier.CodeDelegationFull] != 3 {
			t.Errorf("answers %v", codes)
		}
		eva := w.person(102, dossier.HolderCitizen, dossier.Ordinario)
		id, err := w.Grant(t.Context(), house.Citizen(w.citizen(50)), grantTo(eva))
		check(t, err)
		house.WantCode(t, w.Accept(t.Context(), house.Citizen(eva), id), dossier.CodeDelegationKind)
	})
}

// proves B10: a delegation ended while its delegate acts: whatever came after the
// end was refused and left no trace.
func TestEndedInMidAct(t *testing.T) {
	t.Parallel()
	endRounds(t, 10)
}

func endRounds(t *testing.T, rounds int) {
	t.Helper()
	house.Each(t, func(t *testing.T, h house.House) {
		w := newWorld(t, h)
		acted, refused := 0, 0
		for n := range rounds {
			a, r := w.endInMidAct(n, rand.New(rand.NewPCG(10, uint64(n))))
			acted, refused = acted+a, refused+r
		}
		t.Logf("%d acts went through, %d came too late", acted, refused)
		w.wantNothingAfterAnEnd()
	})
}

// endInMidAct lets a delegate act four times while the delegation ends: in every
// other round not before one act is through, however busy the machine is.
func (w world) endInMidAct(n int, rnd *rand.Rand) (acted, refused int) {
	t := w.T
	ada, bea := w.citizen(2*n), w.citizen(2*n+1)
	id := w.delegated(ada, bea)
	actor := w.under(bea, id)
	start, through := make(chan struct{}), make(chan struct{})
	var once sync.Once
	var mu sync.Mutex
	var wg sync.WaitGroup
	pause := func(n int) {
		for range n { // reads take time, as a request does
			if _, err := w.Holder(t.Context(), ada.ID); err != nil {
				t.Error(err)
			}
		}
	}
	for range 4 {
		before := rnd.IntN(6)
		wg.Go(func() {
			<-start
			pause(before)
			_, err := w.desk.File(t.Context(), actor, services.Draft{Service: "naspi"})
			once.Do(func() { close(through) })
			mu.Lock()
			defer mu.Unlock()
			switch dossier.CodeOf(err) { //nolint:exhaustive // no other may come
			case "":
				acted++
			case dossier.CodeDelegationOver:
				refused++
			default:
				t.Error(err)
			}
		})
	}
	before := rnd.IntN(24) // an act reads more before it writes than an end does
	wg.Go(func() {
		<-start
		if n%2 == 0 {
			<-through
		} else {
			pause(before)
		}
		if err := w.End(t.Context(), house.Citizen(ada), id); err != nil {
			t.Error(err)
		}
	})
	close(start)
	wg.Wait()
	list, err := w.desk.Domande(t.Context(), house.Citizen(ada))
	if err != nil || len(list) != acted {
		t.Errorf("%d domande of %d acts (%v)", len(list), acted, err)
	}
	return acted, refused
}

// wantNothingAfterAnEnd reads the log: the rows of an end and of an act are
// written under the same lock, so their order is that of the two.
func (w world) wantNothingAfterAnEnd() {
	w.T.Helper()
	for {
		n, err := w.SealAudit(w.T.Context(), 1000)
		check(w.T, err)
		if n.Sealed == 0 {
			break
		}
	}
	ended, acts := map[string]bool{}, 0
	err := w.EachSealed(w.T.Context(), func(e audit.Entry) error {
		if e.Action == "delegation.ended" {
			ended[e.HolderID] = true
		}
		if len(e.Actor) > 9 && e.Actor[:9] == "delegate:" {
			acts++
			if ended[e.HolderID] {
				w.T.Errorf("%s of %s after the end", e.Action, e.HolderID)
			}
		}
		return nil
	})
	check(w.T, err)
	if acts == 0 || len(ended) == 0 {
		w.T.Errorf("%d acts and %d ends in the log", acts, len(ended))
	}
}
