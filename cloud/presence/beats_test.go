package presence_test

import (
	"testing"
	"time"

	"vestibule/cloud/cloudtest/linktest"
	"vestibule/cloud/presence"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// greeted is a presence of its own broker with an agent that it welcomed.
func greeted(t *testing.T, s *store.Store) (*presence.Service, *linktest.Cloud, domain.AgentID, domain.ConnID) {
	t.Helper()
	c := linktest.New(t, s)
	b := c.NewBox(c.Site)
	p := presence.New(presence.Config{Store: s, Clock: c.Time, OwnBroker: true, Logger: linktest.Logger()})
	now, _ := c.Time.Now()
	conn := domain.NewID[domain.ConnID](now)
	w, err := p.Hello(t.Context(), b.ID, conn, wire.Hello{AgentVersion: "test", MinProto: 1, Generation: 1, Counter: 1})
	if err != nil || w.Refuse != wire.RefuseNone {
		t.Fatalf("%+v %v", w, err)
	}
	return p, c, b.ID, conn
}

// An agent that beats is online for as long as it does, and offline when it has not for 75 s, though most of its beats are written later than they are answered.
//
// shows EDGE-24 by cloud/presence/service.go: "if err := s.write(ctx); err != nil {" => "	if err := error(nil); err != nil {"
func TestBeats_AreWrittenBeforeSilenceIsLookedFor(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p, c, agent, conn := greeted(t, s)
		for range 6 {
			c.Time.Move(wire.BeatEvery)
			if _, ok, err := p.Beat(t.Context(), agent, conn, wire.Beat{}); !ok || err != nil {
				t.Fatalf("a beat is not answered: %v", err)
			}
			if err := p.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			if a := only(t, c); a.Presence.State != presence.Online {
				t.Fatalf("an agent that beats is %s", a.Presence.State)
			}
		}
		c.Time.Move(wire.OfflineAfter)
		if err := p.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if a := only(t, c); a.Presence.State != presence.Offline {
			t.Errorf("an agent that is silent is %s", a.Presence.State)
		}
		if _, ok, err := p.Beat(t.Context(), agent, conn, wire.Beat{}); !ok || err != nil || only(t, c).Presence.State != presence.Online {
			t.Errorf("after its next beat it is %s, %v", only(t, c).Presence.State, err)
		}
	})
}

// What comes after a beat counts, whether the beat was written or not: a will, a newer connection, a revocation.
//
// shows EDGE-24 by cloud/presence/beats.go: "s.current[agent] = welcomed{conn, false}" => "			_ = conn"
// shows EDGE-24 by cloud/presence/beats.go: "if s.current[agent] != (welcomed{conn, true}) {" => "	if s.current[agent].conn.IsZero() {"
func TestBeats_AreOvertaken(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p, c, agent, conn := greeted(t, s)
		beat := func(conn domain.ConnID) bool {
			t.Helper()
			c.Time.Move(time.Second)
			_, ok, err := p.Beat(t.Context(), agent, conn, wire.Beat{})
			if err != nil {
				t.Fatal(err)
			}
			return ok
		}
		swept := func(want presence.State, inForce domain.ConnID) {
			t.Helper()
			if err := p.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, l, err := s.ReadLink(t.Context(), agent); err != nil || l.State != want || l.Conn != inForce {
				t.Errorf("%s on %s, %v; not %s on %s", l.State, l.Conn, err, want, inForce)
			}
		}
		if !beat(conn) {
			t.Error("a beat of the connection in force is not answered")
		}
		if err := p.Gone(t.Context(), agent, conn); err != nil {
			t.Fatal(err)
		}
		swept(presence.Quiet, conn)
		now, _ := c.Time.Now()
		newer := domain.NewID[domain.ConnID](now)
		if _, err := p.Hello(t.Context(), agent, newer, wire.Hello{AgentVersion: "test", MinProto: 1, Generation: 1, Counter: 2}); err != nil {
			t.Fatal(err)
		}
		if beat(conn) {
			t.Error("a beat of the older connection is answered")
		}
		if !beat(newer) {
			t.Error("a beat of the newer connection is not answered")
		}
		swept(presence.Online, newer)
		// The database knows better than the process: it says what the next beat means.
		_, l, err := s.ReadLink(t.Context(), agent)
		if err != nil {
			t.Fatal(err)
		}
		l.State = presence.Quiet
		l.QuietUntil = l.BeatAt.Add(time.Hour)
		if err := s.SaveLink(t.Context(), agent, l, nil); err != nil {
			t.Fatal(err)
		}
		beat(newer)
		swept(presence.Quiet, newer)
		beat(newer)
		swept(presence.Online, newer)
		beat(newer)
		if err := p.Revoke(t.Context(), agent); err != nil {
			t.Fatal(err)
		}
		if beat(newer) {
			t.Error("a beat of a revoked agent is answered")
		}
		swept(presence.Refused, domain.ConnID{})
	})
}
