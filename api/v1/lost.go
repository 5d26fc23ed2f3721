package v1

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/dossier"
	"dispositivo/pin"
	"dispositivo/pin/recovery"
	"dispositivo/pin/revocation"
)

// lostRoutes mounts what somebody who lost a PIN asks for, and what operators do
// to one.
func (a *API) lostRoutes(r gin.IRouter) {
	h := a.Edge.Handle
	r.POST("/pin-recoveries", h(a.askRecovery))
	r.POST("/pin-recoveries/confirmation", h(a.confirmRecovery))
	r.POST("/pin-revocations", h(a.askRevocation))
	r.POST("/pin-revocations/confirmation", h(a.confirmRevocation))
	staff := r.Group("/holders", a.Edge.Only(dossier.RoleOperator, dossier.RoleSupervisor))
	staff.POST("/search", h(a.findHolder))
	staff.POST("/:id/pin-actions", h(a.actOnPIN))
	staff.GET("/:id/services", h(a.holderServices))
}

type recoveryRequest struct {
	CodiceFiscale string `json:"codice_fiscale" binding:"required"`
	Mobile        string `json:"mobile" binding:"required"`
	Address       string `json:"address" binding:"required"`
}

// askRecovery answers everybody alike: what happens, the holder is told by message.
func (a *API) askRecovery(c *gin.Context) error {
	var req recoveryRequest
	if err := readJSON(c, &req); err != nil {
		return err
	}
	err := a.Recovery.Ask(c.Request.Context(), recovery.Ask{
		CodiceFiscale: req.CodiceFiscale, Mobile: req.Mobile, Address: req.Address, Source: edge.Source(c),
	})
	if err != nil {
		return err
	}
	c.JSON(http.StatusAccepted, gin.H{"text": a.Edge.Text(c, "ui.recover.asked")})
	return nil
}

type recoveryAnswer struct {
	Link          string `json:"link" binding:"required"`
	CodiceFiscale string `json:"codice_fiscale" binding:"required"`
	Code          string `json:"code" binding:"required"` // never logged or kept
}

func (a *API) confirmRecovery(c *gin.Context) error {
	var req recoveryAnswer
	if err := readJSON(c, &req); err != nil {
		return err
	}
	err := a.Recovery.Confirm(c.Request.Context(), recovery.Answer{
		Link: req.Link, CodiceFiscale: req.CodiceFiscale, Code: req.Code, Source: edge.Source(c),
	})
	if err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

type revocationRequest struct {
	CodiceFiscale string       `json:"codice_fiscale" binding:"required"`
	Card          *cardRequest `json:"card" binding:"required"`
}

// askRevocation answers everybody alike, with a handle of the same kind.
func (a *API) askRevocation(c *gin.Context) error {
	var req revocationRequest
	if err := readJSON(c, &req); err != nil {
		return err
	}
	handle, err := a.Revocation.Ask(c.Request.Context(), revocation.Ask{
		CodiceFiscale: req.CodiceFiscale, Card: pin.Card(*req.Card), Source: edge.Source(c),
	})
	if err != nil {
		return err
	}
	c.JSON(http.StatusAccepted, gin.H{"handle": handle, "text": a.Edge.Text(c, "ui.revoke.asked")})
	return nil
}

type revocationAnswer struct {
	Handle string `json:"handle" binding:"required"`
	Code   string `json:"code" binding:"required"` // never logged or kept
}

func (a *API) confirmRevocation(c *gin.Context) error {
	var req revocationAnswer
	if err := readJSON(c, &req); err != nil {
		return err
	}
	refused, err := a.Revocation.Confirm(c.Request.Context(), revocation.Answer{Handle: req.Handle, Code: req.Code, Source: edge.Source(c)})
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, gin.H{"new_request_refused": refused})
	return nil
}

type findRequest struct {
	CodiceFiscale string `json:"codice_fiscale" binding:"required"`
}

type pinAnswer struct {
	Kind    dossier.Kind     `json:"kind"`
	State   dossier.PINState `json:"state"`
	Version int64            `json:"version"`
}

type holderAnswer struct {
	ID         string             `json:"id"`
	HolderType dossier.HolderType `json:"holder_type"`
	Office     string             `json:"office"`
	Surname    string             `json:"surname"`
	Name       string             `json:"name"`
	Birth      string             `json:"birth"`
	// PIN is null when there is none that is not gone.
	PIN     *pinAnswer          `json:"pin"`
	Wrong   int                 `json:"wrong_tries"`
	Until   *time.Time          `json:"locked_until"`
	Actions []revocation.Action `json:"actions"`
}

// findHolder is a POST, so that no codice fiscale is in an address.
func (a *API) findHolder(c *gin.Context) error {
	var req findRequest
	if err := readJSON(c, &req); err != nil {
		return err
	}
	found, err := a.Revocation.Find(c.Request.Context(), edge.Actor(c), req.CodiceFiscale)
	if err != nil {
		return err
	}
	h := found.Holder
	answer := holderAnswer{
		ID: h.ID, HolderType: h.Type, Office: h.Office, Surname: h.Person.Surname, Name: h.Person.Name, Birth: h.Person.Birth,
		Wrong: found.Lock.Wrong, Actions: append([]revocation.Action{}, found.Actions...),
	}
	if h.PIN.ID != "" {
		answer.PIN = &pinAnswer{Kind: h.PIN.Kind, State: h.PIN.State, Version: h.PIN.Version}
	}
	if !found.Lock.LockedUntil.IsZero() {
		answer.Until = &found.Lock.LockedUntil
	}
	c.JSON(http.StatusOK, answer)
	return nil
}

type actRequest struct {
	Action  revocation.Action `json:"action" binding:"required"`
	Reason  string            `json:"reason" binding:"required"`
	Note    string            `json:"note"`
	Version int64             `json:"version"`
}

func (a *API) actOnPIN(c *gin.Context) error {
	var req actRequest
	if err := readJSON(c, &req); err != nil {
		return err
	}
	err := a.Revocation.Carry(c.Request.Context(), edge.Actor(c), revocation.Act{
		HolderID: c.Param("id"), Version: req.Version, Action: req.Action, Reason: req.Reason, Note: req.Note,
	})
	if err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}
