package v1

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/dossier"
	"dispositivo/pin/request"
)

// askRequest is a person's data with what only a request says.
type askRequest struct {
	dossier.Person
	// ItalianDocument must be said: silence is no answer to it (A2).
	ItalianDocument *bool              `json:"italian_document" binding:"required"`
	HolderType      dossier.HolderType `json:"holder_type"`
	TimeBand        dossier.TimeBand   `json:"time_band"`
	Confirmed       []string           `json:"confirmed"`
}

// ask is what the domain takes.
func (r askRequest) ask(c *gin.Context) request.Ask {
	a := request.Ask{Person: r.Person, Type: r.HolderType, Band: r.TimeBand, Confirmed: r.Confirmed, Source: edge.Source(c)}
	a.Person.ItalianDocument = r.ItalianDocument == nil || *r.ItalianDocument
	if a.Person.Lang == "" {
		a.Person.Lang = edge.Lang(c)
	}
	return a
}

// askForPIN answers alike whether or not the codice fiscale is on file.
func (a *API) askForPIN(c *gin.Context) error {
	var req askRequest
	if err := readJSON(c, &req); err != nil {
		return err
	}
	if err := a.Requests.Ask(c.Request.Context(), req.ask(c)); err != nil {
		return err
	}
	c.JSON(http.StatusAccepted, gin.H{"text": a.Edge.Text(c, "ui.request.done.text")})
	return nil
}

type pinRequestItem struct {
	ID       string           `json:"id"`
	State    dossier.PINState `json:"state"`
	Version  int64            `json:"version"`
	TimeBand dossier.TimeBand `json:"time_band"`
	Attempts int              `json:"attempts"`
	AskedAt  time.Time        `json:"asked_at"`
	DueAt    time.Time        `json:"due_at"`
}

func itemOf(r dossier.PINRequest) pinRequestItem {
	return pinRequestItem{
		ID: r.ID, State: r.Issue.State, Version: r.Issue.Version, TimeBand: r.Band, Attempts: r.Attempts, AskedAt: r.AskedAt, DueAt: r.DueAt,
	}
}

func (a *API) pinRequests(c *gin.Context) error {
	requests, err := a.Requests.List(c.Request.Context(), edge.Actor(c))
	if err != nil {
		return err
	}
	answer := make([]pinRequestItem, len(requests))
	for i, r := range requests {
		answer[i] = itemOf(r)
	}
	c.JSON(http.StatusOK, gin.H{"requests": answer})
	return nil
}

type pinRequestAnswer struct {
	pinRequestItem
	HolderType dossier.HolderType `json:"holder_type"`
	Asked      dossier.Person     `json:"asked"`
	OnFile     dossier.Person     `json:"on_file"`
}

func (a *API) pinRequest(c *gin.Context) error {
	r, h, err := a.Requests.View(c.Request.Context(), edge.Actor(c), c.Param("id"))
	if err != nil {
		return err
	}
	answer := pinRequestAnswer{pinRequestItem: itemOf(r), HolderType: r.Asked.Type, Asked: r.Asked.Person, OnFile: h.Person}
	answer.Asked.Contacts.Marks, answer.OnFile.Contacts.Marks = nil, nil // when they were proved is no part of the comparison
	c.JSON(http.StatusOK, answer)
	return nil
}

type callRequest struct {
	Outcome request.Outcome `json:"outcome" binding:"required"`
	Reason  string          `json:"reason"`
	Version int64           `json:"version" binding:"required"`
	Data    *askRequest     `json:"data"`
}

func (a *API) recordCall(c *gin.Context) error {
	var req callRequest
	if err := readJSON(c, &req); err != nil {
		return err
	}
	call := request.Call{Outcome: req.Outcome, Reason: req.Reason, Version: req.Version}
	if req.Data != nil {
		call.Data = req.Data.ask(c)
	}
	if err := a.Requests.Record(c.Request.Context(), edge.Actor(c), c.Param("id"), call); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

// askByPhone answers with the first half, which no cache keeps and nobody sees again.
func (a *API) askByPhone(c *gin.Context) error {
	var req askRequest
	if err := readJSON(c, &req); err != nil {
		return err
	}
	half, err := a.Requests.ByPhone(c.Request.Context(), edge.Actor(c), req.ask(c))
	if err != nil {
		return err
	}
	c.JSON(http.StatusCreated, gin.H{"first_half": half})
	return nil
}

type counterRequest struct {
	askRequest
	Verified bool `json:"verified"`
	Replace  bool `json:"replace"`
	Guardian bool `json:"guardian"`
}

// askByOffice answers with the sealed envelope, to be printed.
func (a *API) askByOffice(c *gin.Context) error {
	var req counterRequest
	if err := readJSON(c, &req); err != nil {
		return err
	}
	envelope, err := a.Requests.ByOffice(c.Request.Context(), edge.Actor(c), request.AtCounter{
		Ask: req.ask(c), Verified: req.Verified, Replace: req.Replace, Guardian: req.Guardian,
	})
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", `attachment; filename="`+envelope.Filename+`"`)
	c.Data(http.StatusCreated, "application/pdf", envelope.PDF)
	return nil
}
