package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"dispositivo/internal/demo"
	"dispositivo/internal/testkit"
)

var gallery = flag.String("gallery", "", "folder that receives a picture of every page, to be looked at")

// axeSource reads axe-core, which "make assets" brings.
var axeSource = sync.OnceValues(func() (string, error) {
	b, err := os.ReadFile(filepath.FromSlash("../../internal/assets/testdata/axe.min.js"))
	return string(b), err
})

// violation is what axe-core found.
type violation struct {
	ID, Help string
	Nodes    []struct{ HTML, Summary string }
}

// runAxe reads no style sheets anew, which none of these rules looks at, and describes
// an element by its HTML alone.
const runAxe = `axe.run(document, {selectors: false, preload: {assets: ["media"]}, runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], resultTypes: ["violations"]})
	.then(r => r.violations.map(v => ({id: v.id, help: v.help,
		nodes: v.nodes.map(n => ({html: n.html, summary: n.failureSummary}))})))`

// inspect looks at the page before the person, on a wide screen and on a
// phone: WCAG 2.1 A and AA by axe-core, and nothing wider than the phone.
func (p *person) inspect(name string) {
	p.t.Helper()
	source, err := axeSource()
	if err != nil {
		p.t.Fatalf(`axe-core is needed (run "make assets"): %v`, err)
	}
	if _, err := eval[chromedp.Void](p, source+";0"); err != nil {
		p.t.Fatalf("load axe-core: %v", err)
	}
	for _, w := range []window{wide, phone} {
		p.resize(w)
		found, err := eval[[]violation](p, runAxe)
		if err != nil {
			p.t.Fatalf("%s: axe-core: %v", name, err)
		}
		for _, v := range found {
			for _, n := range v.Nodes {
				p.t.Errorf("%s at %d px: %s: %s\n%s\n%s", name, w.width, v.ID, v.Help, n.HTML, n.Summary)
			}
		}
		width, err := eval[int64](p, "document.documentElement.scrollWidth")
		if err != nil || width > w.width {
			p.t.Errorf("%s: %d px wide on a screen of %d (%v)", name, width, w.width, err)
		}
		p.picture(fmt.Sprintf("%s-%d", name, w.width))
	}
	p.resize(wide)
}

// picture keeps the whole page for the gallery.
func (p *person) picture(name string) {
	p.t.Helper()
	if *gallery == "" {
		return
	}
	data, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*gallery, strings.ReplaceAll(name, "/", "_")+".png"), data, 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// settled waits until every scene of the demonstration has been played. They are
// played one after the other, and each has time of its own.
func (s *server) settled() {
	s.t.Helper()
	for _, scene := range []demo.Scene{demo.SceneWaiting, demo.SceneWarned, demo.SceneConverted, demo.SceneExpired, demo.SceneQuarantined} {
		c := s.citizen(inScene(s.t, scene))
		err := testkit.WaitFor(patience, func() error {
			var got struct {
				Conversions []struct{ Submissions []struct{ State string } }
			}
			c.get("/conversions").decode(s.t, &got)
			if len(got.Conversions) == 0 || scene == demo.SceneQuarantined &&
				(len(got.Conversions[0].Submissions) == 0 || got.Conversions[0].Submissions[0].State != "quarantined") {
				return fmt.Errorf("the scene %s is at %+v", scene, got)
			}
			return nil
		})
		if err != nil {
			s.t.Fatal(err)
		}
	}
}

// inScene returns the demonstration's citizen of a scene.
func inScene(t testing.TB, scene demo.Scene) demo.Citizen {
	t.Helper()
	for _, c := range demo.Citizens() {
		if c.Scene == scene {
			return c
		}
	}
	t.Fatalf("nobody plays %s", scene)
	return demo.Citizen{}
}

// proves E1: every page, in every state, holds to WCAG 2.1 A and AA and fits a phone.
func everyPage(t *testing.T, b *chromium) {
	t.Run("open to all", func(t *testing.T) {
		t.Parallel()
		p := b.person(t, wide, true)
		for name, path := range map[string]string{
			"landing": "/", "landing-en": "/?lang=en", "signin": "/accesso?lang=it", "lookup": "/stato", "unlock": "/accesso/sblocco", "renew": "/accesso/rinnovo", "activate": "/pin/attivazione", "accessibility": "/accessibilita",
			"privacy": "/privacy", "messages": "/demo/messages", "desk-signin": "/desk/accesso",
		} {
			p.visit(path)
			p.inspect(name)
		}
		p.officePages()
		p.expects("/no-such-page")
		p.visit("/no-such-page")
		p.inspect("not-found")
		p.expects("/accesso")
		p.visit("/accesso")
		p.press("main form button[type=submit]")
		p.inspect("signin-refused")
		p.expects("/stato")
		p.visit("/stato")
		p.types("#protocol", "2026/0000001")
		p.types("#code", "ABCD")
		p.press("main form button[type=submit]")
		p.inspect("lookup-refused")
	})
	t.Run("citizens", func(t *testing.T) {
		t.Parallel()
		p := b.person(t, wide, true) // one window for all: windows are dear
		for _, scene := range []demo.Scene{
			demo.SceneNone, demo.SceneDispositivo, demo.SceneOpen, demo.SceneWaiting, demo.SceneWarned, demo.SceneSecondReview,
			demo.SceneConverted, demo.SceneRejected, demo.SceneExpired, demo.SceneWithdrawn, demo.SceneSuperseded, demo.SceneQuarantined,
			demo.SceneDelegator, demo.SceneDelegate,
		} {
			p.leaves()
			c := inScene(t, scene)
			if scene == demo.SceneNone {
				c = free()[2] // who is not converted by the story meanwhile
			}
			p.citizenPages(c)
		}
		p.leaves()
		p.stops(b, inScene(t, demo.SceneConverted)) // nobody signs in with that PIN any more
	})
	t.Run("desk", func(t *testing.T) {
		t.Parallel()
		deskPages(t, b)
	})
	t.Run("lost PINs", func(t *testing.T) {
		t.Parallel()
		lostPages(t, b)
	})
}

// leaves goes away and forgets. The page is left before the cookies: what it still
// fetches, pictures far below, would be refused.
func (p *person) leaves() {
	p.t.Helper()
	p.do("leave the page", chromedp.Navigate("about:blank"))
	p.forgets()
}

func (p *person) citizenPages(c demo.Citizen) {
	p.t.Helper()
	p.visit("/accesso?lang=" + c.Language)
	p.signIn(c)
	p.is("/area")
	p.inspect("area-" + string(c.Scene))
	if c.Scene == demo.SceneConverted {
		p.visit("/area/operazioni")
		p.inspect("operations")
		p.visit("/area/messaggi")
		p.inspect("own-messages")
		p.visit("/area")
	}
	if slices.Contains([]demo.Scene{demo.SceneNone, demo.SceneDispositivo, demo.SceneWaiting}, c.Scene) {
		p.visit("/conversione")
		p.inspect("convert-" + string(c.Scene))
	}
	p.servicePages(c)
	if c.Scene == demo.SceneNone {
		p.composePages()
	}
	switch c.Scene { //nolint:exhaustive // the others have a dossier
	case demo.SceneNone, demo.SceneDispositivo, demo.SceneDelegator, demo.SceneDelegate:
		return // no dossier
	default:
	}
	p.visit("/area")
	p.press(".dsp-list a")
	p.inspect("status-" + string(c.Scene))
	if c.Scene == demo.SceneWaiting {
		p.press(".dsp-quiet a")
		p.inspect("withdraw")
	}
}

func deskPages(t *testing.T, b *chromium) {
	t.Helper()
	boss := b.person(t, wide, true)
	boss.enterDesk("supervisore")
	boss.inspect("desk-queue-supervisor")
	for _, path := range []string{"/desk/quarantena", "/desk/non-abbinati", "/desk/code?stato=expired"} {
		boss.visit(path)
		boss.inspect("desk" + strings.TrimPrefix(path, "/desk"))
	}
	boss.visit("/desk/code?stato=rejected")
	boss.press(`a[href^="/desk/fascicoli/"]`)
	boss.inspect("desk-dossier-rejected")

	journalPages(boss)

	clerk := b.person(t, wide, true)
	clerk.enterDesk("operatore2")
	clerk.inspect("desk-queue")
	clerk.visit("/desk/quarantena")
	clerk.inspect("desk-quarantine-operator")
	clerk.visit("/desk/code")
	clerk.press(".dsp-next button")
	clerk.sees("[data-seen-count]", "Pagine ancora da guardare")
	clerk.inspect("desk-case")
	clerk.click("#action-reject")
	clerk.expects(clerk.where() + "/decisione")
	clerk.press(".dsp-decide form button[type=submit]")
	clerk.sees("#problem", "Manca il motivo")
	clerk.inspect("desk-case-refused")
	clerk.press(".dsp-lease button")
	clerk.sees("main", "torna in coda")
}
