package v1

import (
	"context"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"dispositivo/dossier"
	"dispositivo/internal/federation"
)

// Identities is what the interface needs of federation.Doors.
type Identities interface {
	AppWays() []dossier.Way
	BeginApp(ctx context.Context, way dossier.Way) (address, visit string, err error)
	FinishApp(ctx context.Context, way dossier.Way, visit string, query url.Values) (federation.Identity, error)
	Card(r *http.Request) (federation.Identity, error)
}

// identityRoutes mounts the ways in by SPID, CIE and CNS (B9): an app opens the
// provider's page in the browser of its system, and is handed the answer at an
// address of its own; a card is shown with the connection.
func (a *API) identityRoutes(r gin.IRouter) {
	h := a.Edge.Handle
	r.GET("/identities", func(c *gin.Context) { c.JSON(http.StatusOK, gin.H{"ways": a.Identities.AppWays()}) })
	r.POST("/identities/:way/visits", h(a.beginIdentity))
	r.POST("/identities/:way/sessions", h(a.signInElsewhere))
}

func (a *API) beginIdentity(c *gin.Context) error {
	address, visit, err := a.Identities.BeginApp(c.Request.Context(), dossier.Way(c.Param("way")))
	if err != nil {
		return err
	}
	c.JSON(http.StatusCreated, gin.H{"address": address, "visit": visit})
	return nil
}

// elsewhereRequest is a visit and what the provider answered at its end; nothing of
// it for a card.
type elsewhereRequest struct {
	Visit string `json:"visit"`
	Code  string `json:"code"` // never logged or kept
	State string `json:"state"`
	Iss   string `json:"iss"`
	Error string `json:"error"`
}

func (q elsewhereRequest) query() url.Values {
	return url.Values{"code": {q.Code}, "state": {q.State}, "iss": {q.Iss}, "error": {q.Error}}
}

func (a *API) signInElsewhere(c *gin.Context) error {
	var req elsewhereRequest
	if err := readJSON(c, &req); err != nil {
		return err
	}
	ctx := c.Request.Context()
	id, err := a.identify(c, req)
	if err != nil {
		return err
	}
	s, err := a.Access.SignInElsewhere(ctx, id.Way, id.CodiceFiscale, id.Evidence)
	if err != nil {
		return err
	}
	account, err := a.Access.Account(ctx, s.Actor)
	if err != nil {
		return err
	}
	c.JSON(http.StatusCreated, signedIn(s, account))
	return nil
}

func (a *API) identify(c *gin.Context, req elsewhereRequest) (federation.Identity, error) {
	way := dossier.Way(c.Param("way"))
	if way == dossier.WayCNS {
		return a.Identities.Card(c.Request)
	}
	return a.Identities.FinishApp(c.Request.Context(), way, req.Visit, req.query())
}
