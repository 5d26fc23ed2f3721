package sandbox

import (
	"errors"
	"fmt"

	"dispositivo/dossier"
)

// Why tells why the machine gave up on a document.
type Why string

// The reasons to give up.
const (
	WhyTime     Why = "time"     // the time limit ran out
	WhyMemory   Why = "memory"   // the memory limit was reached
	WhyCrash    Why = "crash"    // the child ended by itself
	WhyProtocol Why = "protocol" // the child said something impossible
)

// ErrClosed is returned by a pool that was closed.
var ErrClosed = errors.New("sandbox: pool is closed")

// GaveUpError says that a document could not be read within its limits. It is
// final for that document: the caller records Finding and a person looks.
type GaveUpError struct {
	Why Why
	// Err is how the child ended: an exit status or a signal, never its output.
	Err error
}

// Error names the reason and how the child ended, for logs.
func (e *GaveUpError) Error() string {
	if e.Err == nil {
		return "sandbox gave up: " + string(e.Why)
	}
	return fmt.Sprintf("sandbox gave up: %s: %v", e.Why, e.Err)
}

// Unwrap returns how the child ended.
func (e *GaveUpError) Unwrap() error { return e.Err }

// Finding is what the caller records: machine.gave_up, which quarantines.
func (e *GaveUpError) Finding() dossier.Finding {
	return dossier.Finding{
		Code:     dossier.MachineGaveUp,
		Severity: dossier.SeverityBlock,
		Detail:   string(e.Why),
	}
}

// GaveUp returns the first GaveUpError in err's chain and whether there is one.
func GaveUp(err error) (*GaveUpError, bool) {
	return errors.AsType[*GaveUpError](err)
}
