package ccitt_test

import (
	"bytes"
	"hash/crc32"
	"os"
	"testing"

	"dispositivo/verify/ccitt"
)

// faxFiles are the fax files of the corpora, with the CRC-32 (IEEE) of the
// packed rows of each page, as tiffcp (libtiff 4.5) decodes them.
var faxFiles = []struct {
	name string
	sums []uint32
}{
	{"commons-imaging/Oregon_Scientific_DS6639_-_DSC_0307_-_small_CCITT_T.4_1D_fill.tiff", []uint32{0xbf218e34}},
	{"commons-imaging/Oregon_Scientific_DS6639_-_DSC_0307_-_small_CCITT_T.4_1D_no_fill.tiff", []uint32{0xbf218e34}},
	{"commons-imaging/Oregon_Scientific_DS6639_-_DSC_0307_-_small_CCITT_T.4_2D_fill.tiff", []uint32{0xbf218e34}},
	{"commons-imaging/Oregon_Scientific_DS6639_-_DSC_0307_-_small_CCITT_T.4_2D_no_fill.tiff", []uint32{0xbf218e34}},
	{"commons-imaging/Oregon_Scientific_DS6639_-_DSC_0307_-_small_CCITT_T.6.tiff", []uint32{0xbf218e34}},
	{"go-image/bw-gopher_ccittGroup3.tiff", []uint32{0xdd399327}},
	{"go-image/bw-gopher_ccittGroup4.tiff", []uint32{0xdd399327}},
	{"hhrutter-tiff/g4test_1.tiff", []uint32{0xbc4656b1}},
	{"hhrutter-tiff/issue-2-ccitt-rle.tif", []uint32{0xc39f3896}},
	{"leptonica/form1.tif", []uint32{0xd1bea87c}},
	{"leptonica/tickets.tif", []uint32{0x9253afb0}},
	{"libtiff.net/CCITT-bounds.tif", []uint32{0x1349c7e1}},
	{"libtiff.net/CCITT_1.TIF", []uint32{0x8eb28cec}},
	{"libtiff.net/CCITT_4.TIF", []uint32{0x60426b3f}},
	{"libtiff.net/CCITT_5.TIF", []uint32{0x4b17e59c}},
	{"libtiff.net/CCITT_8.TIF", []uint32{0x5a0a1f5b}},
	{"libtiff.net/G31D.TIF", []uint32{0x9fe460d1}},
	{"libtiff.net/G31DS.TIF", []uint32{0x9fe460d1}},
	{"libtiff.net/G4S.TIF", []uint32{0x9fe460d1}},
	{"oiio-images/fax2d.tif", []uint32{0x6bc1aa56}},
	{"oiio-images/g3test.tif", []uint32{0xce2d7ee5}},
	{"pillow/g4-fillorder-test.tif", []uint32{0xeed89764}},
	{"pillow/g4_orientation_3.tif", []uint32{0x5a71a69d}},
	{"pillow/g4_orientation_6.tif", []uint32{0x82f12ed5}},
	{"spandsp/lenna-bw-bilevel.tif", []uint32{0x5687abf9}},
	{"twelvemonkeys/ccitt_tolessrows.tif", []uint32{0xa68686b5}},
	{"twelvemonkeys/group3_1d.tif", []uint32{0x0160090e}},
	{"twelvemonkeys/group3_1d_fill.tif", []uint32{0x0160090e}},
	{"twelvemonkeys/group3_2d.tif", []uint32{0x0160090e}},
	{"twelvemonkeys/group3_2d_lsb2msb.tif", []uint32{0x0160090e}},
	{"twelvemonkeys/incorrect-compression-rle-as-g3.tif", []uint32{0x8168c12c}},
	{"twelvemonkeys/multipage.tif", []uint32{0x0160090e, 0x0160090e, 0x0160090e}},
}

func TestCorpora(t *testing.T) {
	for _, f := range faxFiles {
		pages := readStrips(t, corpus(t, f.name))
		if len(pages) != len(f.sums) {
			t.Errorf("%s: %d pages", f.name, len(pages))
			continue
		}
		for i, strips := range pages {
			page, reports := decodePage(t, strips)
			if sum := crc32.ChecksumIEEE(page.Pix); sum != f.sums[i] {
				t.Errorf("%s, page %d: %#08x", f.name, i+1, sum)
			}
			for _, r := range reports {
				if len(r.Damaged) > 0 || r.Repaired > 0 || r.Long || !r.Ended {
					t.Errorf("%s, page %d: %+v", f.name, i+1, r)
				}
			}
			if os.Getenv("DISPOSITIVO_SOAK") != "" && i == 0 && f.name != rleAsG3 {
				file, err := os.ReadFile(corpus(t, f.name))
				if err != nil {
					t.Fatal(err)
				}
				if got := tiffcp(t, file, "-f", "msb2lsb", "-r", "1000000"); !bytes.Equal(got[0], page.Pix) {
					t.Errorf("%s: tiffcp sees another picture", f.name)
				}
			}
		}
	}
}

const (
	rleAsG3   = "twelvemonkeys/incorrect-compression-rle-as-g3.tif"
	tooFew    = "twelvemonkeys/ccitt_tolessrows.tif"
	ccittTest = "libtiff.net/CCITT_"
)

// Runs without end-of-line codes that call themselves Group 3, which tiffcp does
// not read.
func TestCorporaWrongCompression(t *testing.T) {
	strips := readStrips(t, corpus(t, rleAsG3))[0]
	page, reports := decodePage(t, strips)
	if r := reports[0]; r.Encoding != ccitt.Runs || r.Rows != 32 || len(r.Damaged) > 0 || page.Height != 32 {
		t.Errorf("%+v", r)
	}
}

func TestCorporaTooFewRows(t *testing.T) {
	page, reports := decodePage(t, readStrips(t, corpus(t, tooFew))[0])
	if r := reports[0]; r.Rows != 4 || !r.Short || page.Height != 6 {
		t.Errorf("%+v", r)
	}
}

// The test charts of the CCITT come back from every encoding.
func TestCharts(t *testing.T) {
	for _, n := range []string{"1", "4", "5", "8"} {
		page, _ := decodePage(t, readStrips(t, corpus(t, ccittTest+n+".TIF"))[0])
		for _, e := range encodings {
			p := ccitt.Params{Encoding: e, Columns: page.Width, Rows: page.Height}
			if b, r := decode(t, ccitt.Encode(page, p), p); !bytes.Equal(b.Pix, page.Pix) || len(r.Damaged) > 0 {
				t.Errorf("chart %s, %s: %+v", n, e, r)
			}
		}
	}
}
