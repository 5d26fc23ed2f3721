package conversion

import (
	"time"

	"dispositivo/dossier"
)

// Form is a filled-in conversion form, ready to print (C1).
type Form struct {
	PDF       []byte
	Filename  string
	DossierID string
	// Code is the readable form of the token on the page.
	Code string
}

// Status is a dossier as its holder sees it (C13).
type Status struct {
	ID    string
	State dossier.State
	// Lacks says that a person has the pages, and the newest of them want others
	// beside them.
	Lacks bool
	// Protocol is that of the newest submission; "" before the first.
	Protocol  string
	OpenedAt  time.Time
	ChangedAt time.Time
	// DueAt is when the holder's or reviewer's time is over; zero: no limit.
	DueAt time.Time
	// Reason is why it was rejected or more is asked for; "" when neither.
	Reason dossier.Reason
	// Missing lists what the machine is certain is missing.
	Missing     []dossier.FindingCode
	Submissions []SubmissionStatus
	CanUpload   bool
	CanWithdraw bool
}

// SubmissionStatus is one submission as its holder sees it.
type SubmissionStatus struct {
	Protocol   string
	Channel    dossier.Channel
	State      dossier.SubmissionState
	ReceivedAt time.Time
	Pages      int
	Findings   []dossier.Finding
}
