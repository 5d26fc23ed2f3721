// Package api assembles the HTTP surface: the JSON interface of api/v1, the
// citizen's portal, the operators' desk, health and figures, behind the same
// middleware.
//
// It must not hold a rule, a text or a query; wiring of what it serves is cmd's.
package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"dispositivo/api/desk"
	"dispositivo/api/edge"
	"dispositivo/api/portal"
	"dispositivo/api/ui"
	v1 "dispositivo/api/v1"
	"dispositivo/dossier"
)

// Config is what New serves; every field without a comment is required.
type Config struct {
	Edge   *edge.Edge
	UI     *ui.UI
	V1     *v1.API
	Portal *portal.Portal
	Desk   *desk.Desk
	// Ready says whether what a request needs is there.
	Ready func(ctx context.Context) error
	// Begin is told of each request before it is answered, and its end when it
	// is; the context returned is the request's. Nil: nobody asks.
	Begin func(ctx context.Context) (counted context.Context, end func())
	// Figures holds what /metrics shows; New adds the requests' own.
	Figures *prometheus.Registry
}

// New returns the handler of everything.
func New(cfg Config) http.Handler {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.HandleMethodNotAllowed = true
	r.RedirectTrailingSlash = false
	// Whom a request comes from edge.Locate says; Gin believes no proxy. A nil list
	// never fails.
	_ = r.SetTrustedProxies(nil)
	e := cfg.Edge
	if cfg.Begin != nil {
		r.Use(count(cfg.Begin))
	}
	r.Use(measure(cfg.Figures), e.Identify(), e.Locate(), e.Recover(), drain(), e.Harden(), e.Localise())
	r.NoRoute(e.NotFound())
	r.NoMethod(e.MethodNotAllowed())
	r.GET("/healthz", func(c *gin.Context) { c.String(http.StatusOK, "ok\n") })
	r.GET("/readyz", e.Handle(ready(cfg.Ready)))
	r.GET("/metrics", gin.WrapH(promhttp.HandlerFor(cfg.Figures, promhttp.HandlerOpts{})))
	r.GET(ui.AssetRoute, e.Handle(cfg.UI.Static))
	cfg.V1.Routes(r.Group("/api/v1"))
	cfg.Portal.Routes(r)
	cfg.Desk.Routes(r)
	return surface{r}
}

// surface answers HEAD as it does GET, but for the body, which net/http leaves out (RFC
// 9110, 9.3.2): those who watch over a service ask so.
type surface struct{ *gin.Engine }

// ServeHTTP answers one request.
func (s surface) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodHead {
		get := *r
		get.Method = http.MethodGet
		r = &get
	}
	s.Engine.ServeHTTP(w, r)
}

// ready answers 503 while something is missing.
func ready(check func(context.Context) error) edge.Handler {
	return func(c *gin.Context) error {
		if err := check(c.Request.Context()); err != nil {
			return &dossier.Error{Code: dossier.CodeUnavailable, Temporary: true, Err: err}
		}
		c.String(http.StatusOK, "ready\n")
		return nil
	}
}

// count tells begin of each request.
func count(begin func(context.Context) (context.Context, func())) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx, end := begin(c.Request.Context())
		defer end()
		c.Request = c.Request.WithContext(ctx)
		c.Next()
	}
}

// measure counts requests and their time by route, never by address: a path
// may hold an id.
func measure(reg *prometheus.Registry) gin.HandlerFunc {
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "dispositivo_http_request_seconds", Help: "Time to answer a request.",
		Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
	}, []string{"method", "route", "status"})
	reg.MustRegister(seconds)
	return func(c *gin.Context) {
		start := time.Now() //nolint:forbidigo // a duration, not a moment of the domain
		c.Next()
		seconds.WithLabelValues(knownMethod(c.Request.Method), c.FullPath(), strconv.Itoa(c.Writer.Status())).
			Observe(time.Since(start).Seconds())
	}
}

// knownMethod keeps made-up methods out of the labels, which live for ever.
func knownMethod(m string) string {
	switch m {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions:
		return m
	default:
		return "other"
	}
}
