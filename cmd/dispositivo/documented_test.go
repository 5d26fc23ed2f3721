package main

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/alecthomas/kong"
)

// Every setting of serve is in docs/operations.md by its whole name in the environment, and
// no other name is.
func TestSettingsAreDocumented(t *testing.T) {
	t.Parallel()
	var cli commands
	parser, err := kong.New(&cli, kong.DefaultEnvars("DISPOSITIVO"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for _, found := range regexp.MustCompile("`(DISPOSITIVO_[A-Z0-9_]+)`").FindAllSubmatch(text, -1) {
		documented = append(documented, string(found[1]))
	}
	known := map[string]bool{}
	for _, node := range parser.Model.Children {
		if node.Name != "serve" {
			continue
		}
		for _, group := range node.AllFlags(false) {
			for _, flag := range group {
				for _, env := range flag.Envs {
					known[env] = true
					if flag.Name != "help" && !flag.Hidden && !slices.Contains(documented, env) {
						t.Errorf("%s (--%s) is not in docs/operations.md", env, flag.Name)
					}
				}
			}
		}
	}
	if len(known) < 100 {
		t.Errorf("%d settings were found", len(known))
	}
	for _, name := range documented {
		if !known[name] {
			t.Errorf("%s is documented, and serve has no such setting", name)
		}
	}
}
