package v1

import (
	"math"
	"net/http"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/dossier"
	"dispositivo/internal/offices"
)

type officeAnswer struct {
	Kind      offices.Kind `json:"kind"`
	Name      string       `json:"name"`
	City      string       `json:"city"`
	Country   string       `json:"country"`
	Latitude  float64      `json:"latitude"`
	Longitude float64      `json:"longitude"`
	Address   string       `json:"address,omitempty"`
	Phone     string       `json:"phone,omitempty"`
	Opening   string       `json:"opening,omitempty"`
	// Distance is in kilometres, to one decimal; nil when nobody asked from where.
	Distance *float64 `json:"distance_km,omitempty"`
}

func officeOf(o offices.Office) officeAnswer {
	return officeAnswer{
		Kind: o.Kind, Name: o.Name, City: o.City, Country: o.Country, Latitude: o.At.Latitude, Longitude: o.At.Longitude,
		Address: o.Address, Phone: o.Phone, Opening: o.Opening,
	}
}

// offices lists all of them (E2).
func (a *API) offices(c *gin.Context) error {
	c.JSON(http.StatusOK, gin.H{"note": a.Offices.Note(edge.Lang(c)), "offices": each(a.Offices.All(), officeOf)})
	return nil
}

func nearOf(n offices.Near) officeAnswer {
	o, km := officeOf(n.Office), math.Round(n.Km*10)/10
	o.Distance = &km
	return o
}

type officeSearch struct {
	Latitude  *float64     `json:"latitude" binding:"required"`
	Longitude *float64     `json:"longitude" binding:"required"`
	Kind      offices.Kind `json:"kind"`
}

// searchOffices is no GET: a position is personal, and addresses are written down
// all along their way. What cannot be read is not named either: the error might
// hold it.
func (a *API) searchOffices(c *gin.Context) error {
	var req officeSearch
	if readJSON(c, &req) != nil {
		return dossier.Problem(dossier.CodeRequestInvalid)
	}
	found, err := a.Offices.Nearest(edge.Source(c), *req.Latitude, *req.Longitude, req.Kind)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, gin.H{"offices": each(found, nearOf)})
	return nil
}
