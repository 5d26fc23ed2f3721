package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/testkit"
)

// proves promise 1, C3, C6 and C7: whatever moment the server is killed at, a scan that
// the page of the counter took, one that was moved out of the scan folder and attached,
// and a composition that was confirmed, are there, once.
func TestKillPages(t *testing.T) {
	t.Parallel()
	killPages(t, embedded(), 10)
}

// proves promise 1, C3, C6 and C7 for pages: PostgreSQL and Redis are killed as well.
func TestKillPagesPostgresRedis(t *testing.T) {
	t.Parallel()
	killPages(t, killable(t), 10)
}

// pagesTrial is a server under attack, and people who press a button of its pages again
// until they have an answer.
type pagesTrial struct {
	*trial
	folder string
	// again counts the buttons that had no answer at first.
	again atomic.Int64

	mu   sync.Mutex
	acks []pageAck
}

// pageAck is what a page acknowledged: one document of one holder.
type pageAck struct {
	holder *holder
	// hash is of the file that was sent.
	hash [sha256.Size]byte
	// named is what the answer leads to: the submission, or the dossier.
	named string
	// composition is the one that was confirmed; "" for a scan.
	composition string
}

const actsEachRound = 3

// closeToTheEnd is how long before the server is killed a button is pressed at most.
const closeToTheEnd = 150 * time.Millisecond

func killPages(t *testing.T, g ground, rounds int) figures { //nolint:unparam // the soak test writes them down
	t.Helper()
	seed, begin := seedOf(t), clock.System().Now()
	random := rand.New(rand.NewPCG(seed, uint64(rounds)))
	tr := newPagesTrial(t, groundOf(t, g), rounds*actsEachRound)
	for n := range rounds {
		who := tr.holders[n*actsEachRound:]
		scanned, left, composer := who[0], who[1], who[2]
		made := tr.composes(composer)
		life := between(random, shortestLife, longestLife)
		late := max(0, life-closeToTheEnd)
		tr.play(sorted(append([]act{
			{at: life, do: tr.kill},
			{at: between(random, late, life), do: func() { tr.acts(scanned, tr.byPage) }},
			{at: between(random, 0, life), do: func() { tr.acts(left, tr.byFolder) }},
			{at: between(random, late, life), do: func() { tr.acts(composer, made.confirms) }},
		}, tr.faults(random, life)...)))
		tr.server.start()
		tr.senders.Wait()
	}
	tr.awaitRead()
	tr.server.stop()
	return tr.provePages(rounds*actsEachRound).during(t, seed, rounds, begin)
}

// newPagesTrial starts a server with a scan folder, and signs the reviewer in.
func newPagesTrial(t *testing.T, tr *trial, holders int) *pagesTrial {
	t.Helper()
	p := &pagesTrial{trial: tr, folder: t.TempDir()}
	secondFactor := p.populate(holders)
	p.serve("--scan-folder", "residenti-estero="+p.folder)
	p.signInReviewer(secondFactor)
	return p
}

// acts lets one thing be done until it is acknowledged, while the trial goes on.
func (tr *pagesTrial) acts(who *holder, do func(who *holder) (pageAck, error)) {
	tr.senders.Go(func() {
		ack, err := do(who)
		if err != nil {
			tr.t.Errorf("%s: %v", who.email, err)
			return
		}
		tr.mu.Lock()
		defer tr.mu.Unlock()
		tr.acks = append(tr.acks, ack)
	})
}

// byPage scans at the counter.
func (tr *pagesTrial) byPage(who *holder) (pageAck, error) {
	data := document(tr.t, "scanned for "+who.id)
	to, err := tr.press(tr.clerk(), "/desk/scansione", "/desk/scansione", pageScan(tr.t, who.cf, data))
	return pageAck{holder: who, hash: sha256.Sum256(data), named: strings.TrimPrefix(to, "/desk/scansione/")}, err
}

// byFolder leaves a scan in the folder, and attaches it on the page.
func (tr *pagesTrial) byFolder(who *holder) (pageAck, error) {
	data := document(tr.t, "left for "+who.id)
	if err := leaveIn(tr.folder, who.id, data, ".json", []byte(`{"dossier":"`+who.cf+`"}`)); err != nil {
		return pageAck{}, err
	}
	scan, err := awaitScan(tr.reviewer, who.cf)
	if err != nil {
		return pageAck{}, err
	}
	to, err := tr.press(tr.clerk(), "/desk/scansione", "/desk/scansione/"+scan.ID+"/fascicolo", fields(url.Values{"fascicolo": {who.cf}}))
	if err == nil && to != "/desk/scansione/"+scan.ID {
		err = fmt.Errorf("attaching %s leads to %s", scan.ID, to)
	}
	return pageAck{holder: who, hash: sha256.Sum256(data), named: scan.ID}, err
}

// composition is one that waits to be confirmed.
type composition struct {
	*pagesTrial
	cookie, id string
	hash       [sha256.Size]byte
}

// composes signs a holder in and has a picture put together.
func (tr *pagesTrial) composes(who *holder) composition {
	tr.t.Helper()
	c := &client{t: tr.t, url: tr.server.URL}
	if err := tr.signIn(c, "/sessions", func() map[string]string {
		return map[string]string{"codice_fiscale": who.cf, "pin": trialPIN}
	}); err != nil {
		tr.t.Fatal(err)
	}
	picture := sheet(tr.t, len(tr.acks)%300+1)
	contentType, body := filesForm(tr.t, picture)
	a := c.do(http.MethodPost, "/conversions/compositions", http.Header{"Content-Type": {contentType}}, bytes.NewReader(body))
	var made struct{ ID string }
	if a.decode(tr.t, &made); a.Status != http.StatusCreated {
		tr.t.Fatalf("compose: %d %s", a.Status, a.Body)
	}
	return composition{pagesTrial: tr, cookie: "dsp_citizen=" + c.token, id: made.ID, hash: sha256.Sum256(picture)}
}

func (c composition) path() string { return "/conversione/pagine/" + c.id }

// confirms presses the button under the preview.
func (c composition) confirms(who *holder) (pageAck, error) {
	to, err := c.press(c.cookie, c.path(), c.path()+"/conferma", fields(url.Values{}))
	id, _, _ := strings.Cut(strings.TrimPrefix(to, "/conversione/"), "?ricevuta=")
	return pageAck{holder: who, hash: c.hash, named: id, composition: c.id}, err
}

// clerk is the reviewer's cookie.
func (tr *pagesTrial) clerk() string { return "dsp_operator=" + tr.reviewer.token }

// filled is what a form sends, with its token.
type filled func(token string) (contentType string, body []byte)

func fields(v url.Values) filled {
	return func(token string) (string, []byte) {
		v.Set("csrf", token)
		return "application/x-www-form-urlencoded", []byte(v.Encode())
	}
}

// pageScan is the form of the counter.
func pageScan(t testing.TB, named string, data []byte) filled {
	return func(token string) (string, []byte) {
		contentType, body := scanForm(t, named, data)
		boundary := strings.TrimPrefix(contentType, "multipart/form-data; boundary=")
		body = bytes.Replace(body, []byte(`name="dossier"`), []byte(`name="fascicolo"`), 1)
		first := "--" + boundary + "\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n" + token + "\r\n"
		return contentType, append([]byte(first), body...)
	}
}

// press opens a page and presses a button of it, both again until there is an answer
// that means something, and returns where that leads.
func (tr *pagesTrial) press(cookie, page, button string, form filled) (string, error) {
	a, tries, err := tr.persist(func() (answer, error) {
		token, got, err := tr.tokenOf(cookie, page)
		if err != nil || token == "" {
			return got, err
		}
		contentType, body := form(token)
		return tr.browse(cookie, http.MethodPost, button, contentType, body)
	})
	if tries > 1 {
		tr.again.Add(1)
	}
	if err == nil && a.Status != http.StatusSeeOther {
		err = fmt.Errorf("%s: status %d\n%s", button, a.Status, a.Body)
	}
	return a.Header.Get("Location"), err
}

// tokenOf opens a page and reads the token of its forms, "" for none.
func (tr *trial) tokenOf(cookie, page string) (string, answer, error) {
	got, err := tr.browse(cookie, http.MethodGet, page, "", nil)
	if found := hidden.FindSubmatch(got.Body); err == nil && found != nil {
		return string(found[1]), got, nil
	}
	return "", got, err
}

// browse asks as a browser does, and follows no redirection.
func (tr *trial) browse(cookie, method, path, contentType string, body []byte) (answer, error) {
	req, err := http.NewRequestWithContext(tr.t.Context(), method, tr.server.URL+path, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Cookie", cookie)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	c := http.Client{Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := c.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	b, err := io.ReadAll(resp.Body)
	return answer{Status: resp.StatusCode, Header: resp.Header, Body: b}, err
}

// provePages: each holder has one dossier with one submission, which is what was sent
// and what the answer named, and one receipt; and nothing else is there.
func (tr *pagesTrial) provePages(want int) figures {
	tr.t.Helper()
	h := tr.open()
	defer h.close() //nolint:errcheck // only read
	if err := h.sealAudit(tr.t.Context()); err != nil {
		tr.t.Error(err)
	}
	for _, ack := range tr.acks {
		if err := ack.prove(tr.t, h); err != nil {
			tr.t.Errorf("%s: %v", ack.holder.email, err)
		}
	}
	kept := 0
	if err := h.store.EachSubmission(tr.t.Context(), func(dossier.Submission) error { kept++; return nil }); err != nil {
		tr.t.Error(err)
	}
	receipts := 0
	messages, err := h.store.Messages(tr.t.Context(), "", 100*want)
	for _, m := range messages {
		if m.Kind == dossier.MessageReceipt {
			receipts++
		}
	}
	if err != nil || len(tr.acks) != want || kept != want || receipts != want {
		tr.t.Errorf("%d things done, %d acknowledged, %d kept, %d receipts, %v", want, len(tr.acks), kept, receipts, err)
	}
	tr.proveBooks()
	f := tr.suffered()
	f.receipts, f.asked = len(tr.acks), int(tr.again.Load())
	return f
}

func (a pageAck) prove(t testing.TB, h *house) error {
	all, err := h.store.DossiersOf(t.Context(), a.holder.id)
	if err != nil || len(all) != 1 || len(all[0].Submissions) != 1 {
		return fmt.Errorf("dossiers %+v, %w", all, err)
	}
	d, sub := all[0], all[0].Submissions[0]
	if a.named != d.ID && a.named != sub.ID {
		return fmt.Errorf("the answer named %q, there are dossier %s and submission %s", a.named, d.ID, sub.ID)
	}
	data, err := h.vault.Open(t.Context(), sub.Documents[0], sub.Documents[0].Blob)
	if err != nil {
		return err
	}
	if a.composition != "" {
		return a.proveComposition(t, h, sub, data)
	}
	if sha256.Sum256(data) != a.hash {
		return errors.New("the document is another than the one scanned")
	}
	return nil
}

// proveComposition: the document is the one looked at, and the picture is kept with it.
func (a pageAck) proveComposition(t testing.TB, h *house, sub dossier.Submission, data []byte) error {
	c, err := h.store.Composition(t.Context(), a.composition)
	if err != nil || c.SubmissionID != sub.ID {
		return fmt.Errorf("the composition belongs to %q, not to %s: %w", c.SubmissionID, sub.ID, err)
	}
	result, there := c.Result() // what was shown goes when its time is over; the originals stay
	if !there && clock.System().Now().Before(c.ExpiresAt) {
		return errors.New("what was confirmed is gone before its time")
	}
	if there {
		shown, err := h.vault.Open(t.Context(), result, result.Blob)
		if err != nil || !bytes.Equal(shown, data) {
			return fmt.Errorf("the document is another than the one confirmed: %w", err)
		}
	}
	for _, f := range c.Originals() {
		picture, err := h.vault.Open(t.Context(), f, f.Blob)
		if err != nil || sha256.Sum256(picture) != a.hash {
			return fmt.Errorf("the picture is another than the one sent: %w", err)
		}
	}
	if len(c.Originals()) != 1 {
		return fmt.Errorf("%d pictures are kept", len(c.Originals()))
	}
	return nil
}

// proves promise 1, C3, C6 and C7: while the disk is full the pages say that nothing was
// recorded, and the scan stays in its folder; with room again each is taken, once.
func TestPagesOnFullDisk(t *testing.T) {
	t.Parallel()
	if os.Getenv(inOwnMounts) == "" {
		anewInOwnMounts(t)
		return
	}
	small := groundOf(t, embedded())
	full, room := smallDisk(t, small)
	tr := newPagesTrial(t, small, actsEachRound)
	scanned, left, composer := tr.holders[0], tr.holders[1], tr.holders[2]
	made := tr.composes(composer)
	tokens := map[string]string{}
	for cookie, page := range map[string]string{tr.clerk(): "/desk/scansione", made.cookie: made.path()} {
		token, _, err := tr.tokenOf(cookie, page)
		if err != nil || token == "" {
			t.Fatalf("%s: no token, %v", page, err)
		}
		tokens[cookie] = token
	}
	full()
	tr.isRefused(tr.clerk(), "/desk/scansione", tokens, pageScan(t, scanned.cf, document(t, "refused")))
	tr.isRefused(made.cookie, made.path()+"/conferma", tokens, fields(url.Values{}))
	tr.acts(left, tr.byFolder)
	err := testkit.WaitFor(time.Minute, func() error {
		if !strings.Contains(tr.server.log.String(), `"chore":"take in scans"`) {
			return errNotYet("the folder says nothing")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if waiting, err := filepath.Glob(filepath.Join(tr.folder, "*.pdf")); err != nil || len(waiting) != 1 {
		t.Errorf("the folder holds %v, %v", waiting, err)
	}
	room()
	tr.acts(scanned, tr.byPage)
	tr.acts(composer, made.confirms)
	tr.senders.Wait()
	tr.awaitRead()
	tr.server.stop()
	tr.provePages(actsEachRound)
}

// isRefused presses a button that cannot be obeyed now.
func (tr *pagesTrial) isRefused(cookie, button string, tokens map[string]string, form filled) {
	tr.t.Helper()
	contentType, body := form(tokens[cookie])
	a, err := tr.browse(cookie, http.MethodPost, button, contentType, body)
	if err != nil || a.Status != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" ||
		!bytes.Contains(a.Body, []byte("Riprovi tra qualche minuto")) {
		tr.t.Errorf("%s: %d, Retry-After %q, %v\n%s", button, a.Status, a.Header.Get("Retry-After"), err, a.Body)
	}
}
