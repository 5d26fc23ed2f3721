package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"dispositivo/dossier"
)

// proves C2, C7: what was turned away can be read on the command line, by channel, and
// says nothing of anybody.
func TestRefusalsCommand(t *testing.T) {
	t.Parallel()
	s := serveDemo(t)
	who := free()[0]
	citizen := s.citizen(who)
	contentType, body := multipartFile(t, "Ada.pdf", picture(t))
	a := citizen.do(http.MethodPost, "/conversions", http.Header{"Content-Type": {contentType}}, strings.NewReader(string(body)))
	if a.code() != dossier.Code(dossier.FileType) {
		t.Fatalf("a PNG: %d %s", a.Status, a.Body)
	}
	got := runWith(t, "", "refusals", "--demo", "--data", s.Data, "--channel", "upload", "--json")
	var line map[string]any
	if err := json.Unmarshal([]byte(got.stdout), &line); err != nil || got.code != 0 {
		t.Fatalf("exit %d, %v\n%s%s", got.code, err, got.stdout, got.stderr)
	}
	if line["code"] != "file.type" || line["channel"] != "upload" || line["gateway"] != "" || line["text"] != "the file is neither PDF nor TIFF" || line["bytes"] == 0.0 || line["at"] == "" {
		t.Errorf("line %v", line)
	}
	text := runWith(t, "", "refusals", "--demo", "--data", s.Data, "--since", "1h")
	if fields := strings.Fields(text.stdout); text.code != 0 || len(fields) < 5 || fields[1] != "upload" || fields[2] != "-" || fields[3] != "file.type" {
		t.Errorf("exit %d\n%s%s", text.code, text.stdout, text.stderr)
	}
	if strings.Contains(got.stdout+text.stdout, who.CodiceFiscale.String()) || strings.Contains(got.stdout+text.stdout, "Ada") {
		t.Error("the ledger names somebody")
	}
	if none := runWith(t, "", "refusals", "--demo", "--data", s.Data, "--channel", "fax"); none.code != 0 || none.stdout != "" {
		t.Errorf("faxes: exit %d\n%s", none.code, none.stdout)
	}
	refused(t, 2, nil, "refusals", "--demo", "--data", s.Data, "--channel", "pigeon")
	refused(t, 2, []string{"future"}, "refusals", "--demo", "--data", s.Data, "--since=-1h")
}
