package mail

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/internal/testkit"
	"dispositivo/internal/testkit/house"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// openssl runs OpenSSL in dir; another program than ours must make what ours reads.
func openssl(t testing.TB, dir string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "openssl", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("openssl %v: %v\n%s", args, err, out)
	}
}

// operatorAddr is what the operator of the tests signs for.
const operatorAddr = "posta-certificata@gestore.example"

// newOperator makes a certificate of an operator of PEC in a folder of its own.
func newOperator(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	openssl(t, dir, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-days", "3",
		"-subj", "/CN=Gestore di prova", "-addext", "subjectAltName=email:"+operatorAddr)
	return dir
}

// daticertOf is a daticert.xml as operators write it.
func daticertOf(kind, sender, id string) string {
	return fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>
<postacert tipo=%q errore="nessuno"><intestazione><mittente>%s</mittente>
<destinatari tipo="certificato">conversione@pec.example</destinatari><destinatari tipo="esterno">altri@ente.example</destinatari>
<risposte>%s</risposte><oggetto>Modulo</oggetto></intestazione>
<dati><gestore-emittente>Gestore di prova</gestore-emittente><data zona="+0100"><giorno>02/03/2026</giorno><ora>10:00:00</ora></data>
<identificativo>%s</identificativo><msgid>&lt;a@b.example&gt;</msgid></dati></postacert>`, kind, sender, sender, id)
}

// entity is what an operator signs: a notice, daticert.xml and the message.
func entity(daticert, inner string) string {
	return "Content-Type: multipart/mixed; boundary=inner\r\n\r\n--inner\r\nContent-Type: text/plain\r\n\r\nMessaggio di posta certificata\r\n" +
		"--inner\r\nContent-Type: application/xml; name=daticert.xml\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
		base64.StdEncoding.EncodeToString([]byte(daticert)) + "\r\n" +
		"--inner\r\nContent-Type: message/rfc822; name=postacert.eml\r\n\r\n" + inner + "\r\n--inner--\r\n"
}

// sign wraps an entity as an operator does.
func sign(t testing.TB, operator, entity, from string) []byte {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "entity"), []byte(entity), 0o600); err != nil {
		t.Fatal(err)
	}
	openssl(t, dir, "smime", "-sign", "-binary", "-in", "entity", "-out", "signed", "-signer", filepath.Join(operator, "cert.pem"),
		"-inkey", filepath.Join(operator, "key.pem"), "-outform", "DER", "-md", "sha256")
	p7s, err := os.ReadFile(filepath.Join(dir, "signed"))
	if err != nil {
		t.Fatal(err)
	}
	return []byte("From: \"Per conto di: someone\" <" + from + ">\r\nSubject: POSTA CERTIFICATA: Modulo\r\nX-Trasporto: posta-certificata\r\n" +
		"Message-ID: <envelope@gestore.example>\r\nMIME-Version: 1.0\r\n" +
		"Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256; boundary=\"outer\"\r\n\r\n" +
		"This is an S/MIME signed message\r\n\r\n--outer\r\n" + entity + "\r\n--outer\r\n" +
		"Content-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
		base64.StdEncoding.EncodeToString(p7s) + "\r\n--outer--\r\n")
}

// letter is a mail with files, as people's programs make it.
func letter(headers string, files ...[]byte) []byte {
	var b bytes.Buffer
	b.WriteString(headers)
	b.WriteString("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nIn allegato.\r\n")
	for i, f := range files {
		fmt.Fprintf(&b, "--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"f%d.pdf\"\r\n"+
			"Content-Transfer-Encoding: base64\r\n\r\n%s\r\n", i, base64.StdEncoding.EncodeToString(f))
	}
	b.WriteString("--b--\r\n")
	return b.Bytes()
}

const ordinary = "From: Maria <maria@casa.example>\r\nTo: conversione@pin.example\r\nMessage-ID: <1@casa.example>\r\nSubject: Modulo\r\n"

var (
	pdfOne = []byte("%PDF-1.7 one")
	pdfTwo = []byte("%PDF-1.7 two")
	// start is after the certificates that the tests make begin to count.
	start = time.Now().Add(time.Hour) //nolint:forbidigo // certificates begin to count by the real clock
)

func newDoor(h house.House) *intake.Door {
	return intake.NewDoor(intake.Config{Store: h.Store, Vault: h.Vault, Hash: h.Keys.MAC("content"), Clock: h.Clock, Logger: slog.New(slog.DiscardHandler)})
}

// fussy is a door that has no room for one message, until it relents.
type fussy struct {
	Door
	mu     sync.Mutex
	refuse string
	// refused is told of the first refusal; nil: nobody waits for it.
	refused chan struct{}
}

func (f *fussy) relent() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refuse = ""
}

// Receive implements Door.
func (f *fussy) Receive(ctx context.Context, p intake.Post) (intake.Receipt, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p.Origin.MessageID == f.refuse {
		select {
		case f.refused <- struct{}{}:
		default:
		}
		return intake.Receipt{}, &dossier.Error{Code: dossier.CodeUnavailable, Temporary: true}
	}
	return f.Door.Receive(ctx, p)
}
