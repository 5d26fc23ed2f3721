package wasm

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/tetratelabs/wazero/api"
)

// Instance is a running engine. It is not for concurrent use. Slices of its
// memory are valid until its next call.
type Instance struct {
	mod  api.Module
	dead bool // closed, or failed and in a state unknown
}

// Call runs an export and returns its first result, 0 when it has none. After
// an error the instance is good for nothing but Close. Errors: ErrEngine, or why
// the context ended.
func (in *Instance) Call(ctx context.Context, name string, args ...uint64) (uint64, error) {
	if in.dead {
		return 0, fmt.Errorf("%w: closed", ErrEngine)
	}
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	fn := in.mod.ExportedFunction(name)
	if fn == nil {
		return 0, fmt.Errorf("%w: no function %s", ErrEngine, name)
	}
	results, err := fn.Call(ctx, args...)
	if err != nil {
		in.dead = true
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		// The first line says what it was; WebAssembly's stack trace follows.
		what, _, _ := strings.Cut(err.Error(), "\n")
		return 0, fmt.Errorf("%w: %s: %s", ErrEngine, name, what)
	}
	if len(results) == 0 {
		return 0, nil
	}
	return results[0], nil
}

// View is a part of the engine's own memory. The error is ErrEngine, for what
// lies outside of it.
func (in *Instance) View(at uint64, size int) ([]byte, error) {
	if size < 0 || uint64(size) > math.MaxUint32 {
		return nil, fmt.Errorf("%w: memory out of range", ErrEngine)
	}
	data, ok := in.mod.Memory().Read(api.DecodeU32(at), uint32(size))
	if !ok {
		return nil, fmt.Errorf("%w: memory out of range", ErrEngine)
	}
	return data, nil
}

// Write copies data to an address of the engine's memory. The error is
// ErrEngine, for what does not fit.
func (in *Instance) Write(at uint64, data []byte) error {
	if !in.mod.Memory().Write(api.DecodeU32(at), data) {
		return fmt.Errorf("%w: memory out of range", ErrEngine)
	}
	return nil
}

// Word reads 32 bits, or 0 outside the memory.
func (in *Instance) Word(at uint32) uint32 {
	v, _ := in.mod.Memory().ReadUint32Le(at)
	return v
}

// Close drops the instance, whatever state it is in, also when ctx has ended.
// No code of the engine runs for it.
func (in *Instance) Close(ctx context.Context) error {
	in.dead = true
	if err := in.mod.Close(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("close engine: %w", err)
	}
	return nil
}
