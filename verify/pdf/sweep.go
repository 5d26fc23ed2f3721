package pdf

import (
	"bytes"
	"compress/zlib"
	"io"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// maxInflated bounds what all object streams of a file may unpack to, in bytes.
const maxInflated = 32 << 20

// sweep collects every object of a file without believing its cross-reference
// table: it reads on after each "obj", wherever that stands, even inside of
// streams and strings, and unpacks object streams. It sees what a repairing
// viewer sees and, in updated files, also what earlier versions held.
type sweep struct {
	graph graph
	// lost says that a bound was met, so that something was not read.
	lost      bool
	encrypted bool
	// packed counts the object streams. Those that are encrypted, or packed in a
	// way that is not known here, are sealed: only pdfcpu can read them.
	packed, sealed int
	tokens         int
	inflated       int64
	data           []byte
}

func sweepObjects(data []byte) *sweep {
	s := &sweep{data: data, graph: graph{byNumber: map[int]types.Object{}}}
	for at := 0; s.tokens <= maxTokens; {
		i := bytes.Index(data[at:], []byte("obj"))
		if i < 0 {
			break
		}
		at += i + len("obj")
		s.object(at)
	}
	s.trailers()
	s.lost = s.lost || s.tokens > maxTokens
	if s.encrypted {
		s.sealed = s.packed
	}
	s.graph.findRoot()
	return s
}

// object reads what follows the "obj" that ends at the offset.
func (s *sweep) object(at int) {
	head := at - len("obj")
	if bytes.HasSuffix(s.data[:head], []byte("end")) {
		return
	}
	in := s.syntax(s.data, at)
	obj, ok := in.value(0)
	in.charge()
	if !ok || obj == nil {
		return
	}
	s.graph.add(objectNumber(s.data[:head]), obj)
	d, isDict := obj.(types.Dict)
	if !isDict {
		return
	}
	s.noteTrailer(d)
	in.skipSpace()
	if bytes.HasPrefix(s.data[in.pos:], []byte("stream")) {
		s.objectStream(d, s.data[in.pos+len("stream"):])
	}
}

func (s *sweep) syntax(data []byte, at int) *syntax {
	return &syntax{data: data, pos: at, charged: at, tokens: &s.tokens, lost: &s.lost}
}

// objectNumber reads backwards over "12 0 " and gives 12, or 0 when there is no
// such thing.
func objectNumber(before []byte) int {
	fields := bytes.Fields(before[max(0, len(before)-24):])
	if len(fields) < 2 {
		return 0
	}
	digits := fields[len(fields)-2]
	for i := len(digits); i > 0; i-- {
		if digits[i-1] < '0' || digits[i-1] > '9' {
			digits = digits[i:]
			break
		}
	}
	n, _ := integer(digits)
	return n
}

func (s *sweep) trailers() {
	for at := 0; s.tokens <= maxTokens; {
		i := bytes.Index(s.data[at:], []byte("trailer"))
		if i < 0 {
			return
		}
		at += i + len("trailer")
		if d, ok := s.first(at).(types.Dict); ok {
			s.noteTrailer(d)
			s.graph.add(0, d)
		}
	}
}

func (s *sweep) first(at int) types.Object {
	in := s.syntax(s.data, at)
	obj, _ := in.value(0)
	in.charge()
	return obj
}

// noteTrailer takes what a trailer or a cross-reference stream tells.
func (s *sweep) noteTrailer(d types.Dict) {
	root, hasRoot := d["Root"].(types.IndirectRef)
	if !hasRoot {
		return
	}
	s.graph.rootRef = &root
	if _, ok := d["Encrypt"]; ok {
		s.encrypted = true
	}
}

// objectStream unpacks a stream of objects (ISO 32000-1, 7.5.7) and collects
// them. Whether it is one is told by its type or by its two offsets.
func (s *sweep) objectStream(d types.Dict, body []byte) {
	_, hasN := d["N"]
	_, hasFirst := d["First"]
	if d["Type"] != types.Name("ObjStm") && (!hasN || !hasFirst) {
		return
	}
	s.packed++
	if s.encrypted {
		return
	}
	plain, ok := s.inflate(d, body)
	if !ok {
		s.sealed++
		return
	}
	s.packedObjects(d, plain)
}

func (s *sweep) inflate(d types.Dict, body []byte) ([]byte, bool) {
	body = bytes.TrimPrefix(bytes.TrimPrefix(body, []byte("\r")), []byte("\n"))
	filter, parms := d["Filter"], d["DecodeParms"]
	if a, ok := filter.(types.Array); ok && len(a) == 1 {
		filter = a[0]
	}
	if filter == nil {
		if end := bytes.Index(body, []byte("endstream")); end >= 0 {
			body = body[:end]
		}
		s.tokens += len(body) / bytesPerToken
		return body, true
	}
	if parms != nil || (filter != types.Name("FlateDecode") && filter != types.Name("Fl")) {
		return nil, false
	}
	z, err := zlib.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, false
	}
	// A damaged tail is normal in a damaged file: what came before it counts.
	plain, _ := io.ReadAll(io.LimitReader(z, maxInflated-s.inflated+1))
	s.inflated += int64(len(plain))
	if s.inflated > maxInflated {
		s.lost = true
	}
	return plain, true
}

// packedObjects reads the objects one after the other, and then at every offset
// of the header that was not met on the way: an offset may point into a string.
func (s *sweep) packedObjects(d types.Dict, plain []byte) {
	first, _ := d["First"].(types.Integer)
	numbers := s.packedHeader(plain)
	start := min(max(int(first), 0), len(plain))
	in := s.syntax(plain, start)
	for in.pos < len(plain) && s.tokens <= maxTokens {
		in.skipSpace()
		at := in.pos
		obj, ok := in.value(0)
		if !ok {
			break
		}
		s.graph.add(numbers[at-start], obj)
		delete(numbers, at-start)
	}
	for offset, number := range numbers {
		if s.tokens > maxTokens {
			break
		}
		if at := start + offset; offset >= 0 && at < len(plain) {
			again := s.syntax(plain, at)
			obj, _ := again.value(0)
			again.charge()
			s.graph.add(number, obj)
		}
	}
}

// packedHeader reads the pairs of object number and offset; it maps offset to
// number.
func (s *sweep) packedHeader(plain []byte) map[int]int {
	numbers := map[int]int{}
	in := s.syntax(plain, 0)
	for {
		in.skipSpace()
		number, ok1 := integer(in.regular())
		in.skipSpace()
		offset, ok2 := integer(in.regular())
		if !ok1 || !ok2 {
			return numbers
		}
		numbers[offset] = number
	}
}
