package netx

import (
	"net/netip"
	"testing"
)

func TestAllowedAddresses(t *testing.T) {
	outside := &Client{}
	house := &Client{opts: Options{AllowPrivate: true}}
	loop := &Client{opts: Options{AllowLoopback: true}}
	for _, test := range []struct {
		addr                 string
		outside, house, loop bool
	}{
		{"8.8.8.8", true, true, true},
		{"2606:4700:4700::1111", true, true, true},
		{"::ffff:8.8.8.8", true, true, true},
		{"10.1.2.3", false, true, false},
		{"172.31.0.1", false, true, false},
		{"192.168.1.1", false, true, false},
		{"fd00::1", false, true, false},
		{"::ffff:10.1.2.3", false, true, false},
		{"127.0.0.1", false, false, true},
		{"127.9.9.9", false, false, true},
		{"::1", false, false, true},
		{"::ffff:127.0.0.1", false, false, true},
		{"169.254.169.254", false, false, false},
		{"fe80::1%eth0", false, false, false},
		{"224.0.0.1", false, false, false},
		{"ff02::1", false, false, false},
		{"0.0.0.0", false, false, false},
		{"0.1.2.3", false, false, false},
		{"::", false, false, false},
		{"255.255.255.255", false, false, false},
		{"100.64.0.1", false, false, false},
		{"198.18.0.1", false, false, false},
		{"203.0.113.7", false, false, false},
		{"64:ff9b::a00:1", false, false, false},
		{"2002:a00:1::", false, false, false},
		{"2001:0:53aa::1", false, false, false},
		{"::7f00:1", false, false, false},
		{"fec0::1", false, false, false},
	} {
		addr := netip.MustParseAddr(test.addr)
		for name, c := range map[string]struct{ got, want bool }{
			"outside": {outside.allowed(addr), test.outside},
			"house":   {house.allowed(addr), test.house},
			"loop":    {loop.allowed(addr), test.loop},
		} {
			if c.got != c.want {
				t.Errorf("%s, %s: %v, want %v", test.addr, name, c.got, c.want)
			}
		}
	}
}
