package ui

import (
	"errors"
	"strings"

	"github.com/gin-gonic/gin"

	"dispositivo/dossier"
)

// Asking is the form with what a PIN is asked for with: the template "asking".
// The portal and the desk have it in common; its fields bear the names that
// CodePINData knows.
type Asking struct {
	Person dossier.Person
	Type   dossier.HolderType
	Band   dossier.TimeBand
	// WithBand asks for the time of a call, WithCode for the codice fiscale, and
	// WithItalian whether there is an Italian document.
	WithBand, WithCode, WithItalian bool
	// Residence ("abroad", "italy") and Italian ("no", "yes") are what was chosen
	// of two ways; "" nothing yet.
	Residence, Italian string
	// AtHome is a residence in Italy, chosen before: the state is not asked for.
	AtHome bool
	// Wrong marks fields, by name; First is the id of the first.
	Wrong map[string]bool
	First string
	// Parts contradict the codice fiscale and wait for a confirmation.
	Parts []string
	// Reach says that contacts are needed.
	Reach bool
}

// Types are the categories of holders (A11).
func (Asking) Types() []dossier.HolderType { return dossier.HolderTypes() }

// Bands are the times of a call.
func (Asking) Bands() []dossier.TimeBand { return dossier.TimeBands() }

// DocumentTypes are the identity documents.
func (Asking) DocumentTypes() []string { return []string{"identity_card", "passport", "licence"} }

// Joined is Parts as one value, for the field that confirms them.
func (a Asking) Joined() string { return strings.Join(a.Parts, " ") }

// ReadAsking reads what was typed; language is the one to write to a newcomer in.
func ReadAsking(c *gin.Context, language string) Asking {
	f := c.PostForm
	return Asking{
		Person: dossier.Person{
			CodiceFiscale: f("codice_fiscale"), Surname: f("surname"), Name: f("name"), Birth: f("birth"), Sex: f("sex"),
			BirthPlace: f("birth_place"), BirthProvince: f("birth_province"),
			Address: dossier.Address{
				Street: f("street"), Postcode: f("postcode"), City: f("city"), Province: f("province"), State: f("state"),
			},
			Contacts: dossier.Contacts{Mobile: f("mobile"), Phone: f("phone"), Email: f("email"), PEC: f("pec")},
			Document: dossier.Document{
				Type: f("document_type"), Number: f("document_number"), Issuer: f("document_issuer"), Expiry: f("document_expiry"),
			},
			ItalianDocument: f("italian_document") != "no", Lang: language,
		},
		Residence: f("residence"), Italian: f("italian_document"), Type: dossier.HolderType(f("holder_type")), Band: dossier.TimeBand(f("time_band")),
	}
}

// ConfirmedParts are the contradictions that the person confirmed.
func ConfirmedParts(c *gin.Context) []string { return strings.Fields(c.PostForm("confirmed")) }

// Mark notes what an error says about single fields.
func (a *Asking) Mark(err error) {
	e, ok := errors.AsType[*dossier.Error](err)
	if !ok {
		return
	}
	names := strings.Fields(e.Args["fields"])
	if e.Code == dossier.Code(dossier.CodiceFiscaleBad) {
		names = []string{"codice_fiscale"}
	}
	a.Parts = strings.Fields(e.Args["parts"])
	for _, part := range a.Parts {
		names = append(names, fieldOf(part))
	}
	a.Wrong = map[string]bool{}
	for _, name := range names {
		a.Wrong[name] = true
	}
	if len(names) > 0 {
		a.First = "f-" + names[0]
	}
}

// fieldOf is the field that a part of the codice fiscale is about.
func fieldOf(part string) string {
	if part == "place" {
		return "birth_place"
	}
	return part
}
