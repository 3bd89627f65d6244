package embedded_test

import (
	"context"
	"fmt"
	"net"
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
