package main

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"mime/multipart"
	"net/http"
	"testing"

	"dispositivo/dossier"
)

// filesForm is a form of several files.
func filesForm(t testing.TB, files ...[]byte) (contentType string, body []byte) {
	t.Helper()
	var buf bytes.Buffer
	form := multipart.NewWriter(&buf)
	for _, data := range files {
		part, err := form.CreateFormFile("file", "foto.jpg")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	return form.FormDataContentType(), buf.Bytes()
}

// sheet is a picture of a small sheet, another for every number below 800.
func sheet(t testing.TB, n int) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 700, 900))
	for y := range 900 {
		for x := range 700 {
			img.SetGray(x, y, color.Gray{Y: 255})
		}
	}
	for i := range 40 * 500 {
		img.SetGray(100+i%500, n+i/500, color.Gray{Y: 20})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func (w *witness) compose(t *testing.T, c *client, files ...[]byte) answer {
	t.Helper()
	contentType, body := filesForm(t, files...)
	header := bearer(c.token)
	header.Set("Content-Type", contentType)
	return w.check(t, w.caller.send(t, http.MethodPost, "/api/v1/conversions/compositions", header, body), false)
}

// compositions puts files together, in every way there is an answer to.
func (w *witness) compositions(t *testing.T, s *server) {
	citizen := s.citizen(free()[2])
	expect(t, "no form", w.misuse(t, citizen.token, http.MethodPost, "/conversions/compositions", map[string]string{}), http.StatusBadRequest, dossier.CodeFormParts)
	expect(t, "a text", w.compose(t, citizen, sheet(t, 1), []byte("Buongiorno")), http.StatusUnsupportedMediaType, dossier.Code(dossier.FileType))
	expect(t, "half a picture", w.compose(t, citizen, sheet(t, 1)[:900]), http.StatusUnprocessableEntity, dossier.Code(dossier.FileTruncated))
	expect(t, "too much", w.compose(t, citizen, make([]byte, 26<<20)), http.StatusRequestEntityTooLarge, dossier.Code(dossier.FileTooLarge))
	got := w.compose(t, citizen, sheet(t, 1), sheet(t, 2), sheet(t, 3))
	expect(t, "put together", got, http.StatusCreated, "")
	var made struct {
		ID    string
		Pages []struct{ N, File int }
	}
	got.decode(t, &made)
	path := "/conversions/compositions/" + made.ID
	expect(t, "seen", w.ask(t, citizen, http.MethodGet, path, nil), http.StatusOK, "")
	expect(t, "a page", w.ask(t, citizen, http.MethodGet, path+"/pages/3", nil), http.StatusOK, "")
	expect(t, "another's", w.ask(t, s.citizen(free()[1]), http.MethodGet, path, nil), http.StatusNotFound, dossier.CodeNotFound)
	expect(t, "a page there is not", w.misuse(t, citizen.token, http.MethodPost, path+"/arrangement", map[string]any{"pages": []int{4}}), http.StatusBadRequest, dossier.CodeRequestInvalid)
	got = w.ask(t, citizen, http.MethodPost, path+"/arrangement", map[string]any{"pages": []int{3, 1}})
	expect(t, "arranged", got, http.StatusCreated, "")
	got.decode(t, &made)
	if len(made.Pages) != 2 || made.Pages[0].File != 3 || made.Pages[1].File != 1 {
		t.Errorf("arranged: %+v", made.Pages)
	}
	path = "/conversions/compositions/" + made.ID
	expect(t, "sent", w.ask(t, citizen, http.MethodPost, path+"/confirmation", nil), http.StatusCreated, "")
	expect(t, "sent twice", w.ask(t, citizen, http.MethodPost, path+"/confirmation", nil), http.StatusOK, "")
	citizen.await(dossier.StateReviewing)
	w.composeTooOften(t, citizen, path)
}

func (w *witness) composeTooOften(t *testing.T, citizen *client, path string) {
	t.Helper()
	var got answer
	for range 12 {
		if got = w.compose(t, citizen); got.Status == http.StatusTooManyRequests {
			break
		}
	}
	expect(t, "too often", got, http.StatusTooManyRequests, dossier.CodeRateLimited)
	got = w.ask(t, citizen, http.MethodPost, path+"/arrangement", map[string]any{"pages": []int{1}})
	expect(t, "arranged too often", got, http.StatusTooManyRequests, dossier.CodeRateLimited)
}
