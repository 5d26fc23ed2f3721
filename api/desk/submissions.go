package desk

import (
	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/dossier"
	"dispositivo/verify/review"
)

// listing is one list of submissions that wait for a person.
type listing struct {
	state       dossier.SubmissionState
	title, lead string
	path        string
	clearable   bool
}

func quarantine() listing {
	return listing{
		state: dossier.SubmissionQuarantined, title: "ui.desk.quarantine", lead: "ui.desk.quarantinelead",
		path: pathQuarantine, clearable: true,
	}
}

func unmatched() listing {
	return listing{
		state: dossier.SubmissionUnmatched, title: "ui.desk.unmatched", lead: "ui.desk.unmatchedlead",
		path: pathUnmatched,
	}
}

type submissionsData struct {
	Lead      string
	List      []submissionView
	Work      bool
	Clearable bool
	Done      string
}

type submissionView struct {
	dossier.Submission
	// Pages counts all pages, Shown are those that have an image.
	Pages int
	Shown []pageView
	// Elsewhere: the case it belongs to has to be taken first.
	Elsewhere bool
}

func viewSubmission(s dossier.Submission) submissionView {
	v := submissionView{Submission: s}
	for _, f := range s.Documents {
		for _, p := range f.Pages {
			v.Pages++
			if p.ImageBlob != "" {
				v.Shown = append(v.Shown, viewOf(review.PageRef{DocumentID: f.ID, N: p.N}, v.Pages))
			}
		}
	}
	return v
}

func (d *Desk) submissions(l listing) edge.Handler {
	return func(c *gin.Context) error {
		page, err := d.submissionsPage(c, l)
		if err != nil {
			return err
		}
		return d.show(c, page)
	}
}

func (d *Desk) submissionsPage(c *gin.Context, l listing) (ui.Page, error) {
	list, err := d.Reviews.Submissions(c.Request.Context(), edge.Actor(c), l.state)
	if err != nil {
		return ui.Page{}, err
	}
	data := submissionsData{Lead: l.lead, Work: works(edge.Actor(c)), Clearable: l.clearable, Done: outcome(c)}
	mine, err := d.held(c)
	if err != nil {
		return ui.Page{}, err
	}
	for _, s := range list {
		v := viewSubmission(s)
		v.Elsewhere = s.DossierID != "" && !mine[s.DossierID] && !looks(edge.Actor(c))
		data.List = append(data.List, v)
	}
	return ui.Page{
		Name: "desk/submissions", Title: l.title, Here: l.path, Data: data, Crumbs: []ui.Crumb{{Key: l.title}},
	}, nil
}

// held are the dossiers in the operator's own hands; onlookers need none.
func (d *Desk) held(c *gin.Context) (map[string]bool, error) {
	if looks(edge.Actor(c)) {
		return nil, nil
	}
	items, err := d.Reviews.List(c.Request.Context(), edge.Actor(c), review.Filter{})
	if err != nil {
		return nil, err
	}
	ids := map[string]bool{}
	for _, it := range own(items) {
		ids[it.DossierID] = true
	}
	return ids, nil
}

// clear has a quarantined submission read again.
func (d *Desk) clear(c *gin.Context) error {
	if err := d.Reviews.Clear(c.Request.Context(), edge.Actor(c), c.Param("submission")); err != nil {
		return d.listProblem(c, err)
	}
	leave(c, pathQuarantine, "cleared")
	return nil
}

// refuse refuses a submission and returns to the list it was on.
func (d *Desk) refuse(c *gin.Context) error {
	reason := dossier.RefusalReason(c.PostForm("motivo"))
	l := listOf(c)
	err := d.Reviews.Refuse(c.Request.Context(), edge.Actor(c), c.Param("submission"), reason)
	switch {
	case err == nil:
		leave(c, l.path, "refused")
		return nil
	case l.state == dossier.SubmissionUnmatched:
		return d.notRefused(c, err)
	}
	return d.listProblem(c, err)
}

// listOf is the list that a form's submission is on: its hidden field names it.
func listOf(c *gin.Context) listing {
	if c.PostForm("lista") == pathUnmatched {
		return unmatched()
	}
	return quarantine()
}

// listProblem shows on the list why something was not done to a submission,
// such as that a colleague was faster, or that no reason was given.
func (d *Desk) listProblem(c *gin.Context, err error) error {
	if code := dossier.CodeOf(err); code != dossier.CodeConflict && code != dossier.CodeRequestInvalid {
		return err
	}
	page, pageErr := d.submissionsPage(c, listOf(c))
	if pageErr != nil {
		return err
	}
	return d.showProblem(c, page, err)
}
