package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"

	"dispositivo/internal/netx"
)

// SMS hands text messages to a provider by a small HTTP interface of ours, version 1; a provider with another
// one is reached through an adapter that offers this. It is safe for concurrent use.
//
// The request:
//
//	POST <the configured https URL>
//	Authorization: Bearer <token>
//	Content-Type: application/json
//	Idempotency-Key: <id>
//
//	{"to": "+393331234567", "text": "…", "id": "<id>"}
//
// "to" is a number in E.164 form, "text" is UTF-8, "id" names the message and is at most 64 characters.
// The body of an answer is not looked at; the status means:
//
//   - 2xx: taken, and will be sent. A request with an Idempotency-Key that was taken before must be answered
//     2xx again and send nothing: we repeat a request whose answer we did not get.
//   - 400, 410, 413, 422 and every 4xx not named below: this message will never be taken (the number does not
//     exist, the text is refused). It is not tried again.
//   - 401, 403, 404, 405, 407: our token or address is wrong. Tried again, since an administrator can mend it.
//   - 408, 409, 425, 429, 5xx, and no answer: tried again later. 409 says that a request with this
//     Idempotency-Key is being worked on.
//   - 3xx: not followed; a wrong address.
type SMS struct {
	client *netx.Client
	url    string
	token  string
}

// NewSMS returns a sender to the interface at address with its bearer token. The client must allow the
// address's host.
func NewSMS(client *netx.Client, address, token string) (*SMS, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" {
		return nil, errors.New("sms: the address is no plain URL")
	}
	if token == "" {
		return nil, errors.New("sms: a token is needed")
	}
	return &SMS{client: client, url: address, token: token}, nil
}

// e164 is a mobile number with its country code (ITU-T E.164: at most 15 digits).
var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// Send implements [Sender].
func (s *SMS) Send(ctx context.Context, m Message) error {
	if m.ID == "" || len(m.ID) > 64 || !e164.MatchString(m.To) {
		return permanent(fmt.Errorf("send %v: no id, or the recipient is no number in E.164 form", m))
	}
	body, err := json.Marshal(map[string]string{"to": m.To, "text": m.Text, "id": m.ID})
	if err != nil {
		return permanent(fmt.Errorf("send %v: %w", m, err))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		return temporary(fmt.Errorf("send %v: %w", m, err))
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", m.ID)
	res, err := s.client.Do(ctx, req)
	if err != nil {
		return temporary(fmt.Errorf("send %v: %w", m, err))
	}
	return classifyHTTP(m, res.Status)
}

func classifyHTTP(m Message, status int) error {
	err := fmt.Errorf("send %v: the SMS interface answers %d", m, status)
	switch {
	case status >= 200 && status < 300:
		return nil
	case status < 400 || status >= 500:
		return temporary(err)
	}
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed,
		http.StatusProxyAuthRequired, http.StatusRequestTimeout, http.StatusConflict, http.StatusTooEarly,
		http.StatusTooManyRequests:
		return temporary(err)
	}
	return permanent(err)
}
