package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"dispositivo/dossier"
)

type reconcileCmd struct {
	storage `embed:""`
	Demo    bool `help:"The store is a demonstration."`
}

// account is what arrived on one channel on one day, by what became of it.
type account struct {
	day     string
	channel dossier.Channel
	counts  map[dossier.SubmissionState]int
	total   int
}

// outcome is what can become of a submission, and how an account calls it.
type outcome struct {
	state dossier.SubmissionState
	name  string
}

// outcomes are all of them; "received" is the name of their sum.
func outcomes() []outcome {
	named := func(s dossier.SubmissionState) outcome { return outcome{s, string(s)} }
	return []outcome{
		named(dossier.SubmissionJoined), named(dossier.SubmissionDuplicate), named(dossier.SubmissionRefused), named(dossier.SubmissionUnmatched),
		named(dossier.SubmissionQuarantined), named(dossier.SubmissionNotASubmission),
		{dossier.SubmissionReceived, "unread"},
		named(dossier.SubmissionScreening),
	}
}

// String is one line: the day, the channel, how many came and what became of them.
func (a account) String() string {
	var line strings.Builder
	fmt.Fprintf(&line, "%s %-8s received %d", a.day, a.channel, a.total)
	for _, o := range outcomes() {
		if n := a.counts[o.state]; n > 0 {
			fmt.Fprintf(&line, ", %s %d", o.name, n)
		}
	}
	return line.String()
}

// Run implements the command: received = sum of outcomes + in progress, numbers
// without gap, every joined submission with its dossier, every subscriber told. It exits 1 when
// something does not add up.
func (c *reconcileCmd) Run(env *environment) error {
	h, err := openHouse(env, c.storage, dossier.DefaultPolicy(), c.Demo)
	if err != nil {
		return err
	}
	defer h.close() //nolint:errcheck // only read
	accounts, faults, err := h.reconcile(env.ctx)
	if err != nil {
		return err
	}
	for _, a := range accounts {
		fmt.Fprintln(env.stdout, a)
	}
	if err := h.tellCertified(env.ctx, env.stdout); err != nil {
		return err
	}
	refused, err := h.refusedAtDoor(env.ctx)
	if err != nil {
		return err
	}
	for _, line := range refused {
		fmt.Fprintln(env.stdout, line)
	}
	for _, f := range faults {
		fmt.Fprintln(env.stdout, "FAULT:", f)
	}
	if len(faults) > 0 {
		return exitError(exitFailed)
	}
	return nil
}

// tellCertified says what receipts of PEC tell of our messages, when there are any.
func (h *house) tellCertified(ctx context.Context, to io.Writer) error {
	all, delivered, err := h.store.Certified(ctx)
	if err != nil || all == 0 {
		return err
	}
	failed, err := h.store.Undelivered(ctx)
	if err == nil {
		fmt.Fprintf(to, "messages by PEC: with receipts %d, delivered %d, not delivered %d\n", all, delivered, failed)
	}
	return err
}

// refusedAtDoor counts by day, channel and code what has no number: what was refused, and
// receptions that failed or were lost.
func (h *house) refusedAtDoor(ctx context.Context) ([]string, error) {
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		return nil, fmt.Errorf("load time zone: %w", err)
	}
	all, err := h.store.Refusals(ctx, dossier.RefusalFilter{}, math.MaxInt32)
	if err != nil {
		return nil, fmt.Errorf("reconcile: %w", err)
	}
	counts := map[string]int{}
	for _, r := range all {
		counts[fmt.Sprintf("%s %-8s without a number: %s", r.At.In(rome).Format(time.DateOnly), r.Channel, r.Code)]++
	}
	var lines []string
	for _, what := range slices.Sorted(maps.Keys(counts)) {
		lines = append(lines, fmt.Sprintf("%s %d", what, counts[what]))
	}
	return lines, nil
}

func (h *house) reconcile(ctx context.Context) ([]account, []string, error) {
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		return nil, nil, fmt.Errorf("load time zone: %w", err)
	}
	var accounts []account
	var faults []string
	err = h.store.EachSubmission(ctx, func(sub dossier.Submission) error {
		day := sub.ReceivedAt.In(rome).Format(time.DateOnly)
		i := slices.IndexFunc(accounts, func(a account) bool { return a.day == day && a.channel == sub.Channel })
		if i < 0 {
			accounts = append(accounts, account{day: day, channel: sub.Channel, counts: map[dossier.SubmissionState]int{}})
			i = len(accounts) - 1
		}
		accounts[i].total++
		accounts[i].counts[sub.State]++
		if sub.State == dossier.SubmissionJoined && sub.DossierID == "" {
			faults = append(faults, fmt.Sprintf("submission %s is joined to no dossier", sub.Protocol))
		}
		if !sub.State.Valid() {
			faults = append(faults, fmt.Sprintf("submission %s is in unknown state %q", sub.Protocol, sub.State))
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("reconcile: %w", err)
	}
	lost, err := h.store.JoinedToNothing(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("reconcile: %w", err)
	}
	for _, protocol := range lost {
		faults = append(faults, fmt.Sprintf("submission %s is joined to a dossier that is not there", protocol))
	}
	gaps, err := h.registerGaps(ctx)
	if err != nil {
		return nil, nil, err
	}
	untold, err := h.lostNotices(ctx)
	if err != nil {
		return nil, nil, err
	}
	more, err := h.missingBlobs(ctx)
	return accounts, slices.Concat(faults, gaps, untold, more), err
}

// registerGaps looks for numbers that nothing has, submission or domanda.
func (h *house) registerGaps(ctx context.Context) ([]string, error) {
	var faults []string
	last := map[int]int64{}
	err := h.store.EachNumber(ctx, func(p dossier.Protocol) error {
		if want := last[p.Year] + 1; p.Number != want {
			faults = append(faults, fmt.Sprintf("the register of %d jumps from %d to %d", p.Year, want-1, p.Number))
		}
		last[p.Year] = p.Number
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reconcile: %w", err)
	}
	return faults, nil
}

// missingBlobs looks for the one disaster that must never happen: a row whose
// bytes are gone. Rows are read before the folder and, where something seems
// missing, after it again: meanwhile a server may take in and erase.
func (h *house) missingBlobs(ctx context.Context) ([]string, error) {
	wanted, err := h.blobsInRows(ctx)
	if err != nil {
		return nil, err
	}
	err = h.blobs.Walk(ctx, func(name string, _ int64, _ time.Time) error {
		delete(wanted, name)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("walk blobs: %w", err)
	}
	if len(wanted) == 0 {
		return nil, nil
	}
	still, err := h.blobsInRows(ctx)
	if err != nil {
		return nil, err
	}
	var faults []string
	for name, protocol := range wanted {
		if _, ok := still[name]; ok {
			faults = append(faults, fmt.Sprintf("submission %s: a document or page is not on disk: %s", protocol, name))
		}
	}
	slices.Sort(faults)
	return faults, nil
}

// blobsInRows lists every blob that a row names, with its protocol number.
func (h *house) blobsInRows(ctx context.Context) (map[string]string, error) {
	names := map[string]string{}
	err := h.store.EachBlob(ctx, func(protocol, name string) error {
		names[name] = protocol
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list blobs: %w", err)
	}
	return names, nil
}

// countFaults keeps the number of faults for the figures.
func (h *house) countFaults(ctx context.Context) error {
	_, faults, err := h.reconcile(ctx)
	if err != nil {
		h.faults.Store(-1)
		return err
	}
	h.faults.Store(int64(len(faults)))
	for _, f := range faults {
		h.logger.LogAttrs(ctx, slog.LevelError, "reconcile", slog.String("fault", f))
	}
	return nil
}
