package v1

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/intake/fax"
)

// Faxes takes the calls of fax providers: *fax.Webhooks.
type Faxes interface {
	TakeFrom(ctx context.Context, provider string, c fax.Call, body io.Reader) (intake.Receipt, error)
	Now(ctx context.Context, submissionID string) (fax.Answered, error)
	AnswerTo(ctx context.Context, provider string, c fax.Call) (fax.Answered, error)
}

// faxReceipt is the answer to a call. A call that told of nothing to take in, or
// of a failure, has no protocol.
type faxReceipt struct {
	Protocol   string     `json:"protocol"`
	ReceivedAt *time.Time `json:"received_at,omitempty"`
	Repeated   bool       `json:"repeated"`
	// AnswerPage is a PDF to send back to the caller's machine; Final is false while
	// a better one is to come.
	Final      bool   `json:"final"`
	AnswerPage []byte `json:"answer_page,omitempty"`
}

func (a *API) takeFax(c *gin.Context) error {
	call := fax.Call{Header: c.Request.Header, URL: a.PublicURL + c.Request.URL.Path}
	r, err := a.Faxes.TakeFrom(c.Request.Context(), c.Param("provider"), call, c.Request.Body)
	if err != nil {
		return err
	}
	ans := faxReceipt{Protocol: r.Protocol, Repeated: r.Repeated}
	if r.Protocol != "" {
		ans.ReceivedAt = &r.ReceivedAt
		now, err := a.Faxes.Now(c.Request.Context(), r.SubmissionID)
		if err != nil {
			return err
		}
		ans.AnswerPage, ans.Final = now.Page, now.Final
	}
	c.JSON(http.StatusOK, ans)
	return nil
}

// maxAsked bounds the body of a call that asks for an answer.
const maxAsked = 4 << 10

// faxAnswer is the answer to a fax that came before.
type faxAnswer struct {
	Protocol   string `json:"protocol"`
	Final      bool   `json:"final"`
	AnswerPage []byte `json:"answer_page"`
}

func (a *API) answerFax(c *gin.Context) error {
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, maxAsked))
	if err != nil {
		return &dossier.Error{Code: dossier.CodeRequestInvalid, Args: map[string]string{"field": "body"}, Err: err}
	}
	now, err := a.Faxes.AnswerTo(c.Request.Context(), c.Param("provider"), fax.Call{Header: c.Request.Header, Body: body})
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, faxAnswer{Protocol: now.Protocol, Final: now.Final, AnswerPage: now.Page})
	return nil
}
