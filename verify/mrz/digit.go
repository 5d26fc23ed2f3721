package mrz

// weight is the factor of the n-th character under a check digit (9303-3, 4.9).
func weight(n int) int { return [3]int{7, 3, 1}[n%3] }

// value is what a character counts: digits as they are, letters from 10,
// anything else 0.
func value(ch byte) int {
	switch {
	case ch >= '0' && ch <= '9':
		return int(ch - '0')
	case ch >= 'A' && ch <= 'Z':
		return int(ch-'A') + 10
	default:
		return 0
	}
}

// holds reports whether the digit is the one its stretches ask for.
func (k check) holds(text string) bool {
	sum, n, blank := 0, 0, true
	for _, s := range k.over {
		for i := s.from; i < s.to; i++ {
			sum += weight(n) * value(text[i])
			blank = blank && text[i] == filler
			n++
		}
	}
	if text[k.at] == filler {
		return k.blank && blank
	}
	return text[k.at] == byte('0'+sum%10)
}
