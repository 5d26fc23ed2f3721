package passhash

import (
	"context"
	"sync/atomic"
)

// Others counts the requests that are being answered and have not hashed
// anything: those for which a core is kept free. The zero value counts none. It
// is safe for concurrent use.
type Others struct{ n atomic.Int64 }

// visit is one request; it is another's until it hashes.
type visit struct {
	others *Others
	gone   atomic.Bool
}

type visitKey struct{}

// Begin counts a request until it hashes with the context returned, or says that
// it will (WillHash), or until end is called, which must be when it is answered.
func (o *Others) Begin(ctx context.Context) (counted context.Context, end func()) {
	v := &visit{others: o}
	o.n.Add(1)
	return context.WithValue(ctx, visitKey{}, v), v.leave
}

func (v *visit) leave() {
	if v.gone.CompareAndSwap(false, true) {
		v.others.n.Add(-1)
	}
}

// WillHash says that the request of ctx, if it is one, is going to hash and is no
// other's any more: while its try is written down nobody's core need lie idle.
func WillHash(ctx context.Context) {
	if v, ok := ctx.Value(visitKey{}).(*visit); ok {
		v.leave()
	}
}
