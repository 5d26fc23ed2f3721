package portal

import (
	"context"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/dossier"
	"dispositivo/internal/session"
	"dispositivo/pin/delegation"
)

const pathDeleghe = "/deleghe"

// Delegation is what the portal needs of delegation.Service.
type Delegation interface {
	Grant(ctx context.Context, actor dossier.Actor, g delegation.Grant) (string, error)
	Accept(ctx context.Context, actor dossier.Actor, id string) error
	Decline(ctx context.Context, actor dossier.Actor, id string) error
	End(ctx context.Context, actor dossier.Actor, id string) error
	Mandate(ctx context.Context, actor dossier.Actor, id string) (dossier.Mandate, error)
	List(ctx context.Context, actor dossier.Actor) ([]delegation.View, error)
}

// Sessions is what the portal needs of session.Keeper.
type Sessions interface {
	ActFor(ctx context.Context, s session.Session, m dossier.Mandate) error
}

func (p *Portal) delegationRoutes(r gin.IRouter) {
	on := p.Edge.Handle
	r.GET(pathDeleghe, on(p.deleghe))
	r.POST(pathDeleghe, on(p.grantDelega))
	r.POST(pathDeleghe+"/:id/accettazione", on(p.moveDelega(Delegation.Accept)))
	r.POST(pathDeleghe+"/:id/rifiuto", on(p.moveDelega(Delegation.Decline)))
	r.POST(pathDeleghe+"/:id/fine", on(p.moveDelega(Delegation.End)))
	r.POST(pathDeleghe+"/:id/agire", on(p.actFor))
	r.POST(pathDeleghe+"/per-me", on(p.actForOneself))
}

type delegheData struct {
	Given, Taken []delegation.View
	// Acting is the delegation that the session acts under; "" for none.
	Acting string
	// Grant is what was typed and refused.
	Grant delegation.Grant
	Done  bool
}

func (p *Portal) deleghePage(c *gin.Context, data delegheData) (ui.Page, error) {
	all, err := p.Delegation.List(c.Request.Context(), edge.Actor(c))
	if err != nil {
		return ui.Page{}, err
	}
	data.Acting = edge.Acting(c).Mandate.DelegationID
	for _, v := range all {
		if v.Delegate {
			data.Taken = append(data.Taken, v)
		} else {
			data.Given = append(data.Given, v)
		}
	}
	return ui.Page{
		Name: "portal/deleghe", Title: "ui.deleghe.title", Here: pathDeleghe, Data: data,
		Crumbs: []ui.Crumb{{Key: "ui.nav.area", URL: pathArea}, {Key: "ui.deleghe.title"}},
	}, nil
}

func (p *Portal) deleghe(c *gin.Context) error {
	page, err := p.deleghePage(c, delegheData{Done: c.Query("fatto") != ""})
	if err != nil {
		return err
	}
	return p.show(c, page)
}

func (p *Portal) grantDelega(c *gin.Context) error {
	g := delegation.Grant{CodiceFiscale: c.PostForm("codice_fiscale"), Surname: c.PostForm("cognome"), From: c.PostForm("dal"), Until: c.PostForm("fino")}
	_, err := p.Delegation.Grant(c.Request.Context(), edge.Actor(c), g)
	if err != nil {
		return p.delegaProblem(c, g, err)
	}
	return p.delegaDone(c)
}

// moveDelega accepts, declines or ends one.
func (p *Portal) moveDelega(move func(Delegation, context.Context, dossier.Actor, string) error) edge.Handler {
	return func(c *gin.Context) error {
		if err := move(p.Delegation, c.Request.Context(), edge.Actor(c), c.Param("id")); err != nil {
			return p.delegaProblem(c, delegation.Grant{}, err)
		}
		return p.delegaDone(c)
	}
}

// actFor lets the session act for the delegator, and leads to that one's services.
func (p *Portal) actFor(c *gin.Context) error {
	m, err := p.Delegation.Mandate(c.Request.Context(), edge.Actor(c), c.Param("id"))
	if err != nil {
		return p.delegaProblem(c, delegation.Grant{}, err)
	}
	return p.setMandate(c, m, pathServices)
}

func (p *Portal) actForOneself(c *gin.Context) error {
	return p.setMandate(c, dossier.Mandate{}, pathDeleghe)
}

func (p *Portal) setMandate(c *gin.Context, m dossier.Mandate, then string) error {
	s, _ := edge.SessionOf(c)
	if err := p.Sessions.ActFor(c.Request.Context(), s, m); err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, then)
	return nil
}

func (p *Portal) delegaDone(c *gin.Context) error {
	c.Redirect(http.StatusSeeOther, pathDeleghe+"?fatto=1")
	return nil
}

// delegaProblem shows what can be mended beside the form.
func (p *Portal) delegaProblem(c *gin.Context, g delegation.Grant, err error) error {
	fields := map[dossier.Code]string{dossier.CodeDelegationDelegate: "cf", dossier.CodeDelegationDates: "until"}
	mendable := []dossier.Code{
		dossier.CodeDelegationDelegate, dossier.CodeDelegationDates, dossier.CodeDelegationKind, dossier.CodeDelegationTaken,
		dossier.CodeDelegationFull, dossier.CodeDelegationOver, dossier.CodeConflict, dossier.CodeRateLimited,
	}
	if !slices.Contains(mendable, dossier.CodeOf(err)) {
		return err
	}
	page, pageErr := p.deleghePage(c, delegheData{Grant: g})
	if pageErr != nil {
		return pageErr
	}
	page.Field = fields[dossier.CodeOf(err)]
	return p.showProblem(c, page, err)
}
