package link_test

import (
	"context"
	"testing"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// shows EDGE-02 by agent/link/talk.go: "l.take(ctx, Welcomed{w})"
func TestLink_HelloWelcomeBeatsAndGoodbye(t *testing.T) {
	a := newAuthority(t)
	c := newCloud(t, a)
	b := newBox(t, a.identity(c.address))
	e := c.wait(wire.KindHello)
	h, err := wire.Body[wire.Hello](e)
	if err != nil || h.Generation != 1 || h.Counter != 1 || h.AgentVersion != "test" || h.Epoch.IsZero() {
		t.Fatalf("%+v %v", h, err)
	}
	b.online()
	for range 3 {
		c.wait(wire.KindBeat)
	}
	until(t, "beats answered", func() bool { return b.part.kinds(wire.KindBeatAck) >= 2 })
	before := time.Now()
	at, bound, ok := b.part.last().CloudTime()
	early, late := before.Sub(at), time.Until(at) // one machine, one clock: at lies between the two, but for the bound
	if slack := bound + 10*time.Millisecond; !ok || early > slack || late > slack || bound > 5*time.Second {
		t.Fatalf("cloud time off by %v or %v with bound %v", early, late, bound)
	}
	if !b.l.ClockSure() {
		t.Error("the clock agrees with the cloud and is not sure")
	}
	b.stop()
	gone := c.wait(wire.KindGone)
	if gone.Conn != e.Conn {
		t.Error("another connection said goodbye")
	}
	if b.part.closed.Load() != 1 {
		t.Errorf("the job was told %d ends", b.part.closed.Load())
	}
}

// Row 10, first half: a line that is dead both ways without a reset is torn down, and another one is made. The numbers of
// the fence grow.
//
// shows EDGE-13/R35 by agent/link/session.go: "return s.rest(0, pace, now, random), []Effect{Drop{}} // dead" => "return s, nil"
func TestLink_StalledLineIsReplaced(t *testing.T) {
	a := newAuthority(t)
	c := newCloud(t, a)
	p := newProxy(t, c.address)
	b := newBox(t, a.identity(p.address))
	first := c.wait(wire.KindHello)
	b.online()
	p.hold(false)
	second := c.wait(wire.KindHello)
	if second.Conn == first.Conn {
		t.Fatal("the connection's id was used again")
	}
	b.online()
	h, err := wire.Body[wire.Hello](second)
	if err != nil || h.Counter <= 1 {
		t.Fatalf("the fence did not grow: %+v %v", h, err)
	}
	if b.part.closed.Load() < 1 {
		t.Error("the job was not told the end")
	}
}

// Row 9: what was published for an older connection never arrives.
//
// shows EDGE-13/R36 by agent/link/connection.go: "topic := wire.DownTopic(c.agent, id) // of this connection alone" => "topic := \"v1/\" + c.agent.String() + \"/down/+\""
func TestFailure09_MessageForAnOlderConnectionNeverArrives(t *testing.T) {
	a := newAuthority(t)
	c := newCloud(t, a)
	p := newProxy(t, c.address)
	b := newBox(t, a.identity(p.address))
	first := c.wait(wire.KindHello)
	b.online()
	p.cut()
	c.wait(wire.KindHello)
	until(t, "a second session", func() bool { return b.part.count() >= 2 && b.l.Online() })
	c.send(b.id.Agent, first.Conn, wire.KindAnnounce, wire.Announce{Version: 1})
	c.send(b.id.Agent, b.part.last().Conn(), wire.KindAnnounce, wire.Announce{Version: 2})
	until(t, "the message for this connection", func() bool { return b.part.kinds(wire.KindAnnounce) == 1 })
	if n := b.l.Counts(); n.Foreign != 0 {
		t.Errorf("a message for the older connection came: %+v", n)
	}
}

// Bytes that are no message, another protocol, another connection and unknown kinds are dropped and counted; the session stands.
//
// shows EDGE-02 by agent/link/talk.go: "if e.Conn != c.id {" => "if false {"
func TestLink_GarbageIsDroppedAndCounted(t *testing.T) {
	a := newAuthority(t)
	c := newCloud(t, a)
	b := newBox(t, a.identity(c.address))
	b.online()
	conn := b.part.last().Conn()
	raw := func(v any) []byte {
		data, err := wire.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	body := raw(wire.Announce{Version: 3})
	for _, data := range [][]byte{
		[]byte("not CBOR"),
		{},
		{0xa4, 0x01, 0x01, 0x01, 0x01, 0x02, 0x18, 0x22, 0x03, 0x40}, // the second is empty, the third has a key twice
		raw(wire.Envelope{Proto: 99, Kind: wire.KindAnnounce, Conn: conn, Body: body}),
		raw(wire.Envelope{Proto: wire.Proto, Kind: wire.KindAnnounce, Conn: domain.ConnID{9}, Body: body}),
		raw(wire.Envelope{Proto: wire.Proto, Kind: 200, Conn: conn, Body: body}),
		raw(wire.Envelope{Proto: wire.Proto, Kind: wire.KindBeatAck, Conn: conn, Body: raw(wire.BeatAck{EchoMilli: -5})}),
	} {
		c.raw(b.id.Agent, conn, data)
	}
	until(t, "all counted", func() bool {
		n := b.l.Counts()
		return n.Malformed == 4 && n.Foreign == 2 && n.Unknown == 1
	})
	if b.part.kinds(wire.KindAnnounce) != 0 || b.part.count() != 1 || !b.l.Online() {
		t.Errorf("garbage got through: %d, sessions %d", b.part.kinds(wire.KindAnnounce), b.part.count())
	}
}

func TestLink_OversizeNeverLeaves(t *testing.T) {
	a := newAuthority(t)
	c := newCloud(t, a)
	b := newBox(t, a.identity(c.address))
	b.online()
	if err := b.part.last().Send(wire.KindReport, make([]byte, wire.MaxMessage)); err == nil {
		t.Fatal("a message over the limit was sent")
	}
	if n := b.l.Counts(); n.Oversize != 1 {
		t.Errorf("%+v", n)
	}
	c.wait(wire.KindBeat)
	c.wait(wire.KindBeat)
	if b.part.count() != 1 {
		t.Error("the session ended")
	}
}

// Row 18: a disk restored from a backup jumps above the fence once, begins a new epoch and says so.
//
// shows EDGE-31 by agent/link/session.go: "return s, []Effect{Drop{}, Jump{Fence: w.Fence, Generation: w.Generation}}" => "return s, []Effect{Drop{}}"
func TestFailure18_RestoredBackupJumpsAboveTheFence(t *testing.T) {
	a := newAuthority(t)
	c := newCloud(t, a)
	const fence = 700
	epochs := make(chan domain.EpochID, 16)
	c.welcome = func(h wire.Hello) wire.Welcome {
		epochs <- h.Epoch
		if h.Counter <= fence {
			return wire.Welcome{Refuse: wire.RefuseStale, Fence: fence, Generation: 4}
		}
		return wire.Welcome{Proto: wire.Proto, BeatMilli: 200}
	}
	b := newBox(t, a.identity(c.address))
	b.online()
	if before, after := <-epochs, <-epochs; before == after {
		t.Error("the epoch stayed")
	}
	gen, counter, err := b.s.NextCounter(context.Background())
	if err != nil || gen != 4 || counter != fence+2 {
		t.Errorf("generation %d counter %d %v", gen, counter, err)
	}
	ev, err := wire.Body[wire.Events](c.wait(wire.KindEvents))
	if err != nil || len(ev.Rows) != 1 || ev.Rows[0].Kind != domain.EventAgent {
		t.Fatalf("%+v %v", ev, err)
	}
}

// A refused agent keeps away for a while, and its building works on.
func TestLink_RevokedAgentBacksOff(t *testing.T) {
	a := newAuthority(t)
	c := newCloud(t, a)
	c.welcome = func(wire.Hello) wire.Welcome { return wire.Welcome{Refuse: wire.RefuseRevoked, RetryMilli: 60_000} }
	b := newBox(t, a.identity(c.address))
	c.wait(wire.KindHello)
	until(t, "the refusal is shown", func() bool { return b.l.Status().Refused == wire.RefuseRevoked })
	if left := time.Until(b.l.Status().NextTry); left < 50*time.Second {
		t.Errorf("tries again in %v", left)
	}
	c.set(func(c *cloud) {
		c.welcome = func(wire.Hello) wire.Welcome { return wire.Welcome{Proto: wire.Proto, BeatMilli: 200} }
	})
	b.l.Wake() // claimed again
	b.online()
	if b.l.Status().Refused != wire.RefuseNone {
		t.Error("the refusal stays")
	}
}

// A session that is revoked while it stands ends.
func TestLink_RevokedWhileUp(t *testing.T) {
	a := newAuthority(t)
	c := newCloud(t, a)
	b := newBox(t, a.identity(c.address))
	b.online()
	c.send(b.id.Agent, b.part.last().Conn(), wire.KindWelcome, wire.Welcome{Refuse: wire.RefuseRevoked, RetryMilli: 60_000})
	until(t, "offline", func() bool { return !b.l.Online() && b.l.Status().Refused == wire.RefuseRevoked })
}

// The age of commands hangs on the cloud's clock: one that jumps ends the connection and with it every command under way.
//
// shows EDGE-13/R36 by agent/link/timing.go: "return true, false"
func TestLink_ContradictingClockEndsTheConnection(t *testing.T) {
	a := newAuthority(t)
	c := newCloud(t, a)
	b := newBox(t, a.identity(c.address))
	first := c.wait(wire.KindHello)
	b.online()
	c.set(func(c *cloud) { c.skew = -time.Hour })
	if second := c.wait(wire.KindHello); second.Conn == first.Conn {
		t.Fatal("the connection stayed")
	}
	b.online()
}

// Another server's certificate, or one of another root, is not talked to.
func TestLink_ForeignServerIsNotTalkedTo(t *testing.T) {
	a, other := newAuthority(t), newAuthority(t)
	c := newCloud(t, a)
	id := a.identity(c.address)
	id.Roots = [][]byte{other.root.Raw}
	b := newBox(t, id)
	until(t, "some tries", func() bool { return b.l.Status().State == "resting" || b.l.Status().State == "dialling" })
	_, n, err := b.s.NextCounter(context.Background())
	until(t, "more tries", func() bool { _, m, _ := b.s.NextCounter(context.Background()); return m > n+6 })
	if err != nil || b.l.Online() || len(c.heard) != 0 {
		t.Fatal("a foreign server was talked to")
	}
}

// The broker goes away and comes back: the agent is back by itself, and what happened in between is told once.
//
// shows EDGE-06/R06 by agent/outbox/rows.go: "o.shelf.AfterCommit(ctx, o.added)"
func TestLink_EventsAfterAnOutageArriveOnce(t *testing.T) {
	a := newAuthority(t)
	c := newCloud(t, a)
	p := newProxy(t, c.address)
	b := newBox(t, a.identity(p.address))
	b.online()
	p.cut()
	p.hold(true)
	until(t, "offline", func() bool { return !b.l.Online() })
	for range 5 {
		if err := b.o.Append(context.Background(), domain.EventDoor, domain.DoorBody{}); err != nil {
			t.Fatal(err)
		}
	}
	p.cut()
	e := c.wait(wire.KindEvents)
	ev, err := wire.Body[wire.Events](e)
	if err != nil || len(ev.Rows) != 5 {
		t.Fatalf("%d rows %v", len(ev.Rows), err)
	}
	c.send(b.id.Agent, e.Conn, wire.KindAck, wire.Ack{Epoch: ev.Epoch, Stream: ev.Stream, Through: 5})
	until(t, "the outbox is empty", func() bool { n, _, err := b.o.Depth(context.Background()); return err == nil && n == 0 })
	if err := b.o.Append(context.Background(), domain.EventDoor, domain.DoorBody{}); err != nil { // nothing but the commit wakes the upload
		t.Fatal(err)
	}
	if ev, err := wire.Body[wire.Events](c.wait(wire.KindEvents)); err != nil || len(ev.Rows) != 1 || ev.Rows[0].Seq != 6 {
		t.Fatalf("%+v %v", ev, err)
	}
}
