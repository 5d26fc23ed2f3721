package desk

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/api/ui"
	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/intake/counter"
)

// Scans is what the desk needs of counter.Service.
type Scans interface {
	Receive(ctx context.Context, actor dossier.Actor, named string, scan []byte) (intake.Receipt, error)
	View(ctx context.Context, actor dossier.Actor, submissionID string) (counter.Arrival, error)
	Scans(ctx context.Context, actor dossier.Actor) ([]counter.Scan, error)
	Attach(ctx context.Context, actor dossier.Actor, submissionID, named string) (counter.Arrival, error)
	Archive(ctx context.Context, actor dossier.Actor, codiceFiscale string, scan []byte) (intake.Receipt, error)
	Kept(ctx context.Context, actor dossier.Actor, holderID string) ([]dossier.Submission, error)
	KeptPages(ctx context.Context, actor dossier.Actor, holderID, submissionID string) (dossier.Submission, int, error)
	KeptPage(ctx context.Context, actor dossier.Actor, holderID, submissionID string, n int) (counter.Picture, error)
}

const (
	// maxNamed bounds what names a dossier, in bytes.
	maxNamed = 64
	// scanRefresh is how often, in seconds, the page of a scan comes anew while it is read.
	scanRefresh = 5
)

func (d *Desk) scanRoutes(r gin.IRouter) {
	on := d.Edge.Handle
	r.GET("/archivio", on(d.archiveForm))
	r.POST("/archivio", on(d.archive))
	r.GET("/scansione", on(d.scanForm))
	r.POST("/scansione", on(d.scan))
	r.GET("/scansione/:submission", on(d.scanned))
	r.POST("/scansione/:submission/fascicolo", on(d.attach))
	r.GET("/scansione/:submission/ricevuta.pdf", on(d.scanSlip))
}

type scanData struct {
	// Named is what was typed before a problem; Limit is the largest scan, in bytes.
	Named string
	Limit int64
	// Folder is what the scanners of the office left.
	Folder folderData
}

func (d *Desk) scanPage(c *gin.Context, named string) (ui.Page, error) {
	folder, err := d.folder(c)
	return ui.Page{
		Name: "desk/scan", Title: "ui.scan.title", Here: pathScan, Crumbs: []ui.Crumb{{Key: "ui.scan.title"}},
		Data: scanData{Named: named, Limit: intake.MaxOriginal, Folder: folder},
	}, err
}

func (d *Desk) scanForm(c *gin.Context) error {
	page, err := d.scanPage(c, "")
	if err != nil {
		return err
	}
	return d.show(c, page)
}

// scan takes in one file for the holder at the counter (C6).
func (d *Desk) scan(c *gin.Context) error {
	named, receipt, err := d.receiveScan(c)
	if err != nil {
		return d.scanProblem(c, named, err)
	}
	c.Redirect(http.StatusSeeOther, scanPath(receipt.SubmissionID))
	return nil
}

func (d *Desk) receiveScan(c *gin.Context) (string, intake.Receipt, error) {
	named, scan, err := d.oneScan(c, "fascicolo")
	if err != nil {
		return named, intake.Receipt{}, err
	}
	receipt, err := d.Scans.Receive(c.Request.Context(), edge.Actor(c), named, scan)
	return named, receipt, err
}

// oneScan reads a form with one text, the field name, and one file.
func (d *Desk) oneScan(c *gin.Context, name string) (named string, scan []byte, err error) {
	form, err := d.Edge.Parts(c)
	if err != nil {
		return "", nil, err
	}
	return edge.NamedFile(form, name, maxNamed, intake.MaxOriginal, c.Request.ContentLength)
}

// scanProblem shows on the form what the operator can mend. What is not found is
// worded for who typed it.
func (d *Desk) scanProblem(c *gin.Context, named string, err error) error {
	code := dossier.CodeOf(err)
	if code == dossier.CodeCSRF || code == dossier.CodeForbidden || edge.StatusOf(code) >= http.StatusInternalServerError {
		return err
	}
	page, pageErr := d.scanPage(c, named)
	if pageErr != nil {
		return pageErr
	}
	page.Field = "file"
	if aboutDossier(code) {
		page.Field = "named"
	}
	return d.showScanProblem(c, page, err, "ui.scan.unknown.detail")
}

// aboutDossier reports that a problem is about the dossier that was named.
func aboutDossier(code dossier.Code) bool {
	return slices.Contains([]dossier.Code{
		dossier.CodeNotFound, dossier.CodeRequestInvalid, dossier.CodeConversionClosed, dossier.CodeOwnDossier,
		dossier.CodeAlreadyDispositivo, dossier.CodeConversionBlocked, dossier.CodePINNotEligible,
	}, code)
}

// showScanProblem shows a page of scans with a problem; unknown is the text for a
// dossier that is not there.
func (d *Desk) showScanProblem(c *gin.Context, page ui.Page, err error, unknown string) error {
	problem := d.Edge.Problem(c, err)
	d.Edge.Announce(c, problem, err)
	if code := dossier.CodeOf(err); code == dossier.CodeNotFound || code == dossier.CodeRequestInvalid {
		problem.Title, problem.Detail = d.UI.Text(c, "ui.scan.unknown.title"), d.UI.Text(c, unknown)
	}
	page.Problem, page.Status = &problem, problem.Status
	return d.show(c, page)
}

type scannedData struct {
	counter.Arrival
	Pages int
	// Reading: the machine is not done. Ready: the dossier can be taken and decided.
	Reading, Ready bool
}

// scanned shows how a scan stands, and offers its dossier as soon as it can be decided.
func (d *Desk) scanned(c *gin.Context) error {
	a, err := d.Scans.View(c.Request.Context(), edge.Actor(c), c.Param("submission"))
	if err != nil {
		return err
	}
	state := a.Dossier.State
	data := scannedData{
		Arrival: a, Pages: a.Submission.PageCount(), Reading: state == dossier.StateScreening || a.Submission.Reading(),
		Ready: state == dossier.StateReviewing || state == dossier.StateSecondReview,
	}
	page := ui.Page{
		Name: "desk/scanned", Title: "ui.scan.title", Here: scanPath(a.Submission.ID), Data: data,
		Crumbs: []ui.Crumb{{Key: "ui.scan.title", URL: pathScan}, {Key: "ui.scan.receipt"}},
	}
	if data.Reading {
		page.Refresh = scanRefresh
	}
	return d.show(c, page)
}

// scanSlip is the receipt to print for the holder (C7).
func (d *Desk) scanSlip(c *gin.Context) error {
	a, err := d.Scans.View(c.Request.Context(), edge.Actor(c), c.Param("submission"))
	if err != nil {
		return err
	}
	pdf, err := d.Slip(a, edge.Lang(c))
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", `attachment; filename="ricevuta.pdf"`)
	c.Data(http.StatusOK, "application/pdf", pdf)
	return nil
}

func scanPath(id string) string { return pathScan + "/" + url.PathEscape(id) }
