package mrz

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"
)

// Limits of reading, in correlation. They were measured: docs/adr/0002-mrz-reader.md.
const (
	// worthFitting is the same as worthReading before place and size are known.
	worthFitting = 0.45
	// closeStart is how near to the best start another typeface or direction must
	// come to be fitted too.
	closeStart = 0.10
	// worthReading is the mean likeness below which print is not that of a zone.
	worthReading = 0.55
	// leastLikeness is the mean likeness of the characters chosen in a valid zone.
	leastLikeness = 0.60
	// spread is how much less like than the best a character may be to be tried.
	spread = 0.06
	// mostOptions is how many characters are tried in one place.
	mostOptions = 5
	// budget is what all choices together may cost to be looked at.
	budget = 0.10
	// overrule is how much of that a valid zone may have used: no more than a tie.
	overrule = 0.005
	// margin is by how much the choice must be cheaper than the next one that
	// the check digits allow as well.
	margin = 0.04
	// misfit is how much less like a character of its class may be than one that
	// its place does not take, such as O where a digit stands.
	misfit = 0.12
	// weakMargin is the same for a character under no check digit.
	weakMargin = 0.03
)

// choose turns likenesses into a zone: states from the list, every other place
// the likeliest character of its class. It is valid only if all check digits
// agree, and if no other text that they allow is nearly as likely.
//
// The digits break ties and no more (overrule): a zone whose print is clear and
// whose digit is wrong must not be read kindly. Letting them choose among the
// five likeliest characters read next to nothing more, but made up to two of
// twelve zones with a wrong digit valid where print was small.
func (like likenesses) choose(rows, cols int, on time.Time) Result {
	var best Result
	lowest, second := math.Inf(1), math.Inf(1)
	all := variants(rows, cols)
	for _, l := range all {
		options, weak, fits := like.options(l)
		if !fits {
			continue
		}
		for _, m := range l.decode(options, budget) {
			r := l.evaluate(m.text, on)
			if !r.Valid || m.cost > second {
				continue
			}
			if m.cost < lowest {
				best, lowest, second = r, m.cost, lowest
				best.Repaired, best.Weak = differences(m.text, options), weak
			} else {
				second = m.cost
			}
		}
	}
	if !best.Valid || lowest > overrule || second-lowest < margin || like.mean(best) < leastLikeness {
		return like.doubtful(all, on)
	}
	return best
}

// doubtful returns the raw reading, which is not valid even where every digit
// happens to agree.
func (like likenesses) doubtful(all []layout, on time.Time) Result {
	text := like.plain()
	r := likeliest(all, text).evaluate(text, on)
	if r.Valid {
		r.Valid, r.Faults = false, []Fault{FaultDoubt}
	}
	return r
}

// options returns what each place may hold, cheapest first; where no check
// digit helps there is one option, and weak counts those of them that were
// chosen by little. It fails when a place is not like anything it takes.
func (like likenesses) options(l layout) (options [][]option, weak int, fits bool) {
	options = make([][]option, l.size())
	plan, classes := l.plan(), l.classes()
	for i := range options {
		all, off := like.ranked(i, func(ch byte) bool { return classes[i].takes(ch, l) })
		if off > misfit {
			return nil, 0, false
		}
		if plan[i].inert() {
			if len(all) > 1 && all[1].cost < weakMargin {
				weak++
			}
			all = all[:1]
		}
		options[i] = all
	}
	for _, s := range []span{l.issuer, l.nation} {
		code, off := like.state(s)
		if off > misfit {
			return nil, 0, false
		}
		for i := range 3 {
			options[s.from+i] = []option{{code[i], 0}}
		}
	}
	return options, weak, true
}

// inert reports whether no check digit covers the place.
func (p place) inert() bool { return p.field == 0 && p.all == 0 && !p.digit && !p.last }

// ranked lists the characters that a place takes, the likeliest first, each at
// the cost of being less like than that one; off is how much less like that one
// is than the best of the whole alphabet.
func (like likenesses) ranked(i int, takes func(byte) bool) (all []option, off float64) {
	for c, v := range like[i] {
		if takes(alphabet[c]) {
			all = append(all, option{alphabet[c], -float64(v)})
		}
	}
	slices.SortFunc(all, func(a, b option) int { return cmp.Compare(a.cost, b.cost) })
	top := -all[0].cost
	keep := 0
	for k := range all {
		all[k].cost += top
		if k < mostOptions && all[k].cost <= spread {
			keep++
		}
	}
	return all[:keep], float64(slices.Max(like[i][:])) - top
}

// state returns the code of a state that three places are most like, and how
// much less like they are than what they are most like, on the average.
func (like likenesses) state(s span) (code string, cost float64) {
	cost = math.Inf(1)
	for candidate := range strings.FieldsSeq(states) {
		sum := 0.0
		for i := range 3 {
			row := like[s.from+i]
			sum += float64(slices.Max(row[:])-row[strings.IndexByte(alphabet, candidate[i])]) / 3
		}
		if sum < cost {
			code, cost = candidate, sum
		}
	}
	return code, cost
}

// plain spells what each place is most like, whatever it should hold: a person
// compares it with the page.
func (like likenesses) plain() string {
	var b strings.Builder
	for _, row := range like {
		c := 0
		for k, v := range row {
			if v > row[c] {
				c = k
			}
		}
		b.WriteByte(alphabet[c])
	}
	return b.String()
}

// differences counts the places where the check digits overruled the likeness.
func differences(text string, options [][]option) int {
	n := 0
	for i, o := range options {
		if text[i] != o[0].ch {
			n++
		}
	}
	return n
}

// mean is the mean likeness of a result's characters.
func (like likenesses) mean(r Result) float64 {
	text := strings.Join(r.Lines, "")
	sum := 0.0
	for i := range len(text) {
		sum += float64(like[i][strings.IndexByte(alphabet, text[i])])
	}
	return sum / float64(len(text))
}
