package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"dispositivo/internal/clock"
)

// mailTarget is where simulated mail goes.
type mailTarget struct {
	Server   string `help:"Where mail is taken: host:port, on loopback unless --anywhere, or unix:PATH." default:"127.0.0.1:2525"`
	LMTP     bool   `help:"Speak LMTP." name:"lmtp"`
	Anywhere bool   `help:"Send to other machines too."`
	To       string `help:"Recipient." default:"conversione@pin.example"`
}

func (m mailTarget) check() error {
	if !strings.HasPrefix(m.Server, "unix:") && !m.Anywhere && !onLoopback(m.Server) {
		return errors.New("server: not on loopback; --anywhere allows it")
	}
	return nil
}

// simulateMailCmd is a mail server in front of ours, and an operator of PEC, with
// faults, for who integrates and for tests.
type simulateMailCmd struct {
	mailTarget `embed:""`

	From       string `help:"Sender." default:"maria@casa.example"`
	Count      int    `help:"How many mails, at most 1000; the files, and the ways to wrap one, take turns. Example: --count 20" default:"1"`
	Seed       uint64 `help:"Another seed, other faults; the same, the same. Example: --seed 7" default:"1"`
	drawing    `embed:""`
	Beside     []string `help:"Further attachments of kinds that are not read: docx, zip. Where a mail is the file itself there is no place for them. Example: --beside docx,zip" enum:"docx,zip"`
	Duplicates float64  `help:"Share of mails that are delivered twice, over another server. Example: --duplicates 0.2"`
	Shuffle    bool     `help:"Deliver them out of order."`
	PEC        float64  `help:"Share of mails that come in an envelope of PEC. Example: --pec 0.5" name:"pec"`
	BadSigned  float64  `help:"Share of envelopes that were changed after they were signed. Example: --bad-signed 0.5"`
	Gestore    string   `help:"Folder with the test operator of PEC, made when it is missing: serve with --pec-operators on it." default:"gestore" type:"path"`
	Files      []string `arg:"" help:"Files to attach: PDF, TIFF or photographs." type:"existingfile"`
}

// Validate is called by kong.
func (c *simulateMailCmd) Validate() error {
	if c.Count < 1 || c.Count > 1000 {
		return errors.New("count is not between 1 and 1000")
	}
	for _, share := range []float64{c.Duplicates, c.PEC, c.BadSigned} {
		if share < 0 || share > 1 {
			return errors.New("a share is not between 0 and 1")
		}
	}
	if err := c.drawing.check(); err != nil {
		return err
	}
	for _, address := range []string{c.From, c.To} {
		if !strings.Contains(address, "@") || strings.ContainsAny(address, "<> \r\n") {
			return errors.New("from, to: not an address")
		}
	}
	return c.mailTarget.check()
}

// Run implements the command. It fails when a mail was not taken.
func (c *simulateMailCmd) Run(env *environment) error {
	mails, err := c.make(env)
	if err != nil {
		return err
	}
	failed := 0
	for i, raw := range mails {
		if err := c.sendFrom(env.ctx, c.From, raw); err != nil {
			failed++
			fmt.Fprintf(env.stderr, "mail %d: %v\n", i+1, err)
		}
	}
	fmt.Fprintf(env.stdout, "%d mails sent, %d not taken\n", len(mails), failed)
	if failed > 0 {
		return exitError(exitFailed)
	}
	return nil
}

// make prepares the mails; the same seed makes the same faults. Message-IDs name the
// run, so that another run sends other mails.
func (c *simulateMailCmd) make(env *environment) ([][]byte, error) {
	originals, err := c.read(env, c.Files)
	if err != nil {
		return nil, err
	}
	random := rand.New(rand.NewPCG(c.Seed, 0x3a11)) //nolint:gosec // faults, no secrets
	now := clock.System().Now()
	var operator *gestore
	if c.PEC > 0 {
		if operator, err = openGestore(c.Gestore, now); err != nil {
			return nil, err
		}
	}
	run := strconv.FormatInt(now.UnixNano(), 36)
	var all [][]byte
	for n := range c.Count {
		data, _ := c.made(originals[n%len(originals)], c.Seed+uint64(n))
		l := simulatedLetter{from: c.From, to: c.To, id: fmt.Sprintf("sim-%s-%04d", run, n), at: now, file: data, beside: c.Beside}
		raw := l.wrap(wrappings[n%len(wrappings)])
		if random.Float64() < c.PEC {
			if raw, err = operator.envelope(l, raw, random.Float64() < c.BadSigned); err != nil {
				return nil, err
			}
		}
		all = append(all, raw)
		if random.Float64() < c.Duplicates {
			all = append(all, append([]byte("Received: from elsewhere.example by mx2.example; "+now.Format(time.RFC1123Z)+"\r\n"), raw...))
		}
	}
	if c.Shuffle {
		random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	}
	return all, nil
}

// sendFrom hands a mail over, as a server does.
func (m mailTarget) sendFrom(ctx context.Context, sender string, raw []byte) error {
	network, addr := "tcp", m.Server
	if path, local := strings.CutPrefix(m.Server, "unix:"); local {
		network, addr = "unix", path
	}
	conn, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, network, addr)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	client := smtp.NewClient(conn)
	if m.LMTP {
		client = smtp.NewClientLMTP(conn)
	}
	defer client.Close() //nolint:errcheck // the reply is what counts
	if err := client.SendMail(sender, []string{m.To}, bytes.NewReader(raw)); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	return nil
}
