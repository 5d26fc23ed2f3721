package store_test

import (
	"context"
	"sync"
	"testing"

	"dispositivo/internal/audit"
	"dispositivo/internal/store"
	"dispositivo/internal/testkit/house"
)

// proves B6: the chain holds, and a row changed behind its back is found.
func TestAuditChain(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, e house.House) {
		ctx := t.Context()
		e.Reviewing(e.AddHolder("PRVDAA80A41H501X"))
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for {
					n, err := e.SealAudit(ctx, 3)
					if err != nil {
						t.Error(err)
					}
					if n == 0 {
						return
					}
				}
			})
		}
		wg.Wait()
		if _, err := e.SealAudit(ctx, 1000); err != nil {
			t.Fatal(err)
		}
		if n, err := verify(ctx, e.Store); err != nil || n < 5 {
			t.Errorf("%d entries, %v", n, err)
		}
	})
}

func verify(ctx context.Context, s *store.Store) (int64, error) {
	v := audit.NewVerifier(s.AuditMAC())
	err := s.EachSealed(ctx, v.Next)
	return v.Head().Seq, err
}
