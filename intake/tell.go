package intake

import (
	"slices"
	"strings"

	"dispositivo/dossier"
)

// Tellable returns the findings that whoever sent something may be told, each once:
// those that tell of the pages alone. What they say of a person, or of a code, is for
// the holder's registered contacts.
func Tellable(all []dossier.Finding) []dossier.Finding {
	var told []dossier.Finding
	for _, f := range all {
		if f.Severity == dossier.SeverityInfo || !ofPages(f.Code) {
			continue
		}
		if !slices.ContainsFunc(told, func(t dossier.Finding) bool { return t.Code == f.Code && t.Page == f.Page }) {
			told = append(told, f)
		}
	}
	return told
}

func ofPages(code dossier.FindingCode) bool {
	switch code { //nolint:exhaustive // the others go by their group
	case dossier.FormMissing, dossier.FormUnsigned, dossier.IDMissing, dossier.IDNotSeen, dossier.TokenMissing:
		return true
	}
	group, _, _ := strings.Cut(string(code), ".")
	return slices.Contains([]string{"file", "pdf", "pages", "page"}, group)
}

// Next names what whoever sent a submission does next, for the texts: its state, with
// ".more" where the pages that lack can be sent to be read beside these.
func Next(state dossier.SubmissionState, findings []dossier.Finding) string {
	if (state == dossier.SubmissionJoined || state == dossier.SubmissionUnmatched) && dossier.MorePages(findings) {
		return string(state) + ".more"
	}
	return string(state)
}
