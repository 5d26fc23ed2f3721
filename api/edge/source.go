package edge

import (
	"net/netip"

	"github.com/gin-gonic/gin"
)

// household is how much of an IPv6 address names a customer's network: what lies
// behind is theirs to change at will (RFC 6177).
const household = 64

// Source names the network that a request comes from, for throttles: the address,
// or the /64 that an IPv6 address is in, where one customer has 2^64 of them.
func Source(c *gin.Context) string {
	ip, err := netip.ParseAddr(c.ClientIP())
	if err != nil {
		return c.ClientIP()
	}
	if ip = ip.Unmap(); ip.Is4() {
		return ip.String()
	}
	network, err := ip.Prefix(household)
	if err != nil {
		return ip.String()
	}
	return network.String()
}
