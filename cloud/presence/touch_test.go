package presence_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"vestibule/cloud/cloudtest/linktest"
	"vestibule/cloud/presence"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// Most beats are one statement. Whatever a link is, that statement does what Step does or nothing.
//
// shows EDGE-24 by cloud/store/agents.go: "beat_at = ? WHERE id = ? AND conn = ? AND state = ?" => "		done := s.conn(ctx).Exec(\"UPDATE agents SET beat_at = ? WHERE id = ? AND (conn = ? OR state = ?) AND reason = ?\","
// shows EDGE-24 by cloud/presence/service.go: "else if ok, err = s.Store.TouchLink(ctx, agent, conn, now); !ok && err == nil {" => "	} else if ok, err = s.Store.TouchLink(ctx, agent, conn, now); false {"
func TestTouch_IsStepOrNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := linktest.New(t, s)
		b := c.NewBox(c.Site)
		b.Join()
		_, welcomed, err := s.ReadLink(t.Context(), b.ID)
		if err != nil {
			t.Fatal(err)
		}
		random := rand.New(rand.NewPCG(7, 7))
		pick := func(n int) int { return random.IntN(n) }
		states := []presence.State{presence.Never, presence.Online, presence.Online, presence.Quiet, presence.Offline, presence.Refused}
		now := welcomed.BeatAt
		touched := 0
		for range 300 {
			l := welcomed
			l.State, l.Reason = states[pick(len(states))], []wire.Refusal{wire.RefuseNone, wire.RefuseNone, wire.RefuseStale}[pick(3)]
			conn := l.Conn
			switch pick(4) {
			case 0:
				l.Conn = domain.ConnID{}
			case 1:
				conn = domain.NewID[domain.ConnID](now)
			case 2:
				l.Conn, conn = domain.ConnID{}, domain.ConnID{}
			}
			if err := s.SaveLink(t.Context(), b.ID, l, nil); err != nil {
				t.Fatal(err)
			}
			now = now.Add(time.Second)
			want, effects := presence.Step(l, presence.Beat{Conn: conn}, now)
			ok, err := s.TouchLink(t.Context(), b.ID, conn, now)
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				want = l
			} else if touched++; len(effects) != 1 || !has[presence.Acknowledge](effects) {
				t.Errorf("%+v on %s: Step has %v", l, conn, effects)
			}
			if _, got, err := s.ReadLink(t.Context(), b.ID); err != nil || got != want {
				t.Errorf("%+v on %s: %v is %+v, %v", l, conn, ok, got, err)
			}
		}
		if touched < 10 {
			t.Errorf("%d links of 300 were touched", touched)
		}
		// What the statement leaves is stepped: an agent that was silent for too long is back with its next beat.
		welcomed.State, welcomed.BeatAt = presence.Offline, now
		if err := s.SaveLink(t.Context(), b.ID, welcomed, nil); err != nil {
			t.Fatal(err)
		}
		if _, ok := b.Beat(); !ok {
			t.Error("a beat after a long silence is not answered")
		}
		if a := only(t, c); a.Presence.State != presence.Online {
			t.Errorf("after it the agent is %s", a.Presence.State)
		}
	})
}
