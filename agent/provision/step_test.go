package provision

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"vestibule/agent/device"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

var t0 = time.Unix(1_800_000_000, 0)

const own = domain.MAC("0C1105000001")

func fail(kind device.Kind) error { return &device.Error{Kind: kind, Op: "test", Err: errors.New("x")} }

// play feeds inputs to a device and writes down what comes out: receipts as state/version/reason, and the names of the other effects.
func play(s State, inputs ...Input) (State, string) {
	var out []string
	for _, in := range inputs {
		var effects []Effect
		s, effects = Step(s, in, t0, 0.5)
		for _, e := range effects {
			switch e := e.(type) {
			case Tell:
				online := ""
				if e.Report.Online {
					online = "+"
				}
				out = append(out, fmt.Sprintf("%s%s/%d/%s", e.Report.State, online, e.Report.Version, e.Report.Reason))
			case Clear:
			case Raise:
				out = append(out, "raise:"+string(e.Code))
			case Presence:
				out = append(out, fmt.Sprintf("presence:%v", e.Online))
			default:
				out = append(out, strings.TrimPrefix(fmt.Sprintf("%T", e), "provision."))
			}
		}
	}
	return s, strings.Join(out, " ")
}

var (
	want   = Wanted{Version: 5, Digest: [32]byte{1}}
	here   = Tick{Address: "10.0.0.5:80"}
	mine   = Identified{Who: device.Identity{MAC: own, Model: "R29", Firmware: "29.30.10.205"}, Matches: true}
	differ = Compared{Names: []string{"Config.A"}}
	equal  = Compared{}
)

// shows BEY-16 by agent/provision/step.go: "if t.Manual { // that it is the right one is all there is to know" => "if false {"
// shows BEY-07 by agent/provision/step.go: "t.receipt(wire.ReceiptWritten, \"\") // said before the reading back: a device may take its time"
func TestStep_StoryOfOneDevice(t *testing.T) {
	for name, c := range map[string]struct {
		start  State
		inputs []Input
		want   string
	}{
		"written and read back":  {State{}, []Input{want, here, mine, differ, Written{}, equal}, "held/5/ held/5/ Identify presence:true held+/5/ Compare Write written+/5/ Compare applied+/5/"},
		"equal already":          {State{}, []Input{want, here, mine, equal}, "held/5/ held/5/ Identify presence:true held+/5/ Compare applied+/5/"},
		"accepts and forgets":    {State{}, []Input{want, here, mine, differ, Written{}, differ}, "held/5/ held/5/ Identify presence:true held+/5/ Compare Write written+/5/ Compare raise:read_back_differs held+/5/read_back_differs"},
		"restarts after a write": {State{}, []Input{want, here, mine, differ, Written{}, Compared{Err: fail(device.Unreachable)}}, "held/5/ held/5/ Identify presence:true held+/5/ Compare Write written+/5/ Compare"},
		"a newer version that wants the same": {
			State{},
			[]Input{want, here, mine, differ, Written{}, Compared{Err: fail(device.Unreachable)}, Wanted{Version: 6, Digest: want.Digest}},
			"held/5/ held/5/ Identify presence:true held+/5/ Compare Write written+/5/ Compare written+/6/",
		},
		"refuses the write":    {State{}, []Input{want, here, mine, differ, Written{Err: fail(device.Refused)}}, "held/5/ held/5/ Identify presence:true held+/5/ Compare Write raise:device_refuses failed+/5/device_error"},
		"wrong password":       {State{}, []Input{want, here, Identified{Err: fail(device.Unauthorised)}}, "held/5/ held/5/ Identify presence:true raise:device_refuses failed+/5/device_error"},
		"nobody there":         {State{}, []Input{want, here, Identified{Err: fail(device.Unreachable)}}, "held/5/ held/5/ Identify raise:device_unreachable held/5/unreachable"},
		"nowhere":              {State{}, []Input{want, Tick{}}, "held/5/ raise:device_unreachable held/5/not_found"},
		"another device there": {State{}, []Input{want, here, Identified{Who: device.Identity{MAC: "0C1105000002"}}}, "held/5/ held/5/ Identify Conflict raise:device_conflict failed/5/wrong_device"},
		"another one twice":    {State{Stranger: "0C1105000002"}, []Input{want, here, Identified{Who: device.Identity{MAC: "0C1105000002"}}}, "held/5/ held/5/ Identify raise:device_conflict failed/5/wrong_device"},
		"set up by hand":       {State{}, []Input{Wanted{Version: 5, Manual: true}, Tick{Heard: true, Address: "10.0.0.5:80"}, Tick{Address: "10.0.0.5:80"}}, "manual/5/ presence:true manual+/5/ presence:false manual/5/"},
		"watched, and written to by nobody": {
			State{},
			[]Input{Wanted{Version: 5, Manual: true, Watched: true}, here, mine, here, mine, Wanted{Version: 6, Manual: true, Watched: true}},
			"manual/5/ manual/5/ Identify presence:true manual+/5/ Identify manual+/6/",
		},
		"watched, and another one is there": {
			State{},
			[]Input{Wanted{Version: 5, Manual: true, Watched: true}, here, Identified{Who: device.Identity{MAC: "0C1105000002"}}, here, mine},
			"manual/5/ manual/5/ Identify Conflict raise:device_conflict failed/5/wrong_device Identify presence:true manual+/5/",
		},
		"watched, and silent": {
			State{},
			[]Input{Wanted{Version: 5, Manual: true, Watched: true}, here, Identified{Err: fail(device.Ambiguous)}},
			"manual/5/ manual/5/ Identify raise:device_unreachable",
		},
		"a certificate that changed": {
			State{},
			[]Input{want, here, Identified{Err: fail(device.Distrusted)}},
			"held/5/ held/5/ Identify raise:device_conflict failed/5/wrong_device",
		},
	} {
		if _, got := play(c.start, c.inputs...); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
	}
}

func TestStep_AfterApplied(t *testing.T) {
	base, _ := play(State{}, want, here, mine, equal)
	for name, c := range map[string]struct {
		inputs []Input
		want   string
	}{
		"a version that changes nothing here": {[]Input{Wanted{Version: 6, Digest: want.Digest}}, "applied+/6/"},
		"the same version again":              {[]Input{want}, ""},
		"a version that changes it":           {[]Input{Wanted{Version: 6, Digest: [32]byte{2}}, here, mine}, "held+/6/ Identify Compare"},
		"a probe":                             {[]Input{here, mine}, "Identify"},
		"one silent probe":                    {[]Input{here, Identified{Err: fail(device.Ambiguous)}}, "Identify"},
		"two silent probes":                   {[]Input{here, Identified{Err: fail(device.Ambiguous)}, here, Identified{Err: fail(device.Unreachable)}}, "Identify Identify presence:false raise:device_unreachable applied/5/"},
		"back after silence is compared": {
			[]Input{here, Identified{Err: fail(device.Unreachable)}, here, Identified{Err: fail(device.Unreachable)}, here, mine},
			"Identify Identify presence:false raise:device_unreachable applied/5/ Identify presence:true applied+/5/ Compare",
		},
		"new firmware is compared": {[]Input{here, Identified{Who: device.Identity{MAC: own, Firmware: "29.30.10.206"}, Matches: true}}, "Identify applied+/5/ Compare"},
		"drift is written again":   {[]Input{here, Identified{Who: device.Identity{MAC: own}, Matches: true}, differ, Written{}, equal}, "Identify applied+/5/ Compare Write written+/5/ Compare applied+/5/"},
	} {
		if _, got := play(base, c.inputs...); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
	}
	if s, _ := Step(base, here, t0.Add(time.Hour), 0); s.Due != base.Due {
		t.Error("a tick plans before it knows")
	}
	late, effects := Step(base, mine, t0.Add(checkEvery*2), 0)
	if len(effects) == 0 || late.Applied != true {
		t.Fatal("not compared after a while")
	}
	if _, ok := effects[len(effects)-1].(Compare); !ok {
		t.Fatalf("%T", effects[len(effects)-1])
	}
}

func TestStep_RestartKeepsWhatWasAppliedUntilSeenOtherwise(t *testing.T) {
	stored := State{Report: wire.DeviceReport{State: wire.ReceiptApplied, Version: 5, Online: true}}
	if _, got := play(stored, want); got != "" {
		t.Fatalf("same version: %s", got)
	}
	if _, got := play(stored, Wanted{Version: 6, Digest: [32]byte{1}}); got != "held+/6/" {
		t.Fatalf("newer version: %s", got)
	}
	if _, got := play(stored, want, here, mine, differ, Written{}, differ); !strings.HasSuffix(got, "held+/5/read_back_differs") {
		t.Fatalf("seen otherwise: %s", got)
	}
}

func TestStep_WaitsGrowAndAreNotAllAtOnce(t *testing.T) {
	s, _ := play(State{}, want)
	var last time.Duration
	for range 12 {
		s, _ = Step(s, here, t0, 0)
		s, _ = Step(s, Identified{Err: fail(device.Unreachable)}, t0, 0)
		wait := s.Due.Sub(t0)
		if wait < last || wait > seekMost {
			t.Fatalf("waits %s after %s", wait, last)
		}
		last = wait
	}
	early, _ := Step(s, Identified{Err: fail(device.Unreachable)}, t0, 0)
	late, _ := Step(s, Identified{Err: fail(device.Unreachable)}, t0, 0.99)
	if late.Due.Sub(early.Due) < seekMost/4 {
		t.Fatal("all at once")
	}
	if s, _ = Step(s, Moved{}, t0, 0); !s.Due.Equal(t0) {
		t.Fatal("a device that was heard is not looked at")
	}
}

// What a device says by itself is reported at once after a silence, and now and then while it talks on.
//
// shows EDGE-29 by agent/provision/step.go: "t.told(in.Told)"
func TestStep_ToldByItself(t *testing.T) {
	s, _ := play(State{}, want)
	said := func(at, now time.Duration, expected time.Duration) {
		t.Helper()
		var effects []Effect
		before := s.Report.ToldMilli
		s, effects = Step(s, Tick{Address: "10.0.0.5:80", Told: t0.Add(at)}, t0.Add(now), 0)
		if s.Report.ToldMilli != t0.Add(expected).UnixMilli() {
			t.Fatalf("said at %v, looked at %v: reported as %v", at, now, time.UnixMilli(s.Report.ToldMilli).Sub(t0))
		}
		if _, tells := effects[0].(Tell); s.Report.ToldMilli != before && !tells {
			t.Fatalf("said at %v, looked at %v: not reported", at, now)
		}
	}
	said(0, time.Second, 0)
	said(2*time.Minute, 3*time.Minute, 0) // talks on
	said(2*time.Minute, toldEvery, 2*time.Minute)
	said(2*time.Minute, time.Hour, 2*time.Minute) // silence
	said(time.Hour, time.Hour+time.Second, time.Hour)
}
