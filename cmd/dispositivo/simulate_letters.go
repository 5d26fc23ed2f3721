package main

import (
	"archive/zip"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/smallstep/pkcs7"
)

// simulatedLetter is a mail before it is wrapped.
type simulatedLetter struct {
	from, to, id string
	at           time.Time
	file         []byte
	// beside are attachments of kinds that nobody reads: docx, zip.
	beside []string
}

// wrapping is a way in which programs put a file into a mail.
type wrapping string

// wrappings take turns.
var wrappings = []wrapping{"attached", "inline", "alone", "uuencoded", "tnef", "forwarded", "encoded name"}

// header is that of the letter, without what a wrapping adds.
func (l simulatedLetter) header() string {
	return fmt.Sprintf("From: <%s>\r\nTo: <%s>\r\nDate: %s\r\nMessage-ID: <%s@casa.example>\r\nSubject: =?UTF-8?Q?Modulo_di_conversione_n=C2=BA_?=%s\r\nMIME-Version: 1.0\r\n",
		l.from, l.to, l.at.Format(time.RFC1123Z), l.id, l.id)
}

// wrap puts the file into a mail.
func (l simulatedLetter) wrap(way wrapping) []byte {
	ending, kind := kindOf(l.file)
	name := `filename="modulo` + ending + `"`
	content, disposition := l.file, "attachment; "+name
	switch way {
	case "alone":
		return []byte(l.header() + "Content-Type: " + kind + "\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: " + disposition + "\r\n\r\n" + inLines(l.file))
	case "uuencoded":
		return []byte(l.header() + "Content-Type: text/plain; charset=us-ascii\r\n\r\nIn allegato.\r\n\r\n" + uuencoded("modulo"+ending, l.file))
	case "inline":
		disposition = "inline; " + name
	case "tnef":
		content, kind, disposition = tnefOf("modulo"+ending, l.file), "application/ms-tnef", `attachment; filename="winmail.dat"`
	case "encoded name":
		disposition = "attachment; filename*0*=UTF-8''modulo%20d%C3%AC; filename*1*=%20conversione" + ending
	case "forwarded":
		inner := simulatedLetter{from: "altri@casa.example", to: l.from, id: "inner-" + l.id, at: l.at, file: l.file}
		return l.mixed("--b\r\nContent-Type: message/rfc822\r\n\r\n" + string(inner.wrap("attached")) + "\r\n")
	case "attached":
	}
	return l.mixed("--b\r\nContent-Type: " + kind + "\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: " + disposition + "\r\n\r\n" + inLines(content))
}

// mixed is a letter with a text and another part.
func (l simulatedLetter) mixed(part string) []byte {
	border := "=_" + l.id
	part = "--" + border + part[len("--b"):]
	return []byte(l.header() + "Content-Type: multipart/mixed; boundary=\"" + border + "\"\r\n\r\n--" + border +
		"\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nIn allegato, perch=C3=A9 richiesto.\r\n" + part + l.others(border) + "--" + border + "--\r\n")
}

// others are the attachments that nobody reads.
func (l simulatedLetter) others(border string) string {
	var parts strings.Builder
	for _, kind := range l.beside {
		media, inside := "application/zip", "note.txt"
		if kind == "docx" {
			media, inside = "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "word/document.xml"
		}
		fmt.Fprintf(&parts, "--%s\r\nContent-Type: %s\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"lettera.%s\"\r\n\r\n%s",
			border, media, kind, inLines(zipOf(inside)))
	}
	return parts.String()
}

// zipOf is an archive with one file of words.
func zipOf(name string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create(name)
	if err == nil {
		_, err = w.Write([]byte("<w:document/>"))
	}
	if err = errors.Join(err, z.Close()); err != nil {
		panic(err) // into memory
	}
	return b.Bytes()
}

// inLines is base64 as mail has it.
func inLines(data []byte) string {
	text := base64.StdEncoding.EncodeToString(data)
	var b bytes.Buffer
	for len(text) > 0 {
		n := min(76, len(text))
		b.WriteString(text[:n] + "\r\n")
		text = text[n:]
	}
	return b.String()
}

func uuencoded(name string, data []byte) string {
	var b bytes.Buffer
	b.WriteString("begin 644 " + name + "\r\n")
	six := func(v byte) byte {
		if v &= 0x3f; v != 0 {
			return v + ' '
		}
		return '`'
	}
	for len(data) > 0 {
		n := min(45, len(data))
		line := append(bytes.Clone(data[:n]), 0, 0)
		b.WriteByte(six(byte(n)))
		for i := 0; i < n; i += 3 {
			v := line[i : i+3]
			b.Write([]byte{six(v[0] >> 2), six(v[0]<<4 | v[1]>>4), six(v[1]<<2 | v[2]>>6), six(v[2])})
		}
		b.WriteString("\r\n")
		data = data[n:]
	}
	b.WriteString("`\r\nend\r\n")
	return b.String()
}

// tnefOf is a winmail.dat with one attachment (MS-OXTNEF, section 2.1.3).
func tnefOf(name string, data []byte) []byte {
	b := []byte{0x78, 0x9f, 0x3e, 0x22, 1, 0}
	for _, a := range []struct {
		id    uint32
		value []byte
	}{{0x00069002, make([]byte, 14)}, {0x00018010, []byte(name + "\x00")}, {0x0006800f, data}} {
		b = append(b, 2)
		b = binary.LittleEndian.AppendUint32(b, a.id)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(a.value))) //nolint:gosec // a file of the test
		b = append(b, a.value...)
		var sum uint16
		for _, v := range a.value {
			sum += uint16(v)
		}
		b = binary.LittleEndian.AppendUint16(b, sum)
	}
	return b
}

// gestore is an operator of PEC for tests.
type gestore struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// gestoreAddr is what it signs for.
const gestoreAddr = "posta-certificata@gestore.example"

// openGestore reads the operator of a folder, and makes it when it is missing.
func openGestore(dir string, now time.Time) (*gestore, error) {
	certFile, keyFile := filepath.Join(dir, "gestore.pem"), filepath.Join(dir, "gestore.key")
	if _, err := os.Stat(certFile); errors.Is(err, fs.ErrNotExist) {
		if err := makeGestore(dir, certFile, keyFile, now); err != nil {
			return nil, fmt.Errorf("make operator of PEC: %w", err)
		}
	}
	var blocks [2]*pem.Block
	for i, path := range []string{certFile, keyFile} {
		text, err := os.ReadFile(path) //nolint:gosec // who runs it names the folder
		if err != nil {
			return nil, fmt.Errorf("read operator of PEC: %w", err)
		}
		if blocks[i], _ = pem.Decode(text); blocks[i] == nil {
			return nil, fmt.Errorf("read operator of PEC: %s is no PEM", path)
		}
	}
	cert, err := x509.ParseCertificate(blocks[0].Bytes)
	if err != nil {
		return nil, fmt.Errorf("read operator of PEC: %w", err)
	}
	key, err := x509.ParseECPrivateKey(blocks[1].Bytes)
	if err != nil {
		return nil, fmt.Errorf("read operator of PEC: %w", err)
	}
	return &gestore{cert: cert, key: key}, nil
}

func makeGestore(dir, certFile, keyFile string, now time.Time) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Gestore di prova"}, EmailAddresses: []string{gestoreAddr},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature, IsCA: true, BasicConstraintsValid: true,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	if err := os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		return err
	}
	return os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), 0o600)
}

// envelope wraps a mail as operators do (RFC 6109); spoilt: a byte is changed after it
// was signed.
func (g *gestore) envelope(l simulatedLetter, raw []byte, spoilt bool) ([]byte, error) {
	local := l.at.UTC()
	daticert := fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>
<postacert tipo="posta-certificata" errore="nessuno"><intestazione><mittente>%[1]s</mittente><destinatari tipo="certificato">%[2]s</destinatari>
<risposte>%[1]s</risposte><oggetto>Modulo</oggetto></intestazione><dati><gestore-emittente>Gestore di prova</gestore-emittente>
<data zona="+0000"><giorno>%[3]s</giorno><ora>%[4]s</ora></data><identificativo>%[5]s@gestore.example</identificativo></dati></postacert>`,
		l.from, l.to, local.Format("02/01/2006"), local.Format("15:04:05"), l.id)
	header := fmt.Sprintf("From: \"Per conto di: %s\" <%s>\r\nTo: <%s>\r\nDate: %s\r\nMessage-ID: <env-%s@gestore.example>\r\nSubject: POSTA CERTIFICATA: Modulo\r\n"+
		"X-Trasporto: posta-certificata\r\n", l.from, gestoreAddr, l.to, l.at.Format(time.RFC1123Z), l.id)
	return g.signed(header, l.id, signable(l.id, daticert, raw), spoilt)
}

// signable is what an operator signs: a notice, daticert.xml, and the message when there
// is one; id is in its borders.
func signable(id, daticert string, raw []byte) []byte {
	entity := "Content-Type: multipart/mixed; boundary=\"in_" + id + "\"\r\n\r\n--in_" + id + "\r\nContent-Type: text/plain\r\n\r\nMessaggio di posta certificata\r\n" +
		"--in_" + id + "\r\nContent-Type: application/xml; name=daticert.xml\r\nContent-Transfer-Encoding: base64\r\n\r\n" + inLines([]byte(daticert))
	if raw != nil {
		entity += "--in_" + id + "\r\nContent-Type: message/rfc822; name=postacert.eml\r\n\r\n" + string(raw) + "\r\n"
	}
	return []byte(entity + "--in_" + id + "--\r\n")
}

// signed signs an entity and puts it under a header; spoilt: see envelope.
func (g *gestore) signed(header, id string, entity []byte, spoilt bool) ([]byte, error) {
	signed, err := pkcs7.NewSignedData(entity)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	signed.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
	if err := signed.AddSigner(g.cert, g.key, pkcs7.SignerInfoConfig{}); err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	signed.Detach()
	signature, err := signed.Finish()
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	if spoilt {
		entity = bytes.Replace(entity, []byte("Messaggio di posta"), []byte("Messaggio di Posta"), 1)
	}
	header += "MIME-Version: 1.0\r\nContent-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256; boundary=\"out_" + id + "\"\r\n\r\n"
	return []byte(header + "--out_" + id + "\r\n" + string(entity) + "\r\n--out_" + id + "\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\n" +
		"Content-Transfer-Encoding: base64\r\n\r\n" + inLines(signature) + "--out_" + id + "--\r\n"), nil
}
