package mail

import (
	"net/textproto"
	"strings"
)

// Class says what a message is.
type Class string

// The classes of a message.
const (
	Submission Class = "submission"
	// Envelope is a PEC envelope whose signature is good.
	Envelope Class = "pec"
	// Receipt tells of a PEC of ours; the mail it encloses is a copy of ours too.
	Receipt Class = "pec_receipt"
	// Anomaly is ordinary mail that a PEC box was handed: as untrusted as any.
	Anomaly Class = "pec_anomaly"
	// Unproved looks like a PEC envelope, and its signature is none: anyone can
	// write headers. It is ordinary mail.
	Unproved Class = "pec_unproved"
	// Bounce tells of a mail of ours that did not arrive, and encloses it.
	Bounce Class = "bounce"
	// Loop is our own mail that came back.
	Loop Class = "loop"
	// Automatic was sent by a machine: a scanner, or somebody's holiday.
	Automatic Class = "automatic"
	// List came over a mailing list.
	List Class = "list"
)

// Brings reports whether files in a message of this class can be documents.
func (c Class) Brings() bool { return c != Receipt && c != Bounce && c != Loop }

// Answerable reports whether a message of this class may be answered at all; who
// has a right to an answer is another question. Two machines must never talk.
func (c Class) Answerable() bool {
	return c == Submission || c == Envelope || c == Anomaly || c == Unproved
}

// maxHops is after how many mail servers a message goes in circles (RFC 5321,
// section 6.3, asks for at least 100; nobody has seen an honest 60).
const maxHops = 100

// claims are what a message says of itself.
type claims struct {
	header textproto.MIMEHeader
	typ    string
	params map[string]string
	// nullSender: the mail server handed it over with an empty sender.
	nullSender bool
	// ours is the domain of our own Message-IDs.
	ours string
}

func (c claims) has(name string) bool { return strings.TrimSpace(c.header.Get(name)) != "" }

// is compares the first word of a header's value, in any case.
func (c claims) is(name string, values ...string) bool {
	word, _, _ := strings.Cut(strings.ToLower(c.header.Get(name)), ";")
	word = strings.TrimSpace(word)
	for _, v := range values {
		if word == v {
			return true
		}
	}
	return false
}

// rules are tried in order; the first that holds decides.
var rules = []struct {
	class Class
	holds func(c claims) bool
}{
	{Loop, func(c claims) bool { return c.fromUs() || len(c.header.Values("Received")) > maxHops }},
	{Receipt, func(c claims) bool { return c.has("X-Ricevuta") }},
	{Anomaly, func(c claims) bool { return c.is("X-Trasporto", "errore") }},
	{Unproved, func(c claims) bool { return c.has("X-Trasporto") }}, // until pec.go has proved it
	{Bounce, func(c claims) bool { return c.typ == "multipart/report" }},
	{Bounce, func(c claims) bool { return c.has("X-Failed-Recipients") }},
	{Bounce, func(c claims) bool { return c.nullSender && c.fromMailSystem() }},
	{List, func(c claims) bool {
		return c.has("List-Id") || c.has("List-Unsubscribe") || c.is("Precedence", "list")
	}},
	// RFC 3834, section 2; then what systems do that do not know it.
	{Automatic, func(c claims) bool { return c.has("Auto-Submitted") && !c.is("Auto-Submitted", "no") }},
	{Automatic, func(c claims) bool { return c.is("Precedence", "bulk", "junk", "auto_reply") }},
	{Automatic, func(c claims) bool {
		return c.has("X-Auto-Response-Suppress") || c.has("X-Autoreply") || c.has("X-Autorespond")
	}},
	{Automatic, func(c claims) bool { return c.nullSender || c.fromMailSystem() }},
}

// classify says what a message claims to be.
func classify(c claims) Class {
	for _, r := range rules {
		if r.holds(c) {
			return r.class
		}
	}
	return Submission
}

// fromUs reports whether the message bears a Message-ID of ours.
func (c claims) fromUs() bool {
	id := strings.ToLower(strings.Trim(strings.TrimSpace(c.header.Get("Message-Id")), "<>"))
	return c.ours != "" && strings.HasSuffix(id, "@"+strings.ToLower(c.ours))
}

// fromMailSystem reports whether the sender is a mail server by its name.
func (c claims) fromMailSystem() bool {
	local, _, _ := strings.Cut(strings.ToLower(address(c.header)), "@")
	return local == "mailer-daemon" || local == "postmaster" || local == "mail-daemon"
}
