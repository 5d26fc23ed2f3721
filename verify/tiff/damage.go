package tiff

import (
	"cmp"
	"slices"
)

// maxRanges bounds the ranges of damaged rows that are reported of a page.
const maxRanges = 100

// union puts ranges in order and joins those that touch.
func union(ranges []Range) []Range {
	slices.SortFunc(ranges, func(a, b Range) int { return cmp.Compare(a.From, b.From) })
	return join(ranges, 0)
}

// join joins ranges in order that are at most gap rows apart, in place.
func join(ranges []Range, gap int) []Range {
	out := ranges[:0]
	for _, r := range ranges {
		if last := len(out) - 1; last >= 0 && r.From <= out[last].To+gap {
			out[last].To = max(out[last].To, r.To)
			continue
		}
		out = append(out, r)
	}
	return out
}

// condense joins ranges in order until at most maxRanges are left: a few rows
// are then called damaged that are not.
func condense(ranges []Range) []Range {
	for gap := 1; len(ranges) > maxRanges; gap *= 2 {
		ranges = join(ranges, gap)
	}
	return ranges
}

// count adds up rows.
func count(ranges []Range) int {
	n := 0
	for _, r := range ranges {
		n += r.To - r.From
	}
	return n
}
