package dossier

import "slices"

// Category is which services are for a holder (B7): what the agency's archives
// say the person is. A citizen's is the position in Person; everybody else's is
// the type of holder, so that there is one list for a service to name.
type Category string

// The categories of citizens. Those of others are named as HolderType is.
const (
	CategoryWorker    Category = "worker"
	CategoryPensioner Category = "pensioner"
)

// Categories lists every category, in the order people are shown them.
func Categories() []Category {
	list := []Category{CategoryWorker, CategoryPensioner}
	for _, t := range HolderTypes() {
		if t != HolderCitizen {
			list = append(list, Category(t))
		}
	}
	return list
}

// Fund is an insurance fund ("gestione") that a holder is enrolled in.
type Fund string

// The funds.
const (
	FundPrivate  Fund = "private"  // employees of private employers
	FundPublic   Fund = "public"   // public employees
	FundSeparate Fund = "separate" // gestione separata
	FundArtisans Fund = "artisans" // artisans and merchants
	FundShow     Fund = "show"     // show business and sport
)

// Funds lists every fund, in the order people are shown them.
func Funds() []Fund {
	return []Fund{FundPrivate, FundPublic, FundSeparate, FundArtisans, FundShow}
}

// Standing is what the archives know about a person's insurance.
type Standing struct {
	// Position is a citizen's; "": the archives know of none.
	Position Category `json:"position,omitempty"`
	Funds    []Fund   `json:"funds,omitempty"`
}

// Category returns what the holder is to the services; "": the archives do not say.
func (h Holder) Category() Category {
	if h.Type == HolderCitizen || h.Type == "" {
		return h.Person.Standing.Position
	}
	return Category(h.Type)
}

// Opens returns what a holder may do now with a PIN of that state: a proved
// identity of elsewhere opens what PIN dispositivo opens, whatever the PIN (B9).
func (a Actor) Opens(p PINIssue) Kind {
	if a.Way.Elsewhere() {
		return Dispositivo
	}
	return p.Empowers()
}

// Empowers returns what the proved PIN may do now; "" for nothing: it is gone,
// stopped, or must be changed first.
func (p PINIssue) Empowers() Kind {
	switch p.Opens() {
	case RoleCitizen:
		return p.Kind
	case RoleSimplified:
		return Semplificato
	case "", RoleMustChange, RoleOperator, RoleSupervisor, RoleAuditor, RoleAdmin, RoleGateway, RoleSystem:
		return ""
	}
	return ""
}

// kinds are in the order of what they may: each may what the ones before may.
var kinds = []Kind{Semplificato, Ordinario, Dispositivo}

// Covers reports whether who may k may need, too.
func (k Kind) Covers(need Kind) bool {
	have, want := slices.Index(kinds, k), slices.Index(kinds, need)
	return have >= 0 && want >= 0 && have >= want
}
