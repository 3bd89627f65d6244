package e2e

import (
	"fmt"
	"slices"
	"testing"

	"vestibule/deploy/stack"
)

const guardMAC = "0C11050B9804"

// change sets what a form of the site says, and waits for the agent to hold it.
func (b *building) change(path string, form map[string]any) {
	b.t.Helper()
	b.must(b.client.Do(b.t.Context(), "PUT", b.sample.Path(path), form, nil))
	b.inStep()
}

// leftOut lists why legs of a kind were left out of calls, the newest call first.
func (b *building) leftOut(kind string) []string {
	b.t.Helper()
	var out []string
	for _, e := range b.events("call") {
		legs, _ := e.Body["legs"].([]any)
		for _, l := range legs {
			leg, _ := l.(map[string]any)
			marks, _ := leg["marks"].([]any)
			if leg["kind"] != kind || len(marks) == 0 {
				continue
			}
			if mark, _ := marks[len(marks)-1].(map[string]any); mark["what"] == "left_out" {
				out = append(out, fmt.Sprint(mark["why"]))
			}
		}
	}
	return out
}

// One building, four kinds of calls: a group, a sequence whose first set has nothing that rings, the guard phone of the management centre, and a door
// phone without internet whose calls a monitor passes on; then, with the wire cut, the last two again. Nobody waits for what cannot be reached.
//
// shows EDGE-10 EDGE-09/R23 by agent/call/stages.go: "if st.nextLandline() {" => "		if true {"
// shows EDGE-12/R32 EDGE-13/R32 EDGE-13/R33 by agent/call/plan/leg.go: "return WhyWANDown" => "		return NoWay(leg)"
func TestStages_GroupSequenceGuardAndOfflineDoorWithTheWireAndWithout(t *testing.T) {
	b := newBuilding(t, "info")
	guard := b.addDevice(stack.DeviceForm{Type: 3, MAC: guardMAC, Name: "Guard", DTMFMethod: "info"})
	home := b.sample.Apartments["101"]
	b.must(b.client.Do(t.Context(), "POST", b.sample.Path("/people"), map[string]any{"apartment_id": home, "first_name": "Eva", "last_name": "Miller"}, nil))
	b.inStep()
	for _, d := range append(b.monitors[:], guard) {
		d.register(t)
	}
	b.conversation(1)
	b.change("/apartments/"+home, map[string]any{
		"building_id": b.sample.BuildingID, "number": "101", "floor": "1", "contact": "sequence", "call_path": "sip", "sets": [][]string{{"accounts"}, {"monitors"}},
	})
	b.conversation(2)
	b.atTheGuard(guard, 3)
	b.withoutInternet(home, "info")
	b.conversation(4)

	b.withoutTheCloud()
	b.conversation(5)
	b.atTheGuard(guard, 6)
	b.lab.RestoreWAN()

	eventually(t, back, "the records of all calls arrive", func() bool { return b.rows("call", map[string]any{"end": "opened"}) == 6 })
	if got := b.rows("call", map[string]any{"answered_by_name": "Guard"}); got != 2 {
		t.Errorf("%d calls were answered at the management centre, want 2", got)
	}
	if got, want := b.leftOut("app"), []string{"wan_down", "no_app_registered", "no_app_registered", "no_app_registered"}; !slices.Equal(got, want) {
		t.Errorf("apps were left out as %q, want %q", got, want)
	}
}

// atTheGuard lets a visitor call the management centre, and the guard open; n openings have happened then.
func (b *building) atTheGuard(guard device, n int) {
	b.t.Helper()
	post := sipp(b.t, guard.host, "monitor_answers", guard)
	panel := b.calls("panel", "0")
	post.ok(settle)
	panel.ok(settle)
	held(b.t, b.board.pulsed(0, n, settle))
}

// withoutInternet makes the panel a door phone without internet, whose calls Kitchen passes on; method is how both are known to send digits.
func (b *building) withoutInternet(home, method string) {
	b.t.Helper()
	b.change("/devices/"+b.monitors[0].id, map[string]any{
		"type": 2, "mac": monitorAMAC, "name": "Kitchen", "driver": "manual", "dtmf_method": method, "group_id": b.sample.GroupID,
		"building_id": b.sample.BuildingID, "apartment_id": home, "form": map[string]any{"works_offline": true},
	})
	b.change("/devices/"+b.panel.id, map[string]any{
		"type": 0, "mac": panelMAC, "name": "Panel", "driver": "manual", "dtmf_method": method, "group_id": b.sample.GroupID, "building_id": b.sample.BuildingID,
		"address": b.panel.host.IP, "form": map[string]any{"no_internet": true}, "relays": []stack.RelayForm{{
			Number: 1, Name: "Main door", Enabled: true, DTMF: "#", Mode: "momentary", HoldMS: holdMilli, BoardID: b.sample.Boards["Board"], Channel: 1,
		}},
	})
}
