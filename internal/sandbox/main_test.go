package sandbox

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain is also the main of the children: the pool starts this test binary.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "sandbox-child" {
		os.Exit(ChildMain(os.Stdin, os.Stdout))
	}
	if len(os.Args) > 2 && os.Args[1] == "sandbox-misbehave" {
		os.Exit(misbehave(os.Args[2]))
	}
	if len(os.Args) > 1 && os.Args[1] == "sandbox-server" {
		os.Exit(serverToKill())
	}
	goleak.VerifyTestMain(m)
}
