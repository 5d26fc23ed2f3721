package mrz

import (
	"cmp"
	"slices"
)

// option is one reading of a character; the first one of a place costs least.
type option struct {
	ch   byte
	cost float64
}

// reading is a text that the check digits of a layout allow, and its cost.
type reading struct {
	text string
	cost float64
}

// node is one step of a path: the character chosen at a place.
type node struct {
	prev int32
	ch   byte
	cost float64
}

// remainders is the state of a path: of the sums of the field at hand and of the
// composite digit, and whether a field that may be blank is not.
type remainders struct {
	field, all int
	filled     bool
}

// perState is how many paths are kept for each state: the cheapest
// may end in an impossible date.
const perState = 12

// decode returns the texts that choose one option at each place, such that
// every check digit of the layout agrees, cheapest first, none dearer than
// budget. Sums are kept modulo 10, so this is exact over all combinations
// without walking through them.
func (l layout) decode(options [][]option, budget float64) []reading {
	plan := l.plan()
	nodes := []node{{prev: -1}}
	states := map[remainders][]int32{{}: {0}}
	for i, class := range l.classes() {
		next := map[remainders][]int32{}
		for state, paths := range states {
			for _, o := range options[i] {
				if !class.takes(o.ch, l) {
					continue
				}
				after, ok := plan[i].step(state, o.ch)
				if !ok {
					continue
				}
				for _, p := range paths {
					if cost := nodes[p].cost + o.cost; cost <= budget {
						nodes = append(nodes, node{p, o.ch, cost})
						next[after] = append(next[after], int32(len(nodes)-1)) //nolint:gosec // the nodes are few
					}
				}
			}
		}
		for state, paths := range next {
			slices.SortFunc(paths, func(a, b int32) int { return cmp.Compare(nodes[a].cost, nodes[b].cost) })
			next[state] = paths[:min(len(paths), perState)]
		}
		states = next
	}
	return l.readings(nodes, states)
}

// readings spells the paths that reached the end.
func (l layout) readings(nodes []node, states map[remainders][]int32) []reading {
	var all []reading
	for _, paths := range states {
		for _, p := range paths {
			text := make([]byte, l.size())
			for i, at := l.size()-1, p; i >= 0; i, at = i-1, nodes[at].prev {
				text[i] = nodes[at].ch
			}
			all = append(all, reading{string(text), nodes[p].cost})
		}
	}
	slices.SortFunc(all, func(a, b reading) int {
		return cmp.Or(cmp.Compare(a.cost, b.cost), cmp.Compare(a.text, b.text))
	})
	return all
}

// place says what a character does to the remainders.
type place struct {
	field, all int  // weights in the field's sum and in the composite sum
	digit      bool // closes a field
	blank      bool // belongs to a field that may be blank, its digit too
	last       bool // is the composite digit
}

// plan returns what each place does. Every digit but the composite one stands
// right after its field, or after the filler of an overflowing number, so one
// running remainder serves all fields.
func (l layout) plan() []place {
	p := make([]place, l.size())
	for _, k := range l.checks {
		n := 0
		for _, s := range k.over {
			for i := s.from; i < s.to; i, n = i+1, n+1 {
				if k.fault == FaultComposite {
					p[i].all = weight(n)
				} else {
					p[i].field, p[i].blank = weight(n), k.blank
				}
			}
		}
		p[k.at].digit, p[k.at].last, p[k.at].blank = k.fault != FaultComposite, k.fault == FaultComposite, k.blank
	}
	return p
}

// step returns the state after a character; false if a digit disagrees.
func (p place) step(r remainders, ch byte) (remainders, bool) {
	v := value(ch)
	switch {
	case p.last:
		return r, v == r.all
	case p.digit:
		if v != r.field || ch == filler && (!p.blank || r.filled) {
			return r, false
		}
		r.field, r.filled = 0, false
	default:
		r.field = (r.field + p.field*v) % 10
		r.filled = r.filled || p.blank && ch != filler
	}
	r.all = (r.all + p.all*v) % 10
	return r, true
}
