package codicefiscale

const (
	alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits   = "0123456789"
)

// oddValues holds the value of 0-9 or A-J in an odd position (counted from 1),
// then that of K-Z (DM 23/12/1976, table of the check character).
var oddValues = [26]int{
	1, 0, 5, 7, 9, 13, 15, 17, 19, 21,
	2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
}

// checkLetter returns the sixteenth character for the fifteen before it.
func checkLetter(first string) byte {
	sum := 0
	for i := range len(first) {
		v := int(first[i] - 'A')
		if isDigit(first[i]) {
			v = int(first[i] - '0')
		}
		if i%2 == 0 { // the first, third … position
			v = oddValues[v]
		}
		sum += v
	}
	return alphabet[sum%26]
}

// luhnDigit returns the eleventh digit of a provisional code or partita IVA
// for the ten before it.
func luhnDigit(first string) byte {
	sum := 0
	for i := range len(first) {
		d := int(first[i] - '0')
		if i%2 == 1 {
			d *= 2
			if d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return digits[(10-sum%10)%10]
}
