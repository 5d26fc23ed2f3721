package mail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strings"
	"time"

	"github.com/emersion/go-msgauth/authres"
	"github.com/emersion/go-msgauth/dkim"
	"github.com/emersion/go-msgauth/dmarc"
	"golang.org/x/net/publicsuffix"
)

// The bounds of one proof.
const (
	maxSignatures = 4
	lookupsWithin = 10 * time.Second
)

// errLookup says that a name could not be looked up, so that nothing is known.
var errLookup = errors.New("mail: DNS gives no answer")

// Proof tells whether a mail is from the domain it says it is from (DMARC, RFC 7489).
type Proof struct {
	// Servers are the names of mail servers of ours (authserv-id, RFC 8601) whose
	// finding "dmarc=pass" is believed. They must remove such lines that came with
	// the mail.
	Servers []string
	// LookupTXT asks DNS; nil: as this machine does.
	LookupTXT func(ctx context.Context, name string) ([]string, error)
}

// Aligned reports whether a server of ours found DMARC to pass for the domain of an
// address, or the mail has a valid DKIM signature that is aligned with it. Mail
// without either asks nothing of DNS.
func (p Proof) Aligned(ctx context.Context, raw []byte, from string) (bool, error) {
	raw = withoutMbox(raw)
	header, _, err := split(raw)
	if err != nil || address(header) != from {
		return false, nil
	}
	_, domain, _ := strings.Cut(from, "@")
	domain = strings.ToLower(strings.TrimSuffix(domain, "."))
	if p.found(header, domain) {
		return true, nil
	}
	if len(header.Values("Dkim-Signature")) == 0 {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookupsWithin)
	defer cancel()
	lookup := func(name string) ([]string, error) { return p.lookup(ctx, name) }
	signers, err := signersOf(raw, lookup)
	if err != nil || len(signers) == 0 {
		return false, err
	}
	policy, err := policyOf(domain, lookup)
	if err != nil || policy == nil {
		return false, err
	}
	for _, signer := range signers {
		if aligned(signer, domain, policy.DKIMAlignment) {
			return true, nil
		}
	}
	return false, nil
}

// found reports whether the topmost finding of a server of ours is that DMARC passes
// for a domain.
func (p Proof) found(header textproto.MIMEHeader, domain string) bool {
	for _, line := range header.Values("Authentication-Results") {
		server, results, err := authres.Parse(line)
		if err != nil || !p.trusts(server) {
			continue
		}
		for _, r := range results {
			if d, ok := r.(*authres.DMARCResult); ok {
				return d.Value == authres.ResultPass && strings.EqualFold(d.From, domain)
			}
		}
		return false
	}
	return false
}

func (p Proof) trusts(server string) bool {
	for _, s := range p.Servers {
		if strings.EqualFold(s, server) {
			return true
		}
	}
	return false
}

func (p Proof) lookup(ctx context.Context, name string) ([]string, error) {
	if p.LookupTXT != nil {
		return p.LookupTXT(ctx, name)
	}
	return net.DefaultResolver.LookupTXT(ctx, name)
}

// signersOf are the domains whose DKIM signatures over the message hold (RFC 6376).
func signersOf(raw []byte, lookup func(string) ([]string, error)) ([]string, error) {
	if !bytes.Contains(raw[:headerLength(raw)], []byte("\r\n")) {
		raw = bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n")) // kept by a mail box with LF alone
	}
	checked, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{LookupTXT: lookup, MaxVerifications: maxSignatures})
	if err != nil && !errors.Is(err, dkim.ErrTooManySignatures) {
		return nil, nil
	}
	var domains []string
	undecided := false
	for _, v := range checked {
		switch {
		case v.Err == nil:
			domains = append(domains, strings.ToLower(v.Domain))
		case dkim.IsTempFail(v.Err):
			undecided = true
		}
	}
	if len(domains) == 0 && undecided {
		return nil, errLookup
	}
	return domains, nil
}

// policyOf is what a domain, or the organisation it belongs to, says of mail in its
// name; nil: nothing.
func policyOf(domain string, lookup func(string) ([]string, error)) (*dmarc.Record, error) {
	for _, name := range []string{domain, organisation(domain)} {
		record, err := dmarc.LookupWithOptions(name, &dmarc.LookupOptions{LookupTXT: lookup})
		switch {
		case err == nil:
			return record, nil
		case dmarc.IsTempFail(err):
			return nil, fmt.Errorf("%w: %w", errLookup, err)
		}
	}
	return nil, nil
}

// aligned reports whether who signed may speak for a domain (RFC 7489, section 3.1.1).
func aligned(signer, domain string, mode dmarc.AlignmentMode) bool {
	if mode == dmarc.AlignmentStrict {
		return signer == domain
	}
	return organisation(signer) == organisation(domain)
}

// organisation is the domain that somebody registered.
func organisation(domain string) string {
	if org, err := publicsuffix.EffectiveTLDPlusOne(domain); err == nil {
		return org
	}
	return domain
}
