//go:build soak

package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"dispositivo/intake"
	"dispositivo/internal/clock"
)

// The full figures; make test runs short trials of the same kind.
const (
	soakRounds       = 200
	soakRoundsScaled = 60
)

// proves promise 1, C7 and C11 at length, and writes docs/reliability.md.
func TestSoakKill(t *testing.T) {
	all := []figures{killTrial(t, embedded(), soakRounds), killTrial(t, scaledOut(t), soakRoundsScaled)}
	if t.Failed() {
		return
	}
	if err := os.WriteFile("../../docs/reliability.md", []byte(report(t, all)), 0o644); err != nil { //nolint:gosec // a public document
		t.Fatal(err)
	}
}

// report words the figures.
func report(t testing.TB, all []figures) string {
	t.Helper()
	commit, err := exec.CommandContext(t.Context(), "git", "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString(`# Reliability

Written by ` + "`make soak`" + `; do not edit. In each round citizens upload and a reviewer approves, by the public
interface, while the server is killed (SIGKILL) 50 ms to 1.5 s after it is ready; what had no answer is sent again to the
next life of the server. On Redis, Redis too forgets everything (FLUSHALL) in every round and is killed in about
every other one. At the end the server runs undisturbed until nothing moves, and then it is checked that

- every receipt has its submission, under that very protocol number, with its bytes (hash of what the vault opens),
  and nothing is there twice;
- the register has no gap and every blob is there (` + "`reconcile`" + `), and the log is whole (` + "`audit verify`" + `);
- every holder who sent something has a PIN dispositivo, by exactly one conversion, told by exactly one confirmation
  by distinct Message-ID; a second copy of any message has a kill between it and the first;
- no dossier is stuck.

`)
	fmt.Fprintf(&b, "Commit %s, %s, %d cores, %s.\n\n", strings.TrimSpace(string(commit)), clock.System().Now().Format("2006-01-02"), runtime.NumCPU(), runtime.Version())
	b.WriteString("| on | seed | rounds | kills | Redis flushed / killed | receipts | sent again | approvals | conversions | lost | twice | second copies | log entries | minutes |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, f := range all {
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d / %d | %d | %d | %d | %d | 0 | 0 | %d | %d | %.0f |\n", f.ground, f.seed, f.rounds,
			f.kills, f.flushes, f.redisKills, f.receipts, f.asked, f.approvals, f.conversions, f.doubles, f.entries, f.took.Minutes())
	}
	b.WriteString("\nTo repeat a trial: `DISPOSITIVO_SEED=… make soak`; the moments are the same, the machine's own timing is not.\n")
	return b.String()
}

// proves promise 1, C4 and C7 for faxes at length.
func TestSoakKillFaxes(t *testing.T) {
	killFaxes(t, embedded(), soakRounds)
	killFaxes(t, killable(t), soakRoundsScaled)
}

// proves promise 1, C5 and C7 for mail at length.
func TestSoakKillMail(t *testing.T) {
	killMail(t, embedded(), soakRounds)
	killMail(t, scaledOut(t), soakRoundsScaled)
}

// proves C3 C4 for a fax of ten pages over 1 MB, by the limit that there is.
func TestSoakHeavyFax(t *testing.T) {
	spool := t.TempDir()
	s := serveDemo(t, "--fax-spool", spool)
	heavyFax(t, s, spool, free()[0], 5, intake.DefaultMaxBytes)
}

// proves promise 1, C3, C6 and C7 for the counter and for compositions at length.
func TestSoakKillPages(t *testing.T) { killPages(t, soakRounds) }
