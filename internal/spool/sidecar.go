package spool

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"strings"
)

// MaxSidecar bounds what is read of a sidecar, in bytes; a larger one is not read.
const MaxSidecar = 64 << 10

// SidecarFaults are what a sidecar has that was passed over. It holds no value.
type SidecarFaults struct {
	// NoJSON says that it is no object of JSON, or over MaxSidecar: nothing of it counts.
	NoJSON bool
	// Wrong are the fields whose values are none, by their names.
	Wrong []string
	// Unknown counts fields of other names, which whoever writes them chose.
	Unknown int
}

// ReadSidecar reads a sidecar field by field into what the fields' names, in lower case,
// point to: what is wrong with one costs no other.
func ReadSidecar(data []byte, into map[string]any) SidecarFaults {
	var faults SidecarFaults
	var fields map[string]json.RawMessage
	if len(data) > MaxSidecar || json.Unmarshal(data, &fields) != nil {
		return SidecarFaults{NoJSON: true}
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		known := strings.ToLower(name)
		if into[known] == nil {
			faults.Unknown++
		} else if json.Unmarshal(fields[name], into[known]) != nil && !slices.Contains(faults.Wrong, known) {
			faults.Wrong = append(faults.Wrong, known)
		}
	}
	return faults
}

// Log writes down what was passed over, of a fax or whatever else what names.
func (f SidecarFaults) Log(ctx context.Context, logger *slog.Logger, what string) {
	of := slog.String("of", what)
	if f.NoJSON {
		logger.LogAttrs(ctx, slog.LevelWarn, "sidecar passed over: it is no object of JSON", of)
	}
	for _, field := range f.Wrong {
		logger.LogAttrs(ctx, slog.LevelWarn, "field of a sidecar passed over: its value is none", of, slog.String("field", field))
	}
	if f.Unknown > 0 { // whoever chose their names may have put anything into them
		logger.LogAttrs(ctx, slog.LevelInfo, "unknown fields of a sidecar passed over", of, slog.Int("fields", f.Unknown))
	}
}
