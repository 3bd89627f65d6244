package provision

import (
	"strings"
	"testing"

	"vestibule/agent/device"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// A device that holds all it has room for is not applied while somebody is left out, not for a newer document either; it is once there is room.
//
// shows EDGE-26 by agent/provision/keys.go: "t.receipt(wire.ReceiptFailed, domain.ReasonFull)"
// shows EDGE-26 by agent/provision/keys.go: "t.do(Raise{health.DeviceFull, strconv.Itoa(t.Over) + \" without room\"})"
func TestStep_ADeviceWithoutRoomIsNeverApplied(t *testing.T) {
	here := Identified{Who: device.Identity{MAC: own}, Matches: true}
	s, said := play(State{}, Wanted{Version: 1, MAC: own, Digest: [32]byte{1}}, Tick{Address: "10.0.0.9:80"}, here, Compared{Over: 3})
	if s.Report.State != wire.ReceiptFailed || s.Report.Reason != domain.ReasonFull || !strings.Contains(said, "raise:device_full") {
		t.Fatalf("%s %s after %s", s.Report.State, s.Report.Reason, said)
	}
	s, said = play(s, Wanted{Version: 2, MAC: own, Digest: [32]byte{1}})
	if s.Report.State != wire.ReceiptFailed || s.Report.Version != 2 {
		t.Errorf("version 2 is %s after %s", s.Report.State, said)
	}
	s, said = play(s, Wanted{Version: 3, MAC: own, Digest: [32]byte{2}}, Tick{Address: "10.0.0.9:80"}, here, Compared{})
	if s.Report.State != wire.ReceiptApplied || s.Report.Version != 3 {
		t.Errorf("version 3 is %s after %s", s.Report.State, said)
	}
}
