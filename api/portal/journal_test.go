package portal_test

import (
	"context"
	"html"
	"strings"
	"testing"
	"time"

	"dispositivo/api/ui/uitest"
	"dispositivo/dossier"
	"dispositivo/pin/journal"
)

// fakeJournal has messages.
type fakeJournal struct{ messages []dossier.Message }

func (f *fakeJournal) Own(context.Context, dossier.Actor, int64) (journal.Page, error) {
	return journal.Page{}, nil
}

func (f *fakeJournal) Messages(context.Context, dossier.Actor, string) (journal.Messages, error) {
	return journal.Messages{List: f.messages}, nil
}

// told is what a page says of a delivery, and whether it leads to the contacts.
type told struct {
	delivery *dossier.Delivery
	it, en   []string
	mends    bool
}

// deliveries are those that there are.
func deliveries() map[string]told {
	return map[string]told{
		"no receipt": {nil, nil, nil, false},
		"accepted": {
			&dossier.Delivery{State: dossier.DeliveryAccepted, At: noon(), AcceptedAt: noon()},
			[]string{"Accettato dal gestore", "lo ha accettato: 22 novembre 2026"},
			[]string{"Accepted by the provider"},
			false,
		},
		"delivered": {
			&dossier.Delivery{State: dossier.DeliveryDelivered, At: noon().Add(time.Minute), AcceptedAt: noon()},
			[]string{"Consegnato", "lo ha accettato: 22 novembre 2026, ore 12:00", "È nella sua casella PEC: 22 novembre 2026, ore 12:01"},
			[]string{"It is in your PEC box"},
			false,
		},
		"late": {
			&dossier.Delivery{State: dossier.DeliveryDelayed, At: noon()},
			[]string{"Consegna in ritardo", "riprovano"},
			[]string{"go on trying"},
			false,
		},
		"no address": {
			&dossier.Delivery{State: dossier.DeliveryFailed, At: noon(), Failure: dossier.FailureNoAddress},
			[]string{"Non consegnato", "Quell'indirizzo non esiste", "aggiunga un altro recapito"},
			[]string{"Not delivered", "add another contact"},
			true,
		},
		"no domain": {
			&dossier.Delivery{State: dossier.DeliveryFailed, At: noon(), Failure: dossier.FailureNoDomain}, []string{"di nessun gestore PEC"}, nil, true,
		},
		"other": {&dossier.Delivery{State: dossier.DeliveryFailed, At: noon(), Failure: dossier.FailureOther}, []string{"piena o chiusa"}, nil, true},
		"virus": {
			&dossier.Delivery{State: dossier.DeliveryFailed, At: noon(), Failure: dossier.FailureVirus}, []string{"Non dipende da lei"}, nil, false,
		},
		"not accepted": {
			&dossier.Delivery{State: dossier.DeliveryFailed, At: noon(), Failure: dossier.FailureNotAccepted}, []string{"non lo ha spedito"}, nil, false,
		},
	}
}

// proves B12: what became of a message by PEC is said in words, with why and what to do
// where it did not arrive; of any other message nothing is said.
func TestOwnMailDelivery(t *testing.T) {
	for name, test := range deliveries() {
		b := setup(t)
		b.journal.messages = []dossier.Message{{
			ID: "m", SentAt: noon(), Delivery: test.delivery, Letter: &dossier.Letter{Class: dossier.LetterByPEC, To: "a@pec.example", Subject: "PIN", Text: "text"},
		}}
		for lang, want := range map[string][]string{"it": test.it, "en": test.en} {
			page := b.get("/area/messaggi", signedIn, lang).Body.String()
			uitest.Check(t, name, page)
			for _, text := range want {
				if !strings.Contains(html.UnescapeString(page), text) {
					t.Errorf("%s: no %q", name, text)
				}
			}
			_, list, _ := strings.Cut(page, "dsp-messages")
			list, _, _ = strings.Cut(list, "</ul>")
			if got := strings.Contains(list, "dsp-delivery"); got != (test.delivery != nil) {
				t.Errorf("%s: something is said: %t", name, got)
			}
			if strings.Contains(list, `href="/area/recapiti"`) != test.mends {
				t.Errorf("%s: leads to contacts: %t", name, !test.mends)
			}
		}
	}
}
