package edge

import (
	"net/http"
	"strings"

	"dispositivo/dossier"
)

// statusByCode is the whole map from what happened to what HTTP calls it.
// Findings (file.*, pdf.*, pages.* and so on) that are not listed are 422.
func statusByCode(code dossier.Code) (int, bool) {
	switch code {
	case dossier.CodeRequestInvalid, dossier.CodeFormParts, dossier.CodeUploadInterrupted:
		return http.StatusBadRequest, true
	case dossier.CodeUnauthorized, dossier.CodeCredentialsWrong, dossier.CodeGatewayUnproved:
		return http.StatusUnauthorized, true
	case dossier.CodeForbidden, dossier.CodeSecondFactor, dossier.CodeCSRF, dossier.CodePINMustChange,
		dossier.CodePINExpired, dossier.CodePINSuspended, dossier.CodePINNotActivated, dossier.CodePINNotEligible,
		dossier.CodeIdentityRefused, dossier.CodeIdentityUnknown,
		dossier.CodeServiceSuspended, dossier.CodeServiceCategory, dossier.CodeServiceFund, dossier.CodeServiceActivate,
		dossier.CodeServiceDispositivo, dossier.CodeDelegationOver, dossier.CodeDelegationKind:
		return http.StatusForbidden, true
	case dossier.CodeNotFound:
		return http.StatusNotFound, true
	case dossier.CodeFaxLost:
		return http.StatusGone, true
	case dossier.CodeMethodNotAllowed:
		return http.StatusMethodNotAllowed, true
	case dossier.CodeConflict, dossier.CodeDossierChanged, dossier.CodePagesUnseen, dossier.CodeLeaseLost,
		dossier.CodeFourEyes, dossier.CodeOwnDossier, dossier.CodeQuarantined,
		dossier.CodeConversionClosed, dossier.CodeConversionBlocked, dossier.CodeAlreadyDispositivo,
		dossier.CodeConversionStopped, dossier.CodeStopOver,
		dossier.CodePINProposalOver, dossier.CodePINLetterPending, dossier.CodeActivationOver,
		dossier.CodeBatchPosted, dossier.CodeBatchNotTaken, dossier.CodeLetterNotPosted, dossier.CodePINLiving,
		dossier.CodeServiceClosed, dossier.CodeDelegationTaken, dossier.CodeDelegationFull, dossier.CodeGatewayIDUsed:
		return http.StatusConflict, true
	case dossier.Code(dossier.FileTooLarge):
		return http.StatusRequestEntityTooLarge, true
	case dossier.Code(dossier.FileType):
		return http.StatusUnsupportedMediaType, true
	case dossier.CodeFitGaveUp, dossier.CodeFilesNone, dossier.CodeIdempotency, dossier.CodePINNotRepeated, dossier.CodeChallengeWrong, dossier.CodeContactInvalid,
		dossier.CodeActivationProof, dossier.CodeActivationContacts,
		dossier.CodePINData, dossier.CodePINContradiction, dossier.CodePINHolderOnly,
		dossier.CodeServiceNoDomanda, dossier.CodeDomandaNote,
		dossier.CodeDelegationDelegate, dossier.CodeDelegationDates,
		dossier.CodeOfficeNone, dossier.CodeOfficePlace, dossier.CodeOfficePosition:
		return http.StatusUnprocessableEntity, true
	case dossier.CodeRateLimited, dossier.CodeLocked:
		return http.StatusTooManyRequests, true
	case dossier.CodeUnavailable:
		return http.StatusServiceUnavailable, true
	case dossier.CodeInternal:
		return http.StatusInternalServerError, true
	default:
		return 0, false
	}
}

// StatusOf returns the HTTP status of a problem's code: the table of
// statusByCode, 422 for a document's finding (C2), 500 for a code nobody knows.
func StatusOf(code dossier.Code) int {
	if status, ok := statusByCode(code); ok {
		return status
	}
	for _, family := range findingFamilies() {
		if strings.HasPrefix(string(code), family) {
			return http.StatusUnprocessableEntity
		}
	}
	return http.StatusInternalServerError
}

// findingFamilies are the first parts of dossier.FindingCode values.
func findingFamilies() []string {
	return []string{"file.", "pdf.", "pages.", "page.", "form.", "code.", "id.", "cf.", "av.", "machine."}
}
