package fax_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dispositivo/dossier"
	"dispositivo/intake/fax"
	"dispositivo/internal/testkit/house"
)

const credential = "a credential for the tests"

// listen serves hooks at a socket until the test ends.
func listen(t *testing.T, door fax.Door) string {
	t.Helper()
	return serveHooks(t, &fax.HookServer{Door: door, Credential: credential})
}

// serveHooks runs a server at a socket until the test ends.
func serveHooks(t *testing.T, server *fax.HookServer) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "hook") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "s")
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	server.Logger = slog.New(slog.DiscardHandler)
	go func() { done <- server.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		_ = os.RemoveAll(dir)
	})
	return socket
}

// proves C4: HylaFAX's arguments: one fax is one submission however often it is
// told of; a failed reception is recorded as such, with the pages it left or
// without.
func TestHook(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	socket := listen(t, newDoor(h))
	hook := fax.Hook{
		File: "recvq/fax000000123.tif", Device: "ttyS0", CommID: "000000456",
		CallerIDs: []string{"", "0655512345", "ROSSI"}, Data: page,
	}
	var first fax.Told
	for n := range 2 {
		told, err := fax.Send(t.Context(), socket, credential, hook)
		if err != nil || told.Protocol == "" || told.Repeated != (n > 0) {
			t.Fatalf("%+v, %v", told, err)
		}
		if n > 0 && told.Protocol != first.Protocol {
			t.Errorf("%+v after %+v", told, first)
		}
		first = told
	}
	subs := received(t, h)
	if len(subs) != 1 || !strings.Contains(origin(t, h, subs[0]), "0655512345") {
		t.Fatalf("%d submissions", len(subs))
	}
	partly := hook
	partly.Error, partly.Data = "Missing EOP", []byte("half")
	if told, err := fax.Send(t.Context(), socket, credential, partly); err != nil || told.Protocol == "" {
		t.Errorf("%+v, %v", told, err)
	}
	if subs = received(t, h); len(subs) != 2 || !strings.Contains(origin(t, h, subs[1]), `"incomplete":true`) {
		t.Errorf("%d submissions", len(subs))
	}
	failed := hook
	failed.Error, failed.Data = "No carrier", nil
	for range 2 {
		if told, err := fax.Send(t.Context(), socket, credential, failed); err != nil || told.Protocol != "" {
			t.Errorf("%+v, %v", told, err)
		}
	}
	if l := ledger(t, h); len(l) != 1 || l[0].Code != fax.CodeFailed || l[0].Channel != dossier.ChannelFax {
		t.Errorf("ledger %+v", l)
	}
}

// proves C7: what was not taken is an error for the gateway.
func TestHookRefuses(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	hook := fax.Hook{File: "recvq/fax1.tif", CommID: "1", Data: page}
	if _, err := fax.Send(t.Context(), listen(t, broken{}), credential, hook); err == nil {
		t.Error("a full disk is no error")
	}
	socket := listen(t, newDoor(h))
	if _, err := fax.Send(t.Context(), socket, "another credential", hook); err == nil {
		t.Error("a wrong credential is no error")
	}
	if _, err := fax.Send(t.Context(), filepath.Join(t.TempDir(), "none"), credential, hook); err == nil {
		t.Error("no server is no error")
	}
	hook.CommID = "1 2"
	if _, err := fax.Send(t.Context(), socket, credential, hook); err == nil || !strings.HasSuffix(err.Error(), ": commid is missing or wrong") {
		t.Errorf("a number that is none: %v", err)
	}
	hook.CommID, hook.Data = "1", nil
	if _, err := fax.Send(t.Context(), socket, credential, hook); err == nil || !strings.HasSuffix(err.Error(), ": file is missing or wrong") {
		t.Errorf("no file and no error: %v", err)
	}
	if n := len(received(t, h)); n != 0 {
		t.Errorf("%d submissions", n)
	}
}

func FuzzHook(f *testing.F) {
	f.Add([]byte(`{"file":"recvq/fax1.tif","device":"ttyS0","comm_id":"1","error":"","caller_ids":["06"],"data":"SUkq"}`))
	f.Add([]byte(`{"file":"../../etc/passwd","comm_id":"../x","error":"e"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		server := &fax.HookServer{Door: broken{}, Credential: credential, Logger: slog.New(slog.DiscardHandler)}
		req := httptest.NewRequestWithContext(t.Context(), "POST", "/fax-received", bytes.NewReader(body))
		req.Header.Set("Authorization", "Bearer "+credential)
		w := httptest.NewRecorder()
		server.ServeHTTP(w, req)
		if w.Code == 200 {
			t.Errorf("a door that takes nothing, and yet 200 for %q", body)
		}
	})
}
