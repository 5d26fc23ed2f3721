package symbol

import (
	"context"
	"errors"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"dispositivo/verify/wasm"
)

// What rxing-wasm 0.5.7 exports; rxing_wasm_bg.js, the glue of wasm-bindgen, says
// how it is called. Answers go where the first parameter points: text as address and length.
const (
	mxStack    = "__wbindgen_add_to_stack_pointer" // (change) pointer
	mxMalloc   = "__wbindgen_export"               // (bytes, alignment) address
	mxNewHints = "decodehintdictionary_new"        // () hints
	mxSetHint  = "decodehintdictionary_set_hint"   // (hints, number, text, length) known; takes over text
	mxDecode   = "decode_barcode_with_hints"       // (answer, pixels, length, width, height, hints, filter); takes over pixels
	mxFormat   = "barcoderesult_format"            // (result) number
	mxText     = "barcoderesult_text"              // (answer, result)
)

// matrixExports is how many parameters and results each used export has.
var matrixExports = map[string][2]int{
	mxStack: {1, 1}, mxMalloc: {2, 1}, mxNewHints: {0, 1}, mxSetHint: {4, 1}, mxDecode: {7, 0},
	mxFormat: {1, 1}, mxText: {2, 0},
}

// matrixModule is the one module rxing imports from.
const matrixModule = "./rxing_wasm_bg.js"

// errThrow is what a panic in rxing turns into.
var errThrow = errors.New("rxing threw an exception")

// matrixFunctions answers rxing's imports, which make JavaScript's objects. A
// result is known by its address, an exception is one whatever it says, the
// clock stands still, and there are no canvases.
func matrixFunctions() map[string]hostFunction {
	i32, f64 := api.ValueTypeI32, api.ValueTypeF64
	params := func(n int) []api.ValueType {
		return []api.ValueType{i32, i32, i32, i32, i32}[:n]
	}
	one, number := params(1), []api.ValueType{f64}
	const object = 1
	return map[string]hostFunction{
		"__wbg_barcoderesult_new":                                    {sameAddress, params(1), one},
		"__wbindgen_cast_0000000000000001":                           {wasm.Answer(object), params(2), one},
		"__wbindgen_object_drop_ref":                                 {nothing, params(1), nil},
		"__wbg___wbindgen_throw_344f42d3211c4765":                    {throw, params(2), nil},
		"__wbg_new_0_3da9e97f24fc69be":                               {wasm.Answer(object), nil, one}, // Date
		"__wbg_getTime_d6f070c088c9b5ed":                             {wasm.Answer(0), params(1), number},
		"__wbg_new_7796ffc7ed656783":                                 {wasm.Answer(object), nil, one}, // Map
		"__wbg_set_575dd786d51585f8":                                 {wasm.Answer(object), params(3), one},
		"__wbg_data_d6abbdd903c05db4":                                {throw, params(2), nil},
		"__wbg_getContext_e79ddf6a9cb3cc76":                          {wasm.Answer(0), params(3), one},
		"__wbg_getImageData_067e54eaa187efb7":                        {wasm.Answer(0), []api.ValueType{i32, f64, f64, f64, f64}, one},
		"__wbg_height_6eec812c213259a1":                              {wasm.Answer(0), params(1), one},
		"__wbg_width_6d9315ecc7140ff6":                               {wasm.Answer(0), params(1), one},
		"__wbg_instanceof_CanvasRenderingContext2d_2284b703b7023dcc": {wasm.Answer(0), params(1), one},
	}
}

func instantiateMatrixHost(ctx context.Context, r wazero.Runtime, guest wazero.CompiledModule) error {
	if err := checkExports(guest, matrixExports); err != nil {
		return err
	}
	return giveImports(ctx, r, guest, matrixModule, matrixFunctions())
}

func sameAddress(context.Context, api.Module, []uint64) {}

func nothing(context.Context, api.Module, []uint64) {}

func throw(context.Context, api.Module, []uint64) { panic(errThrow) }
