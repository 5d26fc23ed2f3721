package wasm

import (
	"context"

	"github.com/tetratelabs/wazero/api"
)

// Answer is a host function that always says v.
func Answer(v uint64) api.GoModuleFunc {
	return func(_ context.Context, _ api.Module, stack []uint64) { stack[0] = v }
}

// ResizeHeap is emscripten's emscripten_resize_heap: it grows the memory to at
// least the wanted bytes, up to the cap, and says 1, or 0 when that is too much.
func ResizeHeap(_ context.Context, mod api.Module, stack []uint64) {
	want, have := uint64(api.DecodeU32(stack[0])), uint64(mod.Memory().Size())
	stack[0] = 1
	if want <= have {
		return
	}
	if _, ok := mod.Memory().Grow(uint32((want - have + PageSize - 1) / PageSize)); !ok { //nolint:gosec // want fits 32 bits
		stack[0] = 0
	}
}
