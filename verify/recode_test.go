package verify_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"dispositivo/dossier"
	"dispositivo/internal/sandbox"
	"dispositivo/internal/testkit/house"
)

// proves C3 C4: of a fax over the limit a copy in fewer bytes is read, with what
// was wrong with the original; the original stays, and the same fax again is a
// repetition.
func TestHeavyFax(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		heavy := "II*\x00" + strings.Repeat("heavy", 1<<18)
		r := pages(nil, "a page")
		r.fitted = []byte("%PDF-1.7 a copy")
		lost := dossier.Finding{Code: dossier.PageDamaged, Severity: dossier.SeverityWarn, Page: 1, Detail: "3 lines"}
		r.fits.Findings = []sandbox.FitFinding{{Finding: lost}}
		sub := post(t, h, r, "heavy/1", dossier.Origin{From: "+39 06 5551", Incomplete: true}, heavy)
		if len(sub.Documents) != 2 || !sub.Documents[0].Evidence || sub.Documents[1].Evidence {
			t.Fatalf("%+v", sub.Documents)
		}
		original, copied := sub.Documents[0], sub.Documents[1]
		if len(original.Pages) != 0 || len(copied.Pages) != 1 || len(original.SealedOrigin) == 0 {
			t.Errorf("pages %v and %v", original.Pages, copied.Pages)
		}
		for f, want := range map[string][]byte{original.ID: []byte(heavy), copied.ID: r.fitted} {
			file := sub.Documents[slices.IndexFunc(sub.Documents, func(d dossier.File) bool { return d.ID == f })]
			if data, err := h.Vault.Open(t.Context(), file, file.Blob); err != nil || !bytes.Equal(data, want) || file.Bytes != int64(len(want)) {
				t.Errorf("%s: %d bytes, %v", f, len(data), err)
			}
		}
		if !slices.Contains(sub.Findings, lost) || sub.State != dossier.SubmissionUnmatched {
			t.Errorf("%s, %v", sub.State, sub.Findings)
		}
		if again := post(t, h, r, "heavy/2", dossier.Origin{}, heavy); again.State != dossier.SubmissionDuplicate {
			t.Errorf("the same fax again is %s", again.State)
		}
	})
}

// A fax that cannot be coded so is read as it came, like any at the limit.
func TestHeavyFaxAsItCame(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	r := pages(nil, "a page")
	r.fits.Findings = []sandbox.FitFinding{{Finding: dossier.Finding{Code: dossier.PageTooHeavy, Severity: dossier.SeverityBlock, Page: 1}}}
	sub := post(t, h, r, "heavy", dossier.Origin{}, "II*\x00"+strings.Repeat("heavy", 1<<18))
	blocks := func(f dossier.Finding) bool { return f.Severity == dossier.SeverityBlock }
	if len(sub.Documents) != 1 || sub.Documents[0].Evidence || len(sub.Documents[0].Pages) != 1 || slices.ContainsFunc(sub.Findings, blocks) {
		t.Errorf("%+v, %v", sub.Documents, sub.Findings)
	}
	r.fitted = []byte("%PDF-1.7 a copy")
	if sub = post(t, h, r, "light", dossier.Origin{}, "II*\x00 light"); len(sub.Documents) != 1 {
		t.Errorf("coded anew without need: %+v", sub.Documents)
	}
}

// proves C3, C5: a photograph that came by mail is read from a page made of it.
func TestPhotographByMail(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	for name, test := range map[string]struct {
		channel dossier.Channel
		data    string
		copied  bool
	}{
		"jpeg":          {dossier.ChannelMail, "\xff\xd8\xff\xe0 a photograph", true},
		"png by PEC":    {dossier.ChannelPEC, "\x89PNG\r\n\x1a\n a photograph", true},
		"a PDF":         {dossier.ChannelMail, "%PDF-1.7 a document", false},
		"a TIFF":        {dossier.ChannelMail, "II*\x00 a document", false},
		"no photograph": {dossier.ChannelMail, "GIF89a", false},
	} {
		r := pages(nil, "a page")
		r.fitted = []byte("%PDF-1.7 a copy of " + name)
		sub := postBy(t, h, r, test.channel, name, dossier.Origin{}, test.data)
		if copied := len(sub.Documents) == 2 && sub.Documents[0].Evidence && len(sub.Documents[1].Pages) == 1; copied != test.copied {
			t.Errorf("%s: %+v", name, sub.Documents)
		}
	}
}
