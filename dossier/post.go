package dossier

// Origin is what a post channel says beside the pages: hints, never identity
// (C9). It is kept sealed under the key of the submission's first file.
type Origin struct {
	// From is the sender as the channel names it: a fax number, an address.
	From string `json:"from,omitempty"`
	// Typed are texts beside the pages in which a person may have typed the code
	// of the form, such as the subject of a mail.
	Typed []string `json:"typed,omitempty"`
	// Pages is how many pages the channel was told of; 0: it was not.
	Pages int `json:"pages,omitempty"`
	// Incomplete says that the channel knows of pages that did not arrive.
	Incomplete bool `json:"incomplete,omitempty"`
	// PassedOver is how many files of kinds that are not read came beside the
	// documents of a mail.
	PassedOver int `json:"passed_over,omitempty"`
	// Class is what a mail is, such as "submission" or "pec_receipt", and MessageID
	// its own Message-ID; About is that of the message that a receipt tells of.
	Class     string `json:"class,omitempty"`
	MessageID string `json:"message_id,omitempty"`
	About     string `json:"about,omitempty"`
}

// Clues are what was read on the pages of one file that may name a holder. They
// propose candidates to an operator and never join anything (C9).
type Clues struct {
	CodiciFiscali []CodeClue `json:"codici_fiscali,omitempty"`
	// TokenIDs are form tokens that led to no dossier that takes pages, or to more
	// than one.
	TokenIDs []string `json:"token_ids,omitempty"`
}

// CodeClue is a codice fiscale and where it was read.
type CodeClue struct {
	Code string `json:"code"`
	Page int    `json:"page"`
	// Source is "bars" for a card's code of bars, "text" for the text of the page.
	Source string `json:"source"`
}

// Join makes a submission belong to a dossier, its holder and its files with it,
// and tells the holder that it came (C7, C12). It fails with CodeConflict when
// the submission belongs to another dossier already.
type Join struct{ SubmissionID, DossierID string }

func (Join) effect() {}

// Answer tells whoever sent a mail what became of it, once for each submission; the
// message belongs to no holder. An address that had AnswersAnHour in the hour before
// gets none, which is no error: the log says so.
type Answer struct {
	SubmissionID string
	Kind         MessageKind
	To           Contact
	Values       map[string]string
}

// AnswersAnHour is how many answers an address gets (DESIGN, section 5).
const AnswersAnHour = 3

func (Answer) effect() {}

// The answers to mails.
const (
	// MessageMailReceipt tells what came: number, pages, what is unreadable, next step (C7).
	MessageMailReceipt MessageKind = "mail_receipt"
	// MessageMailEmpty tells who sent a mail without documents how to send them.
	MessageMailEmpty MessageKind = "mail_empty"
	// MessageMailRefused tells who sent a mail why an operator refused it.
	MessageMailRefused MessageKind = "mail_refused"
)

// RefusalReason is why an operator refused a submission; it makes the sender's text, and
// says nothing of anybody.
type RefusalReason string

// The refusals.
const (
	RefusalUnreadable RefusalReason = "unreadable" // the pages cannot be read
	RefusalNoForm     RefusalReason = "no_form"    // no signed form is among them
	RefusalNoDossier  RefusalReason = "no_dossier" // nothing says which dossier they are for
	RefusalUnsafe     RefusalReason = "unsafe"     // the file holds what is not opened
	RefusalUnrelated  RefusalReason = "unrelated"  // they are about something else
	RefusalOther      RefusalReason = "other"
)

// RefusalReasons lists every one in the order an operator is offered them.
func RefusalReasons() []RefusalReason {
	return []RefusalReason{RefusalUnreadable, RefusalNoForm, RefusalNoDossier, RefusalUnsafe, RefusalUnrelated, RefusalOther}
}

// AnswerTo is the name among Values of the Message-ID that an Answer is to.
const AnswerTo = "in_reply_to"
