package desk

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/dossier"
	"dispositivo/verify/review"
)

type queueData struct {
	// Work offers to take cases, Look to look at them without.
	Work   bool
	Look   bool
	Filter review.Filter
	States []dossier.State
	Items  []review.Item
	Mine   []review.Item
	// Done is the outcome of the act before, one of outcomes; "" none.
	Done string
}

// outcomes are what a redirect may say on the page it leads to: each has a
// text "ui.desk.done.…". Anything else in an address is ignored.
func outcomes() []string {
	return []string{
		string(dossier.StateApproved), string(dossier.StateSecondReview), string(dossier.StateRejected),
		string(dossier.StateWaiting), string(dossier.StateConverted),
		"released", "cleared", "refused", "joined", "stopped", "none",
	}
}

func outcome(c *gin.Context) string {
	if done := c.Query("fatto"); slices.Contains(outcomes(), done) {
		return done
	}
	return ""
}

// leave redirects with an outcome to be told.
func leave(c *gin.Context, path, done string) {
	c.Redirect(http.StatusSeeOther, path+"?"+url.Values{"fatto": {done}}.Encode())
}

// filterStates are the states that a queue can be narrowed to.
func filterStates() []dossier.State {
	return []dossier.State{
		dossier.StateReviewing, dossier.StateSecondReview, dossier.StateWaiting, dossier.StateScreening,
		dossier.StateApproved, dossier.StateConverted, dossier.StateRejected,
	}
}

func (d *Desk) queue(c *gin.Context) error {
	page, err := d.queuePage(c)
	if err != nil {
		return err
	}
	return d.show(c, page)
}

func (d *Desk) queuePage(c *gin.Context) (ui.Page, error) {
	ctx, actor := c.Request.Context(), edge.Actor(c)
	filter := review.Filter{Office: c.Query("sede"), Escalated: c.Query("sollecito") != ""}
	if state := dossier.State(c.Query("stato")); state.Valid() {
		filter.State = state
	}
	items, err := d.Reviews.List(ctx, actor, filter)
	if err != nil {
		return ui.Page{}, err
	}
	mine := items
	if filter != (review.Filter{}) {
		if mine, err = d.Reviews.List(ctx, actor, review.Filter{}); err != nil {
			return ui.Page{}, err
		}
	}
	return ui.Page{
		Name: "desk/queue", Title: "ui.desk.queue", Here: pathQueue,
		Data: queueData{
			Work: works(actor), Look: looks(actor), Filter: filter, States: filterStates(), Items: items,
			Mine: own(mine), Done: outcome(c),
		},
	}, nil
}

// own returns the items in the operator's own hands.
func own(items []review.Item) []review.Item {
	var mine []review.Item
	for _, it := range items {
		if it.Mine && it.ReviewID != "" {
			mine = append(mine, it)
		}
	}
	return mine
}

func (d *Desk) next(c *gin.Context) error {
	claim, ok, err := d.Reviews.Next(c.Request.Context(), edge.Actor(c))
	if err != nil {
		return d.queueProblem(c, err)
	}
	if !ok {
		leave(c, pathQueue, "none")
		return nil
	}
	c.Redirect(http.StatusSeeOther, reviewPath(claim.ID))
	return nil
}

func (d *Desk) claim(c *gin.Context) error {
	claim, err := d.Reviews.Claim(c.Request.Context(), edge.Actor(c), c.Param("dossier"))
	if err != nil {
		return d.queueProblem(c, err)
	}
	c.Redirect(http.StatusSeeOther, reviewPath(claim.ID))
	return nil
}

// queueProblem shows on the queue what an operator can do something about;
// the rest is a page of its own.
func (d *Desk) queueProblem(c *gin.Context, err error) error {
	if d.Edge.Problem(c, err).Status != http.StatusConflict {
		return err
	}
	page, pageErr := d.queuePage(c)
	if pageErr != nil {
		return err
	}
	return d.showProblem(c, page, err)
}

func reviewPath(id string) string { return "/desk/pratiche/" + url.PathEscape(id) }
