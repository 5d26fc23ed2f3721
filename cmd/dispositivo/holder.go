package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"dispositivo/dossier"
	"dispositivo/internal/codicefiscale"
	"dispositivo/pin"
)

type holderCmd struct {
	Erase holderEraseCmd `cmd:"" help:"Erase a holder: revoke the PIN, destroy the keys. The log stays whole; nothing brings the person back."`
}

type holderEraseCmd struct {
	storage `embed:""`
	Demo    bool `help:"The store is a demonstration."`
	Sure    bool `required:"" help:"Say that this is meant."`
}

// Run implements the command. The codice fiscale is read from standard input,
// because a command line is there for everybody on the machine to see.
func (c *holderEraseCmd) Run(env *environment) error {
	fmt.Fprint(env.stderr, "Codice fiscale: ")
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read codice fiscale: %w", err)
	}
	code, err := codicefiscale.Parse(line)
	if err != nil {
		return errors.New("that is no codice fiscale")
	}
	h, err := openHouse(env, c.storage, dossier.DefaultPolicy(), c.Demo)
	if err != nil {
		return err
	}
	defer h.close() //nolint:errcheck // the change is committed or not
	if err := h.checkMark(env.ctx); err != nil {
		return err
	}
	holder, err := h.store.HolderByCF(env.ctx, code.String())
	if dossier.CodeOf(err) == dossier.CodeNotFound {
		return errors.New("nobody with this codice fiscale is on file")
	}
	if err != nil {
		return fmt.Errorf("find holder: %w", err)
	}
	change := dossier.Change{Actor: dossier.System("erasure"), Effects: []dossier.Effect{
		dossier.ClearLocks{HolderID: holder.ID, Subjects: append(pin.Budgets(code.String()), code.String()), Reason: "erasure"},
		dossier.EraseHolder{HolderID: holder.ID},
	}}
	if holder.PIN.ID != "" {
		change.PIN = &dossier.PINMove{ID: holder.PIN.ID, Event: dossier.PINEventRevoked, Version: holder.PIN.Version, Reason: "erasure"}
	}
	_, err = h.store.Apply(env.ctx, change)
	if dossier.CodeOf(err) == dossier.CodeConflict {
		return errors.New("the holder has an open dossier: let it end, or have it withdrawn, first")
	}
	if err != nil {
		return fmt.Errorf("erase holder: %w", err)
	}
	h.lastWord(env.ctx)
	fmt.Fprintf(env.stdout, "holder %s is erased; documents are swept within a day, and nothing opens them any more\n", holder.ID)
	return nil
}
