package fax

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"dispositivo/dossier"
	"dispositivo/intake"
)

// Hook is what HylaFAX tells its script faxrcvd: qfile devid commid error-msg
// callid1 callid2 …; qfile is relative to the spool, an error-msg that is not
// empty means that the reception failed.
type Hook struct {
	File      string   `json:"file"`
	Device    string   `json:"device"`
	CommID    string   `json:"comm_id"`
	Error     string   `json:"error"`
	CallerIDs []string `json:"caller_ids"`
	// Data is the file; empty when the failed reception left none.
	Data []byte `json:"data"`
}

// maxCallers bounds the caller ids that are looked at.
const maxCallers = 16

// fax makes a Fax of the hook's arguments.
func (h Hook) fax() (Fax, error) {
	base := filepath.Base(filepath.Clean("/" + h.File))
	switch {
	case !validID(h.CommID):
		return Fax{}, invalid("commid", notAnID)
	case !validID(base) || len(h.CommID)+len(base) > 200:
		return Fax{}, invalid("file", "has a name that is no id, or too long with commid")
	}
	f := Fax{
		ID: strings.Join([]string{h.CommID, base, mark(h.Data)}, "/"), Failed: h.Error != "", Data: h.Data,
	}
	for _, id := range h.CallerIDs[:min(len(h.CallerIDs), maxCallers)] {
		if f.From = hint(id); f.From != "" {
			break
		}
	}
	if len(h.Data) == 0 && !f.Failed {
		return Fax{}, invalid("file", "a reception without error and without file")
	}
	return f, nil
}

// Told is the answer to the hook.
type Told struct {
	// Protocol is "" for a failed reception that left no page.
	Protocol string `json:"protocol"`
	Repeated bool   `json:"repeated"`
	// Submission is what AskAnswer names.
	Submission string `json:"submission"`
}

// HookServer takes hooks over a unix socket from who knows the credential.
type HookServer struct {
	Door Door
	// Answers draws pages for who asks; nil: none.
	Answers *Answers
	// Credential is the gateway's own, at least 16 bytes.
	Credential string
	Logger     *slog.Logger
}

// hookPath is where the socket's server takes hooks.
const hookPath = "/fax-received"

// fieldHeader names the argument of the hook that a refusal is about.
const fieldHeader = "X-Dispositivo-Field"

// answerPath is where it gives answer pages.
const answerPath = "/fax-answer"

// maxHook bounds a hook with its file in base64.
const maxHook = intake.MaxOriginal/3*4 + 64<<10

// Serve answers at the listener until ctx ends.
func (s *HookServer) Serve(ctx context.Context, l net.Listener) error {
	if len(s.Credential) < 16 {
		return errors.Join(errors.New("fax: the gateway credential is too short"), l.Close())
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, MaxHeaderBytes: 8 << 10}
	stop := context.AfterFunc(ctx, func() { _ = server.Shutdown(context.WithoutCancel(ctx)) }) // requests in hand finish
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve hooks: %w", err)
	}
	return nil
}

// ServeHTTP implements http.Handler.
func (s *HookServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var told any
	var err error
	if r.URL.Path == answerPath {
		told, err = s.answer(r.Context(), r)
	} else {
		told, err = s.take(r.Context(), r, http.MaxBytesReader(w, r.Body, maxHook))
	}
	status := http.StatusOK
	switch {
	case dossier.CodeOf(err) == dossier.CodeUnauthorized:
		status = http.StatusUnauthorized
	case err != nil && !dossier.Temporary(err):
		status = http.StatusBadRequest
	case err != nil:
		status = http.StatusServiceUnavailable
	}
	if err != nil {
		s.Logger.LogAttrs(r.Context(), slog.LevelWarn, "received-fax hook not taken", slog.String("error", err.Error()))
	}
	w.Header().Set("Content-Type", "application/json")
	if problem, ok := errors.AsType[*dossier.Error](err); ok && problem.Args["field"] != "" {
		w.Header().Set(fieldHeader, problem.Args["field"])
	}
	w.WriteHeader(status)
	if err == nil {
		_ = json.NewEncoder(w).Encode(told) // who is gone asks again
	}
}

// knows reports whether the caller has the credential.
func (s *HookServer) knows(r *http.Request) bool {
	sent := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	return subtle.ConstantTimeCompare([]byte(sent), []byte(s.Credential)) == 1
}

func (s *HookServer) take(ctx context.Context, r *http.Request, body io.Reader) (Told, error) {
	if !s.knows(r) {
		return Told{}, dossier.Problem(dossier.CodeUnauthorized)
	}
	if r.Method != http.MethodPost || r.URL.Path != hookPath {
		return Told{}, invalid("path", "nothing is taken there")
	}
	var h Hook
	if err := json.NewDecoder(body).Decode(&h); err != nil {
		return Told{}, unreadable(err, "data")
	}
	f, err := h.fax()
	if err != nil {
		return Told{}, err
	}
	receipt, err := deliver(ctx, s.Door, "hylafax", f)
	return Told{Protocol: receipt.Protocol, Repeated: receipt.Repeated, Submission: receipt.SubmissionID}, err
}

// hookAnswer is the final answer page, if there is one.
type hookAnswer struct {
	Page []byte `json:"page"`
}

func (s *HookServer) answer(ctx context.Context, r *http.Request) (hookAnswer, error) {
	if !s.knows(r) {
		return hookAnswer{}, dossier.Problem(dossier.CodeUnauthorized)
	}
	if r.Method != http.MethodGet || s.Answers == nil {
		return hookAnswer{}, invalid("path", "nothing is asked there")
	}
	page, err := s.Answers.Page(ctx, r.URL.Query().Get("submission"))
	return hookAnswer{Page: page}, err
}

// Send hands a hook to the server at the socket; any error means that the fax was
// not taken and must stay where it is.
func Send(ctx context.Context, socket, credential string, h Hook) (Told, error) {
	body, err := json.Marshal(h)
	if err != nil {
		return Told{}, fmt.Errorf("encode hook: %w", err)
	}
	var told Told
	err = speak(ctx, socket, credential, http.MethodPost, hookPath, bytes.NewReader(body), 4096, &told)
	return told, err
}

// maxAnswer bounds an answer page in base64.
const maxAnswer = 4 << 20

// AskAnswer asks for the answer page to a fax that was sent; nil while there is none.
func AskAnswer(ctx context.Context, socket, credential, submissionID string) ([]byte, error) {
	var answer hookAnswer
	err := speak(ctx, socket, credential, http.MethodGet, answerPath+"?submission="+url.QueryEscape(submissionID), http.NoBody, maxAnswer, &answer)
	return answer.Page, err
}

// speak calls the server at the socket and reads its answer.
func speak(ctx context.Context, socket, credential, method, path string, body io.Reader, limit int64, into any) error {
	client := &http.Client{Timeout: 2 * time.Minute, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		},
	}}
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, method, "http://socket"+path, body)
	if err != nil {
		return fmt.Errorf("make request: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+credential)
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("call the server: %w", err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	if resp.StatusCode != http.StatusOK {
		if field := resp.Header.Get(fieldHeader); field != "" {
			return fmt.Errorf("the server answers %s: %s is missing or wrong", resp.Status, field)
		}
		return fmt.Errorf("the server answers %s", resp.Status)
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, limit)).Decode(into); err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	return nil
}
