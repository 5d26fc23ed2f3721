package v1

import (
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/dossier"
	"dispositivo/internal/session"
	"dispositivo/pin"
)

type signInRequest struct {
	CodiceFiscale string `json:"codice_fiscale" binding:"required"`
	PIN           string `json:"pin" binding:"required"`
	// Device is a secret by which the client is known again (B3); "" for none.
	Device string `json:"device" binding:"omitempty,min=22,max=128"`
}

type sessionAnswer struct {
	Token      string       `json:"token"`
	Kind       dossier.Kind `json:"kind"`
	MustChange bool         `json:"must_change"`
	ExpiresAt  time.Time    `json:"expires_at"`
}

func (a *API) signIn(c *gin.Context) error {
	var req signInRequest
	if err := readJSON(c, &req); err != nil {
		return err
	}
	s, account, err := a.Access.SignIn(c.Request.Context(), req.try(c))
	if err != nil {
		return err
	}
	c.JSON(http.StatusCreated, signedIn(s, account))
	return nil
}

func signedIn(s session.Session, account pin.Account) sessionAnswer {
	return sessionAnswer{Token: s.Token, Kind: account.Kind, MustChange: account.MustChange, ExpiresAt: s.ExpiresAt}
}

type operatorSignInRequest struct {
	Username string `json:"username" binding:"required"`
	Password string `json:"password" binding:"required"`
	OTP      string `json:"otp"`
}

type operatorSessionAnswer struct {
	Token     string       `json:"token"`
	Role      dossier.Role `json:"role"`
	ExpiresAt time.Time    `json:"expires_at"`
}

func (a *API) signInOperator(c *gin.Context) error {
	var req operatorSignInRequest
	if err := readJSON(c, &req); err != nil {
		return err
	}
	s, account, err := a.Operators.SignIn(c.Request.Context(), req.Username, req.Password, req.OTP)
	if err != nil {
		return err
	}
	c.JSON(http.StatusCreated, operatorSessionAnswer{Token: s.Token, Role: account.Role, ExpiresAt: s.ExpiresAt})
	return nil
}

// signOut ends the session of the bearer token itself.
func (a *API) signOut(c *gin.Context) error {
	if _, ok := edge.SessionOf(c); !ok {
		return dossier.Problem(dossier.CodeUnauthorized)
	}
	_, token, _ := strings.Cut(c.GetHeader("Authorization"), " ")
	if err := a.Sessions.End(c.Request.Context(), strings.TrimSpace(token)); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

type meAnswer struct {
	CodiceFiscale string       `json:"codice_fiscale"`
	Kind          dossier.Kind `json:"kind"`
	Surname       string       `json:"surname"`
	Name          string       `json:"name"`
	MustChange    bool         `json:"must_change"`
}

func (a *API) me(c *gin.Context) error {
	account, err := a.Access.Account(c.Request.Context(), edge.Actor(c))
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, meAnswer{
		CodiceFiscale: account.Person.CodiceFiscale, Kind: account.Kind, Surname: account.Person.Surname,
		Name: account.Person.Name, MustChange: account.MustChange,
	})
	return nil
}
