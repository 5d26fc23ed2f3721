package demo

import (
	"fmt"
	"time"

	"dispositivo/internal/codicefiscale"
)

// Kinds of PIN a demo citizen may hold (DESIGN section 6).
const (
	KindOrdinario   = "ordinario"
	KindDispositivo = "dispositivo"
)

// Scene is what the demo store should show of a citizen: the state of the
// dossier, or that there is none.
type Scene string

// The scenes. Every dossier state has one, approved excepted: it turns into
// converted by itself.
const (
	SceneNone         Scene = "none"           // PIN ordinario, no dossier: free for playing
	SceneDispositivo  Scene = "dispositivo"    // PIN dispositivo since long, no dossier
	SceneActivate     Scene = "activate"       // both halves arrived, to be activated
	SceneFirstAccess  Scene = "first_access"   // activated, the first access forces the change
	SceneLapsed       Scene = "lapsed"         // PIN expired after its activation
	SceneOpen         Scene = "open"           // form made, nothing sent yet
	SceneWaiting      Scene = "waiting"        // the identity document is missing
	SceneReviewing    Scene = "reviewing"      // complete, an operator may claim it
	SceneWarned       Scene = "reviewing_warn" // in review with a warn finding: document expired
	SceneSecondReview Scene = "second_review"  // four eyes
	SceneConverted    Scene = "converted"      // approved and converted: PIN dispositivo
	SceneRejected     Scene = "rejected"       // form and document differ
	SceneExpired      Scene = "expired"        // nothing came in 30 days
	SceneWithdrawn    Scene = "withdrawn"      // withdrawn by the holder
	SceneSuperseded   Scene = "superseded"     // became dispositivo at an office meanwhile
	SceneQuarantined  Scene = "quarantined"    // open dossier, its submission in quarantine
	SceneDelegate     Scene = "delegate"       // of a patronato, acts for another: PIN dispositivo, no dossier
	SceneDelegator    Scene = "delegator"      // delegated the patronato, which filed a domanda: PIN dispositivo, no dossier
)

// Address is a residence abroad.
type Address struct {
	Street     string
	PostalCode string
	City       string
	Region     string // province, canton, state; may be empty
	State      string // Italian name of the foreign state
}

// Citizen is an invented resident abroad.
type Citizen struct {
	CodiceFiscale codicefiscale.Code
	Surname, Name string
	Birth         time.Time // midnight UTC of the calendar date
	Sex           string    // codicefiscale.Male or Female
	BirthPlace    string    // municipality with province, or foreign state with town
	PlaceCode     string    // Belfiore code of that municipality or state
	Address       Address
	Email         string // under .example or example.org
	PEC           string // empty for most
	Mobile        string // E.164, from a range reserved for fiction
	Phone         string // land line, E.164; empty for most
	Language      string // "it" or "en": in which to write to the holder
	Position      string // "worker" or "pensioner": what the archives say (B7)
	Fund          string // "private" or "public"
	Kind          string // KindOrdinario or KindDispositivo
	PIN           string // 8 characters of PINAlphabet, or 16 while it is two halves
	Scene         Scene
	Note          string // for `demo credentials`
}

// FullName returns name and surname as one writes them.
func (c Citizen) FullName() string { return c.Name + " " + c.Surname }

// PINAlphabet holds the symbols of demo PINs, without look-alikes.
const PINAlphabet = "ABCDEFGHJKMNPQRTUVWXY346789"

// Citizens returns everybody, the ones to play with first. The slice is fresh:
// the caller may change it.
func Citizens() []Citizen {
	list := make([]Citizen, 0, len(people))
	for _, p := range people {
		list = append(list, p.citizen())
	}
	return list
}

// Find returns the citizen with a codice fiscale.
func Find(code codicefiscale.Code) (Citizen, bool) {
	for _, p := range people {
		if c := p.citizen(); c.CodiceFiscale == code {
			return c, true
		}
	}
	for _, c := range Correspondents() {
		if c.CodiceFiscale == code {
			return c.Citizen, true
		}
	}
	return Citizen{}, false
}

// pensionAge parts those who draw a pension from those who work.
var pensionAge = time.Date(1959, time.December, 31, 0, 0, 0, 0, time.UTC)

// citizen computes what follows from the rest.
func (p person) citizen() Citizen {
	birth, err := time.Parse(time.DateOnly, p.birth)
	if err != nil {
		panic(fmt.Sprintf("demo: birth of %s: %v", p.email, err))
	}
	code, err := codicefiscale.Compute(p.surname, p.name, birth, p.sex, p.placeCode)
	if err != nil {
		panic(fmt.Sprintf("demo: codice fiscale of %s: %v", p.email, err))
	}
	kind := KindOrdinario
	switch p.scene { //nolint:exhaustive // the others are ordinario
	case SceneDispositivo, SceneConverted, SceneSuperseded, SceneDelegate, SceneDelegator:
		kind = KindDispositivo
	default: // ordinario
	}
	position, fund := "worker", "private"
	if birth.Before(pensionAge) {
		position = "pensioner"
	}
	if p.scene == SceneDispositivo {
		fund = "public"
	}
	return Citizen{
		Position: position, Fund: fund,
		CodiceFiscale: code, Surname: p.surname, Name: p.name, Birth: birth, Sex: p.sex,
		BirthPlace: p.place, PlaceCode: p.placeCode, Address: p.address,
		Email: p.email, PEC: p.pec, Mobile: p.mobile, Phone: p.phone,
		Language: p.language, Kind: kind, PIN: p.pin, Scene: p.scene, Note: notes[p.scene],
	}
}

// notes says in a few words what is to be seen.
var notes = map[Scene]string{
	SceneNone:         "no dossier: free for playing",
	SceneDispositivo:  "already dispositivo, no dossier",
	SceneActivate:     "both halves of the PIN arrived: can activate it with the passport",
	SceneFirstAccess:  "first access: the PIN must be changed",
	SceneLapsed:       "PIN expired: can renew it",
	SceneOpen:         "form downloaded, nothing sent yet",
	SceneWaiting:      "identity document missing: can send it",
	SceneReviewing:    "complete, waits for an operator",
	SceneWarned:       "waits for an operator, document expired",
	SceneSecondReview: "approved once, waits for a second operator",
	SceneConverted:    "approved and converted",
	SceneRejected:     "rejected: form and document differ",
	SceneExpired:      "expired: nothing came in time",
	SceneWithdrawn:    "withdrawn by the holder",
	SceneSuperseded:   "superseded: became dispositivo at an office",
	SceneQuarantined:  "what was sent is in quarantine",
	SceneDelegate:     "of a patronato: can act for who delegated it",
	SceneDelegator:    "delegated a patronato, which filed a domanda",
}
