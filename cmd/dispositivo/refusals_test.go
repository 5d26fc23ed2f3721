package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"maps"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"dispositivo/dossier"
)

// mebibyte is the limit of an uploaded file (C2).
const mebibyte = 1 << 20

// proves C2, C7: what is refused at the door, over real connections; a refusal
// always reaches the client and never takes a protocol number.
func TestRefusals(t *testing.T) { //nolint:tparallel // each part goes on from the one before
	t.Parallel()
	s := serveDemo(t)
	citizen := s.citizen(free()[0])
	document := signedDocument(t, free()[0], citizen.form())
	first := protocolOf(t, citizen.upload(document))
	before := protocolOf(t, citizen.upload(padded(document, 1000)))
	if before == first {
		t.Fatal("two documents, one number")
	}
	t.Run("8 MB", func(t *testing.T) { refusedBySize(t, s, citizen.token) })
	t.Run("by content", func(t *testing.T) { byContent(t, s, citizen.token, document) })
	t.Run("parts", func(t *testing.T) { parts(t, s, citizen.token, document) })
	t.Run("broken off", func(t *testing.T) { brokenOff(t, s, citizen.token, document) })

	// Exactly the limit is no byte too many; and it gets the next number.
	got := citizen.upload(padded(document, mebibyte))
	if got.Status != http.StatusCreated {
		t.Fatalf("1,048,576 bytes: %d %s", got.Status, got.Body)
	}
	if after := protocolOf(t, got); after != before+1 {
		t.Errorf("the register went from %d to %d: a refusal took a number", before, after)
	}
	// Whoever broke off above has long gone by now, and took no number either.
	if after := protocolOf(t, slow(t, s, citizen.token, padded(document, len(document)+5000))); after != before+2 {
		t.Errorf("the register went from %d to %d: who broke off took a number", before, after)
	}
	if out, code := command(t, "reconcile", "--demo", "--data", s.Data); code != 0 {
		t.Errorf("reconcile: exit %d\n%s", code, out)
	}
}

// protocolOf is the number of a receipt within its year.
func protocolOf(t *testing.T, a answer) int64 {
	t.Helper()
	var receipt struct{ Protocol string }
	a.decode(t, &receipt)
	p, err := dossier.ParseProtocol(receipt.Protocol)
	if err != nil {
		t.Fatalf("%d %s: %v", a.Status, a.Body, err)
	}
	return p.Number
}

// padded makes a PDF exactly size bytes long: a comment, and once more the
// place of the cross-reference table.
func padded(pdf []byte, size int) []byte {
	at := pdf[bytes.LastIndex(pdf, []byte("startxref")):]
	size = max(size, len(pdf)+len(at)+3)
	var b bytes.Buffer
	b.Write(pdf)
	b.WriteString("\n%")
	b.Write(bytes.Repeat([]byte{'.'}, size-len(pdf)-len(at)-3))
	b.WriteString("\n")
	b.Write(at)
	return b.Bytes()
}

// refusedBySize sends 8 MB as different clients do; each reads the refusal.
func refusedBySize(t *testing.T, s *server, token string) {
	large := make([]byte, 8*mebibyte)
	copy(large, "%PDF-1.7\n")
	contentType, body := multipartFile(t, "scansione.pdf", large)
	header := bearer(token)
	header.Set("Content-Type", contentType)
	t.Run("net/http", func(t *testing.T) {
		caller := s.from(t, "127.0.0.1")
		for range 3 {
			got := caller.send(t, http.MethodPost, "/api/v1/conversions", header, body)
			checkTooLarge(t, got.Status, got.answer.Body)
		}
	})
	t.Run("the connection lives on", func(t *testing.T) { livesOn(t, s, header, body) })
	t.Run("one byte too many", func(t *testing.T) {
		one := s.nobody()
		one.token = token
		if got := one.upload(large[:mebibyte+1]); got.Status != http.StatusRequestEntityTooLarge {
			t.Errorf("%d %s", got.Status, got.Body)
		}
	})
	path := filepath.Join(t.TempDir(), "scansione.pdf")
	if err := os.WriteFile(path, large, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"curl": nil, "curl without Expect": {"-H", "Expect:"}, "curl with Expect": {"-H", "Expect: 100-continue"},
		"curl chunked": {"-H", "Transfer-Encoding: chunked"},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{
				"-sS", "--max-time", "30", "-w", "\n%{http_code}", "-H", "Authorization: Bearer " + token,
				"-F", "file=@" + path, s.URL + "/api/v1/conversions",
			}, args...)
			out, err := exec.CommandContext(t.Context(), "curl", args...).Output()
			if err != nil {
				t.Fatalf("curl: %v\n%s", err, out)
			}
			cut := bytes.LastIndexByte(out, '\n')
			status, err := strconv.Atoi(string(out[cut+1:]))
			if err != nil {
				t.Fatal(err)
			}
			checkTooLarge(t, status, out[:cut])
		})
	}
}

func checkTooLarge(t *testing.T, status int, body []byte) {
	t.Helper()
	var p struct {
		Code dossier.Code
		Args map[string]string
	}
	if err := json.Unmarshal(body, &p); err != nil || status != http.StatusRequestEntityTooLarge ||
		p.Code != dossier.Code(dossier.FileTooLarge) || p.Args["limit"] != "1048576" {
		t.Errorf("%d %s, %v", status, body, err)
	}
}

// livesOn proves that the connection on which 8 MB were refused serves the next
// request: all of it was read.
func livesOn(t *testing.T, s *server, header http.Header, body []byte) {
	caller := s.from(t, "127.0.0.1")
	got := caller.send(t, http.MethodPost, "/api/v1/conversions", header, body)
	checkTooLarge(t, got.Status, got.answer.Body)
	if strings.EqualFold(got.answer.Header.Get("Connection"), "close") {
		return // said aloud: clean as well
	}
	reused := false
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { reused = i.Reused }})
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/readyz", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := caller.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil || !reused || resp.StatusCode != http.StatusOK {
		t.Errorf("status %d, reused %t, %v", resp.StatusCode, reused, err)
	}
}

// byContent sends what is not a usable PDF or TIFF and reads, in both
// languages, what is wrong and how to mend it.
func byContent(t *testing.T, s *server, token string, document []byte) {
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 40, 40))); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		data   []byte
		status int
		code   dossier.FindingCode
		args   map[string]string
		it, en []string // what the texts must say
	}{
		"too large": {
			padded(document, 3*mebibyte/2), 413, dossier.FileTooLarge, nil,
			[]string{"1,51 MB", "il limite è 1 MB", "risoluzione"},
			[]string{"1.51 MB", "the limit is 1 MB", "resolution"},
		},
		"PNG named PDF": {
			picture.Bytes(), 415, dossier.FileType,
			map[string]string{"found": "png"},
			[]string{"PDF o TIFF", "png", "Salvi"},
			[]string{"PDF or TIFF", "png", "Save"},
		},
		"empty":     {nil, 422, dossier.FileEmpty, nil, []string{"nulla", "Controlli"}, []string{"nothing", "Check"}},
		"truncated": {document[:len(document)/2], 422, dossier.FileTruncated, nil, []string{"parte finale", "Salvi"}, []string{"The end", "Save"}},
		"encrypted": {encrypted(t, document), 422, dossier.FileEncrypted, nil, []string{"password"}, []string{"without a password"}},
		"21 pages": {
			pdfOf(t, 21), 422, dossier.PagesTooMany,
			map[string]string{"found": "21", "limit": "20"},
			[]string{"21 pagine", "20"},
			[]string{"21 pages", "20", "take out"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for lang, texts := range map[string][]string{"it": test.it, "en": test.en} {
				contentType, body := multipartFile(t, "modulo.pdf", test.data)
				header := bearer(token)
				header.Set("Content-Type", contentType)
				header.Set("Accept-Language", lang)
				got := s.from(t, "127.0.0.1").send(t, http.MethodPost, "/api/v1/conversions", header, body)
				var p struct {
					Title, Detail string
					Args          map[string]string
				}
				got.decode(t, &p)
				if got.Status != test.status || got.code() != dossier.Code(test.code) || test.args != nil && !maps.Equal(p.Args, test.args) {
					t.Errorf("%d %s", got.Status, got.answer.Body)
				}
				if got.answer.Header.Get("Content-Language") != lang || p.Title == "" {
					t.Errorf("asked in %s: %s", lang, got.answer.Body)
				}
				for _, text := range texts {
					if !strings.Contains(p.Detail, text) {
						t.Errorf("%s: no %q in %q", lang, text, p.Detail)
					}
				}
			}
		})
	}
}

func encrypted(t *testing.T, document []byte) []byte {
	t.Helper()
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.pdf"), filepath.Join(dir, "out.pdf")
	if err := os.WriteFile(in, document, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "qpdf", "--encrypt", "segreta", "padrona", "256", "--", in, out)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("qpdf is needed (Debian: apt-get install qpdf): %v\n%s", err, text)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func pdfOf(t *testing.T, pages int) []byte {
	t.Helper()
	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.SetFont("Helvetica", "", 12)
	for n := range pages {
		pdf.AddPage()
		pdf.Text(20, 20, fmt.Sprintf("SPECIMEN %d", n+1))
	}
	var b bytes.Buffer
	if err := pdf.Output(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// part is one part of a form.
type part struct{ field, file string }

// parts sends forms that do not hold exactly one file.
func parts(t *testing.T, s *server, token string, document []byte) {
	for name, list := range map[string][]part{
		"two files":             {{"file", "a.pdf"}, {"file", "b.pdf"}},
		"a field after it":      {{"file", "a.pdf"}, {"note", ""}},
		"no part":               {},
		"no file name":          {{"file", ""}},
		"another field":         {{"documento", "a.pdf"}},
		"another field and it":  {{"note", ""}, {"file", "a.pdf"}},
		"a file in other field": {{"upload", "a.pdf"}, {"file", "b.pdf"}},
	} {
		t.Run(name, func(t *testing.T) {
			contentType, body := multipartOf(t, list, document)
			header := bearer(token)
			header.Set("Content-Type", contentType)
			got := s.from(t, "127.0.0.1").send(t, http.MethodPost, "/api/v1/conversions", header, body)
			expect(t, name, got.answer, http.StatusBadRequest, dossier.CodeFormParts)
		})
	}
	for _, contentType := range []string{"", "application/pdf", "application/json", "multipart/form-data", "multipart/mixed; boundary=x"} {
		header := bearer(token)
		header.Set("Content-Type", contentType)
		got := s.from(t, "127.0.0.1").send(t, http.MethodPost, "/api/v1/conversions", header, document)
		expect(t, contentType, got.answer, http.StatusBadRequest, dossier.CodeFormParts)
	}
}

func multipartOf(t *testing.T, list []part, data []byte) (contentType string, body []byte) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range list {
		disposition := fmt.Sprintf("form-data; name=%q", p.field)
		if p.file != "" {
			disposition += fmt.Sprintf("; filename=%q", p.file)
		}
		one, err := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {disposition}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := one.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), b.Bytes()
}

// brokenOff lets the connection break, or the form end, in the middle.
func brokenOff(t *testing.T, s *server, token string, document []byte) {
	contentType, body := multipartFile(t, "modulo.pdf", document)
	for _, sent := range []int{0, 10, 200, len(body) / 2, len(body) - 5} {
		address, err := url.Parse(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address.Host)
		if err != nil {
			t.Fatal(err)
		}
		_, err = fmt.Fprintf(conn, "POST /api/v1/conversions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s",
			token, contentType, len(body), body[:sent])
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
	}
	header := bearer(token)
	header.Set("Content-Type", contentType)
	got := s.from(t, "127.0.0.1").send(t, http.MethodPost, "/api/v1/conversions", header, body[:len(body)-10])
	expect(t, "a form without end", got.answer, http.StatusBadRequest, dossier.CodeUploadInterrupted)
}

// slow sends a body in small pieces, as a poor line does. It is accepted.
func slow(t *testing.T, s *server, token string, document []byte) answer {
	t.Helper()
	contentType, body := multipartFile(t, "modulo.pdf", document)
	reader, writer := io.Pipe()
	go func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for piece := range slices.Chunk(body, len(body)/100) {
			<-tick.C
			if _, err := writer.Write(piece); err != nil {
				return
			}
		}
		_ = writer.Close() // never fails
	}()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/api/v1/conversions", reader)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = bearer(token)
	req.Header.Set("Content-Type", contentType)
	resp, err := s.from(t, "127.0.0.1").http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	got, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusCreated {
		t.Errorf("a slow upload: %d %s, %v", resp.StatusCode, got, err)
	}
	return answer{Status: resp.StatusCode, Header: resp.Header, Body: got}
}
