package live

import "os"

// breath lets others have their turn in the middle of long work. Go asks the
// network for news only when nothing else can run, and whoever calls
// runtime.Gosched can: on one processor an act with ten questions to the database
// would wait for the end of each round of a frame to thousands. This waits for
// news itself, of a byte on its way.
type breath struct{ r, w *os.File }

// breathEvery is after how many sockets, about a millisecond's work.
const breathEvery = 128

func newBreath() *breath {
	r, w, err := os.Pipe()
	if err != nil {
		return nil // out of files: others wait a little longer
	}
	return &breath{r, w}
}

// take returns after everybody who can run, or has heard from the network, has run.
func (b *breath) take() {
	if b == nil {
		return
	}
	go func() { _, _ = b.w.Write([]byte{0}) }() // runs when the read below waits
	_, _ = b.r.Read(make([]byte, 1))
}

func (b *breath) close() {
	if b != nil {
		_, _ = b.w.Close(), b.r.Close()
	}
}
