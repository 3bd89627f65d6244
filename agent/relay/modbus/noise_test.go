package modbus_test

import (
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"vestibule/agent/relay"
	"vestibule/shared/sim/modbusboard"
)

// orders is how many commands the noise test gives: a few in make test, a night's worth in make soak.
func orders() int {
	if os.Getenv("VESTIBULE_SOAK") != "" {
		return 20_000
	}
	return 150
}

// Two boards on one bus, and a wire that hits every tenth frame either way: what moves was asked for, once each, and what is called done has moved. A
// frame that a board takes for an order although it was hit would show as a write that nobody asked for.
func TestRTU_InNoiseNoWrongRelayEverMoves(t *testing.T) {
	for name, c := range map[string]struct {
		noise   modbusboard.Noise
		timeout time.Duration
	}{
		"quiet": {modbusboard.Noise{}, quick}, "noise": {modbusboard.Noise{Requests: 0.1, Answers: 0.1, Chatter: 0.1, Lost: 0.05}, 150 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			l := openLine(t, 485)
			l.SetNoise(c.noise)
			b := l.bus(t, c.timeout)
			rnd := rand.New(rand.NewPCG(4, 85))
			asked := map[relay.Channel]bool{} // what every contact was told last
			var took []time.Duration
			done, unsure := 0, 0
			for range orders() {
				ch := relay.Channel{Unit: []int{waveshare, plain}[rnd.IntN(2)], Number: 1 + rnd.IntN(4)}
				on := rnd.IntN(2) == 0
				before := len(l.Writes())
				began := time.Now()
				err := b.Set(t.Context(), ch, on)
				switch kind := relay.KindOf(err); kind {
				case "":
					asked[ch] = on
					done++
					took = append(took, time.Since(began))
				case relay.Ambiguous:
					unsure++
				}
				wrote := l.Writes()
				if n := len(wrote) - before; n > 1 || err == nil && n != 1 || relay.KindOf(err) == relay.Unreachable && n != 0 {
					t.Fatalf("%+v to %v: %d writes, %v", ch, on, n, err)
				}
				if len(wrote) > before {
					asked[ch] = l.Contact(ch)
				}
				for c, want := range asked {
					if l.Contact(c) != want {
						t.Fatalf("%+v stands at %v, nobody asked for that", c, !want)
					}
				}
			}
			slices.Sort(took)
			t.Logf("%s: %d orders, %d done, %d unsure; command to coil p50 %v, p99 %v", name, orders(), done, unsure, took[len(took)/2], took[len(took)*99/100])
			if name == "quiet" && done != orders() || done < orders()/2 {
				t.Errorf("only %d of %d orders were done", done, orders())
			}
		})
	}
}
