package wasm_test

import (
	"bytes"
	"context"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"dispositivo/verify/wasm"
)

// guest is a module written by hand: one page of memory, and the functions
//
//	set(address, value)  i32.store
//	get(address)         i32.load
//	trap()               unreachable
//	spin()               a loop without end
//	ask(bytes)           calls the import env.resize
//	abort()              calls the import env.abort
func guest() []byte {
	const i32 = 0x7F
	types := vector( // function types: parameters, results
		[]byte{0x60, 2, i32, i32, 0}, []byte{0x60, 1, i32, 1, i32}, []byte{0x60, 0, 0},
	)
	imports := vector(
		append(append(name("env"), name("resize")...), 0, 1), append(append(name("env"), name("abort")...), 0, 2),
	)
	functions := vector([]byte{0}, []byte{1}, []byte{2}, []byte{2}, []byte{1}, []byte{2})
	memory := vector([]byte{0, 1})
	var exports [][]byte
	for i, n := range []string{"set", "get", "trap", "spin", "ask", "abort"} {
		exports = append(exports, append(name(n), 0, byte(2+i)))
	}
	code := vector(
		body(0x20, 0, 0x20, 1, 0x36, 2, 0), // local.get 0, local.get 1, i32.store
		body(0x20, 0, 0x28, 2, 0),          // local.get 0, i32.load
		body(0x00),                         // unreachable
		body(0x03, 0x40, 0x0C, 0, 0x0B),    // loop br 0 end
		body(0x20, 0, 0x10, 0),             // local.get 0, call resize
		body(0x10, 1),                      // call abort
	)
	module := []byte("\x00asm\x01\x00\x00\x00")
	for _, s := range []struct {
		id      byte
		content []byte
	}{{1, types}, {2, imports}, {3, functions}, {5, memory}, {7, vector(exports...)}, {10, code}} {
		module = append(append(module, s.id, byte(len(s.content))), s.content...)
	}
	return module
}

func vector(items ...[]byte) []byte {
	return append([]byte{byte(len(items))}, bytes.Join(items, nil)...)
}

func name(s string) []byte { return append([]byte{byte(len(s))}, s...) }

// body is a function without locals of its own.
func body(code ...byte) []byte {
	const locals, end = 0, 0x0B
	return append(append([]byte{byte(len(code) + 2), locals}, code...), end)
}

// host answers the two imports.
func host(ctx context.Context, r wazero.Runtime, _ wazero.CompiledModule) error {
	i32 := []api.ValueType{api.ValueTypeI32}
	abort := func(context.Context, api.Module, []uint64) { panic("the guest gave up\nand says more") }
	_, err := r.NewHostModuleBuilder("env").
		NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(wasm.ResizeHeap), i32, i32).Export("resize").
		NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(abort), nil, nil).Export("abort").
		Instantiate(ctx)
	return err
}
