package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/intake/fax"
	"dispositivo/internal/clock"
	"dispositivo/internal/demo"
	"dispositivo/internal/signed"
	"dispositivo/internal/testkit"
)

// faxOf makes the fax of a document, as Ghostscript's fax devices do: what
// HyLaFAX leaves in recvq is of the same kind (TIFF class F).
func faxOf(t testing.TB, device string, pdf []byte) []byte {
	t.Helper()
	return faxAt(t, device, "204x196", pdf)
}

// faxAt makes one fax of several documents, at a resolution.
func faxAt(t testing.TB, device, resolution string, pdfs ...[]byte) []byte {
	t.Helper()
	dir := t.TempDir()
	out := filepath.Join(dir, "out.tif")
	args := []string{"-q", "-dNOPAUSE", "-dBATCH", "-dSAFER", "-sDEVICE=" + device, "-r" + resolution, "-sPAPERSIZE=a4", "-sOutputFile=" + out}
	for n, pdf := range pdfs {
		in := filepath.Join(dir, fmt.Sprintf("in%d.pdf", n))
		if err := os.WriteFile(in, pdf, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, in)
	}
	cmd := exec.CommandContext(t.Context(), "gs", args...)
	if msg, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("ghostscript: %v\n%s", err, msg)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// genericCall tells of a fax in our own form.
func genericCall(t testing.TB, secret string, f fax.GenericFax) (http.Header, []byte) {
	t.Helper()
	return signedCall(t, secret, f)
}

// signedCall signs a body in our own form.
func signedCall(t testing.TB, secret string, v any) (http.Header, []byte) {
	t.Helper()
	body, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	header := http.Header{"Content-Type": {"application/json"}}
	signed.Stamp(header, []byte(secret), clock.System().Now(), body)
	return header, body
}

// hookNames hands a fax over again with what lines call themselves: it is no flag, and
// the receipt is the first one.
func hookNames(t *testing.T, hook []string, receipt, recvq string) {
	t.Helper()
	for _, line := range []string{"--help", "-", "-3906", "--answer=" + filepath.Join(recvq, "planted"), "--"} {
		if again, code := command(t, append(slices.Clone(hook), line)...); code != 0 || again != receipt {
			t.Errorf("caller %q: exit %d, %q", line, code, again)
		}
	}
	dashed := slices.Insert(slices.Clone(hook), 7, "--")
	if again, code := command(t, dashed...); code != 0 || again != receipt {
		t.Errorf("behind --: exit %d, %q", code, again)
	}
	if _, err := os.Stat(filepath.Join(recvq, "planted")); err == nil {
		t.Error("a caller's name says where a file is written")
	}
	if _, code := command(t, "fax-received", "--data", hook[2], "--gateway-socket", hook[4], "recvq/none.tif", "ttyS0", "14", "--help"); code != 0 {
		t.Error("an error that looks like a flag is not recorded")
	}
}

// proves C3 C4 C7 C9: three ways in, files of Ghostscript's fax devices: the form's
// code leads each to its dossier, and what has none waits for an operator.
func TestFaxes(t *testing.T) {
	t.Parallel()
	spool, recvq := t.TempDir(), t.TempDir()
	const limit = 150_000                            // ten pages over 1 MB are behind the soak switch
	socket := filepath.Join(t.TempDir(), "fax.sock") // of a folder that HylaFAX's user gets to
	s := serveDemo(t, "--fax-spool", spool, "--max-bytes", strconv.Itoa(limit), "--gateway-socket", socket)
	people := free()

	first := s.citizen(people[0])
	papers := signedDocument(t, people[0], first.form())
	if err := os.Mkdir(filepath.Join(recvq, "recvq"), 0o700); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join("recvq", "fax000000007.tif")
	if err := os.WriteFile(filepath.Join(recvq, name), faxOf(t, "tiffg3", papers), 0o600); err != nil {
		t.Fatal(err)
	}
	hook := []string{"fax-received", "--data", s.Data, "--gateway-socket", socket, "--spool", recvq, name, "ttyS0", "000000012", "", "0655512345", "ROSSI"}
	out, code := command(t, hook...)
	answer := filepath.Join(t.TempDir(), "answer.pdf")
	again, codeAgain := command(t, append([]string{hook[0], "--answer", answer}, hook[1:]...)...)
	if page, err := os.ReadFile(answer); err != nil || !bytes.HasPrefix(page, []byte("%PDF-")) {
		t.Errorf("answer page: %d bytes, %v", len(page), err)
	}
	if code != 0 || codeAgain != 0 || !strings.HasPrefix(out, "20") || again != out {
		t.Errorf("hook: exit %d and %d, %q and %q", code, codeAgain, out, again)
	}
	first.await(dossier.StateReviewing)
	if out, code := command(t, "fax-received", "--data", s.Data, "--gateway-socket", socket, "recvq/none.tif", "ttyS0", "13", "No carrier"); code != 0 || !strings.Contains(out, "recorded") {
		t.Errorf("failed reception: exit %d, %q", code, out)
	}
	if _, code := command(t, "fax-received", "--data", s.Data, "--gateway-socket", socket, "recvq/none.tif", "ttyS0", "13", ""); code == 0 {
		t.Error("no file, and exit 0")
	}
	hookNames(t, hook, out, recvq)
	if _, code := command(t, "fax-received", "--data", t.TempDir(), "--spool", recvq, name, "ttyS0", "12", ""); code == 0 {
		t.Error("no server, and exit 0")
	}

	second := s.citizen(people[1])
	g4 := faxOf(t, "tiffg4", signedDocument(t, people[1], second.form()))
	if err := os.WriteFile(filepath.Join(spool, "fax1.tif"), g4, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(spool, "fax1.json"), []byte(`{"from":"+390655512"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	second.await(dossier.StateReviewing)
	awaitFile(t, filepath.Join(spool, "done", "fax1.tif.receipt.pdf"))

	toldBySignedCall(t, s)
	heavyFax(t, s, spool, people[2], 1, limit)
	simulated(t, s, spool)
}

// toldBySignedCall tells of a fax that names no dossier, in our own form; the answer
// page says more once the pages are read.
func toldBySignedCall(t *testing.T, s *server) {
	t.Helper()
	bare := faxOf(t, "tiffg32d", document(t, "nobody's"))
	header, body := genericCall(t, demoFaxSecret, fax.GenericFax{ID: "gw-1", From: "+390655513", Status: "received", File: bare})
	a := s.nobody().do(http.MethodPost, "/gateways/fax/generic", header, bytes.NewReader(body))
	var receipt struct {
		Protocol   string
		AnswerPage []byte `json:"answer_page"`
	}
	a.decode(t, &receipt)
	if a.Status != http.StatusOK || receipt.Protocol == "" || !bytes.HasPrefix(receipt.AnswerPage, []byte("%PDF-")) {
		t.Fatalf("webhook: %d %s", a.Status, a.Body)
	}
	awaitUnmatched(t, s, receipt.Protocol)
	header, body = signedCall(t, demoFaxSecret, fax.Asked{ID: "gw-1"})
	a = s.nobody().do(http.MethodPost, "/gateways/fax/generic/answer", header, bytes.NewReader(body))
	var later struct {
		Final      bool
		AnswerPage []byte `json:"answer_page"`
	}
	a.decode(t, &later)
	if !later.Final || !bytes.HasPrefix(later.AnswerPage, []byte("%PDF-")) || bytes.Equal(later.AnswerPage, receipt.AnswerPage) {
		t.Errorf("the answer after reading: %d, final %t, %d bytes", a.Status, later.Final, len(later.AnswerPage))
	}
}

// heavyFax sends a signed document so many times over in one fax of the finest
// resolution, more bytes than an upload may have: it finds its dossier, is read from
// a copy in fewer bytes, and the original stays.
func heavyFax(t *testing.T, s *server, spool string, who demo.Citizen, times int, limit int64) {
	t.Helper()
	citizen := s.citizen(who)
	papers := signedDocument(t, who, citizen.form())
	heavy := faxAt(t, "tiffg3", "204x391", slices.Repeat([][]byte{papers}, times)...)
	if int64(len(heavy)) <= limit {
		t.Fatalf("%d bytes are within the limit", len(heavy))
	}
	for name, data := range map[string][]byte{".tif": heavy, ".done": nil} {
		if err := os.WriteFile(filepath.Join(spool, "heavy"+name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := citizen.await(dossier.StateReviewing)

	h := openDemo(t, s)
	d, err := h.store.Dossier(t.Context(), got.ID)
	if err != nil {
		t.Fatal(err)
	}
	files := d.Submissions[0].Documents
	if len(files) != 2 || !files[0].Evidence || files[1].Bytes > limit || len(files[1].Pages) != 2*times {
		t.Fatalf("%+v", files)
	}
	kept, err := h.vault.Open(t.Context(), files[0], files[0].Blob)
	if err != nil || !bytes.Equal(kept, heavy) {
		t.Errorf("the original has %d bytes, %v", len(kept), err)
	}
	t.Logf("%d bytes came, %d are read", len(heavy), files[1].Bytes)
}

// openDemo opens a demonstration's store beside its server.
func openDemo(t *testing.T, s *server) *house {
	t.Helper()
	env := &environment{ctx: t.Context(), stdout: io.Discard, stderr: io.Discard, logger: slog.New(slog.DiscardHandler)}
	h, err := openHouse(env, storage{Data: s.Data}, dossier.DefaultPolicy(), true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.close() }) // only read
	return h
}

// simulated has a gateway with faults send to both: all is taken, each fax once.
func simulated(t *testing.T, s *server, spool string) {
	t.Helper()
	path := write(t, "page.pdf", document(t, "simulated"))
	for _, way := range [][]string{{"--spool", spool}, {"--url", s.URL + "/api/v1/gateways/fax/generic", "--bad-signed", "1"}} {
		args := append([]string{"simulate", "fax", "--count", "3", "--damaged", "0.5", "--cut", "0.5", "--duplicates", "1", "--shuffle"}, way...)
		if out, code := command(t, append(args, path)...); code != 0 || out != "6 faxes told of, 0 not taken\n" {
			t.Errorf("%v: exit %d, %s", way, code, out)
		}
	}
	if _, code := command(t, "simulate", "fax", "--url", "https://elsewhere.example/", path); code != exitUsage {
		t.Errorf("another machine: exit %d", code)
	}
	awaitReconciled(t, s, "fax      received 10")
}

// awaitReconciled waits until the account of a server says a text and nothing is
// missing.
func awaitReconciled(t *testing.T, s *server, text string) {
	t.Helper()
	err := testkit.WaitFor(3*patience, func() error { // others may keep the machine busy
		out, code := command(t, "reconcile", "--demo", "--data", s.Data)
		if code != 0 || !strings.Contains(out, text) {
			return fmt.Errorf("exit %d: %s", code, out)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func awaitFile(t testing.TB, path string) {
	t.Helper()
	err := testkit.WaitFor(60*time.Second, func() error {
		_, err := os.Stat(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// awaitUnmatched waits until a fax is on the operators' list, and returns its id.
func awaitUnmatched(t testing.TB, s *server, protocol string) string {
	t.Helper()
	desk := s.operator("operatore")
	id := ""
	err := testkit.WaitFor(60*time.Second, func() error {
		var list struct {
			Submissions []struct{ ID, Protocol string }
		}
		desk.get("/submissions?state=unmatched").decode(t, &list)
		for _, sub := range list.Submissions {
			if sub.Protocol == protocol {
				id = sub.ID
				return nil
			}
		}
		return fmt.Errorf("%s is not on the list", protocol)
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}
