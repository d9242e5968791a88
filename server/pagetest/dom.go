// Package pagetest is a browser for tests without a browser: it keeps a page as
// static/js/apply.js does and says where it differs from a fresh one.
package pagetest

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Parse parses a full page.
func Parse(markup string) (*html.Node, error) { return html.Parse(strings.NewReader(markup)) }

// Fragments parses what an act answers or a frame carries: a list of elements.
func Fragments(markup string) ([]*html.Node, error) {
	nodes, err := html.ParseFragment(strings.NewReader(markup), &html.Node{Type: html.ElementNode, Data: "template", DataAtom: atom.Template})
	if err != nil {
		return nil, err
	}
	var list []*html.Node
	for _, n := range nodes {
		if n.Type == html.ElementNode {
			list = append(list, n)
		}
	}
	return list, nil
}

// ByID finds the element of that id, nil when it is not there.
func ByID(root *html.Node, id string) *html.Node {
	return First(root, func(n *html.Node) bool { return Attr(n, "id") == id })
}

// First finds the first element that is ok.
func First(root *html.Node, ok func(*html.Node) bool) *html.Node {
	for n := range Walk(root) {
		if ok(n) {
			return n
		}
	}
	return nil
}

// Walk gives every element below and including root, in order.
func Walk(root *html.Node) func(func(*html.Node) bool) {
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

// Attr is an attribute's value, "" where there is none.
func Attr(n *html.Node, name string) string {
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

// Has tells whether an attribute is there.
func Has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}
