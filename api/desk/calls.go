package desk

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/dossier"
	"dispositivo/pin/request"
)

type callsData struct {
	List []callView
	// Done is the outcome of the call before; "" none.
	Done request.Outcome
}

type callView struct {
	dossier.PINRequest
	Late bool
}

// calls shows who is to be called, without a name: opening one is a logged look.
func (d *Desk) calls(c *gin.Context) error {
	list, err := d.Requests.List(c.Request.Context(), edge.Actor(c))
	if err != nil {
		return err
	}
	data := callsData{Done: callDone(c)}
	for _, r := range list {
		data.List = append(data.List, callView{PINRequest: r, Late: r.DueAt.Before(d.Now())})
	}
	return d.show(c, ui.Page{
		Name: "desk/calls", Title: "ui.calls.title", Here: pathCalls, Data: data, Crumbs: []ui.Crumb{{Key: "ui.calls.title"}},
	})
}

// outcomesOfCalls are what an operator may record, in the order offered.
func outcomesOfCalls() []request.Outcome {
	return []request.Outcome{request.Confirmed, request.Corrected, request.Unreached, request.Refused}
}

func callDone(c *gin.Context) request.Outcome {
	if done := request.Outcome(c.Query("fatto")); slices.Contains(outcomesOfCalls(), done) {
		return done
	}
	return ""
}

type callData struct {
	Request dossier.PINRequest
	Late    bool
	Rows    []callRow
	// Same: what is on file is what the request says.
	Same    bool
	Reasons []string
	Asking  ui.Asking
	// Outcome and Reason are what was chosen.
	Outcome request.Outcome
	Reason  string
}

// callRow is one datum of the request, beside the one on file.
type callRow struct {
	Key, Asked, File string
	Differs          bool
}

func (d *Desk) call(c *gin.Context) error {
	page, err := d.callPage(c)
	if err != nil {
		return err
	}
	return d.show(c, page)
}

func (d *Desk) callPage(c *gin.Context) (ui.Page, error) {
	r, h, err := d.Requests.View(c.Request.Context(), edge.Actor(c), c.Param("request"))
	if err != nil {
		return ui.Page{}, err
	}
	data := callData{
		Request: r, Late: r.DueAt.Before(d.Now()), Rows: callRows(r.Asked, h), Same: true, Reasons: request.Reasons(),
		Asking: ui.Asking{
			Person: r.Asked.Person, Type: r.Asked.Type, Reach: true, WithItalian: true, Italian: yesNo(r.Asked.Person.ItalianDocument),
		},
	}
	for _, row := range data.Rows {
		data.Same = data.Same && !row.Differs
	}
	return ui.Page{
		Name: "desk/call", Title: "ui.calls.call", Here: pathCalls + "/" + url.PathEscape(r.ID), Data: data,
		Crumbs: []ui.Crumb{{Key: "ui.calls.title", URL: pathCalls}, {Key: "ui.calls.call"}},
	}, nil
}

func callRows(asked dossier.AskedData, h dossier.Holder) []callRow {
	a, f := withProvince(asked.Person), withProvince(h.Person)
	rows := []callRow{
		{Key: "ui.ask.codice_fiscale", Asked: a.CodiceFiscale, File: f.CodiceFiscale},
		{Key: "ui.ask.surname", Asked: a.Surname, File: f.Surname},
		{Key: "ui.ask.name", Asked: a.Name, File: f.Name},
		{Key: "ui.ask.birth", Asked: a.Birth, File: f.Birth},
		{Key: "ui.ask.sex", Asked: a.Sex, File: f.Sex},
		{Key: "ui.ask.birth_place", Asked: a.BirthPlace, File: f.BirthPlace},
		{Key: "ui.ask.birth_province", Asked: a.BirthProvince, File: f.BirthProvince},
		{Key: "ui.ask.street", Asked: a.Address.Street, File: f.Address.Street},
		{Key: "ui.ask.postcode", Asked: a.Address.Postcode, File: f.Address.Postcode},
		{Key: "ui.ask.city", Asked: a.Address.City, File: f.Address.City},
		{Key: "ui.ask.province", Asked: a.Address.Province, File: f.Address.Province},
		{Key: "ui.ask.state", Asked: a.Address.State, File: f.Address.State},
		{Key: "ui.ask.mobile", Asked: a.Contacts.Mobile, File: f.Contacts.Mobile},
		{Key: "ui.ask.phone", Asked: a.Contacts.Phone, File: f.Contacts.Phone},
		{Key: "ui.ask.email", Asked: a.Contacts.Email, File: f.Contacts.Email},
		{Key: "ui.ask.pec", Asked: a.Contacts.PEC, File: f.Contacts.PEC},
		{Key: "ui.ask.document_type", Asked: a.Document.Type, File: f.Document.Type},
		{Key: "ui.ask.document_number", Asked: a.Document.Number, File: f.Document.Number},
		{Key: "ui.ask.document_issuer", Asked: a.Document.Issuer, File: f.Document.Issuer},
		{Key: "ui.ask.document_expiry", Asked: a.Document.Expiry, File: f.Document.Expiry},
		{Key: "ui.request.italiandoc", Asked: yesNo(a.ItalianDocument), File: yesNo(f.ItalianDocument)},
		{Key: "ui.ask.holder_type", Asked: string(asked.Type), File: string(h.Type)},
	}
	for i := range rows {
		rows[i].Differs = !same(rows[i].Asked, rows[i].File)
	}
	return rows
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

// recordCall notes the outcome of a call, and leads back to the list.
func (d *Desk) recordCall(c *gin.Context) error {
	call := request.Call{Outcome: request.Outcome(c.PostForm("outcome")), Reason: c.PostForm("reason")}
	call.Version, _ = strconv.ParseInt(c.PostForm("version"), 10, 64) // none is refused
	asking := ui.ReadAsking(c, "")
	if call.Outcome == request.Corrected {
		call.Data = ask(c, asking)
	}
	err := d.Requests.Record(c.Request.Context(), edge.Actor(c), c.Param("request"), call)
	if err == nil {
		leave(c, pathCalls, string(call.Outcome))
		return nil
	}
	return d.callProblem(c, call, asking, err)
}

// callProblem shows on the page of the call what the operator can mend.
func (d *Desk) callProblem(c *gin.Context, call request.Call, asking ui.Asking, err error) error {
	status := d.Edge.Problem(c, err).Status
	if status == http.StatusForbidden && dossier.CodeOf(err) != dossier.CodePINNotEligible || status >= http.StatusInternalServerError {
		return err
	}
	page, pageErr := d.callPage(c)
	if pageErr != nil {
		return err
	}
	if data, ok := page.Data.(callData); ok {
		data.Outcome, data.Reason = call.Outcome, call.Reason
		if call.Outcome == request.Corrected {
			asking.Reach, asking.WithItalian = true, true
			data.Asking = asking
		}
		data.Asking.Mark(err)
		page.Data, page.Field = data, data.Asking.First
	}
	return d.showProblem(c, page, err)
}

// ask is what an operator typed.
func ask(c *gin.Context, a ui.Asking) request.Ask {
	return request.Ask{Person: a.Person, Type: a.Type, Confirmed: ui.ConfirmedParts(c)}
}
