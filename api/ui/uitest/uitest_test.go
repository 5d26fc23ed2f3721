package uitest_test

import (
	"slices"
	"strings"
	"testing"

	"dispositivo/api/ui/uitest"
)

const sound = `<!DOCTYPE html><html lang="it"><head><title>T</title></head><body><header></header><main id="main"><h1>H</h1>` +
	`<a href="#main">x</a>%</main><footer></footer></body></html>`

func TestFaults(t *testing.T) {
	if faults := uitest.Faults(strings.Replace(sound, "%", "", 1)); faults != nil {
		t.Errorf("a sound page has faults: %v", faults)
	}
	for part, want := range map[string]string{
		`<p style="x">x</p>`:                      "inline attribute",
		`<p onclick="x">x</p>`:                    "inline attribute",
		`<script>x</script>`:                      "inline script",
		`<style>x</style>`:                        "inline style",
		`<img src="x">`:                           "no alt",
		`<input name="x">`:                        "no label",
		`<label for="y">x</label>`:                "not there",
		`<a href="#y">x</a>`:                      "not there",
		`<p id="main">x</p>`:                      "stands 2 times",
		`<h3>x</h3>`:                              "follows level 1",
		`<h1>x</h1>`:                              "2 times <h1>",
		`<button></button>`:                       "says nothing",
		`<p>ui.some.key</p>`:                      "missing",
		`<p>{seconds}</p>`:                        "not filled",
		`<p><b>x</p></b>`:                         "closes",
		`<div>x`:                                  "closes",
		`<form method="post" action="/x"></form>`: "", // nothing to send
		`<form method="post"><p>x</p></form>`:     "begin with its token",
		`<span aria-labelledby="nope">x</span>`:   "not there",
	} {
		faults := uitest.Faults(strings.Replace(sound, "%", part, 1))
		if want == "" && faults == nil {
			continue
		}
		if !slices.ContainsFunc(faults, func(f string) bool { return want != "" && strings.Contains(f, want) }) {
			t.Errorf("%s: %v, want %q", part, faults, want)
		}
	}
}
