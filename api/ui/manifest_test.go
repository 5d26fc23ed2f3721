package ui_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// proves E2: the portal can be installed, under its name, with an icon that is
// served.
func TestManifest(t *testing.T) {
	r := serve(t, nil)
	w := get(r, "/manifest.webmanifest")
	var got struct {
		Name     string
		StartURL string `json:"start_url"`
		Icons    []struct{ Src string }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Name != "PIN dispositivo" || got.StartURL != "/area" || len(got.Icons) != 1 {
		t.Fatalf("%+v", got)
	}
	if icon := get(r, got.Icons[0].Src); icon.Code != http.StatusOK {
		t.Errorf("icon %s: %d", got.Icons[0].Src, icon.Code)
	}
	if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "manifest-src 'self'") {
		t.Errorf("a browser would not fetch it: %s", csp)
	}
}
