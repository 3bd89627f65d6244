package discovery

import (
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// Bounds of what strangers can make the agent remember.
const (
	maxInstances = 4096
	maxHosts     = 4096
	maxAddrs     = 4
	maxTexts     = 32
	maxTextBytes = 1024
	maxTTL       = 75 * time.Minute
	goodbyeIn    = time.Second      // RFC 6762 section 10.1
	refresh      = 75 * time.Second // what ends before the next browse is asked for again in time
)

// instance is one announced service, as far as its records have come.
type instance struct {
	name    string    // full name as the library prints it
	typ     int       // index in types
	pointer time.Time // end of the PTR
	srv     *dns.SRV
	srvEnd  time.Time
	txt     map[string]string // nil: not come yet
	txtEnd  time.Time
	heard   time.Time // last record about it
	asked   time.Time
	asks    int
}

// host is one host name with its addresses.
type host struct {
	addrs map[netip.Addr]time.Time // end of each
	heard time.Time
	asked time.Time
	asks  int
}

// cache holds the records of one interface. It is a pure state: packets and times go in, questions and services come out.
type cache struct {
	iface     string
	prefixes  []netip.Prefix
	loopback  bool
	instances map[string]*instance // by lower-case full name
	hosts     map[string]*host
	targets   map[string]bool // hosts that services point at, by lower-case name
	curious   bool            // the last packet named something that is not known in full
	dropped   int             // records over a bound or off the link
}

func newCache(iface string, prefixes []netip.Prefix) *cache {
	loopback := slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Addr().IsLoopback() })
	return &cache{iface: iface, prefixes: prefixes, loopback: loopback, instances: map[string]*instance{}, hosts: map[string]*host{}, targets: map[string]bool{}}
}

// onLink tells whether an address belongs to the interface; anything else in an answer is a mistake or an attack.
func (c *cache) onLink(a netip.Addr) bool {
	return slices.ContainsFunc(c.prefixes, func(p netip.Prefix) bool { return p.Contains(a) })
}

// take reads one packet that came from source. It tells whether something is to be asked now.
func (c *cache) take(packet []byte, source netip.AddrPort, now time.Time) (curious bool) {
	// RFC 6762 sections 6 and 11. What is heard on loopback comes from this machine, with the address of whatever card it has.
	if source.Port() != mdnsPort || !c.loopback && !c.onLink(source.Addr().Unmap()) {
		c.dropped++
		return false
	}
	c.curious = false
	var msg dns.Msg
	if len(packet) > maxPacketIn || msg.Unpack(packet) != nil || !msg.Response {
		return false
	}
	records := slices.Concat(msg.Answer, msg.Ns, msg.Extra)
	for _, rr := range records { // pointers first: the others are only kept for what is pointed at
		if ptr, ok := rr.(*dns.PTR); ok {
			c.takePointer(ptr, now)
		}
	}
	for _, rr := range records {
		switch r := rr.(type) {
		case *dns.SRV:
			c.takeService(r, now)
		case *dns.TXT:
			c.takeText(r, now)
		}
	}
	for _, rr := range records {
		if a, ok := rr.(*dns.A); ok {
			c.takeAddress(a, now)
		}
	}
	return c.curious
}

func ends(h *dns.RR_Header, now time.Time) time.Time {
	if h.Ttl == 0 {
		return now.Add(goodbyeIn)
	}
	return now.Add(min(maxTTL, time.Duration(h.Ttl)*time.Second))
}

func (c *cache) takePointer(r *dns.PTR, now time.Time) {
	name := strings.ToLower(r.Hdr.Name)
	typ := slices.IndexFunc(types, func(t serviceType) bool { return name == t.name+".local." })
	key := strings.ToLower(r.Ptr)
	if typ < 0 || !strings.HasSuffix(key, "."+name) {
		return
	}
	i := c.instances[key]
	if i == nil {
		if r.Hdr.Ttl == 0 {
			return
		}
		if len(c.instances) >= maxInstances {
			c.dropped++
			return
		}
		i = &instance{name: r.Ptr, typ: typ}
		c.instances[key] = i
		c.curious = true
	}
	i.pointer, i.heard = ends(&r.Hdr, now), now
}

func (c *cache) takeService(r *dns.SRV, now time.Time) {
	if i := c.instances[strings.ToLower(r.Hdr.Name)]; i != nil {
		i.srv, i.srvEnd, i.heard = r, ends(&r.Hdr, now), now
		if len(c.targets) < maxHosts {
			c.targets[strings.ToLower(r.Target)] = true
		}
		c.curious = c.curious || c.hosts[strings.ToLower(r.Target)] == nil
	}
}

func (c *cache) takeText(r *dns.TXT, now time.Time) {
	if i := c.instances[strings.ToLower(r.Hdr.Name)]; i != nil {
		i.txt, i.txtEnd, i.heard = texts(r.Txt), ends(&r.Hdr, now), now
	}
}

func (c *cache) takeAddress(r *dns.A, now time.Time) {
	key := strings.ToLower(r.Hdr.Name)
	addr, ok := netip.AddrFromSlice(r.A.To4())
	if !ok || !c.onLink(addr) || !c.targets[key] {
		c.dropped++
		return
	}
	h := c.hosts[key]
	if h == nil {
		if len(c.hosts) >= maxHosts {
			c.dropped++
			return
		}
		h = &host{addrs: map[netip.Addr]time.Time{}}
		c.hosts[key] = h
	}
	if r.Hdr.Class&flush != 0 { // RFC 6762 section 10.2: older addresses end a second later
		for a, end := range h.addrs {
			if a != addr && now.Sub(h.heard) > time.Second {
				h.addrs[a] = earlier(end, now.Add(goodbyeIn))
			}
		}
	}
	if _, have := h.addrs[addr]; have || len(h.addrs) < maxAddrs {
		h.addrs[addr] = ends(&r.Hdr, now)
	}
	h.heard = now
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// missing lists the questions that complete what is known: services and texts of instances, addresses of hosts. Each is asked once in every.
func (c *cache) missing(now time.Time, every time.Duration) []dns.Question {
	var out []dns.Question
	ask := func(name string, kind uint16) {
		out = append(out, dns.Question{Name: name, Qtype: kind, Qclass: dns.ClassINET})
	}
	hosts := map[string]bool{}
	soon := now.Add(refresh)
	for _, key := range slices.Sorted(maps.Keys(c.instances)) {
		i := c.instances[key]
		if !i.pointer.After(now) {
			continue
		}
		patient := now.Sub(i.asked) >= every && i.asks < maxAsks
		if patient && (i.srv == nil || i.srvEnd.Before(soon)) {
			ask(i.name, dns.TypeSRV)
		}
		if patient && (i.txt == nil || i.txtEnd.Before(soon)) {
			ask(i.name, dns.TypeTXT)
		}
		if i.srv == nil {
			continue
		}
		target := strings.ToLower(i.srv.Target)
		h := c.hosts[target]
		if !hosts[target] && (h == nil || len(h.live(soon)) == 0 && now.Sub(h.asked) >= every && h.asks < maxAsks) {
			hosts[target] = true
			ask(i.srv.Target, dns.TypeA)
		}
	}
	return out
}

// asked notes that questions went out.
func (c *cache) asked(questions []dns.Question, now time.Time) {
	for _, q := range questions {
		key := strings.ToLower(q.Name)
		switch q.Qtype {
		case dns.TypeSRV, dns.TypeTXT:
			if i := c.instances[key]; i != nil && !i.asked.Equal(now) {
				i.asked = now
				i.asks++
			}
		case dns.TypeA:
			h := c.hosts[key]
			if h == nil {
				if len(c.hosts) >= maxHosts {
					continue
				}
				h = &host{addrs: map[netip.Addr]time.Time{}}
				c.hosts[key] = h
			}
			h.asked = now
			h.asks++
		}
	}
}

// live lists the addresses that have not ended, in rising order.
func (h *host) live(now time.Time) []netip.Addr {
	var out []netip.Addr
	for a, end := range h.addrs {
		if end.After(now) {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, netip.Addr.Compare)
	return out
}

// last lists the live addresses; when a host that still answers has let them all end, the one that ended last.
func (h *host) last(now time.Time) []netip.Addr {
	if live := h.live(now); len(live) > 0 {
		return live
	}
	var newest netip.Addr
	for a, end := range h.addrs {
		if !newest.IsValid() || end.After(h.addrs[newest]) {
			newest = a
		}
	}
	if !newest.IsValid() {
		return nil
	}
	return []netip.Addr{newest}
}

// round begins a browse: what did not come last time may be asked for again, what ended or was silent since is forgotten.
func (c *cache) round(now time.Time, silent time.Duration) {
	for key, i := range c.instances {
		i.asks = 0
		if !i.pointer.After(now) || now.Sub(i.heard) > silent {
			delete(c.instances, key)
		}
	}
	clear(c.targets)
	for _, i := range c.instances {
		if i.srv != nil {
			c.targets[strings.ToLower(i.srv.Target)] = true
		}
	}
	for key, h := range c.hosts {
		h.asks = 0
		if !c.targets[key] {
			delete(c.hosts, key)
		}
	}
}

// since lists the pointers heard at or after a time: known answers for the next question (RFC 6762 section 7.1).
func (c *cache) since(t time.Time) []dns.RR {
	var out []dns.RR
	for _, key := range slices.Sorted(maps.Keys(c.instances)) {
		if i := c.instances[key]; !i.heard.Before(t) {
			hdr := dns.RR_Header{Name: types[i.typ].name + ".local.", Rrtype: dns.TypePTR, Class: dns.ClassINET, Ttl: uint32(maxTTL / time.Second)}
			out = append(out, &dns.PTR{Hdr: hdr, Ptr: i.name})
		}
	}
	return out
}

// services lists what is complete and has not ended.
func (c *cache) services(now time.Time) []Service {
	var out []Service
	for _, i := range c.instances {
		if i.srv == nil || i.txt == nil || !i.pointer.After(now) {
			continue
		}
		h := c.hosts[strings.ToLower(i.srv.Target)]
		if h == nil {
			continue
		}
		addrs := h.last(now)
		if len(addrs) == 0 {
			continue
		}
		t := types[i.typ].name
		out = append(out, Service{
			Instance: label(i.name[:max(0, len(i.name)-len("."+t+".local."))]), Type: t, Host: clean(strings.TrimSuffix(i.srv.Target, ".")),
			Port: i.srv.Port, Addrs: addrs, TXT: i.txt, Interface: c.iface, Seen: i.heard,
		})
	}
	return out
}
