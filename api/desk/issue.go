package desk

import (
	"mime"
	"net/http"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/dossier"
	"dispositivo/pin/request"
)

type phoneData struct {
	Asking ui.Asking
	// Half is the first half, shown this once; "" before.
	Half string
}

func phonePage(data phoneData) ui.Page {
	data.Asking.WithCode, data.Asking.WithItalian, data.Asking.Reach = true, true, true
	return ui.Page{
		Name: "desk/phone", Title: "ui.phone.title", Here: pathPhone, Data: data, Field: data.Asking.First,
		Crumbs: []ui.Crumb{{Key: "ui.phone.title"}},
	}
}

func (d *Desk) phoneForm(c *gin.Context) error { return d.show(c, phonePage(phoneData{})) }

// byPhone takes what a caller said and shows the first half once (A4): the
// answer to this POST is the only place, and no cache keeps it.
func (d *Desk) byPhone(c *gin.Context) error {
	asking := ui.ReadAsking(c, edge.Lang(c))
	half, err := d.Requests.ByPhone(c.Request.Context(), edge.Actor(c), ask(c, asking))
	if err != nil {
		asking.Mark(err)
		return d.showProblem(c, phonePage(phoneData{Asking: asking}), err)
	}
	return d.show(c, phonePage(phoneData{Half: half}))
}

type counterData struct {
	Asking                      ui.Asking
	Verified, Replace, Guardian bool
}

func counterPage(data counterData) ui.Page {
	data.Asking.WithCode, data.Asking.WithItalian = true, true
	return ui.Page{
		Name: "desk/counter", Title: "ui.counter.title", Here: pathCounter, Data: data, Field: data.Asking.First,
		Crumbs: []ui.Crumb{{Key: "ui.counter.title"}},
	}
}

func (d *Desk) counterForm(c *gin.Context) error { return d.show(c, counterPage(counterData{})) }

// byOffice issues a PIN at the counter (A5, A6). The answer is the envelope to
// print; the screen never shows what is in it.
func (d *Desk) byOffice(c *gin.Context) error {
	data := counterData{
		Asking: ui.ReadAsking(c, edge.Lang(c)), Verified: c.PostForm("verified") != "", Replace: c.PostForm("replace") != "",
		Guardian: c.PostForm("presents") != "holder",
	}
	envelope, err := d.Requests.ByOffice(c.Request.Context(), edge.Actor(c), request.AtCounter{
		Ask: ask(c, data.Asking), Verified: data.Verified, Replace: data.Replace, Guardian: data.Guardian,
	})
	if err != nil {
		data.Asking.Mark(err)
		if dossier.CodeOf(err) == dossier.CodeRequestInvalid {
			data.Asking.First = "f-verified"
		}
		return d.showProblem(c, counterPage(data), err)
	}
	c.Header("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": envelope.Filename}))
	c.Data(http.StatusOK, "application/pdf", envelope.PDF)
	return nil
}
