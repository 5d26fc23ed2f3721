package dossier

import "slices"

// FindingCode names one thing that a machine noticed (C8). A problem shown to
// a sender carries the code of its finding.
type FindingCode string

// The findings. None of them approves or rejects an identity by itself (C8).
const (
	FileTooLarge       FindingCode = "file.too_large"
	FileEmpty          FindingCode = "file.empty"
	FileType           FindingCode = "file.type"
	FileTruncated      FindingCode = "file.truncated"
	FileEncrypted      FindingCode = "file.encrypted"
	FileUnreadable     FindingCode = "file.unreadable"
	FilePassedOver     FindingCode = "file.passed_over" // it came beside documents by mail, and is of no kind that is read
	FileSigned         FindingCode = "file.signed"      // must not be rewritten
	PDFInvalid         FindingCode = "pdf.invalid"
	PDFActiveContent   FindingCode = "pdf.active_content"
	PDFEmbeddedFile    FindingCode = "pdf.embedded_file"
	PagesNone          FindingCode = "pages.none"
	PagesTooMany       FindingCode = "pages.too_many"
	PagesTooLarge      FindingCode = "pages.too_large"
	PageBlank          FindingCode = "page.blank"
	PageDark           FindingCode = "page.dark"
	PageBlurred        FindingCode = "page.blurred"
	PageLowResolution  FindingCode = "page.low_resolution"
	PageUpsideDown     FindingCode = "page.upside_down"
	PageDamaged        FindingCode = "page.damaged"
	PageCut            FindingCode = "page.cut"
	PageTooHeavy       FindingCode = "page.too_heavy" // no way to make it small enough and legible
	PageRepeated       FindingCode = "page.repeated"  // looks like one of the same dossier: see Repetition
	FormMissing        FindingCode = "form.missing"
	FormUnsigned       FindingCode = "form.unsigned"
	FormOldVersion     FindingCode = "form.old_version"
	TokenMissing       FindingCode = "code.missing"
	TokenUnreadable    FindingCode = "code.unreadable" //nolint:gosec // the name of a finding, no secret
	TokenUsed          FindingCode = "code.used"
	TokenOtherHolder   FindingCode = "code.other_holder"
	IDMissing          FindingCode = "id.missing"
	IDNotSeen          FindingCode = "id.not_seen" // nothing but our form is seen, by its code or layout: a person judges
	IDExpired          FindingCode = "id.expired"
	IDMismatch         FindingCode = "id.mismatch"
	IDReused           FindingCode = "id.reused"
	CodiceFiscaleBad   FindingCode = "cf.invalid"
	CodiceFiscaleOther FindingCode = "cf.mismatch"
	InfectedFile       FindingCode = "av.infected"
	MachineGaveUp      FindingCode = "machine.gave_up"
)

// Severity weighs a finding.
type Severity string

// The severities. Any block makes a file unusable or quarantines it.
const (
	SeverityBlock Severity = "block"
	SeverityWarn  Severity = "warn"
	SeverityInfo  Severity = "info"
)

// Finding is one thing a machine noticed about a file or one of its pages.
type Finding struct {
	Code     FindingCode `json:"code"`
	Severity Severity    `json:"severity"`
	// Page is 1-based; 0 means the whole file.
	Page int `json:"page"`
	// Detail is technical, at most a few words, and never personal.
	Detail string `json:"detail"`
}

// Verdict is what the findings of a file add up to.
type Verdict string

// The verdicts.
const (
	Accepted    Verdict = "accepted"
	Quarantined Verdict = "quarantined"
	Rejected    Verdict = "rejected"
)

// quarantining findings block, but a person may look at the pages as pixels.
var quarantining = []FindingCode{PDFActiveContent, PDFEmbeddedFile, MachineGaveUp}

// MorePages reports whether the findings say that whoever sent the pages can mend it by
// sending others: some did not come, or are not there.
func MorePages(findings []Finding) bool {
	return slices.ContainsFunc(findings, func(f Finding) bool {
		switch f.Code { //nolint:exhaustive // the others are not of pages that lack
		case FileTruncated, FormMissing, IDMissing, IDNotSeen:
			return true
		}
		return false
	})
}

// Judge adds up findings: any blocking one rejects, unless every blocking one
// only quarantines (DESIGN, section 4). The code is that of the finding that
// decided, empty when accepted.
func Judge(findings []Finding) (Verdict, FindingCode) {
	verdict, code := Accepted, FindingCode("")
	for _, f := range findings {
		if f.Severity != SeverityBlock {
			continue
		}
		if !slices.Contains(quarantining, f.Code) {
			return Rejected, f.Code
		}
		if verdict == Accepted {
			verdict, code = Quarantined, f.Code
		}
	}
	return verdict, code
}
