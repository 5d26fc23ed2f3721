//go:build soak

package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"dispositivo/intake"
	"dispositivo/internal/clock"
)

// soakRounds are those of the full figures; make test has ten.
const soakRounds = 200

// proves promise 1, C3 to C7 and C11 at length, for every channel, and writes
// docs/reliability.md.
func TestSoakKill(t *testing.T) {
	trials := []struct {
		channel string
		run     func(t *testing.T, g ground, rounds int) figures
	}{
		{"upload and approval", killTrial},
		{"fax by folder, hook and webhook", killFaxes},
		{"mail by SMTP and mailbox", killMail},
		{"counter and scan folder and composition", killPages},
	}
	all := make([]row, 2*len(trials))
	t.Run("all", func(t *testing.T) {
		for i, trial := range trials {
			for j, on := range []func(testing.TB) ground{func(testing.TB) ground { return embedded() }, killable} {
				t.Run(fmt.Sprintf("%s %d", trial.channel, j), func(t *testing.T) {
					t.Parallel()
					all[2*i+j] = row{trial.channel, trial.run(t, on(t), soakRounds)}
				})
			}
		}
	})
	if t.Failed() || slices.ContainsFunc(all, func(r row) bool { return r.rounds == 0 }) {
		return // only a part was asked for
	}
	if err := os.WriteFile("../../docs/reliability.md", []byte(report(t, all)), 0o644); err != nil { //nolint:gosec // a public document
		t.Fatal(err)
	}
}

// row is one trial of the report.
type row struct {
	channel string
	figures
}

// report words the figures.
func report(t testing.TB, all []row) string {
	t.Helper()
	commit, err := exec.CommandContext(t.Context(), "git", "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString(`# Reliability

Written by ` + "`make soak`" + `; do not edit. In each round documents come by one channel, by its public interface, while
the server is killed (SIGKILL) 50 ms to 1.5 s after it is ready; what had no answer is sent again to the next life of the
server. On PostgreSQL and Redis, PostgreSQL is killed too in every round, Redis forgets everything (FLUSHALL) in every
round and is killed in about every other one. At the end the server runs undisturbed until nothing moves, and then it is
checked that

- whatever was acknowledged is there, under the very protocol number that was told, with its bytes (hash of what the
  vault opens), and nothing is there twice;
- the register has no gap and every blob is there (` + "`reconcile`" + `), and the log is whole (` + "`audit verify`" + `);
- of uploads, which a reviewer approves meanwhile: every holder has a PIN dispositivo, by exactly one conversion, told by
  exactly one confirmation by distinct Message-ID; of mail: every sender was answered, by one message; a second copy of
  any message has a kill between it and the first;
- no dossier is stuck.

`)
	fmt.Fprintf(&b, "Commit %s, %s, %d cores, %s.\n\n", strings.TrimSpace(string(commit)), clock.System().Now().Format("2006-01-02"), runtime.NumCPU(), runtime.Version())
	b.WriteString("| channel | on | seed | rounds | kills: server / PostgreSQL / Redis | Redis flushed | acknowledged | sent again | approvals | conversions | lost | twice | second copies | minutes |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, f := range all {
		fmt.Fprintf(&b, "| %s | %s | %d | %d | %d / %d / %d | %d | %d | %s | %s | %s | 0 | 0 | %d | %.0f |\n", f.channel, f.ground, f.seed, f.rounds,
			f.kills, f.postgresKills, f.redisKills, f.flushes, f.receipts, counted(f.asked), counted(f.approvals), counted(f.conversions), f.doubles, f.took.Minutes())
	}
	b.WriteString("\nThe trials ran side by side. To repeat one: `DISPOSITIVO_SEED=… make soak`; the moments are the same, the machine's own timing is not.\n")
	return b.String()
}

// counted words a figure that not every channel has.
func counted(n int) string {
	if n == 0 {
		return "–"
	}
	return strconv.Itoa(n)
}

// proves C3 C4 for a fax of ten pages over 1 MB, by the limit that there is.
func TestSoakHeavyFax(t *testing.T) {
	spool := t.TempDir()
	s := serveDemo(t, "--fax-spool", spool)
	heavyFax(t, s, spool, free()[0], 5, intake.DefaultMaxBytes)
}

// proves C2 with all real files, those too that take long to read.
func TestSoakCorpora(t *testing.T) { sendCorpora(t, corpora(t)) }
