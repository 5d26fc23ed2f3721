package main

import (
	"os"
	"strings"

	"github.com/chromedp/chromedp"
)

// photograph is a HEIC file, as telephones make them.
const photograph = "../../verify/heif/testdata/colours.heic"

// composePages puts pictures together, one of them a telephone's, looks at what would be sent, changes the
// order, and leaves it unsent.
//
// proves C3
func (p *person) composePages() {
	p.t.Helper()
	p.visit("/conversione/pagine")
	p.inspect("compose")
	heic, err := os.ReadFile(photograph)
	if err != nil {
		p.t.Fatal(err)
	}
	files := []string{file(p.t, "fronte.png", sheet(p.t, 1)), file(p.t, "IMG_0001.HEIC", heic), file(p.t, "retro.png", sheet(p.t, 2))}
	p.do("choose three files", chromedp.SetUploadFiles(chromedp.CSS("#files"), files))
	p.press(`form[enctype] button[type="submit"]`)
	p.inspect("composed")
	if n, err := eval[int](p, `document.querySelectorAll("form#confirm, button[form=confirm]").length`); err != nil || n != 2 {
		p.t.Errorf("below many pages there is no button to send them: %d, %v", n, err)
	}
	first := p.where()
	p.do("the first page shall be the last", chromedp.SetValue(chromedp.CSS("#p1"), "3"))
	p.press(`form[action$="/ordine"] button[type="submit"]`)
	if now := p.where(); now == first || !strings.HasPrefix(now, "/conversione/pagine/") {
		p.t.Errorf("after arranging: %s", now)
	}
}
