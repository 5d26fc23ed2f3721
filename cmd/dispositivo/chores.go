package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"dispositivo/dossier"
	"dispositivo/queue"
)

// orphanAge is how old a blob without row must be to be swept: older than any
// upload takes from disk to commit.
const orphanAge = 24 * time.Hour

// letterChores make the day's letters and remind of windows that close.
func (s *services) letterChores(hour int) []queue.Chore {
	return []queue.Chore{
		{Name: "make letters", Every: 15 * time.Minute, Do: func(ctx context.Context) error { return s.letters.MakeDaily(ctx, hour) }},
		{Name: "end windows of resumed PINs", Every: 10 * time.Minute, Do: s.letters.LapseResumed},
		{Name: "remind of windows", Every: time.Hour, Do: s.letters.Remind},
	}
}

func (h *house) chores(keepImages time.Duration) []queue.Chore {
	return []queue.Chore{
		{Name: "seal audit", Every: time.Second, Do: h.sealAudit},
		{Name: "vouch for the log", Every: time.Minute, Do: h.vouch},
		{Name: "forget sessions", Every: 10 * time.Minute, Do: h.store.ForgetSessions},
		{Name: "forget locks", Every: time.Hour, Do: func(ctx context.Context) error {
			now := h.clock.Now()
			return h.store.ForgetOldLocks(ctx, now.Add(-24*time.Hour), now.Add(-100*24*time.Hour))
		}},
		{Name: "forget what is over", Every: time.Hour, Do: h.store.ForgetOver},
		{Name: "forget unsent secrets", Every: 10 * time.Minute, Do: func(ctx context.Context) error {
			return h.store.ForgetSecrets(ctx, h.clock.Now().Add(-24*time.Hour))
		}},
		{Name: "erase images", Every: time.Hour, Do: func(ctx context.Context) error {
			return h.eraseImages(ctx, h.clock.Now().Add(-keepImages))
		}},
		{Name: "end notices to nobody", Every: time.Hour, Do: h.store.EndNoticesToNobody},
		{Name: "reconcile", Every: time.Hour, Do: h.countFaults},
		{Name: "sweep blobs", Every: 6 * time.Hour, Do: h.sweepBlobs},
	}
}

// eraseBatch is how many files one look for erasable ones returns.
const eraseBatch = 200

// eraseImages erases the documents whose dossiers ended before a moment (C14):
// the key first, in SQL, then the bytes, which nothing can open any more.
func (h *house) eraseImages(ctx context.Context, before time.Time) error {
	for {
		files, err := h.store.Erasable(ctx, before, eraseBatch)
		if err != nil || len(files) == 0 {
			return err
		}
		for _, f := range files {
			if err := h.eraseFile(ctx, f); err != nil {
				return err
			}
		}
	}
}

func (h *house) eraseFile(ctx context.Context, f dossier.File) error {
	_, err := h.store.Apply(ctx, dossier.Change{
		Actor: dossier.System("erasure"), Effects: []dossier.Effect{dossier.EraseFile{FileID: f.ID}},
	})
	if err != nil {
		return err
	}
	names := []string{f.Blob}
	for _, p := range f.Pages {
		names = append(names, p.ImageBlob, p.ThumbBlob)
	}
	for _, name := range names {
		if name == "" {
			continue
		}
		// Whose key is gone opens nothing; the bytes go with the last row that needs them.
		if used, err := h.store.BlobInUse(ctx, name); err != nil || used {
			if err != nil {
				return err
			}
			continue
		}
		if err := h.vault.Forget(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

func (h *house) sweepBlobs(ctx context.Context) error {
	n, err := h.vault.Sweep(ctx, h.clock.Now().Add(-orphanAge), h.store.BlobInUse)
	if n > 0 {
		h.logger.LogAttrs(ctx, slog.LevelInfo, "swept orphan blobs", slog.Int("count", n))
	}
	return err
}

// undelivered counts the messages by PEC that did not arrive; -1: the database does not
// answer.
func (h *house) undelivered() float64 {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	n, err := h.store.Undelivered(ctx)
	if err != nil {
		return -1
	}
	return float64(n)
}

// figures are what /metrics shows besides the requests.
func (h *house) figures() *prometheus.Registry {
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	tasks := func() (int, time.Time) {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		n, oldest, err := h.store.OpenTasks(ctx)
		if err != nil {
			return -1, time.Time{} // shown as it is: the database does not answer
		}
		return n, oldest
	}
	reg.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "dispositivo_tasks_due", Help: "Open tasks whose time has come; -1: unknown.",
		}, func() float64 { n, _ := tasks(); return float64(n) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "dispositivo_reconcile_faults", Help: "What the last hourly reconciliation found not to add up; -1: it failed.",
		}, func() float64 { return float64(h.faults.Load()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "dispositivo_messages_undelivered", Help: "Messages by PEC whose receipts say that they were not delivered; -1: unknown.",
		}, h.undelivered),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "dispositivo_tasks_oldest_seconds", Help: "How long the oldest due task waits.",
		}, func() float64 {
			if n, oldest := tasks(); n > 0 {
				return h.clock.Now().Sub(oldest).Seconds()
			}
			return 0
		}),
	)
	return reg
}
