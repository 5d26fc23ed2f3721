package portal

import (
	"context"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
)

// Letters is what the portal needs of letters.Service.
type Letters interface {
	Reissue(ctx context.Context, codiceFiscale, source string) error
	// WaitDays returns days by destination: italy, europe, elsewhere.
	WaitDays() map[string]string
}

type reissueData struct {
	CodiceFiscale string
	// Done says that something was asked; never what came of it.
	Done bool
	// Days are those of WaitDays.
	Days map[string]string
}

func (p *Portal) reissuePage(data reissueData) ui.Page {
	data.Days = p.Letters.WaitDays()
	return ui.Page{
		Name: "portal/reissue", Title: "ui.reissue.title", Here: pathReissue, Data: data,
		Crumbs: []ui.Crumb{{Key: "ui.nav.reissue"}},
	}
}

func (p *Portal) reissueForm(c *gin.Context) error { return p.show(c, p.reissuePage(reissueData{})) }

// reissue answers everybody alike: what happens, the holder is told by message.
func (p *Portal) reissue(c *gin.Context) error {
	cf := c.PostForm("codice_fiscale")
	if err := p.Letters.Reissue(c.Request.Context(), cf, edge.Source(c)); err != nil {
		return p.showProblem(c, p.reissuePage(reissueData{CodiceFiscale: cf}), err)
	}
	return p.show(c, p.reissuePage(reissueData{Done: true}))
}
