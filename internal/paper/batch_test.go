package paper

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// someBatch is a day's letters in different languages to different states.
func someBatch() Batch {
	b := Batch{Made: made}
	for i, item := range []struct{ half, state, lang string }{
		{"AAAA2222", "Argentina", "it"}, {"BBBB3333", "", "en"}, {"CCCC4444", "=cmd, \"x\"\r\n", "it"},
	} {
		l := someLetter()
		l.ID, l.Half, l.To.State = fmt.Sprintf("0%d", i+1), item.half, item.state
		b.Items = append(b.Items, Item{Letter: l, Lang: item.lang})
	}
	return b
}

// TestBatch: each letter is on the page that the manifest says, in its
// language, and nothing of another on it; the manifest says no more.
// proves A9: a daily batch and a manifest for the print house
func TestBatch(t *testing.T) {
	b := someBatch()
	pdf, err := b.Render()
	if err != nil {
		t.Fatal(err)
	}
	pages := words(t, pdf)
	if len(pages) != len(b.Items) {
		t.Fatalf("%d pages for %d letters", len(pages), len(b.Items))
	}
	for i, page := range pages {
		text := within(page, Box{0, 0, PageWidth, PageHeight})
		for j, item := range b.Items {
			if strings.Contains(text, item.Letter.Half[:4]) != (i == j) {
				t.Errorf("half %d on page %d", j, i)
			}
		}
		alone := words(t, renderLetter(t, b.Items[i].Letter, b.Items[i].Lang))[0]
		if text != within(alone, Box{0, 0, PageWidth, PageHeight}) {
			t.Errorf("page %d is not the letter", i)
		}
	}
	got, err := b.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	want := "letter_id,first_page,pages,destination_state\r\n" +
		"01,1,1,ARGENTINA\r\n02,2,1,ITALIA\r\n03,3,1,\"'=CMD, \"\"X\"\"\"\r\n"
	if string(got) != want {
		t.Errorf("manifest\n%s, want\n%s", got, want)
	}
}

func TestPlainCell(t *testing.T) {
	for in, want := range map[string]string{
		"ARGENTINA": "ARGENTINA", "=1+1": "'=1+1", "+39": "'+39", "-1": "'-1", "@SUM": "'@SUM", "\t=1": "'=1", " =1": "'=1",
		"\x00=1": "'=1", "＝1": "'＝1", "＠A": "'＠A", "A=1": "A=1", "A\r\nB": "AB", "": "",
	} {
		if got := plainCell(in); got != want {
			t.Errorf("plainCell(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestRefused: what could not arrive or would not be understood is refused, and
// the error gives nothing away.
func TestRefused(t *testing.T) {
	for name, change := range map[string]func(*Letter){
		"half short": func(l *Letter) { l.Half = "K7MPD4X" }, "half long": func(l *Letter) { l.Half = "K7MPD4XWW" },
		"half small": func(l *Letter) { l.Half = "k7mpd4xw" }, "half foreign": func(l *Letter) { l.Half = "K7MPD4È" },
		"no id": func(l *Letter) { l.ID = "" }, "id with words": func(l *Letter) { l.ID = "Giulia Ferrante" },
		"id too long": func(l *Letter) { l.ID = strings.Repeat("0", 27) },
		"no part":     func(l *Letter) { l.Part = 0 }, "no expiry": func(l *Letter) { l.Expires = time.Time{} },
		"no name": func(l *Letter) { l.To.Name = "" }, "no street": func(l *Letter) { l.To.Street = "\t" },
		"no town": func(l *Letter) { l.To.City = "" },
	} {
		l := someLetter()
		change(&l)
		_, err := l.Render("it")
		_, batchErr := Batch{Items: []Item{{Letter: l}}}.Render()
		if err == nil || batchErr == nil {
			t.Errorf("%s: printed", name)
			continue
		}
		if s := err.Error(); strings.Contains(strings.ToUpper(s), "K7MP") || strings.Contains(s, "Ferrante") {
			t.Errorf("%s: %s", name, s)
		}
	}
	for name, change := range map[string]func(*Envelope){
		"PIN": func(e *Envelope) { e.PIN = "K7MP-D4XW" }, "id": func(e *Envelope) { e.ID = "" }, "holder": func(e *Envelope) { e.Holder = " " },
	} {
		e := someEnvelope()
		change(&e)
		if _, err := e.Render("it"); err == nil || strings.Contains(err.Error(), "K7MP") {
			t.Errorf("%s: %v", name, err)
		}
	}
	twice := someBatch()
	twice.Items[1].Letter.ID = twice.Items[0].Letter.ID
	for _, b := range []Batch{{}, twice} {
		if _, err := b.Render(); err == nil {
			t.Error("a bad batch is printed")
		}
		if _, err := b.Manifest(); err == nil {
			t.Error("a bad batch has a manifest")
		}
	}
}

// TestSecretsAreNotLogged: letters and envelopes print as their ids, however
// they get into a log.
func TestSecretsAreNotLogged(t *testing.T) {
	l, e := someLetter(), someEnvelope()
	b := Batch{Items: []Item{{Letter: l}}}
	var log strings.Builder
	for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(h).Info("x", slog.Any("letter", l), slog.Any("envelope", e), slog.Any("batch", b))
	}
	for _, v := range []any{l, e, b, &l, &e, &b} {
		fmt.Fprintf(&log, "%v %+v %#v %s\n", v, v, v, v)
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		log.Write(data)
	}
	if out := log.String(); strings.Contains(out, l.Half) || strings.Contains(out, e.PIN) || !strings.Contains(out, l.ID) {
		t.Errorf("prints %s", out)
	}
	if out := fmt.Sprintf("%v %+v %#v", l, e, b); strings.Contains(out, "Ferrante") {
		t.Errorf("prints %s", out)
	}
}
