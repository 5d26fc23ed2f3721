package v1

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/dossier"
	"dispositivo/intake/match"
)

// Matching leads what nothing joined to its dossier: *match.Service.
type Matching interface {
	CandidatesOf(ctx context.Context, actor dossier.Actor, submissionID string) ([]match.Candidate, error)
	Join(ctx context.Context, actor dossier.Actor, submissionID, named string) error
}

// candidateAnswer is a dossier that is proposed. Protocol names it when it is
// chosen; it is "" while nothing has come for it.
type candidateAnswer struct {
	DossierID string         `json:"dossier_id"`
	Protocol  string         `json:"protocol"`
	State     dossier.State  `json:"state"`
	Office    string         `json:"office"`
	Why       []match.Reason `json:"why"`
}

func (a *API) candidates(c *gin.Context) error {
	all, err := a.Matching.CandidatesOf(c.Request.Context(), edge.Actor(c), c.Param("id"))
	if err != nil {
		return err
	}
	answer := make([]candidateAnswer, len(all))
	for i, one := range all {
		d := one.Dossier
		answer[i] = candidateAnswer{DossierID: d.ID, State: d.State, Office: d.Office, Why: make([]match.Reason, len(one.Why))}
		for j, ground := range one.Why {
			answer[i].Why[j] = ground.Reason
		}
		if n := len(d.Submissions); n > 0 {
			answer[i].Protocol = d.Submissions[n-1].Protocol.String()
		}
	}
	c.JSON(http.StatusOK, gin.H{"candidates": answer})
	return nil
}

type joinRequest struct {
	Dossier string `json:"dossier" binding:"required"`
}

func (a *API) join(c *gin.Context) error {
	var req joinRequest
	if err := readJSON(c, &req); err != nil {
		return err
	}
	if err := a.Matching.Join(c.Request.Context(), edge.Actor(c), c.Param("id"), req.Dossier); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}
