package mail

import (
	"context"
	"encoding/hex"
	"net/netip"
	"slices"
	"strings"

	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/internal/clock"
	"dispositivo/internal/seal"
)

// Door is where mails are handed to: *intake.Door.
type Door interface {
	Receive(ctx context.Context, p intake.Post) (intake.Receipt, error)
}

// Handover says how a message came to us.
type Handover struct {
	// Sender is the envelope's; "" for the null sender.
	Sender string
	// Host is who handed it over; the zero Addr: unknown.
	Host netip.Addr
	// Known says that Sender is the envelope's indeed, not merely missing.
	Known bool
}

// Config holds the settings of a Taker and what it works with.
type Config struct {
	Door   Door
	Reader *Reader
	// Hash names a message by its content.
	Hash  *seal.MAC
	Clock clock.Clock
	// Gateways are fax gateways that send pages by mail (T.37): senders' addresses,
	// and networks of hosts such as 192.0.2.0/28.
	Gateways []string
	// Ours are our own addresses, which are never answered.
	Ours []string
}

// Taker brings messages to the door, whichever way they came. It is safe for
// concurrent use.
type Taker struct {
	cfg     Config
	senders map[string]bool
	hosts   []netip.Prefix
}

// NewTaker checks the configuration.
func NewTaker(cfg Config) (*Taker, error) {
	t := &Taker{cfg: cfg, senders: map[string]bool{}}
	for _, g := range cfg.Gateways {
		if strings.Contains(g, "@") {
			t.senders[strings.ToLower(g)] = true
			continue
		}
		prefix, err := netip.ParsePrefix(g)
		if err != nil {
			addr, err := netip.ParseAddr(g)
			if err != nil {
				return nil, invalid("fax gateway: neither an address of mail nor of a network: %q", g)
			}
			prefix = netip.PrefixFrom(addr, addr.BitLen())
		}
		t.hosts = append(t.hosts, prefix.Masked())
	}
	return t, nil
}

// Take hands a message to the door and returns when it is safe. Errors are those
// of [intake.Door.Receive].
func (t *Taker) Take(ctx context.Context, raw []byte, h Handover) (intake.Receipt, error) {
	name := make(chan string, 1)
	go func() { // while it is taken apart
		sum := t.cfg.Hash.New()
		essence(sum, raw)
		name <- "mail/" + hex.EncodeToString(sum.Sum(nil))
	}()
	read := t.cfg.Reader.Read(raw, h.Known && h.Sender == "", t.cfg.Clock.Now())
	post := intake.Post{
		Actor: dossier.Actor{Role: dossier.RoleGateway, ID: "mail"}, Channel: dossier.ChannelMail,
		ExternalID: <-name,
		Origin: dossier.Origin{
			From: read.From, Typed: read.Typed, Class: string(read.Class), MessageID: read.MessageID, About: read.About,
			PassedOver: read.PassedOver,
		},
		Files: read.Files, Coded: read.Coded, Evidence: raw, Answer: t.answerable(read),
		Receipt: read.Proved,
	}
	switch {
	case len(read.Faxes) > 0 && t.gateway(h):
		post.Channel, post.Files, post.Coded, post.Origin.Class, post.Answer = dossier.ChannelFax, read.Faxes, nil, "", false
		post.Origin.PassedOver = 0 // what the gateway adds is no caller's
	case read.Certified != nil:
		// The operator sends an envelope again under the same name.
		post.Channel, post.ExternalID = dossier.ChannelPEC, "pec/"+read.Certified.ID
	case read.Class == Receipt:
		post.Channel, post.Origin.Class = dossier.ChannelPEC, string(Receipt)+":"+read.Kind
	}
	return t.cfg.Door.Receive(ctx, post)
}

// answerable reports whether a message may be answered at all; whether its sender is
// proved is left to the Answerer.
func (t *Taker) answerable(read Reading) bool {
	ours := slices.ContainsFunc(t.cfg.Ours, func(own string) bool { return strings.EqualFold(own, read.From) })
	return read.Class.Answerable() && read.From != "" && !ours
}

// gateway reports whether a fax gateway handed the message over. A caller's number
// proves nothing anyhow, so that a forged sender gains nothing.
func (t *Taker) gateway(h Handover) bool {
	if t.senders[strings.ToLower(h.Sender)] {
		return true
	}
	for _, p := range t.hosts {
		if h.Host.IsValid() && p.Contains(h.Host.Unmap()) {
			return true
		}
	}
	return false
}
