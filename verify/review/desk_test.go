package review_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/testkit"
	"dispositivo/internal/testkit/house"
	"dispositivo/verify/review"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

const someCF = "PRVDAA80A41H501X"

func newDesk(h house.House, fourEyes bool) *review.Desk {
	return review.NewDesk(review.Config{
		Store: h.Store, Pictures: h.Vault, Clock: h.Clock, Lease: review.DefaultLease, FourEyes: fourEyes,
	})
}

// look opens every page in full.
func look(t *testing.T, d *review.Desk, who dossier.Actor, c review.Claim) {
	t.Helper()
	for _, p := range c.Pages {
		if _, err := d.Page(t.Context(), who, p.DocumentID, p.N, review.SizeFull); err != nil {
			t.Fatal(err)
		}
	}
}

func claim(t *testing.T, d *review.Desk, who dossier.Actor, id string) review.Claim {
	t.Helper()
	c, err := d.Claim(t.Context(), who, id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func approve(c review.Claim) review.Verdict {
	return review.Verdict{Action: dossier.ActionApprove, Version: c.Version}
}

// proves C10: a decision needs the lease, the version that was seen, and for
// an approval every page looked at in full.
func TestDecisionBindsWhatWasSeen(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		ctx, d, op := t.Context(), newDesk(h, false), house.Reviewer("op")
		id := h.Reviewing(h.AddHolder(someCF))
		c := claim(t, d, op, id)

		_, err := d.Decide(ctx, op, c.ID, approve(c))
		house.WantCode(t, err, dossier.CodePagesUnseen)
		if _, err := d.Page(ctx, op, c.Pages[0].DocumentID, 1, review.SizeThumb); err != nil {
			t.Fatal(err)
		}
		_, err = d.Decide(ctx, op, c.ID, approve(c))
		house.WantCode(t, err, dossier.CodePagesUnseen)

		look(t, d, op, c)
		_, err = d.Decide(ctx, op, c.ID, review.Verdict{Action: dossier.ActionApprove, Version: c.Version - 1})
		house.WantCode(t, err, dossier.CodeDossierChanged)
		_, err = d.Decide(ctx, house.Reviewer("other"), c.ID, approve(c))
		house.WantCode(t, err, dossier.CodeNotFound)
		state, err := d.Decide(ctx, op, c.ID, approve(c))
		if err != nil || state != dossier.StateApproved {
			t.Fatalf("approve: %s, %v", state, err)
		}
		_, err = d.Decide(ctx, op, c.ID, approve(c))
		house.WantCode(t, err, dossier.CodeDossierChanged)
	})
}

// proves C10: pages that arrive during a review make the decision stale.
func TestPagesArriveDuringReview(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	d, op := newDesk(h, false), house.Reviewer("op")
	holder := h.AddHolder(someCF)
	id := h.Reviewing(holder)
	c := claim(t, d, op, id)
	look(t, d, op, c)
	h.Send(holder, id, "more")
	_, err := d.Decide(t.Context(), op, c.ID, approve(c))
	house.WantCode(t, err, dossier.CodeDossierChanged)
	_, err = d.Case(t.Context(), op, c.ID)
	house.WantCode(t, err, dossier.CodeLeaseLost)
}

// proves C10: rejecting and asking for more need a reason; approving has none.
func TestReasons(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	d, op := newDesk(h, false), house.Reviewer("op")
	c := claim(t, d, op, h.Reviewing(h.AddHolder(someCF)))
	look(t, d, op, c)
	for _, v := range []review.Verdict{
		{Action: dossier.ActionReject},
		{Action: dossier.ActionAskMore, Reason: "made.up"},
		{Action: dossier.ActionApprove, Reason: dossier.ReasonOther},
		{Action: "shrug", Reason: dossier.ReasonOther},
		{Action: dossier.ActionReject, Reason: dossier.ReasonOther, Note: string(make([]byte, 5000))},
	} {
		v.Version = c.Version
		_, err := d.Decide(t.Context(), op, c.ID, v)
		house.WantCode(t, err, dossier.CodeRequestInvalid)
	}
	state, err := d.Decide(t.Context(), op, c.ID, review.Verdict{
		Action: dossier.ActionAskMore, Reason: dossier.ReasonIDIllegible, Note: "  blurred ", Version: c.Version,
	})
	if err != nil || state != dossier.StateWaiting {
		t.Fatalf("ask more: %s, %v", state, err)
	}
	if got := h.Get(c.DossierID); got.Reason != dossier.ReasonIDIllegible || got.DueAt.IsZero() {
		t.Errorf("the holder sees reason %q, due %v", got.Reason, got.DueAt)
	}
	if n := len(h.Told(dossier.MessageAskMore)); n != 1 {
		t.Errorf("the holder was told %d times", n)
	}
}

// proves C10: never the own dossier; four eyes are two people's.
func TestFourEyes(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	d := newDesk(h, true)
	id := h.Reviewing(h.AddHolder(someCF))

	own := house.Reviewer("own")
	own.KeyedCF = h.KeyCF(someCF)
	_, err := d.Claim(t.Context(), own, id)
	house.WantCode(t, err, dossier.CodeOwnDossier)
	if _, ok, err := d.Next(t.Context(), own); ok || err != nil {
		t.Errorf("own dossier offered: %v, %v", ok, err)
	}

	first := house.Reviewer("first")
	c := claim(t, d, first, id)
	look(t, d, first, c)
	if state, err := d.Decide(t.Context(), first, c.ID, approve(c)); err != nil || state != dossier.StateSecondReview {
		t.Fatalf("first approval: %s, %v", state, err)
	}
	_, err = d.Claim(t.Context(), first, id)
	house.WantCode(t, err, dossier.CodeFourEyes)

	second := house.Reviewer("second")
	c = claim(t, d, second, id)
	_, err = d.Decide(t.Context(), second, c.ID, approve(c))
	house.WantCode(t, err, dossier.CodePagesUnseen) // the first one's eyes are not the second's
	look(t, d, second, c)
	if state, err := d.Decide(t.Context(), second, c.ID, approve(c)); err != nil || state != dossier.StateApproved {
		t.Fatalf("second approval: %s, %v", state, err)
	}
}

// proves C14: pages are shown to who may see them, and every look is logged
// before it is granted.
func TestLooksAreGuardedAndLogged(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	ctx, d, op := t.Context(), newDesk(h, false), house.Reviewer("op")
	id := h.Reviewing(h.AddHolder(someCF))
	doc := h.Get(id).Submissions[0].Documents[0].ID

	_, err := d.Page(ctx, op, doc, 1, review.SizeFull)
	house.WantCode(t, err, dossier.CodeNotFound) // not in this reviewer's hands
	for _, nobody := range []dossier.Actor{{}, {Role: dossier.RoleCitizen, ID: "x"}, {Role: dossier.RoleAdmin, ID: "x"}, {Role: dossier.RoleGateway, ID: "x"}} {
		_, err := d.Page(ctx, nobody, doc, 1, review.SizeFull)
		house.WantCode(t, err, dossier.CodeForbidden)
	}
	claim(t, d, op, id)
	img, err := d.Page(ctx, op, doc, 1, review.SizeFull)
	if err != nil || img.ContentType != "image/png" || string(img.Data) != "\x89PNG page" {
		t.Fatalf("page %q %s, %v", img.Data, img.ContentType, err)
	}
	_, err = d.Page(ctx, op, doc, 2, review.SizeFull)
	house.WantCode(t, err, dossier.CodeNotFound)
	if img, err := d.Page(ctx, dossier.Actor{Role: dossier.RoleAuditor, ID: "auditor"}, doc, 1, review.SizeThumb); err != nil || string(img.Data) != "\x89PNG thumb" {
		t.Errorf("auditor: %q, %v", img.Data, err)
	}
	log, err := h.History(ctx, doc)
	if err != nil {
		t.Fatal(err)
	}
	var who []string
	for _, e := range log {
		who = append(who, e.Actor+" "+e.Action)
	}
	if want := []string{"operator:op page.viewed", "auditor:auditor page.viewed"}; !slices.Equal(who, want) {
		t.Errorf("log %v, want %v", who, want)
	}
}

func TestOfficesKeepToThemselves(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	ctx, d := t.Context(), newDesk(h, false)
	id := h.Reviewing(h.AddHolder(someCF))
	elsewhere := dossier.Actor{Role: dossier.RoleSupervisor, ID: "elsewhere", Office: "milano", KeyedCF: []byte("x")}
	if items, err := d.List(ctx, elsewhere, review.Filter{}); err != nil || len(items) != 0 {
		t.Errorf("queue of another office: %v, %v", items, err)
	}
	_, err := d.Claim(ctx, elsewhere, id)
	house.WantCode(t, err, dossier.CodeNotFound)
	_, err = d.Dossier(ctx, elsewhere, id)
	house.WantCode(t, err, dossier.CodeNotFound)
	_, err = d.Page(ctx, elsewhere, h.Get(id).Submissions[0].Documents[0].ID, 1, review.SizeFull)
	house.WantCode(t, err, dossier.CodeNotFound)
	here := elsewhere
	here.Office = house.Office
	if c, err := d.Dossier(ctx, here, id); err != nil || c.Dossier.ID != id || c.Form.Surname != "Prova" {
		t.Errorf("own office: %+v, %v", c.Dossier, err)
	}
}

// proves C10: deadlines escalate, once, and only the deadline of this review.
func TestEscalation(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	ctx, d := t.Context(), newDesk(h, false)
	id := h.Reviewing(h.AddHolder(someCF))
	version := h.Get(id).Version
	offer := h.Task(dossier.TaskOffer, id)
	if err := d.Offer(ctx, offer.ID, id, version); err != nil {
		t.Fatal(err)
	}
	h.Clock.Advance(8 * 24 * time.Hour)
	task := h.Task(dossier.TaskEscalate, id)
	if err := d.Escalate(ctx, task.ID, id, version-1); err != nil {
		t.Fatal(err)
	}
	if h.Get(id).Escalated {
		t.Error("an old deadline escalated")
	}
	id2 := h.Reviewing(h.AddHolder("PRVDAA80A41H501Y"))
	h.Clock.Advance(8 * 24 * time.Hour)
	task = h.Task(dossier.TaskEscalate, id2)
	for range 2 {
		if err := d.Escalate(ctx, task.ID, id2, h.Get(id2).Version); err != nil {
			t.Fatal(err)
		}
	}
	items, err := d.List(ctx, house.Reviewer("op"), review.Filter{Escalated: true})
	if err != nil || len(items) != 1 || items[0].DossierID != id2 {
		t.Errorf("escalated: %+v, %v", items, err)
	}
}

// proves promise 3: what is in quarantine waits for a person, who clears it to
// be read again, or refuses it; until then nothing is approved.
func TestQuarantine(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	ctx, d, op := t.Context(), newDesk(h, false), house.Reviewer("op")
	holder := h.AddHolder(someCF)
	id := h.Begin(holder)
	sub := h.Send(holder, id, "active")
	h.Must(dossier.Change{
		Actor:      house.Worker(),
		Submission: &dossier.SubmissionMove{ID: sub.ID, Event: dossier.EventReadUnsafe},
		Dossier:    &dossier.Move{ID: id, Event: dossier.EventMachineGaveUp},
	})
	c := claim(t, d, op, id)
	_, err := d.Decide(ctx, op, c.ID, approve(c))
	house.WantCode(t, err, dossier.CodeQuarantined)
	if subs, err := d.Submissions(ctx, op, dossier.SubmissionQuarantined); err != nil || len(subs) != 1 {
		t.Errorf("list: %v, %v", subs, err)
	}
	house.WantCode(t, d.Clear(ctx, house.Reviewer("other"), sub.ID), dossier.CodeNotFound)
	if err := d.Clear(ctx, op, sub.ID); err != nil {
		t.Fatal(err)
	}
	got := h.Get(id)
	if got.State != dossier.StateScreening || got.Submissions[0].State != dossier.SubmissionScreening || !got.Submissions[0].Cleared {
		t.Errorf("after clearing: %s, %+v", got.State, got.Submissions[0])
	}
	house.WantCode(t, d.Clear(ctx, dossier.Actor{Role: dossier.RoleSupervisor, ID: "s"}, sub.ID), dossier.CodeConflict)
}

func TestReleaseAndRefuse(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	ctx, d, op := t.Context(), newDesk(h, false), house.Reviewer("op")
	id := h.Reviewing(h.AddHolder(someCF))
	c := claim(t, d, op, id)
	_, err := d.Claim(ctx, house.Reviewer("other"), id)
	house.WantCode(t, err, dossier.CodeLeaseLost)
	if err := d.Release(ctx, op, c.ID); err != nil {
		t.Fatal(err)
	}
	claim(t, d, house.Reviewer("other"), id)

	h.Must(dossier.Change{Actor: house.Worker(), Admit: &dossier.Admission{
		Submission: dossier.Submission{ID: "lost", Channel: dossier.ChannelFax}, ExternalID: "lost",
	}})
	for _, e := range []dossier.SubmissionEvent{dossier.EventReadingStarted, dossier.EventReadUnmatched} {
		h.Must(dossier.Change{Actor: house.Worker(), Submission: &dossier.SubmissionMove{ID: "lost", Event: e}})
	}
	for _, reason := range []dossier.RefusalReason{"", "because"} {
		house.WantCode(t, d.Refuse(ctx, op, "lost", reason), dossier.CodeRequestInvalid)
	}
	if err := d.Refuse(ctx, op, "lost", dossier.RefusalNoDossier); err != nil {
		t.Fatal(err)
	}
	house.WantCode(t, d.Refuse(ctx, op, "lost", dossier.RefusalNoDossier), dossier.CodeConflict)
	history, err := h.History(ctx, "lost")
	if err != nil || !strings.Contains(history[len(history)-1].Detail, `"reason":"no_dossier"`) {
		t.Errorf("the log says %+v, %v", history, err)
	}
	if sub, err := h.Submission(ctx, "lost"); err != nil || sub.Refusal != dossier.RefusalNoDossier {
		t.Errorf("refused for %q, %v", sub.Refusal, err)
	}
}
