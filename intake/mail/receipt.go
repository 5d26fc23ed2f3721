package mail

import (
	"slices"
	"strings"
	"time"

	"dispositivo/dossier"
)

// receipt proves a receipt of PEC and returns what it certifies of a message that
// went out of our own box; nil when it proves nothing of one. What anybody can have
// certified is what was sent out of a box of theirs, whatever Message-ID it bore.
func (r *Reader) receipt(raw []byte, now time.Time) *dossier.PECReceipt {
	cert, _, err := prove(raw, r.Operators, now)
	if err != nil || r.Box == "" || !strings.EqualFold(cert.Sender, r.Box) {
		return nil
	}
	return cert.certifies(now)
}

// certifies is the receipt that daticert.xml is; nil when it is none.
func (d daticert) certifies(now time.Time) *dossier.PECReceipt {
	kind := dossier.PECReceiptKind(d.kind)
	if d.about == "" || !slices.Contains(dossier.PECReceiptKinds(), kind) {
		return nil
	}
	return &dossier.PECReceipt{MessageID: d.about, Kind: kind, Failure: failureOf(kind, d.failed), At: plausible(d.At, now), Recipients: d.to}
}

// failureOf reads the errore of daticert.xml; "" of a receipt that tells of none.
func failureOf(kind dossier.PECReceiptKind, failed string) dossier.PECFailure {
	switch {
	case !kind.Fails():
		return ""
	case kind == dossier.RilevazioneVirus || failed == "virus":
		return dossier.FailureVirus
	case kind == dossier.NonAccettazione:
		return dossier.FailureNotAccepted // the fault is in what we sent
	case failed == "no-dest":
		return dossier.FailureNoAddress
	case failed == "no-dominio":
		return dossier.FailureNoDomain
	}
	return dossier.FailureOther
}

// plausible is the operator's instant, unless its clock is wrong by years or a day
// ahead of ours.
func plausible(at, now time.Time) time.Time {
	if at.Before(now.AddDate(-1, 0, 0)) || at.After(now.AddDate(0, 0, 1)) {
		return time.Time{}
	}
	return at
}
