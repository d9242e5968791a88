package live

import "context"

// Bus carries messages between the instances of the program, at most once and
// in no promised order.
type Bus interface {
	// Publish sends m to every instance that watches m.Topic, this one included.
	// It never blocks and never fails the caller: what cannot be sent is dropped
	// and counted.
	Publish(m Message)

	// Watch asks for the messages of a topic, Unwatch ends that. Both return at
	// once; gap is called when a new watch has become effective late.
	Watch(topic string)
	Unwatch(topic string)

	// Start begins to call deliver for each message of a watched topic, and gap
	// whenever messages may have been missed. Neither may block. It returns at
	// once, an unreachable server is no error. Deliveries end with ctx.
	Start(ctx context.Context, deliver func(Message), gap func()) error

	// Ready returns nil when the bus can carry messages now.
	Ready(ctx context.Context) error

	// Stats returns what the bus has done so far.
	Stats() BusStats

	// Close ends the bus, after a short try to send what still waits.
	Close() error
}

// BusStats is what a bus has done since it was made.
type BusStats struct {
	Published int64 // messages sent
	Dropped   int64 // messages not even tried, because too many waited
	Failed    int64 // messages lost because the server did not take them
	Received  int64 // messages delivered
	Gaps      int64 // times that messages may have been missed
}

// outbox is how many messages wait to be sent, or to be delivered, before more
// are dropped.
const outbox = 1024
