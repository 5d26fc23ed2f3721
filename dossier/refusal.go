package dossier

import "time"

// Refusal is one line of the ledger of what was refused at the door without a
// protocol number: no bytes are kept, only what lets a complaint be answered.
type Refusal struct {
	ID      string
	Channel Channel
	// Gateway is the name of the machine that handed it over, such as "hylafax"; ""
	// for what a person brought, and for lines of a time before it was kept.
	Gateway string
	Code    Code
	// Bytes is how many came; 0 when none did.
	Bytes     int64
	KeyedHash []byte
	// At is set by the store.
	At time.Time
}

// RefusalFilter narrows the ledger; zero fields do not.
type RefusalFilter struct {
	Channel Channel
	// Since is included.
	Since time.Time
	// Before is the ID of a line: those older than it. One that is not there has none.
	Before string
}

// Keys are those of the texts that say why it was refused and what can be done about
// it; has says which texts there are. Whoever uploads is told at once.
func (r Refusal) Keys(has func(key string) bool) (why, remedy string) {
	pick := func(kind string) string {
		if key := "ledger." + kind + "." + string(r.Code); has(key) {
			return key
		}
		return "ledger." + kind + ".other"
	}
	if r.Channel == ChannelUpload {
		return pick("why"), "ledger.do.upload"
	}
	return pick("why"), pick("do")
}
