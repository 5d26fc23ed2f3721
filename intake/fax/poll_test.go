package fax_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"dispositivo/intake/fax"
	"dispositivo/internal/netx"
	"dispositivo/internal/testkit/house"
)

// inbox speaks as SRFax and InterFAX do, of one fax.
type inbox struct {
	mu   sync.Mutex
	read bool
	// deaf makes marking fail, as a crash before it would.
	deaf bool
	// blank makes the fax one without a byte.
	blank bool
}

func (b *inbox) mark() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.read = !b.deaf
	return b.read
}

func (b *inbox) isRead() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.read
}

func (b *inbox) page() []byte {
	if b.blank {
		return []byte{}
	}
	return page
}

func reply(w http.ResponseWriter, v any) { _ = json.NewEncoder(w).Encode(v) }

// srfax answers POSTs with an action.
func (b *inbox) srfax(w http.ResponseWriter, r *http.Request) {
	var in map[string]string
	_ = json.NewDecoder(r.Body).Decode(&in)
	result := map[string]any{"Status": "Failed", "Result": "Invalid Access Code / Password"}
	if in["access_id"] == "1234" && in["access_pwd"] == "password" {
		result["Status"] = "Success"
		switch in["action"] {
		case "Get_Fax_Inbox":
			list := []map[string]string{}
			if in["sViewedStatus"] == "UNREAD" && !b.isRead() {
				list = append(list, map[string]string{
					"FileName": "20260302090000-8812-34_0|31524120", "ReceiveStatus": "Ok", "EpochTime": "1772442000", "Date": "Mar 2/26 09:00 AM",
					"CallerID": "390655512", "RemoteID": "ACME", "Pages": "2", "Size": "32921", "ViewedStatus": "N",
				})
			}
			result["Result"] = list
		case "Retrieve_Fax":
			result["Result"] = b.page() // base64
		case "Update_Viewed_Status":
			if !b.mark() {
				result["Status"] = "Failed"
			}
		}
	}
	reply(w, result)
}

// interfax answers its REST interface.
func (b *inbox) interfax(w http.ResponseWriter, r *http.Request) {
	if user, password, _ := r.BasicAuth(); user != "user" || password != "password" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	switch r.Method + " " + r.URL.RequestURI() {
	case "GET /inbound/faxes?unreadOnly=true":
		list := []map[string]any{}
		if !b.isRead() {
			list = append(list, map[string]any{
				"messageId": 292626603, "phoneNumber": "+390699", "remoteCSID": "ACME", "messageStatus": 0, "pages": 1, "callerId": "390655512",
			})
		}
		reply(w, list)
	case "GET /inbound/faxes/292626603/content":
		_, _ = w.Write(b.page())
	case "POST /inbound/faxes/292626603/mark?unread=false":
		if !b.mark() {
			w.WriteHeader(http.StatusInternalServerError)
		}
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// proves C4 C7: a fax is marked as read only after the door has it, and is one
// submission however often it is fetched.
func TestPoll(t *testing.T) {
	t.Parallel()
	client, err := netx.New(netx.Options{Hosts: []string{"127.0.0.1"}, AllowLoopback: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	for name, make := range map[string]func(b *inbox) (http.HandlerFunc, func(url, password string) fax.Inbox){
		"srfax": func(b *inbox) (http.HandlerFunc, func(url, password string) fax.Inbox) {
			return b.srfax, func(url, password string) fax.Inbox {
				return fax.SRFax{Client: client, URL: url + "/SRF_SecWebSvc.php", ID: "1234", Password: password}
			}
		},
		"interfax": func(b *inbox) (http.HandlerFunc, func(url, password string) fax.Inbox) {
			return b.interfax, func(url, password string) fax.Inbox {
				return fax.InterFAX{Client: client, URL: url, User: "user", Password: password}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := house.New(t)
			b := &inbox{deaf: true}
			handler, account := make(b)
			provider := httptest.NewServer(handler)
			t.Cleanup(provider.Close)
			if err := fax.Poll(t.Context(), account(provider.URL, "wrong"), newDoor(h)); err == nil {
				t.Error("a wrong password is no error")
			}
			if err := fax.Poll(t.Context(), account(provider.URL, "password"), broken{}); err == nil || b.isRead() {
				t.Error("a full disk is no error, or the fax is marked as read")
			}
			if err := fax.Poll(t.Context(), account(provider.URL, "password"), newDoor(h)); err == nil {
				t.Error("a fax that could not be marked is no error")
			}
			b.deaf = false
			for range 2 {
				if err := fax.Poll(t.Context(), account(provider.URL, "password"), newDoor(h)); err != nil {
					t.Error(err)
				}
			}
			if n := len(received(t, h)); n != 1 || !b.isRead() {
				t.Errorf("%d submissions, marked %t", n, b.isRead())
			}
		})
	}
}

// A fax that can never be taken is entered once, and not at every look again.
func TestPollNever(t *testing.T) {
	t.Parallel()
	client, err := netx.New(netx.Options{Hosts: []string{"127.0.0.1"}, AllowLoopback: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	h := house.New(t)
	b := &inbox{blank: true}
	provider := httptest.NewServer(http.HandlerFunc(b.interfax))
	t.Cleanup(provider.Close)
	account := fax.InterFAX{Client: client, URL: provider.URL, User: "user", Password: "password"}
	if err := fax.Poll(t.Context(), account, newDoor(h)); err == nil {
		t.Error("it is no error")
	}
	if err := fax.Poll(t.Context(), account, newDoor(h)); err != nil || !b.isRead() {
		t.Errorf("it is fetched again: %v", err)
	}
	if n := len(ledger(t, h)); n != 1 {
		t.Errorf("%d lines in the ledger", n)
	}
}
