package edge

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"dispositivo/dossier"
)

// CSRFField is the hidden field of every form.
const CSRFField = "csrf"

const (
	cookiePre = "dsp_form"
	keyPre    = "edge.pre"

	// formLimit bounds the body of a form without files, in bytes.
	formLimit = 64 << 10
	// tokenLimit bounds a token, in bytes.
	tokenLimit = 256
	// preLen is how many random bytes a pre-session cookie holds.
	preLen = 32
)

// CSRF returns the token for the forms of the answer being made: the
// session's, or before one a signature over a cookie that it sets. So it is
// called before the answer's body is written.
func (e *Edge) CSRF(c *gin.Context) string {
	if s, ok := SessionOf(c); ok {
		return s.CSRF
	}
	return e.signPre(e.preSession(c))
}

// preSession returns the visitor's random value, setting it when there is none.
func (e *Edge) preSession(c *gin.Context) string {
	if v := c.GetString(keyPre); v != "" {
		return v
	}
	if v := e.cookie(c, cookiePre, "/"); validSecret(v, preLen) {
		return v
	}
	v := freshSecret(preLen)
	c.Set(keyPre, v)
	e.setPre(c, v, 0)
	return v
}

// freshSecret returns n random bytes as text.
func freshSecret(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // crypto/rand never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

// validSecret reports whether v may be one that freshSecret made.
func validSecret(v string, n int) bool {
	b, err := base64.RawURLEncoding.DecodeString(v)
	return err == nil && len(b) == n
}

func (e *Edge) dropPreSession(c *gin.Context) { e.setPre(c, "", -1) }

func (e *Edge) setPre(c *gin.Context, v string, maxAge int) {
	e.setCookie(c, keepsake{name: cookiePre, value: v, path: "/", age: maxAge, site: http.SameSiteStrictMode})
}

func (e *Edge) signPre(v string) string {
	mac := hmac.New(sha256.New, e.csrfKey)
	_, _ = mac.Write([]byte("dispositivo/csrf/1\x00" + v)) // a hash never fails to write
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// tokenMatches compares in constant time with what CSRF gave out.
func (e *Edge) tokenMatches(c *gin.Context, token string) bool {
	if s, ok := SessionOf(c); ok {
		return s.CSRFMatches(token)
	}
	pre := e.cookie(c, cookiePre, "/")
	return validSecret(pre, preLen) && hmac.Equal([]byte(e.signPre(pre)), []byte(token))
}

// Guard refuses every writing request of a page that does not prove to come
// from one of our forms. A form is read here, at most 64 KiB of it. The routes
// named in uploads send multipart bodies instead, whose handlers must begin
// with Edge.Parts; everywhere else multipart is refused.
func (e *Edge) Guard(uploads ...string) gin.HandlerFunc {
	return func(c *gin.Context) {
		if isRead(c) {
			c.Next()
			return
		}
		if err := e.checkForm(c, uploads); err != nil {
			e.Fail(c, err)
			return
		}
		c.Next()
	}
}

func (e *Edge) checkForm(c *gin.Context, uploads []string) error {
	if !e.sameOrigin(c) {
		return dossier.Problem(dossier.CodeCSRF)
	}
	kind, _, err := mime.ParseMediaType(c.GetHeader("Content-Type"))
	if err != nil && c.GetHeader("Content-Type") != "" {
		return &dossier.Error{Code: dossier.CodeRequestInvalid, Err: err}
	}
	if kind == "multipart/form-data" && slices.Contains(uploads, c.FullPath()) {
		return nil
	}
	if kind == "multipart/form-data" {
		return dossier.Problem(dossier.CodeRequestInvalid)
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, formLimit)
	if err := c.Request.ParseForm(); err != nil {
		return &dossier.Error{Code: dossier.CodeRequestInvalid, Err: err}
	}
	if !e.tokenMatches(c, c.Request.PostForm.Get(CSRFField)) {
		return dossier.Problem(dossier.CodeCSRF)
	}
	return nil
}

// sameOrigin believes what browsers say about where a request comes from;
// clients that say nothing are left to the token.
func (e *Edge) sameOrigin(c *gin.Context) bool {
	switch c.GetHeader("Sec-Fetch-Site") {
	case "cross-site", "same-site":
		return false
	}
	origin := c.GetHeader("Origin")
	if origin == "" || origin == "null" {
		// "null" is what Referrer-Policy: no-referrer makes of our own forms.
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host == c.Request.Host && (u.Scheme == "https" || !e.isSecure(c))
}

// Parts opens a multipart form as a stream. Its first part must be the token,
// so that nothing is believed before it; a form that begins otherwise is
// refused with CodeCSRF, a body that is no form with CodeFormParts.
func (e *Edge) Parts(c *gin.Context) (*multipart.Reader, error) {
	reader, err := c.Request.MultipartReader()
	if err != nil {
		return nil, &dossier.Error{Code: dossier.CodeFormParts, Err: err}
	}
	part, err := reader.NextPart()
	if err != nil {
		return nil, &dossier.Error{Code: dossier.CodeFormParts, Err: err}
	}
	if part.FormName() != CSRFField {
		return nil, dossier.Problem(dossier.CodeCSRF)
	}
	token, err := io.ReadAll(io.LimitReader(part, tokenLimit))
	if err != nil {
		return nil, &dossier.Error{Code: dossier.CodeUploadInterrupted, Temporary: true, Err: err}
	}
	if !e.tokenMatches(c, string(token)) {
		return nil, dossier.Problem(dossier.CodeCSRF)
	}
	return reader, nil
}
