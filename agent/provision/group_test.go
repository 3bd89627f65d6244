package provision

import (
	"testing"
	"time"

	"vestibule/agent/device"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// shows EDGE-08 EDGE-08/R17 by agent/provision/group.go: "if t.Apart || !t.peers || t.now.Sub(t.Away) < groupAfter {" => "	if true {"
func TestStep_AwayInItsGroupIsAConflict(t *testing.T) {
	away := Identified{Err: fail(device.Unreachable)}
	for name, c := range map[string]struct {
		manual, peers bool
		minutes       int
		parts         bool
	}{
		"others of the group answer": {false, true, 6, true}, "set up by hand": {true, true, 6, true},
		"the whole group is away": {false, false, 60, false}, "not for long": {false, true, 4, false},
	} {
		s, now := State{}, t0
		parted, over := 0, 0
		step := func(inputs ...Input) {
			for _, in := range inputs {
				var effects []Effect
				s, effects = Step(s, in, now, 0.5)
				for _, e := range effects {
					if p, ok := e.(Parted); ok && p.Over {
						over++
					} else if ok {
						parted++
					}
				}
			}
		}
		step(Wanted{Version: 5, Digest: [32]byte{1}, MAC: own, Manual: c.manual})
		tick := Tick{Address: "10.0.0.5:80", Peers: c.peers}
		for range c.minutes*2 + 1 {
			if step(tick); !c.manual {
				step(away)
			}
			now = now.Add(30 * time.Second)
		}
		if (parted == 1) != c.parts || parted > 1 || over != 0 {
			t.Errorf("%s: told %d times, taken back %d times", name, parted, over)
		}
		if !c.manual && (s.Report.Reason == domain.ReasonWrongGroup) != c.parts {
			t.Errorf("%s: the receipt says %q", name, s.Report.Reason)
		}
		tick.Heard = true
		if step(tick); !c.manual {
			step(mine, equal)
		}
		if (over == 1) != c.parts || s.Report.Reason != "" && s.Report.State == wire.ReceiptApplied {
			t.Errorf("%s: back, taken back %d times, %+v", name, over, s.Report)
		}
	}
}
