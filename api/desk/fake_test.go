package desk_test

import (
	"context"
	"time"

	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/intake/match"
	"dispositivo/internal/operator"
	"dispositivo/internal/session"
	"dispositivo/verify/review"
)

// noon is when everything happens.
func noon() time.Time { return time.Date(2026, time.November, 22, 11, 0, 0, 0, time.UTC) }

func problem(code dossier.Code) error { return dossier.Problem(code) }

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

func staffSession(role dossier.Role) session.Session {
	return session.Session{
		Token: "token-" + string(role), CSRF: "csrf-" + string(role),
		Actor: dossier.Actor{Role: role, ID: "account-" + string(role)},
	}
}

// fakeAccounts signs in whoever gives the password "right" and the code "123456".
type fakeAccounts struct{}

func (fakeAccounts) SignIn(_ context.Context, _, password, otp string) (session.Session, operator.Account, error) {
	switch {
	case password != "right":
		return session.Session{}, operator.Account{}, problem(dossier.CodeCredentialsWrong)
	case otp != "123456":
		return session.Session{}, operator.Account{}, problem(dossier.CodeSecondFactor)
	}
	return staffSession(dossier.RoleOperator), operator.Account{ID: "account-operator", Role: dossier.RoleOperator}, nil
}

// fakeMatching proposes one dossier and answers Join with err.
type fakeMatching struct {
	err   error
	named string
}

func (*fakeMatching) Candidates(context.Context, dossier.Actor, dossier.Submission) ([]match.Candidate, error) {
	return []match.Candidate{{
		Dossier: dossier.Dossier{ID: "d7", State: dossier.StateReviewing, Submissions: []dossier.Submission{{Protocol: dossier.Protocol{Year: 2026, Number: 7}}}},
		Why: []match.Ground{{Reason: match.ReasonCard, Page: 2}, {Reason: match.ReasonSender, Arrival: dossier.Submission{
			ID: "s5", Protocol: dossier.Protocol{Year: 2026, Number: 5}, Channel: dossier.ChannelFax, ReceivedAt: noon(),
		}}},
	}}, nil
}

func (f *fakeMatching) Proposals(ctx context.Context, actor dossier.Actor, _ string) ([]match.Proposal, error) {
	all, err := f.Candidates(ctx, actor, dossier.Submission{})
	own := match.Candidate{Dossier: dossier.Dossier{ID: "d8", State: dossier.StateOpen}, Why: []match.Ground{{Reason: match.ReasonTyped}}}
	return []match.Proposal{{Candidate: all[0], Holder: "Maria <Rossi>"}, {Candidate: own, Own: true}}, err
}

func (f *fakeMatching) Join(_ context.Context, _ dossier.Actor, _, named string) error {
	f.named = named
	return f.err
}

// fakeReviews holds one case and answers every act with refuse.
type fakeReviews struct {
	items       []review.Item
	kase        review.Case
	caseErr     error
	refuse      error
	empty       bool
	submissions []dossier.Submission
	verdict     review.Verdict
	acts        []string
	image       review.Image
	from        string // what the channel says of the sender
}

func (f *fakeReviews) List(_ context.Context, _ dossier.Actor, filter review.Filter) ([]review.Item, error) {
	var found []review.Item
	for _, it := range f.items {
		if filter.State == "" || it.State == filter.State {
			found = append(found, it)
		}
	}
	return found, nil
}

func (f *fakeReviews) Next(context.Context, dossier.Actor) (review.Claim, bool, error) {
	return f.kase.Claim, !f.empty, f.refuse
}

func (f *fakeReviews) Claim(_ context.Context, _ dossier.Actor, id string) (review.Claim, error) {
	f.acts = append(f.acts, "claim "+id)
	return f.kase.Claim, f.refuse
}

func (f *fakeReviews) Case(context.Context, dossier.Actor, string) (review.Case, error) {
	return f.kase, f.caseErr
}

func (f *fakeReviews) Dossier(context.Context, dossier.Actor, string) (review.Case, error) {
	return f.kase, f.caseErr
}

func (f *fakeReviews) Page(_ context.Context, _ dossier.Actor, doc string, _ int, size review.Size) (review.Image, error) {
	f.acts = append(f.acts, "page "+doc+" "+string(size))
	return f.image, f.refuse
}

func (f *fakeReviews) Decide(_ context.Context, _ dossier.Actor, _ string, v review.Verdict) (dossier.State, error) {
	f.verdict = v
	return dossier.StateApproved, f.refuse
}

func (f *fakeReviews) Release(_ context.Context, _ dossier.Actor, id string) error {
	f.acts = append(f.acts, "release "+id)
	return f.refuse
}

func (f *fakeReviews) Clear(_ context.Context, _ dossier.Actor, id string) error {
	f.acts = append(f.acts, "clear "+id)
	return f.refuse
}

func (f *fakeReviews) Refuse(_ context.Context, _ dossier.Actor, id string, reason dossier.RefusalReason) error {
	f.acts = append(f.acts, "refuse "+id+" "+string(reason))
	return f.refuse
}

func (f *fakeReviews) Submissions(_ context.Context, _ dossier.Actor, state dossier.SubmissionState) ([]dossier.Submission, error) {
	var found []dossier.Submission
	for _, s := range f.submissions {
		if s.State == state {
			found = append(found, s)
		}
	}
	return found, nil
}

func (f *fakeReviews) Arrival(_ context.Context, _ dossier.Actor, id string) (review.Arrival, error) {
	for _, s := range f.submissions {
		if s.ID == id && s.State == dossier.SubmissionUnmatched {
			f.acts = append(f.acts, "arrival "+id)
			return review.Arrival{Submission: s, From: f.from}, nil
		}
	}
	return review.Arrival{}, problem(dossier.CodeNotFound)
}

// fakeLedger has two lines and says that there is more.
type fakeLedger struct{ asked dossier.RefusalFilter }

func (f *fakeLedger) Refusals(_ context.Context, _ dossier.Actor, filter dossier.RefusalFilter) (intake.RefusalPage, error) {
	f.asked = filter
	return intake.RefusalPage{Next: "r2", Lines: []dossier.Refusal{
		{ID: "r1", Channel: dossier.ChannelFax, Gateway: "srfax", Code: "fax.failed", At: noon()},
		{ID: "r2", Channel: dossier.ChannelUpload, Code: dossier.Code(dossier.FileTooLarge), Bytes: 8 << 20, At: noon()},
		{ID: "r3", Channel: dossier.ChannelMail, Gateway: "mail", Code: "never.heard", At: noon()},
	}}, nil
}

func submission(id string, state dossier.SubmissionState, pages int) dossier.Submission {
	file := dossier.File{ID: "doc-" + id, Format: "pdf"}
	for n := 1; n <= pages; n++ {
		file.Pages = append(file.Pages, dossier.Page{N: n, Width: 1240, Height: 1754, ImageBlob: "blob", ThumbBlob: "blob"})
	}
	return dossier.Submission{
		ID: id, Protocol: dossier.Protocol{Year: 2026, Number: 17, At: noon()}, Channel: dossier.ChannelUpload, State: state,
		ReceivedAt: noon(), Documents: []dossier.File{file},
		Findings: []dossier.Finding{{Code: dossier.PageDark, Severity: dossier.SeverityWarn, Page: 2}},
	}
}

func person() dossier.Person {
	return dossier.Person{
		CodiceFiscale: "RSSMRA80A01Z404X", Surname: "Rossi", Name: "Maria", Birth: "1980-01-01", Sex: "F",
		BirthPlace: "New York", BirthProvince: "EE",
		Address:  dossier.Address{Street: "12 Elm Street", Postcode: "10001", City: "New York", State: "Stati Uniti"},
		Contacts: dossier.Contacts{Email: "maria@example.org", Mobile: "+12025550123"},
		Document: dossier.Document{Type: "passaporto", Number: "X1234567", Issuer: "UTO", Expiry: "2030-05-31"},
	}
}

// aCase is in review, with two pages of which one was looked at.
func aCase() review.Case {
	sub := submission("s1", dossier.SubmissionJoined, 2)
	form := person()
	form.Address.City = "Boston"
	pages := []review.PageRef{{DocumentID: "doc-s1", N: 1}, {DocumentID: "doc-s1", N: 2}}
	return review.Case{
		Claim: review.Claim{ID: "r1", DossierID: "d1", Version: 7, Pages: pages, LeaseUntil: noon().Add(10 * time.Minute)},
		Dossier: dossier.Dossier{
			ID: "d1", State: dossier.StateReviewing, Version: 7, Office: "New York",
			OpenedAt: noon().AddDate(0, 0, -2), ChangedAt: noon(), Submissions: []dossier.Submission{sub},
		},
		Person: person(), Form: form, Seen: map[review.PageRef]bool{pages[0]: true}, FourEyes: true,
		Decisions: []dossier.Decision{{Action: dossier.ActionAskMore, Reason: dossier.ReasonIDIllegible, Note: "telefonato", At: noon()}},
		History:   []review.Event{{At: noon(), Actor: "system", Action: "dossier.screened"}},
	}
}

func items() []review.Item {
	since := noon().Add(-3 * time.Hour)
	return []review.Item{
		{DossierID: "d1", Protocol: "2026/0000017", State: dossier.StateReviewing, Office: "New York", Since: since, DueAt: noon().AddDate(0, 0, 5), Claimed: true, Mine: true, ReviewID: "r1", Pages: 2},
		{DossierID: "d2", Protocol: "2026/0000018", State: dossier.StateReviewing, Office: "Zurigo", Since: since, Escalated: true, Pages: 3, Findings: submission("s2", dossier.SubmissionJoined, 1).Findings},
		{DossierID: "d3", Protocol: "2026/0000019", State: dossier.StateSecondReview, Office: "Zurigo", Since: since, Claimed: true, Pages: 1},
		{DossierID: "d4", Protocol: "", State: dossier.StateOpen, Since: since},
	}
}
