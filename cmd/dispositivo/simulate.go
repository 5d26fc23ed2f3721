package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"dispositivo/intake/fax"
	"dispositivo/internal/clock"
	"dispositivo/internal/netx"
	"dispositivo/internal/signed"
)

type simulateCmd struct {
	Fax  simulateFaxCmd  `cmd:"" help:"Send faxes as a gateway would, to a folder or to the webhook of our own form."`
	Scan simulateScanCmd `cmd:"" help:"Leave scans in a folder as the scanner of an office would."`
	Mail simulateMailCmd `cmd:"" help:"Send mail and PEC as the mail server in front of ours would."`

	Receipt simulateReceiptCmd `cmd:"" help:"Certify by PEC what became of a message of the server."`

	Subscriber simulateSubscriberCmd `cmd:"" help:"Take webhooks about state changes, and prove them."`
}

// simulateFaxCmd is a fax gateway with faults, for who integrates and for tests.
type simulateFaxCmd struct {
	Spool      string `help:"Folder of the server; else the webhook." type:"existingdir"`
	URL        string `help:"Address of the webhook, on loopback unless --anywhere." default:"http://127.0.0.1:8080/api/v1/gateways/fax/generic"`
	SecretFile string `help:"File with the webhook's secret; default: the demonstration's." type:"existingfile"`
	Anywhere   bool   `help:"Call other machines too, by https."`
	Count      int    `help:"How many faxes, at most 1000; the files take turns. Example: --count 20" default:"1"`
	Seed       uint64 `help:"Another seed, other faults; the same, the same. Example: --seed 7" default:"1"`
	drawing    `embed:""`
	Damaged    float64  `help:"Share of faxes of whose bytes one in a thousand fell over. Example: --damaged 0.3"`
	Truncate   float64  `help:"Share of faxes whose file ends in the middle, told as partial. Example: --truncate 0.1" aliases:"cut"`
	Duplicates float64  `help:"Share of faxes that are told of twice. Example: --duplicates 0.2"`
	Shuffle    bool     `help:"Tell of them out of order."`
	BadSigned  float64  `help:"Share of calls that are made with a wrong signature first. Example: --bad-signed 0.2"`
	Files      []string `arg:"" help:"Faxes to send: TIFF or PDF." type:"existingfile"`
}

// Validate is called by kong.
func (c *simulateFaxCmd) Validate() error {
	if c.Count < 1 || c.Count > 1000 {
		return errors.New("count is not between 1 and 1000")
	}
	for _, share := range []float64{c.Damaged, c.Truncate, c.Duplicates, c.BadSigned} {
		if share < 0 || share > 1 {
			return errors.New("a share is not between 0 and 1")
		}
	}
	if err := c.check(); err != nil {
		return err
	}
	u, err := url.Parse(c.URL)
	if err != nil || u.Hostname() == "" {
		return errors.New("url: not an address")
	}
	if c.Spool == "" && !c.Anywhere && !onLoopback(u.Hostname()+":0") {
		return errors.New("url: not on loopback; --anywhere allows it")
	}
	return nil
}

// Run implements the command. It fails when a fax was not taken.
func (c *simulateFaxCmd) Run(env *environment) error {
	faxes, err := c.make(env)
	if err != nil {
		return err
	}
	send := c.toSpool
	if c.Spool == "" {
		if send, err = c.caller(); err != nil {
			return err
		}
	}
	failed := 0
	for _, f := range faxes {
		if err := send(env.ctx, f); err != nil {
			failed++
			fmt.Fprintf(env.stderr, "%s: %v\n", f.ID, err)
		}
	}
	fmt.Fprintf(env.stdout, "%d faxes told of, %d not taken\n", len(faxes), failed)
	if failed > 0 {
		return exitError(exitFailed)
	}
	return nil
}

// make prepares the faxes with their faults; the same seed makes the same. Ids name
// the run, so that another run sends other faxes.
func (c *simulateFaxCmd) make(env *environment) ([]fax.GenericFax, error) {
	originals, err := c.read(env, c.Files)
	if err != nil {
		return nil, err
	}
	random := rand.New(rand.NewPCG(c.Seed, 0xfa)) //nolint:gosec // faults, no secrets
	run := strconv.FormatInt(clock.System().Now().UnixNano(), 36)
	var all []fax.GenericFax
	for n := range c.Count {
		f := fax.GenericFax{ID: fmt.Sprintf("sim-%s-%04d", run, n), From: "+3906555" + strconv.Itoa(1000+n), Status: "received"}
		data, announced := c.made(originals[n%len(originals)], c.Seed+uint64(n))
		f.File, f.Pages = data, fax.Announced(announced)
		if random.Float64() < c.Damaged {
			damage(f.File, random)
		}
		if random.Float64() < c.Truncate && len(f.File) > 1 {
			f.Status, f.File = "partial", f.File[:1+random.IntN(len(f.File)-1)]
		}
		all = append(all, f)
		if random.Float64() < c.Duplicates {
			all = append(all, f)
		}
	}
	if c.Shuffle {
		random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	}
	return all, nil
}

// damage turns over a bit in one of a thousand bytes, the head of the file left out.
func damage(data []byte, random *rand.Rand) {
	const head = 64
	for range len(data)/1000 + 1 {
		if len(data) > head {
			data[head+random.IntN(len(data)-head)] ^= 1 << random.IntN(8)
		}
	}
}

// toSpool leaves a fax as docs/integration.md says: sidecar last.
func (c *simulateFaxCmd) toSpool(_ context.Context, f fax.GenericFax) error {
	said, err := json.Marshal(fax.Sidecar{ID: f.ID, From: f.From, Pages: int(f.Pages), Incomplete: f.Status == "partial"})
	if err != nil {
		return fmt.Errorf("encode sidecar: %w", err)
	}
	path := filepath.Join(c.Spool, f.ID+extensionOf(f.File))
	return errors.Join(os.WriteFile(path, f.File, 0o600), os.WriteFile(path+".json", said, 0o600))
}

// extensionOf names the two kinds of file that are left in folders.
func extensionOf(data []byte) string {
	if bytes.HasPrefix(data, []byte("%PDF-")) {
		return ".pdf"
	}
	return ".tif"
}

// caller returns what calls the webhook.
func (c *simulateFaxCmd) caller() (func(context.Context, fax.GenericFax) error, error) {
	key := demoFaxSecret
	if c.SecretFile != "" {
		var err error
		if key, err = secret(c.SecretFile); err != nil {
			return nil, err
		}
	}
	u, err := url.Parse(c.URL)
	if err != nil {
		return nil, fmt.Errorf("read address: %w", err)
	}
	client, err := netx.New(netx.Options{Hosts: []string{u.Hostname()}, AllowLoopback: true})
	if err != nil {
		return nil, fmt.Errorf("set up client: %w", err)
	}
	random := rand.New(rand.NewPCG(c.Seed, 0xbad)) //nolint:gosec // likewise
	return func(ctx context.Context, f fax.GenericFax) error {
		if random.Float64() < c.BadSigned {
			if err := c.call(ctx, client, key+"?", f, http.StatusUnauthorized); err != nil {
				return err
			}
		}
		return c.call(ctx, client, key, f, http.StatusOK)
	}, nil
}

// call tells of a fax and wants a status.
func (c *simulateFaxCmd) call(ctx context.Context, client *netx.Client, key string, f fax.GenericFax, want int) error {
	body, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("encode fax: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("make call: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	signed.Stamp(req.Header, []byte(key), clock.System().Now(), body)
	resp, err := client.Do(ctx, req)
	if err != nil {
		return fmt.Errorf("call: %w", err)
	}
	if resp.Status != want {
		return fmt.Errorf("status %d, want %d", resp.Status, want)
	}
	return nil
}
