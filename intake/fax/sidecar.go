package fax

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"dispositivo/internal/spool"
)

// Sidecar is what a gateway may say of a fax in NAME.json beside it; every field
// may be left out.
type Sidecar struct {
	// ID is the gateway's own name of the fax, up to 200 printable characters.
	ID string `json:"id,omitempty"`
	// From is the caller's number, CSID what the machine calls itself.
	From string `json:"from,omitempty"`
	CSID string `json:"csid,omitempty"`
	// Pages is how many pages were announced, Incomplete says that some are missing.
	Pages      int    `json:"pages,omitempty"`
	Incomplete bool   `json:"incomplete,omitempty"`
	Error      string `json:"error,omitempty"`
}

// SidecarFaults are what a sidecar has that was passed over. It holds no value.
type SidecarFaults struct {
	// NoJSON says that it is no object of JSON: nothing of it counts.
	NoJSON bool
	// Wrong are the fields whose values are none, by their names.
	Wrong []string
	// Unknown counts fields of other names, which the gateway chose.
	Unknown int
}

// ParseSidecar reads a sidecar field by field: what is wrong with one costs no other.
func ParseSidecar(data []byte) (Sidecar, SidecarFaults) {
	var s Sidecar
	var faults SidecarFaults
	var fields map[string]json.RawMessage
	if len(data) > spool.MaxSidecar || json.Unmarshal(data, &fields) != nil {
		return s, SidecarFaults{NoJSON: true}
	}
	var pages *int
	into := map[string]any{
		"id": &s.ID, "from": &s.From, "csid": &s.CSID, "pages": &pages, "incomplete": &s.Incomplete, "error": &s.Error,
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		known := strings.ToLower(name)
		if into[known] == nil {
			faults.Unknown++
		} else if json.Unmarshal(fields[name], into[known]) != nil && !slices.Contains(faults.Wrong, known) {
			faults.Wrong = append(faults.Wrong, known)
		}
	}
	if s.ID != "" && !validID(s.ID) {
		s.ID, faults.Wrong = "", append(faults.Wrong, "id")
	}
	if pages != nil && (*pages < 0 || *pages > maxAnnounced) {
		pages, faults.Wrong = nil, append(faults.Wrong, "pages")
	}
	if pages != nil {
		s.Pages = *pages
	}
	if s.From == "" {
		s.From = s.CSID
	}
	return s, faults
}
