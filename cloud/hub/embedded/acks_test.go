package embedded_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"testing"
	"time"

	"vestibule/cloud/hub/embedded"
	"vestibule/cloud/hub/hubtest"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// ack is the PUBACK of every message that publish makes.
var ack = []byte{0x40, 2, 0, 7}

// bye is a DISCONNECT.
var bye = []byte{0xe0, 0}

// says connects an agent that sends some packets in one record.
func (s *site) says(t *testing.T, agent domain.AgentID, packets []byte) *tls.Conn {
	t.Helper()
	h := s.hostile(t, agent, s.authority.pair(t, agent.String()))
	if err := h.arm(); err != nil {
		t.Fatal(err)
	}
	conn := h.open()
	if conn == nil {
		t.Fatal("not connected")
	}
	t.Cleanup(func() { cut(conn) })
	_ = conn.SetDeadline(time.Now().Add(hubtest.Patience))
	if _, err := conn.Write(packets); err != nil {
		t.Fatal(err)
	}
	return conn
}

// What an agent says in one breath is acknowledged in one record: TLS gives a reader no more than one.
//
// shows BEY-22 by cloud/hub/embedded/acks.go: "k.acks.busy = true" => "	k.acks.busy = false"
func TestAcks_OneBreathIsAnsweredInOne(t *testing.T) {
	heard := hubtest.NewHeard()
	s := start(t, heard.Handle)
	agent := hubtest.Agent()
	conn := s.says(t, agent, bytes.Repeat(publish(wire.UpTopic(agent, wire.KindBeat), 1, []byte("x")), 4))
	got := make([]byte, 64)
	n, err := conn.Read(got)
	if err != nil || !bytes.Equal(got[:n], bytes.Repeat(ack, 4)) {
		t.Errorf("the first record holds %x, %v", got[:n], err)
	}
	heard.Await(t, agent, 4)
}

// More than is held at once is acknowledged all the same, each message once.
func TestAcks_ALongBreathIsAnsweredWhole(t *testing.T) {
	s := start(t, hubtest.NewHeard().Handle)
	agent := hubtest.Agent()
	const messages = 60
	conn := s.says(t, agent, bytes.Repeat(publish(wire.UpTopic(agent, wire.KindBeat), 1, []byte("x")), messages))
	got := make([]byte, messages*len(ack))
	if _, err := io.ReadFull(conn, got); err != nil || !bytes.Equal(got, bytes.Repeat(ack, messages)) {
		t.Errorf("acknowledged %x, %v", got, err)
	}
}

// Whoever says something and goodbye in one breath hears that it was taken.
//
// shows BEY-22 by cloud/hub/embedded/hook.go: "if pk.FixedHeader.Type == packets.Disconnect {" => "	if false {"
func TestAcks_ComeBeforeTheEnd(t *testing.T) {
	s := start(t, hubtest.NewHeard().Handle)
	agent := hubtest.Agent()
	conn := s.says(t, agent, append(publish(wire.UpTopic(agent, wire.KindBeat), 1, []byte("x")), bye...))
	got, err := io.ReadAll(conn)
	if err != nil || !bytes.Equal(got, ack) {
		t.Errorf("read %x, %v", got, err)
	}
}

// While a message waits for room, those that were taken before it are acknowledged.
//
// shows BEY-22 by cloud/hub/embedded/hook.go: "k.flush() // it may wait for long" => "		_ = k"
func TestAcks_DoNotWaitForRoom(t *testing.T) {
	hold := make(chan struct{})
	heard := hubtest.NewHeard()
	s := start(t, func(ctx context.Context, agent domain.AgentID, data []byte) {
		<-hold
		heard.Handle(ctx, agent, data)
	}, func(c *embedded.Config) { c.Limits.PerAgent, c.RoomWithin = 4, hubtest.Patience })
	agent := hubtest.Agent()
	// One is with the handler, four wait, and the sixth finds no room.
	conn := s.says(t, agent, bytes.Repeat(publish(wire.UpTopic(agent, wire.KindBeat), 1, []byte("x")), 6))
	got := make([]byte, 5*len(ack))
	if _, err := io.ReadFull(conn, got); err != nil || !bytes.Equal(got, bytes.Repeat(ack, 5)) {
		t.Errorf("acknowledged %x, %v", got, err)
	}
	close(hold)
	if _, err := io.ReadFull(conn, got[:len(ack)]); err != nil || s.Counters().Dropped > 0 {
		t.Errorf("the sixth: %v, %d dropped", err, s.Counters().Dropped)
	}
	heard.Await(t, agent, 6)
}

// What is sent down goes behind the acknowledgements that are held, with them, and at once.
//
// shows BEY-22 by cloud/hub/embedded/acks.go: "b = append(k.acks.held, b...)" => "		b = append(b, k.acks.held...)"
func TestAcks_KeepTheirPlace(t *testing.T) {
	held := embedded.NewHeld()
	for _, b := range [][]byte{ack, ack, {0x30, 3, 0, 1, 'a'}, ack} {
		if n, err := held.Write(b); n != len(b) || err != nil {
			t.Fatal(n, err)
		}
	}
	want := append(append(bytes.Clone(ack), ack...), 0x30, 3, 0, 1, 'a')
	if len(held.Wrote) != 1 || !bytes.Equal(held.Wrote[0], want) {
		t.Errorf("wrote %x", held.Wrote)
	}
	if err := held.Rest(); err != nil || len(held.Wrote) != 2 || !bytes.Equal(held.Wrote[1], ack) {
		t.Errorf("before the next read: wrote %x, %v", held.Wrote, err)
	}
	if _, err := held.Write(ack); err != nil || len(held.Wrote) != 3 {
		t.Errorf("while somebody reads: wrote %x, %v", held.Wrote, err)
	}
	held.Fails = errors.New("cut")
	held.Work()
	if _, err := held.Write(ack); err != nil {
		t.Fatal(err)
	}
	if err := held.Rest(); !errors.Is(err, held.Fails) {
		t.Errorf("a cut connection: %v", err)
	}
}

// The broker sets the end of a silent connection anew for each packet; the connection hears of it once a second, and of none at all at once.
func TestGate_SilenceIsCountedBySeconds(t *testing.T) {
	held := embedded.NewHeld()
	now := time.Unix(1_800_000_000, 0)
	for _, after := range []time.Duration{0, 400 * time.Millisecond, 999 * time.Millisecond, 1100 * time.Millisecond, 500 * time.Millisecond} {
		_ = held.SetDeadline(now.Add(after))
	}
	_ = held.SetDeadline(time.Time{})
	want := []time.Time{now, now.Add(1100 * time.Millisecond), now.Add(500 * time.Millisecond), {}}
	if len(held.Due) != len(want) {
		t.Fatalf("set %v", held.Due)
	}
	for i := range want {
		if !held.Due[i].Equal(want[i]) {
			t.Errorf("set %v", held.Due)
		}
	}
}
