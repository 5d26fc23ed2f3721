package fax

import (
	"encoding/json"
	"fmt"

	"dispositivo/internal/spool"
)

// Sidecar is what a gateway may say of a fax in NAME.json beside it; every field
// may be left out.
type Sidecar struct {
	// ID is the gateway's own name of the fax, up to 200 printable characters.
	ID string `json:"id"`
	// From is the caller's number, CSID what the machine calls itself.
	From string `json:"from"`
	CSID string `json:"csid"`
	// Pages is how many pages were announced, Incomplete says that some are missing.
	Pages      int    `json:"pages"`
	Incomplete bool   `json:"incomplete"`
	Error      string `json:"error"`
}

// ParseSidecar reads a sidecar. Unknown fields are passed over.
func ParseSidecar(data []byte) (Sidecar, error) {
	var s Sidecar
	if len(data) > spool.MaxSidecar {
		return s, invalid("sidecar of %d bytes", len(data))
	}
	if err := json.Unmarshal(data, &s); err != nil {
		return Sidecar{}, fmt.Errorf("read sidecar: %w", err)
	}
	if s.ID != "" && !validID(s.ID) {
		return Sidecar{}, invalid("id is not printable")
	}
	if s.From == "" {
		s.From = s.CSID
	}
	return s, nil
}
