package portal

import (
	"errors"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/dossier"
	"dispositivo/pin/activation"
)

// activateData is the first step as it was typed, but for the first half.
type activateData struct {
	CodiceFiscale string
	Proof         string // "card" or "document"
	Card          activation.Card
	Document      activation.Document
	// Types are the identity documents that can be chosen.
	Types  []string
	Locked bool
	// Ended: the session of the first half is over.
	Ended bool
}

func activatePage(data activateData) ui.Page {
	data.Types = []string{"passport", "identity_card", "licence"}
	return ui.Page{
		Name: "portal/activate", Title: "ui.activate.title", Here: pathActivate, Data: data,
		Crumbs: []ui.Crumb{{Key: "ui.activate.title"}},
	}
}

func (p *Portal) activateForm(c *gin.Context) error {
	return p.show(c, activatePage(activateData{Proof: "card", Ended: c.Query("uscito") != ""}))
}

// activate begins an activation: the session of the first half opens, and
// whatever is wrong is answered as a wrong PIN (B1).
func (p *Portal) activate(c *gin.Context) error {
	f := c.PostForm
	data := activateData{
		CodiceFiscale: f("codice_fiscale"), Proof: f("prova"),
		Card:     activation.Card{Number: f("tessera_numero"), Expiry: f("tessera_scadenza")},
		Document: activation.Document{Type: f("documento_tipo"), Number: f("documento_numero"), Expiry: f("documento_scadenza")},
	}
	proof := activation.Proof{Card: &data.Card}
	if data.Proof == "document" {
		proof = activation.Proof{Document: &data.Document}
	}
	try := p.tryOf(c)
	s, err := p.Activation.Begin(c.Request.Context(), try, proof)
	if err != nil {
		return p.activateProblem(c, data, err)
	}
	p.welcome(c, s, try)
	next := pathActivateContacts
	if proof.Card != nil && proof.Card.Doubtful() {
		next += "?tessera=dubbia"
	}
	c.Redirect(http.StatusSeeOther, next)
	return nil
}

func (p *Portal) activateProblem(c *gin.Context, data activateData, err error) error {
	data.Locked = dossier.CodeOf(err) == dossier.CodeLocked
	page := activatePage(data)
	switch dossier.CodeOf(err) { //nolint:exhaustive // the others have no field to blame
	case dossier.CodeCredentialsWrong:
		page.Field = "cf"
	case dossier.CodeActivationProof:
		page.Field = argOf(err, "field")
	}
	return p.showProblem(c, page, err)
}

// argOf returns an argument of a domain error.
func argOf(err error, name string) string {
	if e, ok := errors.AsType[*dossier.Error](err); ok {
		return e.Args[name]
	}
	return ""
}

// field is one contact that is asked for.
type field struct {
	Kind     dossier.ContactKind
	Value    string
	Required bool
	Bad      bool
}

type activateContactsData struct {
	Person   dossier.Person
	Doubtful bool
	Fields   []field
}

func activateContactsPage(data activateContactsData) ui.Page {
	return ui.Page{
		Name: "portal/activatecontacts", Title: "ui.activate.contacts", Here: pathActivateContacts, Data: data,
		Crumbs: []ui.Crumb{{Key: "ui.activate.title", URL: pathActivate}, {Key: "ui.activate.contacts"}},
	}
}

// fieldsOf asks for every kind of contact: as given before, or as on file.
func fieldsOf(value func(dossier.ContactKind) string) []field {
	var list []field
	for _, kind := range dossier.ContactKinds() {
		list = append(list, field{Kind: kind, Value: value(kind), Required: kind == dossier.ContactMobile})
	}
	return list
}

// activationOf reads how far the activation is. One that is over begins anew.
func (p *Portal) activationOf(c *gin.Context) (s activation.Status, over bool, err error) {
	ses, _ := edge.SessionOf(c)
	s, err = p.Activation.Status(c.Request.Context(), ses)
	if dossier.CodeOf(err) == dossier.CodeActivationOver {
		return s, true, p.showProblem(c, activatePage(activateData{Proof: "card", Ended: c.Query("uscito") != ""}), err)
	}
	return s, err != nil, err
}

func (p *Portal) activateContactsForm(c *gin.Context) error {
	s, over, err := p.activationOf(c)
	if over {
		return err
	}
	return p.show(c, activateContactsPage(activateContactsData{
		Person: s.Person, Doubtful: c.Query("tessera") != "",
		Fields: fieldsOf(func(kind dossier.ContactKind) string {
			for _, g := range s.Given {
				if g.Kind == kind {
					return g.Value
				}
			}
			return s.Person.Contacts.Get(kind)
		}),
	}))
}

func (p *Portal) activateContacts(c *gin.Context) error {
	s, over, err := p.activationOf(c)
	if over {
		return err
	}
	ses, _ := edge.SessionOf(c)
	given := map[dossier.ContactKind]string{}
	for _, kind := range dossier.ContactKinds() {
		given[kind] = c.PostForm(string(kind))
	}
	err = p.Activation.Give(c.Request.Context(), ses, given)
	if err == nil {
		c.Redirect(http.StatusSeeOther, pathActivateFinish)
		return nil
	}
	mendable := []dossier.Code{dossier.CodeContactInvalid, dossier.CodeActivationContacts, dossier.CodeRateLimited, dossier.CodeConflict}
	if !slices.Contains(mendable, dossier.CodeOf(err)) {
		return err
	}
	page := activateContactsPage(activateContactsData{
		Person: s.Person, Fields: fieldsOf(func(kind dossier.ContactKind) string { return given[kind] }),
	})
	page.Field = argOf(err, "kind")
	return p.showProblem(c, page, err)
}

type activateFinishData struct {
	// Waiting are the contacts whose codes are to be typed back.
	Waiting []dossier.GivenContact
	// SendsTo is the kind of contact that the second half will be sent to; "": it
	// is to be typed in.
	SendsTo dossier.ContactKind
	Locked  bool
}

func activateFinishPage(s activation.Status, locked bool) ui.Page {
	data := activateFinishData{SendsTo: s.SendsTo, Locked: locked}
	for _, g := range s.Given {
		if g.Waits() {
			data.Waiting = append(data.Waiting, g)
		}
	}
	return ui.Page{
		Name: "portal/activatefinish", Title: "ui.activate.finish", Here: pathActivateFinish, Data: data,
		Crumbs: []ui.Crumb{
			{Key: "ui.activate.title", URL: pathActivate},
			{Key: "ui.activate.contacts", URL: pathActivateContacts},
			{Key: "ui.activate.finish"},
		},
	}
}

func (p *Portal) activateFinishForm(c *gin.Context) error {
	s, over, err := p.activationOf(c)
	if over {
		return err
	}
	if len(s.Given) == 0 {
		c.Redirect(http.StatusSeeOther, pathActivateContacts)
		return nil
	}
	return p.show(c, activateFinishPage(s, false))
}

// activateFinish activates the PIN and leads to the first access.
func (p *Portal) activateFinish(c *gin.Context) error {
	ses, _ := edge.SessionOf(c)
	answers := activation.Answers{
		Codes: map[dossier.ContactKind]string{}, Half: c.PostForm("parte"), Source: edge.Source(c), Device: p.Edge.Device(c, edge.Citizens()),
	}
	for _, kind := range dossier.ContactKinds() {
		answers.Codes[kind] = c.PostForm("codice_" + string(kind))
	}
	to, err := p.Activation.Finish(c.Request.Context(), ses, answers)
	if err != nil {
		return p.finishProblem(c, err)
	}
	if err := p.Edge.Leave(c, edge.Citizens()); err != nil {
		return err
	}
	if to == "" {
		to = "post"
	}
	c.Redirect(http.StatusSeeOther, pathSignIn+"?attivato="+string(to))
	return nil
}

func (p *Portal) finishProblem(c *gin.Context, err error) error {
	s, over, statusErr := p.activationOf(c)
	if over {
		return statusErr
	}
	code := dossier.CodeOf(err)
	page := activateFinishPage(s, code == dossier.CodeLocked)
	switch code { //nolint:exhaustive // the others have no field to blame
	case dossier.CodeChallengeWrong:
		page.Field = "code-" + argOf(err, "kind")
	case dossier.CodeCredentialsWrong:
		page.Field = "half"
	}
	return p.showProblem(c, page, err)
}
