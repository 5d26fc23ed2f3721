package verify

import (
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/codicefiscale"
	"dispositivo/verify/identity"
)

// compareZones says where an identity document and the account differ. All of
// it is for a person: none of it decides (C8).
func compareZones(zones []dossier.Zone, account dossier.Person, received time.Time) []dossier.Finding {
	var found []dossier.Finding
	on := identity.Person{
		Name:  identity.Name{Surname: account.Surname, Given: account.Name},
		Birth: account.Birth, Sex: account.Sex, CodiceFiscale: account.CodiceFiscale, Document: account.Document.Number,
	}
	for _, z := range zones {
		document := identity.Person{
			Name:  identity.Name{Surname: z.Surname, Given: z.GivenNames, Cut: namesMayBeCut(z)},
			Birth: z.Birth, Sex: z.Sex, Document: z.DocumentNumber, Expiry: z.Expiry,
		}
		found = append(found, identity.Compare(document, on, z.Page, received)...)
		found = append(found, identity.CheckCode(account.CodiceFiscale, document, z.Page)...)
	}
	return found
}

// compareCards says where a card's bar code (tessera sanitaria, CIE) has a codice
// fiscale that is not the account's. What is not one at all is some other code.
func compareCards(leaves []leaf, account dossier.Person) []dossier.Finding {
	own, err := codicefiscale.Parse(account.CodiceFiscale)
	if err != nil {
		return nil
	}
	var found []dossier.Finding
	for _, l := range leaves {
		for _, text := range l.bars {
			read, err := codicefiscale.Parse(text)
			if err != nil || len(text) != personalLength || read.Base() == own.Base() {
				continue
			}
			found = append(found, dossier.Finding{Code: dossier.CodiceFiscaleOther, Severity: dossier.SeverityWarn, Page: l.n, Detail: "bar code"})
		}
	}
	return found
}

// personalLength is that of a person's code; a provisional one, of 11 digits, is
// what any bar code may hold.
const personalLength = 16

// namesMayBeCut reports whether the names fill their field of the zone (ICAO
// 9303-3, 4.6): then the end of a name may be missing.
func namesMayBeCut(z dossier.Zone) bool {
	fields := map[string]int{"td1": 30, "td2": 31, "td3": 39, "mrv-a": 39, "mrv-b": 31}
	const filler = 2 // between surname and given names
	return len(z.Surname)+filler+len(z.GivenNames) >= fields[z.Format]
}
