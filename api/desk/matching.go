package desk

import (
	"context"
	"slices"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/dossier"
	"dispositivo/intake/match"
)

// Matching is what the desk needs of match.Service.
type Matching interface {
	Candidates(ctx context.Context, actor dossier.Actor, sub dossier.Submission) ([]match.Candidate, error)
	Join(ctx context.Context, actor dossier.Actor, submissionID, named string) error
}

// candidateView is a dossier that is proposed; Protocol names it when it is chosen.
type candidateView struct {
	match.Candidate
	Protocol string
}

// candidates are the proposals for an unmatched submission. One that nothing came
// for yet has no number to show and is joined by its holder's codice fiscale.
func (d *Desk) candidates(c *gin.Context, sub dossier.Submission) ([]candidateView, error) {
	all, err := d.Matching.Candidates(c.Request.Context(), edge.Actor(c), sub)
	if err != nil {
		return nil, err
	}
	views := make([]candidateView, len(all))
	for i, one := range all {
		views[i].Candidate = one
		if n := len(one.Dossier.Submissions); n > 0 {
			views[i].Protocol = one.Dossier.Submissions[n-1].Protocol.String()
		}
	}
	return views, nil
}

// join joins an unmatched submission to the dossier that the operator names.
func (d *Desk) join(c *gin.Context) error {
	err := d.Matching.Join(c.Request.Context(), edge.Actor(c), c.Param("submission"), c.PostForm("fascicolo"))
	if err == nil {
		leave(c, pathUnmatched, "joined")
		return nil
	}
	shown := []dossier.Code{
		dossier.CodeRequestInvalid, dossier.CodeNotFound, dossier.CodeConversionClosed, dossier.CodeOwnDossier,
		dossier.CodeConflict, dossier.CodeDossierChanged,
	}
	if !slices.Contains(shown, dossier.CodeOf(err)) {
		return err
	}
	page, pageErr := d.submissionsPage(c, unmatched())
	if pageErr != nil {
		return err
	}
	return d.showProblem(c, page, err)
}
