package desk

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/dossier"
)

// maxKeptPage bounds the number of a page in an address.
const maxKeptPage = 999

// keptRoutes mounts the papers that a holder's PIN of the counter was issued with
// (A5), below a holder's page.
func (d *Desk) keptRoutes(holder *gin.RouterGroup) {
	on := d.Edge.Handle
	holder.GET("/archivio", on(d.kept))
	holder.GET("/archivio/:submission", on(d.keptPages))
	holder.GET("/archivio/:submission/:image", on(d.keptImage))
}

func pathKept(holderID string) string {
	return pathHolders + "/" + url.PathEscape(holderID) + "/archivio"
}

type keptData struct {
	Holder string
	List   []dossier.Submission
	// Scan is the one that is looked at, Page of its Pages; nil: none.
	Scan        *dossier.Submission
	Page, Pages int
	// Next and Before are pages to go to; 0: none.
	Next, Before int
}

func keptPage(data keptData) ui.Page {
	return ui.Page{
		Name: "desk/kept", Title: "ui.kept.title", Here: pathKept(data.Holder), Data: data,
		Crumbs: []ui.Crumb{
			{Key: "ui.holders.title", URL: pathHolders},
			{Key: "ui.holders.holder", URL: pathHolders + "/" + url.PathEscape(data.Holder)},
			{Key: "ui.kept.title"},
		},
	}
}

func (d *Desk) kept(c *gin.Context) error {
	holder := c.Param("holder")
	list, err := d.Scans.Kept(c.Request.Context(), edge.Actor(c), holder)
	if err != nil {
		return err
	}
	return d.show(c, keptPage(keptData{Holder: holder, List: list}))
}

// keptPages shows one page at a time: each is drawn, and the look logged, when the
// browser asks for its picture.
func (d *Desk) keptPages(c *gin.Context) error {
	data := keptData{Holder: c.Param("holder"), Page: 1}
	scan, pages, err := d.Scans.KeptPages(c.Request.Context(), edge.Actor(c), data.Holder, c.Param("submission"))
	if err != nil {
		return err
	}
	if n, err := strconv.Atoi(c.Query("pagina")); err == nil && n >= 1 && n <= pages {
		data.Page = n
	}
	data.Scan, data.Pages, data.Before = &scan, pages, data.Page-1
	if data.Page < pages {
		data.Next = data.Page + 1
	}
	page := keptPage(data)
	page.Here = pathKept(data.Holder) + "/" + url.PathEscape(scan.ID)
	return d.show(c, page)
}

func (d *Desk) keptImage(c *gin.Context) error {
	number, ending, _ := strings.Cut(c.Param("image"), ".")
	n, err := strconv.Atoi(number)
	if err != nil || ending != "img" || n < 1 || n > maxKeptPage {
		return dossier.Problem(dossier.CodeNotFound)
	}
	page, err := d.Scans.KeptPage(c.Request.Context(), edge.Actor(c), c.Param("holder"), c.Param("submission"), n)
	if err != nil {
		return err
	}
	return picture(c, page.ContentType, page.Data)
}

// picture sends what the sandbox drew, and nothing else.
func picture(c *gin.Context, contentType string, data []byte) error {
	switch contentType {
	case "image/png", "image/jpeg":
	default:
		return &dossier.Error{Code: dossier.CodeInternal, Err: errors.New("page image is neither PNG nor JPEG")}
	}
	c.Header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	c.Data(http.StatusOK, contentType, data)
	return nil
}
