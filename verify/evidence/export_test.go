package evidence_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/testkit/house"
	"dispositivo/verify/evidence"
)

const someCF = "PRVDAA80A41H501X"

func supervisor() dossier.Actor {
	return dossier.Actor{Role: dossier.RoleSupervisor, ID: "silvia", KeyedCF: []byte("cf of silvia")}
}

func newService(h house.House) *evidence.Service {
	return evidence.New(evidence.Config{Store: h.Store, Originals: h.Vault, Hash: h.Keys.MAC("content"), Clock: h.Clock})
}

// manifest is all of manifest.json.
type manifest struct {
	evidence.Manifest
	Log []evidence.Entry `json:"log"`
}

func (m manifest) file(id string) evidence.File {
	for _, s := range m.Submissions {
		for _, f := range s.Files {
			if f.ID == id {
				return f
			}
		}
	}
	return evidence.File{}
}

// taken is an archive that was read back.
type taken struct {
	name     string
	entries  map[string][]byte
	manifest manifest
}

// take exports a dossier and reads the archive back, which the zip package checks.
func take(t *testing.T, h house.House, id string) taken {
	t.Helper()
	var got taken
	var data bytes.Buffer
	err := newService(h).Export(t.Context(), supervisor(), id, evidence.ReasonCourt, func(name string) io.Writer {
		got.name = name
		return &data
	})
	if err != nil {
		t.Fatal(err)
	}
	archive, err := zip.NewReader(bytes.NewReader(data.Bytes()), int64(data.Len()))
	if err != nil {
		t.Fatal(err)
	}
	got.entries = map[string][]byte{}
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if got.entries[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := json.Unmarshal(got.entries["manifest.json"], &got.manifest); err != nil {
		t.Fatalf("%v in %s", err, got.entries["manifest.json"])
	}
	delete(got.entries, "manifest.json")
	return got
}

// post admits what came by a channel, with the files in their order, and returns its
// submission.
func post(t *testing.T, h house.House, id string, channel dossier.Channel, files ...dossier.File) dossier.Submission {
	t.Helper()
	d := h.Get(id)
	sub := dossier.Submission{ID: files[0].SubmissionID, Channel: channel, HolderID: d.HolderID, DossierID: id, Documents: files}
	return h.Must(dossier.Change{
		Actor: house.Worker(), Dossier: &dossier.Move{ID: id, Event: dossier.EventPagesAdded},
		Admit: &dossier.Admission{Submission: sub, ExternalID: sub.ID},
	}).Submission
}

// kept keeps a file's bytes, as the door does.
func kept(t *testing.T, h house.House, submission, ending, format, data string) dossier.File {
	t.Helper()
	f := dossier.File{
		ID: submission + ending, SubmissionID: submission, Bytes: int64(len(data)), Format: format,
		KeyedHash: h.Keys.MAC("content").Sum([]byte(data)),
	}
	var err error
	if f.Blob, f.WrappedKey, err = h.Vault.Keep(t.Context(), f.ID, []byte(data)); err != nil {
		t.Fatal(err)
	}
	return f
}

// mail is a whole mail in which a file stands in base64.
func mail(t *testing.T, h house.House, words, attached string) (text string, whole, part dossier.File) {
	t.Helper()
	coded := base64.StdEncoding.EncodeToString([]byte(attached))
	text = words + "\r\n\r\n" + coded + "\r\n"
	id := h.ID()
	whole = kept(t, h, id, "-000", "pdf", text) // by its first words, as the door sniffs
	whole.Evidence = true
	part = dossier.File{
		ID: id + "-001", SubmissionID: id, Blob: whole.Blob, Bytes: int64(len(attached)), Format: "pdf", KeyedHash: h.Keys.MAC("content").Sum([]byte(attached)),
		Within: &dossier.Excerpt{FileID: whole.ID, WrappedKey: whole.WrappedKey, At: int64(strings.Index(text, coded)), Length: int64(len(coded))},
	}
	var err error
	if part.WrappedKey, err = h.Vault.Within(part.ID); err != nil {
		t.Fatal(err)
	}
	return text, whole, part
}

// proves C14, DESIGN section 4: what came leaves byte for byte, the whole mail, the fax
// as it was received, the upload, what was put together of its originals; names say
// nothing about the person; the manifest has the log with its chain.
func TestExportIsWhatCame(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		holder := h.AddHolder(someCF)
		id := h.Reviewing(holder)
		upload := h.Get(id).Submissions[0]
		long := strings.Repeat("several segments of a sealed file ", 6000)
		text, whole, part := mail(t, h, "From: "+someCF+"\r\nSubject: %PDF-1.7", "%PDF-1.7 "+long)
		byMail := post(t, h, id, dossier.ChannelMail, whole, part)
		fax := kept(t, h, h.ID(), "-001", "tiff", "II*\x00 a long fax")
		byFax := post(t, h, id, dossier.ChannelFax, fax)
		copied := kept(t, h, byFax.ID, "-001-g4", "pdf", "%PDF copy")
		h.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{dossier.Recode{OriginalID: fax.ID, File: copied}}})
		composed, photo := compose(t, h, holder, id)
		if done, err := h.SealAudit(t.Context(), 1000); err != nil || done.Refused != 0 {
			t.Fatalf("%+v, %v", done, err)
		}

		got := take(t, h, id)
		m := got.manifest
		want := map[string]string{}
		for _, one := range []struct {
			sub  dossier.Submission
			file dossier.File
			name string
			data string
		}{
			{upload, upload.Documents[0], "-01.pdf", "document of " + id},
			{byMail, whole, "-01.eml", text},
			{byFax, fax, "-01.tif", "II*\x00 a long fax"},
			{composed, photo, "-01.jpg", "\xff\xd8\xff photograph"},
			{composed, composed.Documents[0], "-02.pdf", "%PDF put together"},
		} {
			name := "originali/" + strings.ReplaceAll(one.sub.Protocol.String(), "/", "-") + one.name
			want[name] = one.data
			sum := sha256.Sum256([]byte(one.data))
			f := m.file(one.file.ID)
			if f.Entry != name || f.State != evidence.StateWhole || f.SHA256 != hex.EncodeToString(sum[:]) || f.Bytes != int64(len(one.data)) ||
				f.KeyedHash != hex.EncodeToString(h.Keys.MAC("content").Sum([]byte(one.data))) {
				t.Errorf("%s is said to be %+v", name, f)
			}
			if string(got.entries[name]) != one.data {
				t.Errorf("%s is not as it came: %.40q", name, got.entries[name])
			}
		}
		if len(got.entries) != len(want) {
			t.Errorf("entries besides: %d, want %d", len(got.entries), len(want))
		}
		if f := m.file(part.ID); f.State != evidence.StateContained || f.Of != whole.ID || f.Entry != "" {
			t.Errorf("the attachment is said to be %+v", f)
		}
		if f := m.file(copied.ID); f.State != evidence.StateDerived || f.Of != fax.ID || f.Entry != "" {
			t.Errorf("the copy is said to be %+v", f)
		}
		checkManifest(t, h, got, id)
		for _, s := range m.Submissions {
			if s.ID == byFax.ID && (s.Protocol != byFax.Protocol.String() || s.Channel != dossier.ChannelFax || !s.ReceivedAt.Equal(byFax.ReceivedAt)) {
				t.Errorf("the fax is said to have come %+v", s)
			}
		}
	})
}

// compose admits what was put together of one photograph.
func compose(t *testing.T, h house.House, holder dossier.Holder, id string) (sub dossier.Submission, photo dossier.File) {
	t.Helper()
	c := dossier.Composition{ID: h.ID(), HolderID: holder.ID, ExpiresAt: h.Clock.Now().Add(time.Hour), Pages: []dossier.ComposedPage{}}
	photo = kept(t, h, h.ID(), "", "jpeg", "\xff\xd8\xff photograph")
	shown := kept(t, h, h.ID(), "", "jpeg", "preview")
	c.Files = []dossier.CompositionFile{
		{Kind: dossier.CompositionOriginal, N: 1, File: photo}, {Kind: dossier.CompositionPreview, N: 1, File: shown},
	}
	if _, err := h.InsertComposition(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	ch := h.Arrival(holder, id, "%PDF put together")
	ch.Admit.CompositionID = c.ID
	return h.Must(ch).Submission, photo
}

// checkManifest looks at what is said about the export itself, and at the log.
func checkManifest(t *testing.T, h house.House, got taken, id string) {
	t.Helper()
	m, d := got.manifest, h.Get(id)
	if m.Dossier != id || m.HolderID != d.HolderID || m.Reason != evidence.ReasonCourt || m.By != "supervisor:silvia" || !m.Whole ||
		len(m.Submissions) != len(d.Submissions) || !m.At.Equal(h.Clock.Now()) {
		t.Errorf("manifest %+v", m.Manifest)
	}
	if !regexp.MustCompile(`^prove-[0-9a-z]{26}\.zip$`).MatchString(got.name) || got.name != "prove-"+m.Export+".zip" {
		t.Errorf("the archive is called %q", got.name)
	}
	kinds := map[string]bool{}
	for i, e := range m.Log {
		kinds[e.Action] = true
		if i > 0 && e.Row <= m.Log[i-1].Row {
			t.Errorf("row %d stands behind %d", e.Row, m.Log[i-1].Row)
		}
		row, err := h.LogEntry(t.Context(), e.Row)
		if err != nil || e.Stamp != hex.EncodeToString(row.Stamp) || e.Chain != hex.EncodeToString(row.Chain) || e.Detail != row.Detail || e.Seq != row.Seq {
			t.Errorf("entry %+v is none of the log: %v", e, err)
		}
		if e.Action != "evidence.exported" && (e.Seq == 0 || len(e.Chain) != 64) {
			t.Errorf("no place in the chain: %+v", e)
		}
	}
	for _, action := range []string{"dossier.opened", "submission.received", "file.recoded", "evidence.exported"} {
		if !kinds[action] {
			t.Errorf("the manifest's log lacks %s: %v", action, kinds)
		}
	}
}

// A log of several pages is whole in the manifest, and has no other dossier's rows.
func TestLongLog(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	id, other := h.Reviewing(h.AddHolder(someCF)), h.Reviewing(h.AddHolder("PRVBBB80A01H501H"))
	d := h.Get(id)
	file := d.Submissions[0].Documents[0]
	for range 450 {
		if err := h.RecordView(t.Context(), supervisor(), d.Submissions[0], file.ID, file.Pages[0], false); err != nil {
			t.Fatal(err)
		}
	}
	views := 0
	for _, e := range take(t, h, id).manifest.Log {
		if e.Action == "page.viewed" {
			views++
		}
		if e.Subject == other || e.HolderID != d.HolderID {
			t.Errorf("another's row: %+v", e)
		}
	}
	if views != 450 {
		t.Errorf("%d looks, want 450", views)
	}
}

// broken takes some bytes and no more.
type broken struct{ left int }

func (b *broken) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, errors.New("the client is gone")
	}
	return len(p), nil
}

// A client that goes away is no damage to the evidence.
func TestClientGoesAway(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	id := h.Reviewing(h.AddHolder(someCF))
	ctx, cancel := context.WithCancel(t.Context())
	for name, out := range map[string]func(string) io.Writer{
		"broken":    func(string) io.Writer { return &broken{left: 10} },
		"cancelled": func(string) io.Writer { cancel(); return io.Discard },
	} {
		if err := newService(h).Export(ctx, supervisor(), id, evidence.ReasonCourt, out); err == nil {
			t.Errorf("%s: said to be whole", name)
		}
		for _, e := range exports(t, h, id) {
			if e.Action != "evidence.exported" {
				t.Errorf("%s: logged %s", name, e.Action)
			}
		}
		ctx, cancel = context.WithCancel(t.Context())
	}
	cancel()
}

// zeros are an original of any size.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }
func (zeros) Close() error               { return nil }

// endless opens originals of a size, which nobody has to keep.
type endless int64

func (n endless) Reader(context.Context, dossier.File) (io.ReadCloser, error) {
	return struct {
		io.Reader
		io.Closer
	}{io.LimitReader(zeros{}, int64(n)), zeros{}}, nil
}

// However large the originals, little of them is in memory. Not parallel: it counts
// what the whole process takes.
func TestExportHoldsLittle(t *testing.T) {
	const size = 32 << 20
	h := house.New(t)
	id := h.Reviewing(h.AddHolder(someCF))
	s := evidence.New(evidence.Config{Store: h.Store, Originals: endless(size), Hash: h.Keys.MAC("content"), Clock: h.Clock})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := s.Export(t.Context(), supervisor(), id, evidence.ReasonCourt, func(string) io.Writer { return io.Discard })
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; err != nil || taken > 8<<20 {
		t.Errorf("%v; %d bytes of memory for an original of %d", err, taken, size)
	}
}
