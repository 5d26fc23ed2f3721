package codicefiscale

import (
	"slices"
	"strings"
	"time"
)

// Claim is what somebody says about the own birth, in the words of the request
// for a PIN (REQUIREMENTS A1). Empty fields are unknown.
type Claim struct {
	Surname      string
	Name         string    // all given names
	Birth        time.Time // only the calendar date counts, in the value's own zone
	Sex          string    // Male or Female
	Municipality string    // Italian municipality, under any name it had
	Province     string    // its sigla, to tell namesakes apart
	State        string    // foreign state, Italian name or ISO 3166-1 code of two letters: then the municipality says nothing
}

// Contradictions returns the parts of a claim that contradict the code, in the
// order surname, name, birth, sex, place; nil when nothing does. They are to be
// pointed out before sending and never a reason to refuse: the register of
// Agenzia delle Entrate alone knows.
//
// In doubt nothing is said: a provisional code, an empty field, a place that the
// table does not know contradict nothing. The code fits either century. A
// municipality fits under any name that it had, if it existed on the day of birth;
// a state also under those that came before or after it, because the register
// keeps the code of the day on which it was given.
func (p *Places) Contradictions(code Code, said Claim) []Part {
	wrong := code.Matches(Person{Surname: said.Surname, Name: said.Name, Birth: said.Birth, Sex: said.Sex})
	birth := said.Birth
	if slices.Contains(wrong, PartBirth) {
		birth = time.Time{} // one wrong day is not two contradictions
	}
	if !code.Provisional() && p.elsewhere(code.Place(), said, birth) {
		wrong = append(wrong, PartPlace)
	}
	return wrong
}

// elsewhere reports whether somebody born on a day where the claim says cannot
// have a code with this place.
func (p *Places) elsewhere(code string, said Claim, birth time.Time) bool {
	own, known := p.Lookup(code)
	switch {
	case !known: // younger than the table
		return false
	case !own.fits(birth):
		return true
	case said.State != "" && !italy(said.State):
		return differ(p.State(said.State, time.Time{}), own)
	case said.Municipality != "":
		meant := p.Find(said.Municipality, said.Province, birth)
		return differ(meant, own) && !hamlet(meant, own, said.Province)
	default:
		return false
	}
}

// italy reports whether somebody filled the foreign state in with the own one.
func italy(state string) bool {
	key := letterKey(state)
	return key == "ITALIA" || key == "ITALY" || key == "IT"
}

// fits is On without the first day of a state: somebody born before has its code
// all the same when it was given after.
func (p Place) fits(birth time.Time) bool {
	if p.Abroad() {
		p.From = time.Time{}
	}
	return p.On(birth)
}

// differ reports whether the name that somebody gave means places, and none of
// them can be the one in the code.
func differ(meant []Place, own Place) bool {
	return len(meant) > 0 && !slices.ContainsFunc(meant, func(place Place) bool { return sameGround(place, own) })
}

// hamlet reports whether the code's municipality lies in the province that
// somebody named and no namesake does: a part of it may bear the name of a
// municipality elsewhere, as Castro (LE) did in Diso until 1975.
func hamlet(meant []Place, own Place, province string) bool {
	inside := func(place Place) bool { return place.in(province) }
	return inside(own) && !slices.ContainsFunc(meant, inside)
}

// sameGround reports whether one birth can have been in both places, because they
// are one, one became part of the other, or the border was moved between them.
func sameGround(a, b Place) bool {
	return a.Code == b.Code || follows(a, b) || follows(b, a)
}

// follows reports whether the state next came after the place before.
func follows(next, before Place) bool {
	heirs := successors[before.Code]
	if before.ceded() {
		heirs = "Z110 Z118 Z149 Z150"
	}
	return strings.Contains(heirs, next.Code)
}

// ceded reports whether Italy gave the municipality up by the treaty of peace of
// 1947 (to France and Yugoslavia) or that of Osimo of 1975. Many of the people
// born there left, and their codes name the municipality or the state (L. 54/1989
// wants the municipality).
func (p Place) ceded() bool {
	day := p.To.Format(time.DateOnly)
	return !p.Abroad() && (day == "1947-09-16" || day == "1977-04-04")
}

// successors lists the states that came after another, or to which a territory
// now belongs.
var successors = map[string]string{
	"Z105": "Z155 Z156",                               // Czechoslovakia
	"Z111": "Z112",                                    // German Democratic Republic
	"Z118": "Z148 Z149 Z150 Z153 Z157 Z158 Z159 Z160", // Yugoslavia
	"Z124": "Z114",                                    // Channel Islands
	"Z135": "Z136 Z137 Z138 Z139 Z140 Z141 Z144 Z145 Z146 " + // Soviet Union
		"Z154 Z252 Z253 Z254 Z255 Z256 Z257 Z258 Z259",
	"Z136": "Z254",           // Georgia, as part of Europe
	"Z137": "Z252",           // Armenia, as part of Europe
	"Z141": "Z253",           // Azerbaijan, as part of Europe
	"Z157": "Z158 Z159 Z160", // Serbia and Montenegro
	"Z158": "Z160",           // Serbia, Kosovo
	"Z201": "Z246 Z250",      // Federation of South Arabia
	"Z202": "Z246 Z250",      // Protectorate of South Arabia
	"Z218": "Z161",           // Gaza
	"Z221": "Z210",           // Hong Kong
	"Z230": "Z247 Z248",      // Malaysia with Singapore
	"Z231": "Z210",           // Macao
	"Z236": "Z249",           // Pakistan, Bangladesh
	"Z238": "Z219",           // Ryukyu
	"Z239": "Z222",           // Sikkim
	"Z244": "Z251",           // South Vietnam
	"Z245": "Z251",           // North Vietnam
	"Z250": "Z246",           // South Yemen
	"Z303": "Z359",           // Basutoland
	"Z304": "Z358",           // Bechuanaland
	"Z315": "Z368",           // Ethiopia, Eritrea
	"Z323": "Z330",           // Ifni
	"Z324": "Z110",           // Réunion
	"Z346": "Z361",           // French Somaliland
	"Z348": "Z907",           // Sudan, South Sudan
	"Z350": "Z357",           // Tanganyika
	"Z356": "Z357",           // Zanzibar
	"Z360": "Z110",           // Mayotte
	"Z364": "Z347",           // Bophuthatswana
	"Z367": "Z347",           // Ciskei
	"Z508": "Z110",           // Guadeloupe
	"Z513": "Z110",           // Martinique
	"Z517": "Z516",           // Panama Canal Zone
	"Z518": "Z404",           // Puerto Rico
	"Z520": "Z404",           // Virgin Islands of the United States
	"Z607": "Z110",           // French Guiana
	"Z701": "Z734 Z735",      // Caroline Islands
	"Z705": "Z731 Z732",      // Gilbert and Ellice Islands
	"Z707": "Z223",           // West Irian
	"Z717": "Z733",           // New Hebrides
	"Z718": "Z730",           // New Guinea
	"Z720": "Z730",           // Papua
	"Z721": "Z603",           // Easter Island
}
