package outbox_test

import (
	"context"
	"os"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vestibule/agent/outbox"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

var ctx = context.Background()

// Every accepted event is with the cloud exactly once and in order, whatever the network and the power do: batches and
// acknowledgements are lost, doubled, reordered and late, sessions break, the program is stopped anywhere.
//
// shows EDGE-06/R06 EDGE-06/R07 by agent/outbox/rows.go: "mark.Digest = wire.Chain(o.agent(), m.Epoch, e.Stream, mark.Digest, r)"
func TestOutbox_ExactlyOnceOverABadNetwork(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "outbox")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		b := newBox(t, dir, 0)
		defer b.stop()
		c := newCloud(t, b.agent)
		var up []wire.Events
		var down []wire.Ack
		counts := map[domain.Stream]int{}
		order := map[domain.Stream][]string{}
		add := func(kind domain.EventKind) {
			s := domain.StreamOf(kind)
			counts[s]++
			detail := number(counts[s] - 1)
			order[s] = append(order[s], detail)
			b.append(kind, detail)
		}
		collect := func() {
			if b.line != nil {
				up = append(up, b.line.sent...)
				b.line.sent = nil
				if b.line.reconnects > 0 {
					b.cut()
				}
			}
		}
		pick := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "which") }
		t.Repeat(map[string]func(*rapid.T){
			"audit":   func(*rapid.T) { add(domain.EventDoor) },
			"status":  func(*rapid.T) { add(domain.EventDeviceStatus) },
			"connect": func(*rapid.T) { b.connect(c); collect() },
			"cut":     func(*rapid.T) { b.cut() },
			"tick":    func(*rapid.T) { b.o.Take(ctx, outbox.Tick{}); collect() },
			"wait": func(*rapid.T) {
				b.clock.now = b.clock.now.Add(4 * time.Second)
				b.o.Take(ctx, outbox.Tick{})
				collect()
			},
			"arrive": func(*rapid.T) {
				if len(up) > 0 {
					i := pick(len(up)) // any order
					down = append(down, c.take(up[i]))
					if rapid.Bool().Draw(t, "once") {
						up = slices.Delete(up, i, i+1)
					}
				}
			},
			"lose": func(*rapid.T) {
				if len(up) > 0 {
					i := pick(len(up))
					up = slices.Delete(up, i, i+1)
				}
			},
			"acknowledge": func(*rapid.T) {
				if len(down) > 0 {
					i := pick(len(down))
					b.o.Take(ctx, outbox.Acked{Ack: down[i]})
					if rapid.Bool().Draw(t, "once") {
						down = slices.Delete(down, i, i+1)
					}
					collect()
				}
			},
			"restart": func(*rapid.T) { b.stop(); b.start() },
		})
		b.cut()
		b.quiet(c)
		for _, s := range []domain.Stream{domain.StreamAudit, domain.StreamStatus} {
			epoch, _, _, err := b.o.Position(ctx)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range c.at(epoch, s).rows {
				var n domain.NoteBody
				if err := wire.Unmarshal(r.Body, &n); err != nil {
					t.Fatal(err)
				}
				got = append(got, n.Detail)
			}
			if !slices.Equal(got, order[s]) {
				t.Fatalf("stream %d: the cloud has %v, want %v", s, got, order[s])
			}
		}
	})
}

// Row 5 of the failure table: a row leaves the disk only by an acknowledgement; one that never comes changes nothing.
//
// shows EDGE-06/R06 by agent/outbox/step.go: "l.First, l.Through = 0, 0 // asked again"
func TestFailure05_LinkBreaksUnderABatch(t *testing.T) {
	b := newBox(t, t.TempDir(), 0)
	defer b.stop()
	c := newCloud(t, b.agent)
	for i := range 3 {
		b.append(domain.EventDoor, number(i))
	}
	b.connect(c)
	if len(b.line.sent) != 1 {
		t.Fatalf("%d batches left, want 1", len(b.line.sent))
	}
	b.line.sent = nil // the line swallowed it
	for range 2 {
		b.clock.now = b.clock.now.Add(wire.AckWithin)
		b.o.Take(ctx, outbox.Tick{})
	}
	if len(b.line.sent) != 2 || b.line.reconnects != 0 {
		t.Fatalf("%d resends and %d reconnects, want 2 and 0", len(b.line.sent), b.line.reconnects)
	}
	b.clock.now = b.clock.now.Add(wire.AckWithin)
	b.o.Take(ctx, outbox.Tick{})
	if b.line.reconnects != 1 {
		t.Fatal("three unanswered batches did not ask for another connection")
	}
	if n, _, _ := b.o.Depth(ctx); n != 3 {
		t.Fatalf("%d rows wait, want 3", n)
	}
	b.quiet(c)
	wantOnce(t, c.notes(domain.StreamAudit), 3)
}

// Row 6: a row that the cloud cannot read is put aside, is told, and later rows arrive.
//
// shows EDGE-06 by agent/outbox/rows.go: "rejected[r.Seq] = r.Reason" => "_ = r"
func TestFailure06_PoisonRowIsPutAside(t *testing.T) {
	b := newBox(t, t.TempDir(), 0)
	defer b.stop()
	told := 0
	b.o = outbox.New(outbox.Config{
		Shelf: b.s, Agent: func() domain.AgentID { return b.agent }, Clock: b.clock, Quarantined: func(n int) { told += n },
	})
	c := newCloud(t, b.agent)
	c.poison = func(r wire.Row) bool { return r.Seq == 2 }
	for i := range 5 {
		b.append(domain.EventDoor, number(i))
	}
	b.quiet(c)
	got := c.notes(domain.StreamAudit)
	if len(got) != 4 || got[number(1)] != 0 {
		t.Fatalf("the cloud has %v", got)
	}
	if n, err := b.s.Quarantined(ctx); err != nil || n != 1 || told != 1 {
		t.Fatalf("%d rows put aside (%v), told %d, want 1", n, err, told)
	}
}

// Row 18: a disk restored from a backup begins a new epoch; nothing that waits is lost and the cloud is told.
//
// shows EDGE-06 by agent/outbox/epochs.go: "r.From = 0 // renumbered" => "continue"
func TestOutbox_RolledBackDiskBeginsANewEpoch(t *testing.T) {
	b := newBox(t, t.TempDir(), 0)
	defer b.stop()
	c := newCloud(t, b.agent)
	before, _, _, err := b.o.Position(ctx)
	if err != nil {
		t.Fatal(err)
	}
	// The cloud has seen 40 rows of this epoch; this disk knows of none.
	c.at(before, domain.StreamAudit).acked = 40
	b.append(domain.EventDoor, number(0))
	b.append(domain.EventDeviceStatus, number(0))
	b.quiet(c)
	after, _, _, err := b.o.Position(ctx)
	if err != nil || after == before {
		t.Fatalf("the epoch stayed (%v)", err)
	}
	wantOnce(t, c.notes(domain.StreamAudit), 1)
	wantOnce(t, c.notes(domain.StreamStatus), 1)
	last := c.at(after, domain.StreamAudit).rows
	var n domain.NoteBody
	if err := wire.Unmarshal(last[len(last)-1].Body, &n); err != nil || n.What != outbox.RolledBack {
		t.Fatalf("the log does not say it: %+v %v", n, err)
	}
}

// The cloud restored from a backup misses rows that were acknowledged and are gone here: a visible hole, and then the rest.
func TestOutbox_CloudLostRowsLeaveAHole(t *testing.T) {
	b := newBox(t, t.TempDir(), 0)
	defer b.stop()
	c := newCloud(t, b.agent)
	for i := range 5 {
		b.append(domain.EventDoor, number(i))
	}
	b.quiet(c)
	epoch, _, _, _ := b.o.Position(ctx)
	cur := c.at(epoch, domain.StreamAudit)
	cur.acked, cur.rows, cur.digest = 2, cur.rows[:2], [32]byte{} // the test's cloud cannot know the digest either
	b.append(domain.EventDoor, number(5))
	b.cut()
	b.quiet(c)
	rows := c.at(epoch, domain.StreamAudit).rows
	if len(rows) != 4 || rows[2].Kind != domain.EventGap || rows[2].From != 3 || rows[2].Seq != 5 || rows[3].Seq != 6 {
		t.Fatalf("the cloud has %d rows: %+v", len(rows), rows)
	}
}

// An answer that asks for rows which were acknowledged since came twice: nothing is torn open, and the next welcome decides.
//
// shows EDGE-06 by agent/outbox/step.go: "return s, []Effect{Reconnect{Why: \"the cloud may miss rows\"}}" => "return s, []Effect{Mend{Stream: a.Stream, From: a.Expect}}"
func TestOutbox_OldAnswerTearsNoHole(t *testing.T) {
	b := newBox(t, t.TempDir(), 0)
	defer b.stop()
	c := newCloud(t, b.agent)
	for i := range 5 {
		b.append(domain.EventDoor, number(i))
	}
	b.quiet(c)
	epoch, _, _, _ := b.o.Position(ctx)
	b.o.Take(ctx, outbox.Acked{Ack: wire.Ack{Epoch: epoch, Stream: domain.StreamAudit, Through: 1, Expect: 2}})
	if n, _, err := b.o.Depth(ctx); err != nil || n != 0 || b.line.reconnects != 1 {
		t.Fatalf("%d rows wait (%v), %d reconnects", n, err, b.line.reconnects)
	}
	b.append(domain.EventDoor, number(5))
	b.quiet(c)
	wantOnce(t, c.notes(domain.StreamAudit), 6)
}

// shows EDGE-06/R08 by agent/outbox/rows.go: "for over() {" => "for false && over() {"
func TestOutbox_FullThinsStatusFirstThenLeavesHoles(t *testing.T) {
	b := newBox(t, t.TempDir(), 200)
	defer b.stop()
	for i := range 150 {
		b.append(domain.EventDeviceStatus, number(i))
	}
	for i := range 180 {
		b.append(domain.EventDoor, number(i))
	}
	m, err := b.s.Marks(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if m.Audit.Count != 180 || m.Audit.Dropped != 0 || m.Status.Dropped == 0 || m.Audit.Count+m.Status.Count > 200 {
		t.Fatalf("%+v", m)
	}
	for i := 180; i < 400; i++ {
		b.append(domain.EventDoor, number(i))
	}
	if m, err = b.s.Marks(ctx); err != nil || m.Audit.Count+m.Status.Count > 200 || m.Audit.Dropped == 0 {
		t.Fatalf("%+v %v", m, err)
	}
	c := newCloud(t, b.agent)
	b.quiet(c) // the cloud of the test checks the chain over the holes
	got := c.notes(domain.StreamAudit)
	if len(got)+int(m.Audit.Dropped) != 400 || got[number(399)] != 1 || got[number(0)] != 0 {
		t.Fatalf("%d rows arrived, %d were dropped", len(got), m.Audit.Dropped)
	}
}

// What left may be with the cloud: a hole does not cover it.
func TestOutbox_HoleSparesWhatLeft(t *testing.T) {
	b := newBox(t, t.TempDir(), 300)
	defer b.stop()
	c := newCloud(t, b.agent)
	for i := range 100 {
		b.append(domain.EventDoor, number(i))
	}
	b.connect(c)
	for _, ev := range b.line.sent {
		c.take(ev) // stored, and the acknowledgement is lost
	}
	b.cut()
	b.stop()
	b.start()
	for i := 100; i < 600; i++ {
		b.append(domain.EventDoor, number(i))
	}
	b.quiet(c)
	for i := range 100 {
		if c.notes(domain.StreamAudit)[number(i)] != 1 {
			t.Fatalf("event %d is lost", i)
		}
	}
}

// Audit rows leave before status rows, and a slow line gets smaller batches.
func TestOutbox_AuditFirstAndSmallerBatches(t *testing.T) {
	b := newBox(t, t.TempDir(), 0)
	defer b.stop()
	c := newCloud(t, b.agent)
	for i := range 500 {
		b.append(domain.EventDoor, number(i))
	}
	b.append(domain.EventDeviceStatus, number(0))
	b.connect(c)
	if len(b.line.sent) != 1 || b.line.sent[0].Stream != domain.StreamAudit || len(b.line.sent[0].Rows) > wire.MaxBatchRows {
		t.Fatalf("%d batches", len(b.line.sent))
	}
	full := len(b.line.sent[0].Rows)
	b.clock.now = b.clock.now.Add(wire.AckWithin)
	b.o.Take(ctx, outbox.Tick{})
	if again := b.line.sent[1]; len(again.Rows) >= full || again.Rows[0].Seq != 1 {
		t.Fatalf("%d rows after a silence, %d before", len(again.Rows), full)
	}
	b.quiet(c)
	wantOnce(t, c.notes(domain.StreamAudit), 500)
}

// A cloud with much to do says how long to wait: the next batch leaves then and not before, and a wait without end is one of a minute.
//
// shows EDGE-06 by agent/outbox/step.go: "l.Rest = now.Add(wait)"
func TestFailure07_TheNextBatchWaitsAsTheCloudSays(t *testing.T) {
	now := time.Now()
	for milli, want := range map[int64]time.Duration{2500: 2500 * time.Millisecond, 1 << 62: time.Minute} {
		s := outbox.State{Up: true, Epoch: domain.EpochID{1}, Audit: outbox.Lane{Last: 500, Sent: 200, First: 1, Through: 200, SentAt: now}}
		s, effects := outbox.Step(s, outbox.Acked{Ack: wire.Ack{Epoch: s.Epoch, Stream: domain.StreamAudit, Through: 200, WaitMilli: milli}}, now)
		if len(effects) != 1 || !s.Wake().Equal(now.Add(want)) {
			t.Fatalf("%+v, wakes after %s", effects, s.Wake().Sub(now))
		}
		if s, effects = outbox.Step(s, outbox.Tick{}, now.Add(want-time.Millisecond)); len(effects) != 0 {
			t.Errorf("too early: %+v", effects)
		}
		if _, effects = outbox.Step(s, outbox.Tick{}, now.Add(want)); len(effects) != 1 {
			t.Errorf("then %+v", effects)
		}
	}
}

// Bytes of the link never stop the outbox: acknowledgements of other epochs, streams and numbers are ignored.
func TestOutbox_ForeignAcknowledgementsMoveNothing(t *testing.T) {
	b := newBox(t, t.TempDir(), 0)
	defer b.stop()
	c := newCloud(t, b.agent)
	b.append(domain.EventDoor, number(0))
	b.connect(c)
	epoch, _, _, _ := b.o.Position(ctx)
	for _, a := range []wire.Ack{
		{Stream: domain.StreamAudit, Through: 1},
		{Epoch: epoch, Stream: 9, Through: 1},
		{Epoch: epoch, Stream: domain.StreamAudit},
		{Epoch: epoch, Stream: domain.StreamStatus, Through: 0, WaitMilli: 1 << 62},
	} {
		b.o.Take(ctx, outbox.Acked{Ack: a})
	}
	if n, _, _ := b.o.Depth(ctx); n != 1 {
		t.Fatalf("%d rows wait, want 1", n)
	}
	b.quiet(c)
	wantOnce(t, c.notes(domain.StreamAudit), 1)
}
