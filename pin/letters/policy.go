package letters

import (
	"strings"
	"time"

	"dispositivo/dossier"
)

const day = 24 * time.Hour

// Policy holds the times of letters; all of them are settings.
type Policy struct {
	// Wait is how long after it was posted a letter is not taken for lost.
	Wait map[dossier.Destination]time.Duration
	// RemindBefore is how long before the window closes the holder is reminded.
	RemindBefore time.Duration
}

// DefaultPolicy returns 10 days within Italy, 30 within Europe, 45 elsewhere, and
// a reminder 14 days before the end.
func DefaultPolicy() Policy {
	return Policy{
		Wait: map[dossier.Destination]time.Duration{
			dossier.ToItaly: 10 * day, dossier.ToEurope: 30 * day, dossier.ToElsewhere: 45 * day,
		},
		RemindBefore: 14 * day,
	}
}

// destinationOf tells how far a letter travels. A state that is not known to be
// in Europe is elsewhere: the longer wait.
func destinationOf(a dossier.Address) dossier.Destination {
	state := strings.ToUpper(strings.Join(strings.Fields(a.State), " "))
	switch {
	case state == "" || state == "ITALIA" || state == "ITALY":
		return dossier.ToItaly
	case european[state]:
		return dossier.ToEurope
	}
	return dossier.ToElsewhere
}

// european are the states, and territories with a post of their own, of the
// continent, in Italian and as their own post or English writes them (UPU list of
// members, zone Europe; Russia and Turkey have their post's longer way).
var european = set(`ALBANIA|SHQIPËRIA|ANDORRA|AUSTRIA|ÖSTERREICH|BELGIO|BELGIQUE|BELGIË|BELGIUM|BIELORUSSIA|BELARUS|
BOSNIA-ERZEGOVINA|BOSNIA ED ERZEGOVINA|BOSNIA AND HERZEGOVINA|BULGARIA|CIPRO|CYPRUS|CITTÀ DEL VATICANO|VATICAN CITY|
CROAZIA|HRVATSKA|CROATIA|DANIMARCA|DANMARK|DENMARK|ESTONIA|EESTI|FINLANDIA|SUOMI|FINLAND|FRANCIA|FRANCE|
GERMANIA|DEUTSCHLAND|GERMANY|GIBILTERRA|GIBRALTAR|GRECIA|GREECE|IRLANDA|IRELAND|ISLANDA|ÍSLAND|ICELAND|KOSOVO|
LETTONIA|LATVIJA|LATVIA|LIECHTENSTEIN|LITUANIA|LIETUVA|LITHUANIA|LUSSEMBURGO|LUXEMBOURG|MACEDONIA DEL NORD|
NORTH MACEDONIA|MALTA|MOLDAVIA|MOLDOVA|MONACO|PRINCIPATO DI MONACO|MONTENEGRO|NORVEGIA|NORGE|NORWAY|
PAESI BASSI|OLANDA|NEDERLAND|NETHERLANDS|THE NETHERLANDS|POLONIA|POLSKA|POLAND|PORTOGALLO|PORTUGAL|
REGNO UNITO|GRAN BRETAGNA|UNITED KINGDOM|GREAT BRITAIN|REPUBBLICA CECA|CECHIA|ČESKO|CZECHIA|CZECH REPUBLIC|
ROMANIA|ROMÂNIA|SAN MARINO|SERBIA|SRBIJA|SLOVACCHIA|SLOVENSKO|SLOVAKIA|SLOVENIA|SLOVENIJA|SPAGNA|ESPAÑA|SPAIN|
SVEZIA|SVERIGE|SWEDEN|SVIZZERA|SCHWEIZ|SUISSE|SWITZERLAND|UCRAINA|UKRAINE|UNGHERIA|MAGYARORSZÁG|HUNGARY`)

func set(names string) map[string]bool {
	all := map[string]bool{}
	for name := range strings.SplitSeq(strings.ReplaceAll(names, "\n", ""), "|") {
		all[name] = true
	}
	return all
}
