package desk

import (
	"context"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/dossier"
	"dispositivo/intake/match"
	"dispositivo/verify/review"
)

// Matching is what the desk needs of match.Service.
type Matching interface {
	Candidates(ctx context.Context, actor dossier.Actor, sub dossier.Submission) ([]match.Candidate, error)
	Proposals(ctx context.Context, actor dossier.Actor, submissionID string) ([]match.Proposal, error)
	Join(ctx context.Context, actor dossier.Actor, submissionID, named string) error
}

// candidateView is a dossier that is proposed; Protocol names it when it is chosen.
type candidateView struct {
	match.Proposal
	// Protocol is the number of what came last for it; "" while nothing has.
	Protocol string
	Why      []groundView
}

// groundView is one reason, with the key of its text.
type groundView struct {
	match.Ground
	Key string
}

// viewCandidate words a proposal. A sender is named as the channel knows one: fax by
// the caller's number, mail by the address.
func viewCandidate(p match.Proposal) candidateView {
	v := candidateView{Proposal: p}
	if n := len(p.Dossier.Submissions); n > 0 {
		v.Protocol = p.Dossier.Submissions[n-1].Protocol.String()
	}
	for _, g := range p.Why {
		key := "ui.match.why." + string(g.Reason)
		switch {
		case g.Earlier:
			key += ".earlier"
		case g.Reason == match.ReasonSender && g.Arrival.Channel == dossier.ChannelFax:
			key += ".number"
		case g.Reason == match.ReasonSender:
			key += ".address"
		}
		v.Why = append(v.Why, groundView{Ground: g, Key: key})
	}
	return v
}

// candidates are the proposals for an unmatched submission, whose holders it does not
// name: who stands at the counter says so.
func (d *Desk) candidates(c *gin.Context, sub dossier.Submission) ([]candidateView, error) {
	all, err := d.Matching.Candidates(c.Request.Context(), edge.Actor(c), sub)
	if err != nil {
		return nil, err
	}
	views := make([]candidateView, len(all))
	for i, one := range all {
		views[i] = viewCandidate(match.Proposal{Candidate: one})
	}
	return views, nil
}

// arrivalData is one unmatched submission.
type arrivalData struct {
	submissionView
	// From is what the channel says of the sender, FromKey the key of what that is.
	From, FromKey string
	Candidates    []candidateView
	// Named is what was typed and leads nowhere.
	Named string
	Work  bool
}

// senderKey is the key of what a channel knows a sender by. A fax that came by mail
// has the address of the gateway.
func senderKey(ch dossier.Channel, from string) string {
	switch {
	case ch == dossier.ChannelFax && strings.Contains(from, "@"):
		return "ui.unmatched.gateway"
	case ch == dossier.ChannelFax:
		return "ui.unmatched.number"
	case ch == dossier.ChannelMail, ch == dossier.ChannelPEC:
		return "ui.unmatched.address"
	}
	return "ui.unmatched.sender"
}

// arrival shows one unmatched submission: what its channel says, what it may belong
// to, and what can be done. The look is logged, and so is each name.
func (d *Desk) arrival(c *gin.Context) error {
	page, err := d.arrivalPage(c)
	if err != nil {
		return err
	}
	return d.show(c, page)
}

func (d *Desk) arrivalPage(c *gin.Context) (ui.Page, error) {
	ctx, actor, id := c.Request.Context(), edge.Actor(c), c.Param("submission")
	a, err := d.Reviews.Arrival(ctx, actor, id)
	if err != nil {
		return ui.Page{}, err
	}
	proposals, err := d.Matching.Proposals(ctx, actor, id)
	if err != nil {
		return ui.Page{}, err
	}
	return viewArrival(a, proposals, works(actor)), nil
}

func viewArrival(a review.Arrival, proposals []match.Proposal, work bool) ui.Page {
	data := arrivalData{submissionView: viewSubmission(a.Submission), From: a.From, FromKey: senderKey(a.Channel, a.From), Work: work}
	for _, p := range proposals {
		data.Candidates = append(data.Candidates, viewCandidate(p))
	}
	return ui.Page{
		Name: "desk/arrival", Title: "ui.unmatched.title", Here: pathDesk + "/invii/" + a.ID, Data: data,
		Args:   map[string]string{"protocol": a.Protocol.String()},
		Crumbs: []ui.Crumb{{Key: "ui.desk.unmatched", URL: pathUnmatched}, {Key: "ui.unmatched.crumb"}},
	}
}

// join joins an unmatched submission to the dossier that the operator names.
func (d *Desk) join(c *gin.Context) error {
	named := c.PostForm("fascicolo")
	err := d.Matching.Join(c.Request.Context(), edge.Actor(c), c.Param("submission"), named)
	if err == nil {
		leave(c, pathUnmatched, "joined")
		return nil
	}
	page, pageErr := d.arrivalAfter(c, err)
	if pageErr != nil {
		return err
	}
	if data, ok := page.Data.(arrivalData); ok && aboutDossier(dossier.CodeOf(err)) && !data.proposes(named) {
		data.Named = named
		page.Data, page.Field = data, "named"
	}
	return d.showScanProblem(c, page, err, "ui.match.unknown")
}

// proposes reports whether what came is the choice of a proposal, which nobody typed.
func (a arrivalData) proposes(named string) bool {
	return slices.ContainsFunc(a.Candidates, func(v candidateView) bool { return v.Dossier.ID == named })
}

// notRefused shows beside an unmatched submission why it was not refused.
func (d *Desk) notRefused(c *gin.Context, err error) error {
	page, pageErr := d.arrivalAfter(c, err)
	if pageErr != nil {
		return err
	}
	if dossier.CodeOf(err) == dossier.CodeRequestInvalid {
		page.Field = "refusal-" + c.Param("submission")
	}
	return d.showProblem(c, page, err)
}

// arrivalAfter is the page that says why nothing was done to an unmatched submission:
// its own, or the list, when a colleague was faster.
func (d *Desk) arrivalAfter(c *gin.Context, err error) (ui.Page, error) {
	shown := []dossier.Code{
		dossier.CodeRequestInvalid, dossier.CodeNotFound, dossier.CodeConversionClosed, dossier.CodeOwnDossier,
		dossier.CodeConflict, dossier.CodeDossierChanged,
	}
	if !slices.Contains(shown, dossier.CodeOf(err)) {
		return ui.Page{}, err
	}
	page, pageErr := d.arrivalPage(c)
	if dossier.CodeOf(pageErr) == dossier.CodeNotFound && dossier.CodeOf(err) == dossier.CodeConflict {
		return d.submissionsPage(c, unmatched())
	}
	return page, pageErr
}
