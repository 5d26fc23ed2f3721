package verify

import (
	_ "embed"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"sync"

	"dispositivo/dossier"
	"dispositivo/internal/paper"
	"dispositivo/internal/sandbox"
	"dispositivo/internal/token"
	"dispositivo/verify/identity"
)

// leaf is one page and what tells whether it is our form.
type leaf struct {
	file dossier.File
	n    int
	// sheet says that the page is our form for certain: born digital, with the
	// marker in its text. Anybody can write such a line; it lets a machine ask for
	// what is missing, never more.
	sheet   bool
	version string // of the form, as its marker says
	// tokenIDs are of tokens on the page: in the marker, or in a code whose MAC is
	// ours.
	tokenIDs []string
	bars     []string // what codes of bars say
	codes    []string // codici fiscali in the page's text
	look     identity.Look
	looked   bool   // look is known
	pixels   []byte // keyed hash of the page's pixels; nil when it was not drawn
}

// readLeaf takes what a drawn page says.
func (s *Screener) readLeaf(f dossier.File, r sandbox.Rendered) leaf {
	l := leaf{file: f, n: r.N, codes: codesIn(r.Text), pixels: s.pixelsOf(r.Pixels)}
	if m, ok := paper.ReadMarker(r.Text); ok {
		l.sheet, l.version = true, m.Version
		if m.ID != "" {
			l.tokenIDs = append(l.tokenIDs, m.ID)
		}
	}
	if look, err := identity.ParseLook(r.Look); err == nil {
		l.look, l.looked = look, true
	}
	return l
}

// complete adds the codes of the report to the pages that were drawn, and the
// pages that could not be.
func (s *Screener) complete(f dossier.File, report sandbox.Report, drawn map[int]leaf) []leaf {
	var all []leaf
	for _, p := range report.Pages {
		l, ok := drawn[p.N]
		if !ok {
			l = leaf{file: f, n: p.N}
		}
		for _, symbol := range report.Symbols {
			if symbol.Page != p.N {
				continue
			}
			if tok, err := token.Parse(symbol.Text, s.tokenKey); err == nil {
				l.tokenIDs = append(l.tokenIDs, tok.ID)
			} else if symbol.Kind != "qr" {
				l.bars = append(l.bars, symbol.Text)
			}
		}
		all = append(all, l)
	}
	return all
}

// isForm reports whether the page is our form by marker, code or layout.
func (l leaf) isForm() bool {
	return l.sheet || len(l.tokenIDs) > 0 || l.looked && looksLikeForm(l.look.Outline())
}

// compareForms says what the pages prove of the form: that it is another dossier's or
// an earlier edition, or that it, or its code, is not there. came says that it came
// before.
func compareForms(leaves []leaf, tokenID string, came bool) []dossier.Finding {
	var found []dossier.Finding
	add := func(code dossier.FindingCode, severity dossier.Severity, page int) {
		found = append(found, dossier.Finding{Code: code, Severity: severity, Page: page})
	}
	form, coded := 0, false
	for _, l := range leaves {
		if l.isForm() && form == 0 {
			form = l.n
		}
		coded = coded || l.sheet || len(l.tokenIDs) > 0
		if slices.ContainsFunc(l.tokenIDs, func(id string) bool { return id != tokenID }) {
			add(dossier.TokenOtherHolder, dossier.SeverityWarn, l.n)
		}
		if older(l.version) {
			add(dossier.FormOldVersion, dossier.SeverityWarn, l.n)
		}
	}
	switch {
	case len(leaves) == 0 || coded:
	case form > 0:
		add(dossier.TokenUnreadable, dossier.SeverityInfo, form)
	default:
		add(dossier.TokenMissing, dossier.SeverityInfo, 0)
		if !came {
			add(dossier.FormMissing, dossier.SeverityWarn, 0)
		}
	}
	return found
}

// compareID says that no identity document is on the pages: for certain where each is
// our form as a program drew it, so that a machine may ask for it, else as far as a
// machine sees. A card that was copied onto a form leaves it our form by code and
// layout (a form with a card on it has the outline of a faxed one), so that only a
// person may say of paper that it is alone. came says that a document came before.
func compareID(leaves []leaf, zones []dossier.Zone, came bool) []dossier.Finding {
	other := func(l leaf) bool { return !l.isForm() || len(l.bars) > 0 }
	if came || len(leaves) == 0 || len(zones) > 0 || slices.ContainsFunc(leaves, other) {
		return nil
	}
	code := dossier.IDMissing
	if slices.ContainsFunc(leaves, func(l leaf) bool { return !l.sheet }) {
		code = dossier.IDNotSeen
	}
	return []dossier.Finding{{Code: code, Severity: dossier.SeverityWarn}}
}

// older reports whether a marker's version, such as CP-1, is before the present
// one; "" is not known.
func older(version string) bool {
	number := func(v string) (int, error) { return strconv.Atoi(strings.TrimPrefix(v, "CP-")) }
	theirs, err := number(version)
	if err != nil {
		return false
	}
	ours, err := number(paper.FormVersion)
	return err == nil && theirs < ours
}

// formCame reports whether another submission of the dossier brought the form.
func formCame(d dossier.Dossier, sub dossier.Submission) bool {
	return cameWithout(d, sub, dossier.FormMissing)
}

// idCame reports whether another submission of the dossier brought more than the form.
func idCame(d dossier.Dossier, sub dossier.Submission) bool {
	return cameWithout(d, sub, dossier.IDMissing, dossier.IDNotSeen)
}

// cameWithout reports whether another submission of the dossier was read, and none of
// the findings with these codes made.
func cameWithout(d dossier.Dossier, sub dossier.Submission, codes ...dossier.FindingCode) bool {
	lacks := func(f dossier.Finding) bool { return slices.Contains(codes, f.Code) }
	return slices.ContainsFunc(d.Submissions, func(o dossier.Submission) bool {
		read := o.State == dossier.SubmissionJoined || o.State == dossier.SubmissionQuarantined
		return o.ID != sub.ID && read && !slices.ContainsFunc(o.Findings, lacks)
	})
}

// formLikeness is from when the outline of a page is that of our form. Measured
// by TestFormByItsLook: forms filled in, signed and faxed lie above, passports
// and letters far below.
const formLikeness = 0.80

// formOutlines has two lines for each edition of the form and language, filled in
// and blank: version, language, outline. TestFormByItsLook -update adds the present one.
//
//go:embed forms.txt
var formOutlines string

// ownForms are the outlines of our forms.
var ownForms = sync.OnceValue(func() []identity.Outline {
	var known []identity.Outline
	for line := range strings.Lines(formOutlines) {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			continue
		}
		if raw, err := base64.StdEncoding.DecodeString(fields[2]); err == nil && len(raw) == len(identity.Outline{}) {
			known = append(known, identity.Outline(raw))
		}
	}
	return known
})

// looksLikeForm reports whether a page is laid out as our form is, whatever
// became of its codes.
func looksLikeForm(outline identity.Outline) bool {
	for _, form := range ownForms() {
		if form.Likeness(&outline) >= formLikeness {
			return true
		}
	}
	return false
}
