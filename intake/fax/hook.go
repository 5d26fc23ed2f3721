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
	if !validID(h.CommID) || !validID(base) || len(h.CommID)+len(base) > 200 {
		return Fax{}, invalid("communication id or file name")
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
		return Fax{}, invalid("a reception without error and without file")
	}
	return f, nil
}

// Told is the answer to the hook.
type Told struct {
	// Protocol is "" for a failed reception that left no page.
	Protocol string `json:"protocol"`
	Repeated bool   `json:"repeated"`
}

// HookServer takes hooks over a unix socket from who knows the credential.
type HookServer struct {
	Door Door
	// Credential is the gateway's own, at least 16 bytes.
	Credential string
	Logger     *slog.Logger
}

// hookPath is where the socket's server takes hooks.
const hookPath = "/fax-received"

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
	told, err := s.take(r.Context(), r, http.MaxBytesReader(w, r.Body, maxHook))
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
	w.WriteHeader(status)
	if err == nil {
		_ = json.NewEncoder(w).Encode(told) // who is gone asks again
	}
}

func (s *HookServer) take(ctx context.Context, r *http.Request, body io.Reader) (Told, error) {
	sent := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if subtle.ConstantTimeCompare([]byte(sent), []byte(s.Credential)) != 1 {
		return Told{}, dossier.Problem(dossier.CodeUnauthorized)
	}
	if r.Method != http.MethodPost || r.URL.Path != hookPath {
		return Told{}, invalid("%s", r.URL.Path)
	}
	var h Hook
	if err := json.NewDecoder(body).Decode(&h); err != nil {
		return Told{}, invalid("read hook: %w", err)
	}
	f, err := h.fax()
	if err != nil {
		return Told{}, err
	}
	receipt, err := deliver(ctx, s.Door, "hylafax", f)
	return Told{Protocol: receipt.Protocol, Repeated: receipt.Repeated}, err
}

// Send hands a hook to the server at the socket; any error means that the fax was
// not taken and must stay where it is.
func Send(ctx context.Context, socket, credential string, h Hook) (Told, error) {
	body, err := json.Marshal(h)
	if err != nil {
		return Told{}, fmt.Errorf("encode hook: %w", err)
	}
	client := &http.Client{Timeout: 2 * time.Minute, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		},
	}}
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://socket"+hookPath, bytes.NewReader(body))
	if err != nil {
		return Told{}, fmt.Errorf("make request: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+credential)
	resp, err := client.Do(req)
	if err != nil {
		return Told{}, fmt.Errorf("call the server: %w", err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	if resp.StatusCode != http.StatusOK {
		return Told{}, fmt.Errorf("the server answers %s", resp.Status)
	}
	var told Told
	if err := json.NewDecoder(io.LimitReader(resp.Body, 4096)).Decode(&told); err != nil {
		return Told{}, fmt.Errorf("read answer: %w", err)
	}
	return told, nil
}
