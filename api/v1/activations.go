package v1

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/dossier"
	"dispositivo/pin"
	"dispositivo/pin/activation"
)

type cardRequest struct {
	Number string `json:"number"`
	Expiry string `json:"expiry"`
}

type documentRequest struct {
	Type   string `json:"type"`
	Number string `json:"number"`
	Expiry string `json:"expiry"`
}

type activationRequest struct {
	CodiceFiscale string           `json:"codice_fiscale" binding:"required"`
	FirstHalf     string           `json:"first_half" binding:"required"` // never logged or kept
	Card          *cardRequest     `json:"card"`
	Document      *documentRequest `json:"document"`
	// Device: see signInRequest.
	Device string `json:"device" binding:"omitempty,min=22,max=128"`
}

type activationAnswer struct {
	Token     string    `json:"token"`
	ExpiresAt time.Time `json:"expires_at"`
	activationStatus
}

type givenAnswer struct {
	Kind  dossier.ContactKind `json:"kind"`
	Value string              `json:"value"`
	// Waits: the code sent there is to be typed back.
	Waits bool `json:"waits"`
}

type activationStatus struct {
	Person dossier.Person `json:"person"`
	Given  []givenAnswer  `json:"given"`
	// SecondHalf is "letter", or the kind of contact that it is sent to.
	SecondHalf string `json:"second_half"`
}

func statusOf(s activation.Status) activationStatus {
	answer := activationStatus{Person: s.Person, Given: []givenAnswer{}, SecondHalf: byLetter(s.SendsTo)}
	for _, g := range s.Given {
		answer.Given = append(answer.Given, givenAnswer{Kind: g.Kind, Value: g.Value, Waits: g.Waits()})
	}
	return answer
}

func byLetter(to dossier.ContactKind) string {
	if to == "" {
		return "letter"
	}
	return string(to)
}

// beginActivation opens the session that the activation goes on in.
func (a *API) beginActivation(c *gin.Context) error {
	var req activationRequest
	if err := readJSON(c, &req); err != nil {
		return err
	}
	try := pin.Try{CodiceFiscale: req.CodiceFiscale, PIN: req.FirstHalf, Source: edge.Source(c), Device: req.Device}
	proof := activation.Proof{Card: (*activation.Card)(req.Card), Document: (*activation.Document)(req.Document)}
	s, err := a.Activation.Begin(c.Request.Context(), try, proof)
	if err != nil {
		return err
	}
	status, err := a.Activation.Status(c.Request.Context(), s)
	if err != nil {
		return err
	}
	c.JSON(http.StatusCreated, activationAnswer{Token: s.Token, ExpiresAt: s.ExpiresAt, activationStatus: statusOf(status)})
	return nil
}

func (a *API) activation(c *gin.Context) error {
	s, _ := edge.SessionOf(c)
	status, err := a.Activation.Status(c.Request.Context(), s)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, statusOf(status))
	return nil
}

// giveContacts takes the contacts; codes go to the new ones.
func (a *API) giveContacts(c *gin.Context) error {
	var given map[dossier.ContactKind]string
	if err := readJSON(c, &given); err != nil {
		return err
	}
	s, _ := edge.SessionOf(c)
	if err := a.Activation.Give(c.Request.Context(), s, given); err != nil {
		return err
	}
	return a.activation(c)
}

type finishRequest struct {
	SecondHalf string                         `json:"second_half"`
	Codes      map[dossier.ContactKind]string `json:"codes"`
	Device     string                         `json:"device" binding:"omitempty,min=22,max=128"`
}

type finishAnswer struct {
	SecondHalf string `json:"second_half"`
}

func (a *API) finishActivation(c *gin.Context) error {
	var req finishRequest
	if err := readJSON(c, &req); err != nil {
		return err
	}
	s, _ := edge.SessionOf(c)
	to, err := a.Activation.Finish(c.Request.Context(), s, activation.Answers{Codes: req.Codes, Half: req.SecondHalf, Source: edge.Source(c), Device: req.Device})
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, finishAnswer{SecondHalf: byLetter(to)})
	return nil
}
