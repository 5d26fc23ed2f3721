package paper

import "fmt"

// texts are the instructions in one language.
type texts struct {
	blankForm, codeHint, statusHint, signHint string
	attach                                    []string
	portal, faxAbroad, office                 string
	english                                   bool
}

// textsFor returns the English texts for "en", else the Italian ones.
func textsFor(lang string) texts {
	if lang == "en" {
		return englishTexts()
	}
	return italianTexts()
}

func italianTexts() texts {
	return texts{
		blankForm: "Modulo in bianco: lo compili in stampatello, una lettera accanto all'altra. Chi può, scarichi dal portale il " +
			"modulo già compilato: porta un codice che lo conduce da solo alla sua pratica ed è più rapido.",
		codeHint: "Scriva questo codice su ogni pagina che spedisce separata: la riunisce alla sua pratica.",
		statusHint: "Con questo codice il modulo trova la sua pratica. Non apre nessun accesso: chi lo legge " +
			"non vede i suoi dati.",
		signHint: "Firmi a penna, nera o blu, tutta dentro il riquadro. Senza firma la richiesta non può essere accolta.",
		attach: []string{
			"Copia leggibile, fronte e retro, del documento indicato al punto 2: in corso di validità, con foto e firma visibili.",
			"Per il portale: un solo file PDF o TIFF, al massimo 1 MB, con questo modulo firmato e il documento.",
			"Basta una di queste vie. Non spedisca due volte: la ricevuta porta il numero di protocollo.",
		},
		portal: "Portale (più rapido)", faxAbroad: "Fax (dall'estero)", office: "Ufficio",
	}
}

func englishTexts() texts {
	return texts{
		blankForm: "Blank form: please fill it in with capital letters. If you can, download the form already filled in from " +
			"the portal: it carries a code that leads it to your case by itself, and is quicker.",
		codeHint:   "Write this code on every page that you send separately: it joins the page to your case.",
		statusHint: "With this code the form finds your case. It opens no access: whoever reads it does not see your data.",
		signHint:   "Sign with a pen, black or blue, well inside the frame. Without a signature the request cannot be granted.",
		attach: []string{
			"A legible copy, front and back, of the document of part 2: still valid, with photograph and signature visible.",
			"On the portal: one PDF or TIFF file of at most 1 MB with this signed form and the document.",
			"One of these ways is enough. Do not send twice: the receipt carries the protocol number.",
		},
		portal: "Portal (quickest)", faxAbroad: "Fax (from abroad)", office: "Office",
		english: true,
	}
}

// paragraph is one text of part 3 and the share of the room it may take.
type paragraph struct {
	text  string
	face  face
	size  float64 // points, at most
	share float64
}

const requestItalian = "Chiedo che il mio PIN ordinario, che permette di consultare, sia convertito in PIN dispositivo, che permette di " +
	"presentare domande e compiere atti. Consapevole delle sanzioni penali per chi dichiara il falso (art. 76 D.P.R. 445/2000), " +
	"dichiaro ai sensi degli artt. 46 e 47 del D.P.R. 445/2000 che i dati di questo modulo sono veri e che la copia allegata è conforme " +
	"all'originale del mio documento. Presento la richiesta, da me firmata, ai sensi dell'art. 38 del D.P.R. 445/2000. " +
	"La richiesta è personale: non si ammettono deleghe."

const requestEnglish = "I ask that my PIN ordinario, which lets me read, be converted into a PIN dispositivo, which lets me file " +
	"applications and act. Knowing the penalties for false statements (art. 76 D.P.R. 445/2000), I declare under arts. 46 and 47 D.P.R. " +
	"445/2000 that the data on this form are true and that the attached copy agrees with the original of my document. I submit this request, " +
	"signed by me, under art. 38 D.P.R. 445/2000. The request is personal: delegates are not admitted. (The Italian text is the legal one.)"

// declarations returns the texts above the signature. The Italian ones are
// always printed: they are what is signed.
func (t texts) declarations(keepDays int) []paragraph {
	keep, keepEnglish := "secondo i tempi dell'informativa completa", "as the full notice says"
	if keepDays > 0 {
		keep = fmt.Sprintf("%d giorni dopo la decisione", keepDays)
		keepEnglish = fmt.Sprintf("%d days after the decision", keepDays)
	}
	privacy := "Protezione dei dati (art. 13 Reg. UE 2016/679): i dati e la copia del documento servono soltanto a verificare l'identità e " +
		"a convertire il PIN, per obbligo di legge; li vede solo il personale incaricato; le immagini sono cancellate " + keep +
		". Diritti di accesso, rettifica, limitazione e reclamo al Garante; l'informativa completa è sul portale."
	if !t.english {
		return []paragraph{
			{requestItalian, regular, 9.5, 0.64},
			{privacy, regular, 8.5, 0.34},
		}
	}
	privacyEnglish := "Data protection (art. 13 GDPR): the data and the copy serve only to verify the identity and convert the PIN, as the law " +
		"requires; only entitled staff see them; images are erased " + keepEnglish +
		". You may access, correct, restrict, and complain to the Garante; the full notice is on the portal."
	return []paragraph{
		{requestItalian, regular, 7.5, 0.32},
		{requestEnglish, italic, 7.5, 0.32},
		{privacy, regular, 6.5, 0.15},
		{privacyEnglish, italic, 6.5, 0.15},
	}
}
