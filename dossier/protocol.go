package dossier

import (
	"fmt"
	"strconv"
	"strings"
)

// String writes the number as the register does: year, slash, at least seven
// digits (DPR 445/2000 art. 57).
func (p Protocol) String() string {
	if p.Number == 0 {
		return ""
	}
	return fmt.Sprintf("%04d/%07d", p.Year, p.Number)
}

// ParseProtocol reads what String wrote, also with a dash or a dot for the slash and
// without leading zeros, as people type it.
func ParseProtocol(s string) (Protocol, error) {
	year, number, ok := strings.Cut(strings.NewReplacer("-", "/", ".", "/", " ", "").Replace(s), "/")
	y, errYear := strconv.Atoi(year)
	n, errNumber := strconv.ParseInt(number, 10, 64)
	if !ok || errYear != nil || errNumber != nil || y < 2000 || y > 9999 || n < 1 {
		return Protocol{}, Problem(CodeRequestInvalid)
	}
	return Protocol{Year: y, Number: n}, nil
}
