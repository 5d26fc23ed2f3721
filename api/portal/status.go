package portal

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/dossier"
	"dispositivo/pin/conversion"
)

// refreshSeconds is how often a page whose state is about to change comes anew.
const refreshSeconds = 5

type statusData struct {
	Status conversion.Status
	Limit  int64
	// Receipt is the submission just sent; nil: none.
	Receipt  *conversion.SubmissionStatus
	Timeline []step
}

// step is one state on the way; Mark is done, now or todo.
type step struct {
	State dossier.State
	Mark  string
}

func (p *Portal) status(c *gin.Context) error {
	s, err := p.Conversion.Status(c.Request.Context(), edge.Actor(c), c.Param("id"))
	if err != nil {
		return err
	}
	page := ui.Page{
		Name: "portal/status", Title: "ui.status.title",
		Crumbs: []ui.Crumb{{Key: "ui.nav.area", URL: pathArea}, {Key: "ui.status.title"}},
		Data: statusData{
			Status: s, Limit: p.MaxBytes, Receipt: receiptOf(s, c.Query("ricevuta")), Timeline: timeline(s),
		},
	}
	if s.State == dossier.StateScreening || s.State == dossier.StateApproved {
		page.Refresh = refreshSeconds
	}
	return p.show(c, page)
}

// receiptOf finds the submission that the address speaks of among those that
// are really there.
func receiptOf(s conversion.Status, protocol string) *conversion.SubmissionStatus {
	for i := range s.Submissions {
		if protocol != "" && s.Submissions[i].Protocol == protocol {
			return &s.Submissions[i]
		}
	}
	return nil
}

// timeline draws the way of a dossier: what lies behind it, where it is, and,
// while it may still succeed, what comes.
func timeline(s conversion.Status) []step {
	way := []dossier.State{dossier.StateOpen}
	var ahead []dossier.State
	switch s.State {
	case dossier.StateOpen:
		ahead = []dossier.State{dossier.StateScreening, dossier.StateReviewing, dossier.StateConverted}
	case dossier.StateScreening:
		ahead = []dossier.State{dossier.StateReviewing, dossier.StateConverted}
	case dossier.StateWaiting:
		way = append(way, dossier.StateScreening)
		ahead = []dossier.State{dossier.StateReviewing, dossier.StateConverted}
	case dossier.StateReviewing:
		way = append(way, dossier.StateScreening)
		ahead = []dossier.State{dossier.StateConverted}
	case dossier.StateSecondReview, dossier.StateApproved:
		way = append(way, dossier.StateScreening, dossier.StateReviewing)
		ahead = []dossier.State{dossier.StateConverted}
	case dossier.StateConverted, dossier.StateRejected:
		way = append(way, dossier.StateScreening, dossier.StateReviewing)
	case dossier.StateExpired, dossier.StateWithdrawn, dossier.StateSuperseded:
		if len(s.Submissions) > 0 {
			way = append(way, dossier.StateScreening)
		}
	}
	if s.State == dossier.StateOpen {
		way = nil
	}
	steps := make([]step, 0, len(way)+1+len(ahead))
	for _, state := range way {
		steps = append(steps, step{state, "done"})
	}
	steps = append(steps, step{s.State, "now"})
	for _, state := range ahead {
		steps = append(steps, step{state, "todo"})
	}
	return steps
}

type withdrawData struct{ ID string }

func withdrawPage(id string) ui.Page {
	return ui.Page{
		Name: "portal/withdraw", Title: "ui.withdraw.title", Data: withdrawData{id},
		Crumbs: []ui.Crumb{
			{Key: "ui.nav.area", URL: pathArea},
			{Key: "ui.status.title", URL: statusPath(id)},
			{Key: "ui.withdraw.link"},
		},
	}
}

func (p *Portal) withdrawForm(c *gin.Context) error {
	s, err := p.Conversion.Status(c.Request.Context(), edge.Actor(c), c.Param("id"))
	if err != nil {
		return err
	}
	if !s.CanWithdraw {
		c.Redirect(http.StatusSeeOther, statusPath(s.ID))
		return nil
	}
	return p.show(c, withdrawPage(s.ID))
}

func (p *Portal) withdraw(c *gin.Context) error {
	id := c.Param("id")
	err := p.Conversion.Withdraw(c.Request.Context(), edge.Actor(c), id)
	if err == nil {
		c.Redirect(http.StatusSeeOther, statusPath(id))
		return nil
	}
	if edge.StatusOf(dossier.CodeOf(err)) == http.StatusConflict {
		return p.showProblem(c, withdrawPage(id), err)
	}
	return err
}

type lookupData struct {
	Protocol string
	// Status is what was found; nil: nothing was asked.
	Status *conversion.Status
}

func lookupPage(data lookupData) ui.Page {
	return ui.Page{
		Name: "portal/lookup", Title: "ui.lookup.title", Here: pathStatus, Data: data,
		Crumbs: []ui.Crumb{{Key: "ui.nav.status"}},
	}
}

func (p *Portal) lookupForm(c *gin.Context) error { return p.show(c, lookupPage(lookupData{})) }

// lookup shows a dossier's state to whoever has protocol number and code; the
// code is typed in a POST and never part of an address.
func (p *Portal) lookup(c *gin.Context) error {
	protocol := c.PostForm("protocollo")
	s, err := p.Conversion.StatusByCode(c.Request.Context(), protocol, c.PostForm("codice"), edge.Source(c))
	if err != nil {
		return p.lookupProblem(c, protocol, err)
	}
	return p.show(c, lookupPage(lookupData{Protocol: protocol, Status: &s}))
}

// lookupProblem words "nothing found" and "wrong code" alike, so that neither
// tells which protocol numbers exist.
func (p *Portal) lookupProblem(c *gin.Context, protocol string, err error) error {
	page := lookupPage(lookupData{Protocol: protocol})
	alike := []dossier.Code{dossier.CodeNotFound, dossier.CodeCredentialsWrong, dossier.CodeRequestInvalid}
	if !slices.Contains(alike, dossier.CodeOf(err)) {
		return p.showProblem(c, page, err)
	}
	problem := p.Edge.Problem(c, err)
	p.Edge.Announce(c, problem, err)
	problem.Title = p.UI.Text(c, "ui.lookup.wrong.title")
	problem.Detail = p.UI.Text(c, "ui.lookup.wrong.detail")
	page.Field, page.Problem, page.Status = "protocol", &problem, http.StatusNotFound
	return p.show(c, page)
}
