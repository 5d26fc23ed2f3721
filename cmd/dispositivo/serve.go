package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/sandbox"
	"dispositivo/queue"
	"dispositivo/verify"
)

type serveCmd struct {
	storage   `embed:""`
	procedure `embed:""`
	carriers  `embed:""`
	reading   `embed:""`
	faxes     `embed:""`
	mails     `embed:""`
	scanners  `embed:""`

	identities `embed:""`
	encryption `embed:""`
	proxies    `embed:""`

	Addr      string `help:"Address to listen on." default:"127.0.0.1:8080" env:"DISPOSITIVO_ADDR"`
	PublicURL string `help:"Where citizens find the portal; default: http:// or https:// and the address." env:"DISPOSITIVO_PUBLIC_URL"`
	RedisURL  string `help:"redis://…; unset: embedded." env:"DISPOSITIVO_REDIS_URL"`
	Role      string `help:"all, api, worker or screen." default:"all" enum:"all,api,worker,screen" env:"DISPOSITIVO_ROLE"`
	Demo      bool   `help:"Invented people, known credentials, message box; on loopback only." env:"DISPOSITIVO_DEMO"`
	Scenes    bool   `name:"demo-scenes" help:"Play the scenes of the demonstration, a dossier in every state; without them nobody has sent anything yet." default:"true" negatable:"" env:"DISPOSITIVO_DEMO_SCENES"`
	Secure    bool   `help:"Mark cookies Secure: TLS ends before this server." env:"DISPOSITIVO_SECURE"`

	RingAgain time.Duration `help:"After how long a task that the queue may have forgotten is rung again." default:"90s" hidden:"" env:"DISPOSITIVO_RING_AGAIN"`
}

// Run implements the command.
func (c *serveCmd) Run(env *environment) error {
	if err := c.check(); err != nil {
		return err
	}
	h, err := openHouse(env, c.storage, c.policy(), c.Demo)
	if err != nil {
		return err
	}
	defer h.close() //nolint:errcheck // nothing acknowledged depends on it
	endHashers, err := h.hashInChildren()
	if err != nil {
		return err
	}
	defer endHashers()
	if err := h.checkMark(env.ctx); err != nil {
		return err
	}
	if c.Demo {
		if err := h.people(env.ctx); err != nil {
			return err
		}
	}
	pool, err := newSandbox(c.cacheDir(), c.Children, c.limits(c.MaxBytes), env.logger, h.clock)
	if err != nil {
		return err
	}
	defer pool.Close()
	s, err := newServices(h, pool, c.procedure, c.carriers, c.publicURL())
	if err != nil {
		return err
	}
	scan, err := c.antivirus(h.clock)
	if err != nil {
		return err
	}
	s.screener = newScreener(h, pool, c.procedure, scan)
	s.answerer = c.answerer(h, c.publicURL())
	return c.runAll(env, h, s, pool)
}

// greet says where to go; in a demonstration also with which credentials.
func (c *serveCmd) greet(env *environment) {
	fmt.Fprintf(env.stdout, "dispositivo listens at %s\n", c.publicURL())
	if !c.Demo {
		return
	}
	fmt.Fprintf(env.stdout, "\n  citizens   %[1]s\n  operators  %[1]s/desk\n  messages   %[1]s/demo/messages\n  scans      %[2]s\n\nInvented people, known to everybody:\n",
		c.publicURL(), c.scanFolders()[demoOffice])
	if err := (&demoCredentialsCmd{}).Run(env); err != nil {
		env.logger.LogAttrs(env.ctx, slog.LevelWarn, "credentials not shown", slog.String("error", err.Error()))
	}
}

func (c *serveCmd) check() error {
	if c.Demo && !onLoopback(c.Addr) {
		return fmt.Errorf("--demo has known credentials and listens on loopback only, not on %s", c.Addr)
	}
	if c.Role != "all" && c.RedisURL == "" {
		return errors.New("a process of one role needs DISPOSITIVO_REDIS_URL: an embedded queue is in its own process alone")
	}
	return errors.Join(c.encryption.check(), c.mails.check(), c.scanners.check())
}

func (c *serveCmd) publicURL() string {
	if c.PublicURL != "" {
		return strings.TrimSuffix(c.PublicURL, "/")
	}
	return c.scheme() + "://" + c.Addr
}

// does reports whether this process has the role.
func (c *serveCmd) does(role string) bool { return c.Role == "all" || c.Role == role }

// runAll runs every part of this process's role until one fails or the process
// is told to end.
func (c *serveCmd) runAll(env *environment, h *house, s *services, pool *sandbox.Pool) error {
	ctx, cancel := context.WithCancelCause(env.ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	start := func(what string, run func(context.Context) error) {
		wg.Go(func() {
			if err := run(ctx); err != nil {
				cancel(fmt.Errorf("%s: %w", what, err))
			}
		})
	}
	if c.does("api") {
		if err := c.startDoors(ctx, env, h, s, start); err != nil {
			return err
		}
	}
	if handlers := c.handlers(h, s); len(handlers) > 0 {
		q, err := queue.New(queue.Config{
			Store: h.store, Handlers: handlers, Clock: h.clock, Logger: env.logger,
			RedisURL: c.RedisURL, Workers: 2 * c.Children, RingAgain: c.RingAgain,
			// The last document is begun within the time of all, and may wait for a child.
			Longest: map[dossier.TaskKind]time.Duration{dossier.TaskScreen: verify.DefaultLongest + 4*c.LongestTime},
		})
		if err != nil {
			cancel(err)
		} else {
			defer q.Close() //nolint:errcheck // the queue may forget
			start("work", q.Run)
			if c.does("worker") {
				c.startPollers(h, s, start, cancel)
			}
			fromSpools, err := c.folderChores(h, s)
			if err != nil {
				cancel(err)
			}
			start("chores", func(ctx context.Context) error {
				chores := slices.Concat(h.chores(time.Duration(c.KeepImages)*24*time.Hour), s.letterChores(c.LettersAt), s.fittingChores(), fromSpools)
				queue.RunChores(ctx, h.clock, env.logger, chores)
				return nil
			})
		}
	}
	start("warm up", func(ctx context.Context) error { return c.warm(ctx, env, pool) })
	if c.Demo && c.Scenes {
		start("demonstration", func(ctx context.Context) error { return c.stage(ctx, env, h, s, pool) })
	}
	<-ctx.Done()
	wg.Wait()
	if c.does("worker") {
		h.lastWord(context.WithoutCancel(ctx))
	}
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

// startDoors opens the ways in: the portal with its API, the hook of a fax server, mail.
func (c *serveCmd) startDoors(ctx context.Context, env *environment, h *house, s *services, start func(string, func(context.Context) error)) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	server, err := c.newServer(env, h, s) //nolint:contextcheck // /metrics is asked for by nobody's request
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	c.greet(env)
	start("take hooks", func(ctx context.Context) error { return c.serveHooks(ctx, c.Data, s.door, s.faxAnswers, env.logger) })
	if c.MailListen != "" {
		start("take mail", func(ctx context.Context) error { return c.takeMail(ctx, h, s.door, c.ourNames()) })
	}
	start("serve", func(ctx context.Context) error { return serveUntil(ctx, server, listener) })
	return nil
}

func (c *serveCmd) ourNames() names { return names{domain: hostOf(c.publicURL()), pec: c.pecBox()} }

// startPollers lets every mailbox be polled.
func (c *serveCmd) startPollers(h *house, s *services, start func(string, func(context.Context) error), cancel context.CancelCauseFunc) {
	pollers, err := c.pollers(h, s.door, c.ourNames())
	if err != nil {
		cancel(err)
	}
	for _, p := range pollers {
		start("poll mail", p.Run)
	}
}

// warm compiles the engines before the first document comes. Failing is no
// reason to stop: documents then go to people.
func (c *serveCmd) warm(ctx context.Context, env *environment, pool *sandbox.Pool) error {
	if err := pool.Warm(ctx); err != nil && ctx.Err() == nil {
		env.logger.LogAttrs(ctx, slog.LevelWarn, "the sandbox is not ready; documents will wait or go to people", slog.String("error", err.Error()))
	}
	return nil
}

func (c *serveCmd) handlers(h *house, s *services) map[dossier.TaskKind]queue.Handler {
	handlers := map[dossier.TaskKind]queue.Handler{}
	if c.does("screen") {
		maps.Copy(handlers, s.screening())
	}
	if c.does("worker") {
		maps.Copy(handlers, s.otherWork())
		maps.Copy(handlers, h.notices())
	}
	return handlers
}

// serveUntil serves until ctx ends, then lets requests in hand finish.
func serveUntil(ctx context.Context, server *http.Server, l net.Listener) error {
	failed := make(chan error, 1)
	go func() {
		if server.TLSConfig != nil {
			failed <- server.ServeTLS(l, "", "")
			return
		}
		failed <- server.Serve(l)
	}()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return errors.Join(err, server.Close())
	}
	return nil
}

type migrateCmd struct {
	storage `embed:""`
}

// Run implements the command.
func (c *migrateCmd) Run(env *environment) error {
	h, err := openHouse(env, c.storage, dossier.DefaultPolicy(), false)
	if err != nil {
		return err
	}
	fmt.Fprintln(env.stdout, "the schema is up to date")
	return h.close()
}
