package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dispositivo/dossier"
	intakefax "dispositivo/intake/fax"
	"dispositivo/internal/testkit"
	"dispositivo/internal/testkit/fax"
	"dispositivo/verify/ccitt"
	"dispositivo/verify/tiff"
)

// proves C9: the same fax as Group 4 by a provider and as Group 3 in the spool is joined
// once and a duplicate the second time; the same sheets faxed again are joined, and the
// reviewer is told which pages they look like. The holder is not.
func TestRepeatedFaxInTheBrowser(t *testing.T) {
	t.Parallel()
	spool := t.TempDir()
	s := serveDemo(t, "--fax-spool", spool)
	who := free()[0]
	citizen := s.citizen(who)
	papers := signedDocument(t, who, citizen.form())
	leave := func(name string, data []byte) {
		t.Helper()
		for ending, data := range map[string][]byte{".tif": data, ".done": nil} {
			if err := os.WriteFile(filepath.Join(spool, name+ending), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}

	header, body := genericCall(t, demoFaxSecret, intakefax.GenericFax{ID: "gw-1", From: "+390655512", Status: "received", File: faxOf(t, "tiffg4", papers)})
	if a := s.nobody().do(http.MethodPost, "/gateways/fax/generic", header, bytes.NewReader(body)); a.Status != http.StatusOK {
		t.Fatalf("webhook: %d %s", a.Status, a.Body)
	}
	first := citizen.await(dossier.StateReviewing)
	leave("g3", faxOf(t, "tiffg3", papers))
	awaitArrivals(t, citizen, first.ID, dossier.SubmissionDuplicate, dossier.SubmissionJoined)
	citizen.await(dossier.StateReviewing) // it never left it
	leave("again", faxedAgain(t, faxAt(t, "tiffg4", "300x300", papers)))
	awaitArrivals(t, citizen, first.ID, dossier.SubmissionJoined, dossier.SubmissionDuplicate, dossier.SubmissionJoined)
	citizen.await(dossier.StateReviewing)

	b := openBrowser(t, s)
	clerk := b.person(t, wide, true)
	clerk.enterDesk("operatore")
	last := openDemo(t, s)
	d, err := last.store.Dossier(t.Context(), first.ID)
	if err != nil {
		t.Fatal(err)
	}
	clerk.takes(d.Submissions[2].Protocol.String())
	like := "somiglia alla pagina %d di " + d.Submissions[0].Protocol.String() + ": forse lo stesso foglio inviato di nuovo, forse una versione più recente; confrontarle"
	clerk.sees("main", fmt.Sprintf(like, 1), fmt.Sprintf(like, 2), "Già ricevuto in precedenza")
	clerk.sees(`section[aria-labelledby="noticed"] h3`, d.Submissions[2].Protocol.String())
	clerk.sees(".dsp-sheet:not([hidden])", "Pagina 1 di 4", "(pagina 1 di "+d.Submissions[0].Protocol.String()+")") // the two faxes that count
	clerk.inspect("desk-dossier-repeated")

	holder := b.person(t, wide, true)
	holder.visit("/accesso")
	holder.signIn(who)
	holder.visit("/conversione/" + first.ID)
	if page := holder.text("main"); strings.Contains(page, "somiglia") || !strings.Contains(page, "Già ricevuto in precedenza") {
		t.Errorf("the holder is told: %s", page)
	}
}

// awaitArrivals waits until what came for a conversion is in these states, the newest first.
func awaitArrivals(t *testing.T, citizen *client, id string, want ...dossier.SubmissionState) {
	t.Helper()
	err := testkit.WaitFor(patience, func() error {
		var got struct {
			Submissions []struct {
				State    dossier.SubmissionState
				Findings []dossier.Finding
			}
		}
		citizen.get("/conversions/"+id).decode(t, &got)
		var states []dossier.SubmissionState
		for _, sub := range got.Submissions {
			states = append(states, sub.State)
			for _, f := range sub.Findings {
				if f.Code == dossier.PageRepeated {
					t.Errorf("the holder is told %+v", f)
				}
			}
		}
		if fmt.Sprint(states) != fmt.Sprint(want) {
			return fmt.Errorf("%v, want %v", states, want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// faxedAgain puts every sheet of a clean file of 300 dots an inch through a fax once more.
func faxedAgain(t *testing.T, data []byte) []byte {
	t.Helper()
	file, _, err := tiff.Open(data, tiff.Limits{Pages: 20, BilevelPixels: 40_000_000, Pixels: 40_000_000})
	if err != nil {
		t.Fatal(err)
	}
	var pages []ccitt.Bitmap
	for _, p := range file.Pages() {
		var rows ccitt.Bitmap
		if _, err := file.Rows(&rows, p.N); err != nil {
			t.Fatal(err)
		}
		sheet := image.NewGray(image.Rect(0, 0, rows.Width, rows.Height))
		for y := range rows.Height {
			for x := range rows.Width {
				if !rows.Black(x, y) {
					sheet.SetGray(x, y, color.Gray{Y: 255})
				}
			}
		}
		pages = append(pages, fax.Simulate(sheet, 300, fax.Options{FlipRate: 0.005, SkewDegrees: 1, Seed: uint64(p.N)}))
	}
	return fax.TIFF(pages, ccitt.Params{Encoding: ccitt.Group32D}, 204, 196)
}
