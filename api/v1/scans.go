package v1

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/intake/counter"
)

// Scans is what the counter is worked with: *counter.Service.
type Scans interface {
	Receive(ctx context.Context, actor dossier.Actor, named string, scan []byte) (intake.Receipt, error)
	Scans(ctx context.Context, actor dossier.Actor) ([]counter.Scan, error)
	Attach(ctx context.Context, actor dossier.Actor, submissionID, named string) (counter.Arrival, error)
	View(ctx context.Context, actor dossier.Actor, submissionID string) (counter.Arrival, error)
}

// maxNamed bounds what names a dossier, in bytes.
const maxNamed = 64

// counterRoutes mounts the counter (C6); what is taken in there is claimed and decided
// as every dossier is.
func (a *API) counterRoutes(r gin.IRouter) {
	h := a.Edge.Handle
	at := r.Group("/counter/scans", a.Edge.Only(dossier.RoleOperator, dossier.RoleSupervisor))
	at.GET("", h(a.scans))
	at.POST("", h(a.receiveScan))
	at.GET("/:id", h(a.scan))
	at.POST("/:id/attachment", h(a.attachScan))
	at.GET("/:id/receipt", h(a.scanReceipt))
}

type scanItem struct {
	heldSubmission
	Office string `json:"office"`
	// Named is what the scanner says it belongs to; "" for nothing.
	Named string `json:"named"`
	// Viewable says that GET answers with it.
	Viewable bool `json:"viewable"`
}

// scans lists what the scanners of the office left in its folder.
func (a *API) scans(c *gin.Context) error {
	all, err := a.Scans.Scans(c.Request.Context(), edge.Actor(c))
	if err != nil {
		return err
	}
	answer := make([]scanItem, len(all))
	for i, s := range all {
		answer[i] = scanItem{heldSubmission: heldOf(s.Submission), Office: s.Office, Named: s.Named, Viewable: s.Viewable}
	}
	c.JSON(http.StatusOK, gin.H{"scans": answer})
	return nil
}

// receiveScan takes in one file for the holder at the counter.
func (a *API) receiveScan(c *gin.Context) error {
	form, err := c.Request.MultipartReader()
	if err != nil {
		return &dossier.Error{Code: dossier.CodeFormParts, Err: err}
	}
	named, data, err := edge.NamedFile(form, "dossier", maxNamed, intake.MaxOriginal, c.Request.ContentLength)
	if err != nil {
		return err
	}
	r, err := a.Scans.Receive(c.Request.Context(), edge.Actor(c), named, data)
	if err != nil {
		return err
	}
	status := http.StatusCreated
	if r.Repeated {
		status = http.StatusOK
	}
	c.Header("Location", "/api/v1/counter/scans/"+url.PathEscape(r.SubmissionID))
	c.JSON(status, gin.H{"id": r.SubmissionID, "dossier_id": r.DossierID, "protocol": r.Protocol})
	return nil
}

type scanAnswer struct {
	ID           string                  `json:"id"`
	Protocol     string                  `json:"protocol"`
	State        dossier.SubmissionState `json:"state"`
	ReceivedAt   time.Time               `json:"received_at"`
	Pages        int                     `json:"pages"`
	Findings     []dossier.Finding       `json:"findings"`
	DossierID    string                  `json:"dossier_id"`
	DossierState dossier.State           `json:"dossier_state"`
	Missing      []dossier.FindingCode   `json:"missing"`
}

func answerOfScan(at counter.Arrival) scanAnswer {
	return scanAnswer{
		ID: at.Submission.ID, Protocol: at.Submission.Protocol.String(), State: at.Submission.State, ReceivedAt: at.Submission.ReceivedAt,
		Pages: at.Submission.PageCount(), Findings: list(at.Submission.Findings),
		DossierID: at.Dossier.ID, DossierState: at.Dossier.State, Missing: list(at.Dossier.Missing()),
	}
}

func (a *API) scan(c *gin.Context) error {
	at, err := a.Scans.View(c.Request.Context(), edge.Actor(c), c.Param("id"))
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, answerOfScan(at))
	return nil
}

// attachScan makes a scan of the folder the dossier's of who stands at the counter.
func (a *API) attachScan(c *gin.Context) error {
	var req joinRequest
	if err := readJSON(c, &req); err != nil {
		return err
	}
	at, err := a.Scans.Attach(c.Request.Context(), edge.Actor(c), c.Param("id"), req.Dossier)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, answerOfScan(at))
	return nil
}

// scanReceipt is the receipt to print for the holder (C7).
func (a *API) scanReceipt(c *gin.Context) error {
	at, err := a.Scans.View(c.Request.Context(), edge.Actor(c), c.Param("id"))
	if err != nil {
		return err
	}
	pdf, err := a.Slip(at, edge.Lang(c))
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", `attachment; filename="ricevuta.pdf"`)
	c.Data(http.StatusOK, "application/pdf", pdf)
	return nil
}
