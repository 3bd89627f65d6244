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
	"vestibule/agent/link"
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

// opener is a box that obeys commands, and the cloud that gives them.
type opener struct {
	*box
	t       *testing.T
	c       *cloud
	key     ed25519.PrivateKey
	doors   *doors
	remote  *remote.Remote
	session link.Session
}

func newOpener(t *testing.T, c *cloud, b *box, own clock.Clock) *opener {
	t.Helper()
	public, key, _ := ed25519.GenerateKey(rand.Reader)
	o := &opener{box: b, t: t, c: c, key: key, doors: &doors{}}
	o.remote = remote.New(remote.Config{
		Journal: b.s, Log: b.o, Doors: o.doors, Agent: func() domain.AgentID { return b.id.Agent }, Keys: func() [][]byte { return [][]byte{public} }, Clock: own,
	})
	life, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = o.remote.Run(life) })
	t.Cleanup(func() { b.stop(); stop(); wg.Wait() })
	b.online()
	o.session = b.part.last()
	o.remote.Opened(o.session, wire.Welcome{})
	return o
}

// order sends a command that was issued some time ago.
func (o *opener) order(ttl, ago time.Duration) domain.CommandID {
	o.t.Helper()
	cmd := wire.Command{
		ID: domain.NewID[domain.CommandID](time.Now()), Agent: o.id.Agent, Conn: o.session.Conn(), Kind: wire.CommandDoorOpen, DeviceID: domain.DeviceID{1},
		Relay: 1, IssuedMilli: time.Now().Add(-ago).UnixMilli(), TTLMilli: ttl.Milliseconds(), Actor: "Ada",
	}
	o.c.send(o.id.Agent, o.session.Conn(), wire.KindCommand, wire.SignedCommand{Sign1: signed(o.t, o.key, cmd)})
	return cmd.ID
}

// forward hands the n-th command on once it is here.
func (o *opener) forward(n int) {
	o.t.Helper()
	until(o.t, "the command", func() bool { return o.part.kinds(wire.KindCommand) >= n })
	o.part.mu.Lock()
	e := o.part.received[len(o.part.received)-1]
	o.part.mu.Unlock()
	o.remote.Received(e)
}

func (o *opener) answer(id domain.CommandID) wire.Result {
	o.t.Helper()
	for {
		res, err := wire.Body[wire.Result](o.c.wait(wire.KindResult))
		if err != nil {
			o.t.Fatal(err)
		}
		if res.ID == id && !res.Accepted {
			return res
		}
	}
}

// rarely welcomes a box that then says nothing for a minute by itself.
func rarely(wire.Hello) wire.Welcome { return wire.Welcome{Proto: wire.Proto, BeatMilli: 60_000} }

// Row 10 of the failure table, over a real broker: the line stalls without a reset, the connection is still the same, and
// the command comes out of it after its deadline. The door stays shut and the answer is honest.
//
// shows EDGE-13/R36 by agent/remote/gate.go: "age := f.Now.Sub(time.UnixMilli(c.IssuedMilli))" => "age := min(0, f.Now.Sub(time.UnixMilli(c.IssuedMilli)))"
func TestFailure10_CommandOutOfAStalledLineExpires(t *testing.T) {
	a := newAuthority(t)
	c := newCloud(t, a)
	c.welcome = rarely
	p := newProxy(t, c.address)
	o := newOpener(t, c, newBox(t, a.identity(p.address)), clock.System{})
	id := o.order(20*time.Second, 0)
	o.forward(1)
	if got := o.answer(id); got.Result != domain.ActDone || o.doors.opened.Load() != 1 {
		t.Fatalf("a prompt command: %+v", got)
	}
	const ttl = time.Second
	p.hold(false)
	id = o.order(ttl, 0)
	<-time.After(ttl + 200*time.Millisecond)
	if o.part.kinds(wire.KindCommand) != 1 {
		t.Fatal("the line is not held")
	}
	p.release()
	o.forward(2)
	if got := o.answer(id); got.Result != domain.ActExpired || got.Reason != domain.ReasonLate || o.doors.opened.Load() != 1 {
		t.Fatalf("%+v, opened %d times", got, o.doors.opened.Load())
	}
	if o.part.count() != 1 || o.part.last().Conn() != o.session.Conn() {
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
