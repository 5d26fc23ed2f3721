package pdf

import (
	"context"
	"fmt"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// graph is the objects of a document, from whichever reader.
type graph struct {
	objects  []types.Object
	byNumber map[int]types.Object
	rootRef  *types.IndirectRef
	root     types.Dict
	packed   int // object streams that were read
}

// add keeps obj; later objects of a number replace earlier ones, as in updates.
func (g *graph) add(number int, obj types.Object) {
	if obj == nil {
		return
	}
	g.objects = append(g.objects, obj)
	if number > 0 {
		g.byNumber[number] = obj
	}
}

// findRoot takes the catalog that the trailer names, else any.
func (g *graph) findRoot() {
	if g.rootRef != nil {
		if d, ok := g.dict(*g.rootRef); ok && d["Pages"] != nil {
			g.root = d
			return
		}
	}
	for _, obj := range g.objects {
		if d, ok := dictOf(obj); ok && nameOf(d["Type"]) == "Catalog" {
			g.root = d
		}
	}
}

// graphOf takes over what pdfcpu has read. Objects out of object streams are
// still text there and are parsed now; one that cannot be spoils the whole.
func graphOf(ctx context.Context, read *model.Context) (graph, error) {
	g := graph{byNumber: map[int]types.Object{}, rootRef: read.Root}
	for number, entry := range read.Table {
		if entry == nil || entry.Free {
			continue
		}
		obj := entry.Object
		if lazy, ok := obj.(types.LazyObjectStreamObject); ok {
			var err error
			if obj, err = lazy.DecodedObject(ctx); err != nil {
				return graph{}, fmt.Errorf("object %d: %w", number, err)
			}
		}
		if _, ok := obj.(types.ObjectStreamDict); ok {
			g.packed++
		}
		g.add(number, obj)
	}
	g.findRoot()
	return g, nil
}

// resolve follows references, at most eight of them.
func (g *graph) resolve(obj types.Object) types.Object {
	for range 8 {
		ref, ok := refOf(obj)
		if !ok {
			return obj
		}
		obj = g.byNumber[ref.ObjectNumber.Value()]
	}
	return nil
}

// dict resolves obj to a dictionary, that of a stream included.
func (g *graph) dict(obj types.Object) (types.Dict, bool) {
	d, ok := dictOf(g.resolve(obj))
	return d, ok
}

func (g *graph) array(obj types.Object) types.Array {
	a, _ := g.resolve(obj).(types.Array)
	return a
}

func refOf(obj types.Object) (types.IndirectRef, bool) {
	switch ref := obj.(type) {
	case types.IndirectRef:
		return ref, true
	case *types.IndirectRef:
		if ref != nil {
			return *ref, true
		}
	}
	return types.IndirectRef{}, false
}

func dictOf(obj types.Object) (d types.Dict, ok bool) {
	switch o := obj.(type) {
	case types.Dict:
		return o, o != nil
	case types.StreamDict:
		return o.Dict, o.Dict != nil
	case types.ObjectStreamDict:
		return o.Dict, o.Dict != nil
	case types.XRefStreamDict:
		return o.Dict, o.Dict != nil
	}
	return nil, false
}

// nameOf is the decoded name, or empty for anything else.
func nameOf(obj types.Object) string {
	if n, ok := obj.(types.Name); ok {
		return decodeName(string(n))
	}
	return ""
}

// maxNodesWalked ends a walk over a page tree that is far too large to accept.
const maxNodesWalked = 20_000

// pageTree walks from the catalog to the leaves. loop says that a branch is its
// own ancestor, or that branches nest without end.
func (g *graph) pageTree() (pages []types.Dict, loop bool) {
	w := pageWalk{graph: g, path: map[int]bool{}}
	w.walk(g.root["Pages"], 0)
	return w.pages, w.loop
}

type pageWalk struct {
	graph *graph
	path  map[int]bool // object numbers of the branches above
	nodes int
	pages []types.Dict
	loop  bool
}

func (w *pageWalk) walk(node types.Object, depth int) {
	if w.nodes++; w.nodes > maxNodesWalked {
		return
	}
	d, ok := w.graph.dict(node)
	if !ok {
		return
	}
	if d["Kids"] == nil {
		if isPage(d) {
			w.pages = append(w.pages, d)
		}
		return
	}
	number := 0
	if ref, ok := refOf(node); ok {
		number = ref.ObjectNumber.Value()
	}
	if depth > maxNesting || (number != 0 && w.path[number]) {
		w.loop = true
		return
	}
	w.path[number] = true
	for _, kid := range w.graph.array(d["Kids"]) {
		w.walk(kid, depth+1)
	}
	delete(w.path, number)
}

// isPage is generous to leaves without a type, as viewers are, but a leaf that
// is plainly something else, like an action, is no page.
func isPage(d types.Dict) bool {
	if kind := nameOf(d["Type"]); kind != "" {
		return kind == "Page"
	}
	return d["MediaBox"] != nil || d["Contents"] != nil || d["Parent"] != nil
}
