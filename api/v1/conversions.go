package v1

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/pin/conversion"
)

func (a *API) form(c *gin.Context) error {
	form, err := a.Conversion.Form(c.Request.Context(), edge.Actor(c), edge.Lang(c))
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", `attachment; filename="`+form.Filename+`"`)
	c.Header("Link", "<"+a.statusURL(form.DossierID)+`>; rel="related"`)
	c.Data(http.StatusOK, "application/pdf", form.PDF)
	return nil
}

// blankForm sends the form without data, to anybody (C1).
func (a *API) blankForm(c *gin.Context) error {
	pdf, err := a.Conversion.Blank(edge.Source(c), edge.Lang(c))
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", `attachment; filename="modulo-conversione-pin-in-bianco.pdf"`)
	c.Data(http.StatusOK, "application/pdf", pdf)
	return nil
}

type receiptAnswer struct {
	ID           string        `json:"id"`
	SubmissionID string        `json:"submission_id"`
	Protocol     string        `json:"protocol"`
	State        dossier.State `json:"state"`
	StatusURL    string        `json:"status_url"`
}

// upload takes in one file as it streams. A repeat answers 200 with the first
// receipt (DESIGN, section 3).
func (a *API) upload(c *gin.Context) error {
	form, err := c.Request.MultipartReader()
	if err != nil {
		return &dossier.Error{Code: dossier.CodeFormParts, Err: err}
	}
	name, body, err := edge.OneFile(form)
	if err != nil {
		return err
	}
	r, err := a.Door.Accept(c.Request.Context(), intake.Arrival{
		Actor: edge.Actor(c), Filename: name, Body: body, Declared: c.Request.ContentLength,
		IdempotencyKey: c.GetHeader("Idempotency-Key"),
	})
	if err != nil {
		return err
	}
	a.received(c, r)
	return nil
}

func (a *API) statusURL(dossierID string) string { return a.PublicURL + "/conversione/" + dossierID }

type conversionAnswer struct {
	ID          string                `json:"id"`
	State       dossier.State         `json:"state"`
	Protocol    string                `json:"protocol"`
	OpenedAt    time.Time             `json:"opened_at"`
	ChangedAt   time.Time             `json:"changed_at"`
	DueAt       *time.Time            `json:"due_at"`
	Reason      dossier.Reason        `json:"reason"`
	Missing     []dossier.FindingCode `json:"missing"`
	Submissions []submissionAnswer    `json:"submissions"`
	StatusURL   string                `json:"status_url"`
}

type submissionAnswer struct {
	Protocol   string                  `json:"protocol"`
	Channel    dossier.Channel         `json:"channel"`
	State      dossier.SubmissionState `json:"state"`
	ReceivedAt time.Time               `json:"received_at"`
	Pages      int                     `json:"pages"`
	Findings   []dossier.Finding       `json:"findings"`
}

func (a *API) answerOf(s conversion.Status) conversionAnswer {
	ans := conversionAnswer{
		ID: s.ID, State: s.State, Protocol: s.Protocol, OpenedAt: s.OpenedAt, ChangedAt: s.ChangedAt, DueAt: optional(s.DueAt),
		Reason: s.Reason, Missing: list(s.Missing), Submissions: []submissionAnswer{}, StatusURL: a.statusURL(s.ID),
	}
	for _, sub := range s.Submissions {
		ans.Submissions = append(ans.Submissions, submissionAnswer{
			Protocol: sub.Protocol, Channel: sub.Channel, State: sub.State, ReceivedAt: sub.ReceivedAt,
			Pages: sub.Pages, Findings: list(sub.Findings),
		})
	}
	return ans
}

// list makes an absent list an empty one.
func list[T any](in []T) []T {
	if in == nil {
		return []T{}
	}
	return in
}

// optional makes the zero time null.
func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (a *API) conversions(c *gin.Context) error {
	all, err := a.Conversion.List(c.Request.Context(), edge.Actor(c))
	if err != nil {
		return err
	}
	answer := make([]conversionAnswer, len(all))
	for i, s := range all {
		answer[i] = a.answerOf(s)
	}
	c.JSON(http.StatusOK, gin.H{"conversions": answer})
	return nil
}

func (a *API) conversion(c *gin.Context) error {
	s, err := a.Conversion.Status(c.Request.Context(), edge.Actor(c), c.Param("id"))
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, a.answerOf(s))
	return nil
}

func (a *API) withdraw(c *gin.Context) error {
	if err := a.Conversion.Withdraw(c.Request.Context(), edge.Actor(c), c.Param("id")); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}
