package views

import (
	"fmt"
	"strings"
)

// QR is a drawn code: Path covers the dark fields of a square with Size units,
// the quiet zone around them included.
type QR struct {
	Size int
	Path string
}

// quiet is the white margin that readers need, in fields.
const quiet = 4

// NewQR joins the dark fields of each line into runs.
func NewQR(size int, dark func(x, y int) bool) QR {
	var b strings.Builder
	for y := range size {
		for x := 0; x < size; x++ {
			run := 0
			for x+run < size && dark(x+run, y) {
				run++
			}
			if run > 0 {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x+quiet, y+quiet, run, run)
				x += run
			}
		}
	}
	return QR{Size: size + 2*quiet, Path: b.String()}
}

func (q QR) box() string { return fmt.Sprintf("0 0 %d %d", q.Size, q.Size) }
