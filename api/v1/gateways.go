package v1

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"dispositivo/intake"
	"dispositivo/intake/fax"
)

// Faxes takes the calls of fax providers: *fax.Webhooks.
type Faxes interface {
	TakeFrom(ctx context.Context, provider string, c fax.Call, body io.Reader) (intake.Receipt, error)
}

// faxReceipt is the answer to a call. A call that told of nothing to take in, or
// of a failure, has no protocol.
type faxReceipt struct {
	Protocol   string     `json:"protocol"`
	ReceivedAt *time.Time `json:"received_at,omitempty"`
	Repeated   bool       `json:"repeated"`
	// AnswerPage is a PDF to send back to the caller's machine.
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
		if ans.AnswerPage, err = a.FaxAnswer(r); err != nil {
			return err
		}
	}
	c.JSON(http.StatusOK, ans)
	return nil
}
