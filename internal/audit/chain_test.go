package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

type key string

func (k key) Sum(data []byte) []byte {
	m := hmac.New(sha256.New, []byte(k))
	m.Write(data)
	return m.Sum(nil)
}

func chain(n int) []Entry {
	var entries []Entry
	var last []byte
	for i := range n {
		e := Entry{
			Seq: int64(i + 1), At: time.Unix(int64(i), 0), Actor: "system:x", Action: fmt.Sprint("a", i),
			Subject: "s", HolderID: "h", Detail: "{}",
		}
		e.Chain = Link(key("k"), last, e)
		last = e.Chain
		entries = append(entries, e)
	}
	return entries
}

func verify(k key, entries []Entry) error {
	v := NewVerifier(k)
	for _, e := range entries {
		if err := v.Next(e); err != nil {
			return err
		}
	}
	return nil
}

func TestWholeChain(t *testing.T) {
	t.Parallel()
	if err := verify("k", chain(50)); err != nil {
		t.Error(err)
	}
	if err := verify("other", chain(1)); err == nil {
		t.Error("a chain made with another key verifies")
	}
}

// proves B6: any single row changed, removed, reordered or put in is found and
// located.
func TestTamperingIsLocated(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		entries := chain(20)
		i := rapid.IntRange(0, 18).Draw(t, "row")
		switch rapid.SampledFrom([]string{"time", "actor", "action", "subject", "holder", "detail", "shift", "remove", "swap", "double"}).Draw(t, "how") {
		case "time":
			entries[i].At = entries[i].At.Add(time.Microsecond)
		case "actor":
			entries[i].Actor += "x"
		case "action":
			entries[i].Action += "x"
		case "subject":
			entries[i].Subject = ""
		case "holder":
			entries[i].HolderID = "other"
		case "detail":
			entries[i].Detail = "{} "
		case "shift": // the same text, split elsewhere
			entries[i].Actor, entries[i].Action = entries[i].Actor[:5], entries[i].Actor[5:]+entries[i].Action
		case "remove":
			entries = append(entries[:i:i], entries[i+1:]...)
		case "swap":
			entries[i], entries[i+1] = entries[i+1], entries[i]
		case "double":
			entries = append(entries[:i+1:i+1], entries[i:]...)
		}
		err := verify("k", entries)
		broken, ok := errors.AsType[*BrokenError](err)
		if !ok || broken.Seq < int64(i+1) || broken.Seq > int64(i+2) {
			t.Fatalf("row %d: %v", i+1, err)
		}
	})
}
