package desk

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/dossier"
	"dispositivo/intake"
)

const pathArchive = "/desk/archivio"

type archiveData struct {
	// CodiceFiscale is what was typed before a problem; Limit is the largest scan, in bytes.
	CodiceFiscale string
	Limit         int64
	// Receipt is of the scan that was just archived; nil: none.
	Receipt *intake.Receipt
}

func archivePage(data archiveData) ui.Page {
	data.Limit = intake.MaxOriginal
	return ui.Page{
		Name: "desk/archive", Title: "ui.archive.title", Here: pathArchive, Data: data,
		Crumbs: []ui.Crumb{{Key: "ui.counter.title", URL: pathCounter}, {Key: "ui.archive.title"}},
	}
}

func (d *Desk) archiveForm(c *gin.Context) error { return d.show(c, archivePage(archiveData{})) }

// archive keeps the scan of the papers that a PIN was issued with (A5). The number
// is on the answer to this POST: an address with it would say who has a PIN.
func (d *Desk) archive(c *gin.Context) error {
	cf, file, err := d.oneScan(c, "codice_fiscale")
	var receipt intake.Receipt
	if err == nil {
		receipt, err = d.Scans.Archive(c.Request.Context(), edge.Actor(c), cf, file)
	}
	if err != nil {
		return d.archiveProblem(c, cf, err)
	}
	return d.show(c, archivePage(archiveData{Receipt: &receipt}))
}

// archiveProblem shows on the form what the operator can mend.
func (d *Desk) archiveProblem(c *gin.Context, cf string, err error) error {
	code := dossier.CodeOf(err)
	if code == dossier.CodeCSRF || code == dossier.CodeForbidden || edge.StatusOf(code) >= http.StatusInternalServerError {
		return err
	}
	page := archivePage(archiveData{CodiceFiscale: cf})
	page.Field = "file"
	problem := d.Edge.Problem(c, err)
	d.Edge.Announce(c, problem, err)
	if slices.Contains([]dossier.Code{dossier.CodeNotFound, dossier.CodeRequestInvalid, dossier.CodeOwnDossier}, code) {
		page.Field = "cf"
	}
	if code == dossier.CodeNotFound || code == dossier.CodeRequestInvalid {
		problem.Title, problem.Detail = d.UI.Text(c, "ui.archive.unknown.title"), d.UI.Text(c, "ui.archive.unknown.detail")
	}
	page.Problem, page.Status = &problem, problem.Status
	return d.show(c, page)
}
