package paper

import (
	"fmt"
	"time"

	"dispositivo/internal/token"
)

// Form is everything printed on one conversion form. Empty fields become
// dotted lines to be filled in by hand.
type Form struct {
	Agency   string      // who asks, printed above the title
	Made     time.Time   // when the form was made; also the date of the PDF
	Token    token.Token // of the dossier; the zero value makes a blank form
	Holder   Holder
	Document Document
	Ways     Ways
	// KeepImagesDays is after how many days from the decision the copy of the
	// document is erased, as the notice of art. 13 GDPR has to say; 0 points to
	// the full notice instead.
	KeepImagesDays int
}

// Holder is whom the PIN belongs to, as on file.
type Holder struct {
	CodiceFiscale, Surname, Name            string
	Birth                                   time.Time
	BirthPlace, Sex                         string
	Street, PostalCode, City, Region, State string // residence
	Mobile, Phone, Email, PEC               string
}

// DocumentKind is a kind of identity document that the form offers.
type DocumentKind string

// The kinds of art. 35 DPR 445/2000 that the form names.
const (
	IdentityCard DocumentKind = "identity_card"
	Licence      DocumentKind = "licence"
	Passport     DocumentKind = "passport"
)

// Document is the identity document whose copy is attached.
type Document struct {
	Kind           DocumentKind
	Number, Issuer string
	Expiry         time.Time
}

// Ways are all ways to send the form, as the settings have them. Empty ones
// are left out.
type Ways struct {
	Portal string // address of the page for uploads
	Faxes  []Fax
	Email  string
	PEC    string
	Office string // where to hand it in
}

// Fax is one fax number as it is to be dialled.
type Fax struct {
	Number string
	Abroad bool // can be dialled from abroad
}

// BlankForm renders a form without data and token, for those without a printer
// at hand. lang as for Render.
func BlankForm(agency string, made time.Time, ways Ways, keepImagesDays int, lang string) ([]byte, error) {
	return Form{Agency: agency, Made: made, Ways: ways, KeepImagesDays: keepImagesDays}.Render(lang)
}

// Render draws the form as a PDF of one A4 page. Labels are Italian and English
// on every form; lang "en" adds the declarations in English under the Italian
// text, which is the one that counts, and gives the instructions in English.
// Any other lang is Italian. The same form gives the same bytes. An error means
// that the program is at fault.
func (f Form) Render(lang string) ([]byte, error) {
	c := newCanvas(f.Made, lang)
	t := textsFor(lang)
	if err := f.header(c, t); err != nil {
		return nil, fmt.Errorf("render form: %w", err)
	}
	f.holder(c)
	f.document(c)
	f.declarations(c, t)
	f.signature(c, t)
	f.sending(c, t)
	f.foot(c)
	out, err := c.bytes()
	if err != nil {
		return nil, fmt.Errorf("render form: %w", err)
	}
	return out, nil
}

// blank reports whether there is no dossier behind the form.
func (f Form) blank() bool { return f.Token == token.Token{} }

// newCanvas starts the page of a form.
func newCanvas(made time.Time, lang string) *canvas {
	c := newDocument(made, lang, "Modulo di richiesta conversione PIN")
	c.pdf.AddPage()
	return c
}
