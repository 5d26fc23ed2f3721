package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"dispositivo/internal/demo"
	"dispositivo/internal/testkit"
)

// The whole of what people meet in a browser, on one server and one Chromium.
func TestBrowser(t *testing.T) {
	t.Parallel()
	s := serveScenes(t, byHand)
	b := openBrowser(t, s)
	s.settled()
	// By itself: whoever is called back meanwhile has a letter in the same day's batch.
	t.Run("letters", func(t *testing.T) { lettersInBrowser(t, b, s) })
	players := free()
	for name, part := range map[string]func(t *testing.T){
		"story":                    func(t *testing.T) { storyInBrowser(t, b, players[0], "operatore", true) },
		"story without JavaScript": func(t *testing.T) { storyInBrowser(t, b, players[1], "supervisore", false) },
		"refusals":                 func(t *testing.T) { refusals(t, b, players[2]) },
		"lock":                     func(t *testing.T) { lockAfterTenWrong(t, b, players[3]) },
		"PIN":                      func(t *testing.T) { lifeOfPIN(t, b) },
		"language":                 func(t *testing.T) { languageStays(t, b, inScene(t, demo.SceneDispositivo)) },
		"session":                  func(t *testing.T) { sessionEnds(t, b, inScene(t, demo.SceneWaiting)) },
		"request":                  func(t *testing.T) { requests(t, b) },
		"whole life":               func(t *testing.T) { wholeLifeInBrowser(t, b, players[4]) },
		"every page":               func(t *testing.T) { everyPage(t, b) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			part(t)
		})
	}
}

// The windows that pages are looked at in, in CSS pixels.
var (
	wide  = window{width: 1280, height: 900}
	phone = window{width: 390, height: 844, mobile: true}
)

type window struct {
	width, height int64
	mobile        bool
}

// patience is how long a person waits for a page or a text: the machine may have
// other tests in hand.
const patience = time.Minute

// chromium is one headless browser for many persons.
type chromium struct {
	t   *testing.T
	ctx context.Context
	url string
	// server is whose pages are looked at.
	server *server
	mu     sync.Mutex
	// hands holds a lock per operator, as nobody has two cases in hand.
	hands map[string]*sync.Mutex
}

// openBrowser starts Chromium for the pages of a server; it ends with the test. The
// headless shell is the same engine without what draws windows nobody sees, which is
// a third of its processor time.
func openBrowser(t *testing.T, s *server) *chromium {
	t.Helper()
	path, err := exec.LookPath("chromium-headless-shell")
	if err != nil {
		path, err = exec.LookPath("chromium")
	}
	if err != nil {
		t.Fatalf("Chromium is needed (Debian: apt-get install chromium): %v", err)
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("no-sandbox", true), chromedp.Flag("disable-gpu", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("no-proxy-server", true),
		chromedp.Flag("hide-scrollbars", true), chromedp.Flag("accept-lang", "it-IT"),
		chromedp.Flag("force-prefers-reduced-motion", true), // what scrolls by itself is missed by a click
	)
	ctx, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stopAllocator)
	ctx, stop := chromedp.NewContext(ctx)
	t.Cleanup(stop)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return &chromium{t: t, ctx: ctx, url: s.URL, server: s, hands: map[string]*sync.Mutex{}}
}

// person is somebody with a browser window and cookies of their own. What the
// browser complains about while they look fails the test.
type person struct {
	t         *testing.T
	b         *chromium
	ctx       context.Context
	url       string
	downloads string
	window    window
	// hand is locked while the person, an operator, has a case in hand.
	hand *sync.Mutex

	mu         sync.Mutex
	complaints []string
	// refused are paths whose refusal by status is part of the story.
	refused []string
}

// person opens a window. Without JavaScript nothing in pages runs.
func (b *chromium) person(t *testing.T, w window, script bool) *person {
	t.Helper()
	p := &person{t: t, b: b, url: b.url, downloads: t.TempDir()}
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(p.hear))
	p.ctx = ctx
	p.do("open a window",
		chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
			_, err := cdp.Call(ctx, tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !script})
			return err
		}),
		chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
			_, err := cdp.Call(ctx, tab, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
				Source: `addEventListener("securitypolicyviolation", e => console.error("policy", e.violatedDirective, e.blockedURI))`,
			})
			return err
		}),
		chromedp.Func(p.acceptDownloads),
	)
	p.resize(w)
	t.Cleanup(func() {
		cancel()
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, c := range p.complaints {
			t.Errorf("the browser complains: %s", c)
		}
	})
	return p
}

func (p *person) acceptDownloads(ctx context.Context, tab *chromedp.Target) error {
	on := true
	_, err := chromedp.CallBrowser(ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: p.downloads, EventsEnabled: &on,
		BrowserContextID: chromedp.FromContext(ctx).BrowserContextID,
	})
	return err
}

// hear collects what goes wrong in a page: exceptions, console errors, content
// policy violations, missing resources.
func (p *person) hear(ev any) {
	switch ev := ev.(type) {
	case *runtime.EventExceptionThrown:
		p.complain("exception: " + ev.ExceptionDetails.Text + describe(ev.ExceptionDetails.Exception))
	case *runtime.EventConsoleAPICalled:
		if ev.Type == runtime.ConsoleAPICalledTypeError || ev.Type == runtime.ConsoleAPICalledTypeWarning || ev.Type == runtime.ConsoleAPICalledTypeAssert {
			text := "console:"
			for _, a := range ev.Args {
				text += describe(a)
			}
			p.complain(text)
		}
	case *cdplog.EventEntryAdded:
		if ev.Entry.Level == cdplog.EntryLevelError || ev.Entry.Level == cdplog.EntryLevelWarning {
			p.complainOf(ev.Entry)
		}
	}
}

func describe(o *runtime.RemoteObject) string {
	if o == nil {
		return ""
	}
	if o.Description != "" {
		return " " + o.Description
	}
	return " " + string(o.Value)
}

// complainOf leaves out the line that Chromium writes about every page whose
// status is 4xx, where the story wants that status.
func (p *person) complainOf(e *cdplog.Entry) {
	u, err := url.Parse(e.URL)
	p.mu.Lock()
	wanted := err == nil && e.Source == cdplog.EntrySourceNetwork && slices.Contains(p.refused, u.Path)
	p.mu.Unlock()
	if !wanted {
		p.complain(fmt.Sprintf("%s: %s (%s)", e.Source, e.Text, e.URL))
	}
}

func (p *person) complain(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.complaints = append(p.complaints, text)
}

// expects says that the path will be answered by a refusal.
func (p *person) expects(path string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refused = append(p.refused, path)
}

// do runs steps, with patience.
func (p *person) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	// The first run opens the tab, which must outlive it.
	if chromedp.FromContext(p.ctx).Target == nil {
		if err := chromedp.Do(p.ctx); err != nil {
			p.t.Fatalf("%s: %v", what, err)
		}
	}
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatalf("%s at %s: %v\n%.1000s", what, p.where(), err, p.text("main"))
	}
}

// loads runs steps that lead to another page and returns its status.
func (p *person) loads(what string, steps ...chromedp.Action[chromedp.Void]) int64 {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	response, err := chromedp.RunResponse(ctx, steps...)
	if err != nil {
		p.t.Fatalf("%s at %s: %v\n%.1000s", what, p.where(), err, p.text("main"))
	}
	if response == nil {
		return 0
	}
	return response.Status
}

// visit goes to a path by the address bar.
func (p *person) visit(path string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.NavigateResponse(p.url+path)); err != nil {
		p.t.Fatalf("visit %s: %v", path, err)
	}
}

// press clicks something that leads to another page and returns its status.
func (p *person) press(selector string) int64 {
	p.t.Helper()
	return p.loads("press "+selector, chromedp.Click(chromedp.CSS(selector)))
}

// click clicks something that stays on the page.
func (p *person) click(selector string) {
	p.t.Helper()
	p.do("click "+selector, chromedp.Click(chromedp.CSS(selector)))
}

// types writes into a field, instead of what is in it.
func (p *person) types(selector, text string) {
	p.t.Helper()
	if _, err := eval[string](p, "document.querySelector("+quoted(selector)+").value = ''"); err != nil {
		p.t.Fatalf("empty %s: %v", selector, err)
	}
	p.do("type into "+selector, chromedp.SendKeys(chromedp.CSS(selector), text))
}

// chooses puts a file into the page's file field.
func (p *person) chooses(path string) {
	p.t.Helper()
	p.do("choose a file", chromedp.SetUploadFiles(chromedp.CSS("input[type=file]"), []string{path}))
}

// eval computes an expression in the page; a promise is waited for.
func eval[T any](p *person, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, func(e *runtime.EvaluateParams) {
		wait := true
		e.AwaitPromise = &wait
	}))
}

// text is what the first element that matches says, "" when none does. While
// the page changes it says so instead.
func (p *person) text(selector string) string {
	text, err := eval[string](p, "(document.querySelector("+quoted(selector)+")?.innerText ?? '')")
	if err != nil {
		return "(" + err.Error() + ")"
	}
	return text
}

func quoted(s string) string {
	b, _ := json.Marshal(s) // a string never fails
	return string(b)
}

// where is the path of the page.
func (p *person) where() string {
	at, err := eval[string](p, "location.pathname")
	if err != nil {
		return "(" + err.Error() + ")"
	}
	return at
}

// sees waits until the element says all texts.
func (p *person) sees(selector string, texts ...string) {
	p.t.Helper()
	err := testkit.WaitFor(patience, func() error {
		got := p.text(selector)
		for _, text := range texts {
			if !strings.Contains(got, text) {
				return fmt.Errorf("%s at %s does not say %q but %.1000q", selector, p.where(), text, got)
			}
		}
		return nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

// is checks where the person is.
func (p *person) is(path string) {
	p.t.Helper()
	if got := p.where(); got != path {
		p.t.Fatalf("at %s instead of %s:\n%.1000s", got, path, p.text("main"))
	}
}

func (p *person) resize(w window) {
	p.t.Helper()
	if p.window == w {
		return
	}
	p.window = w
	var options []chromedp.EmulateViewportOption
	if w.mobile {
		options = append(options, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	p.do("resize", chromedp.EmulateViewport(w.width, w.height, options...))
}

// signIn signs a citizen in on the page that asks for it.
func (p *person) signIn(c demo.Citizen) int64 {
	p.t.Helper()
	p.types("#cf", c.CodiceFiscale.String())
	p.types("#pin", c.PIN)
	return p.press("main form button[type=submit]")
}

// enterDesk signs a demonstration's operator in.
func (p *person) enterDesk(username string) {
	p.t.Helper()
	p.visit("/desk")
	p.is("/desk/accesso")
	for _, o := range demo.Operators() {
		if o.Username == username {
			p.types("#username", o.Username)
			p.types("#password", o.Password)
		}
	}
	p.press("main form button[type=submit]")
	p.is("/desk/code")
	p.hand = p.b.handOf(username)
}

func (b *chromium) handOf(operator string) *sync.Mutex {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.hands[operator] == nil {
		b.hands[operator] = new(sync.Mutex)
	}
	return b.hands[operator]
}

// handsFree waits until nobody else who is the same operator has a case in hand,
// and returns what says that this person has none any more; it is said at the
// latest when the test ends.
func (p *person) handsFree() (done func()) {
	p.hand.Lock()
	done = sync.OnceFunc(p.hand.Unlock)
	p.t.Cleanup(done)
	return done
}

// downloaded waits for the only file that the person downloaded.
func (p *person) downloaded() []byte {
	p.t.Helper()
	var data []byte
	err := testkit.WaitFor(patience, func() error {
		files, err := filepath.Glob(filepath.Join(p.downloads, "*.pdf"))
		if err != nil || len(files) != 1 {
			return fmt.Errorf("downloads: %v", files)
		}
		data, err = os.ReadFile(files[0])
		if err == nil && !bytes.HasSuffix(bytes.TrimSpace(data), []byte("%%EOF")) {
			err = fmt.Errorf("%d bytes so far", len(data)) // Chromium reserves the name first
		}
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return data
}

// file writes bytes where the browser can choose them.
func file(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
