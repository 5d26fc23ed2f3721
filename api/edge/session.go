package edge

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"dispositivo/dossier"
	"dispositivo/internal/session"
)

const (
	keySession = "edge.session"
	keyToken   = "edge.token"
	keyRealm   = "edge.realm"
)

// Realm is a part of the site with sessions of its own.
type Realm struct {
	// Cookie carries the session's token, Path is where it is sent.
	Cookie, Path string
	SameSite     http.SameSite
	// Roles are those whose sessions count here.
	Roles []dossier.Role
	// SignIn is the page that visitors without a session are sent to.
	SignIn string
	// Lead names the page that a role which may do little is led to from every
	// page that it may not see; a role without one is refused there.
	Lead map[dossier.Role]string
}

// Citizens is the realm of the portal.
func Citizens() Realm {
	return Realm{
		Cookie: "dsp_citizen", Path: "/", SameSite: http.SameSiteLaxMode,
		Roles: []dossier.Role{dossier.RoleCitizen, dossier.RoleMustChange, dossier.RoleSimplified}, SignIn: "/accesso",
		Lead: map[dossier.Role]string{dossier.RoleMustChange: "/pin/cambio", dossier.RoleSimplified: "/area"},
	}
}

// Operators is the realm of the desk.
func Operators() Realm {
	return Realm{
		Cookie: "dsp_operator", Path: "/desk", SameSite: http.SameSiteStrictMode,
		Roles: []dossier.Role{
			dossier.RoleOperator, dossier.RoleSupervisor, dossier.RoleAuditor, dossier.RoleAdmin,
		},
		SignIn: "/desk/accesso",
	}
}

// Cookies resumes the session of the realm's cookie, if there is one. A
// session that is over, or belongs elsewhere, counts as none.
func (e *Edge) Cookies(realm Realm) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Set(keyRealm, realm)
		token := e.cookie(c, realm.Cookie, realm.Path)
		if token == "" {
			c.Next()
			return
		}
		if err := e.resume(c, token, realm.Roles); err != nil && dossier.CodeOf(err) != dossier.CodeUnauthorized {
			e.Fail(c, err)
			return
		}
		c.Next()
	}
}

// Bearer resumes the session of "Authorization: Bearer …" (RFC 6750). Cookies
// are ignored. A token that is wrong is refused; without any, the request goes
// on as nobody's.
func (e *Edge) Bearer() gin.HandlerFunc {
	return func(c *gin.Context) {
		header := c.GetHeader("Authorization")
		if header == "" {
			c.Next()
			return
		}
		scheme, token, _ := strings.Cut(header, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			e.Fail(c, dossier.Problem(dossier.CodeUnauthorized))
			return
		}
		if err := e.resume(c, strings.TrimSpace(token), nil); err != nil {
			e.Fail(c, err)
			return
		}
		c.Next()
	}
}

func (e *Edge) resume(c *gin.Context, token string, roles []dossier.Role) error {
	s, err := e.sessions.Resume(c.Request.Context(), token)
	if err != nil {
		return err
	}
	if len(roles) > 0 && !slices.Contains(roles, s.Actor.Role) {
		return dossier.Problem(dossier.CodeUnauthorized)
	}
	c.Set(keySession, s)
	c.Set(keyToken, token)
	return nil
}

// SessionOf returns the request's session; false: nobody signed in.
func SessionOf(c *gin.Context) (session.Session, bool) {
	v, ok := c.Get(keySession)
	if !ok {
		return session.Session{}, false
	}
	s, ok := v.(session.Session)
	return s, ok
}

// Actor returns who asks; the zero Actor is nobody.
func Actor(c *gin.Context) dossier.Actor {
	s, _ := SessionOf(c)
	return s.Actor
}

// Acting returns who asks and for whom (B10): for the pages that a delegate may
// use. Everywhere else Actor, which never acts for another, is right.
func Acting(c *gin.Context) dossier.Actor {
	s, _ := SessionOf(c)
	s.Actor.Mandate = s.Mandate
	return s.Actor
}

// Only lets the roles in and answers everyone else: 401 without a session
// (pages: to the sign-in page and back afterwards), 403 with the wrong role.
func (e *Edge) Only(roles ...dossier.Role) gin.HandlerFunc {
	return func(c *gin.Context) {
		if _, ok := SessionOf(c); !ok {
			e.turnAway(c)
			return
		}
		if !Actor(c).Is(roles...) {
			e.deny(c)
			return
		}
		c.Next()
	}
}

// deny answers a session that is not enough. Who must change the PIN first, or
// has yet to activate it, is led there on pages and told so elsewhere (A10, B2, B4).
func (e *Edge) deny(c *gin.Context) {
	role := Actor(c).Role
	if realm, ok := realmOf(c); ok && !wantsJSON(c) && realm.Lead[role] != "" {
		lead(c, realm.Lead[role])
		return
	}
	code := dossier.CodeForbidden
	switch role { //nolint:exhaustive // every other role is simply forbidden
	case dossier.RoleMustChange:
		code = dossier.CodePINMustChange
	case dossier.RoleSimplified:
		code = dossier.CodePINNotActivated
	default: // no way out to tell of
	}
	e.Fail(c, dossier.Problem(code))
}

// SignInAt sends visitors without a session to another page than the realm's, because
// what they were at begins there. It stands before Only.
func (e *Edge) SignInAt(page string) gin.HandlerFunc {
	return func(c *gin.Context) {
		if realm, ok := realmOf(c); ok {
			realm.SignIn = page
			c.Set(keyRealm, realm)
		}
		c.Next()
	}
}

func (e *Edge) turnAway(c *gin.Context) {
	realm, ok := realmOf(c)
	if !ok || wantsJSON(c) {
		e.Fail(c, dossier.Problem(dossier.CodeUnauthorized))
		return
	}
	q := url.Values{}
	if isRead(c) {
		q.Set("dopo", c.Request.URL.Path)
	}
	if e.cookie(c, realm.Cookie, realm.Path) != "" || !isRead(c) {
		q.Set("uscito", "1") // there was a session: say that it is over
	}
	lead(c, realm.SignIn+"?"+q.Encode())
}

// lead ends the chain on the way to another page.
func lead(c *gin.Context, target string) {
	c.Abort()
	if c.GetHeader("HX-Request") == "true" {
		// A part of a page asks for itself anew: the whole page is to go.
		c.Header("HX-Redirect", target)
		c.Status(http.StatusNoContent)
		return
	}
	c.Redirect(http.StatusSeeOther, target)
}

// After returns where to go after signing in: the local path that the visitor
// was turned away from, if it lies within the realm, else fallback.
func After(c *gin.Context, path, fallback string) string {
	realm, ok := realmOf(c)
	u, err := url.Parse(path)
	if !ok || err != nil || u.Scheme != "" || u.Host != "" || u.RawQuery != "" ||
		!strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") ||
		(u.Path != realm.Path && !strings.HasPrefix(u.Path, strings.TrimSuffix(realm.Path, "/")+"/")) || u.Path == realm.SignIn {
		return fallback
	}
	return path
}

func realmOf(c *gin.Context) (Realm, bool) {
	v, ok := c.Get(keyRealm)
	if !ok {
		return Realm{}, false
	}
	r, ok := v.(Realm)
	return r, ok
}

// Welcome sets the cookie of a session that was just started. The cookie ends
// with the browser; the session's own end is kept by the server (B5). The session
// that the browser came with is ended: nobody else may go on with it.
func (e *Edge) Welcome(c *gin.Context, realm Realm, s session.Session) {
	if before := c.GetString(keyToken); before != "" && before != s.Token {
		if err := e.sessions.End(c.Request.Context(), before); err != nil { // it ends by itself in 30 minutes
			e.log.WarnContext(c.Request.Context(), "session before not ended", slog.String("request", RequestID(c)), slog.Any("error", err))
		}
	}
	e.setSession(c, realm, s.Token, 0)
	e.dropPreSession(c)
}

// Leave ends the request's session, here and on the client.
func (e *Edge) Leave(c *gin.Context, realm Realm) error {
	e.setSession(c, realm, "", -1)
	token := c.GetString(keyToken)
	if token == "" {
		return nil
	}
	err := e.sessions.End(c.Request.Context(), token)
	if errors.Is(err, dossier.Problem(dossier.CodeUnauthorized)) {
		return nil
	}
	return err
}

const (
	cookieDevice = "dsp_device"
	// deviceBytes are as many as nobody guesses: 256 bits.
	deviceBytes = 32
)

// Device returns the secret by which the realm's sign-in page knows a browser
// again (B3): that of its cookie, or a fresh one, which RememberDevice hands out.
func (e *Edge) Device(c *gin.Context, realm Realm) string {
	if v := e.cookie(c, cookieDevice, realm.Path); validSecret(v, deviceBytes) {
		return v
	}
	return freshSecret(deviceBytes)
}

// RememberDevice lets the browser keep its secret for a year, counted anew each
// time. It is sent to every page of the realm: an activation has to know the
// browser too, or a lock made elsewhere would keep its holder from the second half.
func (e *Edge) RememberDevice(c *gin.Context, realm Realm, device string) {
	e.setCookie(c, keepsake{name: cookieDevice, value: device, path: realm.Path, age: yearInSecs, site: http.SameSiteLaxMode})
}

func (e *Edge) setSession(c *gin.Context, realm Realm, token string, maxAge int) {
	e.setCookie(c, keepsake{name: realm.Cookie, value: token, path: realm.Path, age: maxAge, site: realm.SameSite})
}
