package sandbox

import (
	"fmt"
	"os"

	"github.com/landlock-lsm/go-landlock/landlock"
	"golang.org/x/sys/unix"
)

// confine takes from this process what reading a document does not need. What
// the kernel does not offer (Landlock) is left out; what it must offer and
// refuses is an error.
func confine(h hello, folder string) (ready, error) {
	limits := []struct {
		resource int
		value    int64
	}{
		{unix.RLIMIT_AS, h.Limits.Address},
		{unix.RLIMIT_NOFILE, 64},
		{unix.RLIMIT_FSIZE, 64 << 20}, // the compiled engine takes 18 MB
		{unix.RLIMIT_CORE, 0},         // a core would hold the document
	}
	for _, l := range limits {
		if l.value < 0 {
			continue
		}
		value := uint64(l.value)
		if err := unix.Setrlimit(l.resource, &unix.Rlimit{Cur: value, Max: value}); err != nil {
			return ready{}, fmt.Errorf("set resource limit %d: %w", l.resource, err)
		}
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return ready{}, fmt.Errorf("set no_new_privs: %w", err)
	}
	rules := []landlock.Rule{landlock.RWDirs(folder), landlock.ROFiles("/dev/null", "/dev/urandom").IgnoreIfMissing()}
	switch {
	case h.CacheDir == "":
	case h.Compile:
		rules = append(rules, landlock.RWDirs(h.CacheDir))
	default:
		rules = append(rules, landlock.RODirs(h.CacheDir).IgnoreIfMissing())
	}
	// Nothing may be reached over TCP or UDP either, no signal and no socket of
	// others: V10 handles all of these and names no exception.
	if err := landlock.V10.BestEffort().Restrict(rules...); err != nil {
		return ready{}, fmt.Errorf("landlock: %w", err)
	}
	_, err := os.ReadDir("/")
	return ready{Landlock: err != nil}, nil
}
