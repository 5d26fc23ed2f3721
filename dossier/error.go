package dossier

import (
	"errors"
	"time"
)

// Code is a stable name of a problem. Clients branch on it; texts are looked
// up by it in the caller's language. A document's problem carries the code of
// its finding.
type Code string

// The codes that are not findings.
const (
	CodeInternal           Code = "internal"
	CodeUnavailable        Code = "unavailable"
	CodeNotFound           Code = "not_found"
	CodeForbidden          Code = "forbidden"
	CodeUnauthorized       Code = "unauthorized"
	CodeConflict           Code = "conflict"
	CodeRequestInvalid     Code = "request.invalid"
	CodeFormParts          Code = "form.parts"
	CodeUploadInterrupted  Code = "upload.interrupted"
	CodeGatewayUnproved    Code = "gateway.unproved"    // a call that is not signed, or for a provider that may not call
	CodeGatewayIDUsed      Code = "gateway.id_used"     // another fax came under that id: this one was not taken
	CodeFaxLost            Code = "fax.lost"            // its pages are gone at the provider: it was not taken, and cannot be
	CodeFitGaveUp          Code = "composition.gave_up" // nothing was kept, unlike with machine.gave_up
	CodeFilesNone          Code = "files.none"          // nothing was chosen to be put together
	CodeCSRF               Code = "csrf"
	CodeMethodNotAllowed   Code = "method_not_allowed"
	CodeRateLimited        Code = "rate_limited"
	CodeLocked             Code = "locked"
	CodeCredentialsWrong   Code = "credentials.wrong"
	CodeSecondFactor       Code = "second_factor_required"
	CodeIdempotency        Code = "idempotency.mismatch"
	CodeDossierChanged     Code = "dossier.changed"
	CodePagesUnseen        Code = "pages.unseen"
	CodeLeaseLost          Code = "lease.lost"
	CodeFourEyes           Code = "four_eyes"
	CodeOwnDossier         Code = "own_dossier"
	CodeQuarantined        Code = "submission.quarantined"
	CodeConversionClosed   Code = "conversion.closed"
	CodeConversionBlocked  Code = "conversion.blocked"
	CodeConversionStopped  Code = "conversion.stopped" // withdrawn; opened again at the desk alone (C12)
	CodeStopOver           Code = "stop.over"          // the link was used, or what it stops is long over
	CodeAlreadyDispositivo Code = "pin.not_eligible_kind"
	CodePINExpired         Code = "pin.expired"
	CodePINSuspended       Code = "pin.suspended"
	CodePINNotActivated    Code = "pin.not_activated"
	CodePINNotRepeated     Code = "pin.not_repeated"
	CodePINProposalOver    Code = "pin.proposal_over"
	CodePINMustChange      Code = "pin.must_change"
	CodeBatchPosted        Code = "batch.posted"
	CodeBatchNotTaken      Code = "batch.not_taken"
	CodeLetterNotPosted    Code = "letter.not_posted"
	CodePINNotEligible     Code = "pin.not_eligible"
	CodePINData            Code = "pin.data"
	CodePINContradiction   Code = "pin.contradiction"
	CodePINLiving          Code = "pin.living"
	CodePINHolderOnly      Code = "pin.holder_only"
	CodeChallengeWrong     Code = "challenge.wrong"
	CodeContactInvalid     Code = "contact.invalid"
	CodePINLetterPending   Code = "pin.letter_pending"
	CodeActivationProof    Code = "activation.proof"
	CodeActivationContacts Code = "activation.contacts"
	CodeActivationOver     Code = "activation.over"
	// CodeIdentityRefused: an identity of elsewhere was not confirmed, or not as
	// surely as is needed (B9).
	CodeIdentityRefused Code = "identity.refused"
	// CodeIdentityUnknown: it was, and nobody like that is on file.
	CodeIdentityUnknown Code = "identity.unknown"

	// The rules by which a service is not open (B7, B8).
	CodeServiceClosed      Code = "service.closed"      // to everybody, for now
	CodeServiceSuspended   Code = "service.suspended"   // the PIN may not be used
	CodeServiceCategory    Code = "service.category"    // it is for others
	CodeServiceFund        Code = "service.fund"        // it is for the members of other funds
	CodeServiceActivate    Code = "service.activate"    // the first half alone is not enough
	CodeServiceDispositivo Code = "service.dispositivo" // it acts, and the PIN is ordinario
	CodeServiceNoDomanda   Code = "service.no_domanda"  // nothing is filed there
	CodeDomandaNote        Code = "domanda.note"        // what was written is too long

	CodeDelegationOver     Code = "delegation.over"     // not in force, or no longer
	CodeDelegationTaken    Code = "delegation.taken"    // the delegator has a delegate of that kind
	CodeDelegationFull     Code = "delegation.full"     // the delegate acts for five already
	CodeDelegationDelegate Code = "delegation.delegate" // nobody who could be a delegate
	CodeDelegationDates    Code = "delegation.dates"    // begins too early, ends too soon or too late
	CodeDelegationKind     Code = "delegation.kind"     // granting and acting want a PIN dispositivo

	// The search of an office (E2).
	CodeOfficeNone     Code = "office.none"     // neither position nor place was given
	CodeOfficePlace    Code = "office.place"    // no place of the catalogue, or more than one
	CodeOfficePosition Code = "office.position" // coordinates that are none
)

// Error is the one error type of the domain. Each edge maps it once: an HTTP
// status, an SMTP reply, an asynq result, a text by i18n key. The public text
// is looked up by Code and Args and never contains Err.
type Error struct {
	Code Code
	// Args fill the placeholders of the public text: sizes, counts, seconds.
	// Never personal data.
	Args map[string]string
	// Temporary tells the sender or the queue to try again.
	Temporary bool
	// Err is the private cause, for logs alone.
	Err error
}

// Error names the code and the cause, for logs.
func (e *Error) Error() string {
	if e.Err == nil {
		return string(e.Code)
	}
	return string(e.Code) + ": " + e.Err.Error()
}

// Unwrap returns the private cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is an *Error of the same code, so that callers can
// write errors.Is(err, dossier.Problem(code)).
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error) // the target itself, not its chain
	return ok && t.Code == e.Code && t.Err == nil
}

// Problem returns a permanent Error of the code, without cause.
func Problem(code Code) *Error { return &Error{Code: code} }

// CodeOf returns the code of the first domain Error in err's chain,
// CodeInternal when there is none, and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}

// Temporary reports whether trying again may help. Unknown errors are
// temporary: a document is not given up because of a fault we did not foresee.
func Temporary(err error) bool {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Temporary
	}
	return err != nil
}

// Later is a temporary Error that says when another try makes sense: nothing went
// wrong, and the queue's growing waits would be too long.
func Later(wait time.Duration, why string) error {
	return &Error{Code: CodeUnavailable, Temporary: true, Err: laterError{wait: wait, why: why}}
}

type laterError struct {
	wait time.Duration
	why  string
}

func (e laterError) Error() string { return e.why }

// RetryAfter is what the queue asks for.
func (e laterError) RetryAfter() time.Duration { return e.wait }
