package sandbox

import "dispositivo/dossier"

// Report is what the machine says of one file. Its JSON is fixed, because
// scripts of others lean on it (DESIGN, section 6).
type Report struct {
	// File is the name the caller uses; the pool leaves it empty.
	File   string `json:"file"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // of the bytes, in hex
	// Format is pdf, tiff, or the name of what was found instead.
	Format  Format          `json:"format"`
	Verdict dossier.Verdict `json:"verdict"`
	// Code is that of the finding which decided; empty when accepted.
	Code dossier.FindingCode `json:"code"`
	// Message says the same in English, for people at a terminal.
	Message  string            `json:"message"`
	Pages    []Page            `json:"pages"`
	Findings []dossier.Finding `json:"findings"`
	Symbols  []Symbol          `json:"symbols"`
	MRZ      []MRZ             `json:"mrz"`
	// MS is how long it took, in milliseconds, waiting for a free child included.
	MS int64 `json:"ms"`
}

// Page is one page as it is stored.
type Page struct {
	N int `json:"n"` // 1-based
	// Width and Height are pixels of a TIFF page and points of a PDF page.
	Width  int `json:"width"`
	Height int `json:"height"`
	// DPIX and DPIY are dots per inch as tagged, 0 when unknown, 72 for PDF.
	DPIX float64 `json:"dpi_x"`
	DPIY float64 `json:"dpi_y"`
	// Encoding is mh, g3-1d, g3-2d, g4 and the like; pdf for a PDF page.
	Encoding string `json:"encoding"`
	// Rows is the number of rows that could be read; Height when whole.
	Rows int `json:"rows"`
	// DamagedRows are ranges of rows, first and last, that were lost.
	DamagedRows [][2]int `json:"damaged_rows"`
	// Turn is how the picture was turned, in degrees clockwise: 0, 90, 180, 270.
	Turn int `json:"turn"`
}

// Symbol is a bar code or QR code found on a page.
type Symbol struct {
	Kind string `json:"kind"` // qr, code39, code128, …
	Text string `json:"text"`
	Page int    `json:"page"`
}

// MRZ is the machine readable zone of an identity document (ICAO 9303).
type MRZ struct {
	Format         string `json:"format"` // td1, td2, td3
	Valid          bool   `json:"valid"`  // every check digit agrees
	DocumentNumber string `json:"document_number"`
	Surname        string `json:"surname"`
	GivenNames     string `json:"given_names"`
	Nationality    string `json:"nationality"`
	Birth          string `json:"birth"` // ISO 8601 date
	Sex            string `json:"sex"`
	Expiry         string `json:"expiry"` // ISO 8601 date
	Page           int    `json:"page"`
}

// Reading is a Report with the pages to look at.
type Reading struct {
	Report Report
	// Pages are those that could be drawn, in order; when the machine gave up,
	// those drawn until then.
	Pages []Rendered
}

// Rendered is one page drawn anew in the child: a browser never gets anything else.
type Rendered struct {
	N int // 1-based
	// Image is the picture to review, its long side at most 2200 pixels (the
	// native size if [ReadOptions].Native); Thumb at most 240. Both are encoded
	// as ContentType says: image/png or image/jpeg.
	Image, Thumb []byte
	ContentType  string
	// Width and Height are those of Image, in pixels.
	Width, Height int
	// Text is the text layer of a PDF page, at most 16 KiB of valid UTF-8. It
	// is personal: it must stay in memory.
	Text string
	// Look is what the page looks like, as bytes of an identity.Look; nil when
	// next to nothing is printed. It is as personal as the picture.
	Look []byte
	// Pixels is raster's Page.Digest of the page as it was decoded: whoever has the
	// page can compute it, so that it is kept as a keyed hash alone.
	Pixels []byte
}

// Judged returns r with verdict, code and message as its findings demand, and
// with no list nil, so that its JSON is complete.
func (r Report) Judged() Report {
	r.Verdict, r.Code = dossier.Judge(r.Findings)
	r.Message = message(r.Verdict, r.Code, r.Findings)
	if r.Pages == nil {
		r.Pages = []Page{}
	}
	if r.Findings == nil {
		r.Findings = []dossier.Finding{}
	}
	if r.Symbols == nil {
		r.Symbols = []Symbol{}
	}
	if r.MRZ == nil {
		r.MRZ = []MRZ{}
	}
	for i := range r.Pages {
		if r.Pages[i].DamagedRows == nil {
			r.Pages[i].DamagedRows = [][2]int{}
		}
	}
	return r
}

// message puts the deciding finding into words.
func message(verdict dossier.Verdict, code dossier.FindingCode, findings []dossier.Finding) string {
	if verdict == dossier.Accepted {
		return "accepted"
	}
	text, ok := messages[code]
	if !ok {
		text = string(code)
	}
	for _, f := range findings {
		if f.Code == code && f.Severity == dossier.SeverityBlock && f.Detail != "" {
			return text + " (" + f.Detail + ")"
		}
	}
	return text
}

// messages are the words for every finding that can decide here.
var messages = map[dossier.FindingCode]string{
	dossier.FileTooLarge:     "the file is larger than allowed",
	dossier.FileEmpty:        "the file is empty",
	dossier.FileType:         "the file is neither a PDF nor a TIFF",
	dossier.FileTruncated:    "the file ends too early",
	dossier.FileEncrypted:    "the file is encrypted or needs a password",
	dossier.FileUnreadable:   "the file cannot be read",
	dossier.PDFInvalid:       "the PDF is malformed",
	dossier.PDFActiveContent: "the PDF contains active content",
	dossier.PDFEmbeddedFile:  "the PDF contains other files",
	dossier.PagesNone:        "the file has no page",
	dossier.PagesTooMany:     "the file has too many pages",
	dossier.PagesTooLarge:    "a page is larger than allowed",
	dossier.MachineGaveUp:    "reading used up its time or memory",
}
