package presence_test

import (
	"testing"

	"vestibule/cloud/cloudtest/linktest"
	"vestibule/cloud/presence"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/wire"
)

// Two replicas on one database: which connection is in force is what the last welcome said, whichever of them gave it.
//
// shows EDGE-24 by cloud/presence/service.go: "if s.OwnBroker { // nobody else welcomes connections, so what was welcomed here is all there is" => "if true {"
func TestReplicas_ConnectionIsInForceWhoeverWelcomedIt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := linktest.New(t, s)
		b := c.NewBox(c.Site)
		b.Join()
		old := b.Conn
		other := presence.New(presence.Config{Store: c.Store, Clock: c.Time, Logger: linktest.Logger()})
		b.Dial()
		w, err := other.Hello(t.Context(), b.ID, b.Conn, wire.Hello{AgentVersion: "test", MinProto: 1, Generation: 1, Counter: 1000})
		if err != nil || w.Refuse != wire.RefuseNone {
			t.Fatalf("%v %+v", err, w)
		}
		for name, p := range map[string]*presence.Service{"the one that welcomed the older": c.Presence, "the other": other} {
			now, err := p.InForce(t.Context(), b.ID, b.Conn)
			if err != nil || !now {
				t.Errorf("%s does not know the newer connection: %v", name, err)
			}
			if before, err := p.InForce(t.Context(), b.ID, old); err != nil || before {
				t.Errorf("%s believes the older connection: %v", name, err)
			}
		}
	})
}
