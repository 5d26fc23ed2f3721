package main

import (
	"fmt"
	"net/netip"
)

// proxies says who stands between the clients and this server.
type proxies struct {
	TrustedProxies []string `help:"Addresses or networks of the proxies before this server: what they say in X-Forwarded-For of a client's address counts, from nobody else." env:"DISPOSITIVO_TRUSTED_PROXIES"`
}

// networks reads addresses and networks; setting is named in errors. A network of
// everybody is refused: nobody could be told from his claim any more.
func networks(setting string, list []string) ([]netip.Prefix, error) {
	var found []netip.Prefix
	for _, s := range list {
		prefix, err := netip.ParsePrefix(s)
		if err != nil {
			addr, addrErr := netip.ParseAddr(s)
			if addrErr != nil {
				return nil, fmt.Errorf("%s: %q is neither address nor network", setting, s)
			}
			prefix = netip.PrefixFrom(addr, addr.BitLen())
		}
		if prefix.Bits() == 0 {
			return nil, fmt.Errorf("%s: %q is everybody", setting, s)
		}
		found = append(found, prefix)
	}
	return found, nil
}
