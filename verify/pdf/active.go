package pdf

import (
	"slices"
	"strings"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// actions are the action types (ISO 32000-1, 12.6.4) that do more than turn a
// page or open an address that the reader clicks.
var actions = []string{
	"JavaScript", "Launch", "SubmitForm", "ImportData", "Rendition", "Movie", "Sound",
	"GoToE", "GoToR", "GoTo3DView", "RichMediaExecute",
}

// players are annotation types (ISO 32000-1, 12.5.6) that bring a program along.
var players = []string{"RichMedia", "Movie", "Sound", "3D"}

// triggers are all events of an additional-actions dictionary (ISO 32000-1,
// 12.6.3). They tell it from a resource that happens to be called AA.
var triggers = []string{
	"E", "X", "D", "U", "Fo", "Bl", "PO", "PC", "PV", "PI",
	"O", "C", "K", "F", "V", "WC", "WS", "DS", "WP", "DP",
}

// contents is what a search found in a document. The strings are technical
// words of the PDF standard, never text of the document.
type contents struct {
	active   []string
	embedded []string
	signed   bool
	xfa      bool
	// lost says that nesting went beyond the bound, so something may be unseen.
	lost bool
}

func note(list *[]string, what string) {
	if !slices.Contains(*list, what) {
		*list = append(*list, what)
	}
}

// join adds what another search found.
func (c *contents) join(other contents) {
	for _, what := range other.active {
		note(&c.active, what)
	}
	for _, what := range other.embedded {
		note(&c.embedded, what)
	}
	c.signed = c.signed || other.signed
	c.xfa = c.xfa || other.xfa
}

func detail(list []string) string {
	sorted := slices.Sorted(slices.Values(list))
	return strings.Join(sorted, ", ")
}

// search looks at every object, whether the pages use it or not: what is dead
// for one reader may be alive for another.
func (g *graph) search() contents {
	s := searcher{graph: g, opened: map[int]bool{}}
	for _, obj := range g.objects {
		s.visit(obj, 0)
	}
	return s.found
}

type searcher struct {
	graph *graph
	found contents
	// opened are the objects that were followed as something done on opening.
	opened map[int]bool
}

func (s *searcher) visit(obj types.Object, depth int) {
	if depth > 2*maxNesting {
		s.found.lost = true
		return
	}
	if a, ok := obj.(types.Array); ok {
		for _, item := range a {
			s.visit(item, depth+1)
		}
		return
	}
	d, ok := dictOf(obj)
	if !ok {
		return
	}
	s.kinds(d)
	for key, v := range d {
		s.entry(decodeName(key), v)
		s.visit(v, depth+1)
	}
}

// kinds judges a dictionary by what it says it is.
func (s *searcher) kinds(d types.Dict) {
	if action := s.nameAt(d, "S"); slices.Contains(actions, action) && s.nameAt(d, "Type") != "StructElem" {
		note(&s.found.active, action)
	}
	subtype := s.nameAt(d, "Subtype")
	if slices.Contains(players, subtype) {
		note(&s.found.active, subtype)
	}
	if subtype == "FileAttachment" {
		note(&s.found.embedded, subtype)
	}
	switch s.nameAt(d, "Type") {
	case "EmbeddedFile":
		note(&s.found.embedded, "EmbeddedFile")
	case "3D":
		note(&s.found.active, "3D")
	}
	if has(d, "ByteRange") && has(d, "Contents") {
		s.found.signed = true
	}
}

func has(d types.Dict, key string) bool {
	_, ok := d[key]
	return ok
}

// nameAt reads a name that may stand behind a reference.
func (s *searcher) nameAt(d types.Dict, key string) string {
	v, ok := d[key]
	if !ok {
		for k, other := range d {
			if strings.Contains(k, "#") && decodeName(k) == key {
				v = other
			}
		}
	}
	return nameOf(s.graph.resolve(v))
}

// entry judges one key of a dictionary.
func (s *searcher) entry(key string, v types.Object) {
	switch key {
	case "JS":
		// Resources that happen to be called JS (fonts, pictures) say what they are.
		if d, ok := s.graph.dict(v); !ok || (!has(d, "Type") && !has(d, "Subtype")) {
			note(&s.found.active, "JavaScript")
		}
	case "JavaScript":
		note(&s.found.active, "JavaScript")
	case "OpenAction":
		s.opening(v)
	case "XFA":
		note(&s.found.active, "XFA")
		s.found.xfa = true
	case "RichMediaContent", "RichMediaSettings":
		note(&s.found.active, "RichMedia")
	case "AA":
		if d, ok := s.graph.dict(v); ok && isTriggers(d) {
			note(&s.found.active, "AA")
		}
	case "EF":
		if d, ok := s.graph.dict(v); ok && len(d) > 0 {
			note(&s.found.embedded, "EF")
		}
	case "EmbeddedFiles":
		if d, ok := s.graph.dict(v); ok && len(s.graph.array(d["Names"]))+len(s.graph.array(d["Kids"])) > 0 {
			note(&s.found.embedded, "EmbeddedFiles")
		}
	case "SigFlags":
		if flags, ok := s.graph.resolve(v).(types.Integer); ok && flags&1 != 0 {
			s.found.signed = true
		}
	}
}

func isTriggers(d types.Dict) bool {
	for key := range d {
		if !slices.Contains(triggers, decodeName(key)) {
			return false
		}
	}
	return len(d) > 0
}

// opening follows all that happens on opening, in every chain of next actions:
// there, even an address is opened without a click. It does not ask whose key it
// is, since readers differ about which catalog counts. A reference is followed
// once in all, so that neither a loop nor a chain that fans out takes long.
func (s *searcher) opening(action types.Object) {
	for pending := []types.Object{action}; len(pending) > 0; {
		obj := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		if ref, ok := refOf(obj); ok {
			n := ref.ObjectNumber.Value()
			if s.opened[n] {
				continue
			}
			s.opened[n] = true
			pending = append(pending, s.graph.byNumber[n])
			continue
		}
		if a, ok := obj.(types.Array); ok {
			pending = append(pending, a...)
			continue
		}
		d, ok := dictOf(obj)
		if !ok {
			continue
		}
		for _, kind := range all(d, "S") {
			if nameOf(s.graph.resolve(kind)) == "URI" {
				note(&s.found.active, "OpenAction")
			}
		}
		pending = append(pending, all(d, "Next")...)
	}
}

// all are the values that a dictionary gives to key, however often and however
// the key is written.
func all(d types.Dict, key string) []types.Object {
	var values []types.Object
	for k, v := range d {
		if decodeName(k) == key {
			values = append(values, v)
		}
	}
	also, _ := d[duplicates].(types.Array)
	for _, twice := range also {
		if other, ok := twice.(types.Dict); ok && other[key] != nil {
			values = append(values, other[key])
		}
	}
	return values
}
