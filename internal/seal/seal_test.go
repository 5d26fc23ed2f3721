package seal_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"dispositivo/internal/seal"
)

func dataKey(t testing.TB) seal.DataKey {
	t.Helper()
	key, _, err := newKeys(t).NewDataKey([]byte("test"))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestRotationKeepsDataAndKeyedColumns(t *testing.T) {
	keyFile, pepper := keyPaths(t)
	write(t, pepper, keyB, 0o600)
	load := func(text string) *seal.Keys {
		t.Helper()
		write(t, keyFile, text, 0o600)
		keys, err := seal.LoadKeys(keyFile, pepper)
		if err != nil {
			t.Fatal(err)
		}
		return keys
	}
	old := load(keyA)
	dk, wrapped, err := old.NewDataKey([]byte("doc/1"))
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := dk.Seal([]byte("passport"), nil)
	if err != nil {
		t.Fatal(err)
	}

	rotated := load(keyC + "\n" + keyA)
	if rotated.KeyID() == old.KeyID() {
		t.Error("the new key does not wrap")
	}
	if !bytes.Equal(rotated.MAC("cf").Sum([]byte("x")), old.MAC("cf").Sum([]byte("x"))) {
		t.Error("keyed columns changed with the wrapping key")
	}
	rewrapped, err := rotated.Rewrap(wrapped, []byte("doc/1"), []byte("holder/7"))
	if err != nil {
		t.Fatal(err)
	}
	onlyNew := load(keyC)
	opened, err := onlyNew.Unwrap(rewrapped, []byte("holder/7"))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := opened.Open(sealed, nil); err != nil || string(plain) != "passport" {
		t.Errorf("Open = %q, %v", plain, err)
	}
	if _, err := onlyNew.Unwrap(wrapped, []byte("doc/1")); !errors.Is(err, seal.ErrOpen) {
		t.Errorf("the old wrapping opens without the old key: %v", err)
	}
	if _, err := rotated.Unwrap(rewrapped, []byte("doc/1")); !errors.Is(err, seal.ErrOpen) {
		t.Errorf("the new wrapping opens under the old place: %v", err)
	}
}

func TestDerivedKeysAreApart(t *testing.T) {
	keys := newKeys(t)
	seen := map[string]string{}
	for name, value := range map[string][]byte{
		"derive a": keys.Derive("a", 32), "derive b": keys.Derive("b", 32), "pepper": keys.Pepper(),
		"mac a": keys.MAC("a").Sum(nil), "mac b": keys.MAC("b").Sum(nil), "mac a of x": keys.MAC("a").Sum([]byte("x")),
	} {
		if len(value) != 32 {
			t.Errorf("%s has %d bytes", name, len(value))
		}
		if other := seen[string(value)]; other != "" {
			t.Errorf("%s equals %s", name, other)
		}
		seen[string(value)] = name
	}
	keys.Pepper()[0] ^= 1
	if running := keys.MAC("a").New(); true {
		running.Write([]byte("x"))
		if seen[string(running.Sum(nil))] != "mac a of x" {
			t.Error("New and Sum disagree")
		}
	}
	if seen[string(keys.Pepper())] != "pepper" {
		t.Error("Pepper hands out its own bytes")
	}
}

// proves C14
func TestFieldRoundTripAndTampering(t *testing.T) {
	keys := newKeys(t)
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		ad := rapid.SliceOf(rapid.Byte()).Draw(t, "ad")
		key, wrapped, err := keys.NewDataKey(ad)
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := key.Seal(plain, ad)
		if err != nil {
			t.Fatal(err)
		}
		again, err := keys.Unwrap(wrapped, ad)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := again.Open(sealed, ad); err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("Open = %x, %v", got, err)
		}
		other := append(bytes.Clone(ad), 0)
		if _, err := key.Open(sealed, other); !errors.Is(err, seal.ErrOpen) {
			t.Fatalf("Open under another ad: %v", err)
		}
		if _, err := keys.Unwrap(wrapped, other); !errors.Is(err, seal.ErrOpen) {
			t.Fatalf("Unwrap under another ad: %v", err)
		}
		if _, err := key.Open(flip(t, sealed), ad); !errors.Is(err, seal.ErrOpen) {
			t.Fatalf("Open of altered bytes: %v", err)
		}
		if _, err := keys.Unwrap(flip(t, wrapped), ad); !errors.Is(err, seal.ErrOpen) {
			t.Fatalf("Unwrap of altered bytes: %v", err)
		}
		cut := rapid.IntRange(0, len(sealed)-1).Draw(t, "cut")
		if _, err := key.Open(sealed[:cut], ad); !errors.Is(err, seal.ErrOpen) {
			t.Fatalf("Open of truncated bytes: %v", err)
		}
	})
}

// flip returns b with one bit changed.
func flip(t *rapid.T, b []byte) []byte {
	b = bytes.Clone(b)
	bit := rapid.IntRange(0, len(b)*8-1).Draw(t, "bit")
	b[bit/8] ^= 1 << (bit % 8)
	return b
}

func sealStream(t interface{ Fatal(...any) }, key seal.DataKey, plain, ad []byte) []byte {
	var out bytes.Buffer
	w, err := key.SealWriter(&out, ad)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func openStream(key seal.DataKey, sealed, ad []byte) ([]byte, error) {
	r, err := key.OpenReader(bytes.NewReader(sealed), ad)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// proves C14
func TestStreamRoundTripAndTampering(t *testing.T) {
	key := dataKey(t)
	rapid.Check(t, func(t *rapid.T) {
		// The lengths around one and two segments are where mistakes live.
		size := rapid.OneOf(rapid.IntRange(0, 300), rapid.IntRange(65_400, 65_600), rapid.IntRange(130_900, 131_200)).Draw(t, "size")
		plain := bytes.Repeat([]byte{rapid.Byte().Draw(t, "byte")}, size)
		ad := rapid.SliceOf(rapid.Byte()).Draw(t, "ad")
		sealed := sealStream(t, key, plain, ad)
		if got, err := openStream(key, sealed, ad); err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("round trip of %d bytes: %d bytes, %v", size, len(got), err)
		}
		cut := rapid.IntRange(0, len(sealed)-1).Draw(t, "cut")
		for name, bad := range map[string][]byte{
			"altered": flip(t, sealed), "truncated": sealed[:cut], "lengthened": append(bytes.Clone(sealed), 0),
		} {
			if _, err := openStream(key, bad, ad); !errors.Is(err, seal.ErrOpen) {
				t.Fatalf("%s stream: %v", name, err)
			}
		}
		if _, err := openStream(key, sealed, append(ad, 1)); !errors.Is(err, seal.ErrOpen) {
			t.Fatalf("another ad: %v", err)
		}
	})
}

func TestStreamErrorsStay(t *testing.T) {
	key := dataKey(t)
	sealed := sealStream(t, key, []byte("short"), nil)
	sealed[len(sealed)-1] ^= 1
	r, err := key.OpenReader(bytes.NewReader(sealed), nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := r.Read(make([]byte, 9)); !errors.Is(err, seal.ErrOpen) {
			t.Fatalf("Read = %v, want ErrOpen every time", err)
		}
	}

	disk := errors.New("disk")
	sealed = sealStream(t, key, make([]byte, 200_000), nil)
	for _, from := range []int{3, 100, 150_000} {
		r, err = key.OpenReader(io.MultiReader(bytes.NewReader(sealed[:from]), iotest.ErrReader(disk)), nil)
		if err == nil {
			_, err = io.ReadAll(r)
		}
		if !errors.Is(err, disk) {
			t.Errorf("error of the reader below after %d bytes: %v", from, err)
		}
	}
}

// A Close after a failed Write must not leave a shorter document that opens.
func TestFailedWriteIsNotClosedToAWholeDocument(t *testing.T) {
	key := dataKey(t)
	sink := &failOnce{at: 2} // the header and the first segment pass
	w, err := key.SealWriter(sink, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(make([]byte, 200_000)); err == nil {
		t.Fatal("Write hid the error")
	}
	if err := w.Close(); err == nil {
		t.Fatal("Close hid the error")
	}
	if _, err := openStream(key, sink.Bytes(), nil); !errors.Is(err, seal.ErrOpen) {
		t.Fatalf("what was written opens: %v", err)
	}
}

type failOnce struct {
	bytes.Buffer
	calls, at int
}

func (f *failOnce) Write(p []byte) (int, error) {
	f.calls++
	if f.calls-1 == f.at {
		return 0, errors.New("disk")
	}
	return f.Buffer.Write(p)
}

func TestZeroDataKeyDoesNothing(t *testing.T) {
	var key seal.DataKey
	_, errSeal := key.Seal(nil, nil)
	_, errOpen := key.Open([]byte{1}, nil)
	_, errWriter := key.SealWriter(io.Discard, nil)
	_, errReader := key.OpenReader(strings.NewReader(""), nil)
	for _, err := range []error{errSeal, errOpen, errWriter, errReader} {
		if err == nil {
			t.Error("the zero key works")
		}
	}
}

func TestKeysDoNotPrint(t *testing.T) {
	keyFile, pepper := keyPaths(t)
	write(t, keyFile, keyA, 0o600)
	write(t, pepper, keyB, 0o600)
	keys, err := seal.LoadKeys(keyFile, pepper)
	if err != nil {
		t.Fatal(err)
	}
	data, _, err := keys.NewDataKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	type holder struct {
		keys seal.Keys
		data seal.DataKey
		mac  seal.MAC
	}
	mac := keys.MAC("a")
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%x", "%d", "%s", "%q"} {
		for _, value := range []any{keys, *keys, data, &data, mac, *mac} {
			if got := fmt.Sprintf(verb, value); got != "[secret]" && !strings.Contains(got, "{") {
				t.Errorf("%s of %T prints %s", verb, value, got)
			}
			fmt.Fprintf(&out, verb+"\n", value)
		}
		fmt.Fprintf(&out, verb+"\n", holder{*keys, data, *mac})
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", slog.Any("keys", keys), slog.Any("data", data), slog.Any("mac", mac))
	if data.String()+keys.String()+keys.MAC("a").String() != strings.Repeat("[secret]", 3) {
		t.Error("String shows something")
	}
	pepperBytes := keys.Pepper()
	for _, leak := range []string{keyA[:8], keyB[:8], hex.EncodeToString(pepperBytes[:4]), fmt.Sprint(pepperBytes[:4])[1:10]} { //nolint:staticcheck // as numbers, the way Sprint shows bytes
		if strings.Contains(out.String(), leak) {
			t.Errorf("a key leaks: %q", leak)
		}
	}
}

// FuzzOpenReader: no bytes make the reader panic, and none but our own open.
func FuzzOpenReader(f *testing.F) {
	key := dataKey(f)
	good := sealStream(f, key, []byte("document"), []byte("ad"))
	f.Add(good)
	f.Add(good[:40])
	f.Add(good[:len(good)-1])
	f.Add([]byte{40})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, sealed []byte) {
		plain, err := openStream(key, sealed, []byte("ad"))
		if err == nil && !bytes.Equal(sealed, good) {
			t.Fatalf("foreign bytes opened: %d", len(plain))
		}
		if err != nil && !errors.Is(err, seal.ErrOpen) {
			t.Fatalf("err = %v, want ErrOpen", err)
		}
	})
}

// FuzzUnwrap: the wrapped keys come from the database, which is not trusted either.
func FuzzUnwrap(f *testing.F) {
	keys := newKeys(f)
	_, good, err := keys.NewDataKey([]byte("ad"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:5])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, wrapped []byte) {
		_, err := keys.Unwrap(wrapped, []byte("ad"))
		if err == nil != bytes.Equal(wrapped, good) {
			t.Fatalf("Unwrap: %v", err)
		}
	})
}
