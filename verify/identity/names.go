package identity

import "slices"

// Verdict says how two values compare.
type Verdict string

// The verdicts, from the best to the worst.
const (
	// Unknown means that one of the values is missing: nothing can be said.
	Unknown Verdict = "unknown"
	// Same means the same for everybody: only spelling by rule differs.
	Same Verdict = "same"
	// Similar means a difference that is usual for one person; a person looks.
	Similar Verdict = "similar"
	// Different means a difference that needs an explanation.
	Different Verdict = "different"
)

// Reason says what makes two values similar or different. It is never personal.
type Reason string

// The reasons.
const (
	Exact           Reason = "exact"
	Transliteration Reason = "transliteration"        // Müller, MUELLER
	Spacing         Reason = "spacing"                // De Luca, Deluca
	Cut             Reason = "cut in the zone"        // the zone had no room
	Particles       Reason = "particles"              // Van der Berg, Berg
	Order           Reason = "order"                  // words or fields exchanged
	Missing         Reason = "part missing"           // a second name left out
	Initials        Reason = "initials"               // G. for Giovanni
	Typing          Reason = "one or two letters"     // a slip, or somebody else
	LookAlike       Reason = "look-alike characters"  // O and 0
	DayAndMonth     Reason = "day and month swapped"  // 03/04 and 04/03
	PartOfDate      Reason = "date known in part"     // a zone may have the year alone
	Other           Reason = "other"                  // nothing in common
	NoValue         Reason = "no value to compare by" // empty, or no Latin letter
)

// Comparison is a verdict and why.
type Comparison struct {
	Verdict Verdict
	Reason  Reason
}

// Name is a person's name. From a document with a single name, Given is empty.
type Name struct {
	Surname, Given string
	// Cut says that the name comes from a zone whose field it fills, so that it
	// may end early (ICAO 9303-3, 4.6).
	Cut bool
}

// CompareNames compares two names as ICAO 9303 transliterates and as people
// write: accents, umlauts as UE or U, ß, ñ, apostrophes, hyphens, order, double
// names, particles, initials, names cut by a zone. It is symmetric.
func CompareNames(a, b Name) Comparison {
	as, ag, bs, bg := words(a.Surname), words(a.Given), words(b.Surname), words(b.Given)
	if len(as)+len(ag) == 0 || len(bs)+len(bg) == 0 {
		return Comparison{Unknown, NoValue}
	}
	// A zone cuts the end of the field: the given names, or all there is.
	surname := compareWords(as, bs, a.Cut && len(ag) == 0, b.Cut && len(bg) == 0)
	given := compareWords(ag, bg, a.Cut, b.Cut)
	if together := worse(surname, given); together.Verdict != Different {
		return together
	}
	return acrossFields(append(slices.Clone(as), ag...), append(slices.Clone(bs), bg...), surname, given)
}

// acrossFields compares whole names, when surname and given names do not agree
// field by field.
func acrossFields(a, b []word, surname, given Comparison) Comparison {
	switch {
	case len(a) == len(b) && covers(a, b), common(joined(a), joined(b)):
		return Comparison{Similar, Order}
	// Surname and given names exchanged, and a part of one left out.
	case min(len(a), len(b)) >= 2 && (covers(a, b) || covers(b, a)):
		return Comparison{Similar, Missing}
	}
	if surname.Verdict == Different {
		return surname
	}
	return given
}

// worse returns the comparison with the worse verdict, a for equals.
func worse(a, b Comparison) Comparison {
	order := []Verdict{Same, Unknown, Similar, Different}
	if slices.Index(order, b.Verdict) > slices.Index(order, a.Verdict) {
		return b
	}
	if a.Verdict == b.Verdict && a.Reason == Exact {
		return b
	}
	return a
}

// compareWords compares one field of two names.
func compareWords(a, b []word, aCut, bCut bool) Comparison {
	switch {
	case len(a) == 0 && len(b) == 0:
		return Comparison{Same, Exact}
	case len(a) == 0 && aCut, len(b) == 0 && bCut:
		return Comparison{Same, Cut}
	case len(a) == 0, len(b) == 0:
		return Comparison{Similar, Missing}
	case slices.EqualFunc(a, b, func(v, w word) bool { return v[0] == w[0] }):
		return Comparison{Same, Exact}
	case slices.EqualFunc(a, b, word.same):
		return Comparison{Same, Transliteration}
	case common(joined(a), joined(b)):
		return Comparison{Same, Spacing}
	case aCut && cutFrom(a, b), bCut && cutFrom(b, a):
		return Comparison{Same, Cut}
	}
	return alike(a, b)
}

// alike compares fields that are not the same.
func alike(a, b []word) Comparison {
	p, q := withoutParticles(a), withoutParticles(b)
	switch {
	case slices.EqualFunc(p, q, word.same):
		return Comparison{Similar, Particles}
	case len(a) == len(b) && covers(a, b):
		return Comparison{Similar, Order}
	case covers(p, q), covers(q, p):
		return Comparison{Similar, Missing}
	case abbreviates(a, b), abbreviates(b, a):
		return Comparison{Similar, Initials}
	case slip(joined(a), joined(b)):
		return Comparison{Similar, Typing}
	}
	return Comparison{Different, Other}
}

// covers reports whether each word of b is one of a, each of a used once.
func covers(a, b []word) bool {
	if len(b) > len(a) {
		return false
	}
	used := make([]bool, len(a))
	for _, w := range b {
		at := -1
		for i, v := range a {
			if !used[i] && v.same(w) {
				at = i
				break
			}
		}
		if at < 0 {
			return false
		}
		used[at] = true
	}
	return true
}

// cutFrom reports whether short is what is left of whole after a zone cut it:
// the same words, the last one perhaps only begun. The zone may also have
// shortened single words to their beginning to make room.
func cutFrom(short, whole []word) bool {
	if len(short) > len(whole) {
		return false
	}
	for i, w := range short {
		if !w.begins(whole[i]) {
			return false
		}
	}
	return true
}

// abbreviates reports whether short is whole with words given as initials.
func abbreviates(short, whole []word) bool {
	if len(short) > len(whole) || !slices.ContainsFunc(short, word.initial) {
		return false
	}
	for i, w := range short {
		if !w.same(whole[i]) && (!w.initial() || !w.begins(whole[i])) {
			return false
		}
	}
	return true
}

// common reports whether two lists share a text.
func common(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// slip reports whether two texts differ by as little as people mistype: a
// letter from four letters on, two from nine on.
func slip(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool {
		return slices.ContainsFunc(b, func(t string) bool {
			limit := 0
			switch n := min(len(s), len(t)); {
			case n >= 9:
				limit = 2
			case n >= 4:
				limit = 1
			}
			return typos(s, t, limit) <= limit
		})
	})
}
