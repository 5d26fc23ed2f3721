package demo

import (
	"fmt"
	"time"

	"dispositivo/internal/codicefiscale"
)

// Roles of operators (DESIGN section 6).
const (
	RoleOperator   = "operator"
	RoleSupervisor = "supervisor"
	RoleAuditor    = "auditor"
	RoleAdmin      = "admin"
)

// Operator is an invented employee of the agency.
type Operator struct {
	Username      string
	Password      string // at least 12 characters; known to everybody
	Role          string
	FullName      string
	CodiceFiscale codicefiscale.Code // nobody reviews the own dossier
}

// Operators returns the staff of the demo, in a fresh slice.
func Operators() []Operator {
	list := make([]Operator, 0, len(staff))
	for _, s := range staff {
		birth := time.Date(s.year, time.May, 12, 0, 0, 0, 0, time.UTC)
		code, err := codicefiscale.Compute(s.surname, s.name, birth, s.sex, "H501")
		if err != nil {
			panic(fmt.Sprintf("demo: codice fiscale of %s: %v", s.username, err))
		}
		list = append(list, Operator{
			Username: s.username, Password: s.password, Role: s.role,
			FullName: s.name + " " + s.surname, CodiceFiscale: code,
		})
	}
	return list
}

// staff holds credentials that are printed at every start of `--demo` and work
// nowhere else.
var staff = []struct {
	username, password, role string
	surname, name, sex       string
	year                     int
}{
	{"operatore", "sportello-aperto-8", RoleOperator, "Conti", "Laura", "F", 1986},
	{"operatore2", "quattro-occhi-24", RoleOperator, "Ferri", "Davide", "M", 1990},
	{"supervisore", "vista-dall-alto-5", RoleSupervisor, "Barbieri", "Silvia", "F", 1973},
	{"revisore", "carta-che-canta-7", RoleAuditor, "Testa", "Giorgio", "M", 1969},
	{"admin", "chiavi-di-casa-31", RoleAdmin, "Fontana", "Irene", "F", 1981},
}
