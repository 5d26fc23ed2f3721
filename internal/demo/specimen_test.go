package demo

import (
	"bytes"
	"testing"
	"time"

	"dispositivo/internal/paper"
)

var at = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)

// TestCheckDigits: the specimens of ICAO 9303.
func TestCheckDigits(t *testing.T) {
	for _, tt := range []struct{ field, want string }{
		{"L898902C3", "6"},
		{"740812", "2"},
		{"120415", "9"},
		{"ZE184226B<<<<<", "1"},
		{"L898902C3674081221204159ZE184226B<<<<<1", "0"},
	} {
		if got := check(tt.field); got != tt.want {
			t.Errorf("check(%s) = %s, want %s", tt.field, got, tt.want)
		}
	}
}

func TestMRZ(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Citizens() {
		p := c.Passport(at, false)
		for _, line := range p.MRZ(c) {
			if len(line) != 44 {
				t.Errorf("%s: line of %d characters", c.Email, len(line))
			}
		}
		if seen[p.Number] || len(p.Number) != 9 {
			t.Errorf("%s: passport number %s", c.Email, p.Number)
		}
		seen[p.Number] = true
		if !p.Expiry.After(at.AddDate(2, 0, 0)) || !p.Issued.Before(at) {
			t.Errorf("%s: not valid at %s", c.Email, at)
		}
		for _, at := range []time.Time{at, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)} {
			if !c.Passport(at, true).Expiry.Before(at) {
				t.Errorf("%s: expired passport is valid", c.Email)
			}
		}
	}
	dangelo := Citizens()[2]
	if got := dangelo.Passport(at, false).MRZ(dangelo)[0]; got != "P<UTODANGELO<<MARIA<GRAZIA<<<<<<<<<<<<<<<<<<" {
		t.Errorf("line 1 = %s", got)
	}
}

// TestDrawings: small one-page PDFs, the same bytes each time, different for
// different people.
func TestDrawings(t *testing.T) {
	draw := map[string]func(Citizen) ([]byte, error){
		"passport":  func(c Citizen) ([]byte, error) { return SpecimenPassport(c, at, SpecimenOptions{}) },
		"expired":   func(c Citizen) ([]byte, error) { return SpecimenPassport(c, at, SpecimenOptions{Expired: true}) },
		"signature": func(c Citizen) ([]byte, error) { return Signature(c, at) },
		"undated":   func(c Citizen) ([]byte, error) { return Signature(c, time.Time{}) },
	}
	for name, f := range draw {
		seen := map[string]bool{}
		for _, c := range Citizens()[:4] {
			first, err := f(c)
			if err != nil {
				t.Fatal(err)
			}
			again, err := f(c)
			if err != nil || !bytes.Equal(first, again) {
				t.Errorf("%s of %s: not the same again: %v", name, c.Email, err)
			}
			if len(first) > 120<<10 || bytes.Count(first, []byte("/Type /Page\n")) != 1 {
				t.Errorf("%s of %s: %d bytes", name, c.Email, len(first))
			}
			if seen[string(first)] {
				t.Errorf("%s of %s: as somebody else's", name, c.Email)
			}
			seen[string(first)] = true
		}
	}
}

// TestSignatureStaysInTheBox: whatever the hand, no ink outside.
func TestSignatureStaysInTheBox(t *testing.T) {
	b := paper.SignatureBox()
	for _, c := range Citizens() {
		hand := dice(c)
		for _, stroke := range fit([][]point{word(hand), flourish(hand)}, b) {
			for _, p := range stroke {
				if p.x < b.X-1e-6 || p.y < b.Y-1e-6 || p.x > b.X+b.W+1e-6 || p.y > b.Y+b.H+1e-6 {
					t.Fatalf("%s: ink at %v", c.Email, p)
				}
			}
		}
	}
}
