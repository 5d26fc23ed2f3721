package edge

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
)

// household is how much of an IPv6 address names a customer's network: what lies
// behind is theirs to change at will (RFC 6177).
const household = 64

const keyClient = "edge.client"

// forwarded is the header in which each proxy notes, behind what it was sent, whom
// the request came to it from.
const forwarded = "X-Forwarded-For"

// Locate finds out whose request it is. When a trusted proxy hands it on, that is
// the last address in X-Forwarded-For that is no trusted proxy's: what stands before
// it the client may have written. From anybody else the header says nothing.
func (e *Edge) Locate() gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Set(keyClient, client(c.Request.RemoteAddr, c.Request.Header.Values(forwarded), e.proxies))
		c.Next()
	}
}

// client is the address of who asks, the zero one when even the peer has none. lines
// are those of the header, in their order.
func client(peer string, lines []string, proxies []netip.Prefix) netip.Addr {
	hop, err := address(peer)
	if err != nil {
		return netip.Addr{}
	}
	trusted := func(a netip.Addr) bool {
		return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(a) })
	}
	said := strings.Split(strings.Join(lines, ","), ",")
	for trusted(hop) && len(said) > 0 {
		before, err := address(strings.TrimSpace(said[len(said)-1]))
		if err != nil { // none, or in no form that we know: the proxy itself is as far as we see
			return hop
		}
		hop, said = before, said[:len(said)-1]
	}
	return hop
}

// address reads an address, with or without a port.
func address(s string) (netip.Addr, error) {
	if with, err := netip.ParseAddrPort(s); err == nil {
		return with.Addr().Unmap().WithZone(""), nil
	}
	a, err := netip.ParseAddr(s)
	return a.Unmap().WithZone(""), err
}

// Source names the network that a request comes from, for throttles: the address,
// or the /64 that an IPv6 address is in, where one customer has 2^64 of them. Without
// Locate before it that is the peer's.
func Source(c *gin.Context) string {
	located, _ := c.Get(keyClient)
	ip, ok := located.(netip.Addr)
	if !ok {
		ip = client(c.Request.RemoteAddr, nil, nil)
	}
	if !ip.IsValid() {
		return c.Request.RemoteAddr
	}
	if ip.Is4() {
		return ip.String()
	}
	network, err := ip.Prefix(household)
	if err != nil {
		return ip.String()
	}
	return network.String()
}
