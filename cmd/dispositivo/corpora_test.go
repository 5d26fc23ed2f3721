package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/testkit"
)

// corporaDir holds real files nobody here wrote, read in place.
const corporaDir = "../../../shared/corpora"

// corpusFile is a line of INDEX.tsv.
type corpusFile struct{ name, expect string }

// corpora lists the PDF and TIFF files, and what people send in their place.
func corpora(t *testing.T) []corpusFile {
	t.Helper()
	index, err := os.ReadFile(filepath.Join(corporaDir, "INDEX.tsv"))
	if err != nil && os.Getenv("CI") != "true" {
		t.Skip("the corpora are not here")
	}
	if err != nil {
		t.Fatal(err)
	}
	var files []corpusFile
	for _, line := range strings.Split(string(index), "\n")[1:] {
		fields := strings.Split(line, "\t")
		if len(fields) < 4 {
			continue
		}
		switch strings.ToLower(filepath.Ext(fields[0])) {
		case ".pdf", ".tif", ".tiff", ".g3", ".png", ".jpg":
			files = append(files, corpusFile{fields[0], fields[2]})
		}
	}
	if len(files) < 100 {
		t.Fatalf("only %d files in the index", len(files))
	}
	return files
}

// mayGiveUp are the files that only a person can decide about; no other may be
// given up.
var mayGiveUp = map[string]string{
	"pdfjs/secHandler.pdf": "opens, but cannot be searched for active content",
	"pdfjs/issue16263.pdf": "its page takes longer than a document may, unless the machine is fast",
}

// samePicture are files of one picture, pixel by pixel ("inspect --render" draws the
// same of each): one is enough, the others are duplicates of it (C9).
var samePicture = [][]string{
	{"libtiff.net/G31D.TIF", "libtiff.net/G31DS.TIF", "libtiff.net/G4S.TIF"},
	{"twelvemonkeys/BigTIFF.tif", "twelvemonkeys/Classic.tif"},
	{"ocrmypdf/ccitt.pdf", "ocrmypdf/linn.pdf"},
	{"go-image/bw-gopher_ccittGroup3.tiff", "go-image/bw-gopher_ccittGroup4.tiff"},
	{
		"commons-imaging/Oregon_Scientific_DS6639_-_DSC_0307_-_small_CCITT_T.4_1D_fill.tiff",
		"commons-imaging/Oregon_Scientific_DS6639_-_DSC_0307_-_small_CCITT_T.4_1D_no_fill.tiff",
		"commons-imaging/Oregon_Scientific_DS6639_-_DSC_0307_-_small_CCITT_T.4_2D_fill.tiff",
		"commons-imaging/Oregon_Scientific_DS6639_-_DSC_0307_-_small_CCITT_T.4_2D_no_fill.tiff",
		"commons-imaging/Oregon_Scientific_DS6639_-_DSC_0307_-_small_CCITT_T.6.tiff",
	},
}

// picturesOf groups what became of the files by their pictures: a file's name, and the
// states of those that show the same.
func picturesOf(files []corpusFile, fates []fate) map[string][]dossier.SubmissionState {
	pictures := map[string][]dossier.SubmissionState{}
	for _, group := range samePicture {
		for i, f := range files {
			if !slices.Contains(group, f.name) {
				continue
			}
			for _, name := range group {
				pictures[name] = append(pictures[name], fates[i].state)
			}
		}
	}
	return pictures
}

// fate is what became of a file.
type fate struct {
	status   int
	code     dossier.Code
	protocol string
	state    dossier.SubmissionState
	gaveUp   string // why the machine did; a person gets it
}

// proves C2: real files through the real door. What is legitimate comes in,
// what is not is refused with a reason, at once or by the screening; of one picture in
// several files (C9) the others are duplicates; whatever
// it is, the server lives and its memory stays bounded.
func TestCorpora(t *testing.T) {
	t.Parallel()
	sendCorpora(t, slices.DeleteFunc(corpora(t), func(f corpusFile) bool { return slices.Contains(longReadings, f.name) }))
}

// longReadings are files that take five to fifteen seconds of processor time each, two
// fifths of what all take. The sandbox reads them in every run; make soak sends them, too.
var longReadings = []string{
	"pdfjs/tracemonkey.pdf", "pdfjs/issue12963.pdf", "pdfjs/issue16263.pdf", "pdfcpu/Wonderwall.pdf",
	"paperless/patch-code-t-middle-alpha.tiff", "scan2paperless/qrbill-multi.pdf",
}

func sendCorpora(t *testing.T, files []corpusFile) {
	t.Helper()
	s := serveDemo(t)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the server says:\n%s", s.log.String())
		}
	})
	citizen := s.citizen(free()[0])
	fates := make([]fate, len(files))
	work := make(chan int)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for i := range work {
				fates[i] = send(t, citizen, files[i])
			}
		})
	}
	start := clock.System().Now()
	for i := range files {
		work <- i
	}
	close(work)
	wg.Wait()
	sent := clock.System().Now().Sub(start)
	screened(t, citizen, fates)
	t.Logf("%d files: sent in %s, screened after %s", len(files), sent, clock.System().Now().Sub(start))
	pictures := picturesOf(files, fates)
	for i, f := range files {
		if fates[i].state == dossier.SubmissionDuplicate && slices.Contains(pictures[f.name], dossier.SubmissionJoined) {
			continue // its picture is here
		}
		judge(t, f, fates[i])
	}
	peak := memoryPeak(t, s.cmd.Process.Pid)
	t.Logf("peak memory of the server %d MiB", peak>>20)
	if peak > 256<<20 {
		t.Errorf("the server needed %d MiB", peak>>20)
	}
	if out, code := command(t, "reconcile", "--demo", "--data", s.Data); code != 0 {
		t.Errorf("reconcile: exit %d\n%s", code, out)
	}
}

func send(t *testing.T, citizen *client, f corpusFile) fate {
	data, err := os.ReadFile(filepath.Join(corporaDir, f.name))
	if err != nil {
		t.Error(err)
		return fate{}
	}
	contentType, body := multipartFile(t, "modulo.pdf", data)
	a, err := citizen.try(http.MethodPost, "/conversions", http.Header{"Content-Type": {contentType}}, bytes.NewReader(body))
	if err != nil {
		t.Errorf("%s: %v", f.name, err)
		return fate{}
	}
	var receipt struct{ Protocol string }
	_ = json.Unmarshal(a.Body, &receipt) // a refusal has none
	return fate{status: a.Status, code: a.code(), protocol: receipt.Protocol}
}

// screened waits until nothing is being read any more and fills in the states.
func screened(t *testing.T, citizen *client, fates []fate) {
	t.Helper()
	type submission struct {
		Protocol string
		State    dossier.SubmissionState
		Findings []dossier.Finding
	}
	type conversions struct {
		Conversions []struct{ Submissions []submission }
	}
	read := map[string]submission{}
	err := testkit.WaitWhileMoving(5*time.Minute, func() (int, error) {
		var got conversions
		var waits error
		citizen.get("/conversions").decode(t, &got)
		for _, c := range got.Conversions {
			for _, sub := range c.Submissions {
				if sub.State == dossier.SubmissionReceived || sub.State == dossier.SubmissionScreening {
					waits = fmt.Errorf("%s is %s", sub.Protocol, sub.State)
					continue
				}
				read[sub.Protocol] = sub
			}
		}
		return len(read), waits
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range fates {
		sub := read[fates[i].protocol]
		fates[i].state = sub.State
		for _, finding := range sub.Findings {
			if finding.Code == dossier.MachineGaveUp {
				fates[i].gaveUp = "gave up: " + finding.Detail
			}
		}
	}
}

// judge compares what became of a file with what the index expects of it.
func judge(t *testing.T, f corpusFile, got fate) {
	t.Helper()
	in := got.status == http.StatusCreated || got.status == http.StatusOK
	refused := !in || got.state == dossier.SubmissionRefused
	if got.gaveUp != "" && mayGiveUp[f.name] == "" {
		t.Errorf("%s: the machine %s", f.name, got.gaveUp)
	}
	switch {
	case in && got.state == "":
		t.Errorf("%s: %d, but %s is nowhere", f.name, got.status, got.protocol)
	case !in && (got.status < 400 || got.status >= 500 || got.code == ""):
		t.Errorf("%s: %d %s", f.name, got.status, got.code)
	case f.expect == "ACCEPT" && got.state != dossier.SubmissionJoined:
		t.Errorf("%s is legitimate: %d %s %s", f.name, got.status, got.code, got.state)
	case strings.HasPrefix(f.expect, "REJECT") && !refused:
		t.Errorf("%s is not legitimate: %d %s", f.name, got.status, got.state)
	case f.expect == "REJECT-AS-IS" && got.code != dossier.Code(dossier.FileType):
		t.Errorf("%s: %d %s", f.name, got.status, got.code)
	}
}

// memoryPeak is the most memory a process ever held, in bytes.
func memoryPeak(t *testing.T, pid int) int64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	var kib int64
	if _, err := fmt.Sscanf(after, "%d kB", &kib); err != nil {
		t.Fatal(err)
	}
	return kib << 10
}
