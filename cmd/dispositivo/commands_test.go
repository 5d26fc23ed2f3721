package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/demo"
	"dispositivo/internal/testkit"
)

// ran is what a command left behind.
type ran struct {
	code           int
	stdout, stderr string
}

// runWith runs a command to its end, at most a minute, with its standard input.
func runWith(t *testing.T, stdin string, args ...string) ran {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := program(ctx, args...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	err := cmd.Run()
	if cmd.ProcessState == nil || ctx.Err() != nil {
		t.Fatalf("%v: %v\n%s%s", args, err, &out, &errs)
	}
	return ran{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// refused fails the test unless the command says no, with the texts.
func refused(t *testing.T, code int, texts []string, args ...string) {
	t.Helper()
	got := runWith(t, "", args...)
	if got.code != code {
		t.Errorf("%v: exit %d, want %d\n%s%s", args, got.code, code, got.stdout, got.stderr)
	}
	for _, text := range texts {
		if !strings.Contains(got.stdout+got.stderr, text) {
			t.Errorf("%v does not say %q:\n%s%s", args, text, got.stdout, got.stderr)
		}
	}
}

// write puts a file into a folder of the test's own.
func write(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// proves C2, DESIGN section 6: inspect tells the same as the door, without a server.
func TestInspectCommand(t *testing.T) {
	t.Parallel()
	good, bad := write(t, "buono.pdf", pdfOf(t, 2)), write(t, "cattivo.pdf", []byte("Buongiorno"))
	script, err := demo.ActivePage(time.Date(2026, time.May, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	active := write(t, "attivo.pdf", script)
	folder := t.TempDir()
	got := runWith(t, "", "inspect", "--json", "--render", folder, good)
	if got.code != 0 {
		t.Errorf("inspect: exit %d\n%s", got.code, got.stderr)
	}
	checkShape(t, got.stdout)
	for n := 1; n <= 2; n++ {
		f, err := os.Open(filepath.Join(folder, fmt.Sprintf("buono.pdf-p%d.png", n)))
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(f)
		if err := errors.Join(err, f.Close()); err != nil || img.Bounds().Dx() < 500 {
			t.Errorf("page %d: %v", n, err)
		}
	}
	verdicts := map[string]dossier.Verdict{good: dossier.Accepted, bad: dossier.Rejected, active: dossier.Quarantined}
	got = runWith(t, "", "inspect", "--json", good, bad, active)
	if got.code != 3 || strings.Count(got.stdout, "\n") != 3 {
		t.Errorf("inspect of three: exit %d\n%s", got.code, got.stdout)
	}
	for line := range strings.Lines(got.stdout) {
		var report struct {
			File    string
			Verdict dossier.Verdict
			Message string
		}
		if err := json.Unmarshal([]byte(line), &report); err != nil || report.Verdict != verdicts[report.File] || report.Message == "" {
			t.Errorf("%s: %v", line, err)
		}
	}
	refused(t, 3, []string{string(dossier.FileTooLarge)}, "inspect", "--json", "--max-bytes", "100", good)
	refused(t, 2, nil, "inspect")
	refused(t, 2, nil, "inspect", "--no-such-flag", good)
	refused(t, 1, []string{"nessuno.pdf"}, "inspect", filepath.Join(folder, "nessuno.pdf"))
}

// checkShape holds one line against the names of DESIGN section 6.
func checkShape(t *testing.T, line string) {
	t.Helper()
	var report map[string]any
	if err := json.Unmarshal([]byte(line), &report); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	want := []string{"bytes", "code", "file", "findings", "format", "message", "mrz", "ms", "pages", "sha256", "symbols", "verdict"}
	if got := slices.Sorted(maps.Keys(report)); !slices.Equal(got, want) {
		t.Errorf("fields %q, want %q", got, want)
	}
	for _, name := range []string{"findings", "mrz", "pages", "symbols"} {
		if _, ok := report[name].([]any); !ok {
			t.Errorf("%s is %v, not a list", name, report[name])
		}
	}
	pages, ok := report["pages"].([]any)
	if !ok || len(pages) != 2 {
		t.Fatalf("pages %v", report["pages"])
	}
	page, ok := pages[1].(map[string]any)
	if !ok {
		t.Fatalf("page %v", pages[1])
	}
	want = []string{"damaged_rows", "dpi_x", "dpi_y", "encoding", "height", "n", "rows", "turn", "width"}
	if got := slices.Sorted(maps.Keys(page)); !slices.Equal(got, want) {
		t.Errorf("fields of a page %q, want %q", got, want)
	}
	if _, ok := page["damaged_rows"].([]any); !ok || page["n"] != 2.0 {
		t.Errorf("page %v", page)
	}
}

// proves DESIGN section 6: what scripts lean on in a demonstration.
func TestDemoCommands(t *testing.T) {
	t.Parallel()
	var all struct {
		Citizens []struct {
			CodiceFiscale string `json:"codice_fiscale"`
			PIN           string
			Kind, Note    string
		}
		Operators []struct{ Username, Password, Role string }
	}
	decoder := json.NewDecoder(strings.NewReader(runWith(t, "", "demo", "credentials", "--json").stdout))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&all); err != nil {
		t.Fatal(err)
	}
	playable := 0
	for _, c := range all.Citizens {
		if c.Kind == string(dossier.Ordinario) && strings.HasPrefix(c.Note, "no dossier") {
			playable++
		}
	}
	roles := map[string]bool{}
	for _, o := range all.Operators {
		roles[o.Role] = o.Username != "" && o.Password != ""
	}
	if playable < 2 || !roles["operator"] || !roles["supervisor"] || !roles["auditor"] || !roles["admin"] {
		t.Errorf("%d citizens to play with, roles %v", playable, roles)
	}

	form, cf := write(t, "modulo.pdf", pdfOf(t, 1)), all.Citizens[0].CodiceFiscale
	documents := map[string]string{}
	for without, pages := range map[string]int{"": 2, "id": 1, "signature": 2} {
		got := runWith(t, "", "demo", "document", "--holder", cf, "--without", without, form)
		if got.code != 0 {
			t.Fatalf("demo document: exit %d\n%s", got.code, got.stderr)
		}
		documents[without] = got.stdout
		seen := runWith(t, "", "inspect", "--json", write(t, "documento.pdf", []byte(got.stdout)))
		if n := strings.Count(seen.stdout, `"n":`); n != pages || seen.code != 0 {
			t.Errorf("without %q: %d pages, want %d\n%s", without, n, pages, seen.stdout)
		}
	}
	if len(documents[""]) <= len(documents["signature"]) {
		t.Error("the signature leaves no trace")
	}
	refused(t, 1, []string{"demonstration"}, "demo", "document", "--holder", "RSSMRA80A01H501U", form)
	refused(t, 2, nil, "demo", "document", "--holder", cf, "--without", "face", form)
}

// premises is a place for a real system: folder and keys, no demonstration.
type premises struct{ data, key, pepper string }

func newPremises(t *testing.T) premises {
	t.Helper()
	dir := t.TempDir()
	p := premises{filepath.Join(dir, "data"), filepath.Join(dir, "master.key"), filepath.Join(dir, "pepper.key")}
	got := runWith(t, "", "init-keys", "--key-file", p.key, "--pepper-file", p.pepper)
	if got.code != 0 {
		t.Fatalf("init-keys: exit %d\n%s", got.code, got.stderr)
	}
	return p
}

// flags are the settings of every command that opens the store.
func (p premises) flags() []string {
	return []string{"--data", p.data, "--key-file", p.key, "--pepper-file", p.pepper}
}

// with puts them behind a command.
func (p premises) with(command ...string) []string { return append(command, p.flags()...) }

// proves DESIGN section 5: keys, and the line between demonstration and reality.
func TestServeRefuses(t *testing.T) {
	t.Parallel()
	addr := testkit.FreeAddr(t)
	p := newPremises(t)
	for _, path := range []string{p.key, p.pepper} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	refused(t, 1, []string{"never replaced"}, "init-keys", "--key-file", p.key, "--pepper-file", p.pepper)
	refused(t, 2, []string{"DISPOSITIVO_KEY_FILE", "init-keys"}, "serve", "--addr", addr, "--data", p.data)
	refused(t, 2, []string{"init-keys"}, "serve", "--addr", addr, "--data", p.data, "--key-file", p.key+"x", "--pepper-file", p.pepper)
	refused(t, 1, []string{"REDIS_URL"}, p.with("serve", "--addr", addr, "--role", "worker")...)
	refused(t, 2, nil, p.with("serve", "--addr", addr, "--role", "king")...)
	refused(t, 1, []string{"loopback"}, "serve", "--demo", "--addr", "0.0.0.0:0", "--data", t.TempDir())
	refused(t, 1, []string{"loopback"}, "serve", "--demo", "--addr", ":0", "--data", t.TempDir())
	if err := os.Chmod(p.key, 0o644); err != nil { //nolint:gosec // too open: that is refused
		t.Fatal(err)
	}
	refused(t, 2, []string{"0644", "chmod 600 " + p.key}, p.with("serve", "--addr", addr)...)
	if err := os.Chmod(p.key, 0o600); err != nil {
		t.Fatal(err)
	}

	// A store with a real operator in it is no place for a demonstration.
	add(t, p, "anna.rossi", "operator")
	refused(t, 1, []string{"empty store"}, p.with("serve", "--demo", "--addr", addr)...)
	refused(t, 1, nil, "serve", "--demo", "--addr", addr, "--data", p.data)

	// And a demonstration's store is served as nothing else.
	play := t.TempDir()
	s := serveArgs(t, play, "--demo")
	s.stop()
	q := premises{play, filepath.Join(play, "demo-master.key"), filepath.Join(play, "demo-pepper.key")}
	refused(t, 1, []string{"holds a demonstration"}, q.with("serve", "--addr", addr)...)
	refused(t, 1, []string{"holds a demonstration"}, q.with("operator", "add", "--username", "anna.rossi", "--role", "operator",
		"--codice-fiscale", "RSSMRA80A01H501U", "--password-file", write(t, "password", []byte("parola-molto-lunga")))...)
}

// add enrols an operator and returns the authenticator's address.
func add(t *testing.T, p premises, username, role string) string {
	t.Helper()
	got := runWith(t, "parola-molto-lunga\n", p.with("operator", "add", "--username", username, "--role", role, "--codice-fiscale", "RSSMRA80A01H501U")...)
	at := strings.Index(got.stdout, "otpauth://")
	if got.code != 0 || at < 0 {
		t.Fatalf("operator add: exit %d\n%s%s", got.code, got.stdout, got.stderr)
	}
	return strings.TrimSpace(got.stdout[at:])
}

// proves DESIGN section 5: operators sign in with a second factor, each code once.
func TestOperators(t *testing.T) {
	t.Parallel()
	p := newPremises(t)
	for range 2 {
		if got := runWith(t, "", p.with("migrate")...); got.code != 0 || !strings.Contains(got.stdout, "up to date") {
			t.Fatalf("migrate: exit %d\n%s", got.code, got.stderr)
		}
	}
	key, err := otp.NewKeyFromURL(add(t, p, "anna.rossi", "supervisor"))
	if err != nil {
		t.Fatal(err)
	}
	short := write(t, "password", []byte("corta"))
	for _, wrong := range [][]string{
		{"--username", "anna.rossi", "--role", "operator", "--codice-fiscale", "RSSMRA80A01H501U"},
		{"--username", "bruno", "--role", "king", "--codice-fiscale", "RSSMRA80A01H501U"},
		{"--username", "bruno", "--role", "operator", "--codice-fiscale", "RSSMRA80A01H501X"},
		{"--username", "Bruno Bianchi", "--role", "operator", "--codice-fiscale", "RSSMRA80A01H501U"},
		{"--username", "bruno", "--role", "operator", "--codice-fiscale", "RSSMRA80A01H501U", "--password-file", short},
	} {
		if got := runWith(t, "parola-molto-lunga\n", p.with(append([]string{"operator", "add"}, wrong...)...)...); got.code != 1 {
			t.Errorf("%v: exit %d\n%s", wrong, got.code, got.stdout)
		}
	}
	s := serveArgs(t, p.data, "--key-file", p.key, "--pepper-file", p.pepper)
	w := newWitness(t, s)
	credentials := map[string]string{"username": "anna.rossi", "password": "parola-molto-lunga"}
	signIn := func(code string) answer {
		if code != "" {
			credentials["otp"] = code
		}
		return w.ask(t, s.nobody(), http.MethodPost, "/operator-sessions", credentials)
	}
	expect(t, "without the second factor", signIn(""), http.StatusForbidden, dossier.CodeSecondFactor)
	code, err := totp.GenerateCode(key.Secret(), clock.System().Now())
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "another code", signIn(other(code)), http.StatusUnauthorized, dossier.CodeCredentialsWrong)
	got := signIn(code)
	expect(t, "right", got, http.StatusCreated, "")
	var session struct {
		Token string
		Role  dossier.Role
	}
	got.decode(t, &session)
	if session.Role != dossier.RoleSupervisor {
		t.Errorf("role %s", session.Role)
	}
	expect(t, "the same code again", signIn(code), http.StatusUnauthorized, dossier.CodeCredentialsWrong)
	supervisor := &client{t: t, url: s.URL, token: session.Token}
	expect(t, "at work", w.ask(t, supervisor, http.MethodPost, "/reviews/next", nil), http.StatusNoContent, "")
	if page := s.messageBox(); strings.Contains(page, "dsp-messages") {
		t.Error("a real system has a message box")
	}
	for _, secret := range []string{credentials["password"], key.Secret(), code, session.Token, "RSSMRA80A01H501U"} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// other is a code that differs in its first digit.
func other(code string) string { return string('0'+(code[0]-'0'+5)%10) + code[1:] }

// proves B6, C7: the commands that prove a store whole see what is not.
func TestProofs(t *testing.T) { //nolint:tparallel // each part goes on from the one before
	t.Parallel()
	s := serveScenes(t)
	used(t, s.Data)
	s.stop()
	for _, args := range [][]string{{"audit", "verify"}, {"reconcile"}, {"doctor"}} {
		got := runWith(t, "", append(args, "--demo", "--data", s.Data)...)
		if got.code != 0 || got.stdout == "" {
			t.Fatalf("%v: exit %d\n%s%s", args, got.code, got.stdout, got.stderr)
		}
	}
	refused(t, 1, []string{"BAD", "init-keys"}, "doctor", "--data", s.Data)
	t.Run("erasure", func(t *testing.T) { eraseHolder(t, s.Data) })
	t.Run("audit", func(t *testing.T) { tamper(t, s.Data) })
	t.Run("blob", func(t *testing.T) { loseBlob(t, s.Data) })
}

// used waits until there is something to prove: a log and pages.
func used(t *testing.T, data string) {
	t.Helper()
	db := openSQLite(t, data)
	err := testkit.WaitFor(2*time.Minute, func() error {
		var sealed, pages int
		err := db.QueryRowContext(t.Context(), `SELECT (SELECT COUNT(*) FROM audit WHERE seq IS NOT NULL), (SELECT COUNT(*) FROM pages)`).Scan(&sealed, &pages)
		if err == nil && (sealed < 20 || pages == 0) {
			err = fmt.Errorf("%d entries, %d pages", sealed, pages)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// openSQLite opens a store behind the program's back.
func openSQLite(t *testing.T, data string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(data, "dispositivo.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // every statement was checked
	return db
}

// loseBlob removes the bytes of one document that a row knows: of a reading that
// was cut short, pages may lie there that no row knows yet.
func loseBlob(t *testing.T, data string) {
	var name, found string
	if err := openSQLite(t, data).QueryRowContext(t.Context(), `SELECT blob FROM files WHERE blob <> '' LIMIT 1`).Scan(&name); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(filepath.Join(data, "blobs"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == name {
			found = path
		}
		return err
	})
	if err != nil || found == "" {
		t.Fatalf("blob is not there: %v", err)
	}
	if err := os.Remove(found); err != nil {
		t.Fatal(err)
	}
	refused(t, 1, []string{"FAULT", "not on disk"}, "reconcile", "--demo", "--data", data)
	refused(t, 1, []string{"BAD", "not on disk"}, "doctor", "--demo", "--data", data)
}
