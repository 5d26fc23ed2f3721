// Command dispositivo is the whole pipeline in one binary: the server, its
// workers, the sandbox's children, and the tools of operators and integrators.
// All wiring is here and nowhere else.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"dispositivo/internal/passhash"
	"dispositivo/internal/sandbox"
)

// sandboxChild is the hidden command that reads foreign bytes. It runs before
// any setting, key or database is looked at.
const sandboxChild = "sandbox-child"

// hashChild is the hidden command that computes hashes, likewise.
const hashChild = "hash-child"

func main() {
	if child := childMain(os.Args); child != nil {
		_ = os.WriteFile("/proc/self/comm", []byte("dispositivo"), 0) // for top and ps: it was started as /proc/self/exe
		os.Exit(child(os.Stdin, os.Stdout))
	}
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// childMain is what a child of ours runs; nil for any other command line.
func childMain(args []string) func(io.Reader, io.Writer) int {
	switch {
	case len(args) != 2:
		return nil
	case args[1] == sandboxChild:
		return sandbox.ChildMain
	case args[1] == hashChild:
		return passhash.ChildMain
	}
	return nil
}

// commands is the command line (DESIGN, section 6).
type commands struct {
	Config kong.ConfigFlag `help:"JSON file with settings; flags and environment go first." type:"existingfile"`

	Serve       serveCmd       `cmd:"" help:"Run the server and its workers."`
	Migrate     migrateCmd     `cmd:"" help:"Bring the database schema up to date."`
	Inspect     inspectCmd     `cmd:"" help:"Check files as intake and screening do, without a server."`
	Operator    operatorCmd    `cmd:"" help:"Manage the accounts of the desk."`
	Demo        demoCmd        `cmd:"" help:"Credentials and documents of the demonstration."`
	Holder      holderCmd      `cmd:"" help:"Erase holders."`
	Audit       auditCmd       `cmd:"" help:"Prove the log."`
	Reconcile   reconcileCmd   `cmd:"" help:"Compare what was received with what became of it."`
	FaxReceived faxReceivedCmd `cmd:"" help:"Hand over a fax that HylaFAX received: its hook faxrcvd."`
	Refusals    refusalsCmd    `cmd:"" help:"What was turned away at the door, and why."`
	Webhooks    webhooksCmd    `cmd:"" help:"What subscribers were not told of."`
	Simulate    simulateCmd    `cmd:"" help:"Play a gateway, for integrators and tests."`
	InitKeys    initKeysCmd    `cmd:"" help:"Make a new master key and pepper."`
	Doctor      doctorCmd      `cmd:"" help:"Look whether everything needed is there."`
}

// exitError ends the program with a code of its own, after everything is said.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// The exit codes of all commands; inspect adds 3. A setting that is missing or wrong is
// exitUsage wherever it is found, so that a command whose exit 1 accuses the data never
// accuses them for want of a key.
const (
	exitFailed = 1
	exitUsage  = 2
)

// settingError says that a setting is missing or wrong.
type settingError struct{ error }

func (e settingError) Unwrap() error { return e.error }

// environment is what every command may use.
type environment struct {
	ctx    context.Context //nolint:containedctx // the process's own, made once in run
	stdout io.Writer
	stderr io.Writer
	logger *slog.Logger
}

func run(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var cli commands
	parser, err := kong.New(&cli, kong.Name("dispositivo"), kong.UsageOnError(), kong.Writers(stdout, stderr),
		kong.Description("Intake and verification of signed forms; from PIN ordinario to PIN dispositivo."),
		kong.DefaultEnvars("DISPOSITIVO"), kong.Configuration(kong.JSON))
	if err != nil {
		fmt.Fprintln(stderr, "dispositivo:", err)
		return exitFailed
	}
	call, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintln(stderr, "dispositivo:", err)
		return exitUsage
	}
	logger := slog.New(slog.NewJSONHandler(stderr, nil))
	err = call.Run(&environment{ctx: ctx, stdout: stdout, stderr: stderr, logger: logger})
	if code, ok := errors.AsType[exitError](err); ok {
		return int(code)
	}
	if err == nil {
		return 0
	}
	fmt.Fprintln(stderr, "dispositivo:", err)
	if _, ok := errors.AsType[settingError](err); ok {
		return exitUsage
	}
	return exitFailed
}
