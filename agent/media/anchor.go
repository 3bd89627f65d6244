package media

import (
	"net/netip"
	"sync"

	"github.com/pion/sdp/v3"

	"vestibule/shared/fault"
)

// Anchor is the media of one call that runs over the agent: two port pairs for each media line, one toward the caller and
// one toward whoever answers. Until Answer nothing is forwarded.
type Anchor struct {
	pool  *Pool
	first []byte     // the caller's offer
	from  netip.Addr // where the caller's signalling comes from

	mu      sync.Mutex
	lines   []*line
	locals  map[netip.Addr]bool // addresses that were written into descriptions
	offered *offered            // a changed offer that waits for its answer
	open    bool                // Answer was called
	closed  bool
	onKey   func(key byte) // set before the first stream starts
	wg      sync.WaitGroup
}

// offered is a changed offer under way.
type offered struct {
	byCaller bool
	d        *sdp.SessionDescription
}

// Anchor opens ports for every media line of the caller's offer; from is where its signalling comes from. Invalid: the offer
// cannot be read; Limit: no ports.
func (p *Pool) Anchor(offer []byte, from netip.Addr) (*Anchor, error) {
	d, err := parse(offer)
	if err != nil {
		return nil, err
	}
	a := &Anchor{pool: p, first: offer, from: from, locals: map[netip.Addr]bool{}}
	if err := a.grow(d); err != nil {
		a.Close()
		return nil, err
	}
	return a, nil
}

// grow opens ports for the lines of a description that have none yet. It is called with mu held, or before anybody else knows a.
func (a *Anchor) grow(d *sdp.SessionDescription) error {
	for i, m := range d.MediaDescriptions {
		if i == len(a.lines) {
			a.lines = append(a.lines, &line{types: events(m)})
		}
		l := a.lines[i]
		if l.live || !live(m) {
			continue
		}
		var err error
		if l.caller, err = a.pool.open(); err != nil {
			return err
		}
		if l.callee, err = a.pool.open(); err != nil {
			a.pool.give(l.caller)
			return err
		}
		l.live = true
		l.near.rtp.signals, l.near.rtcp.signals = a.from, a.from
	}
	return nil
}

// Offer is the caller's offer as a leg gets it: local is the agent's address on the way to that leg.
func (a *Anchor) Offer(local netip.Addr) ([]byte, error) {
	d, err := parse(a.first)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.toCallee(d, local)
}

// toCallee rewrites an offer of the caller. It is called with mu held.
func (a *Anchor) toCallee(d *sdp.SessionDescription, local netip.Addr) ([]byte, error) {
	for i, m := range d.MediaDescriptions {
		l := a.lines[i]
		if l.live && m.MediaName.Media == "audio" && len(events(m)) == 0 && !secured(d, m) {
			if pt := addEvents(m); pt != 0 {
				l.added, l.types = true, []uint8{pt}
			}
		}
	}
	return a.write(d, local, func(l *line) int { return l.callee.port })
}

// write points the live lines of a description at our ports.
func (a *Anchor) write(d *sdp.SessionDescription, local netip.Addr, port func(*line) int) ([]byte, error) {
	a.locals[local] = true
	ports := make([]int, len(d.MediaDescriptions))
	for i, m := range d.MediaDescriptions {
		if a.lines[i].live && live(m) {
			ports[i] = port(a.lines[i])
		}
	}
	rewrite(d, local, ports)
	body, err := d.Marshal()
	return body, fault.Wrap(err, fault.Internal, "The session description cannot be written.")
}

// Answer takes the winner's answer (from is where its signalling comes from), gives what the caller is told (local is the
// agent's address on the way to the caller) and starts the relay. onKey hears each press of the callee; it must not block.
// A later answer of the same callee, after one in early media, takes the place of the first.
func (a *Anchor) Answer(answer []byte, from, local netip.Addr, onKey func(key byte)) ([]byte, error) {
	caller, err := parse(a.first)
	if err != nil {
		return nil, err
	}
	d, err := parse(answer)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed || len(d.MediaDescriptions) != len(caller.MediaDescriptions) || len(a.lines) < len(d.MediaDescriptions) {
		return nil, unfit()
	}
	if !a.open {
		a.open, a.onKey = true, onKey
	}
	for _, l := range a.lines {
		l.away.rtp.signals, l.away.rtcp.signals = from, from
	}
	a.settle(caller, d)
	a.hideAdded(d)
	return a.write(d, local, func(l *line) int { return l.caller.port })
}

func unfit() error { return fault.New(fault.Invalid, "The answer does not fit the offer.") }

// hideAdded takes keys out of what the caller is told when only we offered them.
func (a *Anchor) hideAdded(d *sdp.SessionDescription) {
	for i, m := range d.MediaDescriptions {
		if a.lines[i].added {
			dropEvents(m)
		}
	}
}

// settle points both ends of every line at what the two descriptions say and lets the packets run. It is called with mu held.
func (a *Anchor) settle(caller, callee *sdp.SessionDescription) {
	for i, l := range a.lines {
		near, away := caller.MediaDescriptions[i], callee.MediaDescriptions[i]
		if !l.live || !live(near) || !live(away) {
			l.near.announce(netip.AddrPort{}, netip.AddrPort{})
			l.away.announce(netip.AddrPort{}, netip.AddrPort{})
			continue
		}
		l.near.announce(a.endpoint(caller, i))
		l.away.announce(a.endpoint(callee, i))
		if secured(callee, away) {
			l.ears.listen(nil) // what is ciphered is passed on unread
		} else {
			l.ears.listen(append(events(away), l.types...))
		}
		a.run(l)
	}
}

// endpoint is where a side wants its packets. Invariant: never a port of ours, or one packet would run in a circle for ever.
func (a *Anchor) endpoint(d *sdp.SessionDescription, i int) (rtp, rtcp netip.AddrPort) {
	rtp, rtcp = endpoint(d, d.MediaDescriptions[i])
	for _, at := range []netip.AddrPort{rtp, rtcp} {
		if at.IsValid() && (a.locals[at.Addr()] || at.Addr().IsLoopback()) && a.pool.holds(int(at.Port())) {
			return netip.AddrPort{}, netip.AddrPort{}
		}
	}
	return rtp, rtcp
}

// Reoffer takes a changed offer of one side inside the call (hold, another codec, a further media line) and gives what the
// other side is offered; local is the agent's address on the way to that side. Until Reanswer everything runs as before.
func (a *Anchor) Reoffer(byCaller bool, offer []byte, local netip.Addr) ([]byte, error) {
	d, err := parse(offer)
	if err != nil {
		return nil, err
	}
	again, err := parse(offer) // one is rewritten, the other one is kept as it came
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed || !a.open || len(d.MediaDescriptions) < len(a.lines) { // RFC 3264 section 8: lines are never taken out
		return nil, unfit()
	}
	if err := a.grow(d); err != nil {
		return nil, err
	}
	a.offered = &offered{byCaller: byCaller, d: again}
	if byCaller {
		return a.toCallee(d, local)
	}
	a.hideAdded(d)
	return a.write(d, local, func(l *line) int { return l.caller.port })
}

// Reanswer takes the other side's answer to Reoffer and gives what the offering side is told; from here on the packets run the new way.
func (a *Anchor) Reanswer(answer []byte, local netip.Addr) ([]byte, error) {
	d, err := parse(answer)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	was := a.offered
	a.offered = nil
	if a.closed || was == nil || len(d.MediaDescriptions) != len(a.lines) || len(was.d.MediaDescriptions) != len(a.lines) {
		return nil, unfit()
	}
	if was.byCaller {
		a.settle(was.d, d)
		a.hideAdded(d)
		return a.write(d, local, func(l *line) int { return l.caller.port })
	}
	a.settle(d, was.d)
	return a.write(d, local, func(l *line) int { return l.callee.port })
}

// Close ends the relay and gives the ports back; it may be called again.
func (a *Anchor) Close() {
	a.mu.Lock()
	if a.closed {
		a.mu.Unlock()
		return
	}
	a.closed = true
	for _, l := range a.lines {
		if l.live {
			a.pool.give(l.caller)
			a.pool.give(l.callee)
		}
	}
	a.mu.Unlock()
	a.wg.Wait()
}
