//go:build !unix

package wasm

import "github.com/tetratelabs/wazero/experimental"

// memoryAllocator leaves the choice to wazero, which uses Go's heap.
func memoryAllocator() experimental.MemoryAllocator { return nil }
