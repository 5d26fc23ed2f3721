package testkit

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // to create databases
)

// shared is the one PostgreSQL of this test process; every test gets a database of
// its own in it. It is stopped with the tests, so nothing need outlive it.
var shared sharedPostgres

type sharedPostgres struct {
	once  sync.Once
	err   error
	c     cluster
	count atomic.Int64
}

func (s *sharedPostgres) start() error {
	port, err := freePort()
	if err != nil {
		return err
	}
	s.c = cluster{port: port, settings: []string{"fsync=off", "max_connections=300"}}
	if err := s.c.create(); err != nil {
		return err
	}
	return s.c.start(syscall.SIGINT)
}

func (s *sharedPostgres) stop() { s.c.remove() }

// Postgres returns the URL of a fresh, empty database.
func Postgres(t testing.TB) string {
	t.Helper()
	shared.once.Do(func() { shared.err = shared.start() })
	if shared.err != nil {
		t.Fatalf("PostgreSQL is needed (Debian: apt-get install postgresql): %v", shared.err)
	}
	name := fmt.Sprintf("t%d", shared.count.Add(1))
	if err := shared.c.createDatabase(t.Context(), name); err != nil {
		t.Fatalf("create database: %v", err)
	}
	return shared.c.url(name)
}

// PostgresServer is a PostgreSQL of one test's own, which it may kill and start
// again. It syncs what it commits, as a real one does.
type PostgresServer struct {
	t testing.TB
	c cluster
}

// OwnPostgres starts a PostgreSQL for this test alone; initdb costs a second or two.
func OwnPostgres(t testing.TB) *PostgresServer {
	t.Helper()
	_, port, err := net.SplitHostPort(LastingAddr(t))
	if err != nil {
		t.Fatal(err)
	}
	p := &PostgresServer{t: t}
	if p.c.port, err = strconv.Atoi(port); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.c.remove)
	if err := p.c.create(); err != nil {
		t.Fatalf("PostgreSQL is needed (Debian: apt-get install postgresql): %v", err)
	}
	p.Start()
	return p
}

// URL is the address of the server's one database.
func (p *PostgresServer) URL() string { return p.c.url("postgres") }

// Start starts the server, again after Kill, and waits until it has recovered.
func (p *PostgresServer) Start() {
	p.t.Helper()
	if err := p.c.start(syscall.SIGKILL); err != nil {
		p.t.Fatalf("PostgreSQL does not answer: %v", err)
	}
}

// Kill ends the server and all its processes with SIGKILL; killing twice is fine.
func (p *PostgresServer) Kill() { p.c.kill() }

// cluster is a data folder of PostgreSQL and the server over it.
type cluster struct {
	dir      string
	port     int
	settings []string
	attr     *syscall.SysProcAttr
	pid      int
	stop     func()
}

func (c *cluster) url(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", c.port, database)
}

func (c *cluster) data() string { return filepath.Join(c.dir, "data") }

func (c *cluster) createDatabase(ctx context.Context, name string) error {
	db, err := sql.Open("pgx", c.url("postgres"))
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // the database is there or not
	_, err = db.ExecContext(ctx, "CREATE DATABASE "+name)
	return err
}

// create makes the data folder.
func (c *cluster) create() error {
	bin, err := postgresBin()
	if err != nil {
		return err
	}
	if c.dir, err = os.MkdirTemp("", "dispositivo-pg"); err != nil {
		return err
	}
	if c.attr, err = asPostgres(c.dir); err != nil {
		return err
	}
	initdb := exec.CommandContext(context.Background(), filepath.Join(bin, "initdb"), "-D", c.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync") //nolint:gosec // the system's own program, in our folder
	initdb.SysProcAttr, initdb.Dir = c.attr, c.dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return nil
}

// start starts the server, which sig stops, and waits until it answers.
func (c *cluster) start(sig syscall.Signal) error {
	bin, err := postgresBin()
	if err != nil {
		return err
	}
	args := []string{"-D", c.data(), "-p", strconv.Itoa(c.port), "-k", c.dir, "-c", "listen_addresses=127.0.0.1"}
	for _, s := range c.settings {
		args = append(args, "-c", s)
	}
	server := exec.CommandContext(context.Background(), filepath.Join(bin, "postgres"), args...) //nolint:gosec // the system's own program, in our folder
	server.SysProcAttr, server.Dir = c.attr, c.dir
	if c.stop, err = run(server, sig); err != nil {
		return err
	}
	c.pid = server.Process.Pid
	return WaitFor(30*time.Second, func() error {
		db, err := sql.Open("pgx", c.url("postgres"))
		if err != nil {
			return err
		}
		defer db.Close() //nolint:errcheck // only asked whether it answers
		return db.PingContext(context.Background())
	})
}

// kill ends the server, which was started with SIGKILL as its end, and then what it
// left behind: its processes are no group, and a new server refuses to start while
// one of them lives.
func (c *cluster) kill() {
	if c.stop == nil {
		return
	}
	left := childrenOf(c.pid)
	c.stop()
	c.stop = nil
	for _, pid := range left {
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may have noticed by itself
	}
	_ = WaitFor(10*time.Second, func() error { // else the next start says so
		for _, pid := range left {
			if syscall.Kill(pid, 0) == nil {
				return fmt.Errorf("process %d lives", pid)
			}
		}
		return nil
	})
}

// childrenOf lists the processes that a process has started (proc(5)).
func childrenOf(pid int) []int {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil // the pattern is none of chance
	}
	var all []int
	for _, path := range stats {
		b, err := os.ReadFile(path) //nolint:gosec // a kernel file
		if err != nil {
			continue // it ended meanwhile
		}
		_, rest, _ := strings.Cut(string(b), ") ")
		fields := strings.Fields(rest) // from the third on: state, parent
		if len(fields) < 2 || fields[1] != strconv.Itoa(pid) {
			continue
		}
		if child, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
			all = append(all, child)
		}
	}
	return all
}

// remove stops the server and deletes its folder.
func (c *cluster) remove() {
	if c.stop != nil {
		c.stop()
		c.stop = nil
	}
	if c.dir != "" {
		_ = os.RemoveAll(c.dir)
	}
}

func postgresBin() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("no /usr/lib/postgresql/*/bin/postgres: %w", fs.ErrNotExist)
	}
	return filepath.Dir(found[len(found)-1]), nil
}

// asPostgres lets root start PostgreSQL, which refuses to run as root.
func asPostgres(dir string) (*syscall.SysProcAttr, error) {
	if os.Getuid() != 0 {
		return &syscall.SysProcAttr{}, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, _ := strconv.ParseUint(u.Uid, 10, 32)
	gid, _ := strconv.ParseUint(u.Gid, 10, 32)
	if err := os.Chown(dir, int(uid), int(gid)); err != nil {
		return nil, err
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
}
