package provision

import (
	"strings"
	"testing"
)

// A device that restarts is away at once, and is compared as soon as it is back: it may have forgotten everything.
//
// shows EDGE-22 by agent/provision/restart.go: "t.present(false)"
func TestStep_ARestartIsSeenAndLeadsToAComparison(t *testing.T) {
	s, _ := play(State{}, want, here, mine, equal)
	if !s.Report.Online || !s.Applied {
		t.Fatalf("before: %+v", s.Report)
	}
	s, out := play(s, Restarting{})
	if s.Report.Online || !strings.Contains(out, "presence:false") {
		t.Errorf("the restart gives %q", out)
	}
	if _, out = play(s, Moved{}, here, mine, differ); !strings.Contains(out, "presence:true") || !strings.HasSuffix(out, "Compare Write") {
		t.Errorf("the way back gives %q", out)
	}
	byHand := want
	byHand.Manual = true
	if s, out := play(State{}, byHand, Tick{Heard: true}, Restarting{}); !s.Report.Online {
		t.Errorf("one that is set up by hand: %q", out)
	}
}
