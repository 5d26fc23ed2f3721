package queue_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/seal"
	"dispositivo/internal/store"
	"dispositivo/internal/testkit"
	"dispositivo/queue"
)

func TestMain(m *testing.M) {
	code := testkit.Main(m)
	if code == 0 {
		if err := goleak.Find(); err != nil {
			_, _ = os.Stderr.WriteString(err.Error() + "\n") // the exit code says it too
			code = 1
		}
	}
	os.Exit(code)
}

// fixture is a queue over a real outbox.
type fixture struct {
	t      *testing.T
	store  *store.Store
	mu     sync.Mutex
	done   map[string]int
	fail   func(dossier.Task) error
	logger *slog.Logger
	// held is told of every time a worker says that it is at a task.
	held chan struct{}
}

// holding is the outbox of a fixture.
type holding struct {
	*store.Store
	held chan<- struct{}
}

func (h holding) HoldTask(ctx context.Context, id string) error {
	err := h.Store.HoldTask(ctx, id)
	select {
	case h.held <- struct{}{}:
	default: // nobody waits for it
	}
	return err
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	dir := t.TempDir()
	key, pepper := filepath.Join(dir, "key"), filepath.Join(dir, "pepper")
	if err := seal.CreateKeys(key, pepper); err != nil {
		t.Fatal(err)
	}
	keys, err := seal.LoadKeys(key, pepper)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Config{URL: filepath.Join(dir, "db"), Keys: keys, Clock: clock.System(), Policy: dossier.DefaultPolicy()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return &fixture{t: t, store: s, done: map[string]int{}, logger: slog.New(slog.DiscardHandler), held: make(chan struct{})}
}

// admit causes a screening task.
func (b *fixture) admit(id string) {
	b.t.Helper()
	_, err := b.store.Apply(b.t.Context(), dossier.Change{Admit: &dossier.Admission{
		Submission: dossier.Submission{ID: id, Channel: dossier.ChannelFax}, ExternalID: id,
	}})
	if err != nil {
		b.t.Fatal(err)
	}
}

// handle does the work of a task once, in the transaction that closes it.
func (b *fixture) handle(ctx context.Context, task dossier.Task) error {
	if b.fail != nil {
		if err := b.fail(task); err != nil {
			return err
		}
	}
	_, err := b.store.Apply(ctx, dossier.Change{
		Closes: task.ID, Submission: &dossier.SubmissionMove{ID: task.Subject, Event: dossier.EventReadingStarted},
	})
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done[task.Subject]++
	return nil
}

func (b *fixture) count(id string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.done[id]
}

// run runs a queue until stop is called.
func (b *fixture) run(redisURL string) (stop func()) {
	b.t.Helper()
	q, err := queue.New(queue.Config{
		Store: holding{b.store, b.held}, Handlers: map[dossier.TaskKind]queue.Handler{dossier.TaskScreen: b.handle},
		Clock: clock.System(), Logger: b.logger, RedisURL: redisURL, Workers: 4, RingAgain: time.Second,
	})
	if err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- q.Run(ctx) }()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			b.t.Error(err)
		}
		if err := q.Close(); err != nil {
			b.t.Error(err)
		}
	}
}

func (b *fixture) await(id string) {
	b.t.Helper()
	err := testkit.WaitFor(30*time.Second, func() error {
		if b.count(id) == 0 {
			return errors.New(id + " is not done")
		}
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

func TestTasksAreDoneOnce(t *testing.T) {
	for name, url := range map[string]func() string{
		"embedded": func() string { return "" },
		"redis":    func() string { return testkit.Redis(t).URL() },
	} {
		t.Run(name, func(t *testing.T) {
			b := newFixture(t)
			b.admit("before")
			stop := b.run(url())
			b.admit("after")
			b.await("before")
			b.await("after")
			stop()
			for _, id := range []string{"before", "after"} {
				if n := b.count(id); n != 1 {
					t.Errorf("%s was done %d times", id, n)
				}
			}
		})
	}
}

// A task that takes longer than RingAgain is its worker's own all the while.
func TestLongTaskIsDoneOnce(t *testing.T) {
	b := newFixture(t)
	var begun atomic.Int64
	b.fail = func(dossier.Task) error {
		begun.Add(1)
		for range 6 { // each a third of RingAgain
			<-b.held
		}
		return nil
	}
	b.admit("long")
	stop := b.run("")
	b.await("long")
	stop()
	if n := begun.Load(); n != 1 || b.count("long") != 1 {
		t.Errorf("begun %d times, done %d times", n, b.count("long"))
	}
}

// A passing fault is tried again; SQL remembers when.
func TestFaultsAreTriedAgain(t *testing.T) {
	b := newFixture(t)
	var mu sync.Mutex
	tries := 0
	b.fail = func(dossier.Task) error {
		mu.Lock()
		defer mu.Unlock()
		if tries++; tries < 3 {
			return &dossier.Error{Code: dossier.CodeUnavailable, Temporary: true}
		}
		return nil
	}
	b.admit("stubborn")
	stop := b.run("")
	defer stop()
	b.await("stubborn")
	mu.Lock()
	defer mu.Unlock()
	if tries != 3 {
		t.Errorf("tried %d times", tries)
	}
}

// proves promise 3: a handler that panics costs its own task a try, and nobody else
// anything; what it panicked with is not told.
func TestPanicIsAFault(t *testing.T) {
	b := newFixture(t)
	var said lines
	b.logger = slog.New(slog.NewTextHandler(&said, nil))
	b.fail = func(task dossier.Task) error {
		if task.Subject == "villain" {
			panic("Giulia Ferrante")
		}
		return nil
	}
	b.admit("villain")
	b.admit("other")
	stop := b.run("")
	b.await("other")
	err := testkit.WaitFor(30*time.Second, func() error {
		if log := said.String(); !strings.Contains(log, "failures=1") || !strings.Contains(log, "TestPanicIsAFault") {
			return fmt.Errorf("the log says:\n%s", log)
		}
		return nil
	})
	stop()
	if err != nil || b.count("villain") != 0 || strings.Contains(said.String(), "Giulia") {
		t.Errorf("%v, done %d times\n%s", err, b.count("villain"), said.String())
	}
}

// lines is a log that is read while it is written.
type lines struct {
	mu  sync.Mutex
	all []byte
}

func (l *lines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, line...)
	return len(line), nil
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.all)
}

// proves promise 2: Redis forgets everything, or is away, and nothing is lost.
func TestRedisMayVanish(t *testing.T) {
	b := newFixture(t)
	redis := testkit.Redis(t)
	stop := b.run(redis.URL())
	defer stop()
	b.admit("first")
	b.await("first")

	redis.Stop()
	b.admit("while away")
	redis.Start()
	b.await("while away")

	release := make(chan struct{})
	var once sync.Once
	b.fail = func(task dossier.Task) error {
		if task.Subject == "forgotten" {
			once.Do(func() {
				if err := redis.FlushAll(); err != nil {
					t.Error(err)
				}
				close(release)
			})
		}
		return nil
	}
	b.admit("forgotten")
	<-release
	b.await("forgotten")
	b.admit("later")
	b.await("later")
}
