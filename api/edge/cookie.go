package edge

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

const yearInSecs = 365 * 24 * 60 * 60

// keepsake is a cookie as it is meant: without what all of ours have.
type keepsake struct {
	name, path, value string
	age               int // seconds; 0: until the browser ends, negative: gone
	site              http.SameSite
}

// setCookie sets a cookie that no script reads, under the name that cookieName
// gives it.
func (e *Edge) setCookie(c *gin.Context, k keepsake) {
	http.SetCookie(c.Writer, &http.Cookie{ //nolint:gosec // Secure unless the settings say that this is plain HTTP
		Name: e.cookieName(c, k.name, k.path), Value: k.value, Path: k.path, MaxAge: k.age,
		HttpOnly: true, Secure: e.isSecure(c), SameSite: k.site,
	})
}

// cookie returns what setCookie set under a name and a path; "" when the browser
// has none.
func (e *Edge) cookie(c *gin.Context, name, path string) string {
	value, err := c.Cookie(e.cookieName(c, name, path))
	if err != nil {
		return ""
	}
	return value
}

// cookieName adds the prefix by which a browser takes a cookie from this very host
// alone (RFC 6265bis, section 4.1.3): no page of a sister host can sign a visitor in
// as somebody else, or give a form its token. That wants the path "/"; below another
// at least no plain connection can. Without TLS browsers refuse either.
func (e *Edge) cookieName(c *gin.Context, name, path string) string {
	switch {
	case !e.isSecure(c):
		return name
	case path == "/":
		return "__Host-" + name
	}
	return "__Secure-" + name
}

// SetShortCookie sets a cookie for one errand, below a path; a negative age, in
// seconds, takes it away. It comes back on links from elsewhere.
func (e *Edge) SetShortCookie(c *gin.Context, name, path, value string, age int) {
	e.setCookie(c, keepsake{name: name, value: value, path: path, age: age, site: http.SameSiteLaxMode})
}

// ShortCookie returns what SetShortCookie set; "" when there is none.
func (e *Edge) ShortCookie(c *gin.Context, name, path string) string { return e.cookie(c, name, path) }
