package sandbox

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dispositivo/dossier"
)

// dayOfReceipt settles the centuries of the dates on specimens.
var dayOfReceipt = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// settled is what comes of a file, with the code of a refusal, or of a warning
// that must be there.
type settled struct {
	verdict dossier.Verdict
	code    dossier.FindingCode
	why     string
}

// verdicts settle every refusal, and what the index leaves open (POLICY, WARN,
// EITHER, EDGE). docs/reading.md argues the ones that are not obvious.
var verdicts = map[string]settled{
	"artur/corrupted.pdf":                                                 {dossier.Rejected, dossier.FileTruncated, "its second half is missing"},
	"docspell/encrypted-test123.pdf":                                      {dossier.Rejected, dossier.FileEncrypted, "a password is needed"},
	"exiv2/cve_2017_18005_reproducer.tiff":                                {dossier.Rejected, dossier.FileTruncated, "a tag points beyond the end"},
	"exiv2/exiv2_0-26_exiv2_uncontrolled-recursion_printIFDStructure.tif": {dossier.Rejected, dossier.FileTruncated, "ends inside its directory"},
	"go-image/0x1.tiff":                                                   {dossier.Rejected, dossier.FileUnreadable, "no size"},
	"go-image/invalid-palette-ref.tiff":                                   {dossier.Rejected, dossier.FileUnreadable, "a colour that is not there"},
	"go-pdfium/circular_viewer_ref.pdf":                                   {dossier.Rejected, dossier.PagesNone, "its page tree is empty"},
	"go-pdfium/no_page_count.pdf":                                         {dossier.Accepted, "", "its pages can be counted"},
	"image-tiff/sample-get-lzw-stuck.tiff":                                {dossier.Rejected, dossier.FileTruncated, "no tile has data"},
	"libtiff/quad-lzw-compat.tiff":                                        {dossier.Accepted, "", "old libtiff's LZW is GIF's: read"},
	"libtiff/test_ifd_loop_subifd.tif":                                    {dossier.Accepted, dossier.PageDamaged, "the pages before the loop are shown"},
	"ocrmypdf/multipage.pdf":                                              {dossier.Rejected, dossier.FileTooLarge, "over 1 MiB"},
	"oiio-images/off_luv24.tif":                                           {dossier.Rejected, dossier.FileUnreadable, "not a document"},
	"paperless/invalid_pdf.pdf":                                           {dossier.Accepted, "", "the header may stand a little later"},
	"paperless/rotated.pdf":                                               {dossier.Rejected, dossier.FileTooLarge, "over 1 MiB"},
	"payloads/payload1.pdf":                                               {dossier.Quarantined, dossier.PDFActiveContent, "a script"},
	"pdfcpu/italian.pdf":                                                  {dossier.Quarantined, dossier.PDFActiveContent, "a script"},
	"pdfcpu/withOffsetStart.pdf":                                          {dossier.Accepted, "", "the header may stand a little later"},
	"pdfjs/160F-2019.pdf":                                                 {dossier.Quarantined, dossier.PDFActiveContent, "a script"},
	"pdfjs/REDHAT-1531897-0.pdf":                                          {dossier.Rejected, dossier.PDFInvalid, "nobody can open it"},
	"pdfjs/attachment.pdf":                                                {dossier.Quarantined, dossier.PDFEmbeddedFile, "another file inside"},
	"pdfjs/comments.pdf":                                                  {dossier.Rejected, dossier.FileTooLarge, "over 1 MiB"},
	"pdfjs/evaljs.pdf":                                                    {dossier.Quarantined, dossier.PDFActiveContent, "a script"},
	"pdfjs/issue11922_reduced.pdf":                                        {dossier.Accepted, dossier.PageBlank, "1 MB is 1,048,576 bytes"},
	"pdfjs/issue15590.pdf":                                                {dossier.Rejected, dossier.PagesNone, "no page"},
	"pdfjs/issue16263.pdf":                                                {dossier.Quarantined, dossier.MachineGaveUp, "its page takes longer than allowed"},
	"pdfjs/issue9418.pdf":                                                 {dossier.Accepted, dossier.PDFInvalid, "damaged, but shown whole"},
	"pdfjs/js-buttons.pdf":                                                {dossier.Quarantined, dossier.PDFActiveContent, "a script"},
	"pdfjs/saslprep-r6.pdf":                                               {dossier.Rejected, dossier.FileEncrypted, "a password is needed"},
	"pdfjs/secHandler.pdf":                                                {dossier.Quarantined, dossier.MachineGaveUp, "opens, but cannot be searched"},
	"pdfjs/tracemonkey.pdf":                                               {dossier.Accepted, "", "1 MB is 1,048,576 bytes"},
	"pdfjs/xfa_issue14315.pdf":                                            {dossier.Rejected, dossier.PDFInvalid, "a program instead of pages"},
	"pikepdf/378014596.pdf":                                               {dossier.Rejected, dossier.PDFInvalid, "no page can be loaded"},
	"pillow/crash-0c7e0e8e11ce787078f00b5b0ca409a167f070e0.tif":           {dossier.Rejected, dossier.FileTruncated, "strips beyond the end"},
	"pillow/crash-2020-10-test.tif":                                       {dossier.Rejected, dossier.FileTruncated, "a tag points beyond the end"},
	"pillow/crash-63b1dffefc8c075ddc606c0a2f5fdc15ece78863.tif":           {dossier.Rejected, dossier.FileTruncated, "a tag points beyond the end"},
	"pillow/crash-86214e58da443d2b80820cff9677a38a33dcbbca.tif":           {dossier.Rejected, dossier.FileTruncated, "tiles beyond the end"},
	"pillow/hopper_webp.tif":                                              {dossier.Rejected, dossier.FileUnreadable, "no fax server and no scanner writes WebP"},
	"pillow/multipage_single_frame_loop.tiff":                             {dossier.Accepted, dossier.PageDamaged, "the page before the loop is shown"},
	"pypdf/r6-user-password.pdf":                                          {dossier.Rejected, dossier.FileEncrypted, "opens to its owner alone"},
	"qpdf/append-xref-loop.pdf":                                           {dossier.Rejected, dossier.PagesTooMany, "30 pages"},
	"qpdf/enc-R3,V2,O=master.pdf":                                         {dossier.Rejected, dossier.PagesTooMany, "30 pages"},
	"qpdf/fuzz-16214.pdf":                                                 {dossier.Rejected, dossier.FileType, "no header"},
	"qpdf/leading-junk.pdf":                                               {dossier.Rejected, dossier.PagesTooMany, "30 pages"},
	"qpdf/minimal-signed-restricted.pdf":                                  {dossier.Accepted, dossier.FileEncrypted, "restricted, but opens without a password"},
	"qpdf/pages-loop.pdf":                                                 {dossier.Rejected, dossier.PDFInvalid, "its page tree loops"},
	"tika/testPDF_deeplyEmbeddedAttachments.pdf":                          {dossier.Quarantined, dossier.PDFEmbeddedFile, "other files inside"},
	"twelvemonkeys/BigTIFF.tif":                                           {dossier.Accepted, "", "BigTIFF is read"},
	"twelvemonkeys/ccitt_tolessrows.tif":                                  {dossier.Accepted, dossier.PageDamaged, "the missing rows are white"},
	"twelvemonkeys/floatingpoint-32bit.tif":                               {dossier.Rejected, dossier.FileUnreadable, "not a document"},
	"twelvemonkeys/incorrect-compression-rle-as-g3.tif":                   {dossier.Accepted, "", "the rows tell their encoding"},
	"twelvemonkeys/value-beyond-eof.tif":                                  {dossier.Rejected, dossier.FileTruncated, "a tag points beyond the end"},
}

// empty are legitimate files whose picture is of one shade.
var empty = []string{
	"libtiff/test_ifd_loop_subifd.tif", "libtiff/tiff_with_subifd_chain.tif", "pdfjs/issue11922_reduced.pdf",
	"pillow/multipage.tiff", "pillow/multipage_single_frame_loop.tiff",
}

// checkPictures looks whether a file that was not refused has a picture for
// every page, and whether there is anything to see: a verdict without pixels
// counts for nothing.
func checkPictures(t *testing.T, file corpusFile, reading Reading) {
	t.Helper()
	r := reading.Report
	if r.Verdict == dossier.Rejected || r.Code == dossier.MachineGaveUp && len(r.Pages) == 0 {
		return
	}
	if len(reading.Pages) == 0 || len(reading.Pages) != len(r.Pages) {
		t.Errorf("%s: %s with pictures of %d of %d pages", file.name, r.Verdict, len(reading.Pages), len(r.Pages))
	}
	for _, page := range reading.Pages {
		img, _, err := image.Decode(bytes.NewReader(page.Image))
		if err != nil {
			t.Errorf("%s page %d: %v", file.name, page.N, err)
			continue
		}
		if uniform(img) != slices.Contains(empty, file.name) {
			t.Errorf("%s page %d: of one shade is %v", file.name, page.N, uniform(img))
		}
	}
}

func uniform(img image.Image) bool {
	b := img.Bounds()
	first := color.GrayModel.Convert(img.At(b.Min.X, b.Min.Y))
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if color.GrayModel.Convert(img.At(x, y)) != first {
				return false
			}
		}
	}
	return true
}

// zones are what the zones of the specimens say, read by eye. The one of
// id_fail.png.tif lacks a check digit: it can never be valid. That of
// 25_pass-uto.jpg.pdf has letters of five pixels: it need not be found.
var zones = map[string]MRZ{
	"derived/100_pass-uto.jpg.pdf": {
		Format: "td3", DocumentNumber: "L898902C3", Surname: "ERIKSSON", GivenNames: "ANNA MARIA", Nationality: "UTO",
		Birth: "1974-08-12", Sex: "F", Expiry: "2012-04-15", Valid: true, Page: 1,
	},
	"derived/100_visa-polx.jpg.pdf": {
		Format: "mrv-b", DocumentNumber: "PL0000000", Surname: "KOWALSKA KWIATKOWSKA", GivenNames: "BEATA", Nationality: "POL",
		Birth: "1960-02-08", Sex: "F", Expiry: "2005-05-01", Valid: true, Page: 1,
	},
	"derived/Spain.png.tif": {
		Format: "td1", DocumentNumber: "BAA000589", Surname: "ESPANOLA ESPANOLA", GivenNames: "CARMEN", Nationality: "ESP",
		Birth: "1980-01-01", Sex: "F", Expiry: "2025-01-01", Valid: true, Page: 1,
	},
	"derived/td1.jpg.pdf": {
		Format: "td1", DocumentNumber: "D23145890", Surname: "ERIKSSON", GivenNames: "ANNA MARIA", Nationality: "UTO",
		Birth: "1974-08-12", Sex: "F", Expiry: "2012-04-15", Valid: true, Page: 1,
	},
}

// checkZones looks whether a specimen's zone was read whole, and whether
// nothing else passes for one.
func checkZones(t *testing.T, name string, r Report) {
	t.Helper()
	want, specimen := zones[name]
	read := false
	for _, zone := range r.MRZ {
		switch {
		case specimen && zone == want:
			read = true
		case zone.Valid:
			t.Errorf("%s: a zone that is not there: %+v", name, zone)
		}
	}
	if specimen && !read {
		t.Errorf("%s: %+v, not %+v", name, r.MRZ, want)
	}
}

// pictureSets are files of one picture, in several encodings, as the index says,
// and all pages of multipage.tif.
var pictureSets = map[string][]string{
	"Oregon": {
		"commons-imaging/Oregon_Scientific_DS6639_-_DSC_0307_-_small_CCITT_T.4_1D_fill.tiff",
		"commons-imaging/Oregon_Scientific_DS6639_-_DSC_0307_-_small_CCITT_T.4_1D_no_fill.tiff",
		"commons-imaging/Oregon_Scientific_DS6639_-_DSC_0307_-_small_CCITT_T.4_2D_fill.tiff",
		"commons-imaging/Oregon_Scientific_DS6639_-_DSC_0307_-_small_CCITT_T.4_2D_no_fill.tiff",
		"commons-imaging/Oregon_Scientific_DS6639_-_DSC_0307_-_small_CCITT_T.6.tiff",
	},
	"Kofax page": {"libtiff.net/G31D.TIF", "libtiff.net/G31DS.TIF", "libtiff.net/G4S.TIF"},
	"BigTIFF":    {"twelvemonkeys/BigTIFF.tif", "twelvemonkeys/Classic.tif"},
	"gopher":     {"go-image/bw-gopher_ccittGroup3.tiff", "go-image/bw-gopher_ccittGroup4.tiff"},
	"codec vector": {
		"twelvemonkeys/group3_1d.tif", "twelvemonkeys/group3_1d_fill.tif", "twelvemonkeys/group3_2d.tif",
		"twelvemonkeys/group3_2d_lsb2msb.tif", "twelvemonkeys/multipage.tif",
	},
	// jbig2.pdf is the same page, but stored with loss.
	"linn": {"ocrmypdf/linn.pdf", "ocrmypdf/ccitt.pdf"},
}

// TestSamePicture proves that what is shown of files of the same picture is the
// same, dot by dot, through the whole reading.
func TestSamePicture(t *testing.T) {
	t.Parallel()
	corpora(t)
	p := newPool(t, Config{CacheDir: engineCache(t), Size: 1})
	for name, files := range pictureSets {
		var first image.Image
		for _, file := range files {
			data, err := os.ReadFile(filepath.Join(corporaDir, file))
			if err != nil {
				t.Fatal(err)
			}
			reading, err := p.Read(t.Context(), data, ReadOptions{Native: true})
			if err != nil || len(reading.Pages) == 0 {
				t.Fatalf("%s: %s, %v", file, reading.Report.Message, err)
			}
			for _, page := range reading.Pages {
				img, err := png.Decode(bytes.NewReader(page.Image))
				if err != nil {
					t.Fatal(err)
				}
				if first == nil {
					first = img
				}
				if uniform(img) || !samePixels(first, img) {
					t.Errorf("%s: %s page %d is another picture", name, file, page.N)
				}
			}
		}
	}
}

func samePixels(a, b image.Image) bool {
	if a.Bounds() != b.Bounds() {
		return false
	}
	for y := a.Bounds().Min.Y; y < a.Bounds().Max.Y; y++ {
		for x := a.Bounds().Min.X; x < a.Bounds().Max.X; x++ {
			r1, g1, b1, _ := a.At(x, y).RGBA()
			r2, g2, b2, _ := b.At(x, y).RGBA()
			if r1 != r2 || g1 != g2 || b1 != b2 {
				return false
			}
		}
	}
	return true
}

// TestVerdictsAreOfTheIndex proves that no verdict is about a file that is gone,
// and that none takes back what the index decides.
func TestVerdictsAreOfTheIndex(t *testing.T) {
	expect := map[string]string{}
	for _, f := range corpora(t) {
		expect[f.name] = f.expect
	}
	for name, want := range verdicts {
		switch e := expect[name]; {
		case e == "":
			t.Errorf("%s is not in the index", name)
		case e == "ACCEPT" && want.verdict != dossier.Accepted, e == "REJECT" && want.verdict != dossier.Rejected:
			t.Errorf("%s: the index says %s, we %s", name, e, want.verdict)
		}
	}
	for name := range zones {
		if !strings.Contains("ACCEPT", expect[name]) || expect[name] == "" {
			t.Errorf("%s is %q", name, expect[name])
		}
	}
}
