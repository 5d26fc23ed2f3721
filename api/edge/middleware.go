package edge

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"dispositivo/internal/i18n"
)

const (
	keyLang      = "edge.lang"
	keyRequestID = "edge.request"

	cookieLang = "lang"
)

// contentPolicy lets a page load only our own files: no inline script or
// style, no frame around it, forms to ourselves alone.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; " +
	"connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// Identify gives the request a random id, for the answer and the log. An id
// sent by the client is not believed.
func (e *Edge) Identify() gin.HandlerFunc {
	return func(c *gin.Context) {
		var b [12]byte
		_, _ = rand.Read(b[:]) // crypto/rand never fails
		id := hex.EncodeToString(b[:])
		c.Set(keyRequestID, id)
		c.Header("X-Request-Id", id)
		c.Next()
	}
}

// RequestID returns the request's id, "" before Identify.
func RequestID(c *gin.Context) string { return c.GetString(keyRequestID) }

func requestURN(c *gin.Context) string {
	if id := RequestID(c); id != "" {
		return "urn:dispositivo:request:" + id
	}
	return ""
}

// Harden sets the security headers, and no-store: every answer may hold
// something personal. The handler of static files overrides the latter.
func (e *Edge) Harden() gin.HandlerFunc {
	return func(c *gin.Context) {
		h := c.Writer.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Permissions-Policy", permissions("()"))
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Cache-Control", "no-store")
		if e.isSecure(c) {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		c.Next()
	}
}

// permissions is what a page's script may ask of the device.
func permissions(geolocation string) string {
	return "camera=(), geolocation=" + geolocation + ", microphone=(), payment=(), usb=()"
}

// AllowPosition lets the pages behind it ask the browser for where it is (E2); all
// others stay as Harden made them.
func (e *Edge) AllowPosition() gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Header("Permissions-Policy", permissions("(self)"))
		c.Next()
	}
}

func (e *Edge) isSecure(c *gin.Context) bool { return e.secure || c.Request.TLS != nil }

// Localise chooses the language: for pages the cookie of an earlier choice,
// then Accept-Language, then the default. "?lang=en" on any page makes that
// choice and comes back to the same page without it.
func (e *Edge) Localise() gin.HandlerFunc {
	return func(c *gin.Context) {
		if wish := c.Query("lang"); wish != "" && !isAPI(c) && isRead(c) {
			if slices.Contains(e.texts.Languages(), wish) {
				e.rememberLang(c, wish)
			}
			c.Redirect(http.StatusSeeOther, withoutLang(c.Request))
			c.Abort()
			return
		}
		c.Set(keyLang, e.chooseLang(c))
		c.Header("Content-Language", Lang(c))
		c.Writer.Header().Add("Vary", "Accept-Language")
		c.Next()
	}
}

func (e *Edge) chooseLang(c *gin.Context) string {
	if chosen := e.cookie(c, cookieLang, "/"); slices.Contains(e.texts.Languages(), chosen) {
		return chosen
	}
	return e.texts.Match(c.GetHeader("Accept-Language"))
}

func (e *Edge) rememberLang(c *gin.Context, lang string) {
	e.setCookie(c, keepsake{name: cookieLang, value: lang, path: "/", age: yearInSecs, site: http.SameSiteLaxMode})
}

// withoutLang is the request's own address without the wish. Leading slashes
// are folded, or "//host" would lead to another server.
func withoutLang(r *http.Request) string {
	q := r.URL.Query()
	q.Del("lang")
	u := *r.URL
	u.Scheme, u.Host, u.User = "", "", nil
	u.Path = "/" + strings.TrimLeft(u.Path, `/\`)
	u.RawPath, u.RawQuery = "", q.Encode()
	return u.String()
}

// Lang returns the caller's language, i18n.Fallback before Localise.
func Lang(c *gin.Context) string {
	if lang := c.GetString(keyLang); lang != "" {
		return lang
	}
	return i18n.Fallback
}

// isRead knows no HEAD: it is answered as GET (package api).
func isRead(c *gin.Context) bool { return c.Request.Method == http.MethodGet }
