package vault_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/seal"
	"dispositivo/internal/testkit/house"
)

// proves C14: what is kept is sealed under the file's own key, and opens for
// that file alone.
func TestKeepAndOpen(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	ctx, data := t.Context(), bytes.Repeat([]byte("identity document "), 10_000)
	name, wrapped, err := h.Vault.Keep(ctx, "f", data)
	if err != nil {
		t.Fatal(err)
	}
	f := dossier.File{ID: "f", Blob: name, WrappedKey: wrapped}
	if got, err := h.Vault.Open(ctx, f, name); err != nil || !bytes.Equal(got, data) {
		t.Errorf("opened %d bytes, %v", len(got), err)
	}
	image, err := h.Vault.Add(ctx, f, []byte("page"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := h.Vault.Open(ctx, f, image); err != nil || string(got) != "page" {
		t.Errorf("page %q, %v", got, err)
	}
	other := f
	other.ID = "g"
	if _, err := h.Vault.Open(ctx, other, name); !errors.Is(err, seal.ErrOpen) {
		t.Errorf("opened as another file: %v", err)
	}
	if err := h.Vault.Forget(ctx, name); err != nil {
		t.Fatal(err)
	}
	if err := h.Vault.Forget(ctx, name); err != nil {
		t.Errorf("forgotten twice: %v", err)
	}
}

func TestSweepSparesWhatIsUsedOrYoung(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	ctx := t.Context()
	used, _, _ := h.Vault.Keep(ctx, "used", []byte("a"))
	orphan, _, _ := h.Vault.Keep(ctx, "orphan", []byte("b"))
	inUse := func(_ context.Context, name string) (bool, error) { return name == used, nil }
	if n, err := h.Vault.Sweep(ctx, time.Unix(0, 0), inUse); n != 0 || err != nil {
		t.Errorf("swept %d young ones, %v", n, err)
	}
	if n, err := h.Vault.Sweep(ctx, clock.System().Now().Add(time.Hour), inUse); n != 1 || err != nil {
		t.Errorf("swept %d, %v; want the orphan %s", n, err, orphan)
	}
}
