package mail

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"mime"
	"net/mail"
	"net/textproto"
	"strings"
	"time"

	"github.com/smallstep/pkcs7"
)

// Certified is what the operator of a PEC box proves of a message: the one sender
// that is more than a claim.
type Certified struct {
	Sender string
	At     time.Time
	// ID is the operator's name of the message, unique within Operator.
	ID, Operator string
}

var errNotProved = errors.New("mail: the envelope proves nothing")

// openEnvelope proves a PEC envelope and returns the message in it.
func openEnvelope(raw []byte, trusted *x509.CertPool, now time.Time) (Certified, []byte, error) {
	cert, inner, err := prove(raw, trusted, now)
	if err != nil {
		return Certified{}, nil, err
	}
	if cert.kind != "posta-certificata" || inner == nil {
		return Certified{}, nil, fmt.Errorf("%w: it encloses no message", errNotProved)
	}
	return cert.Certified, inner, nil
}

// prove proves what an operator of PEC sent (RFC 6109): the signature over the very
// bytes that came, by a certificate of trusted, for the address that it is from. It
// returns daticert.xml and the message enclosed, nil when there is none.
func prove(raw []byte, trusted *x509.CertPool, now time.Time) (daticert, []byte, error) {
	if trusted == nil {
		return daticert{}, nil, errNotProved
	}
	header, body, err := split(raw)
	if err != nil {
		return daticert{}, nil, err
	}
	signed, rest, err := signedPart(header, body)
	if err != nil {
		return daticert{}, nil, err
	}
	signature, err := only(rest, "smime.p7s", "application/pkcs7-signature", "application/x-pkcs7-signature")
	if err != nil {
		return daticert{}, nil, err
	}
	signer, err := verify(signed, signature, trusted, now)
	if err != nil {
		return daticert{}, nil, err
	}
	if !speaksFor(signer, address(header)) {
		return daticert{}, nil, fmt.Errorf("%w: signed for another address", errNotProved)
	}
	return enclosed(signed)
}

// enclosed reads daticert.xml and postacert.eml of what was signed; the outer
// header is none of it.
func enclosed(signed []byte) (daticert, []byte, error) {
	root, _, err := parse(signed, liftFrom)
	if err != nil {
		return daticert{}, nil, err
	}
	var data, inner []byte
	for p := root.FirstChild; p != nil; p = p.NextSibling {
		l := part{typ: strings.ToLower(p.ContentType), name: p.FileName, data: p.Content}
		switch {
		case data == nil && (l.named("daticert.xml") || l.typ == "application/xml" || l.typ == "text/xml"):
			data = l.data
		case inner == nil && (l.named("postacert.eml") || l.typ == "message/rfc822"):
			inner = l.data
		}
	}
	cert, err := readDaticert(data)
	return cert, inner, err
}

// split parts header and body; the body is a slice of raw.
func split(raw []byte) (textproto.MIMEHeader, []byte, error) {
	n := headerLength(raw)
	if n > maxHeader || n == len(raw) {
		return nil, nil, errHeader
	}
	m, err := mail.ReadMessage(bytes.NewReader(raw[:min(len(raw), n+4)]))
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errHeader, err)
	}
	body := raw[n:]
	for _, gap := range []string{"\r\n\r\n", "\n\n"} {
		if after, ok := bytes.CutPrefix(body, []byte(gap)); ok {
			return textproto.MIMEHeader(m.Header), after, nil
		}
	}
	return nil, nil, errHeader
}

// signedPart cuts the first part of a multipart/signed out of its body, byte by
// byte as it was signed (RFC 1847, section 2.1), and returns what follows it.
func signedPart(header textproto.MIMEHeader, body []byte) (signed, rest []byte, err error) {
	typ, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || typ != "multipart/signed" || params["boundary"] == "" {
		return nil, nil, fmt.Errorf("%w: it is not signed", errNotProved)
	}
	border := []byte("\n--" + params["boundary"])
	body = append([]byte("\n"), body...) // the first border may begin the body
	_, body, found := bytes.Cut(body, border)
	_, body, line := bytes.Cut(body, []byte("\n"))
	signed, rest, end := bytes.Cut(body, border)
	if !found || !line || !end {
		return nil, nil, fmt.Errorf("%w: its parts are not closed", errNotProved)
	}
	_, rest, _ = bytes.Cut(rest, []byte("\n"))
	if i := bytes.Index(rest, border); i >= 0 {
		rest = rest[:i]
	}
	return bytes.TrimSuffix(signed, []byte("\r")), rest, nil
}

// only reads a part that must have one of the types, or the name.
func only(raw []byte, name string, types ...string) ([]byte, error) {
	root, _, err := parse(raw, liftFrom)
	if err != nil {
		return nil, err
	}
	for _, t := range types {
		if strings.EqualFold(root.ContentType, t) {
			return root.Content, nil
		}
	}
	if strings.EqualFold(root.FileName, name) {
		return root.Content, nil
	}
	return nil, fmt.Errorf("%w: no %s", errNotProved, name)
}

// maxSignature bounds a detached signature with its certificates, in bytes.
const maxSignature = 64 << 10

// verify proves a detached signature and returns its one signer. A mail box that
// keeps lines with LF alone has them signed with CRLF (RFC 8551, section 3.1.1).
func verify(signed, signature []byte, trusted *x509.CertPool, now time.Time) (*x509.Certificate, error) {
	if len(signature) > maxSignature {
		return nil, fmt.Errorf("%w: its signature is too large", errNotProved)
	}
	p7, err := parsePKCS7(signature)
	if err != nil {
		return nil, err
	}
	signer := p7.GetOnlySigner()
	if signer == nil {
		return nil, fmt.Errorf("%w: not one signer", errNotProved)
	}
	p7.Content = signed
	err = p7.VerifyWithChainAtTime(trusted, now)
	if err != nil && !bytes.Contains(signed, []byte("\r\n")) {
		p7.Content = bytes.ReplaceAll(signed, []byte("\n"), []byte("\r\n"))
		err = p7.VerifyWithChainAtTime(trusted, now)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNotProved, err)
	}
	return signer, nil
}

// oidEmail is emailAddress in a subject (PKCS #9).
const oidEmail = "1.2.840.113549.1.9.1"

// speaksFor reports whether a certificate is for an address (RFC 6109, section 3.1).
func speaksFor(c *x509.Certificate, addr string) bool {
	names := c.EmailAddresses
	for _, n := range c.Subject.Names {
		if s, ok := n.Value.(string); ok && n.Type.String() == oidEmail {
			names = append(names[:len(names):len(names)], s)
		}
	}
	for _, n := range names {
		if addr != "" && strings.EqualFold(n, addr) {
			return true
		}
	}
	return false
}

// signedContent returns what is in a signed file (.p7m, as DER or PEM).
func signedContent(data []byte) ([]byte, error) {
	p7, err := parsePKCS7(data)
	if err != nil {
		return nil, err
	}
	if len(p7.Content) == 0 {
		return nil, errNotProved
	}
	return p7.Content, nil
}

// parsePKCS7 parses with a guard: the parser calls itself for each level, of which
// a small file can have millions.
func parsePKCS7(data []byte) (*pkcs7.PKCS7, error) {
	data = unarmoured(data)
	if !shallow(data) {
		return nil, fmt.Errorf("%w: nested too deep", errNotProved)
	}
	p7, err := pkcs7.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNotProved, err)
	}
	return p7, nil
}
