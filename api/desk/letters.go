package desk

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/dossier"
	"dispositivo/pin/letters"
)

// Letters is what the desk needs of letters.Service.
type Letters interface {
	Overview(ctx context.Context, actor dossier.Actor) (letters.Overview, error)
	Make(ctx context.Context, actor dossier.Actor) (letters.Made, error)
	Letters(ctx context.Context, actor dossier.Actor, batchID string) (letters.File, error)
	Manifest(ctx context.Context, actor dossier.Actor, batchID string) (letters.File, error)
	Post(ctx context.Context, actor dossier.Actor, batchID string) error
	Return(ctx context.Context, actor dossier.Actor, id string) (dossier.PINLetter, bool, error)
}

func (d *Desk) letterRoutes(staff gin.IRouter) {
	on := d.Edge.Handle
	staff.GET("/lettere", on(d.letters))
	staff.POST("/lettere", on(d.makeLetters))
	staff.POST("/lettere/rientro", on(d.returnLetter))
	staff.GET("/lettere/:batch/lettere.pdf", on(d.batchFile(Letters.Letters)))
	staff.GET("/lettere/:batch/distinta.csv", on(d.batchFile(Letters.Manifest)))
	staff.POST("/lettere/:batch/partenza", on(d.postBatch))
}

type lettersData struct {
	letters.Overview
	// Work offers to make letters and to book returned ones, Fetch the files of a
	// batch. Whether one may is for the domain to say.
	Work, Fetch bool
	// Done is the outcome of the act before, one of letterOutcomes; "" none. Made,
	// Stuck and More belong to "made".
	Done        string
	Made, Stuck int
	More        bool
	// Typed is the id that was not booked.
	Typed string
}

// letterOutcomes are what a redirect may say here: each has a text
// "ui.letters.done.…". Anything else in an address is ignored.
func letterOutcomes() []string { return []string{"made", "posted", "returned", "booked"} }

func (d *Desk) letters(c *gin.Context) error {
	page, err := d.lettersPage(c)
	if err != nil {
		return err
	}
	return d.show(c, page)
}

func (d *Desk) lettersPage(c *gin.Context) (ui.Page, error) {
	actor := edge.Actor(c)
	overview, err := d.Letters.Overview(c.Request.Context(), actor)
	if err != nil {
		return ui.Page{}, err
	}
	data := lettersData{
		Overview: overview, Work: works(actor), Fetch: actor.Is(dossier.RoleSupervisor, dossier.RoleAdmin),
		Made: number(c.Query("n")), Stuck: number(c.Query("ferme")), More: c.Query("altre") != "",
	}
	if done := c.Query("fatto"); slices.Contains(letterOutcomes(), done) {
		data.Done = done
	}
	return ui.Page{
		Name: "desk/letters", Title: "ui.letters.title", Here: pathLetters, Data: data, Crumbs: []ui.Crumb{{Key: "ui.nav.letters"}},
	}, nil
}

// number reads a count from an address; what is none counts as 0.
func number(s string) int {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return 0
	}
	return int(n)
}

func (d *Desk) makeLetters(c *gin.Context) error {
	made, err := d.Letters.Make(c.Request.Context(), edge.Actor(c))
	if err != nil {
		return err
	}
	q := url.Values{"fatto": {"made"}, "n": {strconv.Itoa(made.Printed)}, "ferme": {strconv.Itoa(len(made.Stuck))}}
	if made.More {
		q.Set("altre", "1")
	}
	c.Redirect(http.StatusSeeOther, pathLetters+"?"+q.Encode())
	return nil
}

// batchFile hands out one of a batch's two files.
func (d *Desk) batchFile(get func(l Letters, ctx context.Context, actor dossier.Actor, batchID string) (letters.File, error)) edge.Handler {
	return func(c *gin.Context) error {
		f, err := get(d.Letters, c.Request.Context(), edge.Actor(c), c.Param("batch"))
		if err != nil {
			return d.lettersProblem(c, "", err)
		}
		c.Header("Content-Disposition", `attachment; filename="`+f.Name+`"`)
		c.Data(http.StatusOK, f.ContentType, f.Data)
		return nil
	}
}

func (d *Desk) postBatch(c *gin.Context) error {
	if err := d.Letters.Post(c.Request.Context(), edge.Actor(c), c.Param("batch")); err != nil {
		return d.lettersProblem(c, "", err)
	}
	leave(c, pathLetters, "posted")
	return nil
}

func (d *Desk) returnLetter(c *gin.Context) error {
	typed := c.PostForm("lettera")
	_, voided, err := d.Letters.Return(c.Request.Context(), edge.Actor(c), typed)
	if err != nil {
		return d.lettersProblem(c, typed, err)
	}
	done := "booked"
	if voided {
		done = "returned"
	}
	leave(c, pathLetters, done)
	return nil
}

// lettersProblem shows on the list what somebody can do something about; typed is
// the id that the problem is about, if it is about one.
func (d *Desk) lettersProblem(c *gin.Context, typed string, err error) error {
	code := dossier.CodeOf(err)
	if edge.StatusOf(code) != http.StatusConflict && (typed == "" || code != dossier.CodeNotFound) {
		return err
	}
	page, pageErr := d.lettersPage(c)
	if pageErr != nil {
		return err
	}
	if data, ok := page.Data.(lettersData); ok && typed != "" {
		data.Typed, page.Field = typed, "letter"
		page.Data = data
	}
	if code != dossier.CodeNotFound {
		return d.showProblem(c, page, err)
	}
	problem := d.Edge.Problem(c, err)
	d.Edge.Announce(c, problem, err)
	problem.Title, problem.Detail = d.UI.Text(c, "ui.letters.unknown.title"), d.UI.Text(c, "ui.letters.unknown.detail")
	page.Problem, page.Status = &problem, problem.Status
	return d.show(c, page)
}
