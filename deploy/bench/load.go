package main

import (
	"context"
	"math"
	"sync/atomic"
	"time"

	"vestibule/deploy/measure"
)

// inTime is how long an answer may take: RFC 3261 section 17.1.1.2 repeats an INVITE after it.
const inTime = 500 * time.Millisecond

// load is everything that rings and is rung: the same for each peer.
type load struct {
	lines   []*line
	pending atomic.Int64
}

// serve begins to answer.
func (h *load) serve() {
	for _, l := range h.lines {
		for _, p := range []*phone{l.panel, l.first.phone, l.second.phone} {
			_ = p.conn.SetReadDeadline(time.Time{})
			_ = p.conn.SetReadBuffer(1 << 20)
		}
		go l.serve()
		go l.first.serve()
		go l.second.serve()
	}
}

func (h *load) close() {
	for _, l := range h.lines {
		for _, p := range []*phone{l.panel, l.first.phone, l.second.phone} {
			_ = p.conn.Close()
		}
	}
}

// run makes n calls at a rate, on each line in turn, whether or not earlier ones are over, and waits until all are or patience ends. behind
// says that the load itself could not be made so fast.
func (h *load) run(ctx context.Context, by way, rate float64, n int, patience time.Duration) (rings []*ring, behind bool, err error) {
	rings = make([]*ring, 0, n)
	began := time.Now()
	stop := make(chan struct{})
	defer close(stop)
	go h.repeat(stop)
	for i := range n {
		due := began.Add(time.Duration(float64(i) / rate * float64(time.Second)))
		if wait := time.Until(due); wait > 0 {
			measure.Pause(ctx, wait)
		}
		if ctx.Err() != nil {
			return nil, false, ctx.Err()
		}
		rings = append(rings, h.lines[i%len(h.lines)].start(by))
	}
	took, wanted := time.Since(began).Seconds(), float64(n)/rate
	h.finish(ctx, patience)
	return rings, took > 1.05*wanted+0.05, nil
}

// finish waits until all calls are over or patience ends, and gives up the others.
func (h *load) finish(ctx context.Context, patience time.Duration) {
	for end := time.Now().Add(patience); h.pending.Load() > 0 && time.Now().Before(end) && ctx.Err() == nil; {
		measure.Pause(ctx, 5*time.Millisecond)
	}
	for _, l := range h.lines {
		l.forget()
	}
}

func (h *load) repeat(stop <-chan struct{}) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case now := <-tick.C:
			for _, l := range h.lines {
				l.again(now)
			}
		}
	}
}

// left counts the second monitors that ring for calls that are over; the last CANCEL gets three seconds.
func (h *load) left(ctx context.Context) int {
	measure.Pause(ctx, 3*time.Second)
	n := 0
	for _, l := range h.lines {
		n += l.second.left()
	}
	return n
}

// slow sets how long all monitors say nothing.
func (h *load) slow(d time.Duration) {
	for _, l := range h.lines {
		l.first.wait(d)
		l.second.wait(d)
	}
}

// served counts the calls that were answered in time and ended.
func served(rings []*ring) int {
	n := 0
	for _, r := range rings {
		if !r.answered.IsZero() && r.answered.Sub(r.began) <= inTime && !r.ended.IsZero() {
			n++
		}
	}
	return n
}

// tookTo takes one time of each call since its beginning; a call without it counts as endless.
func tookTo(rings []*ring, at func(*ring) time.Time) []float64 {
	out := make([]float64, 0, len(rings))
	for _, r := range rings {
		if at(r).IsZero() {
			out = append(out, math.Inf(1))
			continue
		}
		out = append(out, float64(at(r).Sub(r.began).Microseconds())/1000)
	}
	return out
}

func answeredAt(r *ring) time.Time { return r.answered }

func rangAt(r *ring) time.Time { return r.rang }
