package pin_test

import (
	"testing"

	"dispositivo/pin"
)

// However people group a PIN, and whatever their telephone or the page they copied
// it from makes of that, it is the same PIN.
func TestNormalizeGroups(t *testing.T) {
	t.Parallel()
	for _, typed := range []string{
		"KR7WM4PX", " kr7w m4px\n", "KR7W-M4PX", "KR7W.M4PX", "KR7W–M4PX", "KR7W\tM4PX", "KR7W\u202fM4PX", "KR7W\u00a0M4PX", "KR7W_M4PX", "\u200eKR7WM4PX",
	} {
		if got := pin.Normalize(typed); got != "KR7WM4PX" {
			t.Errorf("%q: %q", typed, got)
		}
	}
	if got := pin.Normalize("OQ0ZSGBU"); got != "DDD2568V" {
		t.Errorf("look-alikes: %q", got)
	}
}
