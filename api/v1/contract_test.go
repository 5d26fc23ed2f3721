package v1_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/gin-gonic/gin"

	"dispositivo/api/edge"
	v1 "dispositivo/api/v1"
	"dispositivo/dossier"
)

func contract(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(v1.Contract)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// proves E3: the contract is sound, its examples included.
func TestContractIsValid(t *testing.T) {
	if err := contract(t).Validate(t.Context(), openapi3.EnableExamplesValidation()); err != nil {
		t.Fatal(err)
	}
}

// proves E3: every route is in the contract, and nothing else is.
func TestContractHasEveryRoute(t *testing.T) {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	v1.New(v1.Deps{Edge: edge.New(edge.Config{})}).Routes(engine)
	parameter := regexp.MustCompile(`:(\w+)`)
	var served []string
	for _, r := range engine.Routes() {
		served = append(served, r.Method+" "+parameter.ReplaceAllString(r.Path, "{$1}"))
	}
	var promised []string
	for path, item := range contract(t).Paths.Map() {
		for method := range item.Operations() {
			promised = append(promised, method+" "+path)
		}
	}
	for _, route := range served {
		if !slices.Contains(promised, route) {
			t.Errorf("%s is served, but not in the contract", route)
		}
	}
	for _, route := range promised {
		if !slices.Contains(served, route) {
			t.Errorf("%s is in the contract, but not served", route)
		}
	}
}

// proves E3: what a client branches on is listed: every code, state and reason
// of the domain, and none besides.
func TestContractHasEveryName(t *testing.T) {
	doc := contract(t)
	for schema, typ := range map[string]string{
		"FindingCode": "FindingCode", "State": "State", "SubmissionState": "SubmissionState",
		"Channel": "Channel", "Action": "Action", "Kind": "Kind", "ContactKind": "ContactKind", "HolderType": "HolderType", "TimeBand": "TimeBand",
		"DelegationKind": "DelegationKind", "DelegationState": "DelegationState",
	} {
		agree(t, schema, enum(t, doc.Components.Schemas[schema].Value), constants(t, typ))
	}
	agree(t, "Reason", enum(t, doc.Components.Schemas["Reason"].Value), append(constants(t, "Reason"), ""))
}

// atTheDoor are the findings for which an upload is refused at once.
var atTheDoor = []dossier.FindingCode{
	dossier.FileTooLarge, dossier.FileEmpty, dossier.FileType, dossier.FileTruncated, dossier.FileEncrypted, dossier.FileUnreadable,
	dossier.PDFInvalid, dossier.PagesNone, dossier.PagesTooMany, dossier.PagesTooLarge,
}

// proves E3: a problem's code is one of the domain's, forgery of pages excepted.
func TestContractHasEveryCode(t *testing.T) {
	want := slices.DeleteFunc(constants(t, "Code"), func(c string) bool { return c == string(dossier.CodeCSRF) })
	for _, f := range atTheDoor {
		want = append(want, string(f))
	}
	want = append(want, string(dossier.CodiceFiscaleBad)) // asking for a PIN
	agree(t, "Problem.code", enum(t, contract(t).Components.Schemas["Problem"].Value.Properties["code"].Value), want)
}

// proves E3: a problem stands under the status that the server gives it.
func TestCodesStandUnderTheirStatus(t *testing.T) {
	for path, item := range contract(t).Paths.Map() {
		for method, op := range item.Operations() {
			for status, resp := range op.Responses.Map() {
				media := resp.Value.Content["application/problem+json"]
				if media == nil {
					continue
				}
				codes := enum(t, media.Schema.Value.AllOf[1].Value.Properties["code"].Value)
				for _, code := range codes {
					if want := strconv.Itoa(edge.StatusOf(dossier.Code(code))); status != want {
						t.Errorf("%s %s: %s under %s, the server says %s", method, path, code, status, want)
					}
				}
			}
		}
	}
}

func enum(t *testing.T, s *openapi3.Schema) []string {
	t.Helper()
	var values []string
	for _, v := range s.Enum {
		text, ok := v.(string)
		if !ok {
			t.Fatalf("%v is no text", v)
		}
		values = append(values, text)
	}
	return values
}

// constants reads the values of a type's constants out of package dossier.
func constants(t *testing.T, typ string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "dossier", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^\s+\w+\s+` + typ + `\s+= "([^"]+)"`)
	var values []string
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range line.FindAllSubmatch(source, -1) {
			values = append(values, string(match[1]))
		}
	}
	if len(values) == 0 {
		t.Fatalf("package dossier has no constants of type %s", typ)
	}
	return values
}

func agree(t *testing.T, what string, got, want []string) {
	t.Helper()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n in the contract %q\n in the domain   %q", what, got, want)
	}
}
