package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"dispositivo/internal/clock"
)

// target is where uploads go.
type target struct {
	url string
	// tokens are the signed-in holders', each client its own; none: nobody asks.
	tokens []string
	http   *http.Client
}

// newTarget keeps a connection open for every client.
func newTarget(url string, tokens []string) target {
	return target{url: url, tokens: tokens, http: &http.Client{
		Timeout:   2 * time.Minute,
		Transport: &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true},
	}}
}

// serial makes the bytes of every upload of this process its own.
var serial atomic.Uint64

// rate lets the clients upload for a while and returns how many uploads were
// answered with 201 each second. Any other answer is an error.
func (t target) rate(ctx context.Context, clients, size int, length time.Duration) (float64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	clk := clock.System()
	begin := clk.Now()
	var done atomic.Int64
	var wg sync.WaitGroup
	for n := range clients {
		wg.Go(func() {
			c := newClient(t, n, size)
			for ctx.Err() == nil && clk.Now().Sub(begin) < length {
				if err := c.upload(ctx); err != nil {
					cancel(err)
					return
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return 0, err
	}
	return float64(done.Load()) / clk.Now().Sub(begin).Seconds(), nil
}

// client uploads one document after the other, each with other bytes.
type client struct {
	target target
	token  string
	body   []byte
	nonce  []byte // lies in body
	kind   string
}

func newClient(t target, n, size int) *client {
	pdf, at := document(size)
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	part, err := w.CreateFormFile("file", "modulo.pdf")
	if err != nil {
		panic(err) // a buffer takes everything
	}
	at += buf.Len()
	if _, err := part.Write(pdf); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	c := &client{target: t, body: buf.Bytes(), kind: w.FormDataContentType()}
	c.nonce = c.body[at : at+8]
	if len(t.tokens) > 0 {
		c.token = t.tokens[n]
	}
	return c
}

func (c *client) upload(ctx context.Context) error {
	binary.BigEndian.PutUint64(c.nonce, serial.Add(1))
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.target.url, bytes.NewReader(c.body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", c.kind)
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.target.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusCreated {
		err = fmt.Errorf("status %d: %s", resp.StatusCode, answer)
	}
	return err
}

// document is a valid PDF of about size bytes: one page with a grey picture of
// noise. The eight bytes from at on are free to change.
func document(size int) (pdf []byte, at int) {
	const width = 500
	height := (size - 1000) / width
	noise := make([]byte, width*height)
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // noise
	for i := range noise {
		noise[i] = byte(random.Uint32()) //nolint:gosec // its last eight bits
	}
	var b bytes.Buffer
	var offsets []int
	object := func(format string, args ...any) {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n"+format, append([]any{len(offsets)}, args...)...)
	}
	b.WriteString("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
	object("<< /Type /Catalog /Pages 2 0 R >>\nendobj\n")
	object("<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n")
	object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /XObject << /I 5 0 R >> >> >>\nendobj\n")
	drawing := "q 500 0 0 700 40 60 cm /I Do Q"
	object("<< /Length %d >>\nstream\n%s\nendstream\nendobj\n", len(drawing), drawing)
	object("<< /Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray /BitsPerComponent 8 /Length %d >>\nstream\n",
		width, height, len(noise))
	at = b.Len()
	b.Write(noise)
	b.WriteString("\nendstream\nendobj\n")
	table := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, table)
	return b.Bytes(), at
}
