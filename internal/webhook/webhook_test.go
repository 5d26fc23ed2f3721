package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/signed"
	"dispositivo/internal/store"
	"dispositivo/internal/testkit"
	"dispositivo/internal/testkit/house"
	"dispositivo/internal/webhook"
	"dispositivo/queue"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

const secret = "sixteen bytes and more"

// receiver is a subscriber: it proves each call and answers as it is told.
type receiver struct {
	t      *testing.T
	clock  clock.Clock
	server *httptest.Server
	mu     sync.Mutex
	answer func(call int) int
	bodies map[string][]string // by id
	calls  int
}

func startReceiver(t *testing.T, clk clock.Clock, answer func(call int) int) *receiver {
	t.Helper()
	r := &receiver{t: t, clock: clk, answer: answer, bodies: map[string][]string{}}
	r.server = httptest.NewServer(r)
	t.Cleanup(r.server.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil || req.Method != http.MethodPost || !signed.Proves(req.Header, []byte(secret), r.clock.Now(), body) {
		r.t.Errorf("a call that is not proved: %s %v %v", req.Method, req.Header, err)
	}
	id := req.Header.Get(signed.HeaderID)
	r.bodies[id] = append(r.bodies[id], string(body))
	r.calls++
	w.WriteHeader(r.answer(r.calls))
}

// world is a house with one subscriber, erp, and what tells it.
type world struct {
	house.House
	subs     []webhook.Subscriber
	receiver *receiver
}

func newWorld(t *testing.T, clk clock.Clock, answer func(call int) int) world {
	t.Helper()
	e := house.New(t)
	if clk == nil {
		clk = e.Clock
	}
	w := world{House: e, receiver: startReceiver(t, clk, answer)}
	path := filepath.Join(e.Dir, "webhooks.json")
	settings := fmt.Sprintf(`[{"name":"erp","url":%q,"secret":%q,"events":["dossier.*"],"network":"loopback"}]`, w.receiver.server.URL+"/hook?key=1", secret)
	if err := os.WriteFile(path, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	var err error
	if w.subs, err = webhook.Load(path); err != nil {
		t.Fatal(err)
	}
	w.Store = w.openStore(clk)
	return w
}

func (w world) openStore(clk clock.Clock) *store.Store {
	w.T.Helper()
	s, err := store.Open(w.T.Context(), store.Config{
		URL: w.URL, Keys: w.Keys, Clock: clk, Policy: dossier.DefaultPolicy(), Subscriptions: []dossier.Subscription{w.subs[0].Subscription},
	})
	if err != nil {
		w.T.Fatal(err)
	}
	w.T.Cleanup(func() { _ = s.Close() }) // some tests close it before
	return s
}

func (w world) deliverer(s webhook.Store) *webhook.Deliverer {
	return webhook.New(s, w.Clock, slog.New(slog.NewTextHandler(w.T.Output(), nil)), w.subs)
}

// begin causes one notice.
func (w world) begin() (dossierID string, task dossier.Task) {
	w.T.Helper()
	id := w.Begin(w.AddHolder("PRVDAA80A41H501X"))
	return id, w.Task(dossier.TaskNotify, "")
}

func TestDeliver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, func(int) int { return http.StatusNoContent })
	id, task := w.begin()
	if err := w.deliverer(w.Store).Deliver(t.Context(), task.ID, task.Subject); err != nil {
		t.Fatal(err)
	}
	if got := w.receiver.bodies[task.Subject]; len(got) != 1 || !strings.Contains(got[0], `"type":"dossier.open"`) || !strings.Contains(got[0], id) {
		t.Errorf("told %q", got)
	}
	if err := w.deliverer(w.Store).Deliver(t.Context(), task.ID, task.Subject); dossier.CodeOf(err) != dossier.CodeConflict {
		t.Errorf("a task that is over: %v", err)
	}
}

// proves E3: what is not taken is tried again ever more seldom, for about three days, and
// then shown.
func TestGivenUpAfterThreeDays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, func(int) int { return http.StatusFound }) // a redirect is not followed
	_, task := w.begin()
	d := w.deliverer(w.Store)
	var waited time.Duration
	last := time.Duration(0)
	for n := 1; n < webhook.MaxTries; n++ {
		later, ok := errors.AsType[interface {
			error
			RetryAfter() time.Duration
		}](d.Deliver(t.Context(), task.ID, task.Subject))
		if !ok || later.RetryAfter() < last*9/10 || strings.Contains(later.Error(), "key=1") {
			t.Fatalf("try %d: %v after a wait of %v", n, later, last)
		}
		last = later.RetryAfter()
		waited += last
		w.Clock.Advance(last)
	}
	if waited < 48*time.Hour || waited > 80*time.Hour {
		t.Errorf("tried for %v", waited)
	}
	if err := d.Deliver(t.Context(), task.ID, task.Subject); err != nil {
		t.Errorf("the last try: %v", err)
	}
	lost, err := w.LostNotices(t.Context())
	if err != nil || len(lost) != 1 || lost[0].Problem != "status 302" {
		t.Errorf("lost: %+v, %v", lost, err)
	}
	if w.receiver.calls != webhook.MaxTries {
		t.Errorf("%d calls", w.receiver.calls)
	}
}

// noCommit is a database that goes away between the subscriber's yes and our note.
type noCommit struct{ webhook.Store }

func (noCommit) Apply(context.Context, dossier.Change) (dossier.Outcome, error) {
	return dossier.Outcome{}, &dossier.Error{Code: dossier.CodeUnavailable, Temporary: true}
}

// proves E3: a notice that was taken before we could note it comes again with the
// same id and the same bytes.
func TestDeliveredAgainAlike(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, func(int) int { return http.StatusOK })
	_, task := w.begin()
	if err := w.deliverer(noCommit{w.Store}).Deliver(t.Context(), task.ID, task.Subject); !dossier.Temporary(err) {
		t.Fatalf("got %v", err)
	}
	w.Clock.Advance(time.Minute)
	if err := w.deliverer(w.Store).Deliver(t.Context(), task.ID, task.Subject); err != nil {
		t.Fatal(err)
	}
	if got := w.receiver.bodies[task.Subject]; len(got) != 2 || got[0] != got[1] {
		t.Errorf("told %q", got)
	}
}

// proves E3 and promise 2: with everything gone after the commit, process and queue,
// another process tells the subscriber.
func TestToldAfterACrash(t *testing.T) {
	t.Parallel()
	w := newWorld(t, clock.System(), func(int) int { return http.StatusOK })
	id := w.Begin(w.AddHolder("PRVDAA80A41H501X"))
	w.Must(dossier.Change{Actor: house.Worker(), Dossier: &dossier.Move{ID: id, Event: dossier.EventWithdrawn}})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	s := w.openStore(clock.System())
	d := webhook.New(s, clock.System(), slog.New(slog.DiscardHandler), w.subs)
	q, err := queue.New(queue.Config{
		Store: s, Clock: clock.System(), Logger: slog.New(slog.DiscardHandler), Workers: 2, RingAgain: time.Second,
		Handlers: map[dossier.TaskKind]queue.Handler{
			dossier.TaskNotify: func(ctx context.Context, t dossier.Task) error { return d.Deliver(ctx, t.ID, t.Subject) },
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- q.Run(ctx) }()
	err = testkit.WaitFor(30*time.Second, func() error {
		w.receiver.mu.Lock()
		defer w.receiver.mu.Unlock()
		if len(w.receiver.bodies) < 2 {
			return errors.New("not told yet")
		}
		return nil
	})
	cancel()
	if err := errors.Join(err, <-ended, q.Close()); err != nil {
		t.Error(err)
	}
}

// A subscriber in a closed network is never reached.
func TestNoWayInside(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, func(int) int { t.Error("reached"); return http.StatusOK })
	_, port, _ := strings.Cut(strings.TrimPrefix(w.receiver.server.URL, "http://"), ":")
	path := filepath.Join(w.Dir, "inside.json")
	settings := fmt.Sprintf(`[{"name":"erp","url":"https://localhost:%s/","secret":%q,"events":["*"],"network":"private"}]`, port, secret)
	if err := os.WriteFile(path, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	var err error
	if w.subs, err = webhook.Load(path); err != nil {
		t.Fatal(err)
	}
	_, task := w.begin()
	if err := w.deliverer(w.Store).Deliver(t.Context(), task.ID, task.Subject); err == nil || !strings.Contains(err.Error(), "closed network") {
		t.Errorf("got %v", err)
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const one = `{"name":"a","url":"https://erp.example/h","secret_file":"secret","events":["*"]}`
	for settings, fine := range map[string]bool{
		`[]`:                        true,
		`[` + one + `]`:             true,
		`[` + one + one + `]`:       false,
		`[` + one + `,` + one + `]`: false,
		`[{"name":"A B","url":"https://erp.example/h","secret_file":"secret","events":["*"]}]`:                    false,
		`[{"name":"a","url":"http://erp.example/h","secret_file":"secret","events":["*"]}]`:                       false,
		`[{"name":"a","url":"https://u:p@erp.example/h","secret_file":"secret","events":["*"]}]`:                  false,
		`[{"name":"a","url":"https://erp.example/h","secret":"short","events":["*"]}]`:                            false,
		`[{"name":"a","url":"https://erp.example/h","secret_file":"none","events":["*"]}]`:                        false,
		`[{"name":"a","url":"https://erp.example/h","secret_file":"secret","events":[]}]`:                         false,
		`[{"name":"a","url":"https://erp.example/h","secret_file":"secret","events":["dossier.eaten"]}]`:          false,
		`[{"name":"a","url":"https://erp.example/h","secret_file":"secret","events":["*"],"network":"anywhere"}]`: false,
		`[{"name":"a","url":"https://erp.example/h","secret_file":"secret","events":["*"],"more":1}]`:             false,
	} {
		path := filepath.Join(dir, "webhooks.json")
		if err := os.WriteFile(path, []byte(settings), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := webhook.Load(path); (err == nil) != fine {
			t.Errorf("%s: %v", settings, err)
		}
	}
}
