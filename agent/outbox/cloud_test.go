package outbox_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"vestibule/agent/outbox"
	"vestibule/agent/store"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// testing.TB and *rapid.T both fail like this.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// hands is a clock that a test moves.
type hands struct{ now time.Time }

func (h *hands) Now() time.Time { return h.now }

// cursor is what the cloud has of one epoch and stream.
type cursor struct {
	acked  uint64
	digest [32]byte
	rows   []wire.Row
}

type place struct {
	epoch  domain.EpochID
	stream domain.Stream
}

// cloud keeps the events as the protocol says: cursor, verdict per row, acknowledgement after commit.
type cloud struct {
	t       failer
	agent   domain.AgentID
	cursors map[place]*cursor
	poison  func(wire.Row) bool
}

func newCloud(t failer, agent domain.AgentID) *cloud {
	return &cloud{t: t, agent: agent, cursors: map[place]*cursor{}, poison: func(wire.Row) bool { return false }}
}

func (c *cloud) at(epoch domain.EpochID, stream domain.Stream) *cursor {
	k := place{epoch, stream}
	if c.cursors[k] == nil {
		c.cursors[k] = &cursor{}
	}
	return c.cursors[k]
}

func (c *cloud) welcome(epoch domain.EpochID) wire.Welcome {
	return wire.Welcome{AckedAudit: c.at(epoch, domain.StreamAudit).acked, AckedStatus: c.at(epoch, domain.StreamStatus).acked}
}

// take commits a batch and gives the acknowledgement.
func (c *cloud) take(ev wire.Events) wire.Ack {
	c.t.Helper()
	cur := c.at(ev.Epoch, ev.Stream)
	ack := wire.Ack{Epoch: ev.Epoch, Stream: ev.Stream, Through: cur.acked}
	from := func(r wire.Row) uint64 {
		if r.From != 0 {
			return r.From
		}
		return r.Seq
	}
	if len(ev.Rows) == 0 || from(ev.Rows[0]) > cur.acked+1 {
		ack.Expect = cur.acked + 1
		return ack
	}
	next := from(ev.Rows[0])
	for _, r := range ev.Rows {
		if from(r) != next {
			c.t.Fatalf("stream %d: row %d after %d in one batch", ev.Stream, from(r), next-1)
		}
		next = r.Seq + 1
		if r.Seq <= cur.acked {
			continue
		}
		if r.From != 0 && r.From <= cur.acked {
			c.t.Fatalf("a hole %d..%d covers row %d, which was delivered", r.From, r.Seq, cur.acked)
		}
		if want := wire.Chain(c.agent, ev.Epoch, ev.Stream, cur.digest, r); want != r.Digest {
			c.t.Fatalf("stream %d row %d: the chain is broken", ev.Stream, r.Seq)
		}
		if wire.HashBody(r.Salt, r.Body) != r.BodyHash {
			c.t.Fatalf("row %d: the body does not match its hash", r.Seq)
		}
		cur.acked, cur.digest = r.Seq, r.Digest
		if c.poison(r) {
			ack.Rejected = append(ack.Rejected, wire.Rejection{Seq: r.Seq, Reason: "unreadable"})
			continue
		}
		cur.rows = append(cur.rows, r)
	}
	ack.Through = cur.acked
	return ack
}

// notes lists the details of the notes that the cloud has, over all epochs, in the order of each stream.
func (c *cloud) notes(stream domain.Stream) map[string]int {
	got := map[string]int{}
	for k, cur := range c.cursors {
		if k.stream != stream {
			continue
		}
		for _, r := range cur.rows {
			var n domain.NoteBody
			if r.Kind == domain.EventGap {
				continue
			}
			if err := wire.Unmarshal(r.Body, &n); err != nil {
				c.t.Fatalf("row %d: %v", r.Seq, err)
			}
			got[n.Detail]++
		}
	}
	return got
}

// session keeps what was sent until the test takes it.
type session struct {
	conn       domain.ConnID
	sent       []wire.Events
	reconnects int
}

func (s *session) Conn() domain.ConnID { return s.conn }
func (s *session) Reconnect(string)    { s.reconnects++ }
func (s *session) CloudTime() (time.Time, time.Duration, bool) {
	return time.Time{}, 0, false
}

func (s *session) Send(kind wire.Kind, body any) error {
	data, err := wire.Seal(kind, s.conn, body)
	if err != nil {
		return err
	}
	e, err := wire.Open(data)
	if err != nil {
		return err
	}
	ev, err := wire.Body[wire.Events](e)
	if err != nil {
		return err
	}
	s.sent = append(s.sent, ev)
	return nil
}

// box is an agent's outbox on a real disk.
type box struct {
	t     failer
	dir   string
	agent domain.AgentID
	clock *hands
	limit int64
	s     *store.Store
	o     *outbox.Outbox
	line  *session
}

func newBox(t failer, dir string, limit int64) *box {
	b := &box{t: t, dir: dir, agent: domain.NewID[domain.AgentID](time.Now()), clock: &hands{time.UnixMilli(1_800_000_000_000)}, limit: limit}
	b.start()
	return b
}

func (b *box) start() {
	b.t.Helper()
	var err error
	if b.s, err = store.Open(context.Background(), b.dir); err != nil {
		b.t.Fatalf("open: %v", err)
	}
	b.o = outbox.New(outbox.Config{Shelf: b.s, Agent: func() domain.AgentID { return b.agent }, Clock: b.clock, MaxRows: b.limit})
	b.s.OnFull(b.o.MakeRoom)
	b.line = nil
}

func (b *box) stop() {
	b.t.Helper()
	if err := b.s.Close(); err != nil {
		b.t.Fatalf("close: %v", err)
	}
}

func (b *box) connect(c *cloud) {
	b.t.Helper()
	epoch, _, _, err := b.o.Position(context.Background())
	if err != nil {
		b.t.Fatalf("position: %v", err)
	}
	b.line = &session{conn: domain.NewID[domain.ConnID](time.Now())}
	b.o.Begin(context.Background(), b.line, c.welcome(epoch))
}

func (b *box) cut() {
	b.line = nil
	b.o.End(context.Background())
}

func (b *box) append(kind domain.EventKind, detail string) {
	b.t.Helper()
	if err := b.o.Append(context.Background(), kind, domain.NoteBody{What: "test", Detail: detail}); err != nil {
		b.t.Fatalf("append: %v", err)
	}
}

// quiet lets every message through until nothing waits; it reconnects when the outbox asks for it.
func (b *box) quiet(c *cloud) {
	b.t.Helper()
	ctx := context.Background()
	for range 2000 {
		if b.line == nil || b.line.reconnects > 0 {
			if b.line != nil {
				b.cut()
			}
			b.connect(c)
		}
		b.o.Take(ctx, outbox.Tick{})
		sent := b.line.sent
		b.line.sent = nil
		for _, ev := range sent {
			b.o.Take(ctx, outbox.Acked{Ack: c.take(ev)})
		}
		pending, _, err := b.o.Depth(ctx)
		if err != nil {
			b.t.Fatalf("depth: %v", err)
		}
		if pending == 0 && len(b.line.sent) == 0 {
			return
		}
		b.clock.now = b.clock.now.Add(time.Second)
	}
	b.t.Fatalf("the outbox does not get empty")
}

func number(i int) string { return fmt.Sprintf("%06d", i) }

func wantOnce(t *testing.T, got map[string]int, n int) {
	t.Helper()
	for i := range n {
		if got[number(i)] != 1 {
			t.Errorf("event %d arrived %d times", i, got[number(i)])
		}
	}
}
