package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/intake/counter"
	"dispositivo/intake/fax"
	"dispositivo/intake/fitting"
	"dispositivo/intake/mail"
	"dispositivo/intake/match"
	"dispositivo/internal/codicefiscale"
	"dispositivo/internal/courier"
	"dispositivo/internal/i18n"
	"dispositivo/internal/netx"
	"dispositivo/internal/notify"
	"dispositivo/internal/offices"
	"dispositivo/internal/operator"
	"dispositivo/internal/passhash"
	"dispositivo/internal/sandbox"
	"dispositivo/internal/session"
	"dispositivo/internal/signin"
	"dispositivo/pin"
	"dispositivo/pin/activation"
	"dispositivo/pin/conversion"
	"dispositivo/pin/delegation"
	"dispositivo/pin/journal"
	"dispositivo/pin/letters"
	"dispositivo/pin/recovery"
	"dispositivo/pin/request"
	"dispositivo/pin/revocation"
	catalogue "dispositivo/pin/services"
	"dispositivo/queue"
	"dispositivo/verify"
	"dispositivo/verify/evidence"
	"dispositivo/verify/review"
)

// formTokenKey is the purpose of the key that signs the tokens of forms.
const formTokenKey = "form token"

// services is the domain, wired.
type services struct {
	texts      *i18n.Bundle
	sessions   *session.Keeper
	access     *pin.Access
	devices    *pin.Devices
	contacts   *pin.Contacts
	activation *activation.Service
	letters    *letters.Service
	catalogue  *catalogue.Desk
	delegation *delegation.Service
	offices    *offices.Finder
	requests   *request.Service
	recovery   *recovery.Service
	revocation *revocation.Service
	journal    *journal.Service
	operators  *operator.Accounts
	conversion *conversion.Service
	door       *intake.Door
	fitting    *fitting.Service
	desk       *review.Desk
	evidence   *evidence.Service
	// screener is set by serve alone.
	screener *verify.Screener
	courier  *courier.Courier
	matching *match.Service
	scans    *counter.Service
	// answerer answers mails; set by serve alone.
	answerer *mail.Answerer
	// slip draws the receipt of a scan.
	slip func(a counter.Arrival, lang string) ([]byte, error)
	// faxAnswers draws the pages for fax gateways.
	faxAnswers *fax.Answers
}

func newServices(h *house, pool *sandbox.Pool, p procedure, m carriers, publicURL string) (*services, error) {
	texts, err := i18n.Embedded()
	if err != nil {
		return nil, fmt.Errorf("load texts: %w", err)
	}
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		return nil, fmt.Errorf("load time zone: %w", err)
	}
	sender, err := newSender(h, m)
	if err != nil {
		return nil, err
	}
	hasher := h.hasher()
	places, err := birthPlaces()
	if err != nil {
		return nil, fmt.Errorf("read places of birth: %w", err)
	}
	s := &services{
		texts: texts, sessions: h.sessions(), operators: h.operators(hasher), journal: journal.New(h.store),
		matching: match.New(h.store, h.vault, places), faxAnswers: faxAnswers(h, texts, p, publicURL, rome),
	}
	policy := p.pinPolicy()
	eligible, err := request.NewEligibility(request.Profile(p.Eligibility), h.clock, rome)
	if err != nil {
		return nil, err
	}
	s.access = pin.NewAccess(pin.Config{
		Store: h.store, Guard: signin.NewGuard(h.store, h.clock), Sessions: s.sessions, Hasher: hasher, Clock: h.clock,
		Tries: h.tries(60, time.Second), Policy: policy, Eligible: eligible.Check,
	})
	s.devices = pin.NewDevices(h.store, h.clock, h.tries(5, 5*time.Minute))
	s.contacts = pin.NewContacts(h.store, h.clock, h.tries(5, 10*time.Minute))
	s.activation = activation.New(activation.Config{
		Store: h.store, Access: s.access, Clock: h.clock, Tries: h.tries(5, 10*time.Minute), ByMessage: p.SecondHalfByMessage,
	})
	s.letters = letters.New(letters.Config{
		Store: h.store, Hasher: hasher, Clock: h.clock, Logger: h.logger, Policy: p.letterPolicy(), Agency: p.Agency,
		Return: p.ReturnAddress, Portal: publicURL, Phone: p.Contact, Rome: rome, Tries: h.tries(5, 10*time.Minute),
	})
	s.conversion = conversion.New(conversion.Config{
		Store: h.store, Clock: h.clock, TokenKey: h.keys.Derive(formTokenKey, 32), Agency: p.Agency,
		Ways: p.ways(publicURL), KeepImagesDays: p.KeepImages, Tries: h.tries(10, 30*time.Second),
		Blanks: h.tries(30, 10*time.Second), Eligible: eligible.Check,
	})
	s.requests = newRequests(h, hasher, p, eligible, places, publicURL)
	s.wireLost(h, eligible, publicURL)
	s.delegation = newDelegation(h, rome)
	if err = s.wireCatalogues(h, p, publicURL, rome); err != nil {
		return nil, err
	}
	s.door = newDoor(h, pool, s.conversion, p)
	s.wireCounter(h, pool, p, publicURL, rome)
	s.fitting = newFitting(h, s, pool, p.MaxBytes)
	s.desk = review.NewDesk(review.Config{Store: h.store, Pictures: h.vault, Clock: h.clock, Lease: review.DefaultLease, FourEyes: p.FourEyes})
	s.evidence = evidence.New(evidence.Config{Store: h.store, Originals: h.vault, Hash: h.keys.MAC("content"), Clock: h.clock})
	s.courier = newCourier(h, texts, sender, pin.NewMinter(hasher, h.clock, policy, rome), p, publicURL, rome)
	return s, nil
}

// newCourier wires how messages leave.
func newCourier(h *house, texts *i18n.Bundle, sender notify.Sender, mint *pin.Minter, p procedure, publicURL string, rome *time.Location) *courier.Courier {
	return courier.New(courier.Config{
		Store: h.store, Composer: notify.NewComposer(texts, p.Agency, p.Contact), Sender: sender, Clock: h.clock, Mint: mint, KeepSecrets: h.demo,
		Logger: h.logger, StatusURL: publicURL + "/stato", StopURL: publicURL + "/ferma", Domain: hostOf(publicURL), Rome: rome,
	})
}

// newDoor wires the one door.
func newDoor(h *house, pool *sandbox.Pool, dossiers intake.Dossiers, p procedure) *intake.Door {
	door := intake.Config{
		Store: h.store, Vault: h.vault, Prober: pool, Dossiers: dossiers, Hash: h.keys.MAC("content"),
		Clock: h.clock, Logger: h.logger, MaxBytes: p.MaxBytes,
	}
	if p.NoProbe {
		door.Prober = nil
	}
	return intake.NewDoor(door)
}

// newScreener wires the reading of what came in.
func newScreener(h *house, pool *sandbox.Pool, p procedure, antivirus func(context.Context, []byte) (string, error)) *verify.Screener {
	return verify.NewScreener(verify.Config{
		Store: h.store, Vault: h.vault, Reader: pool, Logger: h.logger, Hash: h.keys.MAC("content"), MaxBytes: p.MaxBytes, MaxOriginal: intake.MaxOriginal,
		TokenKey: h.keys.Derive(formTokenKey, 32), Antivirus: antivirus,
	})
}

// newRequests wires how people come to a PIN.
func newRequests(h *house, hasher *passhash.Hasher, p procedure, eligible request.Eligibility, places *codicefiscale.Places, publicURL string) *request.Service {
	return request.New(request.Config{
		Store: h.store, Clock: h.clock, Hasher: hasher, Places: places, Eligibility: eligible, Window: p.pinPolicy().Window,
		Agency: p.Agency, Portal: publicURL, Phone: p.Contact, Office: p.Office, Guardians: p.Guardians,
		Tries: h.tries(60, 2*time.Second), Told: h.tries(3, 8*time.Hour),
	})
}

func newSender(h *house, m carriers) (notify.Sender, error) {
	if h.demo {
		return &h.box, nil
	}
	senders := notify.Senders{}
	if m.SMTPAddr != "" {
		smtp, err := newSMTP(m.SMTPPassword, notify.SMTPConfig{Addr: m.SMTPAddr, From: m.SMTPFrom, TLS: notify.TLSPolicy(m.SMTPTLS), Username: m.SMTPUser})
		if err != nil {
			return nil, fmt.Errorf("set up e-mail: %w", err)
		}
		senders[notify.Email], senders[notify.PEC] = smtp, smtp
	}
	if m.PECAddr != "" {
		smtp, err := newSMTP(m.PECPassword, notify.SMTPConfig{Addr: m.PECAddr, From: m.PECFrom, TLS: notify.TLSPolicy(m.PECTLS), Username: m.PECUser})
		if err != nil {
			return nil, fmt.Errorf("set up PEC: %w", err)
		}
		senders[notify.PEC] = smtp
	}
	if m.SMSURL != "" {
		sms, err := newSMS(m)
		if err != nil {
			return nil, err
		}
		senders[notify.Text] = sms
	}
	return senders, nil
}

func newSMTP(passwordFile string, cfg notify.SMTPConfig) (*notify.SMTP, error) {
	password, err := secret(passwordFile)
	if err != nil {
		return nil, err
	}
	cfg.Password = password
	return notify.NewSMTP(cfg)
}

func newSMS(m carriers) (*notify.SMS, error) {
	token, err := secret(m.SMSToken)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(m.SMSURL)
	if err != nil {
		return nil, fmt.Errorf("read SMS address: %w", err)
	}
	client, err := netx.New(netx.Options{Hosts: []string{u.Hostname()}})
	if err != nil {
		return nil, fmt.Errorf("set up SMS: %w", err)
	}
	sms, err := notify.NewSMS(client, m.SMSURL, token)
	if err != nil {
		return nil, fmt.Errorf("set up SMS: %w", err)
	}
	return sms, nil
}

// hostOf is the right-hand side of Message-IDs: a name, never an address.
func hostOf(publicURL string) string {
	u, err := url.Parse(publicURL)
	if err != nil || u.Hostname() == "" || strings.Trim(u.Hostname(), "0123456789.:") == "" {
		return "dispositivo.invalid"
	}
	return u.Hostname()
}

// screening and other work are separate, so that a flood of scans can be given
// processes of its own.
func (s *services) screening() map[dossier.TaskKind]queue.Handler {
	return map[dossier.TaskKind]queue.Handler{
		dossier.TaskScreen: func(ctx context.Context, t dossier.Task) error {
			return s.screener.Screen(ctx, t.ID, t.Subject)
		},
	}
}

func (s *services) otherWork() map[dossier.TaskKind]queue.Handler {
	return s.lostWork(map[dossier.TaskKind]queue.Handler{
		dossier.TaskOffer:    versioned(s.desk.Offer),
		dossier.TaskEscalate: versioned(s.desk.Escalate),
		dossier.TaskExpire:   versioned(s.conversion.Expire),
		dossier.TaskConvert: func(ctx context.Context, t dossier.Task) error {
			id, _, err := t.Versioned()
			if err != nil {
				return err
			}
			return s.conversion.Convert(ctx, t.ID, id)
		},
		dossier.TaskDeviceCode: func(ctx context.Context, t dossier.Task) error {
			return s.devices.Send(ctx, t.ID, t.Subject)
		},
		dossier.TaskReissue: func(ctx context.Context, t dossier.Task) error {
			return s.letters.IssueAgain(ctx, t.ID, t.Subject)
		},
		dossier.TaskLapse: func(ctx context.Context, t dossier.Task) error {
			return s.letters.Lapse(ctx, t.ID, t.Subject)
		},
		dossier.TaskAnswer: func(ctx context.Context, t dossier.Task) error {
			return s.answerer.Answer(ctx, t.ID, t.Subject)
		},
		dossier.TaskSend: func(ctx context.Context, t dossier.Task) error {
			return s.courier.Send(ctx, t.ID, t.Subject)
		},
	})
}

// versioned calls do with the dossier's id and the version the task was made for.
func versioned(do func(ctx context.Context, taskID, dossierID string, version int64) error) queue.Handler {
	return func(ctx context.Context, t dossier.Task) error {
		id, version, err := t.Versioned()
		if err != nil {
			return err
		}
		return do(ctx, t.ID, id, version)
	}
}
