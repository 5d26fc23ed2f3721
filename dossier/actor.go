package dossier

// Role is what an actor may do at most. Deny is the default: a method that
// reads or changes something names the roles it lets in.
type Role string

// The roles (DESIGN, section 6).
const (
	RoleCitizen Role = "citizen"
	// RoleMustChange is a citizen whose PIN opens the change to a new one and
	// nothing else (B2, B4).
	RoleMustChange Role = "citizen_must_change"
	// RoleSimplified is a citizen who showed the first half alone: only what is
	// marked for the PIN semplificato opens (A10).
	RoleSimplified Role = "citizen_simplified"
	RoleOperator   Role = "operator"
	RoleSupervisor Role = "supervisor"
	RoleAuditor    Role = "auditor"
	RoleAdmin      Role = "admin"
	RoleGateway    Role = "gateway"
	// RoleSystem is the pipeline itself: workers and sweepers.
	RoleSystem Role = "system"
)

// Actor is who does something. The zero Actor is nobody and may do nothing.
type Actor struct {
	Role Role
	// ID is the holder's id for a citizen, the account's id for an operator,
	// the worker's name for the system. It is opaque, never a codice fiscale.
	ID string
	// Office limits an operator to the dossiers of one office; empty: all.
	Office string
	// Way is how a holder signed in. An identity of elsewhere opens what PIN
	// dispositivo opens, whatever the holder's PIN does (B9).
	Way Way
	// KeyedCF is an operator's keyed codice fiscale: nobody reviews the own
	// dossier (C10).
	KeyedCF []byte
	// Mandate says for whom a holder acts (B10); zero: for himself. The store
	// refuses every change under one that is not in force at that moment.
	Mandate Mandate
}

// HolderID is whose affairs a holder's act is about: of who is acted for, else the
// own.
func (a Actor) HolderID() string {
	if a.Mandate.HolderID != "" {
		return a.Mandate.HolderID
	}
	return a.ID
}

// Way is how a holder proves to be that holder; "" is WayPIN.
type Way string

// The ways (B9). All but WayPIN are equal to PIN dispositivo.
const (
	WayPIN  Way = "pin"
	WaySPID Way = "spid"
	WayCIE  Way = "cie"
	WayCNS  Way = "cns"
)

// Elsewhere reports whether the identity is another's than the agency's own PIN.
func (w Way) Elsewhere() bool { return w == WaySPID || w == WayCIE || w == WayCNS }

// System returns the actor for work that the pipeline does by itself.
func System(worker string) Actor { return Actor{Role: RoleSystem, ID: worker} }

// Is reports whether the actor has one of the roles.
func (a Actor) Is(roles ...Role) bool {
	for _, r := range roles {
		if a.Role == r && a.ID != "" {
			return true
		}
	}
	return false
}

// Sees reports whether what belongs to an office is the actor's to see; what belongs
// to none, "", is everybody's.
func (a Actor) Sees(office string) bool { return a.Office == "" || office == "" || a.Office == office }

// IsHolder reports whether the actor is a holder, whatever the PIN may open.
func (a Actor) IsHolder() bool { return a.Is(RoleCitizen, RoleMustChange, RoleSimplified) }

// Require returns a forbidden Error unless the actor has one of the roles.
func (a Actor) Require(roles ...Role) error {
	if a.Is(roles...) {
		return nil
	}
	return Problem(CodeForbidden)
}
