package dossier

import (
	"slices"
	"strings"
	"time"
)

// Subscription is a system outside that is told of state changes.
type Subscription struct {
	// Name tells it from others, for good: what waits for it bears the name.
	Name string
	// Types are what it is told of, such as dossier.converted; dossier.* and * stand for more.
	Types []string
}

// Wants reports whether the subscriber is told of a type.
func (s Subscription) Wants(typ string) bool {
	life, _, _ := strings.Cut(typ, ".")
	return slices.ContainsFunc(s.Types, func(t string) bool { return t == typ || t == life+".*" || t == "*" })
}

// NoticeTypes returns every type there is: dossier.STATE and submission.STATE.
func NoticeTypes() []string {
	var types []string
	for s := range dossierTable {
		types = append(types, NoticeOfDossier+"."+string(s))
	}
	for s := range submissionTable {
		types = append(types, NoticeOfSubmission+"."+string(s))
	}
	slices.Sort(types)
	return types
}

// The lives that notices tell of.
const (
	NoticeOfDossier    = "dossier"
	NoticeOfSubmission = "submission"
)

// NoticeBody is what a subscriber is told: ids, numbers of the register, a state and
// a time, never anything of a person (promise 4).
type NoticeBody struct {
	// ID stays the same however often the notice is delivered.
	ID string `json:"id"`
	// Type is life and state, such as dossier.converted.
	Type string `json:"type"`
	// Time is that of the transaction that changed the state.
	Time time.Time `json:"time"`
	// Dossier is the dossier's id; "" while a submission belongs to none.
	Dossier string `json:"dossier,omitempty"`
	// Protocols are the submission's number, or those of all of the dossier's.
	Protocols []string `json:"protocols"`
	State     string   `json:"state"`
	// Sequence rises with every change of this dossier or submission: what arrives
	// with a lower one than before is older news.
	Sequence int64 `json:"sequence"`
}

// Notice is one body on its way to one subscriber. It was written in the
// transaction of the change that it tells of.
type Notice struct {
	ID         string
	Subscriber string
	Type       string
	Body       []byte
	// Tries are those that failed since it was written, or since an operator had it
	// tried anew.
	Tries int
}

// EndNotice ends a notice: delivered, or given up because of a problem, which is
// never personal and holds no address.
type EndNotice struct {
	ID      string
	Problem string // "": delivered
}

func (EndNotice) effect() {}

// LostNotices counts what a subscriber was not told.
type LostNotices struct {
	Subscriber string
	Count      int
	// Since is when the oldest of it happened.
	Since time.Time
	// Problem is that of one of them.
	Problem string
}
