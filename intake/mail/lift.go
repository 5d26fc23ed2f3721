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
// least from bytes were lifted or not. Coded are the lines of those that were.
func parse(raw []byte, from int) (root *enmime.Part, coded map[*enmime.Part][]byte, err error) {
	if light, blocks := lift(raw, from); len(blocks) > 0 && affordable(light) {
		root, err := parser.ReadParts(bytes.NewReader(light))
		if err == nil {
			if coded, ok := lower(root, blocks); ok {
				return root, coded, nil
			}
		}
	}
	if simple := affordable(raw); !simple {
		return nil, nil, errComplex
	}
	if root, err = parser.ReadParts(bytes.NewReader(raw)); err != nil {
		return nil, nil, errHeader
	}
	return root, nil, nil
}

// block is what was lifted: what stands for it, its lines, and what they decode to.
type block struct{ mark, coded, data []byte }

// lift replaces each block of base64 that fills the body of a part by a short one. One
// that is not whole, or does not decode, stays where it is.
func lift(raw []byte, from int) (light []byte, blocks []block) {
	kept := 0
	for at := 0; at < len(raw); {
		i := bytes.IndexByte(raw[at:], '\n')
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
		coded := raw[begin:end]
		data, err := decoded(coded)
		if rest := raw[end:]; err == nil && (len(rest) == 0 || bytes.HasPrefix(rest, []byte("--"))) {
			mark := fmt.Appendf(nil, "lifted block %06d", len(blocks))
			light = append(light, raw[kept:begin]...)
			light = append(append(light, base64.StdEncoding.EncodeToString(mark)...), "\r\n"...)
			blocks, kept = append(blocks, block{mark: mark, coded: coded, data: data}), end
		}
	}
	return append(light, raw[kept:]...), blocks
}

// inBlock marks the characters of lines of base64.
var inBlock = func() (is [256]uint8) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n") {
		is[c] = 1
	}
	return is
}()

// blockLength is how many bytes of lines of base64 text begins with.
func blockLength(text []byte) int {
	n := 0
	for ; n+8 <= len(text); n += 8 {
		t := text[n : n+8 : n+8]
		if inBlock[t[0]]&inBlock[t[1]]&inBlock[t[2]]&inBlock[t[3]]&inBlock[t[4]]&inBlock[t[5]]&inBlock[t[6]]&inBlock[t[7]] == 0 {
			break
		}
	}
	for n < len(text) && inBlock[text[n]] != 0 {
		n++
	}
	return bytes.LastIndexByte(text[:n], '\n') + 1
}

// decoded decodes lines of base64; the decoder passes over their ends.
func decoded(lines []byte) ([]byte, error) {
	data := make([]byte, base64.StdEncoding.DecodedLen(len(lines)))
	n, err := base64.StdEncoding.Decode(data, lines)
	return data[:n], err
}

// lower puts the blocks back, and says which lines each part had; false when not each
// of them is a part of its own, such as one in a message within the message, or is a
// text, whose characters the parser converts.
func lower(root *enmime.Part, blocks []block) (map[*enmime.Part][]byte, bool) {
	coded := map[*enmime.Part][]byte{}
	var down func(p *enmime.Part)
	down = func(p *enmime.Part) {
		for ; p != nil; p = p.NextSibling {
			if n := len(coded); n < len(blocks) && !strings.HasPrefix(p.ContentType, "text/") && bytes.Equal(p.Content, blocks[n].mark) {
				p.Content, coded[p] = blocks[n].data, blocks[n].coded
			}
			down(p.FirstChild)
		}
	}
	down(root)
	return coded, len(coded) == len(blocks)
}
