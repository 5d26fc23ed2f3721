package sandbox

import (
	"context"
	"sync"
)

// lane is a bounded set of children, some of them idle.
type lane struct {
	slots  chan struct{} // one token for each child in use
	closed chan struct{}

	mu   sync.Mutex
	idle []*child
	done bool
}

func newLane(size int) *lane {
	return &lane{slots: make(chan struct{}, size), closed: make(chan struct{})}
}

// acquire waits for a free place and returns the child used last, or nil when
// one must be started.
func (l *lane) acquire(ctx context.Context) (*child, error) {
	select {
	case <-l.closed:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case l.slots <- struct{}{}:
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done {
		<-l.slots
		return nil, ErrClosed
	}
	for len(l.idle) > 0 {
		c := l.idle[len(l.idle)-1]
		l.idle = l.idle[:len(l.idle)-1]
		if c.alive() {
			return c, nil
		}
		c.end()
	}
	return nil, nil
}

// release gives the place back, with the child if it can go on.
func (l *lane) release(c *child) {
	l.mu.Lock()
	if c != nil && !l.done {
		l.idle = append(l.idle, c)
		c = nil
	}
	l.mu.Unlock()
	if c != nil {
		c.end()
	}
	<-l.slots
}

// close lets nobody in any more and ends the idle children.
func (l *lane) close() {
	l.mu.Lock()
	idle := l.idle
	l.idle = nil
	if !l.done {
		l.done = true
		close(l.closed)
	}
	l.mu.Unlock()
	for _, c := range idle {
		c.end()
	}
}

// drain waits until nobody is inside.
func (l *lane) drain() {
	for range cap(l.slots) {
		l.slots <- struct{}{}
	}
}
