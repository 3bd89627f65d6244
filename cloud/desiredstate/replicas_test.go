package desiredstate_test

import (
	"crypto/sha256"
	"testing"
	"time"

	"vestibule/cloud/cloudtest/linktest"
	"vestibule/cloud/desiredstate"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/desired"
	"vestibule/shared/wire"
)

// A replica that has never heard of an agent makes an edit: the agent hears of it at once, with what changed. What the agent answers comes to another replica, and
// the first one sees that in the database before it says anything twice.
//
// shows EDGE-05 by cloud/desiredstate/replicas.go: "s.peers[l.Agent] = &peer{site: site, conn: l.Conn}"
// shows EDGE-05 by cloud/desiredstate/link.go: "s.learn(ctx, site, head) // another replica may have heard the answer"
func TestReplicas_AnEditIsToldByTheOneThatMadeIt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := linktest.New(t, s)
		b := c.NewBox(c.Site)
		b.Join()
		c.Desired.Flush(t.Context())
		follow(t, c, b)
		other := desiredstate.New(desiredstate.Config{Store: s, Links: s, Sender: c.Lines, Sealer: c.Key, Clock: c.Time, Logger: linktest.Logger()})
		if _, err := other.Bump(c.System(), c.Site, []desired.Op{apartment(c, 101)}); err != nil {
			t.Fatal(err)
		}
		other.Announce(c.Site)
		other.Flush(t.Context())
		a := linktest.Expect[wire.Announce](b, wire.KindAnnounce)
		if a.From != 1 || len(a.Sealed) == 0 || !b.Follow(a) {
			t.Fatalf("%+v", a)
		}
		c.Time.Move(10 * time.Second)
		other.Repeat(t.Context())
		again := linktest.Expect[wire.Announce](b, wire.KindAnnounce) // nobody has heard an answer yet
		if again.Version != a.Version {
			t.Errorf("%+v", again)
		}
		report(b)
		equal(t, c, b)
		c.Time.Move(time.Hour)
		other.Repeat(t.Context())
		if n := b.Count(wire.KindAnnounce); n != 0 {
			t.Errorf("%d announcements of what is held", n)
		}
	})
}

// Each chunk of a long pull may be answered by another replica: the agent gets one payload, sealed once.
//
// shows EDGE-05 by cloud/desiredstate/replicas.go: "return s.Links.SavePayload(ctx, p.agent, p.Payload)" => "return nil"
func TestReplicas_ChunksOfOnePullComeFromAny(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := linktest.New(t, s)
		b := c.NewBox(c.Site)
		b.Join()
		ops := make([]desired.Op, 10_000) // an id of each is random
		for i := range ops {
			ops[i] = apartment(c, i)
		}
		c.Edit(c.Site, ops...)
		var replicas []*desiredstate.Service
		for range 2 {
			replicas = append(replicas, desiredstate.New(desiredstate.Config{Store: s, Links: s, Sender: c.Lines, Sealer: c.Key, Clock: c.Time, Logger: linktest.Logger()}))
		}
		first, err := replicas[0].Pull(t.Context(), b.ID, b.Conn, wire.Pull{Packs: true})
		if err != nil || first.Count < 2 {
			t.Fatalf("%d chunks, %v", first.Count, err)
		}
		whole := first.Data
		for index := uint32(1); index < first.Count; index++ {
			next, err := replicas[index%2].Pull(t.Context(), b.ID, b.Conn, wire.Pull{Index: index, Whole: first.Whole, Packs: true})
			if err != nil || next.Index != index || next.Whole != first.Whole || next.Version != first.Version || next.From != first.From {
				t.Fatalf("chunk %d is answered by %d of another, %v", index, next.Index, err)
			}
			whole = append(whole, next.Data...)
		}
		if sha256.Sum256(whole) != first.Whole {
			t.Error("the chunks are not the whole")
		}
		if err := s.PurgeExpired(t.Context(), c.Time.Wall().Add(2*time.Hour)); err != nil {
			t.Fatal(err)
		}
		if _, kept, err := s.ReadPayload(t.Context(), b.ID, first.Whole); kept || err != nil {
			t.Errorf("kept for ever: %v, %v", kept, err)
		}
	})
}
