package desk

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"
	_ "time/tzdata" // days are those of Rome wherever this runs

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/dossier"
	"dispositivo/pin/journal"
)

const pathJournal = "/desk/registro"

// Journal is what the desk needs of journal.Service.
type Journal interface {
	All(ctx context.Context, actor dossier.Actor, f journal.Filter) (journal.Page, error)
	Find(ctx context.Context, actor dossier.Actor, q journal.Search, f journal.Filter) (journal.Filter, error)
	Export(ctx context.Context, actor dossier.Actor, f journal.Filter, file *journal.CSV) error
	Evidence(ctx context.Context, actor dossier.Actor, row int64) (journal.Evidence, error)
}

func (d *Desk) journalRoutes(staff gin.IRouter) {
	on := d.Edge.Handle
	auditors := staff.Group("", d.Edge.Only(dossier.RoleAuditor))
	auditors.GET("/registro", on(d.journal))
	auditors.POST("/registro", on(d.findInJournal))
	auditors.POST("/registro/esporta", on(d.exportJournal))
	auditors.GET("/registro/righe/:row", on(d.evidence))
}

// actsOfJournal are the kinds of act that are offered, each with a text
// "ui.journal.kind.…".
func actsOfJournal() []string {
	return []string{"session", "service", "domanda", "delegation", "pin", "pin_request", "loss", "challenge", "stop", "holder", "dossier", "submission", "page", "review", "decision", "file", "letter", "batch", "message", "operator", "audit"}
}

// delegate is how the log names who acts for another (B10).
const delegate dossier.Role = "delegate"

// rolesOfJournal are the kinds of actor that are offered.
func rolesOfJournal() []dossier.Role {
	return []dossier.Role{
		dossier.RoleCitizen, dossier.RoleMustChange, dossier.RoleSimplified, delegate,
		dossier.RoleOperator, dossier.RoleSupervisor, dossier.RoleAuditor, dossier.RoleAdmin, dossier.RoleGateway, dossier.RoleSystem,
	}
}

type journalData struct {
	List        []journal.Line
	First, Next string
	// From and To are days, as typed; Query carries the filter to the next form.
	From, To, Actor, Action string
	Holder                  string
	Subjects                []string
	Roles                   []dossier.Role
	Acts                    []string
	// Search is what was typed and not found.
	Search journal.Search
}

// journal shows the log. An address holds ids and days alone; what names a person
// is typed into a form (findInJournal).
func (d *Desk) journal(c *gin.Context) error {
	q := c.Request.URL.Query()
	page, err := d.journalPage(c, q, journal.Search{})
	if err != nil {
		return err
	}
	return d.show(c, page)
}

func (d *Desk) journalPage(c *gin.Context, q url.Values, typed journal.Search) (ui.Page, error) {
	f, err := journalFilter(q)
	if err != nil {
		return ui.Page{}, err
	}
	page, err := d.Journal.All(c.Request.Context(), edge.Actor(c), f)
	if err != nil {
		return ui.Page{}, err
	}
	data := journalData{
		List: page.Lines, From: q.Get("dal"), To: q.Get("al"), Actor: q.Get("attore"), Action: q.Get("atto"),
		Holder: q.Get("titolare"), Subjects: q["oggetto"], Roles: rolesOfJournal(), Acts: actsOfJournal(), Search: typed,
	}
	if f.Before > 0 {
		data.First = journalAddress(q, 0)
	}
	if page.Next != nil {
		data.Next = journalAddress(q, page.Next.Before)
	}
	return ui.Page{
		Name: "desk/journal", Title: "ui.journal.title", Here: pathJournal, Data: data, Crumbs: []ui.Crumb{{Key: "ui.journal.title"}},
	}, nil
}

// journalAddress is that of a page of a filtered list.
func journalAddress(q url.Values, before int64) string {
	to := url.Values{}
	for _, name := range []string{"dal", "al", "attore", "atto", "titolare"} {
		if v := q.Get(name); v != "" {
			to.Set(name, v)
		}
	}
	if len(q["oggetto"]) > 0 {
		to["oggetto"] = q["oggetto"]
	}
	if before > 0 {
		to.Set("prima", strconv.FormatInt(before, 10))
	}
	if len(to) == 0 {
		return pathJournal
	}
	return pathJournal + "?" + to.Encode()
}

// journalFilter reads a filter; days are those of Rome, both included.
func journalFilter(q url.Values) (journal.Filter, error) {
	f := journal.Filter{Actor: q.Get("attore"), Action: q.Get("atto"), HolderID: q.Get("titolare"), Subjects: q["oggetto"]}
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		return f, &dossier.Error{Code: dossier.CodeInternal, Err: err}
	}
	if day := q.Get("dal"); day != "" && err == nil {
		f.Since, err = time.ParseInLocation(time.DateOnly, day, rome)
	}
	if day := q.Get("al"); day != "" && err == nil {
		f.Until, err = time.ParseInLocation(time.DateOnly, day, rome)
		f.Until = f.Until.AddDate(0, 0, 1)
	}
	if before := q.Get("prima"); before != "" && err == nil {
		f.Before, err = strconv.ParseInt(before, 10, 64)
	}
	if err != nil || len(f.Subjects) > journal.MaxSubjects {
		return f, &dossier.Error{Code: dossier.CodeRequestInvalid, Err: err}
	}
	return f, nil
}

// journalForm returns what the form asks for, as an address would say it, and what
// was typed that no address may say.
func journalForm(c *gin.Context) (url.Values, journal.Search, error) {
	if err := c.Request.ParseForm(); err != nil {
		return nil, journal.Search{}, &dossier.Error{Code: dossier.CodeRequestInvalid, Err: err}
	}
	q := c.Request.PostForm
	return q, journal.Search{
		CodiceFiscale: q.Get("codice_fiscale"), Protocol: q.Get("protocollo"), Username: q.Get("utente"),
	}, nil
}

// findInJournal turns what was typed into ids and leads to the list.
func (d *Desk) findInJournal(c *gin.Context) error {
	q, typed, err := journalForm(c)
	if err != nil {
		return err
	}
	f, err := journalFilter(q)
	if err != nil {
		return err
	}
	found, err := d.Journal.Find(c.Request.Context(), edge.Actor(c), typed, f)
	if dossier.CodeOf(err) == dossier.CodeNotFound {
		return d.nothingFound(c, q, typed, err)
	}
	if err != nil {
		return err
	}
	to := url.Values{"dal": q["dal"], "al": q["al"], "attore": {found.Actor}, "atto": q["atto"], "titolare": {found.HolderID}, "oggetto": found.Subjects}
	c.Redirect(http.StatusSeeOther, journalAddress(to, 0))
	return nil
}

// nothingFound shows the form again with what was typed.
func (d *Desk) nothingFound(c *gin.Context, q url.Values, typed journal.Search, err error) error {
	page, pageErr := d.journalPage(c, q, typed)
	if pageErr != nil {
		return pageErr
	}
	problem := d.Edge.Problem(c, err)
	d.Edge.Announce(c, problem, err)
	problem.Title, problem.Detail = d.UI.Text(c, "ui.journal.unknown.title"), d.UI.Text(c, "ui.journal.unknown.detail")
	page.Problem, page.Status = &problem, problem.Status
	return d.show(c, page)
}

// exportJournal streams what the filter lets through. It is a POST, because taking
// the log away is an act, and logged.
func (d *Desk) exportJournal(c *gin.Context) error {
	q, _, err := journalForm(c)
	if err != nil {
		return err
	}
	f, err := journalFilter(q)
	if err != nil {
		return err
	}
	return edge.Stream(c, "text/csv; charset=utf-8", "registro.csv", func() error {
		return d.Journal.Export(c.Request.Context(), edge.Actor(c), f, journal.NewCSV(c.Writer))
	})
}
