package notify_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"dispositivo/dossier"
	"dispositivo/internal/netx"
	"dispositivo/internal/notify"
)

func textMessage() notify.Message {
	return notify.Message{ID: "m2", Class: notify.Text, To: "+393330000000", Text: "Il suo PIN è ora dispositivo"}
}

// provider answers with status and notes what it got.
func provider(t *testing.T, handler http.HandlerFunc) *notify.SMS {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	client, err := netx.New(netx.Options{Hosts: []string{"127.0.0.1"}, AllowLoopback: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	sender, err := notify.NewSMS(client, server.URL+"/messages", "token")
	if err != nil {
		t.Fatal(err)
	}
	return sender
}

func TestSMSSend(t *testing.T) {
	var calls atomic.Int32
	sender := provider(t, func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		var body map[string]string
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		if len(body) != 3 || body["to"] != "+393330000000" || body["text"] != "Il suo PIN è ora dispositivo" || body["id"] != "m2" {
			t.Errorf("body = %v", body)
		}
		if r.Method != http.MethodPost || r.URL.Path != "/messages" || r.Header.Get("Authorization") != "Bearer token" ||
			r.Header.Get("Idempotency-Key") != "m2" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
		}
		w.WriteHeader(http.StatusAccepted)
	})
	for range 2 {
		if err := sender.Send(t.Context(), textMessage()); err != nil {
			t.Fatal(err)
		}
	}
	if n := calls.Load(); n != 2 {
		t.Errorf("%d calls", n)
	}
}

func TestSMSErrors(t *testing.T) {
	for status, temporary := range map[int]bool{
		302: true, 400: false, 401: true, 403: true, 404: true, 408: true, 409: true, 410: false, 413: false, 422: false,
		425: true, 429: true, 500: true, 502: true, 503: true,
	} {
		sender := provider(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		err := sender.Send(t.Context(), textMessage())
		if err == nil || dossier.Temporary(err) != temporary {
			t.Errorf("%d: %v, want temporary %v", status, err, temporary)
		}
	}
}

func TestSMSUnreachableIsTemporary(t *testing.T) {
	client, err := netx.New(netx.Options{Hosts: []string{"127.0.0.1"}})
	if err != nil {
		t.Fatal(err)
	}
	sender, err := notify.NewSMS(client, "https://127.0.0.1:1/messages", "token")
	if err != nil {
		t.Fatal(err)
	}
	if err := sender.Send(t.Context(), textMessage()); err == nil || !dossier.Temporary(err) {
		t.Errorf("err = %v, want a temporary one", err)
	}
}

func TestSMSRefusesBadNumbers(t *testing.T) {
	sender := provider(t, func(http.ResponseWriter, *http.Request) { t.Error("the provider was called") })
	for _, number := range []string{"", "3330000000", "+0123456789", "+39 333", "+39333000000012345"} {
		m := textMessage()
		m.To = number
		err := sender.Send(t.Context(), m)
		if err == nil || dossier.Temporary(err) || dossier.CodeOf(err) != notify.CodeUndeliverable || number != "" && strings.Contains(err.Error(), number) {
			t.Errorf("%q: %v, want a permanent error without the number", number, err)
		}
	}
}

func TestSendersChooseByClass(t *testing.T) {
	var sent atomic.Bool
	senders := notify.Senders{notify.Text: provider(t, func(http.ResponseWriter, *http.Request) { sent.Store(true) })}
	if err := senders.Send(t.Context(), textMessage()); err != nil || !sent.Load() {
		t.Errorf("Send: %v", err)
	}
	if err := senders.Send(t.Context(), letter()); err == nil || !dossier.Temporary(err) {
		t.Errorf("a class without a sender: %v, want a temporary error", err)
	}
}

func TestNewSMSRefuses(t *testing.T) {
	for _, args := range [][2]string{{"", "t"}, {"/messages", "t"}, {"https://a:b@c.example", "t"}, {"https://c.example?k=1", "t"}, {"https://c.example", ""}} {
		if _, err := notify.NewSMS(nil, args[0], args[1]); err == nil {
			t.Errorf("%q accepted", args)
		}
	}
}
