package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/codicefiscale"
	"dispositivo/internal/ident"
	"dispositivo/internal/store"
	"dispositivo/internal/testkit"
	"dispositivo/pin"
)

// byHand keeps the day's letters from being made by themselves.
const byHand = "--letters-at=-1"

// confirmed brings invented people into a server's store whose PINs were asked
// for and confirmed; the server itself sends the first halves.
func (s *server) confirmed(t *testing.T, born, n int) {
	t.Helper()
	env := &environment{ctx: t.Context(), stdout: io.Discard, stderr: io.Discard, logger: slog.New(slog.DiscardHandler)}
	h, err := openHouse(env, storage{Data: s.Data}, dossier.DefaultPolicy(), true)
	if err != nil {
		t.Fatal(err)
	}
	defer h.close() //nolint:errcheck // committed
	var issues []string
	for i := range n {
		cf, err := codicefiscale.Compute("Cavalcaselle", "Ada", time.Date(born+i, 1, 1, 0, 0, 0, 0, time.UTC), "F", "H501")
		if err != nil {
			t.Fatal(err)
		}
		who := dossier.Holder{ID: ident.New(h.clock.Now()), Office: demoOffice, Person: dossier.Person{
			CodiceFiscale: cf.String(), Surname: "Cavalcaselle", Name: "Ada", Lang: []string{"it", "en"}[i%2],
			Contacts: dossier.Contacts{Email: "ada@prova.example"},
			Address:  dossier.Address{Street: "Calle Larga 21", Postcode: "C1043", City: "Buenos Aires", State: "Argentina"},
		}}
		p := dossier.PINIssue{ID: ident.New(h.clock.Now()), HolderID: who.ID, Kind: dossier.Ordinario, State: dossier.PINRequested, Channel: dossier.PINOnline}
		for _, ch := range []dossier.Change{
			{Effects: []dossier.Effect{
				dossier.AddHolder{Holder: who},
				dossier.OpenPIN{Issue: p},
				dossier.Tell{HolderID: who.ID, Kind: dossier.MessageFirstHalf, Occasion: p.ID},
			}},
			{PIN: &dossier.PINMove{ID: p.ID, Event: dossier.PINEventConfirmed}},
		} {
			ch.Actor = dossier.System("test")
			if _, err := h.store.Apply(t.Context(), ch); err != nil {
				t.Fatal(err)
			}
		}
		issues = append(issues, p.ID)
	}
	firstHalvesOut(t, h.store, issues)
}

// firstHalvesOut waits until the first half of each issue went out: its letter can
// be made then, and not before.
func firstHalvesOut(t *testing.T, s *store.Store, issues []string) {
	t.Helper()
	for _, id := range issues {
		if err := testkit.WaitFor(patience, func() error {
			p, err := s.PINIssue(t.Context(), id)
			if err == nil && p.WindowUntil.IsZero() {
				return errors.New("a first half is not out")
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// makesLetters makes letters until so many are made.
func (c *client) makesLetters(n int) {
	c.t.Helper()
	made := 0
	err := testkit.WaitFor(patience, func() error {
		var got struct{ Printed int }
		a := c.post("/letter-batches", nil)
		a.decode(c.t, &got)
		if made += got.Printed; made < n {
			return fmt.Errorf("%d letters of %d made", made, n)
		}
		return nil
	})
	if err != nil || made != n {
		c.t.Fatalf("%d letters of %d, %v", made, n, err)
	}
}

// newestBatch is the path of the newest batch.
func (c *client) newestBatch() string {
	c.t.Helper()
	var got struct{ Batches []struct{ ID string } }
	c.get("/letter-batches").decode(c.t, &got)
	if len(got.Batches) == 0 {
		c.t.Fatal("no batch")
	}
	return "/letter-batches/" + got.Batches[0].ID
}

// letterIDs reads a manifest.
func letterIDs(t *testing.T, manifest []byte) []string {
	t.Helper()
	lines, err := csv.NewReader(bytes.NewReader(manifest)).ReadAll()
	if err != nil || len(lines) < 2 {
		t.Fatalf("manifest of %d lines, %v", len(lines), err)
	}
	var ids []string
	for _, l := range lines[1:] {
		ids = append(ids, l[0])
	}
	return ids
}

// proves A7, A9, promise 4: the real server makes letters; killed and started
// again it gives the same bytes; and no half, name or address is in clear in a
// file of its data or in its log, before the letters were posted and after.
func TestLettersOfAServer(t *testing.T) {
	t.Parallel()
	s := serveDemo(t, byHand)
	s.confirmed(t, 1950, 3)
	boss := s.operator("supervisore")
	boss.makesLetters(3)
	batch := boss.newestBatch()
	pdf := boss.get(batch + "/letters")
	s.kill()
	s.start()
	boss = s.operator("supervisore")
	if again := boss.get(batch + "/letters"); again.Status != http.StatusOK || !bytes.Equal(again.Body, pdf.Body) {
		t.Fatalf("after the kill the letters are others: %d", again.Status)
	}
	secrets := append(halvesIn(t, pdf.Body), "Cavalcaselle", "Calle Larga")
	if len(secrets) != 3*2+2 {
		t.Fatalf("%d secrets to look for", len(secrets))
	}
	s.holdsNone(t, secrets)
	if a := boss.post(batch+"/posting", nil); a.Status != http.StatusNoContent {
		t.Fatalf("posting: %d %s", a.Status, a.Body)
	}
	if a := boss.get(batch + "/letters"); a.code() != dossier.CodeBatchPosted {
		t.Errorf("posted, and still to be had: %d", a.Status)
	}
	s.holdsNone(t, secrets)
}

// proves A9, E1: whoever looks at a demonstration finds letters that left, letters
// that wait to be fetched, and, until the day's are made, one still to be made.
func TestLettersOfADemonstration(t *testing.T) {
	t.Parallel()
	s := serveScenes(t)
	boss := s.operator("supervisore")
	type batch struct {
		PostedAt *time.Time `json:"posted_at"`
		Letters  int
	}
	var got struct {
		Waiting int
		Batches []batch
	}
	err := testkit.WaitFor(patience, func() error {
		boss.get("/letter-batches").decode(t, &got)
		if len(got.Batches) != 2 || got.Waiting+got.Batches[0].Letters != 3 {
			return fmt.Errorf("so far %+v", got)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if left := got.Batches[1]; left.PostedAt == nil || left.Letters != 2 || got.Batches[0].PostedAt != nil {
		t.Errorf("%+v", got)
	}
}

// halvesIn reads letters as their holders will: each half as it is and grouped.
func halvesIn(t *testing.T, pdf []byte) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "pdftotext", "-layout", "-", "-")
	cmd.Stdin = bytes.NewReader(pdf)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("pdftotext is needed (Debian: apt-get install poppler-utils): %v", err)
	}
	four := "([" + pin.Alphabet + "]{4})"
	var halves []string
	for _, m := range regexp.MustCompile(`\b`+four+`\s+`+four+`\b`).FindAllStringSubmatch(string(out), -1) {
		halves = append(halves, m[1]+m[2], m[1]+" "+m[2])
	}
	return halves
}

// holdsNone searches every file of the data and the log, in any case of letters.
// What the demonstration says of itself is no secret.
func (s *server) holdsNone(t *testing.T, secrets []string) {
	t.Helper()
	databases := 0
	search := func(where string, data []byte) {
		data = bytes.ToUpper(data)
		for _, secret := range secrets {
			if bytes.Contains(data, []byte(strings.ToUpper(secret))) {
				t.Errorf("%s holds %q", where, secret)
			}
		}
	}
	root := os.DirFS(s.Data)
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || strings.HasPrefix(path, "cache/") { // a socket holds nothing
			return err
		}
		data, err := fs.ReadFile(root, path)
		if bytes.Contains(data, []byte("letter_batches")) {
			databases++
		}
		search(d.Name(), data)
		return err
	})
	if err != nil || databases == 0 {
		t.Errorf("no database to look into, %v", err)
	}
	search("the log", []byte(s.log.String()))
}
