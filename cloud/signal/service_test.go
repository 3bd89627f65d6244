package signal_test

import (
	"testing"
	"time"

	"vestibule/cloud/cloudtest/linktest"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

func signalTo(peer domain.AgentID) wire.Signal {
	return wire.Signal{Peer: peer, Leg: domain.LegID{7}, Body: []byte{0xa0}, Signature: []byte{1}, Chain: [][]byte{{2}}}
}

// refused says m and gives the word of the refusal.
func refused(t *testing.T, b *linktest.Box, m wire.Signal) string {
	t.Helper()
	b.Send(wire.KindSignal, m)
	r := linktest.Expect[wire.SignalRefused](b, wire.KindSignalRefused)
	if r.Leg != m.Leg {
		t.Errorf("refused another leg: %v", r.Leg)
	}
	return r.Why
}

// shows EDGE-07/R15 by cloud/signal/service.go: "m.Peer = from"
func TestSignal_ReachesTheAgentOfTheSiteAndNamesItsSender(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := linktest.New(t, s)
		a, b := c.NewBox(c.Site), c.NewBox(c.Site)
		a.Join()
		b.Join()
		m := signalTo(b.ID)
		a.Send(wire.KindSignal, m)
		got := linktest.Expect[wire.Signal](b, wire.KindSignalled)
		if got.Peer != a.ID || string(got.Body) != string(m.Body) || got.Leg != m.Leg || len(got.Chain) != 1 {
			t.Errorf("%+v", got)
		}
		if a.Count(wire.KindSignalRefused) != 0 {
			t.Error("delivered and refused")
		}
	})
}

// shows EDGE-07/R18 by cloud/signal/service.go: "same, err := s.sameSite(ctx, from, m.Peer)" => "same, err := true, error(nil)"
func TestSignal_NothingCrossesSites(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := linktest.New(t, s)
		other, _ := c.NewSite("Elsewhere")
		a, foreign, revoked := c.NewBox(c.Site), c.NewBox(other), c.NewBox(c.Site)
		a.Join()
		foreign.Join()
		revoked.Join()
		if err := c.Enroll.Revoke(c.Person(), c.Site, revoked.ID); err != nil {
			t.Fatal(err)
		}
		for name, peer := range map[string]domain.AgentID{"foreign": foreign.ID, "revoked": revoked.ID, "nobody": {1}, "itself": a.ID} {
			if why := refused(t, a, signalTo(peer)); why != wire.RefusedUnknownAgent {
				t.Errorf("%s: %s", name, why)
			}
		}
		if foreign.Count(wire.KindSignalled)+revoked.Count(wire.KindSignalled) != 0 {
			t.Error("something crossed")
		}
	})
}

// shows EDGE-13/R33 by cloud/signal/service.go: "return s.send(to, conn, wire.KindSignalRefused, wire.SignalRefused{Leg: m.Leg, Why: why})" => "return nil"
func TestSignal_ToAnAgentThatIsAwayIsRefusedAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := linktest.New(t, s)
		a, b := c.NewBox(c.Site), c.NewBox(c.Site)
		a.Join()
		if why := refused(t, a, signalTo(b.ID)); why != wire.RefusedAgentOffline {
			t.Error(why)
		}
		b.Join()
		b.HangUp(true)
		if why := refused(t, a, signalTo(b.ID)); why != wire.RefusedAgentOffline {
			t.Error(why)
		}
		b.Join()
		if b.Count(wire.KindSignalled) != 0 {
			t.Error("a signal was kept for later")
		}
	})
}

func TestSignal_AFloodIsRefusedAndEnds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := linktest.New(t, s)
		a, b := c.NewBox(c.Site), c.NewBox(c.Site)
		a.Join()
		b.Join()
		for range 400 {
			a.Send(wire.KindSignal, signalTo(b.ID))
		}
		if why := refused(t, a, signalTo(b.ID)); why != wire.RefusedTooMany {
			t.Error(why)
		}
		c.Time.Move(time.Second)
		a.Send(wire.KindSignal, signalTo(b.ID))
		if got := b.Count(wire.KindSignalled); got != 401 {
			t.Errorf("%d arrived", got)
		}
	})
}

func TestSignal_WithoutATurnServerTheLoginIsEmpty(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := linktest.New(t, s)
		a := c.NewBox(c.Site)
		a.Join()
		a.Send(wire.KindAskTurn, wire.AskTurn{})
		if r := linktest.Expect[wire.TurnLogin](a, wire.KindTurn); len(r.URLs) != 0 || r.Password != "" {
			t.Errorf("%+v", r)
		}
	})
}
