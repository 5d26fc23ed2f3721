package testkit

import (
	"context"
	"encoding/hex"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// ClamdLimit is how many bytes [Clamd] scans at most.
const ClamdLimit = 2 << 20

// Clamd starts a real ClamAV daemon that knows the EICAR test file and nothing else,
// and returns its address. The signature's name is Test.EICAR.UNOFFICIAL.
func Clamd(t testing.TB) (addr string) {
	t.Helper()
	dir := openFolder(t)
	signature := hex.EncodeToString([]byte("EICAR-STANDARD-" + "ANTIVIRUS-TEST-FILE!"))
	make755(t, filepath.Join(dir, "signatures"))
	write(t, filepath.Join(dir, "signatures", "test.ndb"), "Test.EICAR:0:*:"+signature+"\n")
	socket := filepath.Join(dir, "socket")
	write(t, filepath.Join(dir, "clamd.conf"), fmt.Sprintf(`LocalSocket %[1]s
DatabaseDirectory %[2]s/signatures
TemporaryDirectory %[2]s
StreamMaxLength %[3]d
Foreground yes
`, socket, dir, ClamdLimit))
	end, err := run(exec.CommandContext(context.Background(), "clamd", "-c", filepath.Join(dir, "clamd.conf")), syscall.SIGTERM) //nolint:gosec // our own file
	if err != nil {
		t.Fatalf("ClamAV is needed (Debian: apt-get install clamav-daemon): %v", err)
	}
	t.Cleanup(end)
	err = WaitFor(30*time.Second, func() error {
		conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(context.Background(), "unix", socket)
		if err == nil {
			_ = conn.Close()
		}
		return err
	})
	if err != nil {
		t.Fatalf("ClamAV does not start: %v", err)
	}
	return "unix:" + socket
}
