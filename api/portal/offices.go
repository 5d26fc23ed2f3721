package portal

import (
	"math"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/dossier"
	"dispositivo/internal/offices"
)

const pathOffices = "/sedi"

// Offices is what the portal needs of offices.Finder.
type Offices interface {
	Nearest(source string, latitude, longitude float64, kind offices.Kind) ([]offices.Near, error)
	At(source, name string) (offices.Found, error)
	ByCountry(lang string) []offices.Country
	Labels(lang string) []string
	Note(lang string) string
}

// officeRoutes mounts the page that finds the nearest office (E2), the one page
// that may ask the browser where it is.
func (p *Portal) officeRoutes(pages gin.IRouter) {
	on := p.Edge.Handle
	here := pages.Group("", p.Edge.AllowPosition())
	here.GET(pathOffices, on(p.officesForm))
	here.POST(pathOffices, on(p.searchOffices))
}

type officesData struct {
	// Place is what was typed.
	Place string
	// Groups is what was found; none: nothing was asked.
	Groups []officeGroup
	// Measured: what was found has distances.
	Measured  bool
	Countries []offices.Country
	// Labels are the places to choose from.
	Labels []string
	// Note says what the coordinates are.
	Note string
}

// officeGroup is what was found of one kind.
type officeGroup struct {
	Kind    offices.Kind
	Offices []offices.Near
}

func (p *Portal) officesPage(c *gin.Context, data officesData) ui.Page {
	lang := edge.Lang(c)
	data.Countries, data.Labels, data.Note = p.Offices.ByCountry(lang), p.Offices.Labels(lang), p.Offices.Note(lang)
	return ui.Page{
		Name: "portal/offices", Title: "ui.offices.title", Here: pathOffices, Data: data,
		Crumbs: []ui.Crumb{{Key: "ui.offices.title"}},
	}
}

func (p *Portal) officesForm(c *gin.Context) error { return p.show(c, p.officesPage(c, officesData{})) }

// searchOffices takes a place, or a position, which is personal: it comes in the
// body, never in an address, and the answer does not hold it.
func (p *Portal) searchOffices(c *gin.Context) error {
	data := officesData{Place: strings.TrimSpace(c.PostForm("luogo"))}
	found, err := p.findOffices(c, data.Place)
	switch dossier.CodeOf(err) { //nolint:exhaustive // the others have a page of their own
	case "":
	case dossier.CodeOfficeNone, dossier.CodeOfficePlace, dossier.CodeOfficePosition, dossier.CodeRateLimited:
		page := p.officesPage(c, data)
		if dossier.CodeOf(err) != dossier.CodeRateLimited {
			page.Field = "place"
		}
		return p.showProblem(c, page, err)
	default:
		return err
	}
	data.Groups, data.Measured = byKind(found.Offices), found.Measured
	return p.show(c, p.officesPage(c, data))
}

// findOffices goes by the place where one is given: who types it after having sent
// a position means the place.
func (p *Portal) findOffices(c *gin.Context, place string) (offices.Found, error) {
	latitude, longitude := c.PostForm("latitudine"), c.PostForm("longitudine")
	if place != "" || latitude == "" && longitude == "" {
		return p.Offices.At(edge.Source(c), place)
	}
	near, err := p.Offices.Nearest(edge.Source(c), degrees(latitude), degrees(longitude), "")
	return offices.Found{Offices: near, Measured: true}, err
}

// degrees reads a coordinate. What is no number becomes none, which is no place on
// the Earth: the error of strconv would hold what was sent.
func degrees(text string) float64 {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return math.NaN()
	}
	return v
}

// byKind groups what was found; the kind of the nearest comes first.
func byKind(found []offices.Near) []officeGroup {
	var groups []officeGroup
	at := map[offices.Kind]int{}
	for _, o := range found {
		i, ok := at[o.Kind]
		if !ok {
			i = len(groups)
			at[o.Kind] = i
			groups = append(groups, officeGroup{Kind: o.Kind})
		}
		groups[i].Offices = append(groups[i].Offices, o)
	}
	return groups
}
