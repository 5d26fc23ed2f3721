package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"

	"dispositivo/internal/clock"
	"dispositivo/internal/codicefiscale"
	"dispositivo/internal/passhash"
)

// The measures of the sign-ins.
const (
	holdersPIN = "ACDEFHJK"
	// pageLimit is the p99 of other pages that a flood may bring about, in ms.
	pageLimit = 100
	// floodTimes is how many times their capacity the sign-ins come at.
	floodTimes = 10
	floodFor   = 10 * time.Second
	pageEvery  = 20 * time.Millisecond
	timedTries = 2000
	// smallEffect is what Cohen calls a small effect.
	smallEffect = 0.2
	// triesEach is how often one address, and triesBefore how often one code, is
	// tried before another takes its place: neither throttle nor lock is measured.
	triesEach, triesBefore = 20, 9
)

// signin prints the figures of signing in.
func (b *bench) signin(ctx context.Context) error {
	exe := filepath.Join(b.dir, "dispositivo")
	if err := build(ctx, exe); err != nil {
		return err
	}
	s, err := startOurs(ctx, exe, filepath.Join(b.dir, "signin"), holders, nil)
	if err != nil {
		return err
	}
	defer s.stop()
	capacity, err := b.signinRate(ctx, s)
	if err != nil {
		return err
	}
	if err := b.signinTells(ctx, s); err != nil {
		return err
	}
	return b.signinFlood(ctx, s, capacity)
}

// signinRate compares sign-ins with nothing but their hashes, on all cores.
func (b *bench) signinRate(ctx context.Context, s *ours) (float64, error) {
	var mine, raw, ratios []float64
	for turn := range turns {
		ours, err := signinsEachSecond(ctx, s, turn)
		if err != nil {
			return 0, err
		}
		bare := hashesEachSecond()
		mine, raw, ratios = append(mine, ours), append(raw, bare), append(ratios, ours/bare)
	}
	b.print("signin", median(mine), median(raw), median(ratios), "signins/s", "higher-is-better")
	return median(mine), nil
}

func signinsEachSecond(ctx context.Context, s *ours, turn int) (float64, error) {
	clk := clock.System()
	begin := clk.Now()
	var done atomic.Int64
	var wg sync.WaitGroup
	errs := make(chan error, holders)
	callers := min(holders, 4*runtime.GOMAXPROCS(0))
	for n := range callers {
		wg.Go(func() {
			c := newCaller(s.url, turn*callers+n) // no address twice: it would be throttled
			for who := n; clk.Now().Sub(begin) < turnFor; who = (who + callers) % holders {
				status, err := c.signIn(ctx, holderCode(who), holdersPIN)
				if err != nil || status != http.StatusCreated {
					errs <- fmt.Errorf("sign in: %d, %w", status, errors.Join(err, context.Cause(ctx)))
					return
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	close(errs)
	return float64(done.Load()) / clk.Now().Sub(begin).Seconds(), <-errs
}

func hashesEachSecond() float64 {
	clk := clock.System()
	begin := clk.Now()
	passes, memory, lanes := passhash.Cost()
	var done atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for clk.Now().Sub(begin) < turnFor {
				argon2.IDKey([]byte(holdersPIN), []byte("sixteen bytes!!!"), passes, memory, lanes, 32)
				done.Add(1)
			}
		})
	}
	wg.Wait()
	return float64(done.Load()) / clk.Now().Sub(begin).Seconds()
}

// signinTells prints by how much the time of a wrong try tells known codes from
// others: Cohen's d.
func (b *bench) signinTells(ctx context.Context, s *ours) error {
	c, clk := newCaller(s.url, holders), clock.System()
	var times [2][]float64 // known, unknown
	for n := range timedTries / 2 {
		turn := n / triesBefore
		for i, cf := range []string{holderCode(turn % holders), unknownCode(turn)} {
			begin := clk.Now()
			status, err := c.signIn(ctx, cf, "AAAAAAAA")
			if err != nil || status != http.StatusUnauthorized {
				return fmt.Errorf("wrong try: %d, %w", status, errors.Join(err, context.Cause(ctx)))
			}
			times[i] = append(times[i], clk.Now().Sub(begin).Seconds()*1000)
		}
		if n%triesBefore == triesBefore-1 { // the right PIN ends the count
			if _, err := c.signIn(ctx, holderCode(turn%holders), holdersPIN); err != nil {
				return err
			}
		}
	}
	d := math.Abs(cohen(times[0], times[1]))
	b.print("signin_tells", d, smallEffect, d/smallEffect, "d", "lower-is-better")
	return nil
}

// cohen is the difference of two means in standard deviations.
func cohen(a, b []float64) float64 {
	meanA, varA := moments(a)
	meanB, varB := moments(b)
	return (meanA - meanB) / math.Sqrt((varA+varB)/2)
}

func moments(values []float64) (mean, variance float64) {
	for _, v := range values {
		mean += v / float64(len(values))
	}
	for _, v := range values {
		variance += (v - mean) * (v - mean) / float64(len(values)-1)
	}
	return mean, variance
}

// signinFlood prints the p99 of a page while sign-ins come at many times their
// capacity, whether anybody answers or not.
func (b *bench) signinFlood(ctx context.Context, s *ours, capacity float64) error {
	ctx, cancel := context.WithTimeout(ctx, floodFor)
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() { flood(ctx, s.url, capacity*floodTimes) })
	page, clk := newCaller(s.url, holders), clock.System()
	tick := clk.NewTicker(pageEvery)
	defer tick.Stop()
	var times []float64
	for ctx.Err() == nil {
		begin := clk.Now()
		if err := page.get(ctx, "/stato"); err != nil && ctx.Err() == nil {
			return fmt.Errorf("page: %w", err)
		}
		times = append(times, clk.Now().Sub(begin).Seconds()*1000)
		select {
		case <-ctx.Done():
		case <-tick.C():
		}
	}
	wg.Wait()
	slices.Sort(times)
	p99 := times[len(times)*99/100]
	b.print("page_p99_while_signins_flood", p99, pageLimit, p99/pageLimit, "ms", "lower-is-better")
	return nil
}

// flood sends sign-ins at a rate until ctx ends.
func flood(ctx context.Context, url string, rate float64) {
	tick := clock.System().NewTicker(time.Duration(float64(time.Second) / rate))
	defer tick.Stop()
	var wg sync.WaitGroup
	callers := make(chan *caller, 512)
	for n := range cap(callers) {
		callers <- newCaller(url, holders+1+n)
	}
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			wg.Wait()
			return
		case <-tick.C():
		}
		select {
		case c := <-callers:
			wg.Go(func() {
				_, _ = c.signIn(ctx, unknownCode(n), "AAAAAAAA") // most are never answered
				callers <- c
			})
		default: // all are waiting: the server has as many as it can want
		}
	}
}

// caller signs in from loopback addresses of its own.
type caller struct {
	url  string
	n    int
	used int
	http *http.Client
}

func newCaller(url string, n int) *caller { return &caller{url: url, n: n} }

// client changes the address from time to time.
func (c *caller) client() *http.Client {
	if c.used%triesEach == 0 {
		if c.http != nil {
			c.http.CloseIdleConnections()
		}
		turn := c.used / triesEach
		ip := net.IPv4(127, byte(1+c.n%250), byte(1+c.n/250*50+turn/250%50), byte(1+turn%250)) //nolint:gosec // at most 250
		dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: ip}}
		c.http = &http.Client{Timeout: time.Minute, Transport: &http.Transport{DialContext: dialer.DialContext}}
	}
	c.used++
	return c.http
}

func (c *caller) signIn(ctx context.Context, codiceFiscale, pin string) (int, error) {
	body, err := json.Marshal(map[string]string{"codice_fiscale": codiceFiscale, "pin": pin})
	if err != nil {
		return 0, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"/api/v1/sessions", bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	return c.send(req)
}

func (c *caller) get(ctx context.Context, path string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+path, nil)
	if err != nil {
		return err
	}
	_, err = c.send(req)
	return err
}

func (c *caller) send(req *http.Request) (int, error) {
	resp, err := c.client().Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

// holderCode is the codice fiscale of the nth holder.
func holderCode(n int) string { return invented("Anna", n) }

// unknownCode is one that nobody has.
func unknownCode(n int) string { return invented("Ignota", n) }

func invented(name string, n int) string {
	born := time.Date(1940, 1, 1+n%20000, 0, 0, 0, 0, time.UTC)
	cf, err := codicefiscale.Compute("Prova", name, born, "F", "Z404")
	if err != nil {
		panic(err) // the arguments are constants but for the day
	}
	return cf.String()
}
