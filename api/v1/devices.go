package v1

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/pin"
)

// deviceRoutes mounts what keeps a lock from keeping a holder out (B3), and the way in
// with a PIN that expired (A8).
func (a *API) deviceRoutes(r gin.IRouter) {
	h := a.Edge.Handle
	r.POST("/device-codes", h(a.askDeviceCode))
	r.POST("/device-codes/confirmation", h(a.answerDeviceCode))
	r.POST("/pin-renewals", h(a.renew))
}

type deviceCodeRequest struct {
	CodiceFiscale string `json:"codice_fiscale" binding:"required"`
}

// askDeviceCode answers everybody alike.
func (a *API) askDeviceCode(c *gin.Context) error {
	var req deviceCodeRequest
	if err := readJSON(c, &req); err != nil {
		return err
	}
	if err := a.Devices.Ask(c.Request.Context(), req.CodiceFiscale, edge.Source(c)); err != nil {
		return err
	}
	c.Status(http.StatusAccepted)
	return nil
}

type deviceAnswer struct {
	CodiceFiscale string `json:"codice_fiscale" binding:"required"`
	Code          string `json:"code" binding:"required"`
	// Device is a secret: whoever shows it has tries of its own.
	Device string `json:"device" binding:"required,min=22,max=128"`
}

// answerDeviceCode makes a device known: from then on it has tries of its own.
func (a *API) answerDeviceCode(c *gin.Context) error {
	var req deviceAnswer
	if err := readJSON(c, &req); err != nil {
		return err
	}
	if err := a.Devices.Answer(c.Request.Context(), req.CodiceFiscale, req.Code, req.Device, edge.Source(c)); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

// renew opens a session for the holder of a PIN that expired after its activation:
// it leads to the change alone.
func (a *API) renew(c *gin.Context) error {
	var req signInRequest
	if err := readJSON(c, &req); err != nil {
		return err
	}
	s, account, err := a.Access.Renew(c.Request.Context(), req.try(c))
	if err != nil {
		return err
	}
	c.JSON(http.StatusCreated, signedIn(s, account))
	return nil
}

// try is one attempt with what was sent.
func (r signInRequest) try(c *gin.Context) pin.Try {
	return pin.Try{CodiceFiscale: r.CodiceFiscale, PIN: r.PIN, Source: edge.Source(c), Device: r.Device}
}
