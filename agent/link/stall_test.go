package link_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/veraison/go-cose"

	"vestibule/agent/door"
	"vestibule/agent/remote"
	"vestibule/shared/clock"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

type doors struct{ opened atomic.Int64 }

func (d *doors) Turn(context.Context, door.Turn) door.Outcome { panic("nobody asks for a board here") }

func (d *doors) Open(context.Context, door.Ask) door.Outcome {
	d.opened.Add(1)
	return door.Outcome{Result: domain.ActDone}
}

// Row 10 of the failure table, over a real broker: the line stalls without a reset, the connection is still the same, and
// the command comes out of it after its deadline. The door stays shut and the answer is honest.
//
// shows EDGE-13/R36 by agent/remote/gate.go: "age := f.Now.Sub(time.UnixMilli(c.IssuedMilli))" => "age := min(0, f.Now.Sub(time.UnixMilli(c.IssuedMilli)))"
func TestFailure10_CommandOutOfAStalledLineExpires(t *testing.T) {
	a := newAuthority(t)
	c := newCloud(t, a)
	c.welcome = func(wire.Hello) wire.Welcome { return wire.Welcome{Proto: wire.Proto, BeatMilli: 60_000} }
	p := newProxy(t, c.address)
	public, key, _ := ed25519.GenerateKey(rand.Reader)
	d := &doors{}
	b := newBox(t, a.identity(p.address))
	r := remote.New(remote.Config{
		Journal: b.s, Log: b.o, Doors: d, Agent: func() domain.AgentID { return b.id.Agent }, Keys: func() [][]byte { return [][]byte{public} }, Clock: clock.System{},
	})
	life, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = r.Run(life) })
	t.Cleanup(func() { b.stop(); stop(); wg.Wait() })
	b.online()
	session := b.part.last()
	r.Opened(session, wire.Welcome{})
	forward := func(n int) {
		until(t, "the command", func() bool { return b.part.kinds(wire.KindCommand) >= n })
		b.part.mu.Lock()
		e := b.part.received[len(b.part.received)-1]
		b.part.mu.Unlock()
		r.Received(e)
	}
	order := func(ttl time.Duration) domain.CommandID {
		cmd := wire.Command{
			ID: domain.NewID[domain.CommandID](time.Now()), Agent: b.id.Agent, Conn: session.Conn(), Kind: wire.CommandDoorOpen, DeviceID: domain.DeviceID{1},
			Relay: 1, IssuedMilli: time.Now().UnixMilli(), TTLMilli: ttl.Milliseconds(), Actor: "Ada",
		}
		c.send(b.id.Agent, session.Conn(), wire.KindCommand, wire.SignedCommand{Sign1: signed(t, key, cmd)})
		return cmd.ID
	}
	answer := func(id domain.CommandID) wire.Result {
		for {
			res, err := wire.Body[wire.Result](c.wait(wire.KindResult))
			if err != nil {
				t.Fatal(err)
			}
			if res.ID == id && !res.Accepted {
				return res
			}
		}
	}
	id := order(20 * time.Second)
	forward(1)
	if got := answer(id); got.Result != domain.ActDone || d.opened.Load() != 1 {
		t.Fatalf("a prompt command: %+v", got)
	}
	const ttl = time.Second
	p.hold(false)
	id = order(ttl)
	<-time.After(ttl + 200*time.Millisecond)
	if b.part.kinds(wire.KindCommand) != 1 {
		t.Fatal("the line is not held")
	}
	p.release()
	forward(2)
	if got := answer(id); got.Result != domain.ActExpired || got.Reason != domain.ReasonLate || d.opened.Load() != 1 {
		t.Fatalf("%+v, opened %d times", got, d.opened.Load())
	}
	if b.part.count() != 1 || b.part.last().Conn() != session.Conn() {
		t.Fatal("it was another connection: the test shows nothing")
	}
}

func signed(t *testing.T, key ed25519.PrivateKey, c wire.Command) []byte {
	t.Helper()
	payload, err := wire.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := cose.NewSigner(cose.AlgorithmEdDSA, key)
	if err != nil {
		t.Fatal(err)
	}
	m := cose.NewSign1Message()
	m.Headers.Protected.SetAlgorithm(cose.AlgorithmEdDSA)
	m.Payload = payload
	if err := m.Sign(rand.Reader, []byte(wire.CommandContext), signer); err != nil {
		t.Fatal(err)
	}
	raw, err := m.MarshalCBOR()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
