package main

import (
	"encoding/json"
	"fmt"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/i18n"
)

// refusalsCmd is for whoever runs the gateways: the ledger says nothing of anybody. What
// a gateway called an arrival is kept as a keyed hash alone.
type refusalsCmd struct {
	storage `embed:""`
	Since   time.Duration `help:"How far back, such as 24h; 0: from the beginning." default:"24h"`
	Channel string        `help:"One channel: upload, fax, mail, pec, counter." default:"" enum:",upload,fax,mail,pec,counter"`
	JSON    bool          `help:"One JSON object a line."`
	Demo    bool          `help:"The store is a demonstration."`
}

// refusalLine is one refusal for a program.
type refusalLine struct {
	At      time.Time       `json:"at"`
	Channel dossier.Channel `json:"channel"`
	Gateway string          `json:"gateway"`
	Code    dossier.Code    `json:"code"`
	Text    string          `json:"text"`
	Bytes   int64           `json:"bytes"`
}

// Validate refuses a time to come.
func (c *refusalsCmd) Validate() error {
	if c.Since < 0 {
		return fmt.Errorf("--since: %s is in the future", c.Since)
	}
	return nil
}

// Run implements the command: the newest first.
func (c *refusalsCmd) Run(env *environment) error {
	texts, err := i18n.Embedded()
	if err != nil {
		return fmt.Errorf("read texts: %w", err)
	}
	h, err := openHouse(env, c.storage, dossier.DefaultPolicy(), c.Demo)
	if err != nil {
		return err
	}
	defer h.close() //nolint:errcheck // only read
	f := dossier.RefusalFilter{Channel: dossier.Channel(c.Channel)}
	if c.Since > 0 {
		f.Since = h.clock.Now().Add(-c.Since)
	}
	has := func(key string) bool { return texts.Has("en", key) }
	return h.store.EachRefusal(env.ctx, f, func(r dossier.Refusal) error {
		why, _ := r.Keys(has)
		line := refusalLine{r.At.UTC(), r.Channel, r.Gateway, r.Code, texts.T("en", why, nil), r.Bytes}
		if c.JSON {
			return json.NewEncoder(env.stdout).Encode(line)
		}
		_, err := fmt.Fprintf(env.stdout, "%s  %-7s  %-11s  %-16s  %s\n", line.At.Format(time.RFC3339), line.Channel, dash(line.Gateway), line.Code, line.Text)
		return err
	})
}

// dash stands for what is empty, so that every line has as many columns.
func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
