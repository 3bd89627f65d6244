package main

import (
	"context"
	"crypto/hpke"
	"crypto/rand"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"vestibule/agent/configsync"
	"vestibule/agent/door"
	"vestibule/agent/enroll"
	"vestibule/agent/link"
	"vestibule/agent/outbox"
	"vestibule/agent/remote"
	"vestibule/shared/clock"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// box is one agent: the product's own link, outbox, configuration and commands, on a shelf in memory and without a building. Its devices
// take what the document says at once, and its doors open.
type box struct {
	number int
	id     enroll.Identity
	key    hpke.PrivateKey
	shelf  *shelf
	out    *outbox.Outbox
	sync   *configsync.Sync
	remote *remote.Remote
	link   *link.Link
	seen   *seen
	probe  *probe
	own    net.Dialer // from an address of its own: buildings have theirs

	mu  sync.Mutex
	raw *line // of the connection that stands
}

// line is a connection that can be broken as networks break it: by a reset, which the library tells from a close of its own.
type line struct {
	net.Conn
	broken atomic.Bool
}

// Read reads; a broken line was reset.
func (l *line) Read(p []byte) (int, error) {
	n, err := l.Conn.Read(p)
	if err != nil && l.broken.Load() {
		err = syscall.ECONNRESET
	}
	return n, err
}

func newBox(number int, id enroll.Identity, pace link.Pace, s *shelf, seen *seen) (*box, error) {
	b := &box{number: number, id: id, shelf: s, seen: seen, probe: &probe{}, own: net.Dialer{LocalAddr: addressOf(number), KeepAlive: -1}}
	var err error
	if b.key, err = id.OpenKey(); err != nil {
		return nil, err
	}
	var boot [16]byte
	_, _ = rand.Read(boot[:]) // never fails
	agent := func() domain.AgentID { return id.Agent }
	b.out = outbox.New(outbox.Config{Shelf: b.shelf, Agent: agent, Clock: clock.System{}, Boot: boot})
	b.sync, err = configsync.New(context.Background(), configsync.Config{
		Shelf: b.shelf, Log: b.out, Clock: clock.System{}, Key: func(context.Context) (domain.AgentID, hpke.PrivateKey, error) { return id.Agent, b.key, nil },
	})
	if err != nil {
		return nil, err
	}
	b.sync.OnChange(b.configured)
	b.remote = remote.New(remote.Config{
		Journal: b.shelf, Log: b.out, Doors: doors{b}, Agent: agent, Keys: func() [][]byte { return id.CommandKeys }, Clock: clock.System{},
	})
	b.link = link.New(link.Config{
		Identity: func(context.Context) (enroll.Identity, bool, error) { return id, true, nil },
		Fence:    b.shelf, Outbox: b.out, Document: b.sync, Parts: []link.Part{b.sync, b.remote, b.out, b.probe},
		Clock: clock.System{}, Boot: boot, Version: "load", Pace: pace, Dial: b.dial, Changed: func(now link.Status) { seen.changed(b.number, now) },
	})
	b.probe.start = time.Now()
	return b, nil
}

// addressOf spreads agents over addresses of this machine. The cloud bounds how many handshakes come from one.
func addressOf(number int) *net.TCPAddr {
	return &net.TCPAddr{IP: net.IPv4(127, 9, byte(number/250%250), byte(number%250+1))}
}

// run lives until ctx ends.
func (b *box) run(ctx context.Context) {
	var work sync.WaitGroup
	work.Go(func() { _ = b.out.Run(ctx) })
	work.Go(func() { _ = b.sync.Run(ctx) })
	work.Go(func() { _ = b.link.Run(ctx) })
	work.Wait()
}

func (b *box) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := b.own.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.raw = &line{Conn: conn}
	return b.raw, nil
}

// cut breaks the line without a word.
func (b *box) cut() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.raw != nil {
		b.raw.broken.Store(true)
		_ = b.raw.Close()
	}
}

// configured hears of a new document: the devices hold it.
func (b *box) configured(v *desired.View) {
	for id := range v.Devices {
		b.sync.Report(wire.DeviceReport{DeviceID: id, State: wire.ReceiptApplied, Version: v.Version, Online: true})
	}
}

// happens puts an event of the building into the log.
func (b *box) happens(ctx context.Context) error {
	return b.out.Append(ctx, domain.EventDoor, domain.DoorBody{Relay: 1, Means: domain.MeansDTMF, Result: domain.ActDone, TookMilli: 40, By: "Monitor 101"})
}

// doors of a box open at once.
type doors struct{ b *box }

// Open opens.
func (d doors) Open(ctx context.Context, ask door.Ask) door.Outcome {
	began := time.Now()
	_ = d.b.out.Append(ctx, domain.EventDoor, domain.DoorBody{
		DeviceID: ask.DeviceID, Relay: ask.Relay, Means: ask.Means, Result: domain.ActDone, By: ask.By, CommandID: ask.CommandID, TookMilli: time.Since(began).Milliseconds(),
	})
	return door.Outcome{Result: domain.ActDone}
}

// Turn has no board to move.
func (doors) Turn(context.Context, door.Turn) door.Outcome {
	return door.Outcome{Result: domain.ActRefused, Reason: domain.ReasonRelayOff}
}
