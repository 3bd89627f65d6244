package embedded_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"vestibule/cloud/hub"
	"vestibule/cloud/hub/embedded"
	"vestibule/cloud/hub/hubtest"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

func TestHub_KeepsTheContract(t *testing.T) {
	hubtest.Run(t, func(t *testing.T, handle hub.Handler) hubtest.Bench {
		s := start(t, handle)
		return hubtest.Bench{Hub: s.Hub, Connect: func(t *testing.T, agent domain.AgentID, will []byte) hubtest.Client {
			return s.agent(t, agent, will)
		}}
	})
}

// The broker may say yes to anything: what counts is what arrives.
//
// shows EDGE-32 by cloud/hub/embedded/hook.go: "allowed = allowed && wire.MaySubscribe(agent, topic)"
func TestHub_ForeignSubscriptionGetsNothing(t *testing.T) {
	s := start(t, hubtest.NewHeard().Handle)
	good, evil, conn := hubtest.Agent(), hubtest.Agent(), hubtest.Conn()
	cg, ce := s.agent(t, good, nil), s.agent(t, evil, nil)
	if err := cg.Subscribe(wire.DownTopic(good, conn)); err != nil {
		t.Fatal(err)
	}
	for _, topic := range []string{wire.DownTopic(good, conn), "v1/#", "v1/+/down/+", "$SYS/#", "$share/g/v1/+/down/+", "#"} {
		_ = ce.Subscribe(topic)
	}
	hubtest.Deliver(t, s.Hub, good, conn, cg, []byte("secret"))
	own := hubtest.Conn()
	if err := ce.Subscribe(wire.DownTopic(evil, own)); err != nil {
		t.Fatal(err)
	}
	hubtest.Deliver(t, s.Hub, evil, own, ce, []byte("marker")) // fails when anything else came first
	if want := []byte{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0}; !bytes.Equal(ce.Granted, want) {
		t.Errorf("granted %x", ce.Granted)
	}
}

// shows EDGE-32 by cloud/hub/embedded/hook.go: "allowed = allowed && wire.MayPublish(agent, topic)"
func TestHub_PublishInAnothersNameIsHarmless(t *testing.T) {
	heard := hubtest.NewHeard()
	s := start(t, heard.Handle)
	good, evil := hubtest.Agent(), hubtest.Agent()
	s.agent(t, good, nil)
	refused := s.Counters().Refused
	_ = s.agent(t, evil, nil).Publish(wire.UpTopic(good, wire.KindHello), []byte("forged"))
	eventually(t, "refusal", func() bool { return s.Counters().Refused > refused })
	if n := len(heard.Of(good)) + len(heard.Of(evil)); n != 0 {
		t.Fatalf("%d messages arrived", n)
	}
}

// shows EDGE-32 by cloud/hub/embedded/hook.go: "case agent.IsZero() || cl.ID != agent.String():" => "case agent.IsZero():"
func TestHub_ClientIDIsTheCertificates(t *testing.T) {
	s := start(t, hubtest.NewHeard().Handle)
	if _, err := s.connect(t, hubtest.Agent(), hubtest.Agent().String(), nil); err == nil {
		t.Fatal("connected in the name of another")
	}
}

func TestHub_WillOnAnothersTopicIsRefused(t *testing.T) {
	s := start(t, hubtest.NewHeard().Handle)
	agent := hubtest.Agent()
	for name, packet := range map[string][]byte{
		"foreign will":      connectPacket(agent.String(), 0x02|0x04, wire.UpTopic(hubtest.Agent(), wire.KindGone)),
		"retained will":     connectPacket(agent.String(), 0x02|0x04|0x20, wire.UpTopic(agent, wire.KindGone)),
		"session that asks": connectPacket(agent.String(), 0, ""),
	} {
		if answer := s.raw(t, agent, packet); len(answer) == 4 && answer[3] == 0 {
			t.Errorf("%s: answered %x", name, answer)
		}
	}
	if answer := s.raw(t, agent, connectPacket(agent.String(), 0x02|0x04, wire.UpTopic(agent, wire.KindGone))); !bytes.Equal(answer, []byte{0x20, 2, 0, 0}) {
		t.Errorf("an honest one: %x", answer)
	}
}

// connectPacket is a CONNECT of MQTT 3.1.1 section 3.1.
func connectPacket(id string, flags byte, will string) []byte {
	var body bytes.Buffer
	text := func(s string) {
		_ = binary.Write(&body, binary.BigEndian, uint16(len(s)))
		body.WriteString(s)
	}
	text("MQTT")
	body.Write([]byte{4, flags, 0, 30})
	text(id)
	if will != "" {
		text(will)
		text("gone")
	}
	return append([]byte{0x10, byte(body.Len()&0x7f | 0x80), byte(body.Len() >> 7)}, body.Bytes()...)
}

// raw sends bytes with the agent's certificate and gives the first answer; nothing when the connection is closed.
func (s *site) raw(t *testing.T, agent domain.AgentID, packet []byte) []byte {
	t.Helper()
	cert := s.authority.pair(t, agent.String())
	conn, err := s.dial(&cert)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(hubtest.Patience))
	if _, err := conn.Write(packet); err != nil {
		return nil
	}
	answer := make([]byte, 4)
	n, _ := io.ReadFull(conn, answer)
	return answer[:n]
}

// shows EDGE-02 by cloud/hub/embedded/gate.go: "g.counters.oversize.Add(1)"
func TestHub_OversizePacketClosesTheConnection(t *testing.T) {
	heard := hubtest.NewHeard()
	s := start(t, heard.Handle)
	stranger, other := hubtest.Agent(), hubtest.Agent()
	c := s.agent(t, stranger, nil)
	_ = c.Publish(wire.UpTopic(stranger, wire.KindEvents), make([]byte, wire.MaxMessage+4096))
	select {
	case <-c.Closed():
	case <-time.After(hubtest.Patience):
		t.Fatal("the connection stands")
	}
	eventually(t, "count", func() bool { return s.Counters().Oversize == 1 })
	// Just over the message limit and under the packet limit: the hook sees it.
	c = s.agent(t, stranger, nil)
	_ = c.Publish(wire.UpTopic(stranger, wire.KindEvents), make([]byte, wire.MaxMessage+1))
	eventually(t, "count", func() bool { return s.Counters().Oversize == 2 })
	if err := s.agent(t, other, nil).Publish(wire.UpTopic(other, wire.KindEvents), make([]byte, wire.MaxMessage)); err != nil {
		t.Fatal(err)
	}
	heard.Await(t, other, 1)
	if len(heard.Of(stranger)) != 0 {
		t.Error("an oversize message arrived")
	}
}

// shows EDGE-32 by cloud/hub/embedded/gate.go: "agent, err = g.cfg.Admit(ctx, state.PeerCertificates)" => "agent, err = domain.AgentID{1}, nil"
func TestHub_NoCertificateNoConnection(t *testing.T) {
	s := start(t, hubtest.NewHeard().Handle)
	foreign := newAuthority(t).pair(t, hubtest.Agent().String())
	named := s.authority.pair(t, "somebody")
	for name, cert := range map[string]*tls.Certificate{"none": nil, "of a foreign authority": &foreign, "without an agent's name": &named} {
		conn, err := s.dial(cert)
		if err == nil {
			_ = conn.SetDeadline(time.Now().Add(hubtest.Patience))
			_, _ = conn.Write(connectPacket("x", 2, ""))
			_, err = conn.Read(make([]byte, 1))
			_ = conn.Close()
		}
		// The handshake itself ends: nothing of MQTT is read before.
		var alert *net.OpError
		if !errors.As(err, &alert) || alert.Op != "remote error" {
			t.Errorf("certificate %s: %v", name, err)
		}
	}
	// The alert may reach the stranger before the refusal is counted.
	eventually(t, "three refusals counted", func() bool { return s.Counters().Refused == 3 })
}

// A revoked agent's live connection is dropped and does not come back.
func TestFailure31_RevokedAgentIsDroppedAndStaysOut(t *testing.T) {
	s := start(t, hubtest.NewHeard().Handle)
	agent := hubtest.Agent()
	c := s.agent(t, agent, nil)
	s.revoke(agent)
	s.Kick(agent)
	select {
	case <-c.Closed():
	case <-time.After(hubtest.Patience):
		t.Fatal("the connection stands")
	}
	if _, err := s.connect(t, agent, agent.String(), nil); err == nil {
		t.Fatal("a revoked agent connected")
	}
}

// Two connections of one agent: the older one is cut, its will names it, and the newer one works on.
func TestFailure15_TakeoverLeavesTheWillOfTheOlderConnection(t *testing.T) {
	heard := hubtest.NewHeard()
	s := start(t, heard.Handle)
	agent, conn := hubtest.Agent(), hubtest.Conn()
	first := s.agent(t, agent, []byte("gone-1"))
	second := s.agent(t, agent, []byte("gone-2"))
	select {
	case <-first.Closed():
	case <-time.After(hubtest.Patience):
		t.Fatal("two connections of one agent")
	}
	if list := heard.Await(t, agent, 1); string(list[0]) != "gone-1" {
		t.Fatalf("heard %q", list)
	}
	if err := second.Subscribe(wire.DownTopic(agent, conn)); err != nil {
		t.Fatal(err)
	}
	hubtest.Deliver(t, s.Hub, agent, conn, second, []byte("hello"))
}

// A handler that is busy fills its agent's queue: more is not acknowledged, is counted, and other agents go on.
func TestHub_FullQueueIsNotAcknowledged(t *testing.T) {
	hold := make(chan struct{})
	busy, free := hubtest.Agent(), hubtest.Agent()
	heard := hubtest.NewHeard()
	s := start(t, func(ctx context.Context, agent domain.AgentID, data []byte) {
		if agent == busy {
			<-hold
		}
		heard.Handle(ctx, agent, data)
	}, func(c *embedded.Config) { c.Limits.PerAgent = 4 })
	c := s.agent(t, busy, nil)
	for range 10 {
		c.MQTT.Publish(wire.UpTopic(busy, wire.KindBeat), 1, false, []byte("x"))
	}
	eventually(t, "full queue", func() bool { return s.Counters().Dropped >= 5 })
	if err := s.agent(t, free, nil).Publish(wire.UpTopic(free, wire.KindBeat), []byte("y")); err != nil {
		t.Fatal(err)
	}
	heard.Await(t, free, 1)
	close(hold)
	heard.Await(t, busy, 4)
}

// A subscription to one's own topics is bounded too.
func TestHub_SubscriptionsAreBounded(t *testing.T) {
	s := start(t, hubtest.NewHeard().Handle)
	agent := hubtest.Agent()
	c := s.agent(t, agent, nil)
	for range 10 {
		if err := c.Subscribe(wire.DownTopic(agent, hubtest.Conn())); err != nil {
			t.Fatal(err)
		}
	}
	if n := bytes.Count(c.Granted, []byte{0}); n != 4 {
		t.Errorf("%d subscriptions granted", n)
	}
}

// Bytes that are no MQTT end their own connection alone.
func TestHub_GarbageEndsItsOwnConnection(t *testing.T) {
	heard := hubtest.NewHeard()
	s := start(t, heard.Handle)
	agent := hubtest.Agent()
	for _, junk := range [][]byte{{0}, {0xff, 0xff, 0xff, 0xff, 0xff}, {0x10, 0}, {0x30, 0x80, 0x80, 0x80, 0x80, 1}, bytes.Repeat([]byte{0x10, 0x7f}, 500)} {
		s.raw(t, agent, append(junk, make([]byte, 300)...))
	}
	if err := s.agent(t, agent, nil).Publish(wire.UpTopic(agent, wire.KindBeat), []byte("fine")); err != nil {
		t.Fatal(err)
	}
	heard.Await(t, agent, 1)
}

// The link of an agent hangs: TCP stands, nobody reads, the broker's writes fill up. The agent comes back on another connection at once.
func TestHub_LinkThatHangsHoldsNothingUp(t *testing.T) {
	s := start(t, hubtest.NewHeard().Handle)
	agent, conn := hubtest.Agent(), hubtest.Conn()
	cert := s.authority.pair(t, agent.String())
	stuck, err := s.dial(&cert)
	if err != nil {
		t.Fatal(err)
	}
	defer stuck.Close()
	topic := wire.DownTopic(agent, conn)
	subscribe := binary.BigEndian.AppendUint16([]byte{0x82, byte(5 + len(topic)), 0, 1}, uint16(len(topic)))
	subscribe = append(append(subscribe, topic...), 0)
	if _, err := stuck.Write(append(connectPacket(agent.String(), 2, ""), subscribe...)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(stuck, make([]byte, 9)); err != nil { // CONNACK and SUBACK
		t.Fatal(err)
	}
	eventually(t, "full pipe", func() bool {
		for range 100 {
			if err := s.Publish(agent, conn, make([]byte, wire.MaxMessage)); err != nil {
				t.Fatal(err)
			}
		}
		return s.Counters().Dropped > 0
	})
	began := time.Now()
	c := s.agent(t, agent, nil)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("connected after %v", took)
	}
	if err := c.Subscribe(topic); err != nil {
		t.Fatal(err)
	}
	hubtest.Deliver(t, s.Hub, agent, conn, c, []byte("here"))
}
