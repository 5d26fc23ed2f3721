package portal

import (
	"context"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/dossier"
	"dispositivo/pin"
	"dispositivo/pin/revocation"
)

const pathRevoke = "/pin/revoca"

// Revocation is what the portal needs of revocation.Service.
type Revocation interface {
	// Limited reports whether a new request would be refused to most people (A2).
	Limited() bool
	Ask(ctx context.Context, a revocation.Ask) (handle string, err error)
	Confirm(ctx context.Context, a revocation.Answer) (refused bool, err error)
}

func (p *Portal) revokeRoutes(pages gin.IRouter) {
	on := p.Edge.Handle
	pages.GET(pathRevoke, on(p.revokeForm))
	pages.POST(pathRevoke, on(p.revokeAsk))
	pages.POST(pathRevoke+"/conferma", on(p.revokeConfirm))
}

type revokeData struct {
	CodiceFiscale string
	Card          pin.Card
	// Limited: the page warns that a new request may be refused.
	Limited bool
	// Handle names what was asked, for the second step; "" before.
	Handle string
	// Done says that the PIN is revoked, Refused that its holder gets no new one.
	Done, Refused bool
}

func (p *Portal) revokePage(data revokeData) ui.Page {
	data.Limited = p.Revocation.Limited()
	return ui.Page{
		Name: "portal/revoke", Title: "ui.revoke.title", Here: pathRevoke, Data: data,
		Crumbs: []ui.Crumb{{Key: "ui.revoke.title"}},
	}
}

func (p *Portal) revokeForm(c *gin.Context) error { return p.show(c, p.revokePage(revokeData{})) }

// revokeAsk answers everybody alike (D2).
func (p *Portal) revokeAsk(c *gin.Context) error {
	f := c.PostForm
	data := revokeData{CodiceFiscale: f("codice_fiscale"), Card: pin.Card{Number: f("tessera_numero"), Expiry: f("tessera_scadenza")}}
	handle, err := p.Revocation.Ask(c.Request.Context(), revocation.Ask{CodiceFiscale: data.CodiceFiscale, Card: data.Card, Source: edge.Source(c)})
	if err != nil {
		page := p.revokePage(data)
		switch dossier.CodeOf(err) { //nolint:exhaustive // the others have no field to blame
		case dossier.Code(dossier.CodiceFiscaleBad):
			page.Field = "cf"
		case dossier.CodeActivationProof:
			page.Field = argOf(err, "field")
		}
		return p.showProblem(c, page, err)
	}
	return p.show(c, p.revokePage(revokeData{Handle: handle}))
}

func (p *Portal) revokeConfirm(c *gin.Context) error {
	data := revokeData{Handle: c.PostForm("richiesta")}
	refused, err := p.Revocation.Confirm(c.Request.Context(), revocation.Answer{
		Handle: data.Handle, Code: c.PostForm("codice"), Source: edge.Source(c),
	})
	if err != nil {
		page := p.revokePage(data)
		if dossier.CodeOf(err) == dossier.CodeChallengeWrong {
			page.Field = "code"
		}
		return p.showProblem(c, page, err)
	}
	return p.show(c, p.revokePage(revokeData{Done: true, Refused: refused}))
}
