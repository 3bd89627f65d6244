package main

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"vestibule/deploy/measure"
)

const (
	memoryRegistered = "agent: resident memory, 1,000 registered devices"
	memoryEarly      = "agent: resident memory at 50 calls/s, after call 1,000"
	memoryLate       = "agent: resident memory at 50 calls/s, after call 10,000"
	memoryFlat       = "agent: resident memory, call 10,000 / call 1,000"
	leftAgent        = "monitors left ringing in 10,000 calls, agent"
	leftPeer         = "monitors left ringing in 10,000 calls, Kamailio"
	memoryPeer       = "Kamailio: memory after call 10,000"
	unserved         = "calls of 10,000 not answered in time or not ended, agent"
)

var wantedSteady = []string{memoryRegistered, memoryEarly, memoryLate, memoryFlat, memoryPeer, leftAgent, leftPeer, unserved}

// peerRate is that of the calls through Kamailio: nothing about it is slower at the usual one, only the bench.
const peerRate = 200

// measureSteady makes ten thousand calls through an agent of a thousand registered devices, and watches its memory and the monitors
// that are cancelled; then the same number through Kamailio.
func measureSteady(ctx context.Context, dir string, built measure.Programs, n amounts) ([]figure, error) {
	back, err := measure.PinLoad()
	if err != nil {
		return nil, err
	}
	defer back()
	h, err := newHouse(ctx, built, filepath.Join(dir, "steady"), n.devices)
	if err != nil {
		return nil, err
	}
	defer h.end()
	idle, err := measure.Settled(ctx, h.agent, n.settle)
	if err != nil {
		return nil, err
	}
	figures := []figure{{memoryRegistered, idle, "MiB", fmt.Sprintf("VmRSS, %d devices configured and registered, no calls", len(h.others)+3*len(h.lines))}}
	if _, err := h.answers(ctx, h.way(), time.Now()); err != nil {
		return figures, err
	}
	h.left(ctx)
	early, first, err := h.watched(ctx, n.long/10)
	if err != nil {
		return figures, err
	}
	late, rest, err := h.watched(ctx, n.long-n.long/10)
	if err != nil {
		return figures, err
	}
	ringing := h.left(ctx)
	how := fmt.Sprintf("the most in the last 5 s of calls 1 to %d, all at %d/s", n.long/10, usual)
	figures = append(figures, figure{memoryEarly, early, "MiB", how}, figure{memoryLate, late, "MiB", fmt.Sprintf("the same of call %d", n.long)},
		figure{memoryFlat, late / early, "×", "of the two"},
		figure{leftAgent, float64(ringing), "of " + digits(float64(n.long)), "3 s after the last call; second monitors that rang and got no CANCEL"},
		figure{unserved, float64(n.long - served(first) - served(rest)), "of " + digits(float64(n.long)), fmt.Sprintf("answered within %v, BYE confirmed", inTime)})
	peer, err := h.leftByKamailio(ctx, dir, n.long)
	return append(figures, peer...), err
}

// watched makes calls at the usual rate and gives the most memory that the agent had in their last five seconds.
func (h *house) watched(ctx context.Context, calls int) (float64, []*ring, error) {
	stop, result := make(chan struct{}), make(chan float64)
	go func() {
		var seen []float64
		tick := time.NewTicker(250 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				seen = seen[max(0, len(seen)-20):]
				if len(seen) == 0 {
					seen = []float64{math.NaN()}
				}
				result <- slices.Max(seen)
				return
			case <-tick.C:
				if now, err := measure.Resident(h.agent.PID()); err == nil {
					seen = append(seen, now)
				}
			}
		}
	}()
	rings, _, err := h.run(ctx, h.way(), usual, calls, 2*time.Second)
	close(stop)
	return <-result, rings, err
}

func (h *house) leftByKamailio(ctx context.Context, dir string, calls int) ([]figure, error) {
	k, err := startKamailio(dir)
	if err != nil {
		return nil, err
	}
	defer func() { k.Process.End(syscall.SIGTERM) }()
	if _, err := h.answers(ctx, k.way(), time.Now()); err != nil {
		return nil, fmt.Errorf("%w\nKamailio said: %s", err, k.Said)
	}
	h.left(ctx)
	if _, _, err := h.run(ctx, k.way(), peerRate, calls, 2*time.Second); err != nil {
		return nil, err
	}
	memory, err := measure.Proportional(k.PID())
	if err != nil {
		return nil, err
	}
	how := fmt.Sprintf("the same at %d/s; two workers, cancel_b_method=1", peerRate)
	return []figure{
		{memoryPeer, memory, "MiB", fmt.Sprintf("Pss of all its processes after call %d, at %d/s", calls, peerRate)},
		{leftPeer, float64(h.left(ctx)), "of " + digits(float64(calls)), how},
	}, nil
}
