package sip

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vestibule/shared/domain"
)

// attackFor is how long the attack lasts: a moment in every run, ten minutes in a soak.
func attackFor() time.Duration {
	if soak() {
		return 10 * time.Minute
	}
	return 2 * time.Second
}

// underAttack is how long a call may take to be set up while the machine is flooded: two messages of it may be lost.
const underAttack = 3 * time.Second

// heap is what is in use when everything that nobody needs is gone.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// resident is what the program takes of the machine's memory.
func resident(t *testing.T) uint64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm") // proc(5): in pages, the second number
	if err != nil {
		t.Fatal(err)
	}
	var size, pages uint64
	if _, err := fmt.Sscan(string(text), &size, &pages); err != nil {
		t.Fatal(err)
	}
	return pages * uint64(os.Getpagesize()) //nolint:gosec // a page is no negative number
}

// raced tells whether the race detector is built in: its own memory is many times that.
func raced() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// attack is everything that is sent at one agent while visitors go on calling.
type attack struct {
	t    *testing.T
	h    *house
	list []sample
	quit chan struct{}
	sent atomic.Int64
	wg   sync.WaitGroup
}

// from opens a socket of its own loopback address.
func (a *attack) from(host int) *net.UDPConn {
	a.t.Helper()
	c, err := net.DialUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, byte(host))}, net.UDPAddrFromAddrPort(a.h.server.Addr()))
	if err != nil {
		a.t.Fatal(err)
	}
	return c
}

// send goes on with what make gives until the end of the attack, pausing a little after each.
func (a *attack) send(host int, pause time.Duration, make func(r *rand.Rand, from string) []byte) {
	c := a.from(host)
	a.wg.Go(func() {
		defer c.Close()
		r := rand.New(rand.NewPCG(uint64(host), 1))
		for {
			select {
			case <-a.quit:
				return
			case <-time.After(pause):
			}
			if _, err := c.Write(make(r, c.LocalAddr().String())); err == nil {
				a.sent.Add(1)
			}
		}
	})
}

// mutate damages a message of RFC 4475: cuts it, turns bits, doubles or moves pieces.
func (a *attack) mutate(r *rand.Rand, _ string) []byte {
	b := append([]byte(nil), a.list[r.IntN(len(a.list))].data...)
	for range 1 + r.IntN(4) {
		at := r.IntN(len(b))
		switch r.IntN(4) {
		case 0:
			b = b[:at+1]
		case 1:
			b[at] ^= 1 << r.IntN(8)
		case 2:
			b = append(b[:at:at], append(b[at/2:at:at], b[at:]...)...)
		case 3:
			b = append(b[:at:at], append([]byte{byte(r.IntN(256)), ':', '\r', '\n'}, b[at:]...)...)
		}
	}
	return b
}

// request is a well-formed request of a stranger.
func (a *attack) request(method, user, extra string) func(r *rand.Rand, from string) []byte {
	return func(r *rand.Rand, from string) []byte {
		n := r.Uint64()
		return fmt.Appendf(nil, "%s sip:%s@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKx%d;rport\r\nMax-Forwards: 70\r\nFrom: <sip:%s@h>;tag=%d\r\nTo: <sip:%s@h>\r\nCall-ID: %d\r\nCSeq: 1 %s\r\nContact: <sip:%s@%s>\r\n%sContent-Length: 0\r\n\r\n",
			method, user, a.h.server.Addr(), from, n, user, n, user, n, method, user, from, extra)
	}
}

// connections opens connections, says half of something and stays.
func (a *attack) connections() {
	a.wg.Go(func() {
		var open []net.Conn
		r := rand.New(rand.NewPCG(7, 7))
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 90)}}
		for {
			select {
			case <-a.quit:
				for _, c := range open {
					c.Close()
				}
				return
			case <-time.After(5 * time.Millisecond):
			}
			if c, err := dialer.Dial("tcp4", a.h.server.Addr().String()); err == nil {
				b := a.mutate(r, "")
				_, _ = c.Write(b[:len(b)/2+1])
				a.sent.Add(1)
				if open = append(open, c); len(open) > 100 {
					open[0].Close()
					open = open[1:]
				}
			}
		}
	})
}

// speech throws packets at the ports of the relay.
func (a *attack) speech() {
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 91)})
	if err != nil {
		a.t.Fatal(err)
	}
	a.wg.Go(func() {
		defer c.Close()
		r := rand.New(rand.NewPCG(8, 8))
		for {
			select {
			case <-a.quit:
				return
			case <-time.After(time.Millisecond):
			}
			to := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 21000 + r.IntN(1000)}
			_, _ = c.WriteToUDP(rtp(101, uint16(r.Uint32()), r.Uint32(), 11, 0x8a, 1, 64), to)
		}
	})
}

func (a *attack) start() {
	panel, flat := a.h.door.SIPUser, a.h.mons[0].SIPUser
	for host := range 12 { // damaged messages and strange ones from many addresses
		a.send(10+host, 3*time.Millisecond, a.mutate)
	}
	a.send(30, time.Millisecond, a.request("OPTIONS", "100", "User-Agent: friendly-scanner\r\n"))
	a.send(31, time.Millisecond, a.request("REGISTER", "1001", "User-Agent: friendly-scanner\r\n"))
	a.send(32, time.Millisecond, a.request("INVITE", "00442012345678", "User-Agent: sipcli\r\n"))
	a.send(33, time.Millisecond, a.request("INVITE", panel, ""))
	a.send(34, time.Millisecond, a.request("REGISTER", flat, "Expires: 60\r\nAuthorization: Digest username=\""+flat+"\", realm=\"vestibule\", nonce=\"AAAA\", uri=\"sip:h\", response=\"00\"\r\n"))
	a.send(35, time.Millisecond, func(r *rand.Rand, from string) []byte { // answers that nobody asked for
		return fmt.Appendf(nil, "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%d\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: %d\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n", from, r.Uint64(), r.Uint64())
	})
	a.connections()
	a.speech()
}

// raged tells whether there was an attack beside so many calls, and the agent noticed: on a machine with much else to do that takes longer.
func (a *attack) raged(calls int) bool {
	return a.sent.Load() >= 1000 && calls >= 3 && a.h.mem.notes(noteFlood) > 0 && a.h.mem.notes(noteScanner) > 0
}

// A registered panel that has gone mad floods the agent with calls from its own address.
func (a *attack) madPanel() {
	p := phoneAt(a.t, a.h.server.Addr(), "127.0.0.40:0", a.h.door.SIPUser, "pw-"+a.h.door.SIPUser)
	if res := p.register(600); res.status() != 200 {
		a.t.Fatal(res.start)
	}
	make := a.request("INVITE", a.h.door.SIPUser, "")
	a.wg.Go(func() {
		r := rand.New(rand.NewPCG(9, 9))
		tick := time.NewTicker(6 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-a.quit:
				return
			case <-p.in: // it does not listen to what it is told
			case <-tick.C:
				for range 30 { // at once: it is too much on a machine with much else to do as well
					if _, err := p.conn.WriteToUDPAddrPort(make(r, p.addr().String()), p.agent); err == nil {
						a.sent.Add(1)
					}
				}
			}
		}
	})
}

// Damaged messages, scanners, floods from strangers and from a panel that has gone mad, half-open connections and packets at the relay, all
// at once: visitors' calls are set up throughout, nothing opens that should not, and afterwards the memory is what it was.
func TestAttack_VisitorsGoOnCalling(t *testing.T) {
	h := newHouse(t, 1, domain.DTMFEvents)
	h.cfg = func(c *Config) {
		c.Timers.Idle = time.Second
		c.Limits = Limits{} // those of every agent
	}
	h.start()
	h.doors.done = make(chan Ask, 1<<16)
	door, mon := h.signedIn(h.door), h.signedIn(h.mons[0])
	for _, p := range []*phone{door, mon} {
		if res := p.register(3600); res.status() != 200 { // longer than the attack
			t.Fatal(res.start)
		}
	}
	door.stubborn.Store(true)
	mon.stubborn.Store(true)
	wholeCall(t, h, door, mon, underAttack)
	floor, goroutines := heap(), runtime.NumGoroutine()
	a := &attack{t: t, h: h, list: torture(t), quit: make(chan struct{})}
	a.start()
	a.madPanel()
	calls := 1
	before, most, minute := resident(t), uint64(0), time.Now()
	end := time.Now().Add(attackFor())
	for late := end.Add(time.Minute); time.Now().Before(end) || !a.raged(calls) && time.Now().Before(late); calls++ {
		wholeCall(t, h, door, mon, underAttack)
		door.drain()
		mon.drain()
		<-time.After(50 * time.Millisecond) // visitors do not come faster
		now := resident(t)
		if most = max(most, now); time.Since(minute) > time.Minute {
			minute = time.Now()
			t.Logf("%d MiB resident after %d messages and %d calls", now>>20, a.sent.Load(), calls)
		}
	}
	close(a.quit)
	a.wg.Wait()
	wholeCall(t, h, door, mon, underAttack)
	t.Logf("%d messages of the attack, %d calls beside it", a.sent.Load(), calls)
	t.Logf("%d MiB in use before, %d after; %d MiB resident before, %d at most", floor>>20, heap()>>20, before>>20, most>>20)
	if !a.raged(calls) {
		t.Errorf("only %d messages and %d calls", a.sent.Load(), calls)
	}
	if n := h.doors.count(); n != calls+1 {
		t.Errorf("%d openings in %d calls", n, calls+1)
	}
	// What the test itself has kept is no memory of the agent.
	for _, p := range []*phone{door, mon} {
		p.said.Clear()
		p.drain()
	}
	h.mem.change(func() { h.mem.events = nil })
	h.doors.mu.Lock()
	h.doors.asks = nil
	h.doors.mu.Unlock()
	if peak := heap(); peak > floor+64<<20 {
		t.Errorf("%d MiB in use after the attack, %d before", peak>>20, floor>>20)
	}
	if soak() && !within(2*time.Minute, func() bool {
		<-time.After(time.Second)
		return heap() < floor+8<<20 && runtime.NumGoroutine() < goroutines+20
	}) {
		t.Errorf("%d MiB and %d goroutines long after the attack, %d MiB and %d before", heap()>>20, runtime.NumGoroutine(), floor>>20, goroutines)
	}
	debug.FreeOSMemory() // the system takes unused memory back in its own time
	after := resident(t)
	t.Logf("%d MiB in use and %d MiB resident at the end", heap()>>20, after>>20)
	if soak() && !raced() && after > 64<<20 { // what an agent may take; with the test's own code and what the runtime never gives back
		t.Errorf("%d MiB resident long after the attack, %d before", after>>20, before>>20)
	}
	if n := h.media.InUse(); n != 0 {
		t.Errorf("%d port pairs still open", n)
	}
}
