package passhash

import (
	"context"
	"errors"
	"strings"
	"testing"
)

func TestHashAndVerify(t *testing.T) {
	t.Parallel()
	h := New([]byte("pepper"))
	stored, err := h.Hash(t.Context(), "ABCD2346")
	if err != nil {
		t.Fatal(err)
	}
	other := New([]byte("salt"))
	for _, tt := range []struct {
		name   string
		hasher *Hasher
		stored string
		secret string
		want   bool
	}{
		{"right", h, stored, "ABCD2346", true},
		{"wrong", h, stored, "ABCD2347", false},
		{"empty", h, stored, "", false},
		{"other pepper", other, stored, "ABCD2346", false},
		{"unknown account", h, "", "ABCD2346", false},
	} {
		if got, err := tt.hasher.Verify(t.Context(), tt.stored, tt.secret); err != nil || got != tt.want {
			t.Errorf("%s: got %v, %v", tt.name, got, err)
		}
	}
	again, _ := h.Hash(t.Context(), "ABCD2346")
	if again == stored {
		t.Error("two hashes share a salt")
	}
}

func TestForeignHashIsAnError(t *testing.T) {
	t.Parallel()
	h := New([]byte("pepper"))
	for _, s := range []string{"x", "$argon2id$v=19$m=9999999999,t=2,p=1$aa$bb", "$argon2id$v=19$m=19456,t=2,p=1$YQ$YQ", strings.Replace(h.dummy, "t=2", "t=0", 1), "$2a$10$abc"} {
		if ok, err := h.Verify(t.Context(), s, "y"); ok || !errors.Is(err, ErrFormat) {
			t.Errorf("%q: got %v, %v", s, ok, err)
		}
	}
}

func TestWaitingEndsWithTheRequest(t *testing.T) {
	t.Parallel()
	h := New([]byte("pepper"))
	for range max(1, h.gate.cores-1) {
		if err := h.gate.enter(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Verify(ctx, "", "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
