package provision_test

import (
	"net"
	"slices"
	"testing"
	"time"

	"vestibule/agent/device/web"
	"vestibule/shared/domain"
	"vestibule/shared/sim/webapi"
)

// slowAnswer is what a slow device takes for anything.
const slowAnswer = 2 * time.Second

// brought runs a site of devices with the pauses that real ones need, and gives how long each healthy one took until it was applied.
func brought(t *testing.T, healthy, dead, slow int) []time.Duration {
	t.Helper()
	s := newSite(t)
	s.options = web.Options{}
	hole, err := net.Listen("tcp4", "127.0.0.1:0") // takes connections and never says a word
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = hole.Close() })
	n := byte(0)
	for range dead {
		n++
		s.add(n, hole.Addr().String())
	}
	for range slow {
		n++
		p := newPhone(t, n)
		p.SetQuirks(webapi.Quirks{LatencyMillis: int(slowAnswer / time.Millisecond)})
		s.add(n, p.Addr().String())
	}
	var ids []domain.DeviceID
	for range healthy {
		n++
		ids = append(ids, s.add(n, newPhone(t, n).Addr().String()))
	}
	began := time.Now()
	s.run()
	var took []time.Duration
	for _, id := range ids {
		s.desk.until(t, id, applied(1))
		took = append(took, s.desk.at(id).Sub(began))
	}
	return took
}

// A building with dead and slow devices: no healthy one waits for them, nor for the other healthy ones. The full number is in the soak, and figures
// of the real programs are in the bench.
//
// shows BEY-16 by agent/provision/worker.go: "go w.work() // beside all others" => "w.work()"
// shows BEY-16 by agent/provision/provision.go: "const talkingAtOnce = 256" => "const talkingAtOnce = 1"
func TestCrowd_AHealthyDeviceIsNeverLaterThanTwiceItsLoneTime(t *testing.T) {
	healthy, dead, slow := 20, 3, 2
	if soak() {
		healthy, dead, slow = 185, 10, 5
	}
	var lone, last time.Duration
	for range 3 { // a machine with much else to do is late now and then; a device that waits for others is late every time
		lone = brought(t, 1, 0, 0)[0]
		all := brought(t, healthy, dead, slow)
		last = slices.Max(all)
		t.Logf("alone %v; of %d healthy beside %d dead and %d slow: first %v, last %v, spread %v", lone, healthy, dead, slow, slices.Min(all), last, last-slices.Min(all))
		if last <= 2*lone {
			return
		}
	}
	t.Errorf("the last healthy device took %v, one alone %v", last, lone)
}
