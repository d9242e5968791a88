package pagetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"

	"huiwu/server/domain"
)

// Page is a page as a browser keeps it: fetched, then changed by what is pushed
// and answered, by the rules of static/js/apply.js. One goroutine at a time.
type Page struct {
	View   string
	Topics []Topic
	Stale  bool // has to be fetched again

	Applied, Inserted int // elements, for the record

	main *html.Node
	ids  map[string]*html.Node // of main: looked up thousands of times
	gone map[string]int64
}

// Topic is what the page watches, and how far it has seen.
type Topic struct {
	Topic string `json:"topic"`
	Seq   int64  `json:"seq"`
}

// Load takes over the page as the server sent it. What was seen stays seen.
func (p *Page) Load(markup string) error {
	fresh, err := read(markup)
	if err != nil {
		return err
	}
	for k, t := range fresh.Topics {
		fresh.Topics[k].Seq = max(t.Seq, p.Seq(t.Topic))
	}
	p.View, p.Topics, p.Stale, p.main, p.ids = fresh.View, fresh.Topics, false, fresh.main, map[string]*html.Node{}
	p.note(p.main)
	return nil
}

func read(markup string) (*Page, error) {
	doc, err := Parse(markup)
	if err != nil {
		return nil, err
	}
	p := &Page{main: ByID(doc, "main")}
	body := First(doc, func(n *html.Node) bool { return n.Data == "body" })
	if p.main == nil || body == nil {
		return nil, errors.New("no page of ours")
	}
	p.View = Attr(body, "data-view")
	if topics := Attr(body, "data-topics"); topics != "" {
		if err := json.Unmarshal([]byte(topics), &p.Topics); err != nil {
			return nil, fmt.Errorf("data-topics: %w", err)
		}
	}
	return p, nil
}

// Seq is how far the page has seen a topic.
func (p *Page) Seq(topic string) int64 {
	for _, t := range p.Topics {
		if t.Topic == topic {
			return t.Seq
		}
	}
	return 0
}

// Saw notes the last change of a topic that is in the page.
func (p *Page) Saw(topic string, seq int64) {
	for k := range p.Topics {
		if p.Topics[k].Topic == topic {
			p.Topics[k].Seq = max(p.Topics[k].Seq, seq)
		}
	}
}

// Watches tells whether both pages watch the same topics, in the same order.
func (p *Page) Watches(topics []Topic) bool {
	return slices.EqualFunc(p.Topics, topics, func(a, b Topic) bool { return a.Topic == b.Topic })
}

// Apply takes markup that was pushed or answered.
func (p *Page) Apply(markup string) error {
	roots, err := Fragments(markup)
	for _, root := range roots {
		p.Applied++
		p.place(root)
	}
	return err
}

func (p *Page) note(root *html.Node) {
	for n := range Walk(root) {
		if id := Attr(n, "id"); id != "" && p.ids[id] == nil {
			p.ids[id] = n
		}
	}
}

func (p *Page) forget(root *html.Node) {
	for n := range Walk(root) {
		if id := Attr(n, "id"); p.ids[id] == n {
			delete(p.ids, id)
		}
	}
}

func seqOf(n *html.Node) int64 {
	seq, err := strconv.ParseInt(Attr(n, "data-seq"), 10, 64)
	if err != nil {
		return 1 << 62
	}
	return seq
}

func (p *Page) place(root *html.Node) {
	if Has(root, "data-refetch") {
		p.Stale = true
		return
	}
	id := Attr(root, "id")
	if id == "" {
		return
	}
	present := p.ids[id]
	if present != nil && Has(present, "data-seq") && seqOf(root) < seqOf(present) {
		return
	}
	switch {
	case Has(root, "data-gone"):
		if Has(root, "data-seq") {
			if p.gone == nil {
				p.gone = map[string]int64{}
			}
			p.gone[id] = seqOf(root)
		}
		if present != nil {
			p.forget(present)
			present.Parent.RemoveChild(present)
		}
	case present != nil:
		list, order := Attr(present, "data-list"), Attr(present, "data-order")
		present.Parent.InsertBefore(root, present)
		present.Parent.RemoveChild(present)
		p.forget(present)
		p.note(root)
		if Attr(root, "data-list") != list || Attr(root, "data-order") != order {
			p.insert(root)
		}
	default:
		if gone, ok := p.gone[id]; !ok || seqOf(root) > gone {
			p.insert(root)
		}
	}
}

func (p *Page) insert(el *html.Node) {
	list := p.ids[Attr(el, "data-list")]
	if Attr(el, "data-list") == "" || list == nil {
		p.Stale = p.Stale || Has(el, "data-or-refetch")
		return
	}
	sign := 1.0
	if Attr(list, "data-dir") == "desc" {
		sign = -1
	}
	order, _ := strconv.ParseFloat(Attr(el, "data-order"), 64)
	if el.Parent != nil {
		el.Parent.RemoveChild(el)
	}
	var next *html.Node
	for row := range list.ChildNodes() {
		if row.Type != html.ElementNode {
			continue
		}
		if n, _ := strconv.ParseFloat(Attr(row, "data-order"), 64); sign*(n-order) > 0 {
			next = row
			break
		}
	}
	list.InsertBefore(el, next)
	p.note(el)
	p.Inserted++
}

// Differences says where the page differs from the server's, "" when nowhere.
// What the clock alone changes is left out.
func (p *Page) Differences(markup string) (string, error) {
	fresh, err := read(markup)
	if err != nil {
		return "", err
	}
	want, have := elements(fresh.main), elements(p.main)
	var b strings.Builder
	for id, w := range want {
		if h, ok := have[id]; !ok {
			fmt.Fprintf(&b, "lacks %s\n", id)
		} else if h != w {
			fmt.Fprintf(&b, "%s is\n%s", id, diff(h, w))
		}
	}
	for id := range have {
		if _, ok := want[id]; !ok {
			fmt.Fprintf(&b, "still has %s\n", id)
		}
	}
	for _, t := range fresh.Topics {
		if seq := p.Seq(t.Topic); seq != t.Seq {
			fmt.Fprintf(&b, "has seen %s up to %d of %d\n", t.Topic, seq, t.Seq)
		}
	}
	return b.String(), nil
}

// Element is the markup of the element with the id, as Differences compares it; "" where there is none.
func (p *Page) Element(id string) string { return elements(p.main)[id] }

// elements are all elements with an id, each as text: its own markup, with
// elements that have an id themselves as their id only.
func elements(main *html.Node) map[string]string {
	all := map[string]string{}
	for n := range Walk(main) {
		if id := Attr(n, "id"); id != "" && !slices.ContainsFunc(slices.Collect(n.Ancestors()), unwatched) && !unwatched(n) {
			var b strings.Builder
			write(&b, n, true)
			all[id] = b.String()
		}
	}
	return all
}

// unwatched is what the server does not push: what the page counts by itself, what a person may be choosing, parties
// whose last guest has gone, figures that lead to another page, which has them live, and collisions with other events,
// which do not tell this one when they move: the calendar does.
func unwatched(n *html.Node) bool {
	class := strings.Fields(Attr(n, "class"))
	switch {
	case Has(n, "data-clock"), Has(n, "data-sum"), Has(n, "data-cars"), n.Data == "option":
		return true
	case slices.Contains(class, "collisions"):
		return true
	case slices.Contains(class, "party"):
		return emptyParty(n)
	case slices.Contains(class, "num"):
		parent := strings.Fields(Attr(n.Parent, "class"))
		return slices.Contains(parent, "party-name") || slices.Contains(parent, "tile")
	}
	return false
}

func emptyParty(n *html.Node) bool {
	return First(n, func(n *html.Node) bool { return Has(n, "data-position") }) == nil
}

// sums are elements that say how far the topic had come when they were rendered: nothing else differs.
var sums = []string{"inv-totals-", "gauge-", "event-sums-", "tally-", "rings-", "stars-", "head-", "feed-", "places-", "counts-", "attendance-", "card-", "timeline-", "functions-", "agenda-", "track-", "kickoffs-"}

func write(b *strings.Builder, n *html.Node, root bool) {
	switch n.Type {
	case html.TextNode:
		if t := strings.Join(strings.Fields(n.Data), " "); t != "" {
			b.WriteString(t + "\n")
		}
		return
	case html.ElementNode:
	default:
		return
	}
	if unwatched(n) {
		return
	}
	id := Attr(n, "id")
	if id != "" && !root {
		fmt.Fprintf(b, "<#%s>\n", id)
		return
	}
	attrs := slices.Clone(n.Attr)
	slices.SortFunc(attrs, func(x, y html.Attribute) int { return strings.Compare(x.Key, y.Key) })
	b.WriteString("<" + n.Data)
	for _, a := range attrs {
		switch {
		case a.Key == "open", a.Key == "data-seq" && slices.ContainsFunc(sums, func(s string) bool { return strings.HasPrefix(id, s) }):
			continue
		case a.Key == "data-state" && (a.Val == domain.StateNotDue || a.Val == domain.StateDue || a.Val == domain.StateLate):
			a.Val = "open"
		}
		fmt.Fprintf(b, " %s=%q", a.Key, a.Val)
	}
	b.WriteString(">\n")
	if Has(n, "data-countdown") {
		return
	}
	for c := range n.ChildNodes() {
		write(b, c, false)
	}
}

// diff shows the lines that differ.
func diff(have, want string) string {
	h, w := strings.Split(have, "\n"), strings.Split(want, "\n")
	var b strings.Builder
	for _, l := range h {
		if !slices.Contains(w, l) {
			b.WriteString("  - " + l + "\n")
		}
	}
	for _, l := range w {
		if !slices.Contains(h, l) {
			b.WriteString("  + " + l + "\n")
		}
	}
	if b.Len() == 0 {
		return "  in another order\n  - " + strings.Join(h, " ") + "\n  + " + strings.Join(w, " ") + "\n"
	}
	return b.String()
}
