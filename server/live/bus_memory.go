package live

import (
	"context"
	"sync"
	"sync/atomic"
)

// MemoryBroker joins the buses of several hubs in one process.
type MemoryBroker struct {
	mu    sync.RWMutex
	buses map[*MemoryBus]struct{}
}

// NewMemoryBroker returns a broker without buses.
func NewMemoryBroker() *MemoryBroker {
	return &MemoryBroker{buses: make(map[*MemoryBus]struct{})}
}

// Bus returns a new bus that hears what all buses of the broker publish.
func (b *MemoryBroker) Bus() *MemoryBus {
	bus := &MemoryBus{
		broker:  b,
		inbox:   make(chan Message, outbox),
		lost:    make(chan struct{}, 1),
		done:    make(chan struct{}),
		watched: make(map[string]struct{}),
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.buses[bus] = struct{}{}
	return bus
}

// MemoryBus is the bus of a program that runs as one instance.
type MemoryBus struct {
	broker *MemoryBroker
	inbox  chan Message
	lost   chan struct{} // the inbox was full
	done   chan struct{}
	close  sync.Once
	work   sync.WaitGroup

	mu      sync.RWMutex
	watched map[string]struct{}

	published, dropped, received, gaps atomic.Int64
}

// NewMemoryBus returns a bus that hears itself only.
func NewMemoryBus() *MemoryBus { return NewMemoryBroker().Bus() }

// Publish implements Bus.
func (b *MemoryBus) Publish(m Message) {
	b.published.Add(1)
	b.broker.mu.RLock()
	defer b.broker.mu.RUnlock()
	for bus := range b.broker.buses {
		if bus.watches(m.Topic) {
			bus.receive(m)
		}
	}
}

func (b *MemoryBus) receive(m Message) {
	select {
	case b.inbox <- m:
	default:
		b.dropped.Add(1)
		select {
		case b.lost <- struct{}{}:
		default:
		}
	}
}

// Watch implements Bus.
func (b *MemoryBus) Watch(topic string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.watched[topic] = struct{}{}
}

// Unwatch implements Bus.
func (b *MemoryBus) Unwatch(topic string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.watched, topic)
}

func (b *MemoryBus) watches(topic string) bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	_, ok := b.watched[topic]
	return ok || topic == topicControl
}

// Start implements Bus.
func (b *MemoryBus) Start(ctx context.Context, deliver func(Message), gap func()) error {
	b.work.Go(func() {
		for {
			select {
			case m := <-b.inbox:
				if b.watches(m.Topic) {
					b.received.Add(1)
					deliver(m)
				}
			case <-b.lost:
				b.gaps.Add(1)
				gap()
			case <-ctx.Done():
				return
			case <-b.done:
				return
			}
		}
	})
	return nil
}

// Ready implements Bus.
func (b *MemoryBus) Ready(context.Context) error { return nil }

// Stats implements Bus.
func (b *MemoryBus) Stats() BusStats {
	return BusStats{
		Published: b.published.Load(),
		Dropped:   b.dropped.Load(),
		Received:  b.received.Load(),
		Gaps:      b.gaps.Load(),
	}
}

// Close implements Bus.
func (b *MemoryBus) Close() error {
	b.close.Do(func() {
		b.broker.mu.Lock()
		delete(b.broker.buses, b)
		b.broker.mu.Unlock()
		close(b.done)
	})
	b.work.Wait()
	return nil
}
