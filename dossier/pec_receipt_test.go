package dossier

import (
	"math/rand/v2"
	"testing"
	"time"
)

// The receipts of a message say the same whatever order they came in.
func TestDeliveryOf(t *testing.T) {
	t.Parallel()
	at := func(hour int) time.Time { return time.Date(2026, 3, 2, hour, 0, 0, 0, time.UTC) }
	accepted, taken := PECReceipt{Kind: Accettazione, At: at(1)}, PECReceipt{Kind: PresaInCarico, At: at(2)}
	delayed, delivered := PECReceipt{Kind: PreavvisoErroreConsegna, At: at(13)}, PECReceipt{Kind: AvvenutaConsegna, At: at(3)}
	failed := PECReceipt{Kind: ErroreConsegna, At: at(23), Failure: FailureNoAddress}
	for name, test := range map[string]struct {
		receipts []PECReceipt
		want     *Delivery
	}{
		"none":                   {nil, nil},
		"accepted":               {[]PECReceipt{accepted}, &Delivery{DeliveryAccepted, at(1), at(1), ""}},
		"taken over":             {[]PECReceipt{accepted, taken}, &Delivery{DeliveryAccepted, at(1), at(1), ""}},
		"taken over alone":       {[]PECReceipt{taken}, &Delivery{DeliveryAccepted, at(2), at(2), ""}},
		"delivered":              {[]PECReceipt{accepted, taken, delivered}, &Delivery{DeliveryDelivered, at(3), at(1), ""}},
		"delivered, no more":     {[]PECReceipt{delivered}, &Delivery{DeliveryDelivered, at(3), time.Time{}, ""}},
		"late":                   {[]PECReceipt{accepted, delayed}, &Delivery{DeliveryDelayed, at(13), at(1), ""}},
		"given up":               {[]PECReceipt{accepted, delayed, failed}, &Delivery{DeliveryFailed, at(23), at(1), FailureNoAddress}},
		"given up and delivered": {[]PECReceipt{accepted, failed, delivered}, &Delivery{DeliveryDelivered, at(3), at(1), ""}},
		"not accepted":           {[]PECReceipt{{Kind: NonAccettazione, At: at(1), Failure: FailureVirus}}, &Delivery{DeliveryFailed, at(1), time.Time{}, FailureVirus}},
		"virus":                  {[]PECReceipt{accepted, {Kind: RilevazioneVirus, At: at(2), Failure: FailureVirus}}, &Delivery{DeliveryFailed, at(2), at(1), FailureVirus}},
	} {
		for range 5 {
			rand.Shuffle(len(test.receipts), func(i, j int) {
				test.receipts[i], test.receipts[j] = test.receipts[j], test.receipts[i]
			})
			got := DeliveryOf(test.receipts)
			if (got == nil) != (test.want == nil) || got != nil && *got != *test.want {
				t.Errorf("%s: %+v of %v", name, got, test.receipts)
			}
		}
	}
	for _, kind := range PECReceiptKinds() {
		if d := DeliveryOf([]PECReceipt{{Kind: kind}}); d == nil || (d.State == DeliveryFailed) != kind.Fails() {
			t.Errorf("%s leads to %+v", kind, d)
		}
	}
}
