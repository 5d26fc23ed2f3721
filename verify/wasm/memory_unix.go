//go:build unix

package wasm

import (
	"syscall"

	"github.com/tetratelabs/wazero/experimental"
)

// memoryAllocator maps the memory of one instance from the system instead of
// taking it from Go's heap: growing copies nothing, and closing the instance
// gives everything back at once.
func memoryAllocator() experimental.MemoryAllocator {
	return experimental.MemoryAllocatorFunc(func(_, limit uint64) experimental.LinearMemory {
		region, err := syscall.Mmap(-1, 0, int(limit), //nolint:gosec // at most 4 GiB, the most that WebAssembly can address
			syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
		if err != nil {
			return &mappedMemory{} // wazero panics on it; Start answers for that
		}
		return &mappedMemory{region: region}
	})
}

// mappedMemory is one mapping of the full cap; the system backs only what is
// touched. Slices of it die with Free: what outlives an instance is copied.
type mappedMemory struct{ region []byte }

// Reallocate hands out the first size bytes, or nil beyond the cap.
func (m *mappedMemory) Reallocate(size uint64) []byte {
	if size > uint64(len(m.region)) {
		return nil
	}
	return m.region[:size:size]
}

// Free gives the mapping back.
func (m *mappedMemory) Free() {
	if m.region != nil {
		_ = syscall.Munmap(m.region)
		m.region = nil
	}
}
