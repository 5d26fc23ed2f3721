package counter_test

import (
	"context"
	"fmt"
	"testing"

	"dispositivo/dossier"
	"dispositivo/intake"
	"dispositivo/internal/sandbox"
	"dispositivo/internal/testkit/house"
)

// pages draws as many pages as it is, whatever it is given, and keeps what that was.
type pages struct {
	n     int
	err   error
	given string
	opts  sandbox.ReadOptions
}

func (p *pages) Probe(_ context.Context, data []byte, opts sandbox.ReadOptions) (sandbox.Report, error) {
	p.given, p.opts = string(data), opts
	return sandbox.Report{Pages: make([]sandbox.Page, p.n)}, p.err
}

func (p *pages) ReadEach(_ context.Context, data []byte, opts sandbox.ReadOptions, each func(sandbox.Rendered) error) (sandbox.Report, error) {
	p.given, p.opts = string(data), opts
	for n := range p.n {
		if err := each(sandbox.Rendered{N: n + 1, Image: fmt.Appendf(nil, "picture %d", n+1), ContentType: "image/png"}); err != nil {
			return sandbox.Report{}, err
		}
	}
	return sandbox.Report{}, p.err
}

// looks is how many looks at a submission's file the log holds.
func looks(t *testing.T, h house.House, submissionID string) (n int) {
	t.Helper()
	sub, err := h.Submission(t.Context(), submissionID)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := h.History(t.Context(), sub.Documents[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Action == "page.viewed" && e.Actor == "operator:op" && e.HolderID == sub.HolderID {
			n++
		}
	}
	return n
}

// proves A5: the office looks at what it archived, page by page, and every look is
// in the log before the page is seen.
func TestKept(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		drawn := &pages{n: 2}
		s, _ := newServiceReading(h, drawn)
		op, holder := house.Reviewer("op"), h.AddHolder(ada)
		issued(t, h, dossier.PINOffice)
		r, err := s.Archive(t.Context(), op, ada, []byte("%PDF-1.7 MV35"))
		if err != nil {
			t.Fatal(err)
		}
		if list, err := s.Kept(t.Context(), op, holder.ID); err != nil || len(list) != 1 || list[0].Protocol.String() != r.Protocol {
			t.Fatalf("%+v, %v", list, err)
		}
		sub, n, err := s.KeptPages(t.Context(), op, holder.ID, r.SubmissionID)
		if err != nil || n != 2 || sub.ID != r.SubmissionID || looks(t, h, r.SubmissionID) != 0 {
			t.Errorf("%d pages of %+v, %v", n, sub, err)
		}
		page, err := s.KeptPage(t.Context(), op, holder.ID, r.SubmissionID, 2)
		if err != nil || string(page.Data) != "picture 2" || page.ContentType != "image/png" || looks(t, h, r.SubmissionID) != 1 {
			t.Errorf("%+v, %v, %d looks", page, err, looks(t, h, r.SubmissionID))
		}
		if drawn.given != "%PDF-1.7 MV35" || drawn.opts.MaxBytes != intake.MaxOriginal {
			t.Errorf("drawn of %q with %+v", drawn.given, drawn.opts)
		}
		_, err = s.KeptPage(t.Context(), op, holder.ID, r.SubmissionID, 3)
		house.WantCode(t, err, dossier.CodeNotFound)
		drawn.n, drawn.err = 0, &sandbox.GaveUpError{}
		if _, n, err := s.KeptPages(t.Context(), op, holder.ID, r.SubmissionID); err != nil || n != 0 {
			t.Errorf("the machine gave up: %d pages, %v", n, err)
		}
		_, err = s.KeptPage(t.Context(), op, holder.ID, r.SubmissionID, 1)
		house.WantCode(t, err, dossier.CodeNotFound)
	})
}

// proves A5: nobody else looks, and nobody at anything else.
func TestKeptRefuses(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	s, _ := newServiceReading(h, &pages{n: 1})
	op, holder, other := house.Reviewer("op"), h.AddHolder(ada), h.AddHolder(codeOf(t, "Bice"))
	issued(t, h, dossier.PINOffice)
	kept, err := s.Archive(t.Context(), op, ada, []byte("%PDF-1.7 MV35"))
	if err != nil {
		t.Fatal(err)
	}
	joined, err := s.Receive(t.Context(), op, codeOf(t, "Bice"), []byte("%PDF-1.7 form"))
	if err != nil {
		t.Fatal(err)
	}
	own, away := op, op
	own.KeyedCF, away.Office = h.KeyCF(ada), "altrove"
	for what, tt := range map[string]struct {
		actor        dossier.Actor
		holder, scan string
		lists, opens dossier.Code
	}{
		"own papers":           {own, holder.ID, kept.SubmissionID, dossier.CodeOwnDossier, dossier.CodeOwnDossier},
		"another office":       {away, holder.ID, kept.SubmissionID, dossier.CodeNotFound, dossier.CodeNotFound},
		"an auditor":           {dossier.Actor{Role: dossier.RoleAuditor, ID: "a"}, holder.ID, kept.SubmissionID, dossier.CodeForbidden, dossier.CodeForbidden},
		"the holder":           {house.Citizen(holder), holder.ID, kept.SubmissionID, dossier.CodeForbidden, dossier.CodeForbidden},
		"nobody":               {op, "nothing", kept.SubmissionID, dossier.CodeNotFound, dossier.CodeNotFound},
		"another's papers":     {op, other.ID, kept.SubmissionID, "", dossier.CodeNotFound},
		"what is in a dossier": {op, other.ID, joined.SubmissionID, "", dossier.CodeNotFound},
	} {
		list, err := s.Kept(t.Context(), tt.actor, tt.holder)
		if dossier.CodeOf(err) != tt.lists || len(list) != 0 {
			t.Errorf("%s lists %d: %v", what, len(list), err)
		}
		_, _, err = s.KeptPages(t.Context(), tt.actor, tt.holder, tt.scan)
		house.WantCode(t, err, tt.opens)
		_, err = s.KeptPage(t.Context(), tt.actor, tt.holder, tt.scan, 1)
		house.WantCode(t, err, tt.opens)
	}
	if n := looks(t, h, kept.SubmissionID) + looks(t, h, joined.SubmissionID); n != 0 {
		t.Errorf("%d looks are logged that were refused", n)
	}
}
