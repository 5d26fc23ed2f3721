package store_test

import (
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/testkit"
	"dispositivo/internal/testkit/house"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// proves C7: 64 writers, no number missing, none twice, times in order.
func TestProtocolHasNoGaps(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		const writers, each = 64, 3
		h := e.AddHolder("PRVDAA80A41H501X")
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for i := range each {
					sub := dossier.Submission{ID: fmt.Sprintf("s-%d-%d", w, i), Channel: dossier.ChannelFax, HolderID: h.ID}
					_, err := e.Apply(t.Context(), dossier.Change{Actor: house.Worker(), Admit: &dossier.Admission{Submission: sub, ExternalID: sub.ID}})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		var n int64
		var last time.Time
		err := e.EachSubmission(t.Context(), func(sub dossier.Submission) error {
			n++
			if sub.Protocol.Number != n || sub.Protocol.Year != 2026 {
				t.Errorf("entry %d has protocol %v", n, sub.Protocol)
			}
			if sub.ReceivedAt.Before(last) {
				t.Errorf("protocol %v is older than the one before", sub.Protocol)
			}
			last = sub.ReceivedAt
			return nil
		})
		if err != nil || n != writers*each {
			t.Errorf("register holds %d numbers, want %d (%v)", n, writers*each, err)
		}
	})
}

// proves C7: the register restarts with the year of Europe/Rome, and a clock
// set back does not set the register back.
func TestProtocolYearAndClock(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		admit := func(id string) dossier.Protocol {
			sub := dossier.Submission{ID: id, Channel: dossier.ChannelFax}
			return e.Must(dossier.Change{Actor: house.Worker(), Admit: &dossier.Admission{Submission: sub, ExternalID: id}}).Submission.Protocol
		}
		e.Clock.Set(time.Date(2026, 12, 31, 22, 59, 59, 0, time.UTC))
		a := admit("a")
		e.Clock.Set(time.Date(2026, 12, 31, 22, 0, 0, 0, time.UTC))
		b := admit("b")
		e.Clock.Set(time.Date(2026, 12, 31, 23, 0, 0, 0, time.UTC))
		c := admit("c")
		if a.String() != "2026/0000001" || b.String() != "2026/0000002" || c.String() != "2027/0000001" {
			t.Errorf("got %v, %v, %v", a, b, c)
		}
		if b.At.Before(a.At) {
			t.Errorf("time went back from %v to %v", a.At, b.At)
		}
	})
}

func TestRepeatsReturnTheFirstReceipt(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		h := e.AddHolder("PRVDAA80A41H501X")
		id := e.Begin(h)
		first := e.Arrival(h, id, "one")
		first.Admit.IdempotencyKey = "k"
		out := e.Must(first)
		if out.Repeated || out.State != dossier.StateScreening {
			t.Fatalf("first arrival: %+v", out)
		}
		for name, change := range map[string]func(*dossier.Change){
			"same key":         func(c *dossier.Change) { c.Admit.IdempotencyKey = "k" },
			"same external id": func(c *dossier.Change) { c.Admit.ExternalID = first.Admit.ExternalID },
			"same bytes":       func(*dossier.Change) {},
		} {
			again := e.Arrival(h, id, "one")
			change(&again)
			got := e.Must(again)
			if !got.Repeated || got.Submission.ID != out.Submission.ID || got.Submission.Protocol.String() != out.Submission.Protocol.String() {
				t.Errorf("%s: got %+v", name, got)
			}
			if d := e.Get(id); d.Version != out.Version {
				t.Errorf("%s changed the dossier", name)
			}
		}
		other := e.Arrival(h, id, "two")
		other.Admit.IdempotencyKey = "k"
		_, err := e.Apply(t.Context(), other)
		house.WantCode(t, err, dossier.CodeIdempotency)
	})
}

func TestSameBytesAtOnceAreOneSubmission(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		h := e.AddHolder("PRVDAA80A41H501X")
		id := e.Begin(h)
		var wg sync.WaitGroup
		for range 16 {
			ch := e.Arrival(h, id, "one")
			wg.Go(func() {
				if _, err := e.Apply(t.Context(), ch); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := len(e.Get(id).Submissions); n != 1 {
			t.Errorf("%d submissions, want 1", n)
		}
	})
}
