package announce

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/net/ipv4"
)

const maxPacket = 1400 // below every usual MTU

var group = netip.MustParseAddrPort("224.0.0.251:5353")

// Responder speaks for services on one interface.
type Responder struct {
	conn  *ipv4.PacketConn
	raw   net.PacketConn
	iface *net.Interface

	mu       sync.Mutex
	entries  map[*entry]bool // true = silent
	answered int
	running  bool
}

// Handle is one announced service.
type Handle struct {
	r *Responder
	e *entry
}

// Listen joins the multicast DNS group on the interface of this name. Many programs of one machine can do so at once.
func Listen(name string) (*Responder, error) {
	iface, err := net.InterfaceByName(name)
	if err != nil {
		return nil, fmt.Errorf("interface %s: %w", name, err)
	}
	raw, err := net.ListenPacket("udp4", group.String()) // a multicast address is bound shared
	if err != nil {
		return nil, fmt.Errorf("port 5353: %w", err)
	}
	conn := ipv4.NewPacketConn(raw)
	err = errors.Join(
		conn.JoinGroup(iface, net.UDPAddrFromAddrPort(group)),
		conn.SetMulticastInterface(iface),
		conn.SetMulticastLoopback(true),
		conn.SetMulticastTTL(255),
		conn.SetControlMessage(ipv4.FlagInterface, true),
	)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("multicast on %s: %w", name, err), raw.Close())
	}
	return &Responder{conn: conn, raw: raw, iface: iface, entries: map[*entry]bool{}}, nil
}

// Add takes a service on. Before Run it is announced when Run starts, later at once.
func (r *Responder) Add(s Service) (*Handle, error) {
	e, err := newEntry(s)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for other := range r.entries {
		if other.name == e.name {
			return nil, fmt.Errorf("announce %q: the name is taken", s.Instance)
		}
	}
	r.entries[e] = false
	if r.running {
		r.multicast(e.records(), nil, math.MaxUint32)
	}
	return &Handle{r: r, e: e}, nil
}

// SetSilent makes the service give no sign, like a device without power, or announces it again.
func (h *Handle) SetSilent(silent bool) {
	h.r.mu.Lock()
	defer h.r.mu.Unlock()
	was := h.r.entries[h.e]
	h.r.entries[h.e] = silent
	if was && !silent && h.r.running {
		h.r.multicast(h.e.records(), nil, math.MaxUint32)
	}
}

// Answered counts the queries that were answered.
func (r *Responder) Answered() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.answered
}

// Close frees the socket of a responder that was never run.
func (r *Responder) Close() { _ = r.raw.Close() }

// Run announces every service twice, a second apart, answers until ctx ends and then says goodbye.
func (r *Responder) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(r.receive)
	r.mu.Lock()
	r.running = true
	r.mu.Unlock()
	r.everything(math.MaxUint32)
	second := time.NewTimer(time.Second)
	defer second.Stop()
	select {
	case <-second.C:
		r.everything(math.MaxUint32)
		<-ctx.Done()
	case <-ctx.Done():
	}
	r.everything(0)
	r.mu.Lock()
	r.running = false
	r.mu.Unlock()
	_ = r.raw.Close()
	wg.Wait()
	return ctx.Err()
}

// everything sends all records of the services that are not silent; a limit of 0 is the goodbye.
func (r *Responder) everything(limit uint32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []dns.RR
	for e, silent := range r.entries {
		if !silent {
			all = append(all, e.records()...)
		}
	}
	r.multicast(all, nil, limit)
}

func (r *Responder) receive() {
	buf := make([]byte, 9000)
	for {
		n, cm, from, err := r.conn.ReadFrom(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil || cm != nil && cm.IfIndex != r.iface.Index {
			continue // another interface's copy: the socket is bound to all
		}
		var m dns.Msg
		if m.Unpack(buf[:n]) != nil || m.Response || m.Opcode != dns.OpcodeQuery {
			continue
		}
		if a, ok := from.(*net.UDPAddr); ok {
			r.answer(&m, a)
		}
	}
}

// answer replies to a query: to the group, or by unicast to an asker that does not speak multicast DNS itself
// (RFC 6762 section 6.7).
func (r *Responder) answer(m *dns.Msg, from *net.UDPAddr) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var live []*entry
	for e, silent := range r.entries {
		if !silent {
			live = append(live, e)
		}
	}
	var answer, extra []dns.RR
	for _, q := range m.Question {
		a, x := answers(q, live)
		answer, extra = append(answer, a...), append(extra, x...)
	}
	answer = unknown(distinct(answer, nil), m.Answer)
	if len(answer) == 0 {
		return
	}
	r.answered++
	extra = distinct(extra, answer)
	if from.Port == int(group.Port()) {
		r.multicast(answer, extra, math.MaxUint32)
		return
	}
	r.send(split(m, dressed(answer, 10, false), dressed(extra, 10, false)), from)
}

func (r *Responder) multicast(answer, extra []dns.RR, limit uint32) {
	if len(answer) == 0 {
		return
	}
	to := net.UDPAddrFromAddrPort(group)
	r.send(split(nil, dressed(answer, limit, true), dressed(extra, limit, true)), to)
}

func (r *Responder) send(list []*dns.Msg, to *net.UDPAddr) {
	cm := &ipv4.ControlMessage{IfIndex: r.iface.Index}
	for _, m := range list {
		b, err := m.Pack()
		if err != nil {
			continue
		}
		_, _ = r.conn.WriteTo(b, cm, to)
	}
}

// split deals records over as many packets as they need. A query to repeat in each may be given.
func split(query *dns.Msg, answer, extra []dns.RR) []*dns.Msg {
	var out []*dns.Msg
	fresh := func() *dns.Msg {
		m := &dns.Msg{Compress: true}
		m.Response, m.Authoritative = true, true
		if query != nil {
			m.Id, m.Question = query.Id, query.Question
		}
		out = append(out, m)
		return m
	}
	m := fresh()
	size := 12
	add := func(rr dns.RR, section func(*dns.Msg) *[]dns.RR) {
		if n := dns.Len(rr); size+n > maxPacket && size > 12 {
			m, size = fresh(), 12
		}
		size += dns.Len(rr)
		s := section(m)
		*s = append(*s, rr)
	}
	for _, rr := range answer {
		add(rr, func(m *dns.Msg) *[]dns.RR { return &m.Answer })
	}
	for _, rr := range extra {
		section := func(m *dns.Msg) *[]dns.RR { return &m.Extra }
		if len(m.Answer) == 0 { // a packet of its own: records come as answers, some readers look nowhere else
			section = func(m *dns.Msg) *[]dns.RR { return &m.Answer }
		}
		add(rr, section)
	}
	return out
}
