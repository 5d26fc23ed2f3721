package audit

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
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
			Row: int64(3 * (i + 1)), Seq: int64(i + 1), UID: fmt.Sprint("u", i), At: time.Unix(int64(i), 0), Actor: "system:x",
			Action: fmt.Sprint("a", i), Subject: "s", HolderID: "h", Detail: "{}", Sealed: []byte{1},
		}
		e.Stamp = Stamp(key("k"), e)
		e.Chain = Link(key("k"), last, e)
		last = e.Chain
		entries = append(entries, e)
	}
	return entries
}

// signer is one of the tests.
func signer(name string) Signer {
	seed := sha256.Sum256([]byte(name))
	return NewSigner(seed[:])
}

// vouched returns the checkpoints of entries, each after so many.
func vouched(entries []Entry, each int) Source {
	return func(yield func(Checkpoint, error) bool) {
		for i := each - 1; i < len(entries); i += each {
			if !yield(signer("k").Sign(entries[i], entries[i].At), nil) {
				return
			}
		}
	}
}

func verify(k key, entries []Entry, sources ...Source) error {
	v := NewVerifier(k, signer("k").Public(), sources...)
	defer v.Stop()
	for _, e := range entries {
		if err := v.Next(e); err != nil {
			return err
		}
	}
	return v.End()
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

// proves B6: an end that was cut off is found and located, and also when the log
// went on after it; the checkpoint says where at the latest.
func TestCutEnd(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		entries, each := chain(30), rapid.IntRange(1, 10).Draw(t, "checkpoint each")
		cut := rapid.IntRange(0, 29).Draw(t, "left")
		held := int64(30 / each * each)
		broken, found := errors.AsType[*BrokenError](verify("k", entries[:cut], vouched(entries, each)))
		if found != (int64(cut) < held) {
			t.Fatalf("cut to %d, checkpoint at %d: %v", cut, held, broken)
		}
		if found && broken.Seq != int64(cut+1) {
			t.Fatalf("cut to %d: %v", cut, broken)
		}
		again := slices.Clone(entries[:cut])
		var last []byte
		if cut > 0 {
			last = again[cut-1].Chain
		}
		for _, e := range entries[cut:] {
			e.Subject = "another"
			e.Stamp = Stamp(key("k"), e)
			e.Chain = Link(key("k"), last, e)
			last = e.Chain
			again = append(again, e)
		}
		broken, found = errors.AsType[*BrokenError](verify("k", again, vouched(entries, each)))
		if found != (int64(cut) < held) || found && (broken.Seq > int64(cut+1) || broken.Seq < int64(cut/each*each+1)) {
			t.Fatalf("cut to %d and continued, checkpoint each %d: %v", cut, each, broken)
		}
	})
}

// proves B6: a checkpoint counts only as it was signed, in a file that survives
// a line cut short.
func TestCheckpoints(t *testing.T) {
	t.Parallel()
	entries := chain(9)
	var file bytes.Buffer
	for c, err := range vouched(entries, 3) {
		if err := errors.Join(err, c.Append(&file)); err != nil {
			t.Fatal(err)
		}
	}
	whole := file.String()
	if err := verify("k", entries, Lines(strings.NewReader(whole+whole+whole[:40]))); err != nil {
		t.Errorf("a file with a line cut short: %v", err)
	}
	if err := verify("k", entries[:8], Lines(strings.NewReader(whole))); err == nil {
		t.Error("a cut end is not found by a file")
	}
	if err := verify("k", entries, Lines(strings.NewReader("{\n"))); err == nil {
		t.Error("a line of no meaning is passed over")
	}
	c := signer("k").Sign(entries[4], entries[4].At)
	forged := c
	forged.Seq--
	late := c
	late.At = c.At.Add(time.Second)
	for name, ok := range map[string]bool{
		"as signed": c.Verify(signer("k").Public()), "another place": !forged.Verify(signer("k").Public()),
		"another time": !late.Verify(signer("k").Public()), "another key": !c.Verify(signer("other").Public()), "no key": !c.Verify(nil),
	} {
		if !ok {
			t.Error(name)
		}
	}
}

// proves B6: who holds no key vouches for nothing: a checkpoint that was made up, for
// a log that was cut or for the whole one, is found, and where.
func TestForgedCheckpoints(t *testing.T) {
	t.Parallel()
	entries := chain(9)
	for name, forge := range map[string]func(*Checkpoint){
		"signed by another": func(c *Checkpoint) { *c = signer("other").Sign(entries[4], c.At) },
		"of another entry":  func(c *Checkpoint) { c.Seq = 4 },
		"of another chain":  func(c *Checkpoint) { c.Chain = entries[3].Chain },
		"not signed":        func(c *Checkpoint) { c.Signature = nil },
	} {
		c := signer("k").Sign(entries[4], entries[4].At)
		forge(&c)
		source := func(yield func(Checkpoint, error) bool) { yield(c, nil) }
		if broken, found := errors.AsType[*BrokenError](verify("k", entries, source)); !found || broken.Seq != c.Seq {
			t.Errorf("%s: %v", name, broken)
		}
	}
}

// proves B6: a link stands for the one before, the place, the row and what it says:
// none of them changes without it.
func TestLinkStandsForAll(t *testing.T) {
	t.Parallel()
	e := chain(3)[2]
	before := []byte("before")
	link := Link(key("k"), before, e)
	for name, other := range map[string]func() []byte{
		"the one before": func() []byte { return Link(key("k"), []byte("other"), e) },
		"place":          func() []byte { o := e; o.Seq++; return Link(key("k"), before, o) },
		"row":            func() []byte { o := e; o.Row++; return Link(key("k"), before, o) },
		"stamp":          func() []byte { o := e; o.Stamp = []byte("other"); return Link(key("k"), before, o) },
		"key":            func() []byte { return Link(key("other"), before, e) },
	} {
		if bytes.Equal(link, other()) {
			t.Errorf("another %s has the same link", name)
		}
	}
}

// proves B6: any single row changed, removed, reordered or put in is found and
// located.
func TestTamperingIsLocated(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		entries := chain(20)
		i := rapid.IntRange(0, 18).Draw(t, "row")
		switch rapid.SampledFrom([]string{"time", "actor", "action", "subject", "holder", "detail", "uid", "row", "sealed", "stamp", "chain", "shift", "remove", "swap", "double"}).Draw(t, "how") {
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
		case "uid":
			entries[i].UID += "x"
		case "row":
			entries[i].Row++
		case "sealed":
			entries[i].Sealed = nil
		case "stamp":
			entries[i].Stamp = entries[i+1].Stamp
		case "chain":
			entries[i].Chain = entries[i+1].Chain
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
