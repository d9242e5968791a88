package main

import (
	"slices"
	"time"
)

// verdict is what a crowd saw of a number of acts.
type verdict struct {
	Pairs   int   `json:"pairs"`   // acts × sockets that were shown
	Lost    int   `json:"lost"`    // acts × sockets that never were
	Doubled int   `json:"doubled"` // the same changes shown a second time
	Stale   int   `json:"stale"`   // a frame older than what the socket had
	Aside   int   `json:"aside"`   // a row older than the one shown, in a newer frame: the page leaves it aside (apply.js)
	Wrong   int   `json:"wrong"`   // a row whose state is not what its act made
	Frames  int   `json:"frames"`  // frames received
	Again   int   `json:"again"`   // acts × sockets that a page shows which was told to fetch itself again
	all     spans // request start → frame, every act at every socket
	slowest spans // the same, of each act's last socket only
}

// judge compares what each phone was sent with what was done. A row that
// carries an act's seq, or a later one, shows that act.
func judge(acts []act, crowd []*phone) *verdict {
	v := new(verdict)
	byEvent := map[string]map[string][]int{} // event → item → acts by seq
	order := make([]int, len(acts))
	for k := range acts {
		order[k] = k
	}
	slices.SortFunc(order, func(a, b int) int { return int(acts[a].seq - acts[b].seq) })
	for _, k := range order {
		byItem := byEvent[acts[k].event]
		if byItem == nil {
			byItem = map[string][]int{}
			byEvent[acts[k].event] = byItem
		}
		byItem[acts[k].item] = append(byItem[acts[k].item], k)
	}
	last := make([]time.Duration, len(acts))
	for _, p := range crowd {
		v.phone(acts, byEvent[p.event], p, last)
	}
	for k := range acts {
		if last[k] > 0 {
			v.slowest = append(v.slowest, last[k])
		}
	}
	v.all.sort()
	v.slowest.sort()
	return v
}

// phone judges one socket.
func (v *verdict) phone(acts []act, byItem map[string][]int, p *phone, last []time.Duration) {
	shown := map[string]int64{} // item → seq of its row
	next := map[string]int{}    // item → the first of its acts not shown yet
	var at int64
	for _, a := range p.seen {
		v.Frames++
		switch {
		case a.frame.seq < at:
			v.Stale++
		case a.frame.seq == at && len(a.frame.rows) > 0:
			v.Doubled++
		}
		at = max(at, a.frame.seq)
		if a.frame.reset {
			v.again(acts, byItem, next, at)
		}
		for _, r := range a.frame.rows {
			// What a page missed is rendered when it comes back, and may show more than the round that is on its way to all.
			if r.seq < shown[r.item] {
				v.Aside++
				continue
			}
			shown[r.item] = r.seq
			list := byItem[r.item]
			for next[r.item] < len(list) && acts[list[next[r.item]]].seq <= r.seq {
				k := list[next[r.item]]
				next[r.item]++
				v.Pairs++
				if took := max(a.at-acts[k].start, 0); !acts[k].unseen {
					v.all = append(v.all, took)
					last[k] = max(last[k], took)
				}
				if acts[k].seq == r.seq && !slices.Contains(acts[k].states, r.state) {
					v.Wrong++
				}
			}
		}
	}
	for item, list := range byItem {
		v.Lost += len(list) - next[item]
	}
}

// again passes over what the page shows that is fetched now.
func (v *verdict) again(acts []act, byItem map[string][]int, next map[string]int, seq int64) {
	for item, list := range byItem {
		for next[item] < len(list) && acts[list[next[item]]].seq <= seq {
			next[item]++
			v.Again++
		}
	}
}

// spans are durations; sorted before they are asked.
type spans []time.Duration

func (s spans) sort() { slices.Sort(s) }

// at is the q-th quantile: the smallest value that q of all do not exceed.
func (s spans) at(q float64) time.Duration {
	if len(s) == 0 {
		return 0
	}
	k := int(q*float64(len(s))+0.9999999) - 1
	return s[min(max(k, 0), len(s)-1)]
}

// quantiles are spans as a report shows them, in milliseconds.
type quantiles struct {
	P50 float64 `json:"p50"`
	P90 float64 `json:"p90"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

func (s spans) quantiles() quantiles {
	return quantiles{ms(s.at(0.5)), ms(s.at(0.9)), ms(s.at(0.99)), ms(s.at(1))}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
