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
	ringRatio99    = "forked call: set-up p99, agent / Kamailio"
	sustainedAgent = "forked calls a second on one core, agent"
	sustainedPeer  = "forked calls a second on one core, Kamailio"
	sustainedRatio = "forked calls a second, agent / Kamailio"
	cpuRatio       = "processor time of a forked call at 50/s, agent / Kamailio"
)

// ringFigure names the set-up time of one way.
func ringFigure(way string, percent int) string {
	return fmt.Sprintf("forked call: set-up p%d, %s", percent, way)
}

func cpuFigure(way string) string { return "processor time of a forked call at 50/s, " + way }

var percents = []int{50, 95, 99}

var wantedForked = func() []string {
	var out []string
	for _, way := range []string{"floor", "Kamailio", "agent"} {
		for _, p := range percents {
			out = append(out, ringFigure(way, p))
		}
	}
	return append(out, ringRatio99, cpuFigure("Kamailio"), cpuFigure("agent"), cpuRatio, sustainedPeer, sustainedAgent, sustainedRatio)
}()

// usual is the rate of calls of the goals.
const usual = 50

// measureForked compares the agent with Kamailio, in turns: one INVITE rings two monitors, one takes the call at once, the other is
// cancelled, and the caller hangs up.
func measureForked(ctx context.Context, dir string, built measure.Programs, n amounts) ([]figure, error) {
	back, err := measure.PinLoad()
	if err != nil {
		return nil, err
	}
	defer back()
	h, err := newHouse(ctx, built, filepath.Join(dir, "forked"), 3*houseLines)
	if err != nil {
		return nil, err
	}
	defer h.end()
	k, err := startKamailio(dir)
	if err != nil {
		return nil, err
	}
	defer func() { k.Process.End(syscall.SIGTERM) }()
	ways := []way{straight(), k.way(), h.way()}
	for _, by := range ways[1:] {
		if _, err := h.answers(ctx, by, time.Now()); err != nil {
			return nil, fmt.Errorf("%w\nKamailio said: %s\nthe agent said: %s", err, k.Said, h.agent.Said)
		}
		if err := h.warm(ctx, by); err != nil {
			return nil, err
		}
	}
	group := map[string]int{"Kamailio": k.PID(), "agent": h.agent.PID()}
	figures, err := h.turns(ctx, ways, group, n)
	if err != nil {
		return figures, err
	}
	most := map[string]float64{}
	for _, by := range ways[1:] {
		if most[by.name], err = h.sustained(ctx, by, n.search); err != nil {
			return figures, err
		}
	}
	how := fmt.Sprintf("most at which 99 %% are answered within %v and ended, runs of %v; the cloud and the load on the other core", inTime, n.search)
	return append(figures,
		figure{sustainedPeer, most["Kamailio"], "/s", how}, figure{sustainedAgent, most["agent"], "/s", "the same"},
		figure{sustainedRatio, most["agent"] / most["Kamailio"], "×", "of the two"}), nil
}

// turns makes calls at the usual rate each way in turn, several times, and takes the middle of the turns.
func (h *load) turns(ctx context.Context, ways []way, group map[string]int, n amounts) ([]figure, error) {
	times, cost := map[string][]float64{}, map[string][]float64{}
	for range n.turns {
		for _, by := range ways {
			before, _ := measure.Used(group[by.name])
			rings, _, err := h.run(ctx, by, usual, n.turn, 2*time.Second)
			if err != nil {
				return nil, err
			}
			after, _ := measure.Used(group[by.name])
			cost[by.name] = append(cost[by.name], (after-before)/float64(len(rings)))
			for _, p := range percents {
				name := ringFigure(by.name, p)
				times[name] = append(times[name], measure.Percentile(tookTo(rings, answeredAt), float64(p)))
			}
		}
	}
	how := fmt.Sprintf("INVITE with proof to 200 at %d/s, middle of %d turns of %d calls; own load (µs clock) on the other core", usual, n.turns, n.turn)
	var out []figure
	for _, by := range ways {
		for _, p := range percents {
			name := ringFigure(by.name, p)
			out = append(out, figure{name, middle(times[name]), "ms", how})
			how = "the same"
		}
	}
	ratio := middle(times[ringFigure("agent", 99)]) / middle(times[ringFigure("Kamailio", 99)])
	return append(out, figure{ringRatio99, ratio, "×", "of the two; Asterisk is not in Debian 12"},
		figure{cpuFigure("Kamailio"), middle(cost["Kamailio"]), "ms", "user and system time of all its processes"},
		figure{cpuFigure("agent"), middle(cost["agent"]), "ms", "the same; checks the caller's digest, stores legs and records, and sends these to the cloud"},
		figure{cpuRatio, middle(cost["agent"]) / middle(cost["Kamailio"]), "×", "of the two"}), nil
}

func middle(values []float64) float64 { return measure.Percentile(slices.Clone(values), 50) }

// sustained searches the highest rate that a peer serves: half as much again each time, then the middle of the last two, three times.
func (h *load) sustained(ctx context.Context, by way, each time.Duration) (float64, error) {
	good, bad := 0.0, math.Inf(1)
	for rate := 200.0; ; {
		ok, err := h.sustains(ctx, by, rate, each)
		if err != nil {
			return good, err
		}
		if ok {
			good = rate
		} else {
			bad = rate
		}
		switch {
		case math.IsInf(bad, 1):
			rate *= 1.5
		case bad-good < 0.06*bad:
			return good, nil
		case good == 0:
			rate /= 2
		default:
			rate = (good + bad) / 2
		}
	}
}

// sustains tells whether a peer serves a rate, in one of two trials: one disturbance of the machine is not the peer's.
func (h *load) sustains(ctx context.Context, by way, rate float64, each time.Duration) (bool, error) {
	for range 2 {
		rings, behind, err := h.run(ctx, by, rate, int(rate*each.Seconds()), 2*time.Second)
		if err != nil {
			return false, err
		}
		if !behind && float64(served(rings)) >= 0.99*float64(len(rings)) {
			return true, nil
		}
		measure.Pause(ctx, time.Second)
	}
	return false, nil
}
