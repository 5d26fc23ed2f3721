package conversion_test

import (
	"context"
	"log/slog"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/courier"
	"dispositivo/internal/i18n"
	"dispositivo/internal/notify"
	"dispositivo/internal/testkit/house"
	"dispositivo/pin"
	"dispositivo/pin/conversion"
)

// mailbox keeps what is sent.
type mailbox struct{ sent []notify.Message }

func (m *mailbox) Send(_ context.Context, msg notify.Message) error {
	m.sent = append(m.sent, msg)
	return nil
}

// reachable adds a holder with a mailbox and a mobile number.
func reachable(t *testing.T, h house.House) dossier.Holder {
	t.Helper()
	holder := h.AddHolder(someCF)
	holder.Person.Contacts.Mobile = "+393331234567"
	holder.Person.Contacts.PEC = holder.Person.Contacts.Email // told once
	holder.Person.Contacts.Phone = "+390612345678"            // takes no message
	h.Must(dossier.Change{Actor: house.Worker(), Effects: []dossier.Effect{
		dossier.SetPerson{HolderID: holder.ID, Person: holder.Person, Version: holder.Version},
	}})
	return holder
}

var stopLink = regexp.MustCompile(`https://pin\.example/ferma/([A-Z0-9]+)`)

// links sends every notice of a conversion and returns the links, by class of
// channel.
func links(t *testing.T, h house.House) map[notify.Class]string {
	t.Helper()
	texts, err := i18n.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	box := &mailbox{}
	c := courier.New(courier.Config{
		Store: h.Store, Composer: notify.NewComposer(texts, "INPS", "803 164"), Sender: box, Clock: h.Clock,
		Mint: pin.NewMinter(nil, h.Clock, pin.Policy{}, time.UTC), Logger: slog.New(slog.DiscardHandler),
		StopURL: "https://pin.example/ferma", Domain: "pin.example", Rome: time.UTC,
	})
	for _, m := range h.Told(dossier.MessageConversionAsked) {
		if err := c.Send(t.Context(), h.Task(dossier.TaskSend, m.ID).ID, m.ID); err != nil {
			t.Fatal(err)
		}
	}
	found := map[notify.Class]string{}
	for _, m := range box.sent {
		link := stopLink.FindStringSubmatch(m.Text)
		if link == nil {
			t.Fatalf("no link in %s message:\n%s", m.Class, m.Text)
		}
		found[m.Class] = link[1]
	}
	for _, m := range h.Told(dossier.MessageConversionAsked) {
		if m.Letter == nil || stopLink.MatchString(m.Letter.Text) {
			t.Errorf("the link stays readable: %+v", m.Letter)
		}
	}
	return found
}

// proves C12: every contact on file is told as soon as something joins the
// dossier, once, with the channel and a link of its own that stops it, once.
func TestEveryContactIsToldAndCanStop(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		s, holder := newService(h), reachable(t, h)
		id := h.Begin(holder)
		if told := h.Told(dossier.MessageConversionAsked); len(told) != 0 {
			t.Fatalf("told of a form that was only printed: %+v", told)
		}
		h.Send(holder, id, "one page")
		h.Send(holder, id, "another page")
		got := links(t, h)
		if len(h.Told(dossier.MessageConversionAsked)) != 2 || len(got) != 2 || got[notify.Email] == got[notify.Text] {
			t.Fatalf("told %d times, links %v", len(h.Told(dossier.MessageConversionAsked)), got)
		}
		_, err := s.Stop(t.Context(), "ACDEFHJKMNPRTVWXY23456789ACD", "a")
		house.WantCode(t, err, dossier.CodeStopOver)
		if end, err := s.Stop(t.Context(), got[notify.Text], "a"); err != nil || end != conversion.StoppedWithdrawn {
			t.Fatalf("stopped: %q, %v", end, err)
		}
		if state := h.Get(id).State; state != dossier.StateWithdrawn {
			t.Errorf("the dossier is %s", state)
		}
		for class, link := range got { // its own is used, the other's dossier is over
			_, err := s.Stop(t.Context(), link, "a")
			if dossier.CodeOf(err) != dossier.CodeStopOver {
				t.Errorf("%s again: %v", class, err)
			}
		}
	})
}

// proves C12: a document that comes by post tells of the channel it came by.
func TestNoticeNamesTheChannel(t *testing.T) {
	t.Parallel()
	for channel, words := range map[dossier.Channel]string{
		dossier.ChannelUpload: "dal portale", dossier.ChannelFax: "per fax", dossier.ChannelMail: "per e-mail",
		dossier.ChannelPEC: "per PEC", dossier.ChannelCounter: "allo sportello",
	} {
		h := house.New(t)
		holder := reachable(t, h)
		ch := h.Arrival(holder, h.Begin(holder), "page")
		ch.Admit.Submission.Channel = channel
		h.Must(ch)
		links(t, h)
		for _, m := range h.Told(dossier.MessageConversionAsked) {
			if !regexp.MustCompile(regexp.QuoteMeta(words)).MatchString(m.Letter.Text) {
				t.Errorf("%s by %s does not say %q:\n%s", m.Kind, channel, words, m.Letter.Text)
			}
			if regexp.MustCompile(someCF + `|Prova`).MatchString(m.Letter.Text) {
				t.Errorf("names the holder:\n%s", m.Letter.Text)
			}
		}
	}
}

// proves C12: after the conversion the same link suspends the PIN and opens a
// case, which ends when an operator resumes it; a month later it does nothing.
func TestStopAfterTheConversion(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		s, holder := newService(h), reachable(t, h)
		id := approved(t, h, holder)
		got := links(t, h)
		if err := s.Convert(t.Context(), h.Task(dossier.TaskConvert, id).ID, id); err != nil {
			t.Fatal(err)
		}
		h.Clock.Advance(29 * 24 * time.Hour)
		if end, err := s.Stop(t.Context(), got[notify.Email], "a"); err != nil || end != conversion.StoppedSuspended {
			t.Fatalf("stopped: %q, %v", end, err)
		}
		if p, err := h.PINIssue(t.Context(), holder.PIN.ID); err != nil || p.State != dossier.PINSuspended || p.Kind != dossier.Dispositivo {
			t.Errorf("the PIN is %s, %v", p.State, err)
		}
		for office, want := range map[string]int{"": 1, house.Office: 1, "elsewhere": 0} {
			cases, err := h.StopCases(t.Context(), office)
			if err != nil || len(cases) != want || want == 1 && (cases[0].DossierID != id || cases[0].HolderID != holder.ID) {
				t.Errorf("cases of %q: %+v, %v", office, cases, err)
			}
		}
		h.MovePIN(holder.PIN.ID, dossier.PINEventResumed)
		if cases, err := h.StopCases(t.Context(), ""); err != nil || len(cases) != 0 {
			t.Errorf("resumed, and still a case: %+v, %v", cases, err)
		}
		h.Clock.Advance(24 * time.Hour)
		_, err := s.Stop(t.Context(), got[notify.Text], "a")
		house.WantCode(t, err, dossier.CodeStopOver)
	})
}

// proves C12: however many press the button at once, it counts once.
func TestStopCountsOnce(t *testing.T) {
	t.Parallel()
	house.Each(t, func(t *testing.T, h house.House) {
		s, holder := newService(h), reachable(t, h)
		h.Send(holder, h.Begin(holder), "page")
		link := links(t, h)[notify.Email]
		ends := make([]conversion.Stopped, 8)
		var wg sync.WaitGroup
		for i := range ends {
			wg.Go(func() { ends[i], _ = s.Stop(t.Context(), link, "a") })
		}
		wg.Wait()
		slices.Sort(ends)
		if ends[6] != "" || ends[7] != conversion.StoppedWithdrawn {
			t.Errorf("ends %q", ends)
		}
		if told := h.Told(dossier.MessageWithdrawn); len(told) != 1 {
			t.Errorf("told %d times", len(told))
		}
	})
}

// proves C12: a withdrawal is undone only at the desk.
func TestWithdrawalIsUndoneAtTheDesk(t *testing.T) {
	t.Parallel()
	h := house.New(t)
	s, holder := newService(h), h.AddHolder(someCF)
	first, err := s.Open(t.Context(), house.Citizen(holder))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Withdraw(t.Context(), house.Citizen(holder), first.ID); err != nil {
		t.Fatal(err)
	}
	_, err = s.Form(t.Context(), house.Citizen(holder), "it")
	house.WantCode(t, err, dossier.CodeConversionStopped)
	again, err := s.OpenFor(t.Context(), house.Reviewer("op"), someCF)
	if err != nil || again.ID == first.ID {
		t.Fatalf("at the desk: %+v, %v", again.ID, err)
	}
	if form, err := s.Form(t.Context(), house.Citizen(holder), "it"); err != nil || form.DossierID != again.ID {
		t.Errorf("after the desk opened it: %+v, %v", form.DossierID, err)
	}
}
