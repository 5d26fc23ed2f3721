package letters_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/codicefiscale"
	"dispositivo/internal/ident"
	"dispositivo/internal/passhash"
	"dispositivo/internal/testkit"
	"dispositivo/internal/testkit/house"
	"dispositivo/internal/throttle"
	"dispositivo/pin"
	"dispositivo/pin/letters"
)

// codes are valid, of nobody.
var codes = func() []string {
	var all []string
	for i := range 5 {
		cf, err := codicefiscale.Compute("Cavalcaselle", "Ada", time.Date(1980+i, 1, 1, 0, 0, 0, 0, time.UTC), "F", "H501")
		if err != nil {
			panic(err)
		}
		all = append(all, cf.String())
	}
	return all
}()

const day = 24 * time.Hour

func TestMain(m *testing.M) {
	if os.Getenv(childDir) != "" {
		makeInChild()
		return
	}
	os.Exit(testkit.Main(m))
}

// world is a house with the letters' service and what it logs.
type world struct {
	house.House
	hasher *passhash.Hasher
	log    *lockedLog
	serve  *letters.Service
}

// lockedLog collects what is logged.
type lockedLog struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func newWorld(t *testing.T, h house.House) *world {
	t.Helper()
	w := &world{House: h, hasher: passhash.New(h.Keys.Pepper()), log: &lockedLog{}}
	w.serve = w.service(h.Store)
	return w
}

// service is what a restarted or second process has.
func (w *world) service(store letters.Store) *letters.Service {
	w.T.Helper()
	return letters.New(config(w.T, w.House, store, w.hasher, slog.New(slog.NewTextHandler(w.log, nil))))
}

func config(t testing.TB, h house.House, store letters.Store, hasher *passhash.Hasher, logger *slog.Logger) letters.Config {
	t.Helper()
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	return letters.Config{
		Store: store, Hasher: hasher, Clock: h.Clock, Logger: logger, Policy: letters.DefaultPolicy(),
		Agency: "INPS", Return: "INPS, Via Prova 1, 00100 Roma", Portal: "https://pin.example", Phone: "803 164", Rome: rome,
		Tries: throttle.New(h.Clock, 100, time.Millisecond),
	}
}

// add brings in a holder who lives in a state, "" for Italy, and whose PIN was
// confirmed: its first half is out, and it wants a letter.
func (w *world) add(cf, state string) dossier.Holder {
	w.T.Helper()
	h := w.asks(cf, state)
	w.first(h)
	w.MovePIN(h.PIN.ID, dossier.PINEventConfirmed)
	return w.holder(h.ID)
}

// asks brings in a holder who asked for a PIN.
func (w *world) asks(cf, state string) dossier.Holder {
	w.T.Helper()
	now := w.Clock.Now()
	h := dossier.Holder{ID: ident.New(now), Person: dossier.Person{
		CodiceFiscale: cf, Surname: "Cavalcaselle", Name: "Ada", Lang: "it",
		Contacts: dossier.Contacts{}.With(dossier.ContactEmail, "ada@prova.example", now, false),
		Address:  dossier.Address{Street: "Calle Larga 21", Postcode: "30100", City: "Prova", State: state},
	}}
	w.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{
		dossier.AddHolder{Holder: h},
		dossier.OpenPIN{Issue: dossier.PINIssue{
			ID: ident.New(now), HolderID: h.ID, Kind: dossier.Ordinario, State: dossier.PINRequested, Channel: dossier.PINOnline,
		}},
	}})
	return w.holder(h.ID)
}

// first sets a first half and its window, as the courier does.
func (w *world) first(h dossier.Holder) {
	w.T.Helper()
	w.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{
		dossier.SetHalf{PINIssueID: h.PIN.ID, Half: dossier.Half{N: 1, Hash: "hash", Class: pin.ClassEmail}},
		dossier.SetWindow{PINIssueID: h.PIN.ID, Until: w.Clock.Now().Add(90 * day)},
	}})
}

func (w *world) holder(id string) dossier.Holder {
	w.T.Helper()
	h, err := w.Holder(w.T.Context(), id)
	if err != nil {
		w.T.Fatal(err)
	}
	return h
}

func (w *world) state(h dossier.Holder) dossier.PINState {
	w.T.Helper()
	return w.holder(h.ID).PIN.State
}

// prints makes letters, a second after whatever was before, and says how many.
func (w *world) prints() letters.Made {
	w.T.Helper()
	w.Clock.Advance(time.Second)
	made, err := w.serve.Make(w.T.Context(), operator)
	if err != nil {
		w.T.Fatal(err)
	}
	return made
}

// newest is the newest batch.
func (w *world) newest() dossier.LetterBatch {
	w.T.Helper()
	o, err := w.serve.Overview(w.T.Context(), supervisor)
	if err != nil || len(o.Batches) == 0 {
		w.T.Fatalf("batches %+v, %v", o, err)
	}
	return o.Batches[0]
}

// posts takes the newest batch and marks it as posted.
func (w *world) posts() map[string]string {
	w.T.Helper()
	b := w.newest()
	halves := w.halves(b.ID)
	if err := w.serve.Post(w.T.Context(), supervisor, b.ID); err != nil {
		w.T.Fatal(err)
	}
	return halves
}

func (w *world) file(get func(context.Context, dossier.Actor, string) (letters.File, error), batchID string) []byte {
	w.T.Helper()
	f, err := get(w.T.Context(), supervisor, batchID)
	if err != nil {
		w.T.Fatal(err)
	}
	return f.Data
}

// letter is the newest letter of a holder's PIN.
func (w *world) letter(h dossier.Holder) dossier.PINLetter {
	w.T.Helper()
	l, err := w.LastPINLetter(w.T.Context(), h.PIN.ID)
	if err != nil {
		w.T.Fatal(err)
	}
	return l
}

// halves reads a batch's PDF as the holders will: letter → half.
func (w *world) halves(batchID string) map[string]string {
	w.T.Helper()
	return readHalves(w.T, w.file(w.serve.Letters, batchID))
}

var (
	half = regexp.MustCompile(`\b([` + pin.Alphabet + `]{4})\s+([` + pin.Alphabet + `]{4})\b`)
	idOf = regexp.MustCompile(`\b[0-9a-hjkmnp-tv-z]{26}\b`)
)

func readHalves(t testing.TB, pdf []byte) map[string]string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "pdftotext", "-layout", "-", "-")
	cmd.Stdin = bytes.NewReader(pdf)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("pdftotext is needed (Debian: apt-get install poppler-utils): %v", err)
	}
	found := map[string]string{}
	for page := range strings.SplitSeq(strings.TrimSuffix(string(out), "\f"), "\f") {
		m, id := half.FindStringSubmatch(page), idOf.FindString(page)
		if m == nil || id == "" {
			t.Fatalf("no half or id on a page:\n%s", page)
		}
		found[id] = m[1] + m[2]
	}
	return found
}

// counts reports whether a half is the one that the database takes for the
// second of a holder's PIN.
func (w *world) counts(cf, typed string) bool {
	w.T.Helper()
	s, err := w.PINSecrets(w.T.Context(), cf)
	if err != nil {
		w.T.Fatal(err)
	}
	right, err := w.hasher.Verify(w.T.Context(), s.Second.Hash, typed)
	if err != nil {
		w.T.Fatal(err)
	}
	return right
}

// The people at the desk.
var (
	operator   = dossier.Actor{Role: dossier.RoleOperator, ID: "op"}
	supervisor = dossier.Actor{Role: dossier.RoleSupervisor, ID: "super"}
	admin      = dossier.Actor{Role: dossier.RoleAdmin, ID: "admin"}
	auditor    = dossier.Actor{Role: dossier.RoleAuditor, ID: "auditor"}
)
