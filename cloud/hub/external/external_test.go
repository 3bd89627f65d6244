package external_test

import (
	"context"
	"crypto/tls"
	"sync/atomic"
	"testing"
	"time"

	"vestibule/cloud/hub"
	"vestibule/cloud/hub/hubtest"
	"vestibule/cloud/presence"
	"vestibule/deploy/broker"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// A real Mosquitto with the shipped rules keeps the contract that the embedded broker keeps.
//
// shows EDGE-02 by cloud/hub/external/external.go: "(*voice).Publish(wire.DownTopic(agent, conn), 0, false, data)"
// shows EDGE-24 by cloud/hub/ended.go: "e.last[agent] = said.Conn" => "_ = said"
func TestHub_KeepsTheContract(t *testing.T) {
	hubtest.Run(t, func(t *testing.T, handle hub.Handler) hubtest.Bench {
		s := newSite(t)
		var probes atomic.Int64
		h, _ := s.replica(t, func(ctx context.Context, agent domain.AgentID, data []byte) {
			if string(data) == "probe" {
				probes.Add(1)
				return
			}
			handle(ctx, agent, data)
		})
		ready(t, s, h, func() int { return int(probes.Load()) })
		return hubtest.Bench{Hub: h, Connect: func(t *testing.T, agent domain.AgentID, will []byte) hubtest.Client {
			return s.agent(t, s.broker.Agents, agent, will)
		}}
	})
}

// Who an agent is, is its certificate's word: not the client's name, not the listener, not a certificate of another authority.
func TestHub_TheBrokerBelievesCertificatesAlone(t *testing.T) {
	s := newSite(t)
	good, evil := hubtest.Agent(), hubtest.Agent()
	victim := s.agent(t, s.broker.Agents, good, nil)
	pair := s.Certificate(evil)
	if c, err := s.dial(t, s.broker.Agents, good.String(), pair, evil, nil); err == nil { // taken under its own name, whatever it says
		defer c.MQTT.Disconnect(0)
	}
	if _, err := s.dial(t, s.broker.Cloud, good.String(), pair, evil, nil); err == nil {
		t.Error("an agent is on the cloud's listener")
	}
	if _, err := s.dial(t, s.broker.Agents, evil.String(), tls.Certificate{}, evil, nil); err == nil {
		t.Error("somebody without a certificate is in")
	}
	select {
	case <-victim.Closed():
		t.Fatal("one agent ended the connection of another")
	case <-time.After(300 * time.Millisecond):
	}
}

// Each message reaches one replica; when a replica goes, the others hear everything. What one says reaches the agent whoever heard it.
func TestHub_ReplicasShareWhatAgentsSay(t *testing.T) {
	s := newSite(t)
	heard := []*hubtest.Heard{hubtest.NewHeard(), hubtest.NewHeard()}
	var stops []func()
	var hubs []hub.Hub
	for _, h := range heard {
		r, stop := s.replica(t, h.Handle)
		hubs, stops = append(hubs, r), append(stops, stop)
		probe := hubtest.Agent()
		c := s.agent(t, s.broker.Agents, probe, nil)
		eventually(t, "the replica hears", func() bool {
			_ = c.Publish(wire.UpTopic(probe, wire.KindBeat), []byte("probe"))
			return len(h.Of(probe)) > 0
		})
	}
	agent, conn := hubtest.Agent(), hubtest.Conn()
	c := s.agent(t, s.broker.Second, agent, nil)
	say := func() {
		if err := c.Publish(wire.UpTopic(agent, wire.KindBeat), []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	count := func() int { return len(heard[0].Of(agent)) + len(heard[1].Of(agent)) }
	for range 20 {
		say()
	}
	eventually(t, "all are heard", func() bool { return count() >= 20 })
	if n := count(); n != 20 || len(heard[0].Of(agent)) == 0 || len(heard[1].Of(agent)) == 0 {
		t.Errorf("%d by the first and %d by the second of 20", len(heard[0].Of(agent)), len(heard[1].Of(agent)))
	}
	if err := c.Subscribe(wire.DownTopic(agent, conn)); err != nil {
		t.Fatal(err)
	}
	hubtest.Deliver(t, hubs[0], agent, conn, c, []byte("by one"))
	hubtest.Deliver(t, hubs[1], agent, conn, c, []byte("by the other"), []byte("by one"))
	stops[0]()
	// What the broker handed to the replica at its end is lost, and said again by every agent's own rule.
	eventually(t, "the one that is left hears all", func() bool {
		before := len(heard[1].Of(agent))
		for range 10 {
			say()
		}
		<-time.After(300 * time.Millisecond)
		return len(heard[1].Of(agent)) == before+10
	})
}

// The broker dies and comes back: the hub is on it again by itself.
func TestHub_ComesBackWithTheBroker(t *testing.T) {
	s := newSite(t)
	heard := hubtest.NewHeard()
	h, _ := s.replica(t, heard.Handle)
	agent := hubtest.Agent()
	hears := func() {
		c := s.agent(t, s.broker.Agents, agent, nil)
		before := len(heard.Of(agent))
		eventually(t, "the hub hears", func() bool {
			_ = c.Publish(wire.UpTopic(agent, wire.KindBeat), []byte("x"))
			return len(heard.Of(agent)) > before
		})
	}
	hears()
	s.broker.Stop()
	eventually(t, "the hub knows that it is alone", func() bool { return h.Counters().Lost == 2 })
	if err := h.Publish(agent, hubtest.Conn(), []byte("x")); err == nil {
		t.Error("a message went into nothing without a word")
	}
	s.broker.Start()
	hears()
}

// Row 15: the same agent on two listeners of a real broker. The older connection is ended, its will arrives after the newer one's hello, and the agent stays
// online on the newer one.
//
// shows EDGE-24 by cloud/presence/step.go: "if in.Conn == l.Conn && l.State == Online {" => "if l.State == Online {"
func TestFailure15_TwoListenersAndTheStaleWill(t *testing.T) {
	s := newSite(t)
	h, _ := s.replica(t, s.Router.Handle)
	s.Router.Connect(h, hub.Jobs{Presence: s.Presence, Desired: s.Desired, Events: s.Events, Commands: s.Commands, Certificates: s.Enroll, Signals: s.Signals})
	agent := hubtest.Agent()
	pair := s.Certificate(agent)
	epoch := domain.NewID[domain.EpochID](time.Now())
	join := func(address string, counter uint64) (*broker.Client, domain.ConnID) {
		conn := hubtest.Conn()
		will, err := wire.Seal(wire.KindGone, conn, wire.Gone{Counter: counter})
		if err != nil {
			t.Fatal(err)
		}
		c, err := s.dial(t, address, agent.String(), pair, agent, will)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Subscribe(wire.DownTopic(agent, conn)); err != nil {
			t.Fatal(err)
		}
		hello, err := wire.Seal(wire.KindHello, conn, wire.Hello{AgentVersion: "1.0", MinProto: 1, Generation: 1, Counter: counter, Epoch: epoch})
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, "a welcome", func() bool {
			_ = c.Publish(wire.UpTopic(agent, wire.KindHello), hello)
			select {
			case data := <-c.Received():
				e, err := wire.Open(data)
				return err == nil && e.Kind == wire.KindWelcome
			case <-time.After(200 * time.Millisecond):
				return false
			}
		})
		return c, conn
	}
	first, old := join(s.broker.Agents, 1)
	_, conn := join(s.broker.Second, 2)
	select {
	case <-first.Closed():
	case <-time.After(hubtest.Patience):
		t.Fatal("two connections of one agent")
	}
	// The will of the older one was sent; say it once more, as a broker far away would, late.
	stale, err := wire.Seal(wire.KindGone, old, wire.Gone{Counter: 1})
	if err != nil {
		t.Fatal(err)
	}
	s.Router.Handle(t.Context(), agent, stale)
	if ok, err := s.Presence.InForce(t.Context(), agent, conn); err != nil || !ok {
		t.Fatalf("the newer connection is not in force: %v", err)
	}
	agents, err := s.Presence.Of(s.Person(), s.Site)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range agents {
		if a.ID == agent && a.Presence.State != presence.Online {
			t.Errorf("the agent is %s", a.Presence.State)
		}
	}
}
