package dossier

import (
	"maps"
	"time"
)

// Lock counts consecutive wrong tries to sign in, for existing names and
// others alike (B3).
type Lock struct {
	Wrong       int
	LockedUntil time.Time
}

// Person is what the agency knows about a holder. Dates are ISO 8601 days.
type Person struct {
	CodiceFiscale string `json:"codice_fiscale"`
	Surname       string `json:"surname"`
	Name          string `json:"name"`
	Birth         string `json:"birth"`
	Sex           string `json:"sex"` // M or F
	BirthPlace    string `json:"birth_place"`
	// BirthProvince is a province's two letters, EE for abroad.
	BirthProvince string   `json:"birth_province"`
	Address       Address  `json:"address"`
	Contacts      Contacts `json:"contacts"`
	Document      Document `json:"document"`
	Standing      Standing `json:"standing,omitzero"`
	// ItalianDocument says that the person has an identity document of the Italian
	// state, and so can have SPID, CIE or CNS (A2).
	ItalianDocument bool `json:"italian_document,omitempty"`
	// Lang is the language the holder is written to in, such as "it".
	Lang string `json:"lang"`
}

// Address is a postal address; State is empty in Italy.
type Address struct {
	Street   string `json:"street"`
	Postcode string `json:"postcode"`
	City     string `json:"city"`
	Province string `json:"province"`
	State    string `json:"state"`
}

// Contacts are a holder's registered contacts.
type Contacts struct {
	Email  string `json:"email"`
	PEC    string `json:"pec"`
	Mobile string `json:"mobile"`
	Phone  string `json:"phone"`
	// CitizenPEC, OfficePhone and Fax complete what an activation asks for (B1).
	CitizenPEC  string `json:"citizen_pec,omitempty"`
	OfficePhone string `json:"office_phone,omitempty"`
	Fax         string `json:"fax,omitempty"`
	// Marks tell confirmed contacts from others; a kind without mark came with
	// the request and was never confirmed.
	Marks map[ContactKind]ContactMark `json:"marks,omitempty"`
}

// Get returns the contact of a kind, "" for none.
func (c Contacts) Get(kind ContactKind) string {
	if p := c.field(kind); p != nil {
		return *p
	}
	return ""
}

// Confirmed reports whether there is a contact of a kind and a code sent to it
// was typed back.
func (c Contacts) Confirmed(kind ContactKind) bool {
	return c.Get(kind) != "" && !c.Marks[kind].ConfirmedAt.IsZero()
}

// CountsSince returns when a contact came to be what it is: the later of its change
// and of its confirmation. It reports false for one that was never confirmed, which
// counts for nothing (B11, D1).
func (c Contacts) CountsSince(kind ContactKind) (time.Time, bool) {
	mark := c.Marks[kind]
	if mark.ChangedAt.After(mark.ConfirmedAt) {
		return mark.ChangedAt, c.Confirmed(kind)
	}
	return mark.ConfirmedAt, c.Confirmed(kind)
}

// With returns the contacts with one set, and when; confirmed says that a code
// sent to it was typed back.
func (c Contacts) With(kind ContactKind, value string, at time.Time, confirmed bool) Contacts {
	marks := maps.Clone(c.Marks)
	if marks == nil {
		marks = map[ContactKind]ContactMark{}
	}
	mark := ContactMark{ChangedAt: at}
	if confirmed {
		mark.ConfirmedAt = at
	}
	if p := c.field(kind); p != nil {
		*p, marks[kind] = value, mark
	}
	c.Marks = marks
	return c
}

func (c *Contacts) field(kind ContactKind) *string {
	switch kind {
	case ContactMobile:
		return &c.Mobile
	case ContactEmail:
		return &c.Email
	case ContactPEC:
		return &c.PEC
	case ContactCitizenPEC:
		return &c.CitizenPEC
	case ContactPhone:
		return &c.Phone
	case ContactOfficePhone:
		return &c.OfficePhone
	case ContactFax:
		return &c.Fax
	}
	return nil
}

// Document is the identity document that the holder declared.
type Document struct {
	Type   string `json:"type"`
	Number string `json:"number"`
	Issuer string `json:"issuer"`
	Expiry string `json:"expiry"`
}

// HolderType is the category a holder belongs to (A11, B7).
type HolderType string

// The types of holder (A11).
const (
	HolderCitizen        HolderType = "citizen"
	HolderProfessional   HolderType = "professional"
	HolderCompany        HolderType = "company"
	HolderConsultant     HolderType = "consultant"
	HolderPatronato      HolderType = "patronato" // CAF and patronati
	HolderArtisan        HolderType = "artisan"   // artisans and merchants
	HolderPhysician      HolderType = "physician" // certifying physicians
	HolderHealth         HolderType = "health_authority"
	HolderPublicEmployee HolderType = "public_employee"
)

// HolderTypes lists every type, in the order people are offered them.
func HolderTypes() []HolderType {
	return []HolderType{
		HolderCitizen, HolderProfessional, HolderCompany, HolderConsultant, HolderPatronato,
		HolderArtisan, HolderPhysician, HolderHealth, HolderPublicEmployee,
	}
}

// Holder is a person with a PIN. At rest everything in Person is sealed under
// the holder's own key.
type Holder struct {
	ID     string
	Type   HolderType
	Office string
	Person Person
	// Version grows with every change of Person.
	Version int64
	// PIN is the issue that is not final; zero when there is none.
	PIN PINIssue
}

// Channel is how something arrived.
type Channel string

// The channels (CARD).
const (
	ChannelUpload  Channel = "upload"
	ChannelFax     Channel = "fax"
	ChannelMail    Channel = "mail"
	ChannelPEC     Channel = "pec"
	ChannelCounter Channel = "counter"
)

// Channels lists every one, in the order they are offered.
func Channels() []Channel {
	return []Channel{ChannelUpload, ChannelFax, ChannelMail, ChannelPEC, ChannelCounter}
}

// Protocol is an entry in the register: numbers have no gaps within a year of
// Europe/Rome (DPR 445/2000 art. 53 and 57).
type Protocol struct {
	Year   int
	Number int64
	At     time.Time
}
