package embedded_test

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"slices"
	"testing"
	"time"

	"vestibule/cloud/hub/embedded"
	"vestibule/cloud/hub/hubtest"
	"vestibule/shared/domain"
)

// Strangers have every place at the handshake: an agent that comes meanwhile waits, and is let in at its first try.
//
// shows BEY-22 by cloud/hub/embedded/gate.go: "g.room = append(g.room, waiting{conn, now})"
func TestGate_WhoComesToAFullGateWaits(t *testing.T) {
	s := start(t, func(context.Context, domain.AgentID, []byte) {})
	var strangers []net.Conn
	leave := func() {
		for _, c := range strangers {
			_ = c.Close()
		}
	}
	defer leave()
	for i := range 512 {
		from := net.Dialer{Timeout: hubtest.Patience, LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 8, 1, byte(i/128+1))}}
		c, err := from.DialContext(t.Context(), "tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		strangers = append(strangers, c)
	}
	in := make(chan error, 1)
	agent := domain.NewID[domain.AgentID](time.Now())
	cert := s.authority.pair(t, agent.String())
	go func() {
		conn, err := s.dial(&cert)
		if err == nil {
			_ = conn.Close()
		}
		in <- err
	}()
	select {
	case err := <-in:
		in <- fmt.Errorf("it did not wait: %w", err)
	case <-time.After(200 * time.Millisecond):
	}
	leave()
	select {
	case err := <-in:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(hubtest.Patience):
		t.Error("it is not let in")
	}
}

// shows BEY-22 by cloud/hub/embedded/room.go: "if waited >= freshAfter && waited < waitsFor {" => "if false {"
func TestGate_WhoMayGiveUpGoesAfterTheFresh(t *testing.T) {
	for _, c := range []struct {
		name string
		came []time.Duration // before now, the oldest first
		want []int
		late int
	}{
		{"a few wait", []time.Duration{29 * time.Second, 2 * time.Second, time.Second}, []int{0, 1, 2}, 0},
		{"all wait long", []time.Duration{44 * time.Second, 43 * time.Second, 31 * time.Second}, []int{2, 1, 0}, 0},
		{"some came too long ago", []time.Duration{46 * time.Second, 45 * time.Second, 31 * time.Second, time.Second}, []int{3, 2}, 2},
	} {
		got, late := embedded.Order(time.Now(), c.came...)
		if !slices.Equal(got, c.want) || late != c.late {
			t.Errorf("%s: %v and %d sent away, not %v and %d", c.name, got, late, c.want, c.late)
		}
	}
}

// A crowd goes faster while those that went find a handler at once, slower while they wait for one, and hardly at all while they wait long, or while many are at
// their handshake, of whom the handlers have not heard yet.
//
// shows BEY-22 by cloud/hub/embedded/room.go: "case lag > behind:" => "	case false:"
// shows BEY-22 by cloud/hub/embedded/room.go: "s.gap = min(gap+gap/16, unhurried)" => "		s.gap = max(gap-gap/16, least)"
// shows BEY-22 by cloud/hub/embedded/room.go: "s.gap = max(gap-gap/16, least)" => "		s.gap = gap"
// shows BEY-22 by cloud/hub/embedded/room.go: "case atWork > many*processors:" => "	case false:"
func TestGate_ACrowdGoesAsFastAsItIsHeard(t *testing.T) {
	procs := runtime.GOMAXPROCS(0)
	always := func(lag time.Duration) func(time.Duration) time.Duration {
		return func(time.Duration) time.Duration { return lag }
	}
	for _, c := range []struct {
		name     string
		atWork   int
		lag      func(time.Duration) time.Duration
		from, to time.Duration // when the last of 2,000 goes
	}{
		{"heard at once", 0, always(0), 0, 500 * time.Millisecond},
		{"many at their handshake", 500 * procs, always(0), 39900 * time.Millisecond, 41 * time.Second},
		{"heard late", 0, always(100 * time.Millisecond), 30 * time.Second, 41 * time.Second},
		{"heard very late", 0, always(time.Second), 39900 * time.Millisecond, 41 * time.Second},
		{"heard very late for a second", 0, func(since time.Duration) time.Duration {
			if since < time.Second {
				return time.Second
			}
			return 0
		}, time.Second, 2 * time.Second},
	} {
		went := embedded.Through(2000, c.atWork, c.lag)
		if last := went[len(went)-1]; last < c.from || last > c.to {
			t.Errorf("%s: the last goes after %v, not %v to %v", c.name, last, c.from, c.to)
		}
	}
}
