package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"github.com/pquerna/otp/totp"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/codicefiscale"
	"dispositivo/internal/ident"
	"dispositivo/internal/operator"
	"dispositivo/internal/seal"
	"dispositivo/internal/store"
	"dispositivo/internal/testkit"
	"dispositivo/pin"
)

// trial is a server under attack, the people who use it all the same, and what
// it promised them.
type trial struct {
	t       testing.TB
	ground  ground
	storage storage
	server  *server
	post    *postbox
	// listener is told of state changes.
	listener *listener
	holders  []*holder
	// life counts the server's lives.
	life          atomic.Int64
	flushes       int
	redisKills    int
	postgresKills int

	senders  sync.WaitGroup
	sending  atomic.Int64 // senders at work
	stopDesk context.CancelFunc
	desk     chan struct{}
	reviewer *client

	mu sync.Mutex
	// approved holds the dossiers whose approval was answered with 200, with
	// how often.
	approved map[string]int
}

// holder is an invented person with a PIN ordinario, and what was sent.
type holder struct {
	id, pinID string
	cf        string
	email     string
	papers    []paperSent
}

// paperSent is one document, and the receipt that was given for it.
type paperSent struct {
	hash     [sha256.Size]byte
	protocol string // "": refused
	status   int
	code     dossier.Code
	tries    int
}

// The secrets of all the trial's people.
const (
	trialPIN      = "PROVA-PROVA-2345"
	trialPassword = "una parola lunga"
	trialReviewer = "revisore"
)

// newTrial prepares a store with people, starts the server and signs the
// reviewer in.
func newTrial(t testing.TB, g ground, holders int) *trial {
	t.Helper()
	tr := groundOf(t, g)
	secondFactor := tr.populate(holders)
	tr.serve()
	tr.signInReviewer(secondFactor)
	return tr
}

// groundOf prepares keys and a postbox, and starts nothing.
func groundOf(t testing.TB, g ground) *trial {
	t.Helper()
	dir := t.TempDir()
	tr := &trial{t: t, ground: g, approved: map[string]int{}, desk: make(chan struct{})}
	tr.storage = storage{
		Data: filepath.Join(dir, "data"), KeyFile: filepath.Join(dir, "master.key"), PepperFile: filepath.Join(dir, "pepper.key"),
		DatabaseURL: g.database,
	}
	if err := seal.CreateKeys(tr.storage.KeyFile, tr.storage.PepperFile); err != nil {
		t.Fatal(err)
	}
	tr.post = startPostbox(t, &tr.life)
	tr.listener = startListener(t, dir)
	tr.storage.Webhooks = tr.listener.settings
	return tr
}

// serve starts the server and stops it when the test ends.
func (tr *trial) serve(more ...string) {
	tr.t.Helper()
	tr.server = &server{t: tr.t, Data: tr.storage.Data, log: &lockedBuffer{}, args: append(tr.serveArgs(), more...)}
	tr.server.URL = "http://" + tr.server.args[2]
	tr.server.start()
	tr.t.Cleanup(tr.server.stop)
}

func (tr *trial) serveArgs() []string {
	args := []string{
		"serve", "--addr", testkit.LastingAddr(tr.t), "--smtp-addr", tr.post.addr, "--smtp-tls", "none",
	}
	if tr.ground.redis != nil {
		// Soon, yet longer than a task takes on a busy machine: a worker has what
		// it took up alone for as long, and is taken for dead after.
		args = append(args, "--redis-url", tr.ground.redis.URL(), "--ring-again", "20s")
	}
	return append(args, tr.storageArgs()...)
}

func (tr *trial) storageArgs() []string {
	args := []string{"--data", tr.storage.Data, "--key-file", tr.storage.KeyFile, "--pepper-file", tr.storage.PepperFile, "--webhooks", tr.storage.Webhooks}
	if tr.storage.DatabaseURL != "" {
		args = append(args, "--database-url", tr.storage.DatabaseURL)
	}
	return args
}

// open opens the trial's store beside the server.
func (tr *trial) open() *house {
	tr.t.Helper()
	env := &environment{ctx: tr.t.Context(), stdout: io.Discard, stderr: io.Discard, logger: slog.New(slog.DiscardHandler)}
	h, err := openHouse(env, tr.storage, dossier.DefaultPolicy(), false)
	if err != nil {
		tr.t.Fatal(err)
	}
	return h
}

// populate adds the holders and the reviewer, and returns the reviewer's TOTP
// secret.
func (tr *trial) populate(holders int) (secondFactor string) {
	h := tr.open()
	defer h.close() //nolint:errcheck // committed or failed before
	ctx, hasher := tr.t.Context(), h.hasher()
	hash, err := hasher.Hash(ctx, pin.Normalize(trialPIN))
	if err != nil {
		tr.t.Fatal(err)
	}
	for n := range holders {
		who := &holder{id: ident.New(h.clock.Now()), pinID: ident.New(h.clock.Now()), cf: inventedCF(tr.t, n), email: fmt.Sprintf("prova%d@posta.example", n)}
		err := h.store.InsertHolder(ctx, store.NewHolder{PINHash: hash, Holder: dossier.Holder{
			ID: who.id, Office: "residenti-estero", PIN: dossier.PINIssue{ID: who.pinID, Kind: dossier.Ordinario},
			Person: dossier.Person{
				CodiceFiscale: who.cf, Surname: "Prova", Name: "Anna", Address: dossier.Address{State: "Svizzera"}, Contacts: dossier.Contacts{Email: who.email}, Lang: "it",
			},
		}})
		if err != nil {
			tr.t.Fatal(err)
		}
		tr.holders = append(tr.holders, who)
	}
	e, err := h.operators(hasher).Add(ctx, operator.New{
		Username: trialReviewer, Password: trialPassword, Role: dossier.RoleOperator, CodiceFiscale: inventedCF(tr.t, holders),
	})
	if err != nil {
		tr.t.Fatal(err)
	}
	u, err := url.Parse(e.URL)
	if err != nil {
		tr.t.Fatal(err)
	}
	return u.Query().Get("secret")
}

// inventedCF is the n-th of our people's: they differ in the day of birth.
func inventedCF(t testing.TB, n int) string {
	t.Helper()
	cf, err := codicefiscale.Compute("Prova", "Anna", time.Date(1940, 1, 1+n, 0, 0, 0, 0, time.UTC), "F", "Z404")
	if err != nil {
		t.Fatal(err)
	}
	return cf.String()
}

// document is a small PDF like no other, of one or two pages of 74 by 105 mm: what is on
// them matters to no trial, and small ones, mostly white, are read in a tenth of the time.
func document(t testing.TB, nonce string) []byte {
	t.Helper()
	doc := fpdf.NewCustom(&fpdf.InitType{UnitStr: "mm", Size: fpdf.SizeType{Wd: 74, Ht: 105}})
	doc.SetFont("Helvetica", "", 6)
	mark := sha256.Sum256([]byte(nonce))
	for page := range 1 + int(mark[0])%2 {
		doc.AddPage()
		doc.Cell(0, 10, fmt.Sprintf("Documento di prova %s, pagina %d", nonce, page+1))
		for i, b := range mark[1:5] { // each looks like no other, so that few need comparing
			y := float64(30 + 15*i + page)
			doc.Line(10, y, 11+float64(b)/5, y)
		}
	}
	var buf bytes.Buffer
	if err := doc.Output(&buf); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// persist asks until there is an answer that means something: none at all,
// "not now" and "too often" do not.
func (tr *trial) persist(ask func() (answer, error)) (a answer, tries int, err error) {
	for range 3000 { // five minutes
		tries++
		a, err = ask()
		if err == nil && a.Status < http.StatusInternalServerError && a.Status != http.StatusTooManyRequests {
			return a, tries, nil
		}
		<-time.After(100 * time.Millisecond)
	}
	return a, tries, errors.Join(err, errNotYet("status %d: %s", a.Status, a.Body))
}

func (c *client) tryPost(path string, v any) (answer, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return answer{}, err
	}
	return c.try(http.MethodPost, path, http.Header{"Content-Type": {"application/json"}}, bytes.NewReader(b))
}

// send lets a holder sign in and send papers, one after the other, while the
// trial goes on.
func (tr *trial) send(h *holder, papers int) {
	tr.sending.Add(1)
	tr.senders.Go(func() {
		defer tr.sending.Add(-1)
		c := &client{t: tr.t, url: tr.server.URL}
		if err := tr.signIn(c, "/sessions", func() map[string]string {
			return map[string]string{"codice_fiscale": h.cf, "pin": trialPIN}
		}); err != nil {
			tr.t.Errorf("sign in: %v", err)
			return
		}
		for n := range papers {
			if err := tr.sendOne(c, h, n); err != nil {
				tr.t.Errorf("send: %v", err)
				return
			}
		}
	})
}

func (tr *trial) signIn(c *client, path string, credentials func() map[string]string) error {
	a, _, err := tr.persist(func() (answer, error) { return c.tryPost(path, credentials()) })
	if err != nil {
		return err
	}
	var session struct{ Token string }
	if err := json.Unmarshal(a.Body, &session); err != nil || a.Status != http.StatusCreated {
		return fmt.Errorf("status %d: %s", a.Status, a.Body)
	}
	c.token = session.Token
	return nil
}

func (tr *trial) sendOne(c *client, h *holder, n int) error {
	key := fmt.Sprintf("%s-%d", h.id, n)
	data := document(tr.t, key)
	contentType, body := multipartFile(tr.t, "modulo.pdf", data)
	header := http.Header{"Content-Type": {contentType}, "Idempotency-Key": {key}}
	a, tries, err := tr.persist(func() (answer, error) {
		return c.try(http.MethodPost, "/conversions", header.Clone(), bytes.NewReader(body))
	})
	if err != nil {
		return err
	}
	sent := paperSent{hash: sha256.Sum256(data), status: a.Status, code: a.code(), tries: tries}
	if a.Status == http.StatusCreated || a.Status == http.StatusOK {
		var receipt struct{ Protocol string }
		if err := json.Unmarshal(a.Body, &receipt); err != nil {
			return err
		}
		sent.protocol = receipt.Protocol
	}
	h.papers = append(h.papers, sent)
	return nil
}

func (tr *trial) signInReviewer(secondFactor string) {
	tr.t.Helper()
	tr.reviewer = &client{t: tr.t, url: tr.server.URL}
	err := tr.signIn(tr.reviewer, "/operator-sessions", func() map[string]string {
		code, err := totp.GenerateCode(secondFactor, clock.System().Now())
		if err != nil {
			tr.t.Error(err)
		}
		return map[string]string{"username": trialReviewer, "password": trialPassword, "otp": code}
	})
	if err != nil {
		tr.t.Fatalf("sign in reviewer: %v", err)
	}
}

// startDesk lets the reviewer approve whatever comes until the trial settles.
func (tr *trial) startDesk() {
	ctx, cancel := context.WithCancel(tr.t.Context())
	tr.stopDesk = cancel
	go func() {
		defer close(tr.desk)
		for ctx.Err() == nil {
			if !tr.reviewOne() { //nolint:contextcheck // a request under way is answered, whoever stops the desk
				select {
				case <-ctx.Done():
				case <-time.After(20 * time.Millisecond):
				}
			}
		}
	}()
	tr.t.Cleanup(func() { cancel(); <-tr.desk })
}

// reviewOne claims, looks at every page and approves; false when there was
// nothing to do or nobody answered.
func (tr *trial) reviewOne() bool {
	a, err := tr.reviewer.tryPost("/reviews/next", nil)
	if err != nil || a.Status != http.StatusOK {
		return false
	}
	var claim claimJSON
	if err := json.Unmarshal(a.Body, &claim); err != nil {
		tr.t.Errorf("claim: %v", err)
		return false
	}
	for _, p := range claim.Pages {
		a, err := tr.reviewer.try(http.MethodGet, fmt.Sprintf("/documents/%s/pages/%d", p.DocumentID, p.N), nil, nil)
		if err != nil || a.Status != http.StatusOK || !strings.HasPrefix(a.Header.Get("Content-Type"), "image/") {
			return false // killed, or new pages came
		}
	}
	a, err = tr.reviewer.tryPost("/reviews/"+claim.ID+"/decision", map[string]any{"action": dossier.ActionApprove, "version": claim.Version})
	if err != nil || a.Status != http.StatusOK {
		return false
	}
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.approved[claim.DossierID]++
	return true
}
