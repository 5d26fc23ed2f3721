package portal_test

import (
	"strings"
	"testing"
)

// proves E2: a telephone takes the pictures of form and document by itself, with
// the camera at its back, as JPEG.
func TestCameraCapture(t *testing.T) {
	b := setup(t)
	page := b.get("/conversione/pagine", signedIn, "it")
	if page.Code != 200 {
		t.Fatalf("%d", page.Code)
	}
	_, camera, found := strings.Cut(page.Body.String(), `<input type="file" id="camera"`)
	camera, _, closed := strings.Cut(camera, ">")
	if !found || !closed || !strings.Contains(camera, `name="file"`) || !strings.Contains(camera, `capture="environment"`) || !strings.Contains(camera, `accept="image/jpeg"`) {
		t.Errorf("the camera is not offered: %q", camera)
	}
}
