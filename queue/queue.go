package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/hibiken/asynq"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
)

// Store is the outbox.
type Store interface {
	DueTasks(ctx context.Context, rungBefore time.Time, limit int) ([]dossier.Task, error)
	MarkRung(ctx context.Context, tasks []dossier.Task) error
	TakeTask(ctx context.Context, id string, deadBefore time.Time) (failures int, taken bool, err error)
	HoldTask(ctx context.Context, id string) error
	PostponeTask(ctx context.Context, id string, due time.Time) error
	UnringTasks(ctx context.Context, deadBefore time.Time) error
	Bell() <-chan struct{}
}

// Handler does the work of a task and closes it. A temporary error lets it be
// tried again soon, any other one late: no task is given up, and the sweeper's
// figures show what does not move. An error with a RetryAfter method says itself
// when; it means "too early" and no fault.
type Handler func(ctx context.Context, t dossier.Task) error

// Config holds the settings of a Queue and what it works with.
type Config struct {
	Store    Store
	Handlers map[dossier.TaskKind]Handler
	Clock    clock.Clock
	Logger   *slog.Logger
	// RedisURL is redis://…; empty: an embedded server in this process.
	RedisURL string
	// Workers is how many tasks run at once; 0: asynq's default.
	Workers int
	// RingAgain is after how long a task that was rung, but not closed, is rung
	// again: the queue may have forgotten it, or its worker died. A worker that is at
	// it says so meanwhile, and has it alone.
	RingAgain time.Duration
	// Longest is how long a task of a kind may take before it is ended and tried again,
	// where 80 seconds are too few.
	Longest map[dossier.TaskKind]time.Duration
}

// DefaultRingAgain is longer than most tasks take, so that a ring is seldom
// repeated for nothing.
const DefaultRingAgain = 90 * time.Second

// The intervals of the relay.
const (
	relayEvery = 500 * time.Millisecond // without a bell: another process wrote
	relayBatch = 100
	taskFor    = 80 * time.Second
	holds      = 3 // how often a worker says within RingAgain that it is at a task
)

// Queue rings and works. Start it with Run.
type Queue struct {
	cfg    Config
	redis  asynq.RedisConnOpt
	embed  *embedded
	client *asynq.Client
}

// New connects to Redis, or starts an embedded one. A Redis that does not
// answer is no error: it may come.
func New(cfg Config) (*Queue, error) {
	q := &Queue{cfg: cfg}
	var err error
	if cfg.RedisURL == "" {
		if q.embed, err = startEmbedded(cfg.Clock); err != nil {
			return nil, err
		}
		q.redis = q.embed.options()
	} else if q.redis, err = asynq.ParseRedisURI(cfg.RedisURL); err != nil {
		return nil, fmt.Errorf("read redis url: %w", errRedisURL)
	}
	q.client = asynq.NewClient(q.redis)
	return q, nil
}

// errRedisURL stands for the parser's error, which may repeat a password.
var errRedisURL = errors.New("want redis://[:password@]host:port/number")

// Relay rings until ctx ends.
func (q *Queue) Relay(ctx context.Context) error {
	if err := q.cfg.Store.UnringTasks(ctx, q.deadOnStart()); err != nil {
		return fmt.Errorf("unring tasks: %w", err)
	}
	tick := q.cfg.Clock.NewTicker(relayEvery)
	defer tick.Stop()
	for {
		rang, err := q.ringDue(ctx)
		if err != nil && ctx.Err() == nil {
			q.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "tasks wait: the bell cannot be rung", slog.String("error", err.Error()))
		}
		if err == nil && rang == relayBatch {
			continue // there is more
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C():
		case <-q.cfg.Store.Bell():
		}
	}
}

// deadBefore is the moment before which a worker took up what it can no longer
// be at.
func (q *Queue) deadBefore() time.Time { return q.cfg.Clock.Now().Add(-q.cfg.RingAgain) }

// deadOnStart is deadBefore, and now for an embedded queue: whoever worked on
// it died with the process.
func (q *Queue) deadOnStart() time.Time {
	if q.embed != nil {
		return q.cfg.Clock.Now()
	}
	return q.deadBefore()
}

// ringDue hands what is due to asynq, and notes it. A crash between the two
// rings twice, which does no harm.
func (q *Queue) ringDue(ctx context.Context) (int, error) {
	tasks, err := q.cfg.Store.DueTasks(ctx, q.deadBefore(), relayBatch)
	if err != nil || len(tasks) == 0 {
		return 0, err
	}
	var rung []dossier.Task
	var failed error
	for _, t := range tasks {
		if failed = q.ring(ctx, t); failed != nil {
			break
		}
		rung = append(rung, t)
	}
	if len(rung) > 0 {
		if err := q.cfg.Store.MarkRung(ctx, rung); err != nil {
			return 0, err
		}
	}
	return len(rung), failed
}

// ring enqueues one task. Its id names the attempt, because a finished or
// archived task may still hold the id before.
func (q *Queue) ring(ctx context.Context, t dossier.Task) error {
	_, err := q.client.EnqueueContext(ctx, asynq.NewTask(string(t.Kind), encode(t)),
		asynq.TaskID(fmt.Sprintf("%s.%d", t.ID, t.Attempt)), asynq.Queue(queueOf(t.Kind)),
		asynq.MaxRetry(0), asynq.Timeout(max(taskFor, q.cfg.Longest[t.Kind])), asynq.Retention(0))
	if err != nil && !errors.Is(err, asynq.ErrTaskIDConflict) {
		return fmt.Errorf("enqueue %s: %w", t.Kind, err)
	}
	return nil
}

// Work does tasks until ctx ends, then lets those in hand finish. Screening has
// workers of its own, and so have notices: reviews, conversions and messages never
// wait behind a heap of scans or a subscriber that does not answer.
func (q *Queue) Work(ctx context.Context) error {
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var servers []*asynq.Server
	for _, queues := range q.groups() {
		srv := asynq.NewServer(q.redis, asynq.Config{
			Concurrency: q.cfg.Workers, Queues: queues, TaskCheckInterval: 100 * time.Millisecond,
			BaseContext: func() context.Context { return base }, ShutdownTimeout: 5 * time.Second,
			Logger: asynqLogger{q.cfg.Logger}, LogLevel: asynq.WarnLevel,
		})
		if err := q.startServer(ctx, srv); err != nil {
			return err
		}
		servers = append(servers, srv)
	}
	<-ctx.Done()
	for _, srv := range servers {
		srv.Shutdown()
	}
	return nil
}

// startServer waits for a Redis that does not answer yet.
func (q *Queue) startServer(ctx context.Context, srv *asynq.Server) error {
	tick := q.cfg.Clock.NewTicker(time.Second)
	defer tick.Stop()
	for srv.Ping() != nil {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C():
		}
	}
	if err := srv.Start(asynq.HandlerFunc(q.handle)); err != nil {
		return fmt.Errorf("start workers: %w", err)
	}
	return nil
}

// handle does one task. asynq never sees an error: when to try again is kept
// in SQL, where it survives.
func (q *Queue) handle(ctx context.Context, rung *asynq.Task) error {
	t, err := decode(rung)
	if err != nil {
		q.cfg.Logger.LogAttrs(ctx, slog.LevelError, "foreign task in the queue", slog.String("kind", rung.Type()))
		return nil //nolint:nilerr // logged; to try again is in vain
	}
	failures, taken, err := q.cfg.Store.TakeTask(ctx, t.ID, q.deadBefore())
	if err != nil {
		q.failed(ctx, t, failures, err)
		return nil
	}
	if !taken {
		return nil // done by an earlier ring, or being done
	}
	if err := q.work(ctx, t); err != nil {
		q.failed(ctx, t, failures, err)
	}
	return nil
}

// work lets the handler do a task, which is held meanwhile. A panic is a fault like
// any other: the task is tried again, later, and the log says where it was. Its value
// may quote a document, and is not told.
func (q *Queue) work(ctx context.Context, t dossier.Task) (err error) {
	defer q.hold(ctx, t)()
	defer func() {
		if r := recover(); r != nil {
			q.cfg.Logger.LogAttrs(ctx, slog.LevelError, "panic at a task", slog.String("task", t.ID), slog.String("stack", string(debug.Stack())))
			err = &dossier.Error{Code: dossier.CodeInternal, Err: fmt.Errorf("panic of a %T", r)}
		}
	}()
	return q.cfg.Handlers[t.Kind](ctx, t)
}

// hold says again and again that a worker is at the task, until release is called.
func (q *Queue) hold(ctx context.Context, t dossier.Task) (release func()) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := q.cfg.Clock.NewTicker(q.cfg.RingAgain / holds)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C():
			}
			if err := q.cfg.Store.HoldTask(ctx, t.ID); err != nil && ctx.Err() == nil {
				q.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "a task may be taken up twice", slog.String("error", err.Error()))
			}
		}
	})
	return func() {
		cancel()
		wg.Wait()
	}
}

// failed notes when the task is to be tried again. The request's context may
// be the very thing that failed, so the note has its own.
func (q *Queue) failed(ctx context.Context, t dossier.Task, failures int, err error) {
	wait, level := backoff(failures), slog.LevelDebug
	later, early := errors.AsType[interface {
		error
		RetryAfter() time.Duration
	}](err)
	switch {
	case early:
		wait = later.RetryAfter()
	case !dossier.Temporary(err):
		wait, level = time.Hour, slog.LevelError
	case failures >= quietFailures:
		level = slog.LevelWarn
	}
	q.cfg.Logger.LogAttrs(ctx, level, "task failed and will be tried again", slog.String("kind", string(t.Kind)),
		slog.String("task", t.ID), slog.Int("failures", failures+1), slog.Duration("wait", wait), slog.String("error", err.Error()))
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := q.cfg.Store.PostponeTask(ctx, t.ID, q.cfg.Clock.Now().Add(wait)); err != nil {
		q.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "task not postponed; it will be rung again", slog.String("error", err.Error()))
	}
}

// quietFailures is how many failures of a task are nothing to speak of: a lost
// race, a carrier that is busy.
const quietFailures = 5

// backoff doubles from half a second to five minutes.
func backoff(failures int) time.Duration {
	return min(5*time.Minute, 500*time.Millisecond<<min(failures, 16))
}

// Run relays and works until ctx ends or one of them cannot begin.
func (q *Queue) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	errs := make([]error, 2)
	for i, run := range []func(context.Context) error{q.Relay, q.Work} {
		wg.Go(func() {
			defer cancel()
			errs[i] = run(ctx)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// Close disconnects and stops the embedded server.
func (q *Queue) Close() error {
	err := q.client.Close()
	if q.embed != nil {
		q.embed.close()
	}
	return err
}
