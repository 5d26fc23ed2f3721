package main

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/notify"
	"dispositivo/internal/store"
	"dispositivo/internal/testkit"
)

// figures are what a trial found.
type figures struct {
	ground        string
	seed          uint64
	rounds        int
	kills         int64
	flushes       int
	redisKills    int
	postgresKills int
	receipts      int // what was acknowledged
	asked         int // what had no answer at first and was sent again; not counted for faxes and mail
	approvals     int // approvals answered with 200
	conversions   int
	doubles       int // copies of a message beyond the first, all across a kill
	entries       int // of the log
	took          time.Duration
}

// suffered are the figures of what was done to the servers.
func (tr *trial) suffered() figures {
	return figures{ground: tr.ground.name, kills: tr.life.Load(), flushes: tr.flushes, redisKills: tr.redisKills, postgresKills: tr.postgresKills}
}

// during adds what the trial was and how long it took.
func (f figures) during(t testing.TB, seed uint64, rounds int, begin time.Time) figures {
	t.Helper()
	f.seed, f.rounds, f.took = seed, rounds, clock.System().Now().Sub(begin)
	t.Logf("%+v", f)
	return f
}

// settle lets the server run undisturbed until nothing moves any more.
func (tr *trial) settle() {
	tr.t.Helper()
	tr.senders.Wait()
	// The clock of this look is ahead, so that what was postponed for a while
	// is seen as the open work that it is; deadlines are weeks away.
	h := tr.open()
	defer h.close() //nolint:errcheck // only read
	ahead, err := store.Open(tr.t.Context(), store.Config{
		URL: tr.storage.database(), Keys: h.keys, Clock: clock.NewStub(h.clock.Now().Add(2 * time.Hour)), Policy: dossier.DefaultPolicy(),
	})
	if err != nil {
		tr.t.Fatal(err)
	}
	defer ahead.Close() //nolint:errcheck // only read
	waiting := tr.holders
	err = testkit.WaitWhileMoving(5*time.Minute, func() (int, error) {
		open, _, err := ahead.OpenTasks(tr.t.Context())
		if err != nil {
			return 0, err
		}
		for ; len(waiting) > 0; waiting = waiting[1:] {
			ds, err := h.store.DossiersOf(tr.t.Context(), waiting[0].id)
			if err != nil {
				return open, err
			}
			for _, d := range ds {
				if d.State != dossier.StateConverted {
					return open, errNotYet("dossier %s is %s", d.ID, d.State)
				}
			}
		}
		if open > 0 {
			return open, errNotYet("%d tasks are open", open)
		}
		return 0, nil
	})
	if err != nil {
		tr.t.Errorf("stuck: %v", err)
	}
	tr.stopDesk()
	<-tr.desk
	tr.server.stop()
}

// prove holds every promise against the store.
func (tr *trial) prove() figures {
	tr.t.Helper()
	f := tr.suffered()
	h := tr.open()
	defer h.close() //nolint:errcheck // only read
	if err := h.sealAudit(tr.t.Context()); err != nil {
		tr.t.Error(err)
	}
	tr.provePapers(h, &f)
	for _, who := range tr.holders {
		tr.proveConversion(h, who, &f)
	}
	tr.provePost(&f)
	tr.proveNotices(h)
	if out, code := command(tr.t, append([]string{"reconcile"}, tr.storageArgs()...)...); code != 0 {
		tr.t.Errorf("reconcile exits %d\n%s", code, out)
	}
	out, code := command(tr.t, append([]string{"audit", "verify"}, tr.storageArgs()...)...)
	if _, err := fmt.Sscanf(out, "whole: %d entries", &f.entries); err != nil || code != 0 {
		tr.t.Errorf("audit verify exits %d\n%s", code, out)
	}
	return f
}

// provePapers: every receipt has its submission with that number and those
// bytes, and no paper is there twice.
func (tr *trial) provePapers(h *house, f *figures) {
	tr.t.Helper()
	kept := map[[sha256.Size]byte][]string{} // protocol numbers by the bytes' hash
	err := h.store.EachSubmission(tr.t.Context(), func(s dossier.Submission) error {
		sub, err := h.store.Submission(tr.t.Context(), s.ID)
		if err != nil {
			return err
		}
		for _, file := range sub.Documents {
			data, err := h.vault.Open(tr.t.Context(), file, file.Blob)
			if err != nil {
				return fmt.Errorf("submission %s: %w", sub.Protocol, err)
			}
			hash := sha256.Sum256(data)
			kept[hash] = append(kept[hash], sub.Protocol.String())
		}
		return nil
	})
	if err != nil {
		tr.t.Error(err)
	}
	for _, who := range tr.holders {
		for _, p := range who.papers {
			there := kept[p.hash]
			delete(kept, p.hash)
			switch {
			case p.protocol != "" && (len(there) != 1 || there[0] != p.protocol):
				tr.t.Errorf("receipt %s (status %d after %d tries): the store holds these bytes as %v", p.protocol, p.status, p.tries, there)
			case p.protocol == "" && p.code != dossier.CodeAlreadyDispositivo:
				tr.t.Errorf("refused: %d %s after %d tries", p.status, p.code, p.tries)
			case p.protocol == "" && len(there) > 0:
				tr.t.Errorf("refused after %d tries, yet the store holds these bytes as %v", p.tries, there)
			}
			if p.protocol != "" {
				f.receipts++
			}
			if p.status == http.StatusOK || p.tries > 1 {
				f.asked++
			}
		}
	}
	if len(kept) > 0 {
		tr.t.Errorf("%d submissions that nobody sent", len(kept))
	}
}

// proveConversion: whoever sent something is dispositivo, by one conversion,
// and was told so once.
func (tr *trial) proveConversion(h *house, who *holder, f *figures) {
	tr.t.Helper()
	ctx := tr.t.Context()
	issue, err := h.store.PINIssue(ctx, who.pinID)
	if err != nil {
		tr.t.Fatal(err)
	}
	history, err := h.store.History(ctx, who.pinID)
	if err != nil {
		tr.t.Fatal(err)
	}
	converted := 0
	for _, e := range history {
		if e.Action == "pin.converted" {
			converted++
		}
	}
	ds, err := h.store.DossiersOf(ctx, who.id)
	if err != nil {
		tr.t.Fatal(err)
	}
	if len(ds) != 1 || issue.Kind != dossier.Dispositivo || converted != 1 {
		tr.t.Errorf("holder %s: %d dossiers, PIN %s, converted %d times", who.id, len(ds), issue.Kind, converted)
		return
	}
	f.conversions += converted
	f.approvals += tr.approved[ds[0].ID]
	tr.proveMessages(h, who, ds[0])
}

// proveMessages: one confirmation for the conversion and one receipt for each
// submission, each handed over to the right address.
func (tr *trial) proveMessages(h *house, who *holder, d dossier.Dossier) {
	tr.t.Helper()
	messages, err := h.store.Messages(tr.t.Context(), who.id, 1000)
	if err != nil {
		tr.t.Fatal(err)
	}
	told := map[dossier.MessageKind]int{}
	for _, m := range messages {
		told[m.Kind]++
		copies := tr.post.copies(notify.MessageID(m.Kind, m.ID, "dispositivo.invalid"))
		if !m.Sent || len(copies) == 0 {
			tr.t.Errorf("message %s: sent %t, %d copies came", m.ID, m.Sent, len(copies))
		}
		for _, one := range copies {
			if one.to != who.email {
				tr.t.Errorf("message %s went to somebody else", m.ID)
			}
		}
	}
	if told[dossier.MessageConfirmation] != 1 || told[dossier.MessageReceipt] != len(d.Submissions) {
		tr.t.Errorf("dossier %s with %d submissions: %v", d.ID, len(d.Submissions), told)
	}
}

// provePost: confirmations by distinct id are as many as conversions, and a
// second copy has a kill before it.
func (tr *trial) provePost(f *figures) {
	tr.t.Helper()
	if distinct := tr.post.count(string(dossier.MessageConfirmation)); distinct != f.conversions {
		tr.t.Errorf("%d conversions, %d confirmations by distinct id", f.conversions, distinct)
	}
	tr.post.mu.Lock()
	defer tr.post.mu.Unlock()
	for id, copies := range tr.post.mails {
		lives := map[int64]bool{}
		for _, one := range copies {
			if lives[one.life] {
				tr.t.Errorf("%s was handed over twice without a kill between", strings.SplitN(id, "@", 2)[0])
			}
			lives[one.life] = true
		}
		f.doubles += len(copies) - 1
	}
}

// proveBooks: nothing is missing, and the log, which is sealed, is whole.
func (tr *trial) proveBooks() {
	tr.t.Helper()
	for _, args := range [][]string{{"reconcile"}, {"audit", "verify"}} {
		if out, code := command(tr.t, append(args, tr.storageArgs()...)...); code != 0 {
			tr.t.Errorf("%v exits %d\n%s", args, code, out)
		}
	}
}
