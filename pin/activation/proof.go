package activation

import (
	"time"

	"dispositivo/dossier"
	"dispositivo/pin"
)

// Proof is what stands beside the first half: a card or a document, not both.
// Expiries are ISO 8601 days.
type Proof struct {
	Card     *Card
	Document *Document
}

// Card is a tessera sanitaria.
type Card = pin.Card

// Document is an identity document as the request named it.
type Document struct{ Type, Number, Expiry string }

// check reports what can be seen without knowing anybody: CodeActivationProof
// with the field to blame.
func (p Proof) check(now time.Time) error {
	switch {
	case (p.Card == nil) == (p.Document == nil):
		return invalid("proof")
	case p.Card != nil:
		if field := p.Card.Blame(now); field != "" {
			return invalid(field)
		}
	case p.Document.Type == "" || pin.Plain(p.Document.Number) == "":
		return invalid("document_number")
	case !pin.NotOver(p.Document.Expiry, now):
		return invalid("document_expiry")
	}
	return nil
}

func invalid(field string) error {
	return &dossier.Error{Code: dossier.CodeActivationProof, Args: map[string]string{"field": field}}
}

// fits compares with what is on file.
func (p Proof) fits(person dossier.Person) bool {
	if p.Document == nil {
		return true // see the package's doc
	}
	file := person.Document
	return file.Number != "" && pin.Plain(file.Number) == pin.Plain(p.Document.Number) &&
		file.Type == p.Document.Type && file.Expiry == p.Document.Expiry
}
