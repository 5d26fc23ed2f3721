package notify

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"unicode"

	"dispositivo/dossier"
)

// Texts are the translations the composer needs: *i18n.Bundle.
type Texts interface {
	T(lang, key string, args map[string]string) string
	Has(lang, key string) bool
	Placeholders(lang, key string) []string
	Languages() []string
}

// Composer words messages. It is safe for concurrent use.
type Composer struct {
	texts   Texts
	agency  string
	contact string
}

// NewComposer returns a composer that signs with the agency's name and names contact (an address, a number) for
// help. Both are shown to everyone.
func NewComposer(texts Texts, agency, contact string) *Composer {
	return &Composer{texts: texts, agency: agency, contact: contact}
}

// Languages are those in which messages are worded, the first of which is the agency's.
func (c *Composer) Languages() []string { return c.texts.Languages() }

// Compose words one message of a kind in a language; ID, To, MessageID and Date are left to the caller. The
// texts are mail.<kind>.subject and .body, for a text message mail.<kind>.sms. Their placeholders are filled
// from data, as far as a kind wants them:
//
//   - protocol, pages, status_url, status_code, date, deadline: as they are;
//   - state: a dossier's state, worded; it also gives {next}, what happens now;
//   - outcome: a submission's state, which gives {becomes}, what happens now, for who sent a mail; {counted}, the line with the pages,
//     appears when there are pages;
//   - refusal: a dossier.RefusalReason, worded for who sent a mail;
//   - channel: a dossier.Channel, worded;
//   - reasons: reason codes or finding codes joined by commas, worded for the holder, one a line;
//   - findings: finding codes joined by commas, each with ":page" or without; may be absent;
//   - {reference}, the line with the protocol number, appears when there is a protocol.
//
// A missing value, an unknown code and a control character in a value are errors: no half-worded message
// goes out. Data must hold no personal datum.
func (c *Composer) Compose(class Class, kind dossier.MessageKind, lang string, data map[string]string) (Message, error) {
	args, err := c.args(lang, data)
	if err != nil {
		return Message{}, composeError(kind, err)
	}
	m := Message{Class: class}
	key := "mail." + string(kind)
	switch class {
	case Email, PEC:
		if m.Subject, err = c.fill(lang, key+".subject", args); err != nil {
			return Message{}, composeError(kind, err)
		}
		m.Text, err = c.fill(lang, key+".body", args)
	case Text:
		m.Text, err = c.fill(lang, key+".sms", args)
	default:
		err = fmt.Errorf("class %q is not worded", class)
	}
	if err != nil {
		return Message{}, composeError(kind, err)
	}
	return m, nil
}

func composeError(kind dossier.MessageKind, err error) error {
	return &dossier.Error{Code: dossier.CodeInternal, Err: fmt.Errorf("compose %s: %w", kind, err)}
}

// args words what data holds as codes.
func (c *Composer) args(lang string, data map[string]string) (map[string]string, error) {
	for name, value := range data {
		if strings.ContainsFunc(value, unicode.IsControl) {
			return nil, fmt.Errorf("value %q holds a control character", name)
		}
	}
	args := maps.Clone(data)
	if args == nil {
		args = map[string]string{}
	}
	args["agency"], args["contact"] = c.agency, c.contact
	args["reference"] = ""
	if data["protocol"] != "" {
		args["reference"] = c.texts.T(lang, "mail.reference", data)
	}
	if state := data["state"]; state != "" {
		next := "state." + cmp.Or(data["next"], state) + ".next"
		if !c.texts.Has(lang, next) || !c.texts.Has(lang, "state."+state) {
			return nil, fmt.Errorf("state %q has no text", state)
		}
		args["state"] = c.texts.T(lang, "state."+state, nil)
		args["next"] = c.texts.T(lang, next, nil)
	}
	if err := c.outcome(lang, data, args); err != nil {
		return nil, err
	}
	if refusal := data["refusal"]; refusal != "" {
		if !c.texts.Has(lang, "refusal."+refusal) {
			return nil, fmt.Errorf("refusal %q has no text", refusal)
		}
		args["refusal"] = c.texts.T(lang, "refusal."+refusal, nil)
	}
	if channel := data["channel"]; channel != "" {
		if !c.texts.Has(lang, "mail.channel."+channel) {
			return nil, fmt.Errorf("channel %q has no text", channel)
		}
		args["channel"] = c.texts.T(lang, "mail.channel."+channel, nil)
	}
	if err := c.lists(lang, data, args); err != nil {
		return nil, err
	}
	return args, nil
}

// outcome words what became of a mail.
func (c *Composer) outcome(lang string, data, args map[string]string) error {
	args["counted"] = ""
	if data["pages"] != "" {
		args["counted"] = c.texts.T(lang, "mail.counted", data)
	}
	outcome := data["outcome"]
	if outcome == "" {
		return nil
	}
	if !c.texts.Has(lang, "mail.next."+outcome) {
		return fmt.Errorf("outcome %q has no text", outcome)
	}
	args["becomes"] = c.texts.T(lang, "mail.next."+outcome, nil)
	return nil
}

func (c *Composer) lists(lang string, data, args map[string]string) error {
	reasons, err := list(data["reasons"], func(code string) (string, error) { return c.reason(lang, code) })
	if err != nil {
		return err
	}
	if reasons != "" {
		args["reasons"] = reasons
	}
	findings, err := list(data["findings"], func(code string) (string, error) { return c.finding(lang, code) })
	if err != nil {
		return err
	}
	args["findings"] = ""
	if findings != "" {
		args["findings"] = c.texts.T(lang, "mail.findings.lead", nil) + "\n" + findings
	}
	return nil
}

// list words each code of a comma-separated list on a line of its own.
func list(codes string, word func(code string) (string, error)) (string, error) {
	if codes == "" {
		return "", nil
	}
	var lines []string
	for code := range strings.SplitSeq(codes, ",") {
		text, err := word(strings.TrimSpace(code))
		if err != nil {
			return "", err
		}
		lines = append(lines, "- "+text)
	}
	return strings.Join(lines, "\n"), nil
}

// reason words a reviewer's reason, or a finding that the screening acts on by itself ("id.missing").
func (c *Composer) reason(lang, code string) (string, error) {
	for _, key := range []string{"reason." + code, "error." + code + ".detail"} {
		if c.texts.Has(lang, key) && len(c.texts.Placeholders(lang, key)) == 0 {
			return c.texts.T(lang, key, nil), nil
		}
	}
	return "", fmt.Errorf("reason %q has no text", code)
}

func (c *Composer) finding(lang, item string) (string, error) {
	code, page, hasPage := strings.Cut(item, ":")
	if !c.texts.Has(lang, "finding."+code) {
		return "", fmt.Errorf("finding %q has no text", code)
	}
	text := c.texts.T(lang, "finding."+code, nil)
	if !hasPage {
		return text, nil
	}
	return c.texts.T(lang, "finding.at_page", map[string]string{"page": page, "text": text}), nil
}

// gap is what an empty paragraph leaves behind.
var gap = regexp.MustCompile(`\n{3,}`)

func (c *Composer) fill(lang, key string, args map[string]string) (string, error) {
	if !c.texts.Has(lang, key) {
		return "", fmt.Errorf("text %s is missing", key)
	}
	for _, name := range c.texts.Placeholders(lang, key) {
		if _, given := args[name]; !given {
			return "", fmt.Errorf("text %s wants %q", key, name)
		}
	}
	return gap.ReplaceAllString(c.texts.T(lang, key, args), "\n\n"), nil
}
