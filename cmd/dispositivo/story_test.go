package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/testkit"
)

// proves C1 C2 C10 C11: the main job, end to end, on every database and queue.
func TestStory(t *testing.T) {
	t.Parallel()
	for name, args := range map[string]func(t *testing.T) []string{
		"embedded": func(*testing.T) []string { return nil },
		"postgres and redis": func(t *testing.T) []string {
			return []string{"--database-url", testkit.Postgres(t), "--redis-url", testkit.Redis(t).URL()}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story(t, serveDemo(t, args(t)...))
		})
	}
}

func story(t *testing.T, s *server) {
	t.Helper()
	who := free()[0]
	citizen := s.citizen(who)
	document := signedDocument(t, who, citizen.form())
	first := citizen.upload(document)
	if first.Status != http.StatusCreated {
		t.Fatalf("upload: %d %s", first.Status, first.Body)
	}
	if again := citizen.upload(document); again.Status != http.StatusOK || string(again.Body) == "" {
		t.Errorf("the same bytes again: %d %s", again.Status, again.Body)
	}
	conversion := citizen.await(dossier.StateReviewing)

	desk := s.operator("operatore")
	claim := desk.claim(conversion.ID)
	if a := desk.approve(claim); a.code() != dossier.CodePagesUnseen {
		t.Errorf("approved without a look: %d %s", a.Status, a.Body)
	}
	desk.look(claim)
	stale := claim
	stale.Version--
	if a := desk.approve(stale); a.Status != http.StatusConflict || a.code() != dossier.CodeDossierChanged {
		t.Errorf("stale version: %d %s", a.Status, a.Body)
	}
	if a := desk.approve(claim); a.Status != http.StatusOK {
		t.Fatalf("approve: %d %s", a.Status, a.Body)
	}
	citizen.await(dossier.StateConverted)
	var me struct{ Kind dossier.Kind }
	citizen.get("/me").decode(t, &me)
	if me.Kind != dossier.Dispositivo {
		t.Errorf("kind %s after the conversion", me.Kind)
	}
	if a := citizen.get("/conversions/form"); a.Status != http.StatusConflict || a.code() != dossier.CodeAlreadyDispositivo {
		t.Errorf("a form for a PIN dispositivo: %d %s", a.Status, a.Body)
	}
	s.awaitMessage("Il suo PIN è ora dispositivo", who.Email)
}

// awaitMessage waits until the message box shows both texts.
func (s *server) awaitMessage(texts ...string) {
	s.t.Helper()
	err := testkit.WaitFor(60*time.Second, func() error {
		page := s.messageBox()
		for _, text := range texts {
			if !strings.Contains(page, text) {
				return missingError(text)
			}
		}
		return nil
	})
	if err != nil {
		s.t.Error(err)
	}
}

type missingError string

func (e missingError) Error() string { return "not in the message box: " + string(e) }

// messageBox reads the page of the messages that a demo has "sent".
func (s *server) messageBox() string {
	s.t.Helper()
	c := &client{t: s.t, url: strings.TrimSuffix(s.URL, "/")}
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, c.url+"/demo/messages", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req) //nolint:forbidigo // a test's own server, at loopback
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	var b strings.Builder
	if _, err := copyBody(&b, resp); err != nil {
		s.t.Fatal(err)
	}
	return b.String()
}

// proves C8: the form as it is served, sent without a signature, is
// form.unsigned, a warning; signed it is not.
func TestUnsignedForm(t *testing.T) {
	t.Parallel()
	s := serveDemo(t)
	who := free()[0]
	form := write(t, "modulo.pdf", s.citizen(who).form())
	for without, want := range map[string]bool{"": false, "signature": true} {
		made := runWith(t, "", "demo", "document", "--holder", who.CodiceFiscale.String(), "--without", without, form)
		seen := runWith(t, "", "inspect", "--json", write(t, "documento.pdf", []byte(made.stdout)))
		if seen.code != 0 || strings.Contains(seen.stdout, string(dossier.FormUnsigned)) != want {
			t.Errorf("without %q: exit %d\n%s", without, seen.code, seen.stdout)
		}
	}
}

// proves C9 C13: the bare form alone waits for the identity document; sending
// it goes on without starting over.
func TestBareFormWaits(t *testing.T) {
	t.Parallel()
	s := serveDemo(t)
	who := free()[1]
	citizen := s.citizen(who)
	form := citizen.form()
	if a := citizen.upload(form); a.Status != http.StatusCreated {
		t.Fatalf("upload: %d %s", a.Status, a.Body)
	}
	waiting := citizen.await(dossier.StateWaiting)
	if !slices.Equal(waiting.Missing, []dossier.FindingCode{dossier.FormUnsigned, dossier.IDMissing}) {
		t.Errorf("missing %v", waiting.Missing)
	}
	if a := citizen.upload(signedDocument(t, who, form)); a.Status != http.StatusCreated {
		t.Fatalf("upload: %d %s", a.Status, a.Body)
	}
	if got := citizen.await(dossier.StateReviewing); got.ID != waiting.ID {
		t.Errorf("a new dossier %s instead of %s", got.ID, waiting.ID)
	}
}
