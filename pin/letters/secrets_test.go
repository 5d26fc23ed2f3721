package letters_test

import (
	"bytes"
	"context"
	"io/fs"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/courier"
	"dispositivo/internal/i18n"
	"dispositivo/internal/notify"
	"dispositivo/internal/testkit/house"
	"dispositivo/pin"
)

// box is a carrier that remembers what it was given.
type box struct{ texts []string }

func (b *box) Send(_ context.Context, m notify.Message) error {
	b.texts = append(b.texts, m.Text)
	return nil
}

// sends does every open task of the courier.
func (w *world) sends(to notify.Sender) {
	w.T.Helper()
	texts, err := i18n.Embedded()
	if err != nil {
		w.T.Fatal(err)
	}
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		w.T.Fatal(err)
	}
	c := courier.New(courier.Config{
		Store: w.Store, Composer: notify.NewComposer(texts, "INPS", "803 164"), Sender: to, Clock: w.Clock,
		Mint:   pin.NewMinter(w.hasher, w.Clock, pin.DefaultPolicy(), rome),
		Logger: slog.New(slog.NewTextHandler(w.log, nil)), StatusURL: "https://pin.example/stato", Domain: "pin.example", Rome: rome,
	})
	due, err := w.DueTasks(w.T.Context(), w.Clock.Now().Add(time.Hour), 100)
	if err != nil {
		w.T.Fatal(err)
	}
	for _, task := range due {
		if task.Kind == dossier.TaskSend {
			if err := c.Send(w.T.Context(), task.ID, task.Subject); err != nil {
				w.T.Fatal(err)
			}
		}
	}
}

// proves A7, A9, promise 4: after a whole run, from the request to letters that
// were lost and came back, no half lies in clear in the database, its log, a
// blob, the tasks or what was logged; nor does an address.
func TestNoHalfLiesInClear(t *testing.T) {
	t.Parallel()
	w := newWorld(t, house.New(t))
	to := &box{}
	who := w.asks(codes[0], "")
	w.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{
		dossier.Tell{HolderID: who.ID, Kind: dossier.MessageFirstHalf, Occasion: who.PIN.ID},
	}})
	w.sends(to)
	w.MovePIN(who.PIN.ID, dossier.PINEventConfirmed)
	w.sends(to)
	secrets := map[string]bool{"Cavalcaselle": true, "Calle Larga": true, codes[0]: true}
	keep := func(halves map[string]string) {
		for _, h := range halves {
			secrets[h], secrets[pin.Group(h)] = true, true
		}
	}
	w.prints()
	keep(w.halves(w.newest().ID)) // searched for while it is still to be posted, too
	w.wantNowhere(secrets)
	keep(w.posts())
	w.Clock.Advance(10 * day)
	w.asksAgain(who)
	w.prints()
	last := w.letter(who)
	keep(w.posts())
	if _, _, err := w.serve.Return(t.Context(), operator, last.ID); err != nil {
		t.Fatal(err)
	}
	w.Clock.Advance(90 * day)
	w.lapses(who)
	w.asksAgain(who)
	w.sends(to)
	for _, text := range to.texts {
		if m := half.FindStringSubmatch(text); m != nil {
			secrets[m[1]+m[2]], secrets[m[1]+" "+m[2]] = true, true
		}
	}
	if len(secrets) != 3+2*2+2*2 {
		t.Fatalf("%d secrets to look for", len(secrets))
	}
	w.wantNowhere(secrets)
}

// wantNowhere searches every file of the house, and the log.
func (w *world) wantNowhere(secrets map[string]bool) {
	w.T.Helper()
	found := func(where string, data []byte) {
		for secret := range secrets {
			if regexp.MustCompile(`(?i)` + regexp.QuoteMeta(secret)).Match(data) {
				w.T.Errorf("%s holds %q", where, secret)
			}
		}
	}
	files := 0
	root := os.DirFS(w.Dir)
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(root, path)
		found(d.Name(), data)
		if strings.HasPrefix(d.Name(), "test.db") && bytes.Contains(data, []byte("letter_batches")) {
			files++
		}
		return err
	})
	if err != nil || files == 0 {
		w.T.Errorf("no database to look into, %v", err)
	}
	w.log.mu.Lock()
	defer w.log.mu.Unlock()
	found("the log", w.log.buf.Bytes())
}
