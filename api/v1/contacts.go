package v1

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/dossier"
)

type contactAnswer struct {
	Kind      dossier.ContactKind `json:"kind"`
	Value     string              `json:"value"`
	Confirmed bool                `json:"confirmed"`
	// ChangedAt is missing for one that came with the request.
	ChangedAt *time.Time `json:"changed_at,omitempty"`
}

type contactsAnswer struct {
	Contacts []contactAnswer `json:"contacts"`
}

func (a *API) contacts(c *gin.Context) error {
	all, err := a.Contacts.List(c.Request.Context(), edge.Actor(c))
	if err != nil {
		return err
	}
	list := []contactAnswer{}
	for _, kind := range dossier.ContactKinds() {
		value := all.Get(kind)
		if value == "" {
			continue
		}
		one := contactAnswer{Kind: kind, Value: value, Confirmed: all.Confirmed(kind)}
		if at := all.Marks[kind].ChangedAt; !at.IsZero() {
			one.ChangedAt = &at
		}
		list = append(list, one)
	}
	c.JSON(http.StatusOK, contactsAnswer{list})
	return nil
}

type contactRequest struct {
	Value string `json:"value" binding:"required"`
}

// setContact answers 202 while a code is to be typed back, 204 when the contact
// counts already (B11).
func (a *API) setContact(c *gin.Context) error {
	var req contactRequest
	if err := readJSON(c, &req); err != nil {
		return err
	}
	waits, err := a.Contacts.Ask(c.Request.Context(), edge.Actor(c), dossier.ContactKind(c.Param("kind")), req.Value)
	if err != nil {
		return err
	}
	if waits {
		c.Status(http.StatusAccepted)
		return nil
	}
	c.Status(http.StatusNoContent)
	return nil
}

func (a *API) removeContact(c *gin.Context) error {
	if err := a.Contacts.Remove(c.Request.Context(), edge.Actor(c), dossier.ContactKind(c.Param("kind"))); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

type codeRequest struct {
	Code string `json:"code" binding:"required"`
}

func (a *API) confirmContact(c *gin.Context) error {
	var req codeRequest
	if err := readJSON(c, &req); err != nil {
		return err
	}
	if err := a.Contacts.Confirm(c.Request.Context(), edge.Actor(c), req.Code); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}
