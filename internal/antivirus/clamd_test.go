package antivirus

import (
	"bytes"
	"errors"
	"io"
	"net"
	"regexp"
	"strings"
	"testing"

	"dispositivo/internal/clock"
	"dispositivo/internal/testkit"
)

func TestNewClamd(t *testing.T) {
	for addr, good := range map[string]bool{
		"unix:/run/clamav/clamd.ctl": true, "127.0.0.1:3310": true, "[::1]:3310": true,
		"": false, "unix:run/clamd.ctl": false, "/run/clamd.ctl": false, "localhost:3310": false,
		"192.0.2.7:3310": false, "clamd.example:3310": false, "127.0.0.1": false,
	} {
		if _, err := NewClamd(addr, clock.System()); err == nil != good {
			t.Errorf("%q: %v", addr, err)
		}
	}
}

func TestVerdict(t *testing.T) {
	for answer, want := range map[string]struct {
		threat string
		err    error
	}{
		"stream: OK\x00":                                {},
		"stream: Eicar-Test-Signature FOUND\x00":        {threat: "Eicar-Test-Signature"},
		"stream: Win.Test.EICAR_HDB-1(x:y) FOUND\n":     {threat: "Win.Test.EICAR_HDB-1"},
		"stream: \x1b[31m FOUND\x00":                    {threat: "unnamed"},
		"INSTREAM size limit exceeded. ERROR\x00":       {err: ErrRefused},
		"stream: Can't allocate memory ERROR\x00":       {err: ErrRefused},
		"stream: OK\x00stream: Eicar-Test FOUND\x00":    {threat: "unnamed"},
		"SSH-2.0-OpenSSH_9.2p1":                         {err: ErrRefused},
		"stream: " + strings.Repeat("a", 90) + " FOUND": {threat: strings.Repeat("a", 80)},
	} {
		threat, err := verdict([]byte(answer))
		if threat != want.threat || !errors.Is(err, want.err) {
			t.Errorf("%q: %q, %v", answer, threat, err)
		}
	}
}

// harmful is the EICAR test file, in two parts so that nobody's antivirus takes
// this source for it.
func harmful() []byte {
	return []byte(`X5O!P%@AP[4\PZX54(P^)7CC)7}$` + `EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*`)
}

// TestScan asks a real daemon.
func TestScan(t *testing.T) {
	t.Parallel()
	c, err := NewClamd(testkit.Clamd(t), clock.System())
	if err != nil {
		t.Fatal(err)
	}
	large := bytes.Repeat([]byte("%PDF-1.7 "), 100_000)
	for _, tt := range []struct {
		name, threat string
		data         []byte
		err          error
	}{
		{name: "nothing"},
		{name: "harmless", data: []byte("%PDF-1.7\n%%EOF\n")},
		{name: "many chunks", data: large},
		{name: "harmful", data: harmful(), threat: "Test.EICAR.UNOFFICIAL"},
		{name: "harmful at the end", data: append(bytes.Clone(large), harmful()...), threat: "Test.EICAR.UNOFFICIAL"},
		{name: "more than it takes", data: bytes.Repeat([]byte{0}, testkit.ClamdLimit+1), err: ErrRefused},
	} {
		threat, err := c.Scan(t.Context(), tt.data)
		if threat != tt.threat || !errors.Is(err, tt.err) {
			t.Errorf("%s: %q, %v", tt.name, threat, err)
		}
	}
}

// TestScanFails: no daemon and one that hangs up are passing faults.
func TestScanFails(t *testing.T) {
	t.Parallel()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		conn, err := l.Accept()
		if err == nil {
			_, _ = io.CopyN(io.Discard, conn, 4)
			_ = conn.Close()
		}
		_ = l.Close()
	}()
	c, err := NewClamd(l.Addr().String(), clock.System())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // it hangs up, then it is gone
		if threat, err := c.Scan(t.Context(), harmful()); err == nil || errors.Is(err, ErrRefused) || threat != "" {
			t.Errorf("%q, %v", threat, err)
		}
	}
}

// FuzzVerdict: whatever a daemon says, a name of a signature is short and plain.
func FuzzVerdict(f *testing.F) {
	for _, answer := range []string{"stream: OK\x00", "stream: Test.EICAR FOUND\x00", "INSTREAM size limit exceeded. ERROR\x00"} {
		f.Add([]byte(answer))
	}
	plain := regexp.MustCompile(`^[\w.+/-]{0,80}$`)
	f.Fuzz(func(t *testing.T, answer []byte) {
		if threat, err := verdict(answer); !plain.MatchString(threat) || threat != "" && err != nil {
			t.Errorf("%q, %v", threat, err)
		}
	})
}
