package audit

import "context"

// Log is where the entries lie.
type Log interface {
	// EachSealed calls fn in the order of the chain, EachUnsealed for those that
	// wait; an error of fn ends it and is returned as it is.
	EachSealed(ctx context.Context, fn func(Entry) error) error
	EachUnsealed(ctx context.Context, fn func(Entry) error) error
	// Repeated returns the row number of an entry whose uid another has too, 0
	// when there is none.
	Repeated(ctx context.Context) (int64, error)
	Checkpoints(ctx context.Context) Source
	AuditMAC() MAC
	AuditSigner() Signer
}

// Proof is what Prove found of a log that is whole.
type Proof struct {
	Entries  int64 // in the chain
	Held     int64 // the last one that a checkpoint vouches for
	Unsealed int64 // written, and not in the chain yet
}

// Prove reads the whole log once, in bounded memory, and holds it against its own
// checkpoints and those of other sources. A *BrokenError says where it does not
// hold. What it cannot see is a row that was removed before it was sealed, or an
// end that was cut off after the last checkpoint.
func Prove(ctx context.Context, log Log, outside ...Source) (Proof, error) {
	v := NewVerifier(log.AuditMAC(), log.AuditSigner().Public(), append(outside, log.Checkpoints(ctx))...)
	defer v.Stop()
	if err := log.EachSealed(ctx, v.Next); err != nil {
		return Proof{}, err
	}
	if err := v.End(); err != nil {
		return Proof{}, err
	}
	proof := Proof{Entries: v.Head().Seq, Held: v.Held()}
	err := log.EachUnsealed(ctx, func(e Entry) error {
		proof.Unsealed++
		return v.Loose(e)
	})
	if err != nil {
		return Proof{}, err
	}
	switch row, err := log.Repeated(ctx); {
	case err != nil:
		return Proof{}, err
	case row != 0:
		return Proof{}, &BrokenError{Row: row, Reason: "put in: a copy of an older row"}
	}
	return proof, nil
}
