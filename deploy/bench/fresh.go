package main

import (
	"context"
	"fmt"
	"path/filepath"
	"syscall"
	"time"

	"vestibule/deploy/measure"
)

const (
	freshAgent = "process start to the first forked call answered, agent"
	freshPeer  = "process start to the first forked call answered, Kamailio"
	slowRing50 = "180 to the panel while monitors are silent for 5 s, p50"
	slowRing99 = "180 to the panel while monitors are silent for 5 s, p99"
)

var wantedFresh = []string{freshAgent, freshPeer, slowRing50, slowRing99}

// silence is how long slow monitors say nothing; slowRate calls a second then keep fewer calls open than the agent allows.
const (
	silence  = 5 * time.Second
	slowRate = 10
)

// measureFresh times the first call after a start, and how soon a panel hears that it rings when the monitors are slow.
func measureFresh(ctx context.Context, dir string, built measure.Programs, n amounts) ([]figure, error) {
	back, err := measure.PinLoad()
	if err != nil {
		return nil, err
	}
	defer back()
	h, err := newHouse(ctx, built, filepath.Join(dir, "fresh"), 3*houseLines)
	if err != nil {
		return nil, err
	}
	defer h.end()
	k, err := startKamailio(dir)
	if err != nil {
		return nil, err
	}
	defer func() { k.Process.End(syscall.SIGTERM) }()
	agent, err := starts(ctx, h.load, h.way(), n.starts, func(began *time.Time) error {
		h.agent.End(syscall.SIGTERM)
		*began = time.Now()
		return h.startAgent(built.Agent, h.dir, h.sip)
	})
	if err != nil {
		return nil, fmt.Errorf("%w\nthe agent said: %s", err, h.agent.Said)
	}
	peer, err := starts(ctx, h.load, k.way(), n.starts, func(began *time.Time) error {
		k.Process.End(syscall.SIGTERM)
		*began = time.Now()
		return k.begin()
	})
	if err != nil {
		return nil, fmt.Errorf("%w\nKamailio said: %s", err, k.Said)
	}
	how := fmt.Sprintf("middle of %d starts on one core with the document and %d registrations stored; a new call each millisecond until one is answered", n.starts, 3*len(h.lines))
	figures := []figure{{freshAgent, measure.Percentile(agent, 50), "ms", how}, {freshPeer, measure.Percentile(peer, 50), "ms", "the same without registrations"}}
	h.slow(silence)
	rings, _, err := h.run(ctx, h.way(), slowRate, n.calls, silence+2*time.Second)
	if err != nil {
		return figures, err
	}
	rang := tookTo(rings, rangAt)
	how = fmt.Sprintf("INVITE to 180, %d calls at %d/s; the monitors neither ring nor answer before", len(rings), slowRate)
	return append(figures, figure{slowRing50, measure.Percentile(rang, 50), "ms", how}, figure{slowRing99, measure.Percentile(rang, 99), "ms", "the same"}), nil
}

// starts begins a program a few times and gives the times in milliseconds until a call is answered; again ends it, says when it
// begins anew and begins.
func starts(ctx context.Context, h *load, by way, times int, again func(began *time.Time) error) ([]float64, error) {
	var out []float64
	for range times {
		var began time.Time
		if err := again(&began); err != nil {
			return nil, err
		}
		took, err := h.answers(ctx, by, began)
		if err != nil {
			return nil, err
		}
		out = append(out, milliseconds(took))
	}
	return out, nil
}
