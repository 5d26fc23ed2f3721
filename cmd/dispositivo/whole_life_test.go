package main

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/clock"
	"dispositivo/internal/codicefiscale"
	"dispositivo/internal/demo"
	"dispositivo/internal/testkit"
	"dispositivo/pin"
)

// proves A1, A3, A7, A9, B1, B2, B3, B4, B8, C10, D1, D2, D3, promise 4: one PIN
// from the first request to the next, by the JSON interface of the real program.
// Nothing secret that was met on the way is in clear in the log, in a file of the
// data or in anything the queue was ever told; the log's proof and the account
// of what arrived hold.
func TestWholeLife(t *testing.T) {
	t.Parallel()
	redis := testkit.Redis(t)
	told := listenTo(t, redis)
	s := serveDemo(t, byHand, "--redis-url", redis.URL())
	l := newLife(t, s)

	l.asks()
	l.activates()
	l.firstAccess()
	domanda := l.files()
	l.isLockedOut()
	l.converts()
	l.isReleased(domanda)
	l.loses()
	l.isStopped()
	l.revokes()
	l.asksAgain()

	l.harvest()
	s.holdsNone(t, l.inEveryWriting()) // the write-ahead log is still there
	s.stop()
	s.holdsNone(t, l.inEveryWriting())
	l.queueHeardNone(redis, told)
	for _, args := range [][]string{{"audit", "verify"}, {"reconcile"}} {
		if out, code := command(t, append(args, "--demo", "--data", s.Data)...); code != 0 {
			t.Errorf("%v: exit %d\n%s", args, code, out)
		}
	}
}

// life is somebody who goes through the whole life of a PIN.
type life struct {
	t           *testing.T
	s           *server
	desk, boss  *client
	citizen     *client
	who         demo.Citizen // nobody of the demonstration's: not on file
	application map[string]any
	pin         string
	secrets     []string
}

// lifeService takes domande of artisans, whatever fund they pay into, and holds them.
const lifeService = "pensione-vecchiaia"

func newLife(t *testing.T, s *server) *life {
	t.Helper()
	now := clock.System().Now()
	application := with(applicant(t, 0), "holder_type", "artisan")
	who := demo.Citizen{
		CodiceFiscale: codicefiscale.Code(inventedCF(t, 5000)), Surname: "Prova", Name: "Anna",
		Birth: time.Date(1940, 1, 1+5000, 0, 0, 0, 0, time.UTC), Sex: codicefiscale.Female,
		BirthPlace: "Stati Uniti d'America", PlaceCode: "Z404",
		Address: demo.Address{Street: applicantStreet, PostalCode: "01304-001", City: "São Paulo", Region: "SP", State: "Brasile"},
		Email:   "anna.nuova@posta.example", Mobile: "+447700900177", Language: "it",
	}
	l := &life{t: t, s: s, desk: s.operator("operatore"), boss: s.operator("supervisore"), who: who}
	l.application = with(application, "document", l.passport(now))
	l.keep(l.desk.token, l.boss.token)
	return l
}

func (l *life) passport(now time.Time) map[string]string {
	p := l.who.Passport(now, false)
	return map[string]string{"type": "passport", "number": p.Number, "issuer": p.Issuer, "expiry": p.Expiry.Format(time.DateOnly)}
}

// keep keeps secrets to look for at the end.
func (l *life) keep(secrets ...string) {
	l.t.Helper()
	for _, secret := range secrets {
		secret = strings.NewReplacer(" ", "", "-", "").Replace(secret)
		if len(secret) < 8 {
			l.t.Fatalf("%q is no secret", secret)
		}
		if !slices.Contains(l.secrets, secret) {
			l.secrets = append(l.secrets, secret)
		}
	}
}

// asks asks for a PIN, is called and receives both halves.
func (l *life) asks() {
	l.t.Helper()
	l.confirm(l.application)
	first := codeIn.FindString(l.s.letterTo(l.t, applicantEmail(0), bringsFirstPart))
	l.boss.makesLetters(1)
	batch := l.boss.newestBatch()
	second := halvesIn(l.t, l.boss.get(batch+"/letters").Body)
	if len(second) != 2 {
		l.t.Fatalf("halves in one letter: %d", len(second)/2)
	}
	expect(l.t, "posted", l.boss.post(batch+"/posting", nil), http.StatusNoContent, "")
	l.keep(first, second[0], first+second[0])
	l.pin = strings.ReplaceAll(first, " ", "") + second[0]
}

var bringsFirstPart = regexp.MustCompile(`la prima parte del suo PIN|the first part of your PIN`)

// confirm asks for a PIN; an operator calls back and confirms.
func (l *life) confirm(application map[string]any) {
	l.t.Helper()
	before := l.waiting()
	expect(l.t, "asked", l.s.nobody().post("/pin-requests", application), http.StatusAccepted, "")
	asked := slices.DeleteFunc(l.waiting(), func(r waitingRequest) bool {
		return slices.ContainsFunc(before, func(b waitingRequest) bool { return b.ID == r.ID })
	})
	if len(asked) != 1 {
		l.t.Fatalf("%d requests came, want 1", len(asked))
	}
	path := "/pin-requests/" + asked[0].ID
	expect(l.t, "looked", l.desk.get(path), http.StatusOK, "")
	call := map[string]any{"outcome": "confirmed", "version": asked[0].Version}
	expect(l.t, "called back", l.desk.post(path+"/call", call), http.StatusNoContent, "")
}

func (l *life) waiting() []waitingRequest {
	l.t.Helper()
	var list struct{ Requests []waitingRequest }
	l.desk.get("/pin-requests").decode(l.t, &list)
	return list.Requests
}

// activates proves both halves and gives a mobile number and a new address.
func (l *life) activates() {
	l.t.Helper()
	passport := l.passport(clock.System().Now())
	delete(passport, "issuer")
	half := l.s.nobody()
	begun := half.post("/pin-activations", map[string]any{"codice_fiscale": l.who.CodiceFiscale, "first_half": l.pin[:8], "document": passport})
	expect(l.t, "begun", begun, http.StatusCreated, "")
	var session struct{ Token string }
	begun.decode(l.t, &session)
	half.token = session.Token
	const current = "/pin-activations/current"
	contacts := http.Header{"Content-Type": {"application/json"}}
	given := fmt.Sprintf(`{"mobile": %q, "email": %q}`, l.who.Mobile, l.who.Email)
	expect(l.t, "contacts", half.do(http.MethodPut, current+"/contacts", contacts, strings.NewReader(given)), http.StatusOK, "")
	// The mobile number is on file since the request, but nobody proved it.
	codes := map[string]string{}
	expect(l.t, "without codes", half.post(current+"/confirmation", map[string]any{"second_half": l.pin[8:], "codes": codes}),
		http.StatusUnprocessableEntity, dossier.CodeChallengeWrong)
	codes["mobile"] = codeIn.FindString(l.s.letterTo(l.t, l.who.Mobile, bringsContactCode))
	codes["email"] = codeIn.FindString(l.s.letterTo(l.t, l.who.Email, bringsContactCode))
	done := half.post(current+"/confirmation", map[string]any{"second_half": l.pin[8:], "codes": codes})
	expect(l.t, "activated", done, http.StatusOK, "")
	l.keep(codes["mobile"], codes["email"], session.Token)
}

var bringsContactCode = regexp.MustCompile(`per confermare|to confirm`)

// signsIn tries to sign in with a PIN.
func (l *life) signsIn(typed string) answer {
	l.t.Helper()
	return l.s.nobody().post("/sessions", map[string]string{"codice_fiscale": l.who.CodiceFiscale.String(), "pin": typed})
}

// enters signs in and says what the session opens.
func (l *life) enters(mustChange bool, kind dossier.Kind) {
	l.t.Helper()
	in := l.signsIn(l.pin)
	expect(l.t, "signed in", in, http.StatusCreated, "")
	var opened struct {
		Token      string
		MustChange bool `json:"must_change"`
		Kind       dossier.Kind
	}
	in.decode(l.t, &opened)
	if opened.MustChange != mustChange || opened.Kind != kind {
		l.t.Fatalf("the PIN opens %s, change forced %t; want %s, %t", opened.Kind, opened.MustChange, kind, mustChange)
	}
	l.citizen = l.s.nobody()
	l.citizen.token = opened.Token
	l.keep(opened.Token)
}

// changes goes through the forced change; the old PIN opens nothing after.
func (l *life) changes(kind dossier.Kind) {
	l.t.Helper()
	l.enters(true, kind)
	expect(l.t, "before the change", l.citizen.get("/me"), http.StatusForbidden, dossier.CodePINMustChange)
	proposal := l.citizen.post("/pin-changes", map[string]string{})
	expect(l.t, "proposed", proposal, http.StatusCreated, "")
	var shown struct{ PIN string }
	proposal.decode(l.t, &shown)
	typed := map[string]string{"pin": strings.ToLower(pin.Group(shown.PIN))}
	expect(l.t, "typed back", l.citizen.post("/pin-changes/confirmation", typed), http.StatusNoContent, "")
	expect(l.t, "the old PIN", l.signsIn(l.pin), http.StatusUnauthorized, dossier.CodeCredentialsWrong)
	l.pin = shown.PIN
	l.keep(l.pin)
	l.is(kind)
}

// is checks what the session in hand opens now.
func (l *life) is(kind dossier.Kind) {
	l.t.Helper()
	var me struct{ Kind dossier.Kind }
	a := l.citizen.get("/me")
	expect(l.t, "me", a, http.StatusOK, "")
	if a.decode(l.t, &me); me.Kind != kind {
		l.t.Fatalf("kind %s, want %s", me.Kind, kind)
	}
}

func (l *life) firstAccess() {
	l.t.Helper()
	l.changes(dossier.Ordinario)
}

type filedJSON struct {
	ID, Protocol string
	State        dossier.DomandaState
}

// files files a domanda, which is held.
func (l *life) files() filedJSON {
	l.t.Helper()
	a := l.citizen.post("/domande", map[string]string{"service": lifeService})
	expect(l.t, "filed", a, http.StatusCreated, "")
	var filed filedJSON
	if a.decode(l.t, &filed); filed.State != dossier.DomandaHeld || filed.Protocol == "" {
		l.t.Fatalf("filed %+v", filed)
	}
	expect(l.t, "receipt", l.citizen.get("/domande/"+filed.ID+"/receipt"), http.StatusOK, "")
	return filed
}

// isReleased checks that the conversion released the domanda under its number.
func (l *life) isReleased(filed filedJSON) {
	l.t.Helper()
	var now filedJSON
	l.citizen.get("/domande/"+filed.ID).decode(l.t, &now)
	filed.State = dossier.DomandaInWork
	if now != filed {
		l.t.Errorf("after the conversion %+v, want %+v", now, filed)
	}
}

// isLockedOut mistypes ten times; the right PIN waits until an operator unlocks.
func (l *life) isLockedOut() {
	l.t.Helper()
	last := strings.IndexByte(pin.Alphabet, l.pin[7])
	wrong := l.pin[:7] + string(pin.Alphabet[(last+1)%len(pin.Alphabet)])
	l.enters(false, dossier.Ordinario) // what was mistyped before no longer counts
	for range 9 {
		expect(l.t, "mistyped", l.signsIn(wrong), http.StatusUnauthorized, dossier.CodeCredentialsWrong)
	}
	expect(l.t, "the tenth", l.signsIn(wrong), http.StatusTooManyRequests, dossier.CodeLocked)
	l.keep(wrong) // nearly the PIN
	expect(l.t, "the right PIN", l.signsIn(l.pin), http.StatusTooManyRequests, dossier.CodeLocked)
	l.acts("unlock")
	l.enters(false, dossier.Ordinario)
}

// acts has an operator do something to the PIN.
func (l *life) acts(action string) {
	l.t.Helper()
	got := l.desk.post("/holders/search", map[string]string{"codice_fiscale": l.who.CodiceFiscale.String()})
	expect(l.t, "found", got, http.StatusOK, "")
	var found struct {
		ID  string
		PIN struct{ Version int64 }
	}
	got.decode(l.t, &found)
	body := map[string]any{"action": action, "reason": "holder_asked", "version": found.PIN.Version}
	expect(l.t, action, l.desk.post("/holders/"+found.ID+"/pin-actions", body), http.StatusNoContent, "")
}

// converts sends the signed form with a passport; an operator approves it.
func (l *life) converts() {
	l.t.Helper()
	sent := l.citizen.upload(l.signed(l.citizen.form()))
	expect(l.t, "sent", sent, http.StatusCreated, "")
	conversion := l.citizen.await(dossier.StateReviewing)
	code := statusCodeIn.FindStringSubmatch(l.s.letterTo(l.t, l.who.Email, statusCodeIn))
	l.keep(code[1])
	claim := l.desk.claim(conversion.ID)
	l.desk.look(claim)
	expect(l.t, "approved", l.desk.approve(claim), http.StatusOK, "")
	l.citizen.await(dossier.StateConverted)
	l.is(dossier.Dispositivo)
}

var statusCodeIn = regexp.MustCompile(`(?:e questo codice|and this code): ([A-Z0-9]{4}[A-Z0-9 -]+)`)

// signed draws what `demo document` draws, for somebody who is not on its list.
func (l *life) signed(form []byte) []byte {
	l.t.Helper()
	env := &environment{ctx: l.t.Context(), stdout: io.Discard, stderr: io.Discard, logger: slog.New(slog.DiscardHandler)}
	pool, closePool, err := toolSandbox(env)
	if err != nil {
		l.t.Fatal(err)
	}
	defer closePool()
	by := actor{citizen: l.who, now: clock.System().Now()}
	document, err := by.document(l.t.Context(), pool, form, paperwork{})
	if err != nil {
		l.t.Fatal(err)
	}
	return document
}

// loses loses the PIN and recovers it, with its kind: not as long as the contacts
// are new, for what empowers to act is not handed to those (D1).
func (l *life) loses() {
	l.t.Helper()
	cf := l.who.CodiceFiscale.String()
	ask := map[string]string{"codice_fiscale": cf, "mobile": l.who.Mobile, "address": l.who.Email}
	expect(l.t, "lost", l.s.nobody().post("/pin-recoveries", ask), http.StatusAccepted, "")
	l.s.letterTo(l.t, l.who.Email, bringsRefusal)
	l.s.agesContacts(l.t, l.who.CodiceFiscale)
	expect(l.t, "lost, a week later", l.s.nobody().post("/pin-recoveries", ask), http.StatusAccepted, "")
	mail := l.s.letterTo(l.t, l.who.Email, bringsLink)
	link, code := linkIn.FindStringSubmatch(mail)[1], codeIn.FindString(mail)
	confirm := map[string]string{"link": link, "codice_fiscale": cf, "code": code}
	expect(l.t, "recovered", l.s.nobody().post("/pin-recoveries/confirmation", confirm), http.StatusNoContent, "")
	expect(l.t, "the session of the lost one", l.citizen.get("/me"), http.StatusUnauthorized, dossier.CodeUnauthorized)
	first := codeIn.FindString(l.s.letterTo(l.t, l.who.Mobile, bringsFirst))
	second := codeIn.FindString(l.s.letterTo(l.t, l.who.Email, bringsSecond))
	expect(l.t, "the lost one", l.signsIn(l.pin), http.StatusUnauthorized, dossier.CodeCredentialsWrong)
	l.pin = strings.ReplaceAll(first+second, " ", "")
	l.keep(link, code, first, second, l.pin)
	l.changes(dossier.Dispositivo)
}

var bringsRefusal = regexp.MustCompile(`non può essere ripristinato online|cannot be recovered online`)

// agesContacts makes the contacts of a holder older than what a recovery asks for,
// behind the program's back: its clock is the real one.
func (s *server) agesContacts(t *testing.T, cf codicefiscale.Code) {
	t.Helper()
	env := &environment{ctx: t.Context(), stdout: io.Discard, stderr: io.Discard, logger: slog.New(slog.DiscardHandler)}
	h, err := openHouse(env, storage{Data: s.Data}, dossier.DefaultPolicy(), true)
	if err != nil {
		t.Fatal(err)
	}
	defer h.close() //nolint:errcheck // committed
	who, err := h.store.HolderByCF(t.Context(), cf.String())
	if err != nil {
		t.Fatal(err)
	}
	for kind, mark := range who.Person.Contacts.Marks {
		mark.ChangedAt, mark.ConfirmedAt = mark.ChangedAt.AddDate(0, 0, -8), mark.ConfirmedAt.AddDate(0, 0, -8)
		who.Person.Contacts.Marks[kind] = mark
	}
	_, err = h.store.Apply(t.Context(), dossier.Change{Actor: dossier.System("test"), Effects: []dossier.Effect{
		dossier.SetPerson{HolderID: who.ID, Person: who.Person, Version: who.Version},
	}})
	if err != nil {
		t.Fatal(err)
	}
}

// isStopped is suspended by an operator and resumed.
func (l *life) isStopped() {
	l.t.Helper()
	l.acts("suspend")
	expect(l.t, "the session of a suspended one", l.citizen.get("/me"), http.StatusUnauthorized, dossier.CodeUnauthorized)
	expect(l.t, "suspended", l.signsIn(l.pin), http.StatusForbidden, dossier.CodePINSuspended)
	l.acts("resume")
	l.changes(dossier.Dispositivo)
}

// revokes revokes the PIN with the tessera sanitaria and a code.
func (l *life) revokes() {
	l.t.Helper()
	got := l.s.nobody().post("/pin-revocations", map[string]any{
		"codice_fiscale": l.who.CodiceFiscale, "card": map[string]string{"number": "80380000123456789012", "expiry": "2099-01-31"},
	})
	expect(l.t, "asked to revoke", got, http.StatusAccepted, "")
	var asked struct{ Handle string }
	got.decode(l.t, &asked)
	code := codeIn.FindString(l.s.letterTo(l.t, l.who.Email, bringsCode))
	done := l.s.nobody().post("/pin-revocations/confirmation", map[string]string{"handle": asked.Handle, "code": code})
	expect(l.t, "revoked", done, http.StatusOK, "")
	l.keep(code)
	expect(l.t, "the session of a revoked one", l.citizen.get("/me"), http.StatusUnauthorized, dossier.CodeUnauthorized)
	expect(l.t, "the revoked one", l.signsIn(l.pin), http.StatusUnauthorized, dossier.CodeCredentialsWrong)
}

// asksAgain asks for another PIN, which begins its own life.
func (l *life) asksAgain() {
	l.t.Helper()
	l.confirm(with(l.application, "contacts", map[string]string{"email": applicantEmail(1), "mobile": l.who.Mobile}))
	l.keep(codeIn.FindString(l.s.letterTo(l.t, applicantEmail(1), bringsFirstPart)))
}
