package hub

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// Weeks offline, then a flood: a hundred agents hand over as fast as they are taken, each message costs the database its time, and still another agent is
// heard within a second, whenever it speaks: each agent has one message at work, and they take turns.
//
// shows EDGE-06 by cloud/hub/queue.go: "if q.closed || len(list) >= q.limits.PerAgent || q.bytes+len(data) > room {" => "if q.closed || q.bytes+len(data) > room {"
func TestFailure07_FloodOfManyHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		quiet := domain.AgentID{255}
		heard := make(chan time.Time, 1)
		taken := 0
		q := NewQueue(Limits{PerAgent: 16, Bytes: 1 << 20, Handlers: 8}, func(_ context.Context, agent domain.AgentID, _ []byte) {
			<-time.After(20 * time.Millisecond)
			if agent == quiet {
				heard <- time.Now()
			}
		}, slog.New(slog.DiscardHandler))
		end := make(chan struct{})
		for n := range 100 {
			go func() {
				for {
					select {
					case <-end:
						return
					default:
					}
					if !q.Put(domain.AgentID{byte(n + 1)}, []byte("a batch of rows")) {
						<-time.After(time.Millisecond) // not acknowledged: sent again
					}
				}
			}()
		}
		for range 20 {
			<-time.After(500 * time.Millisecond)
			said := time.Now()
			if !q.Put(quiet, []byte("a ring")) {
				t.Fatal("no room for a quiet agent")
			}
			if took := (<-heard).Sub(said); took > time.Second {
				t.Fatalf("heard after %s", took)
			}
			taken++
		}
		close(end)
		q.Close(t.Context())
		if taken != 20 {
			t.Fatalf("%d of 20", taken)
		}
	})
}

// A batch of an agent's own backlog is at work, another waits, and others' wait too: its beat is heard at once, and so is another agent.
//
// shows EDGE-06 by cloud/hub/queue.go: "if len(data) >= bulkyFrom {" => "	if false {"
func TestFailure07_WhatIsShortWaitsForNoBacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		heard := make(chan domain.AgentID, 16)
		var atOnce, most int
		var mu sync.Mutex
		q := NewQueue(Limits{Handlers: 4, Bulky: 2}, func(_ context.Context, agent domain.AgentID, data []byte) {
			if len(data) < bulkyFrom {
				heard <- agent
				return
			}
			mu.Lock()
			atOnce++
			most = max(most, atOnce)
			mu.Unlock()
			<-time.After(time.Second)
			mu.Lock()
			atOnce--
			mu.Unlock()
		}, slog.New(slog.DiscardHandler))
		for n := range 20 {
			for range 2 {
				if !q.Put(domain.AgentID{byte(n + 1)}, make([]byte, bulkyFrom)) {
					t.Fatal("no room for a batch")
				}
			}
		}
		synctest.Wait()
		said := time.Now()
		for _, agent := range []domain.AgentID{{1}, {255}} {
			q.Put(agent, []byte("a beat"))
			if got := <-heard; got != agent || time.Since(said) > 0 {
				t.Errorf("agent %v is heard after %v", got, time.Since(said))
			}
		}
		q.Close(t.Context())
		if most != 2 || time.Since(said) != 20*time.Second {
			t.Errorf("%d batches at once, all are handled after %v", most, time.Since(said))
		}
	})
}

// A thousand reports wait, and none of them for an answer by which somebody comes in or a door is known to be open: hello and result are heard at once.
//
// shows EDGE-06 by cloud/hub/queue.go: "case wire.KindHello, wire.KindResult, wire.KindSignal, wire.KindAskTurn:" => "	case 0:"
func TestQueue_WhatIsUrgentWaitsForNothingUsual(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		heard := make(chan wire.Kind, 16)
		q := NewQueue(Limits{Handlers: 4}, func(_ context.Context, _ domain.AgentID, data []byte) {
			if kind := wire.KindOf(data); kind != wire.KindReport {
				heard <- kind
				return
			}
			<-time.After(100 * time.Millisecond)
		}, slog.New(slog.DiscardHandler))
		message := func(kind wire.Kind) []byte {
			data, err := wire.Seal(kind, domain.ConnID{1}, map[int]int{})
			if err != nil {
				t.Fatal(err)
			}
			return data
		}
		for n := range 1000 {
			q.Put(domain.AgentID{byte(n), byte(n >> 8), 1}, message(wire.KindReport))
		}
		synctest.Wait()
		said := time.Now()
		for _, kind := range []wire.Kind{wire.KindHello, wire.KindResult, wire.KindSignal, wire.KindAskTurn} {
			q.Put(domain.AgentID{1, 0, 1}, message(kind)) // of an agent whose report waits
			if got := <-heard; got != kind || time.Since(said) > 0 {
				t.Errorf("%s is heard after %v", got, time.Since(said))
			}
		}
		<-time.After(10 * time.Second)
		if lag := q.Lag(); lag < time.Second || lag > 2*time.Second {
			t.Errorf("reports wait for ten seconds, which weighs as %v", lag)
		}
		q.Put(domain.AgentID{255}, message(wire.KindBeat))
		q.Close(t.Context())
		if got := <-heard; got != wire.KindBeat || time.Since(said) < 25*time.Second {
			t.Errorf("%s is heard after %v", got, time.Since(said))
		}
	})
}

// At its end a queue takes nothing new and handles what waits, until time is up.
func TestQueue_HandlesWhatWaitsAtItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for within, want := range map[time.Duration]int{time.Minute: 10, 45 * time.Millisecond: 5} {
			handled := 0
			q := NewQueue(Limits{PerAgent: 16, Bytes: 1 << 20, Handlers: 8}, func(context.Context, domain.AgentID, []byte) {
				<-time.After(10 * time.Millisecond)
				handled++
			}, slog.New(slog.DiscardHandler))
			for range 10 {
				q.Put(domain.AgentID{1}, []byte("x"))
			}
			ctx, cancel := context.WithTimeout(t.Context(), within)
			q.Close(ctx)
			cancel()
			if q.Put(domain.AgentID{1}, []byte("late")) {
				t.Error("something new was taken")
			}
			q.Wait()
			if handled != want {
				t.Errorf("%d handled within %v, want %d", handled, within, want)
			}
		}
	})
}

// Who can let an agent wait hears of room as soon as there is some, and of none when its patience ends.
//
// shows BEY-22 by cloud/hub/queue.go: "close(taken)" => "		_ = taken"
// shows BEY-22 by cloud/hub/queue.go: "end = time.After(patience)" => "			end = make(chan time.Time)"
func TestQueue_LetsAnAgentWaitForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		handled := 0
		q := NewQueue(Limits{PerAgent: 4, Bytes: 1 << 20, Handlers: 8}, func(context.Context, domain.AgentID, []byte) {
			<-hold
			<-time.After(100 * time.Millisecond)
			handled++
		}, slog.New(slog.DiscardHandler))
		agent := domain.AgentID{1}
		for range 4 {
			q.PutWithin(time.Second, agent, []byte("x"))
		}
		synctest.Wait() // one is at work
		q.PutWithin(time.Second, agent, []byte("x"))
		began := time.Now()
		if q.PutWithin(time.Second, agent, []byte("x")) || time.Since(began) != time.Second {
			t.Errorf("taken after %v, with five there", time.Since(began))
		}
		close(hold)
		for i := range 50 {
			if !q.PutWithin(time.Second, agent, []byte("x")) {
				t.Fatalf("message %d finds no room after %v", i, time.Since(began))
			}
		}
		q.Close(t.Context())
		if handled != 55 || time.Since(began) > 7*time.Second {
			t.Errorf("%d of 55 handled within %v", handled, time.Since(began))
		}
	})
}
