package call

import (
	"slices"
	"strings"
	"testing"

	"vestibule/agent/call/plan"
	"vestibule/shared/domain"
)

// What a device sends before it is answered reaches the caller only when nobody else can answer any more.
func TestStep_EarlyMediaOfTheOnlyOneLeft(t *testing.T) {
	early := LegRinging{Leg: 0, Early: true}
	twoStages := invite(1)
	twoStages.Plan.Stages = append(twoStages.Plan.Stages, plan.Stage{Legs: slices.Clone(twoStages.Plan.Stages[0].Legs)})
	for name, c := range map[string]struct {
		first  Invite
		inputs []Input
		want   int
	}{
		"alone":                                {invite(1), []Input{early, early}, 1},
		"rings first, is heard then":           {invite(1), []Input{LegRinging{Leg: 0}, early}, 1},
		"one of two":                           {invite(2), []Input{early}, 0},
		"the other one has declined":           {invite(2), []Input{LegDeclined{Leg: 1, Why: "603"}, early}, 1},
		"another stage follows":                {twoStages, []Input{early}, 0},
		"the last stage, the first has failed": {twoStages, []Input{LegFailed{Leg: 0, Why: "480"}, LegRinging{Leg: 1, Early: true}}, 1},
		"after the caller has gone":            {invite(1), []Input{CallerCancel{}, early}, 0},
		"after the answer":                     {invite(1), []Input{LegAnswered{Leg: 0}, early}, 0},
	} {
		_, got := play(State{}, append([]Input{c.first}, c.inputs...)...)
		n := 0
		for _, word := range got {
			if strings.HasPrefix(word, "EarlyMedia") {
				n++
			}
		}
		if n != c.want {
			t.Errorf("%s: %d times, want %d: %v", name, n, c.want, got)
		}
	}
}

// A leg that was handed on has the name and the rights of the device that took it over.
func TestStep_AMovedLegHasItsOwnRights(t *testing.T) {
	other := domain.NewID[domain.DeviceID](epoch)
	moved := LegMoved{Leg: 0, Device: other, Name: "Neighbour"}
	s, got := play(State{}, invite(1), moved, LegAnswered{Leg: 0}, Digit{Leg: 0, Key: "#", How: "info"})
	if slices.ContainsFunc(got, func(w string) bool { return strings.HasPrefix(w, "OpenDoor") }) {
		t.Errorf("a device that nobody authenticated opened: %v", got)
	}
	if b := s.body(epoch); b.AnsweredBy != other || b.Legs[1].Name != "Neighbour" || b.Legs[1].DeviceID != other {
		t.Errorf("%+v", b)
	}
	moved.Registered = true
	if _, got = play(State{}, invite(1), moved, LegAnswered{Leg: 0}, Digit{Leg: 0, Key: "#", How: "info"}); !slices.Contains(got, "OpenDoor 0 1") {
		t.Errorf("the device that took over does not open: %v", got)
	}
	if s, _ = play(State{}, invite(1), LegAnswered{Leg: 0}, moved); s.Legs[0].Name == "Neighbour" {
		t.Error("a leg that talks was moved")
	}
}

// A relay that is switched off does not move, whatever key is pressed.
// shows DEV-16 by agent/call/close.go: "if !r.Enabled || r.DTMF != in.Key {" => "if r.DTMF != in.Key {"
func TestStep_OnlyARelayThatIsSwitchedOn(t *testing.T) {
	in := invite(1)
	in.Caller.Relays[1].Enabled = false
	_, got := play(State{}, in, LegAnswered{Leg: 0}, Digit{Leg: 0, Key: "5", How: "info"}, Digit{Leg: 0, Key: "#", How: "info"})
	opened := slices.DeleteFunc(got, func(w string) bool { return !strings.HasPrefix(w, "OpenDoor") })
	if len(opened) != 1 {
		t.Errorf("%v", opened)
	}
}
