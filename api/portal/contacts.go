package portal

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/dossier"
)

// contact is one of the holder's contacts as the page shows it.
type contact struct {
	Kind      dossier.ContactKind
	Value     string
	Confirmed bool
	// CanConfirm: a code can be sent there.
	CanConfirm bool
}

type contactsData struct {
	List  []contact
	Kinds []dossier.ContactKind
	// Kind and Value are what was typed and refused.
	Kind  dossier.ContactKind
	Value string
	Done  bool
}

// contactList lists the contacts there are, in the order people are asked for them.
func contactList(c dossier.Contacts) []contact {
	var list []contact
	for _, kind := range dossier.ContactKinds() {
		if value := c.Get(kind); value != "" {
			list = append(list, contact{Kind: kind, Value: value, Confirmed: c.Confirmed(kind), CanConfirm: kind.CanConfirm()})
		}
	}
	return list
}

// contactRoutes mounts the pages of the holder's contacts (B11).
func (p *Portal) contactRoutes(own gin.IRouter) {
	on := p.Edge.Handle
	own.GET(pathContacts, on(p.contacts))
	own.POST(pathContacts, on(p.setContact))
	own.POST("/area/recapiti/rimozione", on(p.removeContact))
	own.GET(pathContactCode, on(p.contactCodeForm))
	own.POST(pathContactCode, on(p.confirmContact))
}

func (p *Portal) contactsPage(c *gin.Context, data contactsData) (ui.Page, error) {
	all, err := p.Contacts.List(c.Request.Context(), edge.Actor(c))
	if err != nil {
		return ui.Page{}, err
	}
	data.List, data.Kinds = contactList(all), dossier.ContactKinds()
	return ui.Page{
		Name: "portal/contacts", Title: "ui.contacts.title", Here: pathContacts, Data: data,
		Crumbs: []ui.Crumb{{Key: "ui.nav.area", URL: pathArea}, {Key: "ui.contacts.title"}},
	}, nil
}

func (p *Portal) contacts(c *gin.Context) error {
	page, err := p.contactsPage(c, contactsData{Done: c.Query("fatto") != ""})
	if err != nil {
		return err
	}
	return p.show(c, page)
}

// setContact begins a change; one that a code can be sent to waits for it (B11).
func (p *Portal) setContact(c *gin.Context) error {
	data := contactsData{Kind: dossier.ContactKind(c.PostForm("tipo")), Value: c.PostForm("valore")}
	waits, err := p.Contacts.Ask(c.Request.Context(), edge.Actor(c), data.Kind, data.Value)
	if err != nil {
		return p.contactProblem(c, data, err)
	}
	if waits {
		c.Redirect(http.StatusSeeOther, pathContactCode)
		return nil
	}
	c.Redirect(http.StatusSeeOther, pathContacts+"?fatto=1")
	return nil
}

// contactProblem shows what can be mended beside the form.
func (p *Portal) contactProblem(c *gin.Context, data contactsData, err error) error {
	mendable := []dossier.Code{dossier.CodeContactInvalid, dossier.CodeRateLimited, dossier.CodeConflict}
	if !slices.Contains(mendable, dossier.CodeOf(err)) {
		return err
	}
	page, pageErr := p.contactsPage(c, data)
	if pageErr != nil {
		return pageErr
	}
	if dossier.CodeOf(err) == dossier.CodeContactInvalid {
		page.Field = "value"
	}
	return p.showProblem(c, page, err)
}

func (p *Portal) removeContact(c *gin.Context) error {
	kind := dossier.ContactKind(c.PostForm("tipo"))
	if err := p.Contacts.Remove(c.Request.Context(), edge.Actor(c), kind); err != nil {
		return p.contactProblem(c, contactsData{}, err)
	}
	c.Redirect(http.StatusSeeOther, pathContacts+"?fatto=1")
	return nil
}

func contactCodePage() ui.Page {
	return ui.Page{
		Name: "portal/contactcode", Title: "ui.contactcode.title", Here: pathContactCode,
		Crumbs: []ui.Crumb{
			{Key: "ui.nav.area", URL: pathArea},
			{Key: "ui.contacts.title", URL: pathContacts},
			{Key: "ui.contactcode.title"},
		},
	}
}

func (p *Portal) contactCodeForm(c *gin.Context) error { return p.show(c, contactCodePage()) }

// confirmContact makes the new contact count.
func (p *Portal) confirmContact(c *gin.Context) error {
	err := p.Contacts.Confirm(c.Request.Context(), edge.Actor(c), c.PostForm("codice"))
	switch dossier.CodeOf(err) { //nolint:exhaustive // the others have a page of their own
	case "":
		c.Redirect(http.StatusSeeOther, pathContacts+"?fatto=1")
		return nil
	case dossier.CodeChallengeWrong, dossier.CodeConflict:
		page := contactCodePage()
		page.Field = "code"
		return p.showProblem(c, page, err)
	default:
		return err
	}
}
