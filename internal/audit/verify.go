package audit

import (
	"fmt"
	"iter"
)

// Source yields checkpoints in the order in which they were made. One that does
// not come after the one before is passed over.
type Source = iter.Seq2[Checkpoint, error]

// Verifier checks a log entry by entry, beside the checkpoints of any number of
// sources. It holds one entry and one checkpoint of each source, no more. Every
// error that says that the log is broken is a *BrokenError; others are faults of
// a source. Stop must be called.
type Verifier struct {
	mac     MAC
	last    Entry
	sources []*source
	// held is the last entry that a checkpoint vouched for.
	held int64
}

// NewVerifier returns a verifier at the beginning of a log. It looks at the first
// checkpoint of every source at once: entries must be read after that, or one
// that was made meanwhile would seem cut off.
func NewVerifier(mac MAC, key PublicKey, sources ...Source) *Verifier {
	v := &Verifier{mac: mac}
	for _, s := range sources {
		next, stop := iter.Pull2(s)
		src := &source{key: key, next: next, stop: stop}
		src.advance(0)
		v.sources = append(v.sources, src)
	}
	return v
}

// Next checks the sealed entry that follows.
func (v *Verifier) Next(e Entry) error {
	switch {
	case e.Seq < 1:
		return &BrokenError{Row: e.Row, Reason: putIn}
	case e.Seq != v.last.Seq+1:
		return &BrokenError{Seq: v.last.Seq + 1, Reason: fmt.Sprintf("missing; the next entry there is %d (row %d)", e.Seq, e.Row)}
	case !Stamped(v.mac, e):
		return &BrokenError{Seq: e.Seq, Row: e.Row, Reason: "changed"}
	case !same(Link(v.mac, v.last.Chain, e), e.Chain):
		return &BrokenError{Seq: e.Seq, Row: e.Row, Reason: "not what stood here: put in from elsewhere, or another was removed before it"}
	}
	v.last = e
	for _, s := range v.sources {
		if err := v.hold(s, e); err != nil {
			return err
		}
	}
	return nil
}

const putIn = "put in: no transaction of this program wrote it"

// hold compares the entry with the checkpoint that speaks of it.
func (v *Verifier) hold(s *source, e Entry) error {
	for s.err == nil && s.has && s.at.Seq <= e.Seq {
		if s.at.Seq == e.Seq && !same(s.at.Chain, e.Chain) {
			return &BrokenError{
				Seq: v.held + 1, Reason: fmt.Sprintf("cut off and continued: between here and %d other entries stood at %s", e.Seq, s.at.when()),
			}
		}
		v.held = max(v.held, s.at.Seq)
		s.advance(s.at.Seq)
	}
	return s.err
}

// Loose checks an entry that is not sealed yet.
func (v *Verifier) Loose(e Entry) error {
	if !Stamped(v.mac, e) {
		return &BrokenError{Row: e.Row, Reason: putIn}
	}
	return nil
}

// End is called after the last sealed entry: a checkpoint that speaks of more
// says that the end was cut off.
func (v *Verifier) End() error {
	for _, s := range v.sources {
		if s.err != nil {
			return s.err
		}
		if s.has {
			return &BrokenError{
				Seq: v.last.Seq + 1, Reason: fmt.Sprintf("cut off: the log ends before it, and had %d entries at %s", s.at.Seq, s.at.when()),
			}
		}
	}
	return nil
}

// Stop gives the sources back.
func (v *Verifier) Stop() {
	for _, s := range v.sources {
		s.stop()
	}
}

// Head returns the last entry checked; its Seq is 0 before the first.
func (v *Verifier) Head() Entry { return v.last }

// Held returns the last entry that a checkpoint vouched for, 0 for none: of what
// came after it, an end that was cut off cannot be told.
func (v *Verifier) Held() int64 { return v.held }

// source is one Source on its way.
type source struct {
	key  PublicKey
	next func() (Checkpoint, error, bool)
	stop func()
	at   Checkpoint
	has  bool
	err  error
}

// advance goes to the next checkpoint after an entry.
func (s *source) advance(after int64) {
	for {
		s.at, s.err, s.has = s.next()
		if !s.has || s.err != nil {
			return
		}
		if !s.at.Verify(s.key) {
			s.err = &BrokenError{Seq: s.at.Seq, Reason: "its checkpoint was not signed with this key, or was changed"}
			return
		}
		if s.at.Seq > after {
			return
		}
	}
}
