package nats_test

import (
	"crypto/tls"
	"testing"
	"time"

	"vestibule/cloud/hub"
	"vestibule/cloud/hub/hubtest"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// A real node with the shipped configuration keeps the contract that the embedded broker keeps.
//
// shows EDGE-02 by cloud/hub/nats/nats.go: "if err := voice.Publish(subject(wire.DownTopic(agent, conn)), data); err != nil {" => "if err := error(nil); err != nil {"
// shows EDGE-24 by cloud/hub/nats/nats.go: "h.ended.Will(agent, m.Data)" => "_ = agent"
func TestHub_KeepsTheContract(t *testing.T) {
	s := newSite(t, 1)
	hubtest.Run(t, func(t *testing.T, handle hub.Handler) hubtest.Bench {
		h, _ := s.replica(t, handle)
		return hubtest.Bench{Hub: h, Connect: func(t *testing.T, agent domain.AgentID, will []byte) hubtest.Client {
			return s.agent(t, 0, agent, will)
		}}
	})
}

// Who an agent is, is its certificate's word, asked at every connection: not the client's name, not the listener, not a certificate of another authority, and
// no longer that of a revoked agent.
//
// shows EDGE-02 by cloud/hub/nats/admit.go: "agent, err := h.cfg.Admit(ctx, chain)" => "agent, err := domain.ParseID[domain.AgentID](chain[0].Subject.CommonName)"
func TestHub_NodesBelieveTheCloudAboutCertificates(t *testing.T) {
	s := newSite(t, 1)
	h, _ := s.replica(t, hubtest.NewHeard().Handle)
	good, evil := hubtest.Agent(), hubtest.Agent()
	victim := s.agent(t, 0, good, nil)
	pair := s.Certificate(evil)
	refused := func(what, address, id string, cert tls.Certificate) {
		t.Helper()
		if c, err := s.dial(t, address, id, cert, evil, nil); err == nil {
			t.Errorf("%s is in", what)
			c.MQTT.Disconnect(0)
		}
	}
	refused("an agent by another's name", s.nodes.Agents[0], good.String(), pair)
	refused("an agent by no name", s.nodes.Agents[0], "x", pair)
	refused("an agent on the clouds' listener", s.nodes.Clouds[0], evil.String(), pair)
	refused("somebody without a certificate", s.nodes.Agents[0], evil.String(), tls.Certificate{})
	c := s.agent(t, 0, evil, nil)
	if err := s.Enroll.Revoke(s.Person(), s.Site, evil); err != nil {
		t.Fatal(err)
	}
	h.Kick(evil)
	select {
	case <-c.Closed():
	case <-time.After(hubtest.Patience):
		t.Error("the revoked agent's connection stands")
	}
	refused("a revoked agent", s.nodes.Agents[0], evil.String(), pair)
	select {
	case <-victim.Closed():
		t.Fatal("one agent ended the connection of another")
	case <-time.After(300 * time.Millisecond):
	}
	if n := h.Counters(); n.Refused != 3 {
		t.Errorf("%+v", n)
	}
}

// An agent listens to a few topics of its own, not to as many as it likes.
func TestHub_SubscriptionsOfAnAgentAreBounded(t *testing.T) {
	s := newSite(t, 1)
	s.replica(t, hubtest.NewHeard().Handle)
	agent := hubtest.Agent()
	c := s.agent(t, 0, agent, nil)
	for range 40 {
		if err := c.Subscribe(wire.DownTopic(agent, hubtest.Conn())); err != nil {
			break // the node may end it
		}
	}
	granted := 0
	for _, code := range c.Granted {
		if code == 0 {
			granted++
		}
	}
	if granted == 0 || granted > 20 {
		t.Errorf("%d subscriptions", granted)
	}
}

// Three nodes, two replicas: each message reaches one replica, an answer reaches the agent at whatever node, a connection is ended at whatever node. A replica
// goes, then a node, and what is left does all the work.
func TestHub_ThreeNodesShareAgentsAndReplicas(t *testing.T) {
	s := newSite(t, 3)
	heard := []*hubtest.Heard{hubtest.NewHeard(), hubtest.NewHeard()}
	first, stop := s.replica(t, heard[0].Handle)
	second, _ := s.replica(t, heard[1].Handle)
	count := func(a domain.AgentID) int { return len(heard[0].Of(a)) + len(heard[1].Of(a)) }
	agents := []domain.AgentID{hubtest.Agent(), hubtest.Agent(), hubtest.Agent()}
	conn := hubtest.Conn()
	for node, agent := range agents {
		c := s.agent(t, node, agent, nil)
		if err := c.Subscribe(wire.DownTopic(agent, conn)); err != nil {
			t.Fatal(err)
		}
		hubtest.Deliver(t, first, agent, conn, c, []byte("by one"))
		hubtest.Deliver(t, second, agent, conn, c, []byte("by the other"), []byte("by one"))
		for range 20 {
			if err := c.Publish(wire.UpTopic(agent, wire.KindBeat), []byte("x")); err != nil {
				t.Fatal(err)
			}
		}
		eventually(t, "all are heard", func() bool { return count(agent) >= 20 })
	}
	if a, b := len(heard[0].Of(agents[0])), len(heard[1].Of(agents[0])); a == 0 || b == 0 || a+b != 20 {
		t.Errorf("%d by the first and %d by the second of 20", a, b)
	}
	stop()
	again := s.agent(t, 2, agents[0], nil) // it moved: its older connection at another node ends
	// What another node still hands to the replica that ended is lost, and said again by every agent's own rule.
	eventually(t, "the one that is left hears all", func() bool {
		before := len(heard[1].Of(agents[0]))
		for range 10 {
			if err := again.Publish(wire.UpTopic(agents[0], wire.KindBeat), []byte("y")); err != nil {
				t.Fatal(err)
			}
		}
		<-time.After(300 * time.Millisecond)
		return len(heard[1].Of(agents[0])) == before+10
	})
	s.nodes.Kill(1)
	moved := s.agent(t, 0, agents[1], nil)
	eventually(t, "two nodes do the work of three", func() bool {
		before := count(agents[1])
		_ = moved.Publish(wire.UpTopic(agents[1], wire.KindBeat), []byte("z"))
		<-time.After(50 * time.Millisecond)
		return count(agents[1]) > before
	})
	second.Kick(agents[1])
	select {
	case <-moved.Closed():
	case <-time.After(hubtest.Patience):
		t.Error("the kicked agent stays")
	}
	s.nodes.Start(1)
	s.agent(t, 1, agents[1], nil)
}
