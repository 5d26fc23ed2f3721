package main

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/testkit"
)

// scanForm is a form for the counter: whose it is, and files.
func scanForm(t testing.TB, named string, files ...[]byte) (contentType string, body []byte) {
	t.Helper()
	var buf bytes.Buffer
	form := multipart.NewWriter(&buf)
	if err := form.WriteField("dossier", named); err != nil {
		t.Fatal(err)
	}
	for _, data := range files {
		part, err := form.CreateFormFile("file", "scansione.pdf")
		if err == nil {
			_, err = part.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	return form.FormDataContentType(), buf.Bytes()
}

// folderScan is a line of the list.
type folderScan struct {
	ID, Protocol, Named string
	State               dossier.SubmissionState
	Viewable            bool
}

// awaitScan waits until what a sidecar named is on the list, read.
func awaitScan(desk *client, named string) (found folderScan, err error) {
	err = testkit.WaitFor(2*time.Minute, func() error {
		a, err := desk.try(http.MethodGet, "/counter/scans", nil, nil)
		if err != nil {
			return err
		}
		var list struct{ Scans []folderScan }
		if err := json.Unmarshal(a.Body, &list); err != nil || a.Status != http.StatusOK {
			return errNotYet("the list answers %d", a.Status)
		}
		for _, s := range list.Scans {
			if s.Named == named && s.State == dossier.SubmissionUnmatched {
				found = s
				return nil
			}
		}
		return errNotYet("%s is not among %+v", named, list.Scans)
	})
	return found, err
}

// counter takes in a scan for who stands there, and attaches one of the folder.
//
// proves C6 E3
func (w *witness) counter(t *testing.T, s *server) {
	desk, party := s.operator("operatore2"), s.member("parte.in.causa")
	people := free()
	who, own := people[len(people)-2].CodiceFiscale.String(), people[0].CodiceFiscale.String()
	scan := document(t, "at the counter")
	send := func(c *client, named string, files ...[]byte) answer {
		contentType, body := scanForm(t, named, files...)
		header := bearer(c.token)
		header.Set("Content-Type", contentType)
		return w.check(t, w.caller.send(t, http.MethodPost, "/api/v1/counter/scans", header, body), false)
	}
	expect(t, "no form", w.misuse(t, desk.token, http.MethodPost, "/counter/scans", map[string]string{}), http.StatusBadRequest, dossier.CodeFormParts)
	expect(t, "two files", send(desk, who, scan, scan), http.StatusBadRequest, dossier.CodeFormParts)
	expect(t, "no file", send(desk, who), http.StatusUnprocessableEntity, dossier.Code(dossier.FileEmpty))
	expect(t, "nothing named", send(desk, "qualcuno", scan), http.StatusBadRequest, dossier.CodeRequestInvalid)
	expect(t, "nobody's", send(desk, "2026/9999999", scan), http.StatusNotFound, dossier.CodeNotFound)
	expect(t, "the own", send(party, own, scan), http.StatusConflict, dossier.CodeOwnDossier)
	first := send(desk, who, scan)
	expect(t, "a scan", first, http.StatusCreated, "")
	expect(t, "the same", send(desk, who, scan), http.StatusOK, "")
	at := first.Header.Get("Location")[len("/api/v1"):]
	expect(t, "how it stands", w.ask(t, desk, http.MethodGet, at, nil), http.StatusOK, "")
	expect(t, "the receipt", w.ask(t, desk, http.MethodGet, at+"/receipt", nil), http.StatusOK, "")

	out, code := command(t, "simulate", "scan", "--folder", filepath.Join(s.Data, demoScans), "--dossier", who, file(t, "scan.pdf", document(t, "by the scanner")))
	if code != 0 {
		t.Fatalf("simulate scan: exit %d\n%s", code, out)
	}
	found, err := awaitScan(desk, who)
	if err != nil {
		t.Fatal(err)
	}
	body := map[string]string{"dossier": who}
	attach := "/counter/scans/" + found.ID + "/attachment"
	expect(t, "the list", w.ask(t, desk, http.MethodGet, "/counter/scans", nil), http.StatusOK, "")
	expect(t, "attached to nothing", w.misuse(t, desk.token, http.MethodPost, attach, map[string]string{}), http.StatusBadRequest, dossier.CodeRequestInvalid)
	expect(t, "attached to the own", w.ask(t, party, http.MethodPost, attach, map[string]string{"dossier": own}), http.StatusConflict, dossier.CodeOwnDossier)
	for range 2 {
		expect(t, "attached", w.ask(t, desk, http.MethodPost, attach, body), http.StatusOK, "")
	}
	var here, there struct {
		DossierID string `json:"dossier_id"`
	}
	first.decode(t, &here)
	w.ask(t, desk, http.MethodGet, "/counter/scans/"+found.ID, nil).decode(t, &there)
	if here.DossierID == "" || there.DossierID != here.DossierID {
		t.Errorf("taken in for %q, attached to %q", here.DossierID, there.DossierID)
	}
}
