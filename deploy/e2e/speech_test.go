package e2e

import (
	"testing"

	"vestibule/deploy/stack"
)

const annexeMAC = "0C11050B9805"

// speech is a building whose phones speak: a door phone, a monitor of apartment 101, a guard phone, and a monitor of apartment 102 in a second network
// group of the same agent.
type speech struct {
	*building
	panel, kitchen, guard, annexe handset
	opened                        int
}

func newSpeech(t *testing.T) *speech {
	t.Helper()
	b := newBuilding(t, "unknown")
	guard := b.addDevice(stack.DeviceForm{Type: 3, MAC: guardMAC, Name: "Guard", DTMFMethod: "unknown"})
	var group stack.Named
	b.must(b.client.Do(t.Context(), "POST", b.sample.Path("/groups"), map[string]any{"name": "Annexe", "agents": []string{b.agents()[0].ID}}, &group))
	annexe := b.addDeviceOf(group.ID, stack.DeviceForm{Type: 2, MAC: annexeMAC, Name: "Annexe", ApartmentID: b.sample.Apartments["102"], DTMFMethod: "unknown"})
	annexe.host = b.lab.Host("annexe")
	annexe.host.SetMAC(annexeMAC)
	home := b.sample.Apartments["101"]
	b.must(b.client.Do(t.Context(), "POST", b.sample.Path("/people"), map[string]any{"apartment_id": home, "first_name": "Eva", "last_name": "Miller"}, nil))
	b.change("/apartments/"+home, map[string]any{
		"building_id": b.sample.BuildingID, "number": "101", "floor": "1", "contact": "sequence", "call_path": "sip", "sets": [][]string{{"accounts"}, {"monitors"}},
	})
	return &speech{
		building: b, panel: baresipWith(t, b.panel, lowTone), kitchen: linphoneWith(t, b.monitors[0], midTone),
		guard: baresipWith(t, guard, highTone), annexe: baresipWith(t, annexe, highTone),
	}
}

// call lets a visitor dial a number and one phone answer; both hear each other, the key of that phone opens the door, and the visitor leaves.
func (s *speech) call(number string, answers handset, voice tone) {
	s.t.Helper()
	s.panel.dial(number)
	answers.rings(settle)
	answers.answer()
	s.panel.talks(settle)
	conversed(s.t, s.panel, lowTone, answers, voice)
	answers.press("#")
	s.opened++
	held(s.t, s.board.pulsed(0, s.opened, settle))
	s.panel.hangUp()
	answers.falls(settle)
	s.panel.forget()
	answers.forget()
}

// Each kind of call, with phones of two makers that hear each other and open: a sequence whose first set has nothing that rings, the guard phone, a
// monitor of another network group, a door phone without internet whose calls a monitor passes on; with the wire and without.
//
// shows CALL-07 EDGE-10/R22 by agent/call/stages.go: "if st.nextLandline() {" => "		if true {"
// shows EDGE-07/R15 EDGE-13/R33 by agent/media/side.go: "go a.forward(l.caller.rtp, &l.near.rtp, l.callee.rtp, &l.away.rtp, nil)" => "	a.wg.Done()"
func TestSpeech_EachKindOfCallIsHeardBothWaysWithTheWireAndWithout(t *testing.T) {
	s := newSpeech(t)
	each := func() {
		t.Helper()
		s.call("101", s.kitchen, midTone)
		s.call("0", s.guard, highTone)
		s.call("102", s.annexe, highTone)
	}
	each()
	s.withoutTheCloud()
	each()
	s.lab.RestoreWAN()
	eventually(t, back, "the records of all calls arrive", func() bool { return s.rows("call", map[string]any{"end": "opened"}) == 6 })
	s.withoutInternet(s.sample.Apartments["101"], "unknown")
	s.call("101", s.kitchen, midTone)
	s.withoutTheCloud()
	s.call("101", s.kitchen, midTone)
	s.lab.RestoreWAN()
	eventually(t, back, "the records of all calls arrive", func() bool { return s.rows("call", map[string]any{"end": "opened"}) == 8 })
	for name, n := range map[string]int{"Kitchen": 4, "Guard": 2, "Annexe": 2} {
		if got := s.rows("call", map[string]any{"answered_by_name": name}); got != n {
			t.Errorf("%s answered %d calls in the log, want %d", name, got, n)
		}
	}
	s.unbroken()
}
