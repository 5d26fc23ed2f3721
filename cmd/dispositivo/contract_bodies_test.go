package main

// strangersBody is a body that the contract allows for an operation that is to be
// refused all the same; nil: none.
func strangersBody(operation string) any {
	switch operation {
	case "decide":
		return map[string]any{"action": "approve", "version": 1}
	case "fileDomanda":
		return map[string]any{"service": "nothing"}
	case "arrangeComposition":
		return map[string]any{"pages": []int{1}}
	case "recordCall":
		return map[string]any{"outcome": "unreached", "version": 1}
	case "findHolder":
		return map[string]any{"codice_fiscale": "RSSMRA72L09H501S"}
	case "actOnPIN":
		return map[string]any{"action": "suspend", "reason": "lost", "version": 1}
	case "recordGuardian":
		return map[string]any{"codice_fiscale": "RSSMRA72L09H501S", "surname": "Rossi", "until": "2030-12-31", "deed": "none"}
	case "endGuardian":
		return map[string]any{"reason": "none"}
	case "stopConversion":
		return map[string]any{"reason": "holder_asks"}
	case "exportEvidence":
		return map[string]any{"reason": "oversight"}
	case "refuseSubmission":
		return map[string]any{"reason": "other"}
	case "joinSubmission", "attachScan":
		return map[string]any{"dossier": "nothing"}
	case "signInElsewhere":
		return map[string]any{}
	case "searchLog":
		return map[string]any{"username": "nobody"}
	}
	return nil
}
