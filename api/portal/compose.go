package portal

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/dossier"
	"dispositivo/intake"
)

const (
	pathCompose  = "/conversione/pagine"
	pathComposed = "/conversione/pagine/:composition"
)

// Fitting is what the portal needs of fitting.Service.
type Fitting interface {
	Enter(ctx context.Context, actor dossier.Actor) (leave func(), err error)
	Make(ctx context.Context, actor dossier.Actor, files [][]byte) (dossier.Composition, error)
	Arrange(ctx context.Context, actor dossier.Actor, id string, order []int) (dossier.Composition, error)
	Composition(ctx context.Context, actor dossier.Actor, id string) (dossier.Composition, error)
	Page(ctx context.Context, actor dossier.Actor, id string, n int) (data []byte, contentType string, err error)
	Confirm(ctx context.Context, actor dossier.Actor, id string) (intake.Receipt, error)
}

// composeRoutes mounts "make it fit" (C3).
func (p *Portal) composeRoutes(own gin.IRouter) {
	on := p.Edge.Handle
	own.GET(pathCompose, on(p.composeForm))
	own.POST(pathCompose, on(p.compose))
	own.GET(pathComposed, on(p.composed))
	own.GET(pathComposed+"/:n", on(p.composedPage))
	own.POST(pathComposed+"/ordine", on(p.arrange))
	own.POST(pathComposed+"/conferma", on(p.confirm))
}

type composeData struct {
	// Limit is of the composed document, All of what is sent, in bytes.
	Limit, All int64
	// Telephone says that a picture was of a kind that telephones alone make.
	Telephone bool
}

func (p *Portal) composeData(err error) composeData {
	d := composeData{Limit: p.MaxBytes, All: p.MaxComposed}
	known, ok := errors.AsType[*dossier.Error](err)
	if !ok {
		return d
	}
	d.Telephone = known.Code == dossier.Code(dossier.FileType) && slices.Contains([]string{"avif", "webp"}, known.Args["found"])
	return d
}

func (p *Portal) composePage(err error) ui.Page {
	return ui.Page{
		Name: "portal/compose", Title: "ui.compose.title", Here: pathCompose,
		Crumbs: []ui.Crumb{{Key: "ui.nav.area", URL: pathArea}, {Key: "ui.convert.title", URL: pathConvert}, {Key: "ui.compose.title"}},
		Data:   p.composeData(err),
	}
}

func (p *Portal) composeForm(c *gin.Context) error { return p.show(c, p.composePage(nil)) }

// compose puts the files together and leads to what became of them.
func (p *Portal) compose(c *gin.Context) error {
	made, err := p.takeFiles(c)
	if err != nil {
		err = edge.Worded("compose", err)
		page := p.composePage(err)
		page.Field = "files"
		return p.showProblem(c, page, err)
	}
	c.Redirect(http.StatusSeeOther, composedPath(made.ID))
	return nil
}

func (p *Portal) takeFiles(c *gin.Context) (dossier.Composition, error) {
	ctx, actor := c.Request.Context(), edge.Actor(c)
	parts, err := p.Edge.Parts(c)
	if err != nil {
		return dossier.Composition{}, err
	}
	leave, err := p.Fitting.Enter(ctx, actor)
	if err != nil {
		return dossier.Composition{}, err
	}
	defer leave()
	files, err := edge.Files(parts, p.MaxComposed, c.Request.ContentLength)
	if err != nil {
		return dossier.Composition{}, err
	}
	return p.Fitting.Make(ctx, actor, files)
}

func composedPath(id string) string { return pathCompose + "/" + url.PathEscape(id) }

type composedData struct {
	dossier.Composition
	Path         string
	Bytes, Limit int64
	Sheets       []sheet
}

// sheet is a page with its number, from 1.
type sheet struct {
	N int
	dossier.ComposedPage
}

func (p *Portal) composedOf(c *gin.Context) (ui.Page, error) {
	made, err := p.Fitting.Composition(c.Request.Context(), edge.Actor(c), c.Param("composition"))
	if err != nil {
		return ui.Page{}, err
	}
	result, _ := made.Result()
	sheets := make([]sheet, 0, len(made.Pages))
	for i, composed := range made.Pages {
		sheets = append(sheets, sheet{N: i + 1, ComposedPage: composed})
	}
	return ui.Page{
		Name: "portal/composed", Title: "ui.composed.title", Here: composedPath(made.ID),
		Crumbs: []ui.Crumb{
			{Key: "ui.nav.area", URL: pathArea},
			{Key: "ui.convert.title", URL: pathConvert},
			{Key: "ui.compose.title", URL: pathCompose},
			{Key: "ui.composed.title"},
		},
		Data: composedData{Composition: made, Path: composedPath(made.ID), Bytes: result.Bytes, Limit: p.MaxBytes, Sheets: sheets},
	}, nil
}

// composed shows what would be sent.
func (p *Portal) composed(c *gin.Context) error {
	page, err := p.composedOf(c)
	if err != nil {
		return err
	}
	return p.show(c, page)
}

func (p *Portal) composedPage(c *gin.Context) error {
	n, err := strconv.Atoi(c.Param("n"))
	if err != nil {
		return dossier.Problem(dossier.CodeNotFound)
	}
	data, contentType, err := p.Fitting.Page(c.Request.Context(), edge.Actor(c), c.Param("composition"), n)
	if err != nil {
		return err
	}
	c.Data(http.StatusOK, contentType, data)
	return nil
}

// arrange makes the document anew in another order, without the pages left out.
func (p *Portal) arrange(c *gin.Context) error {
	ctx, actor := c.Request.Context(), edge.Actor(c)
	page, err := p.composedOf(c)
	if err != nil {
		return err
	}
	leave, err := p.Fitting.Enter(ctx, actor)
	if err != nil {
		return p.showProblem(c, page, err)
	}
	defer leave()
	data, _ := page.Data.(composedData)
	made, err := p.Fitting.Arrange(ctx, actor, data.ID, orderOf(c, len(data.Pages)))
	if err != nil {
		return p.showProblem(c, page, edge.Worded("compose", err))
	}
	c.Redirect(http.StatusSeeOther, composedPath(made.ID))
	return nil
}

// orderOf reads the place that each page shall have; an empty one or 0 leaves
// the page out, equal ones stay as they are.
func orderOf(c *gin.Context, pages int) []int {
	places := map[int]int{}
	var order []int
	for n := 1; n <= pages; n++ {
		place, err := strconv.Atoi(strings.TrimSpace(c.PostForm("pagina" + strconv.Itoa(n))))
		if err == nil && place > 0 {
			places[n], order = place, append(order, n)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(places[a], places[b]) })
	return order
}

// confirm sends the composed document as if it had been uploaded.
func (p *Portal) confirm(c *gin.Context) error {
	receipt, err := p.Fitting.Confirm(c.Request.Context(), edge.Actor(c), c.Param("composition"))
	if err == nil {
		q := url.Values{"ricevuta": {receipt.Protocol}}
		c.Redirect(http.StatusSeeOther, statusPath(receipt.DossierID)+"?"+q.Encode())
		return nil
	}
	page, pageErr := p.composedOf(c)
	if pageErr != nil {
		return err
	}
	return p.showProblem(c, page, err)
}
