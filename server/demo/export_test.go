package demo

import "time"

// Jump makes a simulation set the clock instead of waiting for it: as fast as
// the machine is, and the same on a slow one.
func Jump(o SimOptions, set func(time.Time)) SimOptions {
	o.jump = set
	return o
}
