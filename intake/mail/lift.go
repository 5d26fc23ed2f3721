package mail

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/jhillyerd/enmime/v2"
)

// liftFrom is from how many bytes on a block of base64 is lifted out of a message
// before it is parsed. The parser goes through it byte by byte, several times, which
// costs more than all the rest of taking a mail.
const liftFrom = 32 << 10

// parse parses a message. What it gives is what the parser gives, whether blocks of at
// least from bytes were lifted or not.
func parse(raw []byte, from int) (*enmime.Part, error) {
	if light, blocks := lift(raw, from); len(blocks) > 0 && affordable(light) {
		root, err := parser.ReadParts(bytes.NewReader(light))
		if err == nil && lower(root, blocks) {
			return root, nil
		}
	}
	if simple := affordable(raw); !simple {
		return nil, errComplex
	}
	root, err := parser.ReadParts(bytes.NewReader(raw))
	if err != nil {
		return nil, errHeader
	}
	return root, nil
}

// block is what was lifted: what stands for it, and what it decodes to.
type block struct{ mark, data []byte }

// lift replaces each block of base64 that fills the body of a part by a short one. One
// that is not whole, or does not decode, stays where it is.
func lift(raw []byte, from int) (light []byte, blocks []block) {
	kept := 0
	for at := 0; at < len(raw); {
		i := bytes.Index(raw[at:], []byte("\n"))
		if i < 0 {
			break
		}
		at += i + 1
		begin := at
		switch {
		case bytes.HasPrefix(raw[at:], []byte("\r\n")):
			begin += 2
		case bytes.HasPrefix(raw[at:], []byte("\n")):
			begin++
		default:
			continue
		}
		// Whatever begins within ends where this ends: nothing is looked at twice.
		end := begin + blockLength(raw[begin:])
		at = end - 1
		if end-begin < from {
			continue
		}
		data, err := decoded(raw[begin:end])
		if rest := raw[end:]; err == nil && (len(rest) == 0 || bytes.HasPrefix(rest, []byte("--"))) {
			mark := fmt.Appendf(nil, "lifted block %06d", len(blocks))
			light = append(light, raw[kept:begin]...)
			light = append(append(light, base64.StdEncoding.EncodeToString(mark)...), "\r\n"...)
			blocks, kept = append(blocks, block{mark: mark, data: data}), end
		}
	}
	return append(light, raw[kept:]...), blocks
}

// blockLength is how many bytes of lines of base64 text begins with.
func blockLength(text []byte) int {
	whole := 0
	for i, c := range text {
		switch {
		case c == '\n':
			whole = i + 1
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '+', c == '/', c == '=', c == '\r':
		default:
			return whole
		}
	}
	return whole
}

// decoded decodes lines of base64.
func decoded(lines []byte) ([]byte, error) {
	text := make([]byte, 0, len(lines))
	for line := range bytes.Lines(lines) {
		text = append(text, bytes.TrimRight(line, "\r\n")...)
	}
	n, err := base64.StdEncoding.Decode(text, text)
	return text[:n], err
}

// lower puts the blocks back; false when not each of them is a part of its own, such
// as one in a message within the message, or is a text, whose characters the parser
// converts.
func lower(root *enmime.Part, blocks []block) bool {
	lowered := 0
	var down func(p *enmime.Part)
	down = func(p *enmime.Part) {
		for ; p != nil; p = p.NextSibling {
			if n := lowered; n < len(blocks) && !strings.HasPrefix(p.ContentType, "text/") && bytes.Equal(p.Content, blocks[n].mark) {
				p.Content = blocks[n].data
				lowered++
			}
			down(p.FirstChild)
		}
	}
	down(root)
	return lowered == len(blocks)
}
