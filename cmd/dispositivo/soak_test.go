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
	"sync"
	"testing"

	"dispositivo/intake"
	"dispositivo/internal/clock"
)

// soakRounds are those of the full figures; make test has ten.
const soakRounds = 200

// proves promise 1, C3 to C7 and C11 at length, for every channel; each trial that
// ends well writes its row of docs/reliability.md.
func TestSoakKill(t *testing.T) { //nolint:tparallel // the other soak tests run by themselves
	trials := []struct {
		channel string
		run     func(t *testing.T, g ground, rounds int) figures
	}{
		{"upload and approval", killTrial},
		{"fax by folder, hook and webhook", killFaxes},
		{"mail by SMTP and mailbox", killMail},
		{"counter and scan folder and composition", killPages},
	}
	table := reliability{path: "../../docs/reliability.md"}
	for _, trial := range trials {
		for i, on := range []func(testing.TB) ground{func(testing.TB) ground { return embedded() }, killable} {
			t.Run(fmt.Sprintf("%s %d", trial.channel, i), func(t *testing.T) {
				t.Parallel()
				if f := trial.run(t, on(t), soakRounds); !t.Failed() {
					table.put(t, trial.channel, f)
				}
			})
		}
	}
}

// reliability is docs/reliability.md: of every trial the row of the latest run that
// ended well.
type reliability struct {
	path    string
	writing sync.Mutex
}

// put writes the row of a trial in the place of its last one.
func (r *reliability) put(t testing.TB, channel string, f figures) {
	t.Helper()
	r.writing.Lock()
	defer r.writing.Unlock()
	before, err := os.ReadFile(r.path)
	if err != nil {
		t.Fatal(err)
	}
	head, body, found := strings.Cut(string(before), "|---")
	dashes, body, cut := strings.Cut(body, "\n")
	table, foot, ends := strings.Cut(body, "\n\n")
	if !found || !cut || !ends {
		t.Fatalf("%s holds no table", r.path)
	}
	trial := fmt.Sprintf("| %s | %s |", channel, f.ground)
	rows := slices.DeleteFunc(strings.Split(table, "\n"), func(row string) bool { return row == "" || strings.HasPrefix(row, trial) })
	rows = append(rows, trial+f.row(t))
	slices.Sort(rows)
	after := head + "|---" + dashes + "\n" + strings.Join(rows, "\n") + "\n\n" + foot
	if err := os.WriteFile(r.path, []byte(after), 0o644); err != nil { //nolint:gosec // a public document
		t.Fatal(err)
	}
}

// row words the figures, after the cells that name the trial, and where they come from.
func (f figures) row(t testing.TB) string {
	t.Helper()
	commit, err := exec.CommandContext(t.Context(), "git", "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(" %d | %d | %d / %d / %d | %d | %d | %s | %s | %s | 0 | 0 | %d | %.0f | %s, %s, %d cores, %s |", f.seed, f.rounds,
		f.kills, f.postgresKills, f.redisKills, f.flushes, f.receipts, counted(f.asked), counted(f.approvals), counted(f.conversions), f.doubles,
		f.took.Minutes(), strings.TrimSpace(string(commit)), clock.System().Now().Format("2006-01-02"), runtime.NumCPU(), runtime.Version())
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
