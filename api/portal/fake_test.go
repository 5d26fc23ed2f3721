package portal_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/internal/codicefiscale"
	"dispositivo/internal/federation"
	"dispositivo/internal/session"
	"dispositivo/pin"
	"dispositivo/pin/activation"
	"dispositivo/pin/conversion"
)

// noon is when everything happens.
func noon() time.Time { return time.Date(2026, time.November, 22, 11, 0, 0, 0, time.UTC) }

func problem(code dossier.Code, args ...string) error {
	err := &dossier.Error{Code: code, Args: map[string]string{}}
	for i := 0; i+1 < len(args); i += 2 {
		err.Args[args[i]] = args[i+1]
	}
	return err
}

// fakeSessions knows one session a token.
type fakeSessions map[string]session.Session

func (f fakeSessions) Resume(_ context.Context, token string) (session.Session, error) {
	if s, ok := f[token]; ok {
		return s, nil
	}
	return session.Session{}, problem(dossier.CodeUnauthorized)
}

func (f fakeSessions) End(_ context.Context, token string) error {
	delete(f, token)
	return nil
}

func citizenSession() session.Session {
	return session.Session{
		Token: "token-a", CSRF: "csrf-a", Actor: dossier.Actor{Role: dossier.RoleCitizen, ID: "holder-a"},
	}
}

// halfSession is that of a holder whose PIN opens little.
func halfSession(role dossier.Role) session.Session {
	return session.Session{Token: "token-" + string(role), CSRF: "csrf-a", Actor: dossier.Actor{Role: role, ID: "holder-a"}}
}

// fakeAccess signs in whoever gives the PIN "GOODPIN2".
type fakeAccess struct {
	account pin.Account
	refuse  error
	// devices are those that a PIN was tried from.
	devices []string
	changed bool
}

func (f *fakeAccess) SignInElsewhere(_ context.Context, way dossier.Way, code codicefiscale.Code, _ map[string]string) (session.Session, error) {
	if code != "RSSMRA85T10A562S" {
		return session.Session{}, problem(dossier.CodeIdentityUnknown)
	}
	s := citizenSession()
	s.Actor.Way = way
	return s, f.refuse
}

// fakeIdentities has SPID and CNS; it believes whoever comes back.
type fakeIdentities struct{ id federation.Identity }

func (f *fakeIdentities) Ways() []dossier.Way { return []dossier.Way{dossier.WaySPID, dossier.WayCNS} }

func (f *fakeIdentities) Begin(context.Context, dossier.Way) (address, cookie string, err error) {
	return "https://idp.example/authorize", "visit-a", nil
}

func (f *fakeIdentities) Finish(_ context.Context, _ dossier.Way, cookie string, query url.Values) (federation.Identity, error) {
	if cookie != "visit-a" || query.Get("code") == "" {
		return federation.Identity{}, problem(dossier.CodeIdentityRefused)
	}
	return f.id, nil
}

func (f *fakeIdentities) Card(*http.Request) (federation.Identity, error) { return f.id, nil }

func (f *fakeAccess) SignIn(_ context.Context, t pin.Try) (session.Session, pin.Account, error) {
	f.devices = append(f.devices, t.Device)
	if f.refuse != nil {
		return session.Session{}, pin.Account{}, f.refuse
	}
	if t.PIN != "GOODPIN2" {
		return session.Session{}, pin.Account{}, problem(dossier.CodeCredentialsWrong)
	}
	return citizenSession(), f.account, nil
}

func (f *fakeAccess) Renew(ctx context.Context, t pin.Try) (session.Session, pin.Account, error) {
	return f.SignIn(ctx, t)
}

// ProposeChange proposes the PIN "NEWPW234".
func (f *fakeAccess) ProposeChange(context.Context, session.Session) (pin.Proposal, error) {
	return pin.Proposal{PIN: "NEWPW234", Until: noon().Add(15 * time.Minute)}, nil
}

func (f *fakeAccess) Change(_ context.Context, _ session.Session, typed string) error {
	if f.refuse != nil {
		return f.refuse
	}
	if typed != "NEWPW234" {
		return problem(dossier.CodePINNotRepeated)
	}
	f.changed = true
	return nil
}

func (f *fakeAccess) Account(context.Context, dossier.Actor) (pin.Account, error) {
	return f.account, nil
}

// fakeActivation goes on with whoever has the half "GOODHALF" and, at its end,
// the code "GOODCODE" for a new address.
type fakeActivation struct {
	device string // of the last step
	proofs []activation.Proof
	given  map[dossier.ContactKind]string
	status activation.Status
	refuse error
	to     dossier.ContactKind
}

func (f *fakeActivation) Begin(_ context.Context, t pin.Try, p activation.Proof) (session.Session, error) {
	f.proofs = append(f.proofs, p)
	if f.refuse != nil {
		return session.Session{}, f.refuse
	}
	if t.PIN != "GOODHALF" {
		return session.Session{}, problem(dossier.CodeCredentialsWrong)
	}
	return halfSession(dossier.RoleSimplified), nil
}

func (f *fakeActivation) Status(context.Context, session.Session) (activation.Status, error) {
	if f.refuse != nil && dossier.CodeOf(f.refuse) == dossier.CodeActivationOver {
		return activation.Status{}, f.refuse
	}
	return f.status, nil
}

func (f *fakeActivation) Give(_ context.Context, _ session.Session, given map[dossier.ContactKind]string) error {
	f.given = given
	return f.refuse
}

func (f *fakeActivation) Finish(_ context.Context, _ session.Session, a activation.Answers) (dossier.ContactKind, error) {
	f.device = a.Device
	if a.Codes[dossier.ContactEmail] != "GOODCODE" {
		return "", problem(dossier.CodeChallengeWrong, "kind", "email")
	}
	if f.to == "" && a.Half != "GOODHALF" {
		return "", problem(dossier.CodeCredentialsWrong)
	}
	return f.to, nil
}

// fakeDevices knows the code "GOODCODE".
type fakeDevices struct {
	refuse error
	asked  []string
	known  []string
}

func (f *fakeDevices) Ask(_ context.Context, codiceFiscale, _ string) error {
	f.asked = append(f.asked, codiceFiscale)
	return f.refuse
}

func (f *fakeDevices) Answer(_ context.Context, _, code, device, _ string) error {
	if code != "GOODCODE" {
		return problem(dossier.CodeChallengeWrong)
	}
	f.known = append(f.known, device)
	return nil
}

// fakeContacts holds the contacts of one holder; the code is "GOODCODE".
type fakeContacts struct{ all dossier.Contacts }

func (f *fakeContacts) List(context.Context, dossier.Actor) (dossier.Contacts, error) {
	return f.all, nil
}

func (f *fakeContacts) Ask(_ context.Context, _ dossier.Actor, kind dossier.ContactKind, value string) (bool, error) {
	if value == "" {
		return false, problem(dossier.CodeContactInvalid)
	}
	if !kind.CanConfirm() {
		f.all = f.all.With(kind, value, noon(), false)
	}
	return kind.CanConfirm(), nil
}

func (f *fakeContacts) Confirm(_ context.Context, _ dossier.Actor, code string) error {
	if code != "GOODCODE" {
		return problem(dossier.CodeChallengeWrong)
	}
	return nil
}

func (f *fakeContacts) Remove(_ context.Context, _ dossier.Actor, kind dossier.ContactKind) error {
	f.all = f.all.With(kind, "", noon(), false)
	return nil
}

// fakeConversion holds the dossiers of one holder.
type fakeConversion struct {
	list      []conversion.Status
	refuse    error
	withdrawn []string
	stopped   []string
}

func (f *fakeConversion) Form(context.Context, dossier.Actor, string) (conversion.Form, error) {
	return conversion.Form{PDF: []byte("%PDF-1.7 form"), Filename: "modulo.pdf"}, f.refuse
}

func (f *fakeConversion) Blank(source, lang string) ([]byte, error) {
	if source == "" {
		return nil, errors.New("from nowhere")
	}
	return []byte("%PDF-1.7 " + lang), f.refuse
}

func (f *fakeConversion) List(context.Context, dossier.Actor) ([]conversion.Status, error) {
	return f.list, nil
}

func (f *fakeConversion) Status(_ context.Context, a dossier.Actor, id string) (conversion.Status, error) {
	for _, s := range f.list {
		if s.ID == id && a.ID == "holder-a" {
			return s, nil
		}
	}
	return conversion.Status{}, problem(dossier.CodeNotFound)
}

func (f *fakeConversion) StatusByCode(_ context.Context, protocol, code, _ string) (conversion.Status, error) {
	if code != "RIGHT" {
		return conversion.Status{}, problem(dossier.CodeNotFound)
	}
	return conversion.Status{State: dossier.StateReviewing, Protocol: protocol, ChangedAt: noon(), DueAt: noon().AddDate(0, 0, 7)}, nil
}

func (f *fakeConversion) Withdraw(_ context.Context, _ dossier.Actor, id string) error {
	f.withdrawn = append(f.withdrawn, id)
	return f.refuse
}

func (f *fakeConversion) Stop(_ context.Context, link, _ string) (conversion.Stopped, error) {
	if f.refuse != nil {
		return "", f.refuse
	}
	f.stopped = append(f.stopped, link)
	return conversion.StoppedSuspended, nil
}

// fakeDoor reads what arrives to its end, as the real one reads to its limit.
type fakeDoor struct {
	refuse error
	name   string
	got    []byte
}

func (f *fakeDoor) Accept(_ context.Context, a intake.Arrival) (intake.Receipt, error) {
	body, err := io.ReadAll(a.Body)
	if err != nil {
		return intake.Receipt{}, err
	}
	if f.refuse != nil {
		return intake.Receipt{}, f.refuse
	}
	f.name, f.got = a.Filename, body
	return intake.Receipt{DossierID: "d1", SubmissionID: "s1", Protocol: "2026/0000001", State: dossier.StateScreening}, nil
}

// inState is a dossier that shows everything a state may show.
func inState(state dossier.State) conversion.Status {
	s := conversion.Status{
		ID: "d1", State: state, OpenedAt: noon().AddDate(0, 0, -3), ChangedAt: noon(),
		CanUpload: !state.Final(), CanWithdraw: !state.Final(),
	}
	if state == dossier.StateOpen {
		s.DueAt = noon().AddDate(0, 0, 90)
		return s
	}
	s.Protocol = "2026/0000001"
	s.Submissions = []conversion.SubmissionStatus{{
		Protocol: s.Protocol, Channel: dossier.ChannelUpload, State: dossier.SubmissionJoined, ReceivedAt: noon(), Pages: 1,
		Findings: []dossier.Finding{{Code: dossier.PageDark, Severity: dossier.SeverityWarn, Page: 1}},
	}}
	if state == dossier.StateWaiting {
		s.DueAt = noon().AddDate(0, 0, 30)
		s.Missing = []dossier.FindingCode{dossier.IDMissing}
	}
	if state == dossier.StateRejected {
		s.Reason = dossier.ReasonIDMismatch
	}
	return s
}
