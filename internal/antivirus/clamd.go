// Package antivirus asks a ClamAV daemon whether bytes are known to be harmful.
//
// It must not read what it sends, keep it, or say anything of it but the name of a
// signature: documents cross to the daemon in the clear, so it must not reach over a
// network either (DESIGN, section 4).
package antivirus

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"regexp"
	"strings"
	"time"

	"dispositivo/internal/clock"
)

// patience is how long one scan may take, connecting included.
const patience = 30 * time.Second

const (
	// chunk is how many bytes are sent at once.
	chunk = 64 << 10
	// longestAnswer is more than the daemon ever says.
	longestAnswer = 4096
)

// ErrRefused says that the daemon answered, but did not scan: the bytes are more than
// its StreamMaxLength, or it cannot read them. Trying again would not help.
var ErrRefused = errors.New("antivirus: the daemon would not scan")

// Clamd is a ClamAV daemon. It is safe for concurrent use.
type Clamd struct {
	network, addr string
	clock         clock.Clock
}

// NewClamd returns the daemon at addr: unix:/path/of/socket, or an IP address of
// loopback with a port. Any other place is an error: identity documents do not leave
// the machine unencrypted.
func NewClamd(addr string, clk clock.Clock) (*Clamd, error) {
	if path, ok := strings.CutPrefix(addr, "unix:"); ok && strings.HasPrefix(path, "/") {
		return &Clamd{network: "unix", addr: path, clock: clk}, nil
	}
	at, err := netip.ParseAddrPort(addr)
	if err != nil || !at.Addr().IsLoopback() {
		return nil, errors.New("antivirus: neither unix:/path nor a port of loopback such as 127.0.0.1:3310")
	}
	return &Clamd{network: "tcp", addr: addr, clock: clk}, nil
}

// Scan returns the name of the signature that the bytes match, "" when they match
// none. [ErrRefused] says that they were not scanned and never will be; every other
// error is a passing fault.
func (c *Clamd) Scan(ctx context.Context, data []byte) (threat string, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, c.network, c.addr)
	if err != nil {
		return "", fmt.Errorf("reach clamd: %w", err)
	}
	defer conn.Close() //nolint:errcheck // nothing is left to send
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(c.clock.Now()) })
	defer stop()
	// The daemon may have answered and closed before it read everything.
	sending := stream(conn, data)
	answer, err := io.ReadAll(io.LimitReader(conn, longestAnswer))
	if len(answer) == 0 {
		return "", fmt.Errorf("ask clamd: %w", errors.Join(sending, err, io.ErrUnexpectedEOF))
	}
	return verdict(answer)
}

// stream sends INSTREAM: chunks with their length before them, then one of none
// (clamd(8)).
func stream(w io.Writer, data []byte) error {
	var out bytes.Buffer
	out.WriteString("zINSTREAM\x00")
	for len(data) > 0 {
		n := min(chunk, len(data))
		out.Write(binary.BigEndian.AppendUint32(nil, uint32(n)))
		out.Write(data[:n])
		if _, err := w.Write(out.Bytes()); err != nil {
			return fmt.Errorf("send to clamd: %w", err)
		}
		out.Reset()
		data = data[n:]
	}
	out.Write(make([]byte, 4))
	if _, err := w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("send to clamd: %w", err)
	}
	return nil
}

// found is how a match is told; the rest of a name is dropped.
var found = regexp.MustCompile(`^stream: ([\w.+/-]{1,80})\S* FOUND$`)

func verdict(answer []byte) (threat string, err error) {
	text := string(bytes.TrimRight(answer, "\x00\n"))
	if text == "stream: OK" {
		return "", nil
	}
	if m := found.FindStringSubmatch(text); m != nil {
		return m[1], nil
	}
	if strings.HasSuffix(text, " FOUND") {
		return "unnamed", nil
	}
	return "", ErrRefused
}
