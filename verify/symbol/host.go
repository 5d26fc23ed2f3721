package symbol

import (
	"context"
	"fmt"
	"slices"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"dispositivo/verify/wasm"
)

// Errno values of WASI for descriptors: ZBar gets pixels in memory and has no
// business with files.
const (
	errnoNosys = 52
	errnoSpipe = 70
)

// The engine's names are minified. This is what its JavaScript glue
// (dist/index.mjs of @undecaf/zbar-wasm 0.11.0) calls them; checkExports looks at
// their types, so that another build of the engine fails at start and not later.
const (
	fnStart         = "h"
	fnCreateScanner = "i" // () scanner
	fnSetConfig     = "k" // (scanner, symbology, setting, value) status
	fnScan          = "o" // (scanner, image) count
	fnCreateImage   = "p" // (width, height, fourcc, data, length, number) image; takes over data
	fnDestroyImage  = "q" // (image)
	fnSymbols       = "r" // (image) symbol set, 0 for none
	fnMalloc        = "u" // (bytes) address, 0 for none
)

// exports is how many parameters and results each used export has, all 32 bit.
var exports = map[string][2]int{
	fnStart: {0, 0}, fnCreateScanner: {0, 1}, fnSetConfig: {4, 1}, fnScan: {2, 1},
	fnCreateImage: {6, 1}, fnDestroyImage: {1, 0}, fnSymbols: {1, 1}, fnMalloc: {1, 1},
}

// hostModule is the one module the engine imports from.
const hostModule = "a"

// hostFunctions answers the six imports. Output is swallowed and the clock
// stands still: the same pixels always give the same symbols.
func hostFunctions() map[string]hostFunction {
	i32, f64 := api.ValueTypeI32, api.ValueTypeF64
	return map[string]hostFunction{
		"a": {swallow, []api.ValueType{i32, i32, i32, i32}, []api.ValueType{i32}},
		"b": {wasm.Answer(errnoSpipe), []api.ValueType{i32, i32, i32, i32, i32}, []api.ValueType{i32}},
		"c": {wasm.ResizeHeap, []api.ValueType{i32}, []api.ValueType{i32}},
		"d": {wasm.Answer(1), nil, []api.ValueType{i32}}, // the clock is monotonic
		"e": {wasm.Answer(0), nil, []api.ValueType{f64}}, // now: 0.0 has the bits 0
		"f": {wasm.Answer(errnoNosys), []api.ValueType{i32}, []api.ValueType{i32}},
	}
}

type hostFunction struct {
	call            api.GoModuleFunc
	params, results []api.ValueType
}

// instantiateHost gives ZBar what it imports.
func instantiateHost(ctx context.Context, r wazero.Runtime, guest wazero.CompiledModule) error {
	if err := checkExports(guest, exports); err != nil {
		return err
	}
	return giveImports(ctx, r, guest, hostModule, hostFunctions())
}

// giveImports makes the one module a guest imports from. Anything else it wants
// is an error: a new engine needs a new look.
func giveImports(
	ctx context.Context, r wazero.Runtime, guest wazero.CompiledModule, host string, known map[string]hostFunction,
) error {
	builder := r.NewHostModuleBuilder(host)
	for _, def := range guest.ImportedFunctions() {
		module, name, _ := def.Import()
		fn, ok := known[name]
		if module != host || !ok ||
			!slices.Equal(def.ParamTypes(), fn.params) || !slices.Equal(def.ResultTypes(), fn.results) {
			return fmt.Errorf("unknown import %q of %q", name, module)
		}
		builder.NewFunctionBuilder().WithGoModuleFunction(fn.call, fn.params, fn.results).Export(name)
	}
	_, err := builder.Instantiate(ctx)
	return err
}

// checkExports makes sure that the names are still what they were.
func checkExports(guest wazero.CompiledModule, exports map[string][2]int) error {
	have := guest.ExportedFunctions()
	for name, want := range exports {
		def := have[name]
		if def == nil || len(def.ParamTypes()) != want[0] || len(def.ResultTypes()) != want[1] {
			return fmt.Errorf("export %q is not what this package knows", name)
		}
	}
	return nil
}

// swallow answers fd_write: everything was written.
func swallow(_ context.Context, mod api.Module, stack []uint64) {
	const vectorSize, most = 8, 1024
	vectors, count, result := api.DecodeU32(stack[1]), min(api.DecodeU32(stack[2]), most), api.DecodeU32(stack[3])
	var written uint32
	for i := range count {
		length, _ := mod.Memory().ReadUint32Le(vectors + i*vectorSize + 4)
		written += length
	}
	mod.Memory().WriteUint32Le(result, written)
	stack[0] = 0
}
