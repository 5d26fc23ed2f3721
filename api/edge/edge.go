package edge

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"

	"github.com/gin-gonic/gin"

	"dispositivo/dossier"
	"dispositivo/internal/i18n"
	"dispositivo/internal/session"
)

// Handler answers a request, or says what went wrong. It writes nothing when
// it returns an error; Edge.Handle then answers.
type Handler func(*gin.Context) error

// Sessions is what the edge needs of session.Keeper.
type Sessions interface {
	Resume(ctx context.Context, token string) (session.Session, error)
	End(ctx context.Context, token string) error
}

// Config is what New needs; every field without a comment is required.
type Config struct {
	Texts    *i18n.Bundle
	Sessions Sessions
	Logger   *slog.Logger
	// Page renders a problem for people; nil: plain text.
	Page func(*gin.Context, Problem) error
	// Secure marks cookies Secure and sends HSTS even when TLS ends elsewhere.
	Secure bool
	// CSRFKey signs the tokens of forms that come before a session. Servers
	// that share visitors share the key; nil: random, for one server alone.
	CSRFKey []byte
	// Proxies are those whose X-Forwarded-For counts (Locate); none: nobody's.
	Proxies []netip.Prefix
}

// Edge is shared by all surfaces. Its methods are safe for concurrent use.
type Edge struct {
	texts    *i18n.Bundle
	sessions Sessions
	log      *slog.Logger
	page     func(*gin.Context, Problem) error
	secure   bool
	csrfKey  []byte
	proxies  []netip.Prefix
}

// New returns an Edge.
func New(cfg Config) *Edge {
	key := cfg.CSRFKey
	if len(key) == 0 {
		key = make([]byte, 32)
		_, _ = rand.Read(key) // crypto/rand never fails
	}
	page := cfg.Page
	if page == nil {
		page = plainPage
	}
	return &Edge{
		texts: cfg.Texts, sessions: cfg.Sessions, log: cfg.Logger, page: page,
		secure: cfg.Secure, csrfKey: key, proxies: cfg.Proxies,
	}
}

func plainPage(c *gin.Context, p Problem) error {
	c.Data(p.Status, "text/plain; charset=utf-8", []byte(p.Title+"\n\n"+p.Detail+"\n"))
	return nil
}

// Handle runs h and answers the error it returns. It is the one place where
// errors of handlers are logged and worded.
func (e *Edge) Handle(h Handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := h(c); err != nil {
			e.Fail(c, err)
		}
	}
}

// Fail logs err, answers it, and ends the chain. When the answer has begun
// already, or the client has gone, nothing more is sent.
func (e *Edge) Fail(c *gin.Context, err error) {
	c.Abort()
	if errors.Is(err, context.Canceled) && c.Request.Context().Err() != nil {
		return
	}
	p := e.Problem(c, err)
	e.logProblem(c, p, err)
	if c.Writer.Written() {
		return
	}
	e.answer(c, p)
}

// Announce prepares an answer that shows a problem within a page of its own:
// it logs the cause and sets the headers that go with the status.
func (e *Edge) Announce(c *gin.Context, p Problem, err error) {
	e.logProblem(c, p, err)
	setRetry(c, p)
}

// logProblem writes down a problem's private cause once: errors for 5xx,
// information for the rest. The route, never the address, is logged.
func (e *Edge) logProblem(c *gin.Context, p Problem, err error) {
	level := slog.LevelInfo
	if p.Status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	e.log.LogAttrs(c.Request.Context(), level, "request refused",
		slog.String("code", string(p.Code)), slog.Int("status", p.Status),
		slog.String("method", c.Request.Method), slog.String("route", c.FullPath()),
		slog.String("request_id", RequestID(c)), slog.String("cause", err.Error()))
}

func (e *Edge) logFailure(c *gin.Context, err error) {
	e.log.LogAttrs(c.Request.Context(), slog.LevelError, "error page failed",
		slog.String("route", c.FullPath()), slog.String("request_id", RequestID(c)), slog.String("cause", err.Error()))
}

// Recover turns a panic into the answer for CodeInternal. http.ErrAbortHandler
// goes on, as net/http wants it.
func (e *Edge) Recover() gin.HandlerFunc {
	return func(c *gin.Context) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(cause)
			}
			e.Fail(c, &dossier.Error{Code: dossier.CodeInternal, Err: fmt.Errorf("panic: %v\n%s", cause, debug.Stack())})
		}()
		c.Next()
	}
}

// NotFound answers an unknown address.
func (e *Edge) NotFound() gin.HandlerFunc {
	return e.Handle(func(*gin.Context) error { return dossier.Problem(dossier.CodeNotFound) })
}

// MethodNotAllowed answers a known address with another method. Gin has set
// the Allow header by then.
func (e *Edge) MethodNotAllowed() gin.HandlerFunc {
	return e.Handle(func(*gin.Context) error { return dossier.Problem(dossier.CodeMethodNotAllowed) })
}
