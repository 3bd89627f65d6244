package hubtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"vestibule/cloud/hub"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/wire"
)

// Patience is how long a test waits for what must happen.
const Patience = 15 * time.Second

// Client is an agent's connection to the broker under test.
type Client interface {
	// Publish sends at QoS 1; the error is the transport's, an acknowledgement proves nothing.
	Publish(topic string, data []byte) error
	// Subscribe asks for a topic; a refusal may look like success.
	Subscribe(topic string) error
	// Received gives what arrives, in order.
	Received() <-chan []byte
	// Closed is closed when the connection ends.
	Closed() <-chan struct{}
	// Break ends the connection without a farewell.
	Break()
}

// Bench is a hub at work and the way to connect to it.
type Bench struct {
	Hub hub.Hub
	// Connect opens a connection as agent with a last will on the agent's topic.
	Connect func(t *testing.T, agent domain.AgentID, will []byte) Client
}

// Start makes a running hub whose messages go to handle; it ends with the test.
type Start func(t *testing.T, handle hub.Handler) Bench

// Run runs the suite.
func Run(t *testing.T, start Start) {
	for name, test := range map[string]func(*testing.T, Start){
		"messages of an agent come in order, one at a time":  order,
		"a message goes to the connection it names alone":    aim,
		"another agent's topics carry nothing in or out":     fence,
		"a connection that ended is told":                    offline,
		"a message over the limit is refused before it goes": limit,
		"a kicked agent is gone and may come back":           kick,
		"an agent that comes again and again is reached":     again,
		"the last will arrives when a connection breaks":     will,
		"a handler that fails by a bug stops nothing":        bug,
	} {
		t.Run(name, func(t *testing.T) { test(t, start) })
	}
}

// Agent makes an agent's id.
func Agent() domain.AgentID { return domain.NewID[domain.AgentID](time.Now()) }

// Conn makes a connection's id.
func Conn() domain.ConnID { return domain.NewID[domain.ConnID](time.Now()) }

// Heard collects messages of a hub.
type Heard struct {
	mu   sync.Mutex
	by   map[domain.AgentID][][]byte
	news chan struct{}
}

// NewHeard makes an empty collection.
func NewHeard() *Heard {
	return &Heard{by: map[domain.AgentID][][]byte{}, news: make(chan struct{}, 1)}
}

// Handle is a hub.Handler.
func (h *Heard) Handle(_ context.Context, agent domain.AgentID, data []byte) {
	h.mu.Lock()
	h.by[agent] = append(h.by[agent], data)
	h.mu.Unlock()
	select {
	case h.news <- struct{}{}:
	default:
	}
}

// Of gives what an agent said so far.
func (h *Heard) Of(agent domain.AgentID) [][]byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([][]byte(nil), h.by[agent]...)
}

// Await returns when an agent has said n messages.
func (h *Heard) Await(t *testing.T, agent domain.AgentID, n int) [][]byte {
	t.Helper()
	late := time.After(Patience)
	for {
		if list := h.Of(agent); len(list) >= n {
			return list
		}
		select {
		case <-h.news:
		case <-late:
			t.Fatalf("%d messages of %d arrived", len(h.Of(agent)), n)
		}
	}
}

func up(agent domain.AgentID) string { return wire.UpTopic(agent, wire.KindBeat) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Deliver publishes until the client has it: a subscription may still be on its way, and QoS 0 promises nothing. What was delivered before was published again
// and again too, and may come once more.
func Deliver(t *testing.T, h hub.Hub, agent domain.AgentID, conn domain.ConnID, c Client, data []byte, before ...[]byte) {
	t.Helper()
	late, again := time.After(Patience), time.NewTicker(50*time.Millisecond)
	defer again.Stop()
	for {
		_ = h.Publish(agent, conn, data)
		select {
		case got := <-c.Received():
			if bytes.Equal(got, data) {
				return
			}
			if !slices.ContainsFunc(before, func(b []byte) bool { return bytes.Equal(got, b) }) {
				t.Fatalf("received %q", got)
			}
		case <-again.C:
		case <-late:
			t.Fatal("nothing arrived")
		}
	}
}

func order(t *testing.T, start Start) {
	var mu sync.Mutex
	busy := map[domain.AgentID]bool{}
	heard := NewHeard()
	b := start(t, func(ctx context.Context, agent domain.AgentID, data []byte) {
		mu.Lock()
		if busy[agent] {
			t.Error("two messages of one agent at a time")
		}
		busy[agent] = true
		mu.Unlock()
		heard.Handle(ctx, agent, data)
		mu.Lock()
		busy[agent] = false
		mu.Unlock()
	})
	const n = 40
	agents := []domain.AgentID{Agent(), Agent(), Agent()}
	var all sync.WaitGroup
	for _, agent := range agents {
		c := b.Connect(t, agent, nil)
		all.Go(func() {
			for i := range n {
				if err := c.Publish(up(agent), fmt.Appendf(nil, "%d", i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	for _, agent := range agents {
		for i, data := range heard.Await(t, agent, n) {
			if string(data) != fmt.Sprint(i) {
				t.Fatalf("message %d is %s", i, data)
			}
		}
	}
}

func aim(t *testing.T, start Start) {
	b := start(t, NewHeard().Handle)
	a, other := Agent(), Agent()
	conn, old := Conn(), Conn()
	ca, co := b.Connect(t, a, nil), b.Connect(t, other, nil)
	must(t, ca.Subscribe(wire.DownTopic(a, conn)))
	must(t, co.Subscribe(wire.DownTopic(other, conn)))
	Deliver(t, b.Hub, a, conn, ca, []byte("first"))
	must(t, b.Hub.Publish(a, old, []byte("for an older connection")))
	Deliver(t, b.Hub, other, conn, co, []byte("marker"))
	Deliver(t, b.Hub, a, conn, ca, []byte("second"), []byte("first"))
}

func fence(t *testing.T, start Start) {
	heard := NewHeard()
	b := start(t, heard.Handle)
	good, evil := Agent(), Agent()
	conn := Conn()
	cg, ce := b.Connect(t, good, nil), b.Connect(t, evil, nil)
	must(t, cg.Subscribe(wire.DownTopic(good, conn)))
	for _, topic := range []string{wire.DownTopic(good, conn), "v1/+/down/+", "#", "$share/x/v1/" + good.String() + "/down/" + conn.String()} {
		_ = ce.Subscribe(topic)
	}
	Deliver(t, b.Hub, good, conn, cg, []byte("for the good one"))
	// A refused publish may cost the connection: then the second cannot be tried on it, and need not be.
	_ = ce.Publish(up(good), []byte("in the other's name"))
	_ = ce.Publish(wire.DownTopic(good, conn), []byte("to the other's ear"))
	must(t, cg.Publish(up(good), []byte("mine")))
	if list := heard.Await(t, good, 1); len(list) != 1 || string(list[0]) != "mine" {
		t.Fatalf("heard %q in the name of another", list)
	}
	Deliver(t, b.Hub, good, conn, cg, []byte("marker"), []byte("for the good one"))
	select {
	case data, ok := <-ce.Received():
		if ok {
			t.Fatalf("the other agent received %q", data)
		}
	default:
	}
}

func offline(t *testing.T, start Start) {
	heard := NewHeard()
	b := start(t, heard.Handle)
	agent, conn := Agent(), Conn()
	gone, err := wire.Seal(wire.KindGone, conn, wire.Gone{Counter: 1})
	must(t, err)
	c := b.Connect(t, agent, gone)
	must(t, c.Subscribe(wire.DownTopic(agent, conn)))
	Deliver(t, b.Hub, agent, conn, c, []byte("here"))
	c.Break()
	late, again := time.After(Patience), time.NewTicker(20*time.Millisecond)
	defer again.Stop()
	for {
		err := b.Hub.Publish(agent, conn, []byte("x"))
		if fault.CodeOf(err) == fault.Offline {
			return
		}
		select {
		case <-again.C:
		case <-late:
			t.Fatalf("publish to nobody: %v", err)
		}
	}
}

func limit(t *testing.T, start Start) {
	b := start(t, NewHeard().Handle)
	agent, conn := Agent(), Conn()
	c := b.Connect(t, agent, nil)
	must(t, c.Subscribe(wire.DownTopic(agent, conn)))
	big := make([]byte, wire.MaxMessage)
	_, _ = rand.Read(big)
	Deliver(t, b.Hub, agent, conn, c, big)
	if err := b.Hub.Publish(agent, conn, append(big, 0)); fault.CodeOf(err) != fault.Limit {
		t.Fatalf("one byte over: %v", err)
	}
}

func kick(t *testing.T, start Start) {
	heard := NewHeard()
	b := start(t, heard.Handle)
	agent := Agent()
	c := b.Connect(t, agent, nil)
	must(t, c.Publish(up(agent), []byte("here")))
	heard.Await(t, agent, 1)
	b.Hub.Kick(agent)
	select {
	case <-c.Closed():
	case <-time.After(Patience):
		t.Fatal("the connection stands")
	}
	again := b.Connect(t, agent, nil)
	must(t, again.Publish(up(agent), []byte("back")))
	heard.Await(t, agent, 2)
	b.Hub.Kick(Agent())
}

// again connects over a connection that stands, as often as an agent may ask for a certificate in a day: the end of the older one must not take the newer one with it.
func again(t *testing.T, start Start) {
	b := start(t, NewHeard().Handle)
	agent := Agent()
	for range 20 {
		conn, c := Conn(), b.Connect(t, agent, nil)
		must(t, c.Subscribe(wire.DownTopic(agent, conn)))
		Deliver(t, b.Hub, agent, conn, c, []byte("here"))
	}
}

func will(t *testing.T, start Start) {
	heard := NewHeard()
	b := start(t, heard.Handle)
	agent := Agent()
	c := b.Connect(t, agent, []byte("gone"))
	must(t, c.Publish(up(agent), []byte("here")))
	heard.Await(t, agent, 1)
	c.Break()
	if list := heard.Await(t, agent, 2); string(list[1]) != "gone" {
		t.Fatalf("heard %q", list[1])
	}
}

func bug(t *testing.T, start Start) {
	heard := NewHeard()
	b := start(t, func(ctx context.Context, agent domain.AgentID, data []byte) {
		heard.Handle(ctx, agent, data)
		if string(data) == "bad" {
			panic("a bug")
		}
	})
	agent := Agent()
	c := b.Connect(t, agent, nil)
	must(t, c.Publish(up(agent), []byte("bad")))
	must(t, c.Publish(up(agent), []byte("good")))
	heard.Await(t, agent, 2)
}
