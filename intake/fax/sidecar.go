package fax

import "dispositivo/internal/spool"

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

// ParseSidecar reads a sidecar; what is wrong with one field costs no other.
func ParseSidecar(data []byte) (Sidecar, spool.SidecarFaults) {
	var s Sidecar
	var pages *int
	faults := spool.ReadSidecar(data, map[string]any{
		"id": &s.ID, "from": &s.From, "csid": &s.CSID, "pages": &pages, "incomplete": &s.Incomplete, "error": &s.Error,
	})
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
