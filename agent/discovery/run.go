package discovery

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"vestibule/agent/health"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
)

// Times of the runner (EDGE-R10).
const (
	quickEvery = 10 * time.Second
	quickFor   = 2 * time.Minute
	slowEvery  = 60 * time.Second
	lookEvery  = 3 * time.Second // for changed interfaces
	silentFor  = 200 * time.Second
	settle     = 100 * time.Millisecond // packets of one burst are answered together
)

// packet is one datagram that arrived on a link.
type packet struct {
	cache  *cache
	data   []byte
	source netip.AddrPort
}

// Run looks and announces until ctx ends. When the interfaces change, sockets and announcement are made anew.
func (d *Discovery) Run(ctx context.Context) error {
	d.recall(ctx)
	quick := time.Now().Add(quickFor)
	for ctx.Err() == nil {
		links := look(d.cfg.Interfaces)
		if len(links) == 0 {
			d.cfg.Conditions.Raise(ctx, health.DiscoveryOff, health.About{}, strings.Join(d.cfg.Interfaces, " "))
			if !wait(ctx, lookEvery) {
				break
			}
			continue
		}
		d.cfg.Conditions.Clear(ctx, health.DiscoveryOff, health.About{})
		r := &round{d: d, links: links, born: time.Now(), quick: quick, packets: make(chan packet, 512), swept: make(chan struct{}, 1)}
		r.run(ctx)
		quick = time.Now().Add(quickFor)
	}
	return nil
}

func wait(ctx context.Context, t time.Duration) bool {
	timer := time.NewTimer(t)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// round is the work on one set of interfaces.
type round struct {
	d       *Discovery
	links   []link
	caches  []*cache
	sockets []net.PacketConn
	packets chan packet
	sweep   *sweep // nil: none
	wsd     *wsd
	swept   chan struct{} // what those two found changed
	born    time.Time     // nothing is lost before it has had time to answer here
	quick   time.Time     // until then browses follow quickly

	begun    time.Time // of the running browse
	step     int       // how many times it has asked
	follow   time.Time // when to ask what is missing; zero: nothing is
	dirty    bool      // something came that may change the list
	measured time.Time // who is heard where
	shown    time.Time // when the list was made last
}

func (r *round) run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	var readers sync.WaitGroup
	defer readers.Wait()
	defer cancel()
	for _, l := range r.links {
		socket, err := open(l)
		if err != nil {
			r.d.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "interface not usable", slog.String(logkey.Addr, l.iface.Name), slog.Any(logkey.Err, err))
			continue
		}
		c := newCache(l.iface.Name, l.prefixes)
		r.caches, r.sockets = append(r.caches, c), append(r.sockets, socket)
		readers.Go(func() { r.read(ctx, socket, c) })
		context.AfterFunc(ctx, func() { _ = socket.Close() })
	}
	defer r.announce(ctx)()
	if r.d.cfg.Cards != nil {
		r.sweep = &sweep{
			links: r.links, cards: r.d.cfg.Cards, ask: newWhois().ask, heard: r.d.announces, told: r.tell,
			again: make(chan struct{}, 1), found: map[domain.MAC]Found{}, asked: map[card]time.Time{},
		}
		readers.Go(func() { r.sweep.run(ctx) })
	}
	r.wsd = &wsd{
		links: r.links, neighbours: r.d.cfg.Neighbours, told: r.tell, logger: r.d.cfg.Logger,
		again: make(chan struct{}, 1), asked: map[string]int{}, found: map[netip.AddrPort]Found{},
	}
	readers.Go(func() { r.wsd.run(ctx) })
	r.loop(ctx)
}

// tell says that the sweep or WS-Discovery found something.
func (r *round) tell() {
	select {
	case r.swept <- struct{}{}:
	default:
	}
}

// announce says the agent's name; what it could not say is in the log.
func (r *round) announce(ctx context.Context) (stop func()) {
	if r.d.cfg.Self == nil {
		return func() {}
	}
	stop, err := announce(r.d.cfg.Self(), r.links)
	if err != nil {
		r.d.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "agent not announced", slog.Any(logkey.Err, err))
		return func() {}
	}
	return stop
}

func (r *round) read(ctx context.Context, socket net.PacketConn, c *cache) {
	buffer := make([]byte, maxPacketIn+1)
	for {
		n, from, err := socket.ReadFrom(buffer)
		if err != nil {
			if ctx.Err() != nil || !wait(ctx, time.Second) {
				return
			}
			continue
		}
		udp, ok := from.(*net.UDPAddr)
		if !ok {
			continue
		}
		select {
		case r.packets <- packet{cache: c, data: append([]byte(nil), buffer[:n]...), source: udp.AddrPort()}:
		case <-ctx.Done():
			return
		default: // more than can be read: the next browse asks again
		}
	}
}

// loop asks and listens until the interfaces change or ctx ends.
func (r *round) loop(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	self, lookAt := r.self(), time.Now().Add(lookEvery)
	for {
		timer.Reset(max(0, time.Until(r.next(lookAt))))
		select {
		case <-ctx.Done():
			return
		case <-r.d.hurry:
			r.quick = time.Now().Add(quickFor)
			if r.sweep != nil {
				r.sweep.hurry()
			}
			r.wsd.hurry()
		case <-r.swept:
			r.dirty = true
		case p := <-r.packets:
			if p.cache.take(p.data, p.source, time.Now()) && r.follow.IsZero() {
				r.follow = time.Now().Add(settle)
			}
			r.dirty = true
			if len(r.packets) > 0 {
				continue
			}
		case <-timer.C:
		}
		now := time.Now()
		r.work(now)
		if r.dirty && now.Sub(r.shown) >= settle {
			r.dirty, r.shown = false, now
			r.publish(ctx, now)
		}
		r.measure(now)
		if !now.Before(lookAt) {
			lookAt = now.Add(lookEvery)
			if !same(r.links, look(r.d.cfg.Interfaces)) || self != r.self() || len(r.sockets) < len(r.links) && now.Sub(r.begun) > quickEvery {
				return
			}
		}
	}
}

func (r *round) self() Self {
	if r.d.cfg.Self == nil {
		return Self{}
	}
	return r.d.cfg.Self()
}

// next is when something is to be done.
func (r *round) next(lookAt time.Time) time.Time {
	at := lookAt
	if r.dirty {
		at = r.shown.Add(settle)
	}
	for _, t := range []time.Time{r.nextAsk(), r.follow} {
		if !t.IsZero() && t.Before(at) {
			at = t
		}
	}
	return at
}

func (r *round) nextAsk() time.Time {
	if r.begun.IsZero() {
		return time.Now()
	}
	if r.step < len(repeats) {
		return r.begun.Add(repeats[r.step])
	}
	return r.begun.Add(r.every())
}

func (r *round) every() time.Duration {
	if time.Now().Before(r.quick) {
		return quickEvery
	}
	return slowEvery
}

// work sends what is due.
func (r *round) work(now time.Time) {
	if r.begun.IsZero() || r.step >= len(repeats) && now.Sub(r.begun) >= r.every() {
		r.begun, r.step, r.dirty = now, 0, true
		for _, c := range r.caches {
			c.round(now, silentFor)
		}
	}
	for r.step < len(repeats) && !now.Before(r.begun.Add(repeats[r.step])) {
		for i, c := range r.caches {
			r.send(i, browse(c.since(r.begun)))
		}
		r.step++
		r.follow = now.Add(settle)
	}
	if r.follow.IsZero() || now.Before(r.follow) {
		return
	}
	r.follow = time.Time{}
	for i, c := range r.caches {
		questions := c.missing(now, time.Second)
		c.asked(questions, now)
		r.send(i, ask(questions))
		if len(questions) > 0 {
			r.follow = now.Add(time.Second + settle)
		}
	}
}

func (r *round) send(i int, packets [][]byte) {
	for _, p := range packets {
		_, _ = r.sockets[i].WriteTo(p, net.UDPAddrFromAddrPort(group)) // lost like any datagram: asked again
	}
}

func (r *round) publish(ctx context.Context, now time.Time) {
	var services []Service
	for _, c := range r.caches {
		services = append(services, c.services(now)...)
	}
	services, agents := apart(services)
	came := r.d.meet(agents)
	list := merge(services, r.d.cfg.Neighbours)
	if r.sweep != nil {
		list = join(list, r.sweep.here(now))
	}
	list = join(list, r.wsd.here(now))
	r.d.publish(ctx, list, func(f Found) bool {
		return r.lost(f, now)
	})
	if came {
		r.d.again()
	}
}

// lost tells whether a device that is not on the list any more is to be called lost: it took its name back, or it has been silent for long.
func (r *round) lost(f Found, now time.Time) bool {
	if f.Seen.After(r.born) {
		return now.Sub(f.Seen) > goodbyeIn
	}
	return now.Sub(r.born) > silentFor
}
