package letters_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/passhash"
	"dispositivo/internal/seal"
	"dispositivo/internal/store"
	"dispositivo/internal/testkit/house"
	"dispositivo/pin/letters"
)

// childDir names the folder of the house in which the test's own binary makes
// letters, to be killed.
const childDir = "LETTERS_TEST_CHILD"

// halting asks its parent before every change, and tells it after.
type halting struct {
	letters.Store
	in *bufio.Reader
}

func (s halting) Apply(ctx context.Context, ch dossier.Change) (dossier.Outcome, error) {
	if err := s.says("drawn"); err != nil {
		return dossier.Outcome{}, err
	}
	if _, err := s.in.ReadString('\n'); err != nil {
		return dossier.Outcome{}, err
	}
	out, err := s.Store.Apply(ctx, ch)
	if err == nil {
		err = s.says("kept")
	}
	if err == nil {
		_, err = s.in.ReadString('\n')
	}
	return out, err
}

func (halting) says(word string) error {
	_, err := fmt.Fprintln(os.Stdout, word)
	return err
}

// makeInChild makes the letters of a house that a test furnished.
func makeInChild() {
	dir, ctx := os.Getenv(childDir), context.Background()
	err := func() error {
		keys, err := seal.LoadKeys(filepath.Join(dir, "key"), filepath.Join(dir, "pepper"))
		if err != nil {
			return err
		}
		clk := clock.NewStub(house.Start())
		s, err := store.Open(ctx, store.Config{URL: filepath.Join(dir, "test.db"), Keys: keys, Clock: clk, Policy: dossier.DefaultPolicy()})
		if err != nil {
			return err
		}
		rome := house.Start().Location()
		service := letters.New(letters.Config{
			Store: halting{s, bufio.NewReader(os.Stdin)}, Hasher: passhash.New(keys.Pepper()), Clock: clk,
			Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)), Policy: letters.DefaultPolicy(), Agency: "INPS",
			Return: "INPS, Via Prova 1, 00100 Roma", Portal: "https://pin.example", Rome: rome,
		})
		_, err = service.Make(ctx, operator)
		return err
	}()
	fmt.Fprintln(os.Stderr, err)
}

// child is a process that makes letters.
type child struct {
	t    *testing.T
	cmd  *exec.Cmd
	out  *bufio.Reader
	goOn io.Writer
}

func startChild(t *testing.T, dir string) *child {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	cmd.Stderr = t.Output()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return &child{t: t, cmd: cmd, out: bufio.NewReader(out), goOn: in}
}

// killedAt lets the child go on until it has said a word so many times.
func (c *child) killedAt(word string, times int) {
	c.t.Helper()
	for {
		line, err := c.out.ReadString('\n')
		if err != nil {
			c.t.Fatalf("the child ended: %v", err)
		}
		if line == word+"\n" {
			times--
		}
		if times == 0 {
			break
		}
		if _, err := fmt.Fprintln(c.goOn); err != nil {
			c.t.Fatal(err)
		}
	}
	if err := c.cmd.Process.Kill(); err != nil {
		c.t.Fatal(err)
	}
	_ = c.cmd.Wait() // killed
}

// proves A9, promise 1: a process killed between drawing a half and keeping it,
// or just after, leaves nothing half done: each issue either wants its letter
// still or has exactly one, whose half is the one that counts.
func TestKilledWhileMaking(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"drawn", "kept"} {
		for times := 1; times <= 3; times++ {
			t.Run(fmt.Sprint(word, " ", times), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, house.New(t))
				var holders []dossier.Holder
				for _, cf := range codes[:3] {
					holders = append(holders, w.add(cf, ""))
				}
				startChild(t, w.Dir).killedAt(word, times)
				kept := times
				if word == "drawn" {
					kept--
				}
				w.wantLetters(holders, kept)
				if made := w.prints(); made.Printed != len(holders)-kept {
					t.Errorf("after the kill: %+v", made)
				}
				w.wantLetters(holders, len(holders))
				halves := w.halves(w.newest().ID)
				for i, who := range holders {
					if !w.counts(codes[i], halves[w.letter(who).ID]) {
						t.Errorf("the half on letter %d does not count", i)
					}
				}
				if len(halves) != len(holders) {
					t.Errorf("%d letters on paper", len(halves))
				}
			})
		}
	}
}

// wantLetters looks that so many issues have letter, half and state, and the
// others none of them.
func (w *world) wantLetters(holders []dossier.Holder, want int) {
	w.T.Helper()
	got := 0
	for i, who := range holders {
		s, err := w.PINSecrets(w.T.Context(), codes[i])
		if err != nil {
			w.T.Fatal(err)
		}
		_, err = w.LastPINLetter(w.T.Context(), who.PIN.ID)
		printed := s.Issue.State == dossier.PINAwaitingActivation
		if printed != (s.Second.Hash != "") || printed != (err == nil) {
			w.T.Errorf("half done: PIN %s, half %v, letter %v", s.Issue.State, s.Second.Hash != "", err)
		}
		if printed {
			got++
		}
	}
	if got != want {
		w.T.Errorf("%d letters kept, want %d", got, want)
	}
}
