package call

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vestibule/agent/call/plan"
	"vestibule/shared/domain"
)

var update = flag.Bool("update", false, "write the golden table anew")

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// invite is a call to n registered monitors in one stage; the caller has relay 1 on # and relay 2 on 5.
func invite(n int) Invite {
	in := Invite{
		CallID: domain.NewID[domain.CallID](epoch), Dialled: "101",
		Caller: domain.Device{ID: domain.NewID[domain.DeviceID](epoch), Name: "Door", Relays: []domain.Relay{{Number: 1, Enabled: true, DTMF: "#"}, {Number: 2, Enabled: true, DTMF: "5"}}},
		Rules:  Rules{Ring: 60 * time.Second, Dial: 3 * time.Minute, Talk: 30 * time.Minute, Settle: 5 * time.Second, AfterOpening: 30 * time.Second},
	}
	var stage plan.Stage
	for i := range n {
		d := domain.Device{ID: domain.NewID[domain.DeviceID](epoch), Name: fmt.Sprintf("M%d", i)}
		stage.Legs = append(stage.Legs, plan.Leg{Kind: plan.ToDevice, Device: d, Name: d.Name, Path: plan.ByIP, Registered: true})
	}
	in.Plan.Stages = []plan.Stage{stage}
	return in
}

// play runs inputs one second apart and gives the effects by name, Finish with its reason.
func play(s State, inputs ...Input) (State, []string) {
	var out []string
	for i, in := range inputs {
		next, effects := Step(s, in, epoch.Add(time.Duration(i)*time.Second))
		for _, e := range effects {
			out = append(out, wordOf(e))
		}
		s = next
	}
	return s, out
}

func wordOf(e Effect) string {
	switch e := e.(type) {
	case Finish:
		return "Finish " + string(e.Body.End)
	case StartTimer:
		return fmt.Sprintf("StartTimer %d", e.Timer)
	case RingCaller, HangupCaller:
		return reflect.TypeOf(e).Name()
	}
	return strings.TrimSpace(reflect.TypeOf(e).Name() + " " + strings.Trim(fmt.Sprint(e), "{}"))
}

func TestStep_Stories(t *testing.T) {
	start := []string{"RingCaller", "StartTimer 4", "Ring 0", "Ring 1", "StartTimer 1"}
	won := []string{"AnswerCaller 0", "Bridge 0", "CancelLeg 1", "StartTimer 2"}
	for _, c := range []struct {
		name   string
		inputs []Input
		want   []string
	}{
		{"answered, hung up by the caller", []Input{LegAnswered{Leg: 0}, LegFailed{Leg: 1, Why: "487"}, CallerBye{}}, slices.Concat(won, []string{"HangupLeg 0", "Finish answered"})},
		{"answered, hung up by the monitor", []Input{LegRinging{Leg: 0}, LegAnswered{Leg: 0}, LegBye{0}}, slices.Concat(won, []string{"HangupCaller", "Finish answered"})},
		{"opened, and the call goes on", []Input{LegAnswered{Leg: 0}, Digit{0, "#", "info"}, DoorResult{Relay: 1, Result: domain.ActDone}, CallerBye{}}, slices.Concat(won, []string{"OpenDoor 0 1", "StartTimer 5", "HangupLeg 0", "Finish opened"})},
		{"a refused opening is no opening", []Input{LegAnswered{Leg: 0}, Digit{0, "#", "info"}, DoorResult{Relay: 1, Result: domain.ActRefused}, CallerBye{}}, slices.Concat(won, []string{"OpenDoor 0 1", "HangupLeg 0", "Finish answered"})},
		{"# and hung up in one movement", []Input{LegAnswered{Leg: 0}, Digit{0, "#", "info"}, LegBye{0}, DoorResult{Relay: 1, Result: domain.ActDone}}, slices.Concat(won, []string{"OpenDoor 0 1", "HangupCaller", "StartTimer 3", "Finish opened"})},
		{"# and the door never answers", []Input{LegAnswered{Leg: 0}, Digit{0, "#", "info"}, LegBye{0}, Timeout{Timer: TimerSettle}}, slices.Concat(won, []string{"OpenDoor 0 1", "HangupCaller", "StartTimer 3", "Finish answered"})},
		{"a stuck key opens once", []Input{LegAnswered{Leg: 0}, Digit{0, "#", "info"}, Digit{0, "#", "info"}, Digit{0, "5", "info"}}, slices.Concat(won, []string{"OpenDoor 0 1", "OpenDoor 0 2"})},
		{"keys of who has not answered", []Input{Digit{0, "#", "info"}, LegAnswered{Leg: 0}, Digit{1, "#", "info"}, Digit{7, "#", "info"}, Digit{0, "9", "info"}}, won},
		{"a second answer is hung up", []Input{LegAnswered{Leg: 0}, LegAnswered{Leg: 1}}, slices.Concat(won, []string{"HangupLeg 1"})},
		{"an answer after the caller gave up", []Input{CallerCancel{}, LegAnswered{Leg: 1}, LegFailed{Leg: 0}}, []string{"CancelLeg 0", "CancelLeg 1", "Finish caller_gone", "HangupLeg 1"}},
		{"a cancel that crossed our answer", []Input{LegAnswered{Leg: 0}, CallerCancel{}}, slices.Concat(won, []string{"HangupLeg 0", "Finish caller_gone"})},
		{"one declines, the other rings on and answers", []Input{LegDeclined{Leg: 1}, LegAnswered{Leg: 0}}, []string{"AnswerCaller 0", "Bridge 0", "StartTimer 2"}},
		{"all decline", []Input{LegDeclined{Leg: 1}, LegDeclined{Leg: 0}}, []string{"Reject declined", "Finish declined"}},
		{"all busy", []Input{LegDeclined{Leg: 1, Busy: true}, LegDeclined{Leg: 0, Busy: true}}, []string{"Reject busy", "Finish busy"}},
		{"all fail", []Input{LegFailed{Leg: 1}, LegFailed{Leg: 0}}, []string{"Reject unreachable", "Finish unreachable"}},
		{"nobody answers", []Input{LegRinging{Leg: 0}, Timeout{Timer: TimerRing, Count: 1}}, []string{"CancelLeg 0", "CancelLeg 1", "Reject no_answer", "Finish no_answer"}},
		{"an old ring timer", []Input{LegAnswered{Leg: 0}, Timeout{Timer: TimerRing, Count: 1}}, won},
		{"talked too long", []Input{LegAnswered{Leg: 0}, Timeout{Timer: TimerTalk}}, slices.Concat(won, []string{"HangupLeg 0", "HangupCaller", "Finish answered"})},
		{"the agent stops while it rings", []Input{Stop{}}, []string{"CancelLeg 0", "CancelLeg 1", "Reject interrupted", "Finish interrupted"}},
		{"the agent stops while they talk", []Input{LegAnswered{Leg: 0}, LegFailed{Leg: 1}, Stop{}}, slices.Concat(won, []string{"HangupLeg 0", "HangupCaller", "Finish interrupted"})},
		{"the caller never acknowledges", []Input{LegAnswered{Leg: 0}, CallerLost{"no_ack"}}, slices.Concat(won, []string{"HangupLeg 0", "Finish answered"})},
		{"a second INVITE", []Input{invite(1)}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, got := play(State{}, append([]Input{invite(2)}, c.inputs...)...)
			if want := slices.Concat(start, c.want); !slices.Equal(got, want) {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
}

func TestStep_OnlyAnAuthenticatedDeviceOpens(t *testing.T) {
	in := invite(1)
	in.Plan.Stages[0].Legs[0].Registered = false
	s, got := play(State{}, in, LegAnswered{Leg: 0}, Digit{0, "#", "info"}, CallerBye{})
	if slices.Contains(got, "OpenDoor 0 1") {
		t.Error("a source address opened a door")
	}
	if b := s.body(epoch); b.Legs[1].Marks[2].Why != "not_registered" {
		t.Errorf("timeline %+v", b.Legs[1])
	}
}

func TestStep_TimelineNamesEverybody(t *testing.T) {
	in := invite(2)
	in.Plan.LeftOut = []plan.LeftOut{{Leg: plan.Leg{Kind: plan.ToDevice, Device: domain.Device{ID: domain.NewID[domain.DeviceID](epoch)}, Name: "Far"}, Why: plan.WhyWANDown}}
	s := State{}
	var body domain.CallBody
	for i, input := range []Input{in, LegRinging{Leg: 0}, LegAnswered{Leg: 0, Anchored: true}, LegFailed{Leg: 1, Why: "487"}, CallerBye{}} {
		next, effects := Step(s, input, epoch.Add(time.Duration(i)*time.Second))
		for _, e := range effects {
			if f, ok := e.(Finish); ok {
				body = f.Body
			}
		}
		s = next
	}
	var got []string
	for _, l := range body.Legs {
		for _, m := range l.Marks {
			got = append(got, strings.TrimRight(fmt.Sprintf("%s %d %s %s", l.Name, m.AtMilli, m.What, m.Why), " "))
		}
	}
	want := []string{
		"Door 0 invited", "Door 0 ringing", "Door 2000 answered", "Door 4000 ended hung_up", "Door 4000 ended answered",
		"M0 0 invited", "M0 1000 ringing", "M0 2000 answered", "M1 0 invited", "M1 2000 cancelled answered_elsewhere", "Far 0 left_out wan_down",
	}
	if !slices.Equal(got, want) || body.LastsMilli != 4000 || !body.Anchored || body.AnsweredBy != in.Plan.Stages[0].Legs[0].Device.ID {
		t.Errorf("%q\nwant %q\n%+v", got, want, body)
	}
}

// inputs that can happen to a call with two legs.
func possible() []Input {
	out := []Input{CallerCancel{}, CallerBye{}, CallerLost{"no_ack"}, Stop{}, Timeout{Timer: TimerRing, Count: 1}, Timeout{Timer: TimerDial}, Timeout{Timer: TimerTalk}, Timeout{Timer: TimerSettle}, Timeout{Timer: TimerOpened, Count: 1}, DoorResult{Relay: 1, Result: domain.ActDone}}
	for leg := range 2 {
		out = append(out, LegRinging{Leg: leg}, LegRinging{Leg: leg, Early: true}, LegMoved{Leg: leg, Name: "Neighbour"}, LegAnswered{Leg: leg}, LegDeclined{Leg: leg}, LegFailed{Leg: leg}, LegBye{leg}, Digit{leg, "#", "info"})
	}
	return out
}

// watch checks what must hold whatever the order of things.
type watch struct {
	answered, finished, released, opened int
	rung, gone, dropped                  map[int]bool
}

func newWatch() *watch {
	return &watch{rung: map[int]bool{}, gone: map[int]bool{}, dropped: map[int]bool{}}
}

func (w *watch) see(t *rapid.T, before State, in Input, effects []Effect) {
	for _, e := range effects {
		if w.finished > 0 {
			if _, ok := e.(HangupLeg); !ok {
				t.Fatalf("%s after the end", wordOf(e))
			}
		}
		switch e := e.(type) {
		case Ring:
			if w.rung[e.Leg] {
				t.Fatalf("leg %d rings twice", e.Leg)
			}
			w.rung[e.Leg] = true
		case CancelLeg:
			if w.gone[e.Leg] {
				t.Fatalf("leg %d cancelled twice", e.Leg)
			}
			w.gone[e.Leg] = true
		case HangupLeg:
			if w.dropped[e.Leg] {
				t.Fatalf("leg %d hung up twice", e.Leg)
			}
			w.dropped[e.Leg] = true
		case AnswerCaller:
			w.answered++
		case Reject, HangupCaller:
			w.released++
		case OpenDoor:
			w.opened++
			if before.Phase != Talking || e.Leg != before.Winner {
				t.Fatalf("a door for leg %d in %s", e.Leg, before.Phase)
			}
		case Finish:
			w.finished++
		}
	}
	if w.answered > 1 || w.finished > 1 || w.released > 1 {
		t.Fatalf("after %T: answered %d, finished %d, released %d times", in, w.answered, w.finished, w.released)
	}
}

// First answer wins under every order of events; every answer that did not win is hung up; the caller is released once.
func TestStep_AnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWatch()
		first := invite(2)
		s, effects := Step(State{}, first, epoch)
		w.see(t, State{}, first, effects)
		answers := map[int]bool{}
		now := epoch
		for _, i := range rapid.SliceOfN(rapid.IntRange(0, len(possible())-1), 0, 25).Draw(t, "inputs") {
			in := possible()[i]
			now = now.Add(time.Millisecond)
			before := s
			frozen := fmt.Sprintf("%+v", before)
			s, effects = Step(s, in, now)
			if fmt.Sprintf("%+v", before) != frozen {
				t.Fatalf("%T changed the state it was given", in)
			}
			w.see(t, before, in, effects)
			if a, ok := in.(LegAnswered); ok && before.Legs[a.Leg].Phase != LegOver {
				answers[a.Leg] = true
			}
		}
		s, effects = Step(s, Stop{}, now)
		w.see(t, s, Stop{}, effects)
		if s.Phase != Ended || w.finished != 1 {
			t.Fatalf("stopped in %s, finished %d times", s.Phase, w.finished)
		}
		for leg := range answers {
			hungUpItself := s.Legs[leg].Phase == LegOver && s.Winner == leg
			if !w.dropped[leg] && !hungUpItself {
				t.Fatalf("leg %d is left on the line", leg)
			}
		}
		for i, l := range s.Legs {
			if l.Phase == LegLeaving && !w.gone[i] {
				t.Fatalf("leg %d is left ringing", i)
			}
		}
	})
}

func TestStep_WithoutWAN(t *testing.T) {
	in := invite(1)
	in.WAN = false
	s, got := play(State{}, in, LegAnswered{Leg: 0}, CallerBye{})
	if !slices.Contains(got, "AnswerCaller 0") || !slices.Contains(got, "Finish answered") || s.body(epoch).WAN {
		t.Errorf("%v", got)
	}
}

// The drawing is made from the machine: every phase that can be reached, every input that leads on.
func TestStep_Drawing(t *testing.T) {
	edges := map[string]bool{}
	var walk func(s State, depth int)
	name := func(p Phase) string {
		if p == Idle {
			return "[*]"
		}
		return string(p)
	}
	walk = func(s State, depth int) {
		if depth == 0 {
			return
		}
		inputs := possible()
		if s.Phase == Idle {
			inputs = []Input{invite(2), invite(0), staged("d", "ll")}
		}
		for _, in := range inputs {
			next, effects := Step(s, in, epoch)
			if len(effects) == 0 && next.Phase == s.Phase {
				walkOn(s, next, depth, walk)
				continue
			}
			var words []string
			for _, e := range effects {
				words = append(words, reflect.TypeOf(e).Name())
			}
			slices.Sort(words)
			edges[fmt.Sprintf("%s --> %s: %s / %s", name(s.Phase), name(next.Phase), label(in), strings.Join(slices.Compact(words), " "))] = true
			walk(next, depth-1)
		}
	}
	walk(State{}, 5)
	text := "stateDiagram-v2\n    direction LR\n"
	for _, e := range slices.Sorted(maps.Keys(edges)) {
		text += "    " + e + "\n"
	}
	const path = "testdata/states.mmd"
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || string(want) != text {
		t.Errorf("%s is not the machine (%v); go test ./agent/call -update draws it. Now:\n%s", path, err, text)
	}
}

// label names an input, a timeout by its timer.
func label(in Input) string {
	if t, ok := in.(Timeout); ok {
		return "Timeout of " + [...]string{"", "ring time", "talk", "settling", "dial limit", "opening"}[t.Timer]
	}
	return reflect.TypeOf(in).Name()
}

// walkOn follows an input that only moves a leg.
func walkOn(before, next State, depth int, walk func(State, int)) {
	if !reflect.DeepEqual(before.Legs, next.Legs) {
		walk(next, depth-1)
	}
}
