package mail

import (
	"bytes"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxPage bounds how much of a page is searched for words, in bytes: styles come first.
const maxPage = 256 << 10

// wordsOf returns what a reader of a page sees as words. Inside a line tags part
// nothing, so that a code half of which is bold stays whole.
func wordsOf(page []byte) string {
	var words strings.Builder
	z := html.NewTokenizer(bytes.NewReader(page[:min(len(page), maxPage)]))
	hidden := atom.Atom(0) // the element whose text nobody sees
	for words.Len() <= maxTyped {
		switch z.Next() {
		case html.ErrorToken: // its end, as a rule
			return words.String()
		case html.TextToken:
			if hidden == 0 {
				words.Write(z.Text())
			}
		case html.StartTagToken:
			if tag := tagOf(z); hidden == 0 && (tag == atom.Style || tag == atom.Script || tag == atom.Title) {
				hidden = tag
			} else if !inLine(tag) {
				words.WriteByte(' ')
			}
		case html.EndTagToken:
			if tag := tagOf(z); tag == hidden {
				hidden = 0
			} else if !inLine(tag) {
				words.WriteByte(' ')
			}
		case html.SelfClosingTagToken:
			words.WriteByte(' ')
		case html.CommentToken, html.DoctypeToken:
		}
	}
	return words.String()
}

func tagOf(z *html.Tokenizer) atom.Atom {
	name, _ := z.TagName()
	return atom.Lookup(name)
}

func inLine(tag atom.Atom) bool {
	return slices.Contains([]atom.Atom{atom.A, atom.B, atom.Em, atom.Font, atom.I, atom.Mark, atom.Span, atom.Strong, atom.U, atom.Wbr}, tag)
}
