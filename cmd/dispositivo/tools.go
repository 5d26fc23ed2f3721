package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"dispositivo/dossier"
	"dispositivo/internal/assets"
	"dispositivo/internal/clock"
	"dispositivo/internal/codicefiscale"
	"dispositivo/internal/inspect"
	"dispositivo/internal/operator"
	"dispositivo/internal/sandbox"
	"dispositivo/internal/seal"
)

type inspectCmd struct {
	JSON     bool     `help:"One JSON object a line."`
	Render   string   `help:"Folder that receives FILE-pN.png for every page." type:"existingdir"`
	MaxBytes int64    `help:"Size limit in bytes." default:"1048576"`
	Files    []string `arg:"" help:"Files to check."`
}

// Run implements the command.
func (c *inspectCmd) Run(env *environment) error {
	pool, closePool, err := toolSandbox(env)
	if err != nil {
		return err
	}
	defer closePool()
	code := inspect.Run(env.ctx, pool, inspect.Options{JSON: c.JSON, Render: c.Render, MaxBytes: c.MaxBytes}, c.Files, env.stdout, env.stderr)
	if code != 0 {
		return exitError(code)
	}
	return nil
}

// toolSandbox returns a sandbox for one command, with the user's own cache of
// compiled engines; a user without one gets a folder that goes when the command
// ends. A folder that others can write to would be theirs to put code into.
func toolSandbox(env *environment) (pool *sandbox.Pool, closePool func(), err error) {
	forget := func() {}
	cache, err := os.UserCacheDir()
	if err == nil {
		cache = filepath.Join(cache, "dispositivo")
	} else {
		if cache, err = os.MkdirTemp("", "dispositivo-cache"); err != nil {
			return nil, nil, fmt.Errorf("make cache folder: %w", err)
		}
		forget = func() { _ = os.RemoveAll(cache) } // what is left does no harm
	}
	pool, err = newSandbox(cache, 1, sandbox.DefaultLimits(), env.logger, clock.System())
	if err != nil {
		forget()
		return nil, nil, err
	}
	return pool, func() { pool.Close(); forget() }, nil
}

type operatorCmd struct {
	Add operatorAddCmd `cmd:"" help:"Enrol an operator with a second factor."`
}

type operatorAddCmd struct {
	storage       `embed:""`
	Username      string `required:"" help:"User name."`
	Role          string `required:"" help:"operator, supervisor, auditor, admin or gateway."`
	CodiceFiscale string `required:"" help:"The operator's own: nobody reviews the own dossier."`
	Office        string `help:"Office whose dossiers the operator sees; unset: all."`
	PasswordFile  string `help:"File with the password; unset: read from standard input." type:"path"`
}

// Run implements the command.
func (c *operatorAddCmd) Run(env *environment) error {
	password, err := c.password(env)
	if err != nil {
		return err
	}
	h, err := openHouse(env, c.storage, dossier.DefaultPolicy(), false)
	if err != nil {
		return err
	}
	defer h.close() //nolint:errcheck // the account is committed or not
	if err := h.checkMark(env.ctx); err != nil {
		return err
	}
	e, err := h.operators(h.hasher()).Add(env.ctx, operator.New{
		Username: c.Username, Password: password, Role: dossier.Role(c.Role), Office: c.Office, CodiceFiscale: c.CodiceFiscale,
	})
	if dossier.CodeOf(err) == dossier.CodeConflict {
		return errors.New("the user name is taken")
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(env.stdout, "%s is enrolled as %s.\nAdd this to an authenticator app now; it is not shown again:\n%s\n", c.Username, c.Role, e.URL)
	return nil
}

func (c *operatorAddCmd) password(env *environment) (string, error) {
	if c.PasswordFile != "" {
		return secret(c.PasswordFile)
	}
	fmt.Fprint(env.stderr, "Password (at least 12 characters): ")
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil && line == "" {
		return "", fmt.Errorf("read password: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}

type initKeysCmd struct {
	KeyFile    string `required:"" help:"File to make for the master key." type:"path" env:"DISPOSITIVO_KEY_FILE"`
	PepperFile string `required:"" help:"File to make for the pepper." type:"path" env:"DISPOSITIVO_PEPPER_FILE"`
}

// Run implements the command.
func (c *initKeysCmd) Run(env *environment) error {
	if err := seal.CreateKeys(c.KeyFile, c.PepperFile); err != nil {
		return err
	}
	fmt.Fprintln(env.stdout, "Keep both files safe, and apart from the data: without them nothing can be opened again.")
	return nil
}

// birthPlaces reads the municipalities and foreign states that the binary carries.
func birthPlaces() (*codicefiscale.Places, error) {
	table, err := assets.Places()
	if err != nil {
		return nil, err
	}
	return codicefiscale.ReadPlaces(table)
}

type doctorCmd struct {
	storage `embed:""`
	Demo    bool `help:"The store is a demonstration."`
}

// Run implements the command.
func (c *doctorCmd) Run(env *environment) error {
	bad := false
	report := func(what string, err error) {
		if err != nil {
			bad = true
			fmt.Fprintf(env.stdout, "BAD  %s: %v\n", what, err)
			return
		}
		fmt.Fprintf(env.stdout, "ok   %s\n", what)
	}
	_, err := assets.PDFium()
	report("PDF engine is in this binary", err)
	_, err = birthPlaces()
	report("table of places of birth is in this binary", err)
	h, err := openHouse(env, c.storage, dossier.DefaultPolicy(), c.Demo)
	report("keys, database and blobs open", err)
	if err == nil {
		report("database answers", h.store.Ping(env.ctx))
		_, faults, err := h.reconcile(env.ctx)
		report("register and blobs can be read", err)
		for _, f := range faults {
			report("register and blobs agree", errors.New(f))
		}
		report("closing", h.close())
	}
	if bad {
		return exitError(exitFailed)
	}
	return nil
}
