package main

import (
	"sync"
	"time"

	"vestibule/agent/link"
	"vestibule/shared/wire"
)

// probe times beats: from when one left, whose number the cloud echoes, to its answer. The link counts in whole milliseconds from its start.
type probe struct {
	mu    sync.Mutex
	start time.Time
	took  []float64 // milliseconds
}

var _ link.Part = (*probe)(nil)

// Opened begins a session.
func (p *probe) Opened(link.Session, wire.Welcome) {}

// Closed ends it.
func (p *probe) Closed() {}

// Received takes an answer to a beat.
func (p *probe) Received(e wire.Envelope) {
	if e.Kind != wire.KindBeatAck {
		return
	}
	b, err := wire.Body[wire.BeatAck](e)
	if err != nil {
		return
	}
	took := milliseconds(time.Since(p.start)) - float64(b.EchoMilli)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.took = append(p.took, took)
}

// taken gives the times since the last call and forgets them.
func (p *probe) taken() []float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := p.took
	p.took = nil
	return out
}
