package queue

import (
	"crypto/rand"
	"fmt"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/hibiken/asynq"

	"dispositivo/internal/clock"
)

// embedded is a Redis in this process, in memory only, on loopback and behind
// a random password.
type embedded struct {
	server   *miniredis.Miniredis
	password string
	stop     chan struct{}
}

func startEmbedded(clk clock.Clock) (*embedded, error) {
	e := &embedded{server: miniredis.NewMiniRedis(), password: rand.Text(), stop: make(chan struct{})}
	e.server.RequireAuth(e.password)
	if err := e.server.StartAddr("127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("start embedded queue: %w", err)
	}
	go e.tick(clk)
	return e, nil
}

// tick moves the server's clock: miniredis lets no key expire by itself, and
// asynq's leases are keys.
func (e *embedded) tick(clk clock.Clock) {
	t := clk.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-e.stop:
			return
		case <-t.C():
			e.server.FastForward(time.Second)
		}
	}
}

func (e *embedded) options() asynq.RedisClientOpt {
	return asynq.RedisClientOpt{Addr: e.server.Addr(), Password: e.password}
}

func (e *embedded) close() {
	close(e.stop)
	e.server.Close()
}
