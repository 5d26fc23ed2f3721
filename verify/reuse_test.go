package verify_test

import (
	"slices"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/codicefiscale"
	"dispositivo/internal/demo"
	"dispositivo/internal/sandbox"
	"dispositivo/internal/testkit/house"
	"dispositivo/verify"
)

const otherCF = "PRVBCI80A41H501Z"

// passportPage is a page with a look, and the zone of a document when number is
// not empty.
func passportPage(look []byte, number string) *reader {
	r := pages(nil, "")
	r.pages[0].Look = look
	if number != "" {
		r.report.MRZ = []sandbox.MRZ{{
			Format: "td3", Valid: true, Surname: "PROVA", GivenNames: "ADA", Nationality: "UTO", DocumentNumber: number, Page: 1,
		}}
	}
	return r
}

// proves C8: the same document under another codice fiscale is a warning with
// its page, by number or by look; another's document of the same type is none,
// nor is the holder's own sent twice. It decides nothing.
func TestReusedDocument(t *testing.T) {
	t.Parallel()
	looks := verify.SpecimenLooks(t, demo.Citizens()[:2])
	first, again, others := looks[0].Scanned, looks[0].Faxed, looks[1].Scanned
	for name, tt := range map[string]struct {
		before, now *reader
		same        bool // holder
		want        string
	}{
		"same number":               {passportPage(nil, "UT1"), passportPage(nil, "UT1"), false, "document number"},
		"another number":            {passportPage(nil, "UT1"), passportPage(nil, "UT2"), false, ""},
		"same sheet":                {passportPage(first, ""), passportPage(first, ""), false, "agreement"},
		"same sheet by fax":         {passportPage(first, ""), passportPage(again, ""), false, "agreement"},
		"number known once":         {passportPage(first, "UT1"), passportPage(again, ""), false, "agreement"},
		"another of the same type":  {passportPage(first, ""), passportPage(others, ""), false, ""},
		"alike, but numbers differ": {passportPage(first, "UT1"), passportPage(first, "UT2"), false, ""},
		"same holder":               {passportPage(first, "UT1"), passportPage(again, "UT1"), true, ""},
		"our form twice":            {passportPage(looks[0].Form, ""), passportPage(looks[1].Form, ""), false, ""},
		"a page with nothing on it": {passportPage(nil, ""), passportPage(nil, ""), false, ""},
		"bytes that are not a look": {passportPage([]byte("look"), ""), passportPage([]byte("look"), ""), false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := house.New(t)
			holder := h.AddHolder(someCF)
			before := h.Begin(holder)
			screen(t, h, tt.before, holder, before, "before")
			id := before
			if !tt.same {
				holder = h.AddHolder(otherCF)
				id = h.Begin(holder)
			}
			screen(t, h, tt.now, holder, id, "now")
			d := h.Get(id)
			i := slices.IndexFunc(d.Findings(), func(f dossier.Finding) bool { return f.Code == dossier.IDReused })
			switch {
			case tt.want == "" && i >= 0:
				t.Errorf("a false alarm: %+v", d.Findings()[i])
			case tt.want != "" && i < 0:
				t.Errorf("not found: %+v", d.Findings())
			case tt.want != "":
				f := d.Findings()[i]
				if f.Severity != dossier.SeverityWarn || f.Page != 1 || f.Detail[:len(tt.want)] != tt.want {
					t.Errorf("found %+v", f)
				}
			}
			if d.State != dossier.StateReviewing {
				t.Errorf("state %s", d.State)
			}
		})
	}
}

// proves C8: form.missing when no page is the form, but not when it came before;
// form.old_version by the marker; neither decides.
func TestFormMissingOrOld(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	holder := h.AddHolder(someCF)
	id := h.Begin(holder)
	has := func(code dossier.FindingCode) bool {
		d := h.Get(id)
		last := d.Submissions[len(d.Submissions)-1]
		return slices.ContainsFunc(last.Findings, func(f dossier.Finding) bool { return f.Code == code && f.Severity == dossier.SeverityWarn })
	}
	screen(t, h, pages(nil, "", ""), holder, id, "two pages")
	if !has(dossier.FormMissing) || h.Get(id).State != dossier.StateReviewing {
		t.Errorf("no warning: %+v", h.Get(id))
	}
	screen(t, h, pages(nil, "Modulo conversione PIN CP-0 in bianco", ""), holder, id, "an old form")
	if has(dossier.FormMissing) || !has(dossier.FormOldVersion) {
		t.Errorf("an old form: %+v", h.Get(id).Findings())
	}
	screen(t, h, pages(nil, ""), holder, id, "one more page")
	if has(dossier.FormMissing) {
		t.Errorf("the form came before: %+v", h.Get(id).Findings())
	}
}

// proves C8: a codice fiscale in a card's bar code that is not the account's is a
// warning with its page; the account's own, with omocodia or not, and other bar
// codes are none.
func TestCardOfSomebodyElse(t *testing.T) {
	t.Parallel()
	own, other := codeOf(t, "Ada"), codeOf(t, "Bice")
	varied, err := own.Omocodia(1)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		own.String(): false, varied.String(): false, "80A41H501": false, "12345678903": false, other.String(): true,
	} {
		h := house.New(t)
		holder := h.AddHolder(own.String())
		id := h.Begin(holder)
		r := pages(nil, "", "")
		r.report.Symbols = []sandbox.Symbol{{Kind: "code39", Text: text, Page: 2}}
		screen(t, h, r, holder, id, "card")
		i := slices.IndexFunc(h.Get(id).Findings(), func(f dossier.Finding) bool { return f.Code == dossier.CodiceFiscaleOther })
		if (i >= 0) != want || want && (h.Get(id).Findings()[i].Page != 2 || h.Get(id).Findings()[i].Severity != dossier.SeverityWarn) {
			t.Errorf("%s: %+v", text, h.Get(id).Findings())
		}
	}
}

// proves C8: a codice fiscale that does not fit the birth on the document is a
// warning.
func TestCodeAgainstDocument(t *testing.T) {
	t.Parallel()
	for birth, want := range map[string]bool{"1980-01-01": false, "1981-01-01": true} {
		h := house.New(t)
		holder := h.AddHolder(codeOf(t, "Ada").String())
		id := h.Begin(holder)
		r := passportPage(nil, "UT1")
		r.report.MRZ[0].Birth, r.report.MRZ[0].Sex = birth, "F"
		screen(t, h, r, holder, id, "document")
		if got := slices.ContainsFunc(h.Get(id).Findings(), func(f dossier.Finding) bool { return f.Code == dossier.CodiceFiscaleOther }); got != want {
			t.Errorf("%s: %+v", birth, h.Get(id).Findings())
		}
	}
}

// codeOf computes the code of an invented Prova.
func codeOf(t *testing.T, name string) codicefiscale.Code {
	t.Helper()
	code, err := codicefiscale.Compute("Prova", name, time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC), "F", "H501")
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// proves C8: our form known by its layout alone has an unreadable code, and is
// not missing.
func TestUnreadableCode(t *testing.T) {
	t.Parallel()
	looks := verify.SpecimenLooks(t, demo.Citizens()[:1])
	h := house.New(t)
	holder := h.AddHolder(someCF)
	id := h.Begin(holder)
	screen(t, h, passportPage(looks[0].Form, ""), holder, id, "a bad fax of the form")
	found := slices.DeleteFunc(h.Get(id).Findings(), func(f dossier.Finding) bool { return f.Code == dossier.IDNotSeen }) // there is none
	if len(found) != 1 || found[0].Code != dossier.TokenUnreadable || found[0].Severity != dossier.SeverityInfo || found[0].Page != 1 {
		t.Errorf("found %+v", found)
	}
}
