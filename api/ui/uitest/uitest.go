// Package uitest checks pages in tests: that they are well-formed, that the
// basics of accessibility hold (WCAG 2.1 AA, E1), that nothing in them breaks
// the content policy, and that every text is there.
//
// It is for tests alone and must not be imported by the program.
package uitest

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Check reports everything that is wrong with a page.
func Check(t testing.TB, name, page string) {
	t.Helper()
	for _, wrong := range Faults(page) {
		t.Errorf("%s: %s", name, wrong)
	}
}

// Faults lists what is wrong with a page; nil: nothing was found.
func Faults(page string) []string {
	faults := nesting(page)
	doc, err := html.ParseWithOptions(strings.NewReader(page), html.ParseOptionEnableScripting(false))
	if err != nil {
		return append(faults, err.Error())
	}
	c := &checker{faults: faults, ids: map[string]int{}, counts: map[string]int{}, labels: map[string]bool{}}
	c.walk(doc, c.collect)
	c.walk(doc, c.element)
	c.whole()
	return c.faults
}

// void are the elements without an end tag.
func void(name string) bool {
	return slices.Contains([]string{"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}, name)
}

// nesting compares start and end tags, which the parser would silently mend.
func nesting(page string) []string {
	var open, faults []string
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if z.Err() != io.EOF { //nolint:errorlint // the tokenizer returns io.EOF itself
				faults = append(faults, z.Err().Error())
			}
			if len(open) > 0 {
				faults = append(faults, fmt.Sprintf("never closed: %v", open))
			}
			return faults
		case html.StartTagToken:
			if name, _ := z.TagName(); !void(string(name)) {
				open = append(open, string(name))
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			if len(open) == 0 || open[len(open)-1] != string(name) {
				return append(faults, fmt.Sprintf("</%s> closes %v", name, open))
			}
			open = open[:len(open)-1]
		case html.TextToken, html.SelfClosingTagToken, html.CommentToken, html.DoctypeToken:
		}
	}
}

type checker struct {
	faults []string
	ids    map[string]int
	counts map[string]int
	labels map[string]bool
	level  int
}

func (c *checker) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...))
}

func (c *checker) walk(n *html.Node, visit func(*html.Node)) {
	visit(n)
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		c.walk(child, visit)
	}
}

// collect notes ids, labels and counts before anything is compared with them.
func (c *checker) collect(n *html.Node) {
	if n.Type != html.ElementNode {
		return
	}
	c.counts[n.Data]++
	if id := attr(n, "id"); id != "" {
		c.ids[id]++
	}
	if n.Data == "label" {
		c.labels[attr(n, "for")] = true
	}
}

var (
	missingText = regexp.MustCompile(`\b(ui|error|finding|state|submission|reason|language)\.[a-z_]+[a-z_.]*`)
	unfilled    = regexp.MustCompile(`\{[a-z_]+(\|bytes)?\}`)
)

func (c *checker) element(n *html.Node) {
	if n.Type == html.TextNode {
		c.text(n.Data)
	}
	if n.Type != html.ElementNode {
		return
	}
	for _, a := range n.Attr {
		c.attribute(n, a)
	}
	switch n.Data {
	case "html":
		if attr(n, "lang") == "" {
			c.fault("html has no lang")
		}
	case "style":
		c.fault("inline style sheet")
	case "script":
		if attr(n, "src") == "" {
			c.fault("inline script")
		}
	case "img":
		if !has(n, "alt") {
			c.fault("img %q has no alt", attr(n, "src"))
		}
	case "input", "select", "textarea", "progress":
		c.field(n)
	case "a", "button", "summary", "th", "legend", "title", "label", "option":
		if strings.TrimSpace(text(n)) == "" && attr(n, "aria-label") == "" {
			c.fault("<%s> says nothing", n.Data)
		}
	case "form":
		c.form(n)
	case "h1", "h2", "h3", "h4", "h5", "h6":
		c.heading(n)
	}
}

func (c *checker) text(s string) {
	if m := missingText.FindString(s); m != "" {
		c.fault("text %q is missing", m)
	}
	if m := unfilled.FindString(s); m != "" {
		c.fault("placeholder %s is not filled", m)
	}
}

func (c *checker) attribute(n *html.Node, a html.Attribute) {
	switch {
	case a.Key == "style" || strings.HasPrefix(a.Key, "on"):
		c.fault("<%s> has the inline attribute %s", n.Data, a.Key)
	case a.Key == "aria-describedby" || a.Key == "aria-labelledby":
		for _, id := range strings.Fields(a.Val) {
			if c.ids[id] == 0 {
				c.fault("%s names #%s, which is not there", a.Key, id)
			}
		}
	case a.Key == "for" && c.ids[a.Val] == 0, a.Key == "href" && strings.HasPrefix(a.Val, "#") && c.ids[a.Val[1:]] == 0:
		c.fault("%s names %s, which is not there", a.Key, a.Val)
	case a.Key == "aria-label" || a.Key == "alt" || strings.HasPrefix(a.Key, "data-"):
		c.text(a.Val)
	}
}

func (c *checker) field(n *html.Node) {
	if attr(n, "type") == "hidden" {
		return
	}
	if !c.labels[attr(n, "id")] && attr(n, "aria-label") == "" {
		c.fault("field %q has no label", attr(n, "name"))
	}
}

// form wants the token first in every form that writes.
func (c *checker) form(n *html.Node) {
	if attr(n, "method") != "post" {
		return
	}
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		if child.Type == html.ElementNode {
			if child.Data != "input" || attr(child, "name") != "csrf" || attr(child, "value") == "" {
				c.fault("form %q does not begin with its token", attr(n, "action"))
			}
			return
		}
	}
}

func (c *checker) heading(n *html.Node) {
	level := int(n.Data[1] - '0')
	if level > c.level+1 {
		c.fault("<%s> %q follows level %d", n.Data, text(n), c.level)
	}
	c.level = level
}

func (c *checker) whole() {
	for id, n := range c.ids {
		if n > 1 {
			c.fault("id %q stands %d times", id, n)
		}
	}
	for _, once := range []string{"h1", "main", "title", "header", "footer"} {
		if c.counts[once] != 1 {
			c.fault("%d times <%s>", c.counts[once], once)
		}
	}
}

func has(n *html.Node, key string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// text is what a node says to a screen reader: its text and its images' alternatives.
func text(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	if n.Data == "img" {
		return attr(n, "alt")
	}
	var b strings.Builder
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		b.WriteString(text(child))
	}
	return b.String()
}
