package webhook

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"dispositivo/dossier"
	"dispositivo/internal/netx"
	"dispositivo/internal/signed"
)

// Subscriber is a system outside, as the settings name it.
type Subscriber struct {
	dossier.Subscription

	url    string
	secret []byte
	client *netx.Client
}

// setting is one entry of the file.
type setting struct {
	Name string `json:"name"`
	URL  string `json:"url"`
	// Secret, or the file that holds it.
	Secret     string `json:"secret"`
	SecretFile string `json:"secret_file"`
	// Events are types (dossier.NoticeTypes), dossier.*, submission.* or *.
	Events []string `json:"events"`
	// Network: see networks.
	Network string `json:"network"`
}

// networks say where a subscriber may be: anywhere but in special networks, in the
// own house too, or on this machine alone, there also by plain http.
var networks = map[string]netx.Options{
	"":         {},
	"private":  {AllowPrivate: true},
	"loopback": {AllowLoopback: true},
}

// validName keeps names fit for the command line and for figures.
var validName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,39}$`)

// Load reads the subscribers from a JSON file; a secret file is relative to it.
func Load(path string) ([]Subscriber, error) {
	raw, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("read webhooks: %w", err)
	}
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.DisallowUnknownFields()
	var settings []setting
	if err := dec.Decode(&settings); err != nil {
		return nil, fmt.Errorf("read webhooks: %w", err)
	}
	var subs []Subscriber
	for _, s := range settings {
		sub, err := s.subscriber(filepath.Dir(path))
		if err != nil {
			return nil, fmt.Errorf("webhook %q: %w", s.Name, err)
		}
		if slices.ContainsFunc(subs, func(other Subscriber) bool { return other.Name == sub.Name }) {
			return nil, fmt.Errorf("webhook %q: the name is there twice", s.Name)
		}
		subs = append(subs, sub)
	}
	return subs, nil
}

func (s setting) subscriber(dir string) (Subscriber, error) {
	sub := Subscriber{Subscription: dossier.Subscription{Name: s.Name, Types: s.Events}, url: s.URL}
	if !validName.MatchString(s.Name) {
		return sub, errors.New("name: small letters, digits, dot, dash and underscore, at most 40")
	}
	if err := checkEvents(s.Events); err != nil {
		return sub, err
	}
	var err error
	if sub.secret, err = s.key(dir); err != nil {
		return sub, err
	}
	u, err := url.Parse(s.URL)
	if err != nil || u.Hostname() == "" || u.User != nil {
		return sub, errors.New("url: not an address, or one with credentials")
	}
	opts, known := networks[s.Network]
	if !known {
		return sub, errors.New("network: want private or loopback, or leave it out")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !opts.AllowLoopback) {
		return sub, errors.New("url: https only")
	}
	opts.Hosts, opts.Timeout, opts.MaxBytes = []string{strings.ToLower(u.Hostname())}, callTime, answerBytes
	if sub.client, err = netx.New(opts); err != nil {
		return sub, fmt.Errorf("url: %w", err)
	}
	return sub, nil
}

func (s setting) key(dir string) ([]byte, error) {
	key := s.Secret
	if s.SecretFile != "" {
		path := s.SecretFile
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		raw, err := os.ReadFile(path) //nolint:gosec // likewise
		if err != nil {
			return nil, fmt.Errorf("read secret: %w", err)
		}
		key = strings.TrimSpace(string(raw))
	}
	if len(key) < signed.ShortestSecret {
		return nil, fmt.Errorf("the secret is shorter than %d bytes", signed.ShortestSecret)
	}
	return []byte(key), nil
}

func checkEvents(events []string) error {
	if len(events) == 0 {
		return errors.New("events: none")
	}
	known := append(dossier.NoticeTypes(), "*", dossier.NoticeOfDossier+".*", dossier.NoticeOfSubmission+".*")
	for _, e := range events {
		if !slices.Contains(known, e) {
			return fmt.Errorf("events: %q is none; there are %s", e, strings.Join(known, ", "))
		}
	}
	return nil
}
