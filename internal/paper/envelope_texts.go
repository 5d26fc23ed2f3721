package paper

// envelopeTexts are the words of an envelope in one language.
type envelopeTexts struct {
	english                        bool
	onlyFor, toOpen, intact, title string
	summary                        string // of advice, in the other language
}

// envelopeTextsFor returns the English texts for "en", else the Italian ones.
func envelopeTextsFor(lang string) envelopeTexts {
	if lang == "en" {
		return envelopeTexts{
			english: true,
			onlyFor: "Confidential. To be opened only by",
			toOpen:  "To open: cut along the dashed line on the three sides, then unfold.",
			intact:  "Do not accept this envelope if it is open or torn: ask for a new PIN.",
			title:   "Your PIN dispositivo",
			summary: "In italiano: il PIN è già attivo; lo usi con il codice fiscale. Poi distrugga il foglio e non lo dica a nessuno.",
		}
	}
	return envelopeTexts{
		onlyFor: "Riservata. Da aprire soltanto da parte di",
		toOpen:  "Per aprire: tagli lungo la linea tratteggiata sui tre lati, poi spieghi il foglio.",
		intact:  "Non accetti la busta se è aperta o strappata: chieda un nuovo PIN.",
		title:   "Il suo PIN dispositivo",
		summary: "In English: the PIN is already active; use it with your codice fiscale. Then destroy this sheet and tell nobody.",
	}
}

// handedOver says who hands the envelope over, and when.
func (t envelopeTexts) handedOver(e Envelope) string {
	s := e.Office
	if !e.Made.IsZero() {
		if s != "" {
			s += " · "
		}
		s += letterTexts{english: t.english}.date(e.Made)
	}
	return s
}

// advice says what the PIN is and what to do with it.
func (t envelopeTexts) advice(e Envelope) []string {
	help := letterTexts{english: t.english}.help(Letter{Phone: e.Phone})
	if t.english {
		return []string{
			"It is already active: go to " + e.Portal + " and sign in with your codice fiscale and the 8 characters below. Small letters will do.",
			"It lets you file applications and act. Learn it, then destroy this sheet. Tell nobody: we never ask for it by telephone or e-mail.",
			"Lost, or seen by somebody else? " + help,
		}
	}
	return []string{
		"È già attivo: vada su " + e.Portal + " ed entri con il codice fiscale e gli 8 caratteri qui sotto. Vanno bene anche le minuscole.",
		"Permette di presentare domande e di compiere atti. Lo impari, poi distrugga questo foglio. Non lo dica a nessuno: noi non lo chiediamo mai, né al telefono né per e-mail.",
		"L'ha perso, o qualcuno l'ha visto? " + help,
	}
}

// preparing is what the operator does with the printed sheet, in both languages.
var preparing = []string{
	"Stampi al 100 %, a faccia in giù. Prenda il foglio senza girarlo. / Print at 100 %, face down. Take the sheet without turning it.",
	"Pieghi il terzo superiore all'indietro, al primo segno. / Fold the upper third backwards at the first mark.",
	"Colla sulle tre strisce tratteggiate; pieghi questo terzo in avanti, al secondo segno, e prema. / " +
		"Glue on the three hatched strips; fold this third forwards at the second mark and press.",
	"Colla sul retro del terzo superiore; prema. Consegni al titolare, chiusa. / Glue the back of the upper third; press. Hand over sealed.",
}
