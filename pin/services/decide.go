package services

import (
	"slices"

	"dispositivo/dossier"
)

// Who is everything about a holder that the rules ask for.
type Who struct {
	Category dossier.Category
	Funds    []dossier.Fund
	// Kind is what the holder proved to have now; "" for nothing that may be used.
	Kind dossier.Kind
}

// WhoIs returns what the archives say about a holder, and what the actor proved.
func WhoIs(actor dossier.Actor, h dossier.Holder) Who {
	return Who{Category: h.Category(), Funds: h.Person.Standing.Funds, Kind: actor.Opens(h.PIN)}
}

// Decision says whether a service is open to somebody.
type Decision struct {
	// Open: everything it offers.
	Open bool
	// Held: a domanda may be filed all the same, and waits for the conversion (B8).
	// It is never set together with Open.
	Held bool
	// Rule is the one that refuses; "" when it is open. Its text says how to mend it.
	Rule dossier.Code
}

// Err returns the problem of a service that is shut; nil when something can be done there.
func (d Decision) Err() error {
	if d.Open || d.Held {
		return nil
	}
	return dossier.Problem(d.Rule)
}

// Decide is the whole of B7: whether a service is open to somebody, and if not,
// the first rule that refuses. What the holder cannot mend is said before what a
// conversion mends: nobody converts a PIN for a service that is for others.
func (s Service) Decide(w Who) Decision {
	switch {
	case s.Closed:
		return Decision{Rule: dossier.CodeServiceClosed}
	case w.Kind == "":
		return Decision{Rule: dossier.CodeServiceSuspended}
	case len(s.Categories) > 0 && !slices.Contains(s.Categories, w.Category):
		return Decision{Rule: dossier.CodeServiceCategory}
	case len(s.Funds) > 0 && !slices.ContainsFunc(w.Funds, func(f dossier.Fund) bool { return slices.Contains(s.Funds, f) }):
		return Decision{Rule: dossier.CodeServiceFund}
	case w.Kind.Covers(s.Access.Needs()):
		return Decision{Open: true}
	case !w.Kind.Covers(dossier.Ordinario):
		return Decision{Rule: dossier.CodeServiceActivate}
	default:
		return Decision{Held: s.MayBeHeld, Rule: dossier.CodeServiceDispositivo}
	}
}
