package sandbox

import "time"

// Limits bound what one document may cost. A zero field means the default.
type Limits struct {
	// Bytes is the largest file read, 1,048,576 by default (C2).
	Bytes int64 `json:"bytes"`
	// Pages is the largest number of pages, 20 by default.
	Pages int `json:"pages"`
	// BilevelPixels and Pixels bound a TIFF page of one bit a pixel and of any
	// other kind, 40 and 16 million by default.
	BilevelPixels int64 `json:"bilevel_pixels"`
	Pixels        int64 `json:"pixels"`
	// Base and PerPage make the processor time a document gets, 5 s + 2 s a page,
	// never more than Longest, 60 s. By the clock on the wall it may take three
	// times as long on a busy machine, but never more than Longest either.
	Base    time.Duration `json:"base"`
	PerPage time.Duration `json:"per_page"`
	Longest time.Duration `json:"longest"`
	// StartUp is the time a child gets to start and to build its engine, 30 s.
	StartUp time.Duration `json:"start_up"`
	// Memory is the resident size at which a child is killed, 512 MiB.
	Memory int64 `json:"memory"`
	// Address is the address space of a child (RLIMIT_AS), 4 GiB. A Go program
	// does not start below 512 MiB; one built with the race detector needs more
	// than there is. Negative means no limit.
	Address int64 `json:"address"`
}

// DefaultLimits are those of DESIGN, section 4.
func DefaultLimits() Limits {
	return Limits{
		Bytes:         1 << 20,
		Pages:         20,
		BilevelPixels: 40_000_000,
		Pixels:        16_000_000,
		Base:          5 * time.Second,
		PerPage:       2 * time.Second,
		Longest:       60 * time.Second,
		StartUp:       30 * time.Second,
		Memory:        512 << 20,
		Address:       4 << 30,
	}
}

// withDefaults fills the zero fields.
func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	fill(&l.Bytes, d.Bytes)
	fill(&l.Pages, d.Pages)
	fill(&l.BilevelPixels, d.BilevelPixels)
	fill(&l.Pixels, d.Pixels)
	fill(&l.Base, d.Base)
	fill(&l.PerPage, d.PerPage)
	fill(&l.Longest, d.Longest)
	fill(&l.StartUp, d.StartUp)
	fill(&l.Memory, d.Memory)
	fill(&l.Address, d.Address)
	return l
}

func fill[T ~int | ~int64](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}

// wallFor is how long a document with so much processor time may take.
func (l Limits) wallFor(limit time.Duration) time.Duration {
	const busy = 3
	return max(limit, min(busy*limit, l.Longest))
}

// timeFor is what a document of so many pages gets.
func (l Limits) timeFor(pages int) time.Duration {
	return min(l.Base+time.Duration(pages)*l.PerPage, l.Longest)
}
