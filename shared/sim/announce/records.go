package announce

import (
	"fmt"
	"net/netip"
	"sort"
	"strings"

	"github.com/miekg/dns"
)

// Times to live of RFC 6762 section 10.
const (
	hostTTL  = 120
	otherTTL = 4500
	domain   = "local."
	services = "_services._dns-sd._udp.local."
)

// Service is one thing to be found.
type Service struct {
	Instance string // free text, at most 63 bytes
	Type     string // such as "_intercom._tcp"
	Host     string // one label, unique on the network
	Addr     netip.AddrPort
	Text     map[string]string
}

// entry is a service as records.
type entry struct {
	kind, name, host string // full names
	ptr              *dns.PTR
	own              []dns.RR // SRV, TXT
	address          dns.RR
}

func newEntry(s Service) (*entry, error) {
	if len(s.Instance) == 0 || len(s.Instance) > 63 || len(s.Host) == 0 || len(s.Host) > 63 {
		return nil, fmt.Errorf("announce %q on %q: a label has 1 to 63 bytes", s.Instance, s.Host)
	}
	if !s.Addr.Addr().Is4() {
		return nil, fmt.Errorf("announce %q: address %s is not IPv4", s.Instance, s.Addr)
	}
	e := &entry{kind: s.Type + "." + domain, host: escape(s.Host) + "." + domain}
	e.name = escape(s.Instance) + "." + e.kind
	for _, name := range []string{e.kind, e.host, e.name} {
		if _, ok := dns.IsDomainName(name); !ok {
			return nil, fmt.Errorf("announce %q: %q is no name", s.Instance, name)
		}
	}
	var text []string
	for k, v := range s.Text {
		if len(k)+1+len(v) > 255 {
			return nil, fmt.Errorf("announce %q: text %q is too long", s.Instance, k)
		}
		text = append(text, escapeText(k+"="+v))
	}
	sort.Strings(text)
	if text == nil {
		text = []string{""} // RFC 6763 section 6.1
	}
	head := func(name string, kind uint16, ttl uint32) dns.RR_Header {
		return dns.RR_Header{Name: name, Rrtype: kind, Class: dns.ClassINET, Ttl: ttl}
	}
	e.ptr = &dns.PTR{Hdr: head(e.kind, dns.TypePTR, otherTTL), Ptr: e.name}
	e.own = []dns.RR{
		&dns.SRV{Hdr: head(e.name, dns.TypeSRV, hostTTL), Port: s.Addr.Port(), Target: e.host},
		&dns.TXT{Hdr: head(e.name, dns.TypeTXT, otherTTL), Txt: text},
	}
	e.address = &dns.A{Hdr: head(e.host, dns.TypeA, hostTTL), A: s.Addr.Addr().AsSlice()}
	return e, nil
}

// records are all records of an entry.
func (e *entry) records() []dns.RR {
	return append([]dns.RR{e.ptr}, append(append([]dns.RR{}, e.own...), e.address)...)
}

// escape writes a label the way the library prints it after reading it from the wire, so that names compare.
func escape(label string) string {
	var b strings.Builder
	for i := range len(label) {
		switch c := label[i]; {
		case strings.IndexByte(`. '@;()"\`, c) >= 0:
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, `\%03d`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// escapeText keeps the library from reading a backslash in a text as an escape.
func escapeText(s string) string { return strings.ReplaceAll(s, `\`, `\\`) }

// answers are the records that answer a question, and those a curious asker wants next (RFC 6763 section 12).
func answers(q dns.Question, entries []*entry) (answer, extra []dns.RR) {
	class := q.Qclass &^ (1 << 15) // the top bit asks for a unicast reply
	if class != dns.ClassINET && class != dns.ClassANY {
		return nil, nil
	}
	name := strings.ToLower(q.Name)
	wants := func(kind uint16) bool { return q.Qtype == kind || q.Qtype == dns.TypeANY }
	kinds := map[string]bool{}
	for _, e := range entries {
		if name == services && wants(dns.TypePTR) && !kinds[e.kind] {
			kinds[e.kind] = true
			answer = append(answer, &dns.PTR{
				Ptr: e.kind,
				Hdr: dns.RR_Header{Name: services, Rrtype: dns.TypePTR, Class: dns.ClassINET, Ttl: otherTTL},
			})
		}
		if name == strings.ToLower(e.kind) && wants(dns.TypePTR) {
			answer = append(answer, e.ptr)
			extra = append(extra, e.own...)
			extra = append(extra, e.address)
		}
		if name == strings.ToLower(e.name) {
			for _, rr := range e.own {
				if wants(rr.Header().Rrtype) {
					answer = append(answer, rr)
				}
			}
			if wants(dns.TypeSRV) {
				extra = append(extra, e.address)
			}
		}
		if name == strings.ToLower(e.host) && wants(dns.TypeA) {
			answer = append(answer, e.address)
		}
	}
	return answer, extra
}

// unknown leaves out what the asker already has, RFC 6762 section 7.1.
func unknown(answer, known []dns.RR) []dns.RR {
	var out []dns.RR
	for _, rr := range answer {
		has := false
		for _, k := range known {
			if dns.IsDuplicate(rr, k) && k.Header().Ttl >= rr.Header().Ttl/2 {
				has = true
			}
		}
		if !has {
			out = append(out, rr)
		}
	}
	return out
}

// distinct drops records that stand in a list already, or in except.
func distinct(list, except []dns.RR) []dns.RR {
	seen := map[dns.RR]bool{}
	for _, rr := range except {
		seen[rr] = true
	}
	var out []dns.RR
	for _, rr := range list {
		if !seen[rr] {
			seen[rr] = true
			out = append(out, rr)
		}
	}
	return out
}

// dressed copies records with a TTL limit and, for those that are ours alone, the bit that flushes caches.
func dressed(list []dns.RR, limit uint32, flush bool) []dns.RR {
	out := make([]dns.RR, 0, len(list))
	for _, rr := range list {
		c := dns.Copy(rr)
		h := c.Header()
		h.Ttl = min(h.Ttl, limit)
		if flush && h.Rrtype != dns.TypePTR {
			h.Class |= 1 << 15
		}
		out = append(out, c)
	}
	return out
}
