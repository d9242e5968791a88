package server_test

import (
	"strings"
	"testing"

	"golang.org/x/net/html"

	"huiwu/server/pagetest"
)

// Short names: half of these tests are about elements.
var (
	byID  = pagetest.ByID
	first = pagetest.First
	walk  = pagetest.Walk
	attr  = pagetest.Attr
	has   = pagetest.Has
)

// fragments parses what an act answers or a frame carries: a list of elements.
func fragments(t testing.TB, markup string) []*html.Node {
	t.Helper()
	list, err := pagetest.Fragments(markup)
	if err != nil {
		t.Fatalf("markup: %v", err)
	}
	return list
}

// element finds the element of that id in markup, nil when it is not there.
func element(t testing.TB, markup, id string) *html.Node {
	t.Helper()
	if !strings.Contains(markup, id) {
		return nil
	}
	for _, root := range fragments(t, markup) {
		if n := byID(root, id); n != nil {
			return n
		}
	}
	return nil
}

// pageOf parses a full page.
func pageOf(t testing.TB, markup string) *html.Node {
	t.Helper()
	n, err := pagetest.Parse(markup)
	if err != nil {
		t.Fatalf("page: %v", err)
	}
	return n
}

// text is the words of an element.
func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
