package server_test

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// fragments parses what an act answers or a frame carries: a list of elements.
func fragments(t testing.TB, markup string) []*html.Node {
	t.Helper()
	nodes, err := html.ParseFragment(strings.NewReader(markup), &html.Node{Type: html.ElementNode, Data: "template", DataAtom: atom.Template})
	if err != nil {
		t.Fatalf("markup: %v", err)
	}
	var list []*html.Node
	for _, n := range nodes {
		if n.Type == html.ElementNode {
			list = append(list, n)
		}
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
	n, err := html.Parse(strings.NewReader(markup))
	if err != nil {
		t.Fatalf("page: %v", err)
	}
	return n
}

func byID(root *html.Node, id string) *html.Node {
	return first(root, func(n *html.Node) bool { return attr(n, "id") == id })
}

func first(root *html.Node, ok func(*html.Node) bool) *html.Node {
	for n := range walk(root) {
		if ok(n) {
			return n
		}
	}
	return nil
}

// walk gives every element below and including root, in order.
func walk(root *html.Node) func(func(*html.Node) bool) {
	return func(yield func(*html.Node) bool) {
		if root.Type == html.ElementNode && !yield(root) {
			return
		}
		for n := range root.Descendants() {
			if n.Type == html.ElementNode && !yield(n) {
				return
			}
		}
	}
}

func attr(n *html.Node, name string) string {
	if n == nil {
		return ""
	}
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
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
