// Package arch_test keeps the dependency direction of the whole module.
//
// It reads the files itself instead of asking "go list": the test cache notices
// files that a test opens, but not what a command it runs has read.
package arch_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "dispositivo"

// allowed lists, for every package, the packages of this module that it may
// import. A package missing here fails the test: giving a package its place is
// a decision, and it is made in this file.
var allowed = map[string]string{
	// Leaves: they know nothing of ours.
	"internal/clock":         "",
	"internal/codicefiscale": "",
	"internal/i18n":          "",
	"internal/ident":         "",
	"internal/netx":          "",
	"internal/passhash":      "internal/clock",
	"internal/seal":          "",
	"internal/signed":        "",
	"internal/token":         "",
	"internal/blob":          "",
	"internal/assets":        "",
	"internal/audit":         "",
	// It asks a daemon beside us about bytes, and reads nothing.
	"internal/antivirus": "internal/clock",

	// The heart: rules and types alone.
	"dossier": "",

	// Readers of foreign bytes, run only in the sandbox child.
	"verify/ccitt":   "",
	"verify/photo":   "",
	"verify/heif":    "verify/wasm",
	"verify/compose": "verify/ccitt", // writes Group 4
	"verify/mrz":     "dossier",
	"verify/pdf":     "dossier verify/wasm", // both run engines of others
	"verify/symbol":  "verify/wasm",
	"verify/raster":  "dossier",
	"verify/tiff":    "dossier verify/ccitt",
	"verify/wasm":    "",

	// What the domain stands on.
	"internal/sandbox":  "dossier internal/assets internal/clock internal/paper internal/token verify/compose verify/heif verify/identity verify/mrz verify/pdf verify/photo verify/raster verify/symbol verify/tiff verify/wasm",
	"internal/inspect":  "dossier internal/sandbox",
	"internal/paper":    "internal/token",
	"internal/notify":   "dossier internal/netx",
	"internal/session":  "dossier internal/clock",
	"internal/signin":   "dossier internal/clock",
	"internal/throttle": "dossier internal/clock",
	"internal/vault":    "dossier internal/blob internal/seal",
	"internal/operator": "dossier internal/clock internal/codicefiscale internal/ident internal/passhash internal/session internal/signin",
	// Who somebody is by a provider's word or a card; it goes out by netx alone.
	"internal/federation": "dossier internal/clock internal/codicefiscale internal/netx",
	"internal/courier":    "dossier internal/clock internal/notify",
	// It compares names of places as those of birth are compared.
	"internal/offices": "dossier internal/codicefiscale internal/throttle",
	// Folders that machines leave files in; a dossier.Error says whether to try again.
	"internal/spool": "dossier internal/clock",
	// It posts what the store wrote to subscribers, by netx alone.
	"internal/webhook": "dossier internal/clock internal/netx internal/signed",

	// The domain: siblings never import each other.
	"intake":       "dossier internal/clock internal/ident internal/sandbox internal/seal internal/vault",
	"intake/match": "dossier internal/codicefiscale internal/token", // a form's code may be typed
	// It takes in what an operator scans, by the door.
	// It tells a PDF or TIFF from anything else by its first bytes, as the door does.
	// Office scanners, like fax gateways, leave files in a watched folder.
	"intake/counter": "dossier intake internal/clock internal/codicefiscale internal/ident internal/sandbox internal/spool",
	// It fetches pages from providers.
	"intake/fax": "dossier intake internal/clock internal/netx internal/signed internal/spool",
	// It puts files together and hands them to the door.
	"intake/fitting": "dossier intake internal/clock internal/ident internal/sandbox internal/seal internal/throttle internal/vault",
	// It tells a PDF from a signed file by its first bytes, as the door does.
	"intake/mail":     "dossier intake internal/clock internal/sandbox internal/seal",
	"verify":          "dossier internal/antivirus internal/codicefiscale internal/paper internal/sandbox internal/seal internal/token verify/identity",
	"verify/identity": "dossier internal/codicefiscale",
	"verify/review":   "dossier internal/audit internal/clock internal/ident",
	// It hands out what was kept: the keyed hash and the broken seal are seal's.
	"verify/evidence": "dossier internal/audit internal/clock internal/ident internal/seal",
	"pin":             "dossier internal/clock internal/codicefiscale internal/ident internal/passhash internal/session internal/signin internal/throttle",
	// It proves halves under the lock of pin.Access and uses its words for contacts.
	"pin/activation": "dossier internal/clock internal/ident internal/session internal/throttle pin",
	"pin/conversion": "dossier internal/clock internal/ident internal/paper internal/throttle internal/token",
	// A letter carries a half: pin draws it and knows its class of channel.
	"pin/letters": "dossier internal/clock internal/codicefiscale internal/ident internal/paper internal/passhash internal/throttle pin",
	// It draws halves and PINs as everybody does, by the one generator and alphabet.
	"pin/request": "dossier internal/clock internal/codicefiscale internal/ident internal/paper internal/passhash internal/throttle pin",
	// Recovery and revocation use the words of pin for contacts, cards and codes; pin.Minter draws what they send.
	"pin/recovery":   "dossier internal/clock internal/codicefiscale internal/ident internal/throttle pin",
	"pin/revocation": "dossier internal/clock internal/codicefiscale internal/ident internal/throttle pin",
	"pin/journal":    "dossier internal/audit internal/codicefiscale",
	"queue":          "dossier internal/clock",
	"pin/services":   "dossier internal/clock internal/ident internal/paper",
	"pin/delegation": "dossier internal/clock internal/codicefiscale internal/ident internal/throttle",

	// The edges: they call the domain, and the store serves it.
	"internal/store": "dossier internal/audit internal/clock internal/ident internal/operator internal/seal internal/session pin/journal verify/review",
	"api/edge":       "dossier internal/i18n internal/session",
	"api/ui":         "api/edge dossier internal/i18n internal/session",
	"api/v1":         "api/edge dossier intake intake/counter intake/fax intake/fitting intake/match internal/federation internal/offices internal/operator internal/session pin pin/activation pin/conversion pin/delegation pin/journal pin/letters pin/recovery pin/request pin/revocation pin/services verify/evidence verify/review",
	"api/portal":     "api/edge api/ui dossier intake internal/codicefiscale internal/federation internal/offices internal/session pin pin/activation pin/conversion pin/delegation pin/journal pin/recovery pin/request pin/revocation pin/services",
	"api/desk":       "api/edge api/ui dossier intake intake/counter intake/match internal/operator internal/session pin/conversion pin/delegation pin/journal pin/letters pin/request pin/revocation pin/services verify/evidence verify/review",
	"api":            "api/desk api/edge api/portal api/ui api/v1 dossier",

	// Everything is joined here and nowhere else.
	"cmd/dispositivo": "*",

	// It writes faxes of pixels, for simulate and for tests.
	"internal/faxline": "verify/ccitt",

	// Invented people, and what only tests and measurements use.
	"internal/demo":          "internal/codicefiscale internal/paper",
	"internal/blob/blobtest": "internal/blob",
	// The bench measures readers and makes what they read.
	"internal/bench":           "dossier internal/clock internal/codicefiscale internal/demo internal/ident internal/paper internal/passhash internal/sandbox internal/seal internal/session internal/store internal/testkit/fax internal/token verify/ccitt verify/tiff",
	"internal/testkit":         "",
	"internal/testkit/fax":     "internal/faxline verify/ccitt",
	"internal/testkit/engines": "",
	"internal/testkit/idp":     "",
	"internal/testkit/house":   "dossier internal/blob internal/clock internal/ident internal/seal internal/store internal/testkit internal/vault",
	"api/ui/uitest":            "",
}

// only lists what may be imported from few places alone; from none: by tests.
var only = map[string]string{
	"github.com/hibiken/asynq":          "queue",
	"github.com/emersion/go-imap":       "intake/mail",
	"github.com/emersion/go-msgauth":    "intake/mail",
	"github.com/coreos/go-oidc":         "internal/federation",
	"golang.org/x/oauth2":               "internal/federation",
	"github.com/alicebob/miniredis":     "queue",
	"github.com/gin-gonic/gin":          "api",
	"github.com/disintegration/imaging": "verify/raster",
	"github.com/pdfcpu/pdfcpu":          "verify/pdf",
	"github.com/tetratelabs/wazero":     "verify/wasm verify/heif verify/pdf verify/symbol", // the two know their guests' imports
	"golang.org/x/image/tiff":           "verify/tiff",
	"modernc.org/sqlite":                "internal/store",
	"github.com/jackc/pgx":              "internal/store internal/testkit",
	"database/sql":                      "internal/store internal/testkit internal/bench",
	"dispositivo/internal/testkit":      "internal/testkit internal/bench",
}

// never lists what a package must do without, and why.
var never = map[string]map[string]string{
	"dossier": {"net/http": "the domain knows no HTTP", "log/slog": "the domain returns errors"},
	"pin":     {"net/http": "credentials know no HTTP"},
	"intake":  {"database/sql": "only internal/store speaks SQL", "net/http": "a door knows no protocol"},
	"verify":  {"database/sql": "only internal/store speaks SQL", "net/http": "screening knows no HTTP"},
	"queue":   {"database/sql": "only internal/store speaks SQL"},
}

func TestImports(t *testing.T) {
	const root = "../.."
	seen := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || d.Name() == "arch" || strings.HasPrefix(d.Name(), ".") && path != root):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(rel)
		if _, ok := allowed[pkg]; !ok && !seen[pkg] {
			t.Errorf("%s has no place in the architecture: add it to allowed", pkg)
		}
		seen[pkg] = true
		for _, spec := range f.Imports {
			imp, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			check(t, pkg, imp)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range allowed {
		if !seen[pkg] {
			t.Errorf("%s is listed but does not exist", pkg)
		}
	}
}

// check reports an import that breaks a rule.
func check(t *testing.T, pkg, imp string) {
	t.Helper()
	if why := never[pkg][imp]; why != "" {
		t.Errorf("%s must not import %s: %s", pkg, imp, why)
	}
	if within(imp, module) && allowed[pkg] != "*" {
		own := "."
		if imp != module {
			own = strings.TrimPrefix(imp, module+"/")
		}
		if !slices.Contains(strings.Fields(allowed[pkg]), own) {
			t.Errorf("%s must not import %s", pkg, own)
		}
	}
	for target, home := range only {
		if within(imp, target) && !slices.ContainsFunc(strings.Fields(home), func(h string) bool { return within(pkg, h) }) {
			t.Errorf("%s must not import %s: only %s may", pkg, imp, home)
		}
	}
}

// within reports whether path is dir or lies under it.
func within(path, dir string) bool {
	return path == dir || strings.HasPrefix(path, dir+"/")
}
