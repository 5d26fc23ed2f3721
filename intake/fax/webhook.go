package fax

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/internal/clock"
	"dispositivo/internal/netx"
	"dispositivo/internal/signed"
)

// MaxWebhook bounds the body of a webhook, in bytes: an original in base64 and
// what is around it.
const MaxWebhook = intake.MaxOriginal/3*4 + 256<<10

// Call is a webhook call as it came.
type Call struct {
	Header http.Header
	// URL is the address the provider was given, as it signs it.
	URL  string
	Body []byte
}

// Notice is what a provider's call says.
type Notice struct {
	Fax
	// Nothing: a call that tells of no reception, such as one of a fax sent.
	Nothing bool
	// MediaURL is where the pages are fetched from at once; "": Data holds them.
	MediaURL string
}

// provider reads and proves the calls of one provider. A call whose signature or
// credentials are wrong is CodeGatewayUnproved, one that is not as documented
// CodeRequestInvalid.
type provider interface {
	read(c Call) (Notice, error)
	// fields are what the provider calls the fax's name and its pages.
	fields() (id, pages string)
}

// WebhookConfig says which providers may call, each by its secret; one without is
// not served.
type WebhookConfig struct {
	Door  Door
	Clock clock.Clock
	// Answers draws pages for gateways that speak our own form.
	Answers *Answers
	// Fetch goes to the providers' hosts for pages; nil: a call that needs it fails.
	Fetch *netx.Client
	// TelnyxKey is the account's public key, Ed25519 in base64.
	TelnyxKey string
	// PhaxioToken is the account's callback token.
	PhaxioToken string
	// SinchUser and SinchPassword stand in the address that Sinch was given.
	SinchUser, SinchPassword string
	// GenericSecret signs the calls of gateways that speak our own form.
	GenericSecret string
}

// Webhooks takes the calls of fax providers.
type Webhooks struct {
	cfg       WebhookConfig
	providers map[string]provider
	// slots bound how many bodies are in memory at once.
	slots chan struct{}
}

// atOnce is how many calls are read at the same moment.
const atOnce = 8

// NewWebhooks returns the webhooks of the providers that have a secret.
func NewWebhooks(cfg WebhookConfig) (*Webhooks, error) {
	w := &Webhooks{cfg: cfg, providers: map[string]provider{}, slots: make(chan struct{}, atOnce)}
	if cfg.TelnyxKey != "" {
		key, err := base64.StdEncoding.DecodeString(cfg.TelnyxKey)
		if err != nil || len(key) != 32 {
			return nil, fmt.Errorf("fax: the Telnyx public key is not 32 bytes in base64")
		}
		w.providers["telnyx"] = telnyx{key: key, now: cfg.Clock.Now}
	}
	if cfg.PhaxioToken != "" {
		w.providers["phaxio"] = phaxio{token: cfg.PhaxioToken}
	}
	if cfg.SinchPassword != "" {
		w.providers["sinch"] = sinch{user: cfg.SinchUser, password: cfg.SinchPassword}
	}
	if cfg.GenericSecret != "" {
		if len(cfg.GenericSecret) < signed.ShortestSecret {
			return nil, fmt.Errorf("fax: the secret of the generic webhook is shorter than %d bytes", signed.ShortestSecret)
		}
		w.providers["generic"] = generic{secret: []byte(cfg.GenericSecret), now: cfg.Clock.Now}
	}
	return w, nil
}

// TakeFrom is Take for a call whose body is still to be read; it is read for a
// provider that may call alone, and to the end of MaxWebhook.
func (w *Webhooks) TakeFrom(ctx context.Context, name string, c Call, body io.Reader) (intake.Receipt, error) {
	if _, ok := w.providers[name]; !ok {
		return intake.Receipt{}, unproved()
	}
	select {
	case w.slots <- struct{}{}:
		defer func() { <-w.slots }()
	case <-ctx.Done():
		return intake.Receipt{}, &dossier.Error{Code: dossier.CodeUnavailable, Temporary: true, Err: ctx.Err()}
	}
	var err error
	if c.Body, err = io.ReadAll(io.LimitReader(body, MaxWebhook+1)); err != nil {
		return intake.Receipt{}, invalid(theBody, "read: %w", err)
	}
	if len(c.Body) > MaxWebhook {
		return intake.Receipt{}, &dossier.Error{Code: dossier.Code(dossier.FileTooLarge), Args: map[string]string{
			"size": strconv.Itoa(len(c.Body)), "limit": strconv.Itoa(intake.MaxOriginal),
		}}
	}
	return w.Take(ctx, name, c)
}

// Take takes in the fax that a provider's call tells of. The zero Receipt says
// that there was nothing to take in, or that a failure was entered. A provider
// that may not call is CodeGatewayUnproved: which may is nobody's to know.
func (w *Webhooks) Take(ctx context.Context, name string, c Call) (intake.Receipt, error) {
	p, ok := w.providers[name]
	if !ok {
		return intake.Receipt{}, unproved()
	}
	n, err := p.read(c)
	if err != nil || n.Nothing {
		return intake.Receipt{}, err
	}
	idField, pagesField := p.fields()
	if !validID(n.ID) {
		return intake.Receipt{}, invalid(idField, notAnID)
	}
	if n.MediaURL != "" {
		return w.takeFetched(ctx, name, pagesField, n)
	}
	if len(n.Data) == 0 && !n.Failed {
		return intake.Receipt{}, invalid(pagesField, "a reception without pages")
	}
	return deliver(ctx, w.cfg.Door, name, n.Fax)
}

// notAnID says what validID wants.
const notAnID = "is missing, longer than 200 characters, or has others than printable ones"

// takeFetched takes in a fax whose pages lie at the provider for a while. One that is
// here already has its receipt, though they be gone by now. When they are gone before
// any call could fetch them the fax is lost: that is entered once, and no call is told
// that it was taken (dossier.CodeFaxLost).
func (w *Webhooks) takeFetched(ctx context.Context, name, field string, n Notice) (intake.Receipt, error) {
	r, err := w.cfg.Door.Earlier(ctx, dossier.ChannelFax, externalID(name, n.ID))
	if dossier.CodeOf(err) != dossier.CodeNotFound {
		return r, err
	}
	if n.Data, err = w.fetch(ctx, n.MediaURL, field); err != nil {
		if dossier.CodeOf(err) != dossier.CodeFaxLost {
			return intake.Receipt{}, err
		}
		if entered := w.cfg.Door.NoteFailure(ctx, dossier.Actor{Role: dossier.RoleGateway, ID: name}, dossier.ChannelFax, externalID(name, n.ID), dossier.CodeFaxLost); entered != nil {
			return intake.Receipt{}, entered
		}
		return intake.Receipt{}, err
	}
	if len(n.Data) == 0 {
		return intake.Receipt{}, invalid(field, "leads to no pages")
	}
	return deliver(ctx, w.cfg.Door, name, n.Fax)
}

// fetch takes the pages from the provider. That they are gone is final, whatever else
// goes wrong is temporary: the provider calls again.
func (w *Webhooks) fetch(ctx context.Context, address, field string) ([]byte, error) {
	failed := func(err error) error {
		return &dossier.Error{Code: dossier.CodeUnavailable, Temporary: true, Err: fmt.Errorf("fetch fax: %w", err)}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, invalid(field, "is no address")
	}
	if w.cfg.Fetch == nil {
		return nil, failed(netx.ErrForbidden)
	}
	resp, err := w.cfg.Fetch.Do(ctx, req)
	if err != nil {
		return nil, failed(err)
	}
	switch resp.Status {
	case http.StatusOK:
		return resp.Body, nil
	case http.StatusForbidden, http.StatusNotFound, http.StatusGone: // an address that is over, by whatever server
		return nil, &dossier.Error{Code: dossier.CodeFaxLost, Err: fmt.Errorf("fetch fax: status %d", resp.Status)}
	}
	return nil, failed(fmt.Errorf("status %d", resp.Status))
}

// same compares secrets in constant time.
func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// unproved says that a call is not proved.
func unproved() error { return dossier.Problem(dossier.CodeGatewayUnproved) }
