package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dispositivo/internal/demo"
)

// eraseHolder erases one citizen, twice; the log is whole afterwards.
func eraseHolder(t *testing.T, data string) {
	erase := func(c demo.Citizen) ran {
		return runWith(t, c.CodiceFiscale.String()+"\n", "holder", "erase", "--sure", "--demo", "--data", data)
	}
	if got := erase(inScene(t, demo.SceneDispositivo)); got.code != 0 || !strings.Contains(got.stdout, "is erased") {
		t.Errorf("exit %d\n%s%s", got.code, got.stdout, got.stderr)
	}
	if got := erase(inScene(t, demo.SceneDispositivo)); got.code != 1 || !strings.Contains(got.stderr, "nobody") {
		t.Errorf("twice: exit %d\n%s%s", got.code, got.stdout, got.stderr)
	}
	refused(t, 2, []string{"--sure"}, "holder", "erase", "--demo", "--data", data)
	if got := runWith(t, "", "audit", "verify", "--demo", "--data", data); got.code != 0 {
		t.Errorf("audit verify: exit %d\n%s", got.code, got.stdout)
	}
}

// tamper changes the log behind the program's back, each time whole again after.
func tamper(t *testing.T, data string) {
	db := openSQLite(t, data)
	exec := func(query string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	verify := []string{"audit", "verify", "--demo", "--data", data}
	// The end is cut off, with the checkpoints in the database: the file outside tells.
	exec(`CREATE TABLE log_copy AS SELECT * FROM audit`)
	exec(`DELETE FROM audit WHERE seq > 15`)
	exec(`DELETE FROM audit_checkpoints`)
	refused(t, 1, []string{"entry 16", "cut off"}, verify...)
	outside := filepath.Join(data, "audit-checkpoints.jsonl")
	kept := filepath.Join(t.TempDir(), "kept.jsonl")
	if err := os.Rename(outside, kept); err != nil {
		t.Fatal(err)
	}
	if got := runWith(t, "", verify...); got.code != 0 || !strings.Contains(got.stdout, "note: no file of checkpoints") {
		t.Errorf("without any checkpoint: exit %d\n%s", got.code, got.stdout)
	}
	refused(t, 1, []string{"entry 16", "cut off"}, append(verify, "--checkpoint", kept)...)
	exec(`DELETE FROM audit`)
	exec(`INSERT INTO audit SELECT * FROM log_copy`)
	if err := os.Rename(kept, outside); err != nil {
		t.Fatal(err)
	}
	for _, attack := range []struct{ name, do, undo, entry string }{
		{
			"another actor", `UPDATE audit SET actor = 'operator:nobody' || actor WHERE seq = 5`,
			`UPDATE audit SET actor = substr(actor, 16) WHERE seq = 5`, "5",
		},
		{"another time", `UPDATE audit SET at = at + 1 WHERE seq = 9`, `UPDATE audit SET at = at - 1 WHERE seq = 9`, "9"},
		{
			"two changed places", `UPDATE audit SET seq = CASE seq WHEN 12 THEN -13 ELSE -12 END WHERE seq IN (12, 13)`,
			`UPDATE audit SET seq = CASE seq WHEN 12 THEN -13 ELSE -12 END WHERE seq IN (12, 13)`, "12",
		},
		{"one is gone", `DELETE FROM audit WHERE seq = 7`, ``, "7"},
	} {
		exec(attack.do)
		exec(`UPDATE audit SET seq = -seq WHERE seq < 0`)
		refused(t, 1, []string{attack.entry}, verify...)
		if attack.undo == "" {
			continue
		}
		exec(attack.undo)
		exec(`UPDATE audit SET seq = -seq WHERE seq < 0`)
		if got := runWith(t, "", verify...); got.code != 0 || !strings.HasPrefix(got.stdout, "whole") {
			t.Fatalf("after %s was undone: exit %d\n%s", attack.name, got.code, got.stdout)
		}
	}
}
