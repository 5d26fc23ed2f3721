package pdf

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/emscripten"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"dispositivo/verify/wasm"
)

// enosys is emscripten's "function not implemented", the answer to every
// system call: PDFium gets its document in memory and needs nothing else.
const enosys = 52

// errAbort is what PDFium's own abort, mostly for want of memory, turns into.
var errAbort = errors.New("pdfium called abort")

// frozen is the only date PDFium ever learns, so that the same bytes always
// give the same pixels.
var frozen = time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)

// instantiateHost gives the engine WASI and its "env" module: wazero's helpers for
// exceptions, and our refusals for the rest. An import that nobody here knows
// is an error: a new engine needs a new look.
func instantiateHost(ctx context.Context, r wazero.Runtime, guest wazero.CompiledModule) error {
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, r); err != nil {
		return err
	}
	builder := r.NewHostModuleBuilder("env")
	helpers, err := emscripten.NewFunctionExporterForModule(guest)
	if err != nil {
		return err
	}
	helpers.ExportFunctions(builder)
	for _, def := range guest.ImportedFunctions() {
		module, name, _ := def.Import()
		if module != "env" || ofHelpers(name) {
			continue
		}
		answer := hostFunction(name)
		if answer == nil {
			return fmt.Errorf("unknown import %q", name)
		}
		builder.NewFunctionBuilder().
			WithGoModuleFunction(answer, def.ParamTypes(), def.ResultTypes()).
			Export(name)
	}
	_, err = builder.Instantiate(ctx)
	return err
}

func ofHelpers(name string) bool {
	return strings.HasPrefix(name, "invoke_") ||
		name == "_emscripten_throw_longjmp" ||
		name == "emscripten_notify_memory_growth"
}

func hostFunction(name string) api.GoModuleFunc {
	if strings.HasPrefix(name, "__syscall_") {
		return func(_ context.Context, _ api.Module, stack []uint64) { stack[0] = api.EncodeI32(-enosys) }
	}
	switch name {
	case "emscripten_date_now":
		return func(_ context.Context, _ api.Module, stack []uint64) {
			stack[0] = api.EncodeF64(float64(frozen.UnixMilli()))
		}
	case "emscripten_resize_heap":
		return wasm.ResizeHeap
	case "_gmtime_js", "_localtime_js":
		return breakDownTime
	case "_tzset_js":
		return setUTC
	case "_abort_js":
		return func(context.Context, api.Module, []uint64) { panic(errAbort) }
	}
	return nil
}

// breakDownTime fills a struct tm, as gmtime and localtime do; here is UTC.
func breakDownTime(_ context.Context, mod api.Module, stack []uint64) {
	const offsetOfZone = 36
	t := time.Unix(int64(stack[0]), 0).UTC() //nolint:gosec // an i64: the same bits
	at := api.DecodeU32(stack[1])
	fields := []int{
		t.Second(), t.Minute(), t.Hour(), t.Day(), int(t.Month()) - 1,
		t.Year() - 1900, int(t.Weekday()), t.YearDay() - 1, 0,
	}
	for i, v := range fields {
		mod.Memory().WriteUint32Le(at+uint32(4*i), uint32(int32(v))) //nolint:gosec // a year of an int64 of seconds is cut as in C
	}
	mod.Memory().WriteUint32Le(at+offsetOfZone, 0)
}

// setUTC answers tzset: offset, daylight flag and two names.
func setUTC(_ context.Context, mod api.Module, stack []uint64) {
	for _, flag := range stack[:2] {
		mod.Memory().WriteUint32Le(api.DecodeU32(flag), 0)
	}
	for _, name := range stack[2:4] {
		mod.Memory().Write(api.DecodeU32(name), []byte("UTC\x00"))
	}
}
