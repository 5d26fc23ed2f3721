package dossier

import (
	"fmt"
	"strings"
)

// Repetition is what a finding PageRepeated tells: which page came before, and
// whether every pixel is the same. Nothing follows from it: a page with another tick
// looks the same, so a person compares them (C9, C8).
type Repetition struct {
	Protocol Protocol
	Page     int
	Same     bool
}

const (
	repetitionSame = "same as page %d of %s"
	repetitionLike = "like page %d of %s"
)

// Finding returns the finding for a page. It has a number of the register and a page
// alone, nothing personal.
func (r Repetition) Finding(page int) Finding {
	how := repetitionLike
	if r.Same {
		how = repetitionSame
	}
	return Finding{Code: PageRepeated, Severity: SeverityInfo, Page: page, Detail: fmt.Sprintf(how, r.Page, r.Protocol)}
}

// Repetition reads what Repetition.Finding wrote; false for any other finding.
func (f Finding) Repetition() (Repetition, bool) {
	var r Repetition
	if f.Code != PageRepeated {
		return r, false
	}
	how, number := repetitionLike, ""
	if r.Same = strings.HasPrefix(f.Detail, "same"); r.Same {
		how = repetitionSame
	}
	if _, err := fmt.Sscanf(f.Detail, how, &r.Page, &number); err != nil {
		return Repetition{}, false
	}
	var err error
	r.Protocol, err = ParseProtocol(number)
	return r, err == nil
}

// ForHolder returns the findings that a holder is shown: not those that only help a
// reviewer to compare pages and would make a holder think of a mistake.
func ForHolder(all []Finding) []Finding {
	var shown []Finding
	for _, f := range all {
		if f.Code != PageRepeated {
			shown = append(shown, f)
		}
	}
	return shown
}
