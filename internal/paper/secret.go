package paper

import "log/slog"

// String shows the id only.
func (l Letter) String() string { return "letter " + l.ID }

// GoString shows the id only.
func (l Letter) GoString() string { return l.String() }

// LogValue shows the id only.
func (l Letter) LogValue() slog.Value { return slog.GroupValue(slog.String("id", l.ID)) }

// String shows the id only.
func (e Envelope) String() string { return "envelope " + e.ID }

// GoString shows the id only.
func (e Envelope) GoString() string { return e.String() }

// LogValue shows the id only.
func (e Envelope) LogValue() slog.Value { return slog.GroupValue(slog.String("id", e.ID)) }
