package portal

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/dossier"
	"dispositivo/internal/federation"
)

const (
	pathIdentity = "/accesso/identita"
	// cookieVisit holds what must come back from an identity provider.
	cookieVisit    = "dsp_visit"
	visitInSeconds = 10 * 60
)

// Identities is what the portal needs of federation.Doors.
type Identities interface {
	Ways() []dossier.Way
	Begin(ctx context.Context, way dossier.Way) (address, cookie string, err error)
	Finish(ctx context.Context, way dossier.Way, cookie string, query url.Values) (federation.Identity, error)
	Card(r *http.Request) (federation.Identity, error)
}

func (p *Portal) identityRoutes(pages gin.IRouter) {
	pages.GET(pathIdentity+"/:via", p.Edge.Handle(p.beginIdentity))
	pages.GET(pathIdentity+"/:via/ritorno", p.Edge.Handle(p.endIdentity))
}

// beginIdentity sends the visitor to the provider of SPID or CIE. A card has been
// shown with the connection already. These are links, not forms: our pages let
// forms lead to ourselves alone.
func (p *Portal) beginIdentity(c *gin.Context) error {
	way := dossier.Way(c.Param("via"))
	if !slices.Contains(p.Identities.Ways(), way) {
		return dossier.Problem(dossier.CodeNotFound)
	}
	if way == dossier.WayCNS {
		id, err := p.Identities.Card(c.Request)
		return p.enter(c, id, err)
	}
	address, cookie, err := p.Identities.Begin(c.Request.Context(), way)
	if err != nil {
		return err
	}
	p.Edge.SetShortCookie(c, cookieVisit, pathIdentity, cookie, visitInSeconds)
	c.Redirect(http.StatusSeeOther, address)
	return nil
}

// endIdentity takes the visitor back from the provider. The cookie counts once.
func (p *Portal) endIdentity(c *gin.Context) error {
	way := dossier.Way(c.Param("via"))
	if way == dossier.WayCNS || !slices.Contains(p.Identities.Ways(), way) {
		return dossier.Problem(dossier.CodeNotFound)
	}
	cookie := p.Edge.ShortCookie(c, cookieVisit, pathIdentity) // none: refused by Finish
	p.Edge.SetShortCookie(c, cookieVisit, pathIdentity, "", -1)
	id, err := p.Identities.Finish(c.Request.Context(), way, cookie, c.Request.URL.Query())
	return p.enter(c, id, err)
}

// enter signs in who has proved to be somebody, or says on the sign-in page why not.
func (p *Portal) enter(c *gin.Context, id federation.Identity, err error) error {
	if err == nil {
		s, signErr := p.Access.SignInElsewhere(c.Request.Context(), id.Way, id.CodiceFiscale, id.Evidence)
		if signErr == nil {
			p.Edge.Welcome(c, edge.Citizens(), s)
			c.Redirect(http.StatusSeeOther, pathArea)
			return nil
		}
		err = signErr
	}
	if code := dossier.CodeOf(err); code == dossier.CodeIdentityRefused || code == dossier.CodeIdentityUnknown {
		return p.showProblem(c, p.signInPage(signInData{}), err)
	}
	return err
}
