package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"text/tabwriter"
)

// figure is one measured quantity over several repetitions.
type figure struct {
	Name    string    `json:"figure"`
	Unit    string    `json:"unit"`
	Target  *float64  `json:"target,omitempty"` // none: told, not judged
	Bound   *float64  `json:"bound,omitempty"`  // beyond the target, and still not missed
	AtLeast bool      `json:"at_least,omitempty"`
	Values  []float64 `json:"values"`
}

// figures in the order in which they were first added.
type figures []*figure

func (f *figures) add(name, unit string, value float64) *figure {
	for _, x := range *f {
		if x.Name == name {
			x.Values = append(x.Values, value)
			return x
		}
	}
	x := &figure{Name: name, Unit: unit, Values: []float64{value}}
	*f = append(*f, x)
	return x
}

func (f *figure) atMost(target float64)  { f.Target, f.AtLeast = &target, false }
func (f *figure) atLeast(target float64) { f.Target, f.AtLeast = &target, true }

// within asks for at most target, and lets up to bound pass.
func (f *figure) within(target, bound float64) {
	f.atMost(target)
	f.Bound = &bound
}

func (f *figure) median() float64 {
	s := slices.Sorted(slices.Values(f.Values))
	n := len(s)
	if n%2 == 1 {
		return s[n/2]
	}
	return (s[n/2-1] + s[n/2]) / 2
}

func (f *figure) met() bool {
	switch {
	case f.Target == nil:
		return true
	case f.AtLeast:
		return f.median() >= *f.Target
	case f.Bound != nil:
		return f.median() <= *f.Bound
	}
	return f.median() <= *f.Target
}

// short writes a value with as many digits as one reads.
func short(v float64) string {
	if v >= 100 || v == float64(int(v)) {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'f', 1, 64)
}

func (f figures) print(out io.Writer) {
	t := tabwriter.NewWriter(out, 2, 8, 2, ' ', 0)
	fmt.Fprintln(t, "figure\ttarget\tmedian\tmin–max\t")
	for _, x := range f {
		target, ok := "", ""
		if x.Target != nil {
			target, ok = "≤ "+short(*x.Target), "ok"
			if x.AtLeast {
				target = "≥ " + short(*x.Target)
			}
			if x.Bound != nil {
				target += " (" + short(*x.Bound) + ")"
			}
			switch {
			case !x.met():
				ok = "MISSED"
			case x.Bound != nil && x.median() > *x.Target:
				ok = "within the bound"
			}
		}
		fmt.Fprintf(t, "%s\t%s\t%s %s\t%s–%s\t%s\n", x.Name, target, short(x.median()), x.Unit, short(slices.Min(x.Values)), short(slices.Max(x.Values)), ok)
	}
	_ = t.Flush()
}

// missed names the figures that miss their targets.
func (f figures) missed() []string {
	var names []string
	for _, x := range f {
		if !x.met() {
			names = append(names, x.Name)
		}
	}
	return names
}
