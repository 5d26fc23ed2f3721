package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/demo"
	"dispositivo/internal/testkit"
	"dispositivo/internal/testkit/engines"
)

// beMain turns the test binary into the program itself, so that the tests run
// the real thing in a process of its own, which they can kill.
const beMain = "DISPOSITIVO_TEST_BE_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(beMain) != "" || childMain(os.Args) != nil {
		main()
		return
	}
	moreAtOnce()
	os.Exit(testkit.Main(m))
}

// moreAtOnce lets twice as many tests run at once as there are processors, unless
// -parallel says how many: most of the time they wait for other processes.
func moreAtOnce() {
	flag.Parse()
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue {
		_ = f.Value.Set(strconv.Itoa(2 * runtime.GOMAXPROCS(0))) // a number is a number
	}
}

// shareEngines has a server that starts for the first time find the compiled engines: to
// compile them would cost it seconds of processor time.
func shareEngines(t testing.TB, data string) {
	t.Helper()
	if err := os.MkdirAll(data, 0o700); err != nil {
		t.Fatal(err)
	}
	folder, err := engines.Folder()
	if err != nil {
		t.Fatal(err)
	}
	err = os.Symlink(folder, storage{Data: data}.cacheDir())
	if err != nil && !errors.Is(err, os.ErrExist) {
		t.Fatal(err)
	}
}

// program returns a command that runs dispositivo with the arguments.
func program(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	// A busy machine must not turn honest documents into machine.gave_up; the
	// limits themselves are tested in internal/sandbox.
	cmd.Env = append(os.Environ(), beMain+"=1", "DISPOSITIVO_READ_TIME=45s", "DISPOSITIVO_LONGEST_TIME=3m")
	return cmd
}

// server is a running dispositivo.
type server struct {
	t    testing.TB
	URL  string
	Data string
	args []string
	cmd  *exec.Cmd
	log  *lockedBuffer
	exe  string // what is started; "": this binary
	// roots are whose certificate the server shows; nil: it speaks plain HTTP.
	roots *x509.CertPool
}

// lockedBuffer collects what a process writes.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// serveDemo starts a demonstration in a folder of its own, in which nobody has sent
// anything yet.
func serveDemo(t testing.TB, args ...string) *server {
	t.Helper()
	return serveArgs(t, t.TempDir(), append([]string{"--demo", "--no-demo-scenes"}, args...)...)
}

// serveScenes starts a demonstration whose scenes are played: it costs seven documents.
func serveScenes(t testing.TB, args ...string) *server {
	t.Helper()
	return serveArgs(t, t.TempDir(), append([]string{"--demo"}, args...)...)
}

// serveArgs starts a server over a data folder and stops it when the test ends.
func serveArgs(t testing.TB, data string, args ...string) *server {
	t.Helper()
	addr := testkit.FreeAddr(t)
	s := &server{t: t, URL: "http://" + addr, Data: data, log: &lockedBuffer{}}
	s.args = append([]string{"serve", "--addr", addr, "--data", data}, args...)
	s.start()
	t.Cleanup(s.stop)
	return s
}

// start starts the process, again after kill, and waits until it is ready.
func (s *server) start() {
	s.t.Helper()
	shareEngines(s.t, s.Data)
	s.cmd = program(context.Background(), s.args...)
	if s.exe != "" {
		s.cmd.Path = s.exe
	}
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	err := testkit.WaitFor(30*time.Second, func() error {
		resp, err := s.http().Get(s.URL + "/readyz") //nolint:noctx // bounded by the wait
		if err != nil {
			return err
		}
		defer resp.Body.Close() //nolint:errcheck // only the status counts
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("readyz answers %d", resp.StatusCode)
		}
		return nil
	})
	if err != nil {
		s.t.Fatalf("the server does not come up: %v\n%s", err, s.log)
	}
}

// http is a client that trusts the server, whose certificate a test may have made.
func (s *server) http() *http.Client {
	if s.roots == nil {
		return http.DefaultClient //nolint:forbidigo // a test's own server, at loopback
	}
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: s.roots, MinVersion: tls.VersionTLS12}, DisableKeepAlives: true,
	}}
}

// kill ends the process as a power cut would.
func (s *server) kill() {
	_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL) // it may be gone already
	_ = s.cmd.Wait()
}

// stop ends the process politely.
func (s *server) stop() {
	if s.cmd.ProcessState != nil {
		return
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	done := make(chan struct{})
	go func() { _ = s.cmd.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		s.t.Errorf("the server does not stop\n%s", s.log)
		s.kill()
	}
}

// command runs another command of the program and returns what it printed.
func command(t testing.TB, args ...string) (stdout string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := program(context.Background(), args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if cmd.ProcessState == nil {
		t.Fatalf("%v: %v", args, err)
	}
	if cmd.ProcessState.ExitCode() == exitFailed {
		t.Logf("%v: %s", args, errs.String())
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// client is somebody who talks to the JSON interface.
type client struct {
	t     testing.TB
	url   string
	token string
}

// answer is what came back.
type answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// decode reads the JSON body into v.
func (a answer) decode(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal(a.Body, v); err != nil {
		t.Fatalf("status %d, body %s: %v", a.Status, a.Body, err)
	}
}

// code is the problem's code, "" when the answer is none.
func (a answer) code() dossier.Code {
	var p struct {
		Code dossier.Code `json:"code"`
	}
	_ = json.Unmarshal(a.Body, &p) // what is no JSON is no problem
	return p.Code
}

// try sends a request; an error means that no answer came.
func (c *client) try(method, path string, header http.Header, body io.Reader) (answer, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, c.url+"/api/v1"+path, body)
	if err != nil {
		return answer{}, err
	}
	if header != nil {
		req.Header = header
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := http.DefaultClient.Do(req) //nolint:forbidigo // a test's own server, at loopback
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	b, err := io.ReadAll(resp.Body)
	return answer{Status: resp.StatusCode, Header: resp.Header, Body: b}, err
}

func (c *client) do(method, path string, header http.Header, body io.Reader) answer {
	c.t.Helper()
	a, err := c.try(method, path, header, body)
	if err != nil {
		c.t.Fatal(err)
	}
	return a
}

func (c *client) get(path string) answer {
	c.t.Helper()
	return c.do(http.MethodGet, path, nil, nil)
}

func (c *client) post(path string, v any) answer {
	c.t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		c.t.Fatal(err)
	}
	return c.do(http.MethodPost, path, http.Header{"Content-Type": {"application/json"}}, bytes.NewReader(b))
}

// multipartFile is a body with one part "file".
func multipartFile(t testing.TB, name string, data []byte) (contentType string, body []byte) {
	t.Helper()
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	part, err := w.CreateFormFile("file", name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), buf.Bytes()
}

func (c *client) upload(data []byte) answer {
	c.t.Helper()
	contentType, body := multipartFile(c.t, "modulo.pdf", data)
	return c.do(http.MethodPost, "/conversions", http.Header{"Content-Type": {contentType}}, bytes.NewReader(body))
}

// citizen signs a demonstration's citizen in.
func (s *server) citizen(c demo.Citizen) *client {
	s.t.Helper()
	return s.signIn("/sessions", map[string]string{"codice_fiscale": c.CodiceFiscale.String(), "pin": c.PIN})
}

// operator signs a demonstration's operator in.
func (s *server) operator(username string) *client {
	s.t.Helper()
	for _, o := range demo.Operators() {
		if o.Username == username {
			return s.signIn("/operator-sessions", map[string]string{"username": o.Username, "password": o.Password})
		}
	}
	s.t.Fatalf("no operator %s", username)
	return nil
}

func (s *server) signIn(path string, credentials map[string]string) *client {
	s.t.Helper()
	c := s.nobody()
	a := c.post(path, credentials)
	if a.Status != http.StatusCreated {
		s.t.Fatalf("sign in: %d %s", a.Status, a.Body)
	}
	var session struct{ Token string }
	a.decode(s.t, &session)
	c.token = session.Token
	return c
}

func (s *server) nobody() *client { return &client{t: s.t, url: s.URL} }

// free returns the demonstration's citizens with a PIN ordinario and no dossier.
func free() []demo.Citizen {
	var list []demo.Citizen
	for _, c := range demo.Citizens() {
		if c.Scene == demo.SceneNone {
			list = append(list, c)
		}
	}
	return list
}

// signedDocument is the holder's form, signed, with a specimen identity page,
// made by the program's own command.
func signedDocument(t testing.TB, c demo.Citizen, form []byte) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "form.pdf")
	if err := os.WriteFile(path, form, 0o600); err != nil {
		t.Fatal(err)
	}
	out, code := command(t, "demo", "document", "--holder", c.CodiceFiscale.String(), path)
	if code != 0 || !strings.HasPrefix(out, "%PDF-") {
		t.Fatalf("demo document: exit %d, %d bytes", code, len(out))
	}
	return []byte(out)
}

// form downloads the holder's form.
func (c *client) form() []byte {
	c.t.Helper()
	a := c.get("/conversions/form")
	if a.Status != http.StatusOK || a.Header.Get("Content-Type") != "application/pdf" {
		c.t.Fatalf("form: %d %s", a.Status, a.Body)
	}
	return a.Body
}

// conversion is a dossier as the interface shows it to its holder.
type conversionJSON struct {
	ID       string
	State    dossier.State
	Protocol string
	Reason   dossier.Reason
	Missing  []dossier.FindingCode
}

// await waits until the holder's newest conversion is in the state.
func (c *client) await(state dossier.State) conversionJSON {
	c.t.Helper()
	var got struct{ Conversions []conversionJSON }
	err := testkit.WaitFor(60*time.Second, func() error {
		c.get("/conversions").decode(c.t, &got)
		if len(got.Conversions) == 0 || got.Conversions[0].State != state {
			return fmt.Errorf("want %s, got %+v", state, got.Conversions)
		}
		return nil
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return got.Conversions[0]
}

// claimJSON is a review as the interface gives it.
type claimJSON struct {
	ID        string
	DossierID string `json:"dossier_id"`
	Version   int64
	Pages     []struct {
		DocumentID string `json:"document_id"`
		N          int
	}
}

// claim takes the next review until it is the dossier's, releasing others.
func (c *client) claim(dossierID string) claimJSON {
	c.t.Helper()
	var got claimJSON
	err := testkit.WaitFor(60*time.Second, func() error {
		a := c.post("/dossiers/"+dossierID+"/claim", nil)
		if a.Status != http.StatusOK {
			return fmt.Errorf("claim: %d %s", a.Status, a.Body)
		}
		a.decode(c.t, &got)
		return nil
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return got
}

// look opens every page of a review.
func (c *client) look(cl claimJSON) {
	c.t.Helper()
	for _, p := range cl.Pages {
		a := c.get(fmt.Sprintf("/documents/%s/pages/%d", p.DocumentID, p.N))
		if a.Status != http.StatusOK || !strings.HasPrefix(a.Header.Get("Content-Type"), "image/") {
			c.t.Fatalf("page: %d %s", a.Status, a.Body)
		}
	}
}

// approve approves a review.
func (c *client) approve(cl claimJSON) answer {
	c.t.Helper()
	return c.post("/reviews/"+cl.ID+"/decision", map[string]any{"action": dossier.ActionApprove, "reason": "", "version": cl.Version})
}

func copyBody(w io.Writer, resp *http.Response) (int64, error) { return io.Copy(w, resp.Body) }
