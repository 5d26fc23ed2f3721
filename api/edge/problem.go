package edge

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"dispositivo/dossier"
)

// ProblemType is the media type of an error for machines (RFC 9457).
const ProblemType = "application/problem+json"

// typePrefix makes a code a problem type. A URN names the problem without
// promising that somebody serves a page about it.
const typePrefix = "urn:dispositivo:problem:"

// retryUnavailable is the Retry-After of a 503 and of a 429 without a stated
// time, in seconds.
const retryUnavailable = 30

// Problem is an error as the caller reads it. Nothing in it is private.
type Problem struct {
	Type   string       `json:"type"`
	Title  string       `json:"title"`
	Status int          `json:"status"`
	Code   dossier.Code `json:"code"`
	// Detail says what is wrong and how to mend it.
	Detail string `json:"detail"`
	// Instance is the request's id, as in the header X-Request-Id and the log.
	Instance string `json:"instance,omitempty"`
	// Args are the figures of the text: sizes in bytes, counts, seconds.
	Args map[string]string `json:"args,omitempty"`
}

// Problem words an error for the caller of c: its domain code, the status of
// that code, and the texts in the caller's language.
func (e *Edge) Problem(c *gin.Context, err error) Problem {
	code, args := dossier.CodeInternal, map[string]string(nil)
	if de, ok := errors.AsType[*dossier.Error](normal(err)); ok {
		code, args = de.Code, de.Args
	}
	status := StatusOf(code)
	if status == http.StatusInternalServerError {
		code, args = dossier.CodeInternal, nil
	}
	args = withSeconds(status, args)
	key := e.textOf(c, err, code)
	detail := key + ".detail"
	if code == dossier.CodeRequestInvalid && args["field"] != "" {
		detail = key + ".field" // one field is to blame, and it is known
	}
	return Problem{
		Type: typePrefix + string(code), Status: status, Code: code, Instance: requestURN(c), Args: args,
		Title: e.texts.T(Lang(c), key+".title", args), Detail: e.texts.T(Lang(c), detail, args),
	}
}

// Worded has the problem of err told in the words of one place, the texts
// "error.<place>.<code>", where it has such: what is wrong with a file is mended
// otherwise where several of any kind are taken. Code and status stay.
func Worded(place string, err error) error {
	if err == nil {
		return nil
	}
	return &worded{error: err, place: place}
}

type worded struct {
	error
	place string
}

// Unwrap returns the problem itself.
func (w *worded) Unwrap() error { return w.error }

// textOf is the key of a problem's texts.
func (e *Edge) textOf(c *gin.Context, err error, code dossier.Code) string {
	if w, ok := errors.AsType[*worded](err); ok {
		if own := "error." + w.place + "." + string(code); e.texts.Has(Lang(c), own+".detail") {
			return own
		}
	}
	return "error." + string(code)
}

// withSeconds makes sure that a text which says "in {seconds} seconds" can.
func withSeconds(status int, args map[string]string) map[string]string {
	if status != http.StatusTooManyRequests || args["seconds"] != "" {
		return args
	}
	filled := maps.Clone(args)
	if filled == nil {
		filled = map[string]string{}
	}
	filled["seconds"] = strconv.Itoa(retryUnavailable)
	return filled
}

// normal gives the errors of net/http and context a code of ours.
func normal(err error) error {
	if _, ok := errors.AsType[*dossier.Error](err); ok {
		return err
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &dossier.Error{Code: dossier.CodeRequestInvalid, Err: err}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &dossier.Error{Code: dossier.CodeUnavailable, Temporary: true, Err: err}
	}
	return err
}

// answer sends the problem: JSON for machines, a page for people.
func (e *Edge) answer(c *gin.Context, p Problem) {
	setRetry(c, p)
	if p.Status == http.StatusUnauthorized && isAPI(c) {
		c.Header("WWW-Authenticate", "Bearer")
	}
	if wantsJSON(c) {
		writeJSONProblem(c, p)
		return
	}
	if err := e.page(c, p); err != nil {
		e.logFailure(c, err)
		c.Data(p.Status, "text/plain; charset=utf-8", []byte(p.Title+"\n\n"+p.Detail+"\n"))
	}
}

func writeJSONProblem(c *gin.Context, p Problem) {
	body, err := json.Marshal(p)
	if err != nil { // strings and a number: cannot fail
		body = []byte(`{"status":500,"code":"internal"}`)
	}
	c.Data(p.Status, ProblemType, append(body, '\n'))
}

// setRetry says when trying again makes sense (RFC 9110, 10.2.3).
func setRetry(c *gin.Context, p Problem) {
	if p.Status != http.StatusTooManyRequests && p.Status != http.StatusServiceUnavailable {
		return
	}
	seconds, err := strconv.Atoi(p.Args["seconds"])
	if err != nil || seconds < 1 {
		seconds = retryUnavailable
	}
	c.Header("Retry-After", strconv.Itoa(seconds))
}

func isAPI(c *gin.Context) bool {
	return c.Request.URL.Path == "/api" || strings.HasPrefix(c.Request.URL.Path, "/api/")
}

// wantsJSON reports whether the caller is a machine: anything under /api, and of those
// who do not accept HTML whoever accepts JSON, and a browser that fetches a part of a page.
func wantsJSON(c *gin.Context) bool {
	if isAPI(c) {
		return true
	}
	accept := c.GetHeader("Accept")
	return !strings.Contains(accept, "text/html") &&
		(strings.Contains(accept, "application/json") || strings.Contains(accept, ProblemType) || isPart(c))
}

// isPart reports whether a browser fetches something for a page, such as a picture
// (Fetch Metadata, section 2.3), which nobody would see a page in place of. Its answer
// sets no cookie then: a picture that comes late would else change the one by which
// the form on the next page proves itself. What htmx asks for is shown.
func isPart(c *gin.Context) bool {
	mode := c.GetHeader("Sec-Fetch-Mode")
	return mode != "" && mode != "navigate" && c.GetHeader("HX-Request") != "true"
}

// Text returns the text of a key in the caller's language, for an answer that is
// no page.
func (e *Edge) Text(c *gin.Context, key string) string { return e.texts.T(Lang(c), key, nil) }
