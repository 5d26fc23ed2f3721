package dossier

import "time"

// Kind is what a PIN empowers its holder to do.
type Kind string

// The kinds of PIN (A10, B7).
const (
	// Semplificato is the first half alone: it opens only services marked for it.
	Semplificato Kind = "semplificato"
	// Ordinario may read.
	Ordinario Kind = "ordinario"
	// Dispositivo may act.
	Dispositivo Kind = "dispositivo"
)

// PINState is where an issued PIN stands.
type PINState string

// The states of a PIN issue that the conversion distinguishes (C11).
const (
	PINActive    PINState = "active"
	PINSuspended PINState = "suspended"
	PINLapsed    PINState = "lapsed"
	PINRevoked   PINState = "revoked"
	PINReplaced  PINState = "replaced"
)

// PINIssue is one issue of a holder's PIN, as the conversion sees it: never
// the secret, only what it empowers.
type PINIssue struct {
	ID       string
	HolderID string
	Kind     Kind
	State    PINState
	Version  int64
}

// Gone reports whether the issue will never open anything again.
func (p PINIssue) Gone() bool { return p.State == PINRevoked || p.State == PINReplaced }

// PINSecret is what checking a PIN needs.
type PINSecret struct {
	Issue PINIssue
	// Hash is the peppered Argon2id hash, never the PIN.
	Hash       string
	MustChange bool
}

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
}

// Document is the identity document that the holder declared.
type Document struct {
	Type   string `json:"type"`
	Number string `json:"number"`
	Issuer string `json:"issuer"`
	Expiry string `json:"expiry"`
}

// Holder is a person with a PIN. At rest everything in Person is sealed under
// the holder's own key.
type Holder struct {
	ID     string
	Office string
	Person Person
	PIN    PINIssue
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

// Protocol is an entry in the register: numbers have no gaps within a year of
// Europe/Rome (DPR 445/2000 art. 53 and 57).
type Protocol struct {
	Year   int
	Number int64
	At     time.Time
}
