package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"dispositivo/internal/demo"
)

// silentLog proves promise 4: after all of this the log names nobody, and holds
// nothing that opens anything. What the demonstration prints at its start, its
// invented credentials, is no log.
func silentLog(t *testing.T, s *server) {
	greeting, code := command(t, "demo", "credentials")
	if code != 0 {
		t.Fatalf("demo credentials: exit %d", code)
	}
	var secrets []string
	for n := range 4 {
		secrets = append(secrets, fmt.Sprint(applicant(t, n)["codice_fiscale"]), applicantStreet, applicantEmail(n))
	}
	for _, c := range demo.Citizens() {
		secrets = append(secrets, c.CodiceFiscale.String(), c.PIN, c.Surname, c.Email, c.Mobile, c.Address.Street)
	}
	for _, o := range demo.Operators() {
		secrets = append(secrets, o.Password)
	}
	secrets = append(secrets, "47.3769", "8.5417") // where somebody was
	box := s.messageBox()
	codes := statusCode.FindAllStringSubmatch(box, -1)
	if len(codes) == 0 {
		t.Fatal("no status code in the message box")
	}
	for _, m := range codes {
		secrets = append(secrets, m[1])
	}
	lines := 0
	for line := range strings.Lines(s.log.String()) {
		if strings.Contains(greeting, strings.TrimSpace(line)) {
			continue
		}
		lines++
		for _, secret := range secrets {
			if strings.Contains(line, secret) {
				t.Errorf("the log holds %q: %s", secret, line)
			}
		}
		if tokens.MatchString(line) {
			t.Errorf("the log may hold a token: %s", line)
		}
	}
	if lines < 20 {
		t.Errorf("only %d lines of log to look at", lines)
	}
}

// tokens is what a session's token looks like: 256 bits in base64.
var tokens = regexp.MustCompile(`(?:^|[^A-Za-z0-9_-])[A-Za-z0-9_-]{43}(?:$|[^A-Za-z0-9_-])`)
