// Package house furnishes tests of the domain: a real database, a real vault, a
// clock that stands still, and invented people in any state.
//
// It must be imported by tests alone.
package house

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/blob"
	"dispositivo/internal/clock"
	"dispositivo/internal/ident"
	"dispositivo/internal/seal"
	"dispositivo/internal/store"
	"dispositivo/internal/testkit"
	"dispositivo/internal/vault"
)

// Start is a Monday morning, so that working days are easy to count.
func Start() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }

// Office is where every dossier of the tests belongs.
const Office = "estero"

// House is one test's own world.
type House struct {
	*store.Store
	T     *testing.T
	Clock *clock.Stub
	Keys  *seal.Keys
	Vault *vault.Vault
	// Dir holds key, pepper, blobs and, unless the test runs on PostgreSQL, test.db.
	Dir string
	// URL is that of the database, for what happens behind the store's back.
	URL string
}

// Each runs a test on both databases: the one suite that both must pass.
func Each(t *testing.T, test func(t *testing.T, h House)) {
	t.Helper()
	for name, url := range map[string]func(*testing.T) string{
		"sqlite":   func(*testing.T) string { return "" },
		"postgres": func(t *testing.T) string { return testkit.Postgres(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, at(t, url(t), dossier.DefaultPolicy()))
		})
	}
}

// New returns a world on SQLite.
func New(t *testing.T) House { t.Helper(); return at(t, "", dossier.DefaultPolicy()) }

// WithPolicy is New with other limits of time.
func WithPolicy(t *testing.T, policy dossier.Policy) House { t.Helper(); return at(t, "", policy) }

func at(t *testing.T, url string, policy dossier.Policy) House {
	t.Helper()
	dir := t.TempDir()
	if url == "" {
		url = filepath.Join(dir, "test.db")
	}
	key, pepper := filepath.Join(dir, "key"), filepath.Join(dir, "pepper")
	check(t, seal.CreateKeys(key, pepper))
	keys, err := seal.LoadKeys(key, pepper)
	check(t, err)
	clk := clock.NewStub(Start())
	s, err := store.Open(t.Context(), store.Config{URL: url, Keys: keys, Clock: clk, Policy: policy})
	check(t, err)
	blobs, err := blob.Open(filepath.Join(dir, "blobs"))
	check(t, err)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := blobs.Close(); err != nil {
			t.Error(err)
		}
	})
	return House{Store: s, T: t, Clock: clk, Keys: keys, Vault: vault.New(blobs, keys), Dir: dir, URL: url}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// ID returns a fresh id.
func (h House) ID() string { return ident.New(h.Clock.Now()) }

// AddHolder adds an invented holder with a PIN ordinario.
func (h House) AddHolder(cf string) dossier.Holder {
	h.T.Helper()
	holder := dossier.Holder{
		ID: h.ID(), Office: Office,
		Person: dossier.Person{
			CodiceFiscale: cf, Surname: "Prova", Name: "Ada", Birth: "1980-01-01", Sex: "F", Lang: "it",
			Contacts: dossier.Contacts{Email: "ada@prova.example"},
		},
		PIN: dossier.PINIssue{ID: h.ID(), Kind: dossier.Ordinario},
	}
	check(h.T, h.InsertHolder(h.T.Context(), store.NewHolder{Holder: holder, PINHash: "hash"}))
	holder, err := h.Holder(h.T.Context(), holder.ID)
	check(h.T, err)
	return holder
}

// Begin opens a dossier for the holder's PIN.
func (h House) Begin(holder dossier.Holder) string {
	h.T.Helper()
	id := h.ID()
	h.Must(dossier.Change{Actor: Citizen(holder), Effects: []dossier.Effect{dossier.OpenDossier{
		Dossier: dossier.Dossier{ID: id, HolderID: holder.ID, PINIssueID: holder.PIN.ID, Office: holder.Office, FormVersion: "1"},
		Form:    holder.Person, TokenID: "token-" + id, StatusCode: "code-" + id,
	}}})
	return id
}

// Arrival is a change that admits one file of the given bytes, kept in the vault.
func (h House) Arrival(holder dossier.Holder, dossierID, data string) dossier.Change {
	h.T.Helper()
	file := dossier.File{ID: h.ID(), KeyedHash: h.Keys.MAC("content").Sum([]byte(data)), Bytes: int64(len(data)), Format: "pdf"}
	var err error
	file.Blob, file.WrappedKey, err = h.Vault.Keep(context.Background(), file.ID, []byte(data))
	check(h.T, err)
	sub := dossier.Submission{
		ID: h.ID(), Channel: dossier.ChannelUpload, HolderID: holder.ID, DossierID: dossierID, Documents: []dossier.File{file},
	}
	return dossier.Change{
		Actor: Citizen(holder), Dossier: &dossier.Move{ID: dossierID, Event: dossier.EventPagesAdded},
		Admit: &dossier.Admission{Submission: sub, ExternalID: sub.ID},
	}
}

// Send admits a file and begins to read it.
func (h House) Send(holder dossier.Holder, dossierID, data string) dossier.Submission {
	h.T.Helper()
	sub := h.Must(h.Arrival(holder, dossierID, data)).Submission
	h.Must(dossier.Change{Actor: Worker(), Submission: &dossier.SubmissionMove{ID: sub.ID, Event: dossier.EventReadingStarted}})
	return sub
}

// Reviewing brings the holder's dossier, with one page and one finding, into
// review.
func (h House) Reviewing(holder dossier.Holder) string {
	h.T.Helper()
	id := h.Begin(holder)
	sub := h.Send(holder, id, "document of "+id)
	f := sub.Documents[0]
	image, err := h.Vault.Add(context.Background(), f, []byte("\x89PNG page"))
	check(h.T, err)
	thumb, err := h.Vault.Add(context.Background(), f, []byte("\x89PNG thumb"))
	check(h.T, err)
	h.Must(dossier.Change{
		Actor:      Worker(),
		Submission: &dossier.SubmissionMove{ID: sub.ID, Event: dossier.EventReadWell},
		Dossier:    &dossier.Move{ID: id, Event: dossier.EventScreened},
		Effects: []dossier.Effect{
			dossier.AddPages{FileID: f.ID, Format: "pdf", Pages: []dossier.Page{{N: 1, ImageBlob: image, ThumbBlob: thumb}}},
			dossier.SetFindings{SubmissionID: sub.ID, Findings: []dossier.Finding{{Code: dossier.PageDark, Severity: dossier.SeverityWarn, Page: 1}}},
		},
	})
	return id
}

// MovePIN sends a PIN issue events, one after the other.
func (h House) MovePIN(id string, events ...dossier.PINEvent) {
	h.T.Helper()
	for _, event := range events {
		h.Must(dossier.Change{Actor: Worker(), PIN: &dossier.PINMove{ID: id, Event: event}})
	}
}

// Must applies a change that cannot fail.
func (h House) Must(ch dossier.Change) dossier.Outcome {
	h.T.Helper()
	out, err := h.Apply(h.T.Context(), ch)
	check(h.T, err)
	return out
}

// Get returns a dossier.
func (h House) Get(id string) dossier.Dossier {
	h.T.Helper()
	d, err := h.Dossier(h.T.Context(), id)
	check(h.T, err)
	return d
}

// Task returns the open task of a kind whose subject begins with subject.
func (h House) Task(kind dossier.TaskKind, subject string) dossier.Task {
	h.T.Helper()
	tasks, err := h.DueTasks(h.T.Context(), h.Clock.Now().Add(time.Hour), 1000)
	check(h.T, err)
	for _, task := range tasks {
		if task.Kind == kind && len(task.Subject) >= len(subject) && task.Subject[:len(subject)] == subject {
			return task
		}
	}
	h.T.Fatalf("no open task %s for %s", kind, subject)
	return dossier.Task{}
}

// Told returns the messages of a kind.
func (h House) Told(kind dossier.MessageKind) []dossier.Message {
	h.T.Helper()
	all, err := h.Messages(h.T.Context(), "", 1000)
	check(h.T, err)
	var told []dossier.Message
	for _, m := range all {
		if m.Kind == kind {
			told = append(told, m)
		}
	}
	return told
}

// Worded is a message to a holder that was worded and handed over; its Message-ID is
// made as the courier makes it.
func (h House) Worded(holder dossier.Holder, letter dossier.Letter) dossier.Message {
	h.T.Helper()
	occasion := h.ID()
	h.Must(dossier.Change{Actor: Worker(), Effects: []dossier.Effect{dossier.Tell{HolderID: holder.ID, Kind: dossier.MessagePINChanged, Occasion: occasion}}})
	for _, m := range h.Told(dossier.MessagePINChanged) {
		if m.Occasion != occasion {
			continue
		}
		letter.MessageID = string(m.Kind) + "." + m.ID + "@pin.example"
		h.Must(dossier.Change{Actor: Worker(), Effects: []dossier.Effect{
			dossier.SealLetter{MessageID: m.ID, Letter: letter}, dossier.MarkSent{MessageID: m.ID},
		}})
		m.Letter = &letter
		return m
	}
	h.T.Fatal("the message is not there")
	return dossier.Message{}
}

// Worker is the pipeline itself.
func Worker() dossier.Actor { return dossier.System("worker") }

// Citizen is the holder in person.
func Citizen(h dossier.Holder) dossier.Actor {
	return dossier.Actor{Role: dossier.RoleCitizen, ID: h.ID}
}

// Reviewer is an operator of all offices.
func Reviewer(id string) dossier.Actor {
	return dossier.Actor{Role: dossier.RoleOperator, ID: id, KeyedCF: []byte("cf of " + id)}
}

// WantCode reports an error that has another code.
func WantCode(t *testing.T, err error, code dossier.Code) {
	t.Helper()
	if got := dossier.CodeOf(err); got != code {
		t.Errorf("got error %v (code %q), want code %q", err, got, code)
	}
}
