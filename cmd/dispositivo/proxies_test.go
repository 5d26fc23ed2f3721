package main

import "testing"

// aProxy is whose X-Forwarded-For counts in the tests.
const aProxy = "127.9.9.9"

func TestNetworks(t *testing.T) {
	t.Parallel()
	got, err := networks("x", []string{"192.0.2.7", "2001:db8::1", "10.0.0.0/8"})
	if err != nil || len(got) != 3 || got[0].String() != "192.0.2.7/32" || got[1].String() != "2001:db8::1/128" || got[2].String() != "10.0.0.0/8" {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"proxy", "", "0.0.0.0/0", "::/0", "10.0.0.0/33"} {
		if _, err := networks("x", []string{"192.0.2.7", bad}); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
