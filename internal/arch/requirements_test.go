package arch_test

import (
	"bufio"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

// rows are the requirements, in the words of a table of contents.
var rows = [][2]string{
	{"A1", "online request in two pages"},
	{"A2", "who may ask: a policy with a date"},
	{"A3", "telephone check within 48 hours"},
	{"A4", "contact centre channel"},
	{"A5", "office channel, form MV35, sealed envelope"},
	{"A6", "public administration: 8 characters directly"},
	{"A7", "two halves on channels of different classes"},
	{"A8", "first half valid 90 days, guided re-issue"},
	{"A9", "letters in daily batches"},
	{"A10", "PIN semplificato"},
	{"A11", "holder types"},
	{"B1", "activation by tessera sanitaria or identity document"},
	{"B2", "first access forces a personal PIN"},
	{"B3", "lock after ten wrong PINs"},
	{"B4", "change every three months, by policy"},
	{"B5", "session ends after 30 minutes without activity"},
	{"B6", "tamper-evident log"},
	{"B7", "services by kind of PIN and category"},
	{"B8", "domanda held until conversion"},
	{"B9", "SPID, CIE, CNS"},
	{"B10", "delegations"},
	{"B11", "contacts with verification"},
	{"B12", "the holder reads every message"},
	{"C1", "form filled in, printed with its token"},
	{"C2", "upload: one PDF or TIFF, refused at once with the mend"},
	{"C3", "make it fit"},
	{"C4", "fax"},
	{"C5", "e-mail and PEC"},
	{"C6", "office counter"},
	{"C7", "protocol number and receipt; nothing acknowledged before it is safe"},
	{"C8", "automatic checks, none of which decides"},
	{"C9", "joining by token or code alone"},
	{"C10", "reviews: claim, lease, see all, decide"},
	{"C11", "conversion exactly once"},
	{"C12", "every contact told, can stop it"},
	{"C13", "status page; answer without starting over"},
	{"C14", "images sealed, looks logged, erased in time"},
	{"D1", "recovery"},
	{"D2", "revocation with the tessera sanitaria"},
	{"D3", "operators revoke, suspend, unlock"},
	{"D4", "renewal of an expired PIN"},
	{"E1", "Italian and English, WCAG 2.1 AA, Bootstrap Italia"},
	{"E2", "usable on a phone: installable, camera, nearest office or consulate, forms"},
	{"E3", "documented interfaces"},
	{"E4", "payments (later)"},
}

var (
	proof  = regexp.MustCompile(`//.*\bproves\b(.*)`)
	rowID  = regexp.MustCompile(`\b[A-E]\d{1,2}\b`)
	testFn = regexp.MustCompile(`^func ((?:Test|Fuzz)\w+)\(`)
)

// proofs collects, for each row, the tests whose comment says that they prove it.
func proofs(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || strings.HasPrefix(d.Name(), ".") && path != "../.."):
			return filepath.SkipDir
		case !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		return proofsIn(path, found)
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// proofsIn reads one file: a comment of lines, then the function it belongs to.
func proofsIn(path string, found map[string][]string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // only read
	rel, err := filepath.Rel("../..", path)
	if err != nil {
		return err
	}
	var ids []string
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if m := proof.FindStringSubmatch(line); m != nil {
			claim, _, _ := strings.Cut(m[1], ":")
			ids = append(ids, rowID.FindAllString(claim, -1)...)
		}
		if m := testFn.FindStringSubmatch(line); m != nil {
			for _, id := range ids {
				found[id] = append(found[id], fmt.Sprintf("`%s` %s", filepath.ToSlash(filepath.Dir(rel)), m[1]))
			}
		}
		if !strings.HasPrefix(line, "//") {
			ids = nil
		}
	}
	return lines.Err()
}

func TestRequirementsPageIsTrue(t *testing.T) {
	t.Parallel()
	found := proofs(t)
	var b strings.Builder
	b.WriteString("# Requirements and their tests\n\nMade by `go test ./internal/arch -update` from the `// proves` comments of the tests.\n" +
		"A row without a test is not built yet.\n\n| row | what | proved by |\n|---|---|---|\n")
	for _, row := range rows {
		tests := found[row[0]]
		slices.Sort(tests)
		fmt.Fprintf(&b, "| %s | %s | %s |\n", row[0], row[1], strings.Join(slices.Compact(tests), "<br>"))
		delete(found, row[0])
	}
	for id := range found {
		t.Errorf("a test proves %s, which is no requirement", id)
	}
	const page = "../../docs/requirements.md"
	if *update {
		if err := os.WriteFile(page, []byte(b.String()), 0o644); err != nil { //nolint:gosec // a page of documentation
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b.String(), string(got)); diff != "" {
		t.Errorf("docs/requirements.md is not what the tests say (go test ./internal/arch -update):\n%s", diff)
	}
}
