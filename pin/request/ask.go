package request

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"dispositivo/dossier"
	"dispositivo/internal/codicefiscale"
	"dispositivo/pin"
)

// Ask is what a PIN is asked for with (A1), as typed.
type Ask struct {
	Person dossier.Person
	Type   dossier.HolderType
	// Band is when the person would like to be called; it counts online alone.
	Band dossier.TimeBand
	// Confirmed are the parts (codicefiscale.Part) that were pointed out as
	// contradictions to the codice fiscale and hold all the same.
	Confirmed []string
	// Source is the network it comes from; online alone.
	Source string
}

// longest bounds a field, in runes.
const longest = 100

// normalize brings what was typed into the form in which it is kept, and returns
// CodiceFiscaleBad, or CodePINData with the names of the fields that are missing or
// wrong, in the order of the form. reach says that the person must be reachable
// by message and telephone.
func (a *Ask) normalize(now time.Time, reach bool) error {
	code, err := codicefiscale.Parse(a.Person.CodiceFiscale)
	if err != nil {
		return &dossier.Error{Code: dossier.Code(dossier.CodiceFiscaleBad), Err: err}
	}
	a.Person.CodiceFiscale = code.String()
	a.Person.Standing = dossier.Standing{} // what the archives say, nobody says of himself
	f := &form{today: now.Format(time.DateOnly)}
	f.birth(&a.Person)
	f.address(&a.Person.Address)
	f.contacts(&a.Person.Contacts, reach)
	f.document(&a.Person.Document)
	if a.Type == "" {
		a.Type = dossier.HolderCitizen
	}
	f.want("holder_type", slices.Contains(dossier.HolderTypes(), a.Type))
	if len(f.wrong) > 0 {
		return &dossier.Error{Code: dossier.CodePINData, Args: map[string]string{"fields": strings.Join(f.wrong, " ")}}
	}
	return nil
}

// form collects the names of fields that are missing or wrong.
type form struct {
	today string
	wrong []string
}

func (f *form) want(name string, ok bool) {
	if !ok {
		f.wrong = append(f.wrong, name)
	}
}

// text trims a field and wants it to be there, on one line and not too long.
func (f *form) text(name string, field *string, needed bool) {
	*field = strings.Join(strings.Fields(*field), " ")
	f.want(name, (*field != "" || !needed) && utf8.RuneCountInString(*field) <= longest && utf8.ValidString(*field) &&
		strings.IndexFunc(*field, func(r rune) bool { return unicode.Is(unicode.C, r) }) < 0)
}

func (f *form) birth(p *dossier.Person) {
	f.text("surname", &p.Surname, true)
	f.text("name", &p.Name, true)
	_, err := time.Parse(time.DateOnly, p.Birth)
	f.want("birth", err == nil && p.Birth <= f.today && p.Birth >= "1880")
	f.want("sex", p.Sex == codicefiscale.Male || p.Sex == codicefiscale.Female)
	f.text("birth_place", &p.BirthPlace, true)
	f.province("birth_province", &p.BirthProvince)
}

// province is two letters, EE for abroad.
func (f *form) province(name string, field *string) {
	*field = strings.ToUpper(strings.TrimSpace(*field))
	isLetter := func(b byte) bool { return b >= 'A' && b <= 'Z' }
	f.want(name, len(*field) == 2 && isLetter((*field)[0]) && isLetter((*field)[1]))
}

func (f *form) address(a *dossier.Address) {
	f.text("street", &a.Street, true)
	if inItaly(a.State) {
		a.State = ""
	}
	f.text("postcode", &a.Postcode, a.State == "")
	f.text("city", &a.City, true)
	if a.State == "" {
		f.province("province", &a.Province)
		return
	}
	f.text("province", &a.Province, false)
	f.text("state", &a.State, true)
	f.want("state", strings.IndexFunc(a.State, unicode.IsLetter) >= 0)
}

func (f *form) contacts(c *dossier.Contacts, reach bool) {
	plain := dossier.Contacts{} // nobody confirmed anything yet
	for _, kind := range dossier.ContactKinds() {
		value := strings.TrimSpace(c.Get(kind))
		if value == "" {
			continue
		}
		value, ok := pin.NormalContact(kind, value)
		f.want(string(kind), ok)
		plain = plain.With(kind, value, time.Time{}, false)
	}
	plain.Marks = nil
	*c = plain
	if !reach {
		return
	}
	if c.Mobile == "" && c.Phone == "" {
		f.want(string(dossier.ContactMobile), false)
	} else if halfContact(*c, false).Value == "" {
		f.want(string(dossier.ContactEmail), false)
	}
}

func (f *form) document(d *dossier.Document) {
	f.want("document_type", slices.Contains(DocumentTypes(), d.Type))
	f.text("document_number", &d.Number, true)
	f.text("document_issuer", &d.Issuer, true)
	_, err := time.Parse(time.DateOnly, d.Expiry)
	f.want("document_expiry", err == nil && d.Expiry >= f.today)
}

// DocumentTypes lists the identity documents, in the order people are offered them.
func DocumentTypes() []string { return []string{"identity_card", "passport", "licence"} }

// contradictions returns CodePINContradiction with the parts of what was said
// that contradict the codice fiscale, unless just these were confirmed: the
// register of Agenzia delle Entrate alone knows, so nothing is refused for them.
func (s *Service) contradictions(a Ask) error {
	p := a.Person
	birth, err := time.Parse(time.DateOnly, p.Birth)
	if err != nil {
		return dossier.Problem(dossier.CodePINData)
	}
	claim := codicefiscale.Claim{Surname: p.Surname, Name: p.Name, Birth: birth, Sex: p.Sex}
	if p.BirthProvince == abroad {
		claim.State = p.BirthPlace
	} else {
		claim.Municipality, claim.Province = p.BirthPlace, p.BirthProvince
	}
	var names []string
	for _, part := range s.cfg.Places.Contradictions(codicefiscale.Code(p.CodiceFiscale), claim) {
		names = append(names, string(part))
	}
	if len(names) == 0 || slices.Equal(names, a.Confirmed) {
		return nil
	}
	return &dossier.Error{Code: dossier.CodePINContradiction, Args: map[string]string{"parts": strings.Join(names, " ")}}
}

// abroad is the province of who was born in a foreign state.
const abroad = "EE"

// halfContact is the contact that a first half goes to, a mailbox before a
// telephone; confirmed: only one whose code was typed back will do.
func halfContact(c dossier.Contacts, confirmed bool) dossier.Contact {
	for _, kind := range []dossier.ContactKind{
		dossier.ContactEmail, dossier.ContactPEC, dossier.ContactCitizenPEC, dossier.ContactMobile,
	} {
		if value := c.Get(kind); value != "" && (!confirmed || c.Confirmed(kind)) {
			return dossier.Contact{Kind: kind, Value: value}
		}
	}
	return dossier.Contact{}
}
