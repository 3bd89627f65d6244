package call

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vestibule/agent/call/plan"
	"vestibule/shared/domain"
)

// staged is a call with stages of legs by kind: d a device, a an app, l a landline.
func staged(stages ...string) Invite {
	in := invite(0)
	in.Plan.Stages = nil
	n := 0
	for _, kinds := range stages {
		var stage plan.Stage
		for _, k := range kinds {
			l := plan.Leg{Kind: plan.ToDevice, Path: plan.ByIP, Registered: true, Name: fmt.Sprintf("%c%d", k, n)}
			l.Device = domain.Device{ID: domain.NewID[domain.DeviceID](epoch), Name: l.Name}
			switch k {
			case 'a':
				l = plan.Leg{Kind: plan.ToApp, Path: plan.ByCloud, Name: l.Name}
			case 'l':
				l = plan.Leg{Kind: plan.ToLandline, Path: plan.ByTrunk, Name: l.Name}
			}
			stage.Legs = append(stage.Legs, l)
			n++
		}
		in.Plan.Stages = append(in.Plan.Stages, stage)
	}
	return in
}

// turn is the end of the nth ring time of a call.
func turn(n int) Timeout { return Timeout{Timer: TimerRing, Count: n} }

// shows CALL-03 by agent/call/stages.go: "if l.Stage == stage && l.Kind != plan.ToLandline {" => "			if l.Kind != plan.ToLandline {"
// shows CALL-09 by agent/call/stages.go: "if l.Kind == plan.ToLandline && l.Stage == st.s.Stage && st.nextLandline() || st.ringing() {" => "	if l.Early || st.ringing() {"
// shows EDGE-09/R23 by agent/call/stages.go: "st.s.Stage = stage" => "		st.s.Stage = 0"
func TestStep_Stages(t *testing.T) {
	start := []string{"RingCaller", "StartTimer 4"}
	for _, c := range []struct {
		name   string
		stages []string
		inputs []Input
		want   []string
	}{
		{
			"the next stage rings when nobody answered",
			[]string{"dd", "a", "l"},
			[]Input{turn(1), turn(2), LegAnswered{Leg: 3}},
			[]string{"Ring 0", "Ring 1", "StartTimer 1", "CancelLeg 0", "CancelLeg 1", "Ring 2", "StartTimer 1", "CancelLeg 2", "Ring 3", "StartTimer 1", "AnswerCaller 3", "Bridge 3", "StartTimer 2"},
		},
		{"an empty stage costs no time", []string{"", "d", "", "a"}, []Input{turn(1)}, []string{"Ring 0", "StartTimer 1", "CancelLeg 0", "Ring 1", "StartTimer 1"}},
		{"nothing can be reached: on without waiting", []string{"dd", "d"}, []Input{LegFailed{Leg: 0}, LegFailed{Leg: 1}}, []string{"Ring 0", "Ring 1", "StartTimer 1", "Ring 2", "StartTimer 1"}},
		{"one declines: the others ring on", []string{"dd", "d"}, []Input{LegDeclined{Leg: 0}}, []string{"Ring 0", "Ring 1", "StartTimer 1"}},
		{"all decline: on without waiting", []string{"dd", "d"}, []Input{LegDeclined{Leg: 0}, LegDeclined{Leg: 1, Busy: true}}, []string{"Ring 0", "Ring 1", "StartTimer 1", "Ring 2", "StartTimer 1"}},
		{"all of all stages decline", []string{"d", "d"}, []Input{LegDeclined{Leg: 0}, LegDeclined{Leg: 1}}, []string{"Ring 0", "StartTimer 1", "Ring 1", "StartTimer 1", "Reject declined", "Finish declined"}},
		{"the first stage rang, the second is dead", []string{"d", "d"}, []Input{turn(1), LegFailed{Leg: 1}}, []string{"Ring 0", "StartTimer 1", "CancelLeg 0", "Ring 1", "StartTimer 1", "Reject no_answer", "Finish no_answer"}},
		{"a timer of the stage before", []string{"d", "d"}, []Input{LegFailed{Leg: 0}, turn(1)}, []string{"Ring 0", "StartTimer 1", "Ring 1", "StartTimer 1"}},
		{
			"landlines one after the other, monitors beside them",
			[]string{"dlll"},
			[]Input{turn(1), LegFailed{Leg: 2}, turn(3)},
			[]string{"Ring 0", "Ring 1", "StartTimer 1", "CancelLeg 1", "Ring 2", "StartTimer 1", "Ring 3", "StartTimer 1", "CancelLeg 0", "CancelLeg 3", "Reject no_answer", "Finish no_answer"},
		},
		{
			"a declined landline gives way to the next",
			[]string{"ll"},
			[]Input{LegDeclined{Leg: 0, Busy: true}, LegDeclined{Leg: 1, Busy: true}},
			[]string{"Ring 0", "StartTimer 1", "Ring 1", "StartTimer 1", "Reject busy", "Finish busy"},
		},
		{
			"a handset lifted when the stage had just ended",
			[]string{"d", "d"},
			[]Input{turn(1), LegAnswered{Leg: 0}},
			[]string{"Ring 0", "StartTimer 1", "CancelLeg 0", "Ring 1", "StartTimer 1", "AnswerCaller 0", "Bridge 0", "CancelLeg 1", "StartTimer 2"},
		},
		{
			"but not when the caller hears another one",
			[]string{"d", "d"},
			[]Input{turn(1), LegRinging{Leg: 1, Early: true}, LegAnswered{Leg: 0}},
			[]string{"Ring 0", "StartTimer 1", "CancelLeg 0", "Ring 1", "StartTimer 1", "EarlyMedia 1", "HangupLeg 0"},
		},
		{"the whole call rang long enough", []string{"d", "d"}, []Input{turn(1), Timeout{Timer: TimerDial}}, []string{"Ring 0", "StartTimer 1", "CancelLeg 0", "Ring 1", "StartTimer 1", "CancelLeg 1", "Reject no_answer", "Finish no_answer"}},
		{"answered: the limit means nothing", []string{"d"}, []Input{LegAnswered{Leg: 0}, Timeout{Timer: TimerDial}}, []string{"Ring 0", "StartTimer 1", "AnswerCaller 0", "Bridge 0", "StartTimer 2"}},
		{"the visitor gives up in the second stage", []string{"d", "d"}, []Input{turn(1), CallerCancel{}}, []string{"Ring 0", "StartTimer 1", "CancelLeg 0", "Ring 1", "StartTimer 1", "CancelLeg 1", "Finish caller_gone"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, got := play(State{}, append([]Input{staged(c.stages...)}, c.inputs...)...)
			if want := slices.Concat(start, c.want); !slices.Equal(got, want) {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
}

// A handset beside its cradle does not keep the door phone: some time after the last opening the call ends. A door that is held open ends none.
func TestStep_HangsUpAfterOpening(t *testing.T) {
	opened := func(relay int, key string) []Input {
		return []Input{Digit{Leg: 0, Key: key, How: "info"}, DoorResult{Relay: relay, Result: domain.ActDone}}
	}
	talk := []Input{invite(1), LegAnswered{Leg: 0}}
	s, got := play(State{}, slices.Concat(talk, opened(1, "#"), []Input{Timeout{Timer: TimerOpened, Count: 1}})...)
	if want := []string{"OpenDoor 0 1", "StartTimer 5", "HangupLeg 0", "HangupCaller", "Finish opened"}; s.Phase != Ended || !slices.Equal(got[len(got)-5:], want) {
		t.Errorf("%q", got)
	}
	if s, got := play(State{}, slices.Concat(talk, opened(1, "#"), opened(1, "#"), []Input{Timeout{Timer: TimerOpened, Count: 1}})...); s.Phase != Talking {
		t.Errorf("the timer of the first opening ended the call after the second: %q", got)
	}
	held := invite(1)
	held.Caller.Relays[0].Mode = domain.Latching
	if _, got := play(State{}, slices.Concat([]Input{held, LegAnswered{Leg: 0}}, opened(1, "#"))...); slices.Contains(got, "StartTimer 5") {
		t.Errorf("a door that is held open ends the call: %q", got)
	}
	never := invite(1)
	never.Rules.AfterOpening = 0
	if _, got := play(State{}, slices.Concat([]Input{never, LegAnswered{Leg: 0}}, opened(1, "#"))...); slices.Contains(got, "StartTimer 5") {
		t.Errorf("%q", got)
	}
}

func TestStep_RecordOfStages(t *testing.T) {
	in := staged("d", "l", "a")
	in.Plan.Stages[1].Legs[0].Person.ID = domain.NewID[domain.PersonID](epoch)
	in.Plan.Notes = []plan.Note{plan.NoteSequence}
	in.Plan.LeftOut = []plan.LeftOut{{Leg: plan.Leg{Kind: plan.ToApp, Name: "Ada", Path: plan.ByCloud}, Stage: 2, Why: plan.WhyNoApp}}
	s, _ := play(State{}, in, turn(1), LegAnswered{Leg: 1}, LegBye{Leg: 1})
	var got []string
	for _, l := range s.body(epoch).Legs {
		got = append(got, strings.TrimSpace(fmt.Sprintf("%d %s %s %s %s", l.Stage, l.Kind, l.Path, l.Name, l.Marks[len(l.Marks)-1].Why)))
	}
	want := []string{"0   Door answered", "1 device ip d0 no_answer", "2 landline trunk l1 hung_up", "3 app cloud Ada no_app_registered"}
	if !slices.Equal(got, want) || s.body(epoch).Legs[2].PersonID != in.Plan.Stages[1].Legs[0].Person.ID {
		t.Errorf("%q\nwant %q", got, want)
	}
	if m, ok := s.body(epoch).Legs[0].Has("noted"); !ok || m.Why != "sequence_as_group" {
		t.Error("nothing says that the sequence was carried out as a group call")
	}
}

// world plays the phones of a call that reach the machine late or never: what it asked of each leg, and what a leg may still say.
type world struct {
	*watch
	s   State
	now time.Time
	inv Invite
	run map[int]string // rings, up, over: what the phone itself does
}

func (w *world) step(t *rapid.T, in Input) {
	before := w.s
	var effects []Effect
	w.now = w.now.Add(time.Millisecond)
	w.s, effects = Step(w.s, in, w.now)
	w.see(t, before, in, effects)
	for _, e := range effects {
		switch e := e.(type) {
		case Ring:
			w.run[e.Leg] = "rings"
		case HangupLeg:
			w.run[e.Leg] = "over"
		}
	}
}

// say lets one phone that rings or is cancelled do something.
func (w *world) say(t *rapid.T, leg int, what string) {
	switch {
	case w.run[leg] == "rings" && what == "answers":
		w.run[leg] = "up"
		w.step(t, LegAnswered{Leg: leg})
	case w.run[leg] == "rings" && what == "declines":
		w.run[leg] = "over"
		w.step(t, LegDeclined{Leg: leg})
	case w.run[leg] == "rings" && what == "fails":
		w.run[leg] = "over"
		w.step(t, LegFailed{Leg: leg})
	case w.run[leg] == "rings":
		w.step(t, LegRinging{Leg: leg})
	case w.run[leg] == "up" && what == "hangs up":
		w.run[leg] = "over"
		w.step(t, LegBye{Leg: leg})
	}
}

// Whatever the phones of several stages do, and in whatever order it arrives: one answer, nobody is left ringing or on the line, no landline rings
// beside another one, no stage before its time.
//
// shows EDGE-09 by agent/call/stages.go: "st.quiet(func(l Leg) bool { return l.Kind == plan.ToLandline })"
func TestStep_AnyOrderOfStages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kinds := rapid.SliceOfN(rapid.SampledFrom([]string{"", "d", "dd", "dl", "ll", "a", "dall"}), 1, 4).Draw(t, "stages")
		w := &world{watch: newWatch(), now: epoch, inv: staged(kinds...), run: map[int]string{}}
		w.step(t, w.inv)
		moves := rapid.SliceOfN(rapid.IntRange(0, 99), 0, 40).Draw(t, "moves")
		for _, m := range moves {
			leg, what := 0, []string{"rings", "answers", "declines", "fails", "hangs up"}[m%5]
			if n := len(w.s.Legs); n > 0 {
				leg = m / 5 % n
			}
			switch {
			case m >= 97:
				w.step(t, []Input{CallerCancel{}, CallerBye{}, Timeout{Timer: TimerDial}}[m-97])
			case m >= 90:
				w.step(t, turn(w.s.Turn-m%2)) // every other one belongs to a turn that is over
			case m >= 86:
				w.step(t, Digit{Leg: leg, Key: "#", How: "info"})
				w.step(t, DoorResult{Relay: 1, Result: domain.ActDone})
			default:
				w.say(t, leg, what)
			}
			w.check(t)
		}
		w.step(t, Stop{})
		for leg := range maps.Keys(w.run) { // each phone hears what was sent to it
			if w.run[leg] == "rings" && w.gone[leg] {
				w.run[leg] = "over"
				w.step(t, LegFailed{Leg: leg, Why: "487"})
			}
		}
		for leg, does := range w.run {
			if does != "over" {
				t.Fatalf("leg %d still %s", leg, does)
			}
		}
		if !w.s.Settled() || w.finished != 1 {
			t.Fatalf("%s, finished %d times", w.s.Phase, w.finished)
		}
	})
}

func (w *world) check(t *rapid.T) {
	lines := 0
	for i, l := range w.s.Legs {
		if l.rings() && l.Kind == plan.ToLandline {
			lines++
		}
		if l.rings() && (l.Stage != w.s.Stage || w.s.Phase != Ringing) {
			t.Fatalf("leg %d of stage %d rings in stage %d, %s", i, l.Stage, w.s.Stage, w.s.Phase)
		}
		if w.s.Phase == Talking && i != w.s.Winner && w.run[i] == "rings" && !w.gone[i] {
			t.Fatalf("leg %d was not told that another one answered", i)
		}
	}
	if lines > 1 || w.s.Phase == Ringing && !slices.ContainsFunc(w.s.Legs, Leg.rings) {
		t.Fatalf("%d landlines ring, in %s", lines, w.s.Phase)
	}
}
