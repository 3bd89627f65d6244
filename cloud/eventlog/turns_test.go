package eventlog_test

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"vestibule/cloud/cloudtest/linktest"
	"vestibule/cloud/eventlog"
	"vestibule/cloud/hub"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// watch moves on by ten milliseconds each time somebody looks at it.
type watch struct{ at time.Time }

func (w *watch) Now() (time.Time, time.Duration) {
	w.at = w.at.Add(10 * time.Millisecond)
	return w.at, 0
}

// Agents that bring a backlog are told to wait, the longer the more of them there are; who brings one row never is, nor is the only one with a backlog.
//
// shows EDGE-06 by cloud/eventlog/service.go: "ack.WaitMilli = s.turns.after(" => "_ = s.turns.after("
func TestFailure07_ABacklogWaitsForItsTurn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := &watch{at: time.Now().UTC()}
		c := linktest.New(t, s, linktest.Hooks{Events: func(cfg *eventlog.Config) { cfg.Clock, cfg.AtOnce = w, 2 }})
		boxes := make([]*linktest.Box, 12)
		for i := range boxes {
			boxes[i] = c.NewBox(c.Site)
			boxes[i].Join()
		}
		upload := func(b *linktest.Box, n int) time.Duration {
			t.Helper()
			rows := make([]wire.Row, n)
			for i := range rows {
				rows[i] = b.Row(domain.EventAgent, note("sample"))
			}
			ack, ok := b.Upload(rows...)
			if !ok || len(ack.Rejected) != 0 {
				t.Fatalf("%+v %v", ack, ok)
			}
			return time.Duration(ack.WaitMilli) * time.Millisecond
		}
		for range 3 {
			if wait := upload(boxes[0], wire.MaxBatchRows/2); wait != 0 {
				t.Fatalf("the only one waits %s", wait)
			}
		}
		var few, many time.Duration
		for range 4 {
			for _, b := range boxes {
				many = upload(b, wire.MaxBatchRows/2)
				if few == 0 {
					few = many
				}
			}
		}
		// A batch takes 20 ms: twelve that keep two places busy wait for three quarters of 100 ms.
		if few >= many || many < 65*time.Millisecond || many > 85*time.Millisecond {
			t.Errorf("few wait %s, twelve wait %s", few, many)
		}
		if wait := upload(boxes[1], 1); wait != 0 {
			t.Errorf("one row waits %s", wait)
		}
		w.at = w.at.Add(time.Hour)
		if wait := upload(boxes[0], wire.MaxBatchRows/2); wait != 0 {
			t.Errorf("an hour later the only one waits %s", wait)
		}
	})
}

// oneWriter is a database that takes one batch after the other and has every row already.
type oneWriter struct {
	eventlog.Store
	free chan struct{}
	each time.Duration
}

func (o *oneWriter) InTx(ctx context.Context, fn func(context.Context) error) error {
	o.free <- struct{}{}
	<-time.After(o.each)
	<-o.free
	return fn(ctx)
}

func (*oneWriter) Patiently(ctx context.Context) context.Context { return ctx }

func (*oneWriter) LockCursor(context.Context, domain.AgentID, domain.EpochID, domain.Stream) (domain.SiteID, eventlog.Cursor, error) {
	return domain.SiteID{1}, eventlog.Cursor{Acked: wire.MaxBatchRows}, nil
}

type now struct{}

func (now) Now() (time.Time, time.Duration) { return time.Now(), 0 }

// heard is an acknowledgement on its way to its agent.
type heard struct {
	agent uint16
	ack   wire.Ack
}

func agentOf(n uint16) domain.AgentID { return domain.AgentID{byte(n), byte(n >> 8), 1} }

// A thousand buildings come back after weeks, fifty a second as the welcome lets them in, each with rows without end. The database takes two hundred batches a
// second and rests as often, so that each would wait for ten seconds: their batches wait at their agents, which keep them anyway, and not in memory, and a
// building that was never away is heard within a second.
//
// shows EDGE-06 by cloud/eventlog/turns.go: "wait := min(mostWait, (t.took*time.Duration(len(t.agents))/time.Duration(t.atOnce)-t.took)*3/4)" => "wait := time.Duration(0)"
func TestFailure07_AThousandBacklogsHoldUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const many, quiet, handlers = 1000, 60_000, 32
		db := &oneWriter{free: make(chan struct{}, 1), each: 5 * time.Millisecond}
		s := eventlog.New(eventlog.Config{Store: db, Clock: now{}, Logger: slog.New(slog.DiscardHandler)})
		answers := map[domain.AgentID]chan heard{}
		var batches, longest atomic.Int64
		q := hub.NewQueue(hub.Limits{PerAgent: 16, Bytes: 64 << 20, Handlers: handlers}, func(ctx context.Context, agent domain.AgentID, data []byte) {
			n := uint16(agent[0]) | uint16(agent[1])<<8
			b := wire.Events{Epoch: domain.EpochID{1}, Stream: domain.StreamAudit, Rows: make([]wire.Row, min(len(data), wire.MaxBatchRows))}
			for i := range b.Rows {
				b.Rows[i].Seq = uint64(i + 1)
			}
			ack, err := s.Take(ctx, agent, b)
			if err != nil {
				t.Errorf("agent %d: %v", n, err)
			}
			answers[agent] <- heard{n, ack}
		}, slog.New(slog.DiscardHandler))
		for n := range uint16(many) {
			answers[agentOf(n)] = make(chan heard, 1)
		}
		answers[agentOf(quiet)] = make(chan heard, 1)
		end := make(chan struct{})
		for n := range uint16(many) {
			go func() {
				for wait := time.Duration(n) * 20 * time.Millisecond; ; {
					select {
					case <-end:
						return
					case <-time.After(wait):
					}
					said := time.Now()
					q.Put(agentOf(n), make([]byte, wire.MaxBatchBytes/2))
					select {
					case <-end:
						return
					case h := <-answers[agentOf(n)]:
						batches.Add(1)
						longest.Store(max(longest.Load(), int64(time.Since(said))))
						wait = time.Duration(h.ack.WaitMilli) * time.Millisecond
					}
				}
			}()
		}
		for second := range 90 {
			<-time.After(time.Second)
			if second == 60 { // all have come, and know how long to wait
				longest.Store(0)
			}
			said := time.Now()
			if !q.Put(agentOf(quiet), []byte{1}) {
				t.Fatal("no room for a quiet agent")
			}
			if h := <-answers[agentOf(quiet)]; time.Since(said) > time.Second || h.ack.WaitMilli != 0 {
				t.Fatalf("heard after %s, told to wait %d ms", time.Since(said), h.ack.WaitMilli)
			}
		}
		close(end)
		q.Close(t.Context())
		if most := time.Duration(longest.Load()); most > 5*time.Second {
			t.Errorf("a batch waited in memory for %s", most)
		}
		// Fair is not idle: the database had work for half of the time, and rested while the other spoke.
		if n := batches.Load(); n < 90*70 {
			t.Errorf("%d batches were taken", n)
		}
	})
}

// While somebody tells of the present, a batch of a backlog begins later by the time that one takes; when nobody has for a while, at once again.
//
// shows EDGE-06 by cloud/eventlog/turns.go: "rest := min(t.worked, mostRest)" => "	rest := time.Duration(0)"
// shows EDGE-06 by cloud/eventlog/turns.go: "!more && !ends {" => "	if _, ends := t.agents[agent]; !more && (ends || !ends) {"
func TestFailure07_ABacklogRestsWhileOthersSpeak(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const each = 100 * time.Millisecond
		s := eventlog.New(eventlog.Config{Store: &oneWriter{free: make(chan struct{}, 1), each: each}, Clock: now{}, Logger: slog.New(slog.DiscardHandler)})
		took := func(agent uint16, rows int) time.Duration {
			t.Helper()
			b := wire.Events{Epoch: domain.EpochID{1}, Stream: domain.StreamAudit, Rows: make([]wire.Row, rows)}
			for i := range b.Rows {
				b.Rows[i].Seq = uint64(i + 1)
			}
			began := time.Now()
			if _, err := s.Take(t.Context(), agentOf(agent), b); err != nil {
				t.Fatal(err)
			}
			return time.Since(began)
		}
		for range 50 { // until it is known what one takes
			if got := took(1, wire.MaxBatchRows); got != each {
				t.Fatalf("alone it takes %s", got)
			}
		}
		for range 3 {
			if got := took(2, 1); got != each {
				t.Errorf("a row of the present takes %s", got)
			}
			if got := took(1, wire.MaxBatchRows); got < 2*each-each/10 || got > 2*each {
				t.Errorf("beside the present a backlog's batch takes %s", got)
			}
		}
		<-time.After(6 * time.Second)
		if got := took(1, wire.MaxBatchRows); got != each {
			t.Errorf("when nobody speaks any more it takes %s", got)
		}
		took(3, wire.MaxBatchRows)
		took(3, 1) // the end of another backlog
		if got := took(1, wire.MaxBatchRows); got != each {
			t.Errorf("beside another backlog's end it takes %s", got)
		}
	})
}
