package pdf

import (
	"bytes"
	"strconv"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// maxNesting bounds nested arrays and dictionaries. Real files stay below ten.
const maxNesting = 64

// maxTokens bounds the work on one file, whatever its objects are made of. Long
// tokens count once more for every bytesPerToken, because overlapping objects
// can make every byte be read many times.
const (
	maxTokens     = 4_000_000
	bytesPerToken = 16
)

// syntax reads PDF objects (ISO 32000-1, 7.3) out of bytes of any kind. It never
// fails: what makes no sense is skipped, as viewers do. Only names, containers,
// references and integers are kept, because only they tell what a document can
// do; strings, streams and the rest come back as nil.
type syntax struct {
	data []byte
	pos  int
	// tokens is the work done so far on the whole file; charged is the position
	// up to which this reader has paid for its bytes.
	tokens  *int
	charged int
	// lost is set when a bound was met, so that something may be unread.
	lost *bool
}

// value reads the object at the position. ok is false at a keyword that ends
// objects and at the end of the data.
func (s *syntax) value(depth int) (obj types.Object, ok bool) {
	s.skipSpace()
	if s.pos >= len(s.data) || s.exhausted(depth) {
		return nil, false
	}
	switch c := s.data[s.pos]; {
	case c == '/':
		return types.Name(s.name()), true
	case c == '<' && s.peek(1) == '<':
		return s.dict(depth), true
	case c == '<':
		s.skipTo('>')
		return nil, true
	case c == '[':
		return s.array(depth), true
	case c == '(':
		s.skipString()
		return nil, true
	case isDelimiter(c):
		s.pos++
		return nil, true
	default:
		return s.word()
	}
}

func (s *syntax) exhausted(depth int) bool {
	*s.tokens++
	s.charge()
	if depth > maxNesting || *s.tokens > maxTokens {
		*s.lost = true
		return true
	}
	return false
}

// charge counts the bytes passed since the last time.
func (s *syntax) charge() {
	*s.tokens += (s.pos - s.charged) / bytesPerToken
	s.charged = s.pos
}

// dict reads until ">>", an ending keyword or the end. As PDFium does, it passes
// over anything that stands where a key should be.
func (s *syntax) dict(depth int) types.Dict {
	s.pos += 2
	d := types.Dict{}
	for {
		s.skipSpace()
		if s.pos >= len(s.data) {
			return d
		}
		if s.data[s.pos] == '>' {
			s.pos += 1 + b2i(s.peek(1) == '>')
			return d
		}
		if s.data[s.pos] != '/' {
			if _, ok := s.value(depth + 1); !ok {
				return d
			}
			continue
		}
		key := s.name()
		s.skipSpace()
		if s.peek(0) == '>' {
			return d
		}
		v, ok := s.value(depth + 1)
		if !ok {
			return d
		}
		s.keep(d, key, v)
	}
}

// keep stores one entry. A key given twice is read differently by different
// readers, so both values stay in sight.
func (s *syntax) keep(d types.Dict, key string, v types.Object) {
	if old, twice := d[key]; twice {
		also, _ := d[duplicates].(types.Array)
		d[duplicates] = append(also, types.Dict{key: old})
	}
	d[key] = v
}

// duplicates holds the overwritten entries of a dictionary; no PDF name decodes
// to it, since names cannot hold a zero byte.
const duplicates = "\x00"

func (s *syntax) array(depth int) types.Array {
	s.pos++
	var a types.Array
	for {
		s.skipSpace()
		if s.pos >= len(s.data) {
			return a
		}
		if s.data[s.pos] == ']' {
			s.pos++
			return a
		}
		if s.data[s.pos] == '>' && s.peek(1) == '>' {
			return a // the closing bracket was forgotten
		}
		v, ok := s.value(depth + 1)
		if !ok {
			return a
		}
		a = append(a, v)
	}
}

// name reads a name and decodes its #xx (ISO 32000-1, 7.3.5).
func (s *syntax) name() string {
	s.pos++
	start := s.pos
	for s.pos < len(s.data) && isRegular(s.data[s.pos]) {
		s.pos++
	}
	return decodeName(string(s.data[start:s.pos]))
}

func decodeName(raw string) string {
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		if raw[i] == '#' && i+2 < len(raw) {
			if v, err := strconv.ParseUint(raw[i+1:i+3], 16, 8); err == nil {
				out = append(out, byte(v))
				i += 2
				continue
			}
		}
		out = append(out, raw[i])
	}
	return string(out)
}

// word reads a keyword, a number or, by looking ahead, a reference.
func (s *syntax) word() (types.Object, bool) {
	w := s.regular()
	switch string(w) {
	case "endobj", "stream", "endstream", "startxref":
		s.pos -= len(w)
		return nil, false
	}
	n, ok := integer(w)
	if !ok {
		return nil, true
	}
	back := s.pos
	s.skipSpace()
	if gen, ok := integer(s.regular()); ok {
		s.skipSpace()
		if string(s.regular()) == "R" {
			return *types.NewIndirectRef(n, gen), true
		}
	}
	s.pos = back
	return types.Integer(n), true
}

func integer(w []byte) (int, bool) {
	if len(w) == 0 || len(w) > 10 {
		return 0, false
	}
	n, err := strconv.Atoi(string(w))
	return n, err == nil
}

func (s *syntax) regular() []byte {
	start := s.pos
	for s.pos < len(s.data) && isRegular(s.data[s.pos]) {
		s.pos++
	}
	return s.data[start:s.pos]
}

func (s *syntax) peek(ahead int) byte {
	if s.pos+ahead < len(s.data) {
		return s.data[s.pos+ahead]
	}
	return 0
}

func (s *syntax) skipTo(c byte) {
	if i := bytes.IndexByte(s.data[s.pos:], c); i >= 0 {
		s.pos += i + 1
		return
	}
	s.pos = len(s.data)
}

// skipString passes a literal string with its nested parentheses.
func (s *syntax) skipString() {
	open := 0
	for ; s.pos < len(s.data); s.pos++ {
		switch s.data[s.pos] {
		case '\\':
			s.pos = min(s.pos+1, len(s.data)-1)
		case '(':
			open++
		case ')':
			if open--; open == 0 {
				s.pos++
				return
			}
		}
	}
}

// skipSpace passes white space and comments.
func (s *syntax) skipSpace() {
	for s.pos < len(s.data) {
		switch c := s.data[s.pos]; {
		case isSpace(c):
			s.pos++
		case c == '%':
			for s.pos < len(s.data) && s.data[s.pos] != '\n' && s.data[s.pos] != '\r' {
				s.pos++
			}
		default:
			return
		}
	}
}

func isSpace(c byte) bool {
	return c == 0 || c == '\t' || c == '\n' || c == '\f' || c == '\r' || c == ' '
}

func isDelimiter(c byte) bool { return bytes.IndexByte([]byte("()<>[]{}/%"), c) >= 0 }

func isRegular(c byte) bool { return !isSpace(c) && !isDelimiter(c) }

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
