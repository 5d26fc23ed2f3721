package edge_test

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	"dispositivo/dossier"
)

func (b *bench) guarded() {
	g := b.router.Group("", b.edge.Cookies(edge.Citizens()))
	open := g.Group("", b.edge.Guard())
	open.GET("/form", func(c *gin.Context) { c.String(200, b.edge.CSRF(c)) })
	open.POST("/form", func(c *gin.Context) { c.String(200, c.PostForm("x")) })
	own := g.Group("", b.edge.Only(dossier.RoleCitizen), b.edge.Guard("/send"))
	own.GET("/area", func(c *gin.Context) { c.String(200, "in") })
	own.POST("/area", func(c *gin.Context) { c.String(200, "done") })
	own.POST("/send", b.edge.Handle(func(c *gin.Context) error {
		parts, err := b.edge.Parts(c)
		if err != nil {
			return err
		}
		name, body, err := edge.OneFile(parts)
		if err != nil {
			return err
		}
		data, err := io.ReadAll(body)
		if err != nil {
			return err
		}
		c.String(200, name+":"+string(data))
		return nil
	}))
}

func post(path string, form url.Values, cookie string) *http.Request {
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "text/html")
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	return r
}

func TestForgery(t *testing.T) {
	b := setup(t)
	b.guarded()
	first := b.get("/form")
	cookie, _, _ := strings.Cut(first.Header().Get("Set-Cookie"), ";")
	token := first.Body.String()

	other := b.get("/form")
	for name, tc := range map[string]struct {
		req  *http.Request
		want int
	}{
		"right":                    {post("/form", url.Values{"csrf": {token}, "x": {"y"}}, cookie), 200},
		"no token":                 {post("/form", url.Values{}, cookie), 403},
		"another visitor's token":  {post("/form", url.Values{"csrf": {other.Body.String()}}, cookie), 403},
		"no cookie":                {post("/form", url.Values{"csrf": {token}}, ""), 403},
		"session token":            {post("/area", url.Values{"csrf": {"csrf-c"}}, "dsp_citizen=citizen"), 200},
		"session, wrong token":     {post("/area", url.Values{"csrf": {"csrf-o"}}, "dsp_citizen=citizen"), 403},
		"session, form's token":    {post("/form", url.Values{"csrf": {token}}, cookie+"; dsp_citizen=citizen"), 403},
		"operator's cookie here":   {post("/area", url.Values{"csrf": {"csrf-o"}}, "dsp_citizen=operator"), 303},
		"nobody":                   {post("/area", url.Values{"csrf": {token}}, cookie), 303},
		"much too large":           {post("/form", url.Values{"csrf": {token}, "x": {strings.Repeat("x", 70_000)}}, cookie), 400},
		"multipart where none may": {multipartRequest("/form", "dsp_citizen=citizen", field{"csrf", "", "csrf-c"}), 400},
	} {
		if w := b.do(tc.req); w.Code != tc.want {
			t.Errorf("%s: %d, want %d", name, w.Code, tc.want)
		}
	}
	cross := post("/area", url.Values{"csrf": {"csrf-c"}}, "dsp_citizen=citizen")
	cross.Header.Set("Sec-Fetch-Site", "cross-site")
	if w := b.do(cross); w.Code != 403 {
		t.Errorf("cross-site: %d", w.Code)
	}
	foreign := post("/area", url.Values{"csrf": {"csrf-c"}}, "dsp_citizen=citizen")
	foreign.Header.Set("Origin", "https://evil.example")
	if w := b.do(foreign); w.Code != 403 {
		t.Errorf("foreign origin: %d", w.Code)
	}
}

type field struct{ name, file, value string }

func multipartRequest(path, cookie string, fields ...field) *http.Request {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, f := range fields {
		create := w.CreateFormField
		if f.file != "" {
			create = func(name string) (io.Writer, error) { return w.CreateFormFile(name, f.file) }
		}
		part, err := create(f.name)
		if err == nil {
			_, err = part.Write([]byte(f.value))
		}
		if err != nil {
			panic(err)
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, path, &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Cookie", cookie)
	r.Header.Set("Accept", "application/json")
	return r
}

// proves C2
func TestUploadStream(t *testing.T) {
	b := setup(t)
	b.guarded()
	token, file := field{"csrf", "", "csrf-c"}, field{"file", "modulo.pdf", "%PDF"}
	for name, tc := range map[string]struct {
		fields []field
		want   int
		code   string
	}{
		"one file":          {[]field{token, file}, 200, ""},
		"two files":         {[]field{token, file, file}, 400, "form.parts"},
		"a field behind":    {[]field{token, file, {"x", "", "y"}}, 400, "form.parts"},
		"no file":           {[]field{token}, 400, "form.parts"},
		"no parts":          {nil, 400, "form.parts"},
		"another field":     {[]field{token, {"document", "a.pdf", "x"}}, 400, "form.parts"},
		"not a file":        {[]field{token, {"file", "", "x"}}, 400, "form.parts"},
		"file before token": {[]field{file, token}, 403, "csrf"},
		"wrong token":       {[]field{{"csrf", "", "nope"}, file}, 403, "csrf"},
		"endless token":     {[]field{{"csrf", "", strings.Repeat("c", 1<<20)}, file}, 403, "csrf"},
	} {
		w := b.do(multipartRequest("/send", "dsp_citizen=citizen", tc.fields...))
		if w.Code != tc.want || (tc.code != "" && !strings.Contains(w.Body.String(), `"code":"`+tc.code+`"`)) {
			t.Errorf("%s: %d %s, want %d %s", name, w.Code, w.Body, tc.want, tc.code)
		}
	}
}

func TestUploadCutOff(t *testing.T) {
	b := setup(t)
	b.guarded()
	r := multipartRequest("/send", "dsp_citizen=citizen", field{"csrf", "", "csrf-c"}, field{"file", "a.pdf", strings.Repeat("x", 9000)})
	whole, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(whole[:len(whole)-4000]))
	if w := b.do(r); w.Code != 400 || !strings.Contains(w.Body.String(), "upload.interrupted") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
