package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/seal"
	"dispositivo/internal/store"
	"dispositivo/internal/testkit/fax"
	"dispositivo/verify/ccitt"
)

const (
	// faxRate is what must be kept up with, in faxes a second, faxFor for how long.
	faxRate = 3
	faxFor  = 60 * time.Second
	// faxBurst is how many come at once to find the highest rate.
	faxBurst = 90
	// answerWithin is when a receipt is due (C7).
	answerWithin = time.Minute
)

// faxes prints how long a fax of two pages takes from the spool to a dossier that
// is ready for review, and how many a second are kept up with.
func (b *bench) faxes(ctx context.Context) (err error) {
	exe := filepath.Join(b.dir, "dispositivo")
	if err := build(ctx, exe); err != nil {
		return err
	}
	dir, spool := filepath.Join(b.dir, "faxes"), filepath.Join(b.dir, "spool")
	if err := os.Mkdir(spool, 0o700); err != nil {
		return fmt.Errorf("make spool: %w", err)
	}
	steady := int(faxFor.Seconds()) * faxRate
	s, err := startOurs(ctx, exe, dir, steady+faxBurst, []string{"--fax-spool", spool})
	if err != nil {
		return err
	}
	defer s.stop()
	g, err := b.gateway(ctx, s, dir, spool)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.store.Close()) }()
	if err := s.awaitQuiet(ctx); err != nil {
		return err
	}
	sustained, err := g.send(ctx, g.faxes[:steady], time.Second/faxRate)
	if err != nil {
		return err
	}
	waits := sustained.waits()
	p50, p99 := waits[len(waits)/2].Seconds(), waits[len(waits)*99/100].Seconds()
	first, second := medianWait(sustained[:steady/2]).Seconds(), medianWait(sustained[steady/2:]).Seconds()
	limit := answerWithin.Seconds()
	b.print("faxes_3_p50", p50, limit, p50/limit, "s", "lower-is-better")
	b.print("faxes_3_p99", p99, limit, p99/limit, "s", "lower-is-better")
	b.print("faxes_3_behind", second, first, second/first, "s", "lower-is-better")

	burst, err := g.send(ctx, g.faxes[steady:], 0)
	if err != nil {
		return err
	}
	rate := burst.rate()
	b.print("faxes_highest", rate, faxRate, rate/faxRate, "faxes/s", "higher-is-better")
	return nil
}

// gateway leaves faxes in the spool and sees in the database when they are ready.
type gateway struct {
	spool string
	store *store.Store
	faxes []oneFax
}

// oneFax is a holder's signed form with an identity page.
type oneFax struct {
	dossierID string
	data      []byte
}

// sent is when a fax lay complete in the spool, and when its dossier was ready for
// review.
type sent struct{ at, ready time.Time }

type deliveries []sent

func (d deliveries) waits() []time.Duration {
	waits := make([]time.Duration, len(d))
	for i, s := range d {
		waits[i] = s.ready.Sub(s.at)
	}
	slices.Sort(waits)
	return waits
}

func medianWait(d deliveries) time.Duration { return d.waits()[len(d)/2] }

// rate is how many a second became ready, of faxes that came at once; the first
// tenth and the last are left out, when not all children are busy.
func (d deliveries) rate() float64 {
	ready := make([]time.Time, len(d))
	for i, s := range d {
		ready[i] = s.ready
	}
	slices.SortFunc(ready, time.Time.Compare)
	ready = ready[len(ready)/10 : len(ready)*9/10]
	return float64(len(ready)-1) / ready[len(ready)-1].Sub(ready[0]).Seconds()
}

// gateway fetches each holder's form and makes the fax of it.
func (b *bench) gateway(ctx context.Context, s *ours, dir, spool string) (*gateway, error) {
	keys, err := seal.LoadKeys(filepath.Join(dir, "master.key"), filepath.Join(dir, "pepper.key"))
	if err != nil {
		return nil, err
	}
	g := &gateway{spool: spool}
	g.store, err = store.Open(ctx, store.Config{
		URL: filepath.Join(dir, "dispositivo.db"), Keys: keys, Clock: clock.System(), Policy: dossier.DefaultPolicy(),
	})
	if err != nil {
		return nil, err
	}
	paper, err := newSheets(ctx, b.dir)
	if err != nil {
		return nil, errors.Join(err, g.store.Close())
	}
	for n, token := range s.tokens {
		f, err := b.faxOf(ctx, s, token, paper, uint64(n))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("make fax: %w", err), g.store.Close())
		}
		g.faxes = append(g.faxes, f)
	}
	return g, nil
}

func (b *bench) faxOf(ctx context.Context, s *ours, token string, paper sheets, seed uint64) (oneFax, error) {
	form, err := fetch(ctx, s.url+"/api/v1/conversions/form", token)
	if err != nil {
		return oneFax{}, err
	}
	page, err := drawPage(ctx, b.dir, form)
	if err != nil {
		return oneFax{}, err
	}
	sign(page, paper.hand)
	pages := sheets{pages: []*image.Gray{page, paper.pages[1]}}.faxed(fax.Options{Seed: seed, FlipRate: 0.0005, SkewDegrees: 0.4})
	body, err := fetch(ctx, s.url+"/api/v1/conversions", token)
	if err != nil {
		return oneFax{}, err
	}
	var own struct{ Conversions []struct{ ID string } }
	if err := json.Unmarshal(body, &own); err != nil || len(own.Conversions) != 1 {
		return oneFax{}, fmt.Errorf("%d dossiers: %w", len(own.Conversions), err)
	}
	return oneFax{dossierID: own.Conversions[0].ID, data: fax.TIFF(pages, ccitt.Params{Encoding: ccitt.Group31D}, 204, 196)}, nil
}

// fetch asks for something as a signed-in holder.
func fetch(ctx context.Context, url, token string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := (&http.Client{Timeout: 30 * time.Second}).Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d: %s", resp.StatusCode, body)
	}
	return body, err
}

// send leaves faxes in the spool, one every so often, and waits until all are ready.
func (g *gateway) send(ctx context.Context, faxes []oneFax, every time.Duration) (deliveries, error) {
	clk := clock.System()
	begin := clk.Now()
	all := make(deliveries, len(faxes))
	for i, f := range faxes {
		if wait := begin.Add(time.Duration(i) * every).Sub(clk.Now()); wait > 0 {
			select {
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			case <-time.After(wait):
			}
		}
		name := filepath.Join(g.spool, f.dossierID+".tif")
		if err := os.WriteFile(name, f.data, 0o600); err != nil {
			return nil, err
		}
		if err := os.WriteFile(name+".done", nil, 0o600); err != nil {
			return nil, err
		}
		all[i].at = clk.Now()
	}
	for i, f := range faxes {
		err := await(ctx, func() error {
			d, err := g.store.Dossier(ctx, f.dossierID)
			if err == nil && d.State != dossier.StateReviewing {
				err = fmt.Errorf("dossier is %s", d.State)
			}
			all[i].ready = d.ChangedAt
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}
