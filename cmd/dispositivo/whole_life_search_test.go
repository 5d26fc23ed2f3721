package main

import (
	"fmt"
	"html"
	"io"
	"net"
	"regexp"
	"strings"
	"testing"

	"dispositivo/internal/testkit"
	"dispositivo/pin"
)

// harvest keeps every code and link of any message, whoever it was for. The
// demonstration's box has what was carried in memory alone (see box): it stands
// for the recipients' telephones, and is no place that is searched.
func (l *life) harvest() {
	l.t.Helper()
	page := html.UnescapeString(l.s.messageBox())
	before := len(l.secrets)
	for _, code := range codeInBox.FindAllString(page, -1) {
		l.keep(code)
	}
	for _, link := range linkIn.FindAllStringSubmatch(page, -1) {
		l.keep(link[1])
	}
	l.t.Logf("%d secrets met, %d more in the box", before, len(l.secrets)-before)
}

var codeInBox = regexp.MustCompile(`\b[` + pin.Alphabet + `]{4} [` + pin.Alphabet + `]{4}\b`)

// inEveryWriting is what was met as it is, grouped as people write it, and as an
// address would have that. Case does not matter to who searches.
func (l *life) inEveryWriting() []string {
	var all []string
	for _, secret := range l.secrets {
		all = append(all, secret)
		for _, gap := range []string{" ", "-", "+", "%20"} {
			all = append(all, secret[:4]+gap+secret[4:8])
		}
	}
	return all
}

// listenTo hears every command that a Redis is given from now on.
func listenTo(t *testing.T, redis *testkit.RedisServer) *lockedBuffer {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", redis.Addr)
	if err != nil {
		t.Fatal(err)
	}
	told, ended := &lockedBuffer{}, make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(told, conn) // until it is closed
	}()
	t.Cleanup(func() { _ = conn.Close(); <-ended })
	if _, err := io.WriteString(conn, "MONITOR\r\n"); err != nil {
		t.Fatal(err)
	}
	if err := heard(told, "+OK"); err != nil {
		t.Fatal(err)
	}
	return told
}

func heard(told *lockedBuffer, what string) error {
	return testkit.WaitFor(patience, func() error {
		if !strings.Contains(told.String(), what) {
			return fmt.Errorf("the queue has not heard %s", what)
		}
		return nil
	})
}

// queueHeardNone searches all that the queue was ever told: more than a dump of
// it at the end, which has forgotten what is done.
func (l *life) queueHeardNone(redis *testkit.RedisServer, told *lockedBuffer) {
	l.t.Helper()
	const last = "FLUSHALL"
	if err := redis.FlushAll(); err != nil {
		l.t.Fatal(err)
	}
	if err := heard(told, last); err != nil {
		l.t.Fatal(err)
	}
	all := strings.ToUpper(told.String())
	if !strings.Contains(all, "ASYNQ") {
		l.t.Fatalf("nothing was ever queued: %.200s", all)
	}
	for _, secret := range l.inEveryWriting() {
		if strings.Contains(all, strings.ToUpper(secret)) {
			l.t.Errorf("the queue was told %q", secret)
		}
	}
}
