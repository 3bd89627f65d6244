package discovery

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"vestibule/shared/domain"
)

var (
	lan    = []netip.Prefix{netip.MustParsePrefix("10.77.0.0/24")}
	source = netip.MustParseAddrPort("10.77.0.20:5353")
	t0     = time.Unix(1_800_000_000, 0)
)

func head(name string, kind uint16, ttl uint32) dns.RR_Header {
	return dns.RR_Header{Name: name, Rrtype: kind, Class: dns.ClassINET, Ttl: ttl}
}

func pointer(n int, ttl uint32) dns.RR {
	return &dns.PTR{Hdr: head("_intercom._tcp.local.", dns.TypePTR, ttl), Ptr: name(n)}
}

func name(n int) string { return fmt.Sprintf(`Door\032%d\.a._intercom._tcp.local.`, n) }

func srv(n int, port uint16) dns.RR {
	return &dns.SRV{Hdr: head(name(n), dns.TypeSRV, 120), Port: port, Target: fmt.Sprintf("Door%d.local.", n)}
}

func txt(n int, text ...string) dns.RR {
	return &dns.TXT{Hdr: head(name(n), dns.TypeTXT, 4500), Txt: text}
}

func address(n int, addr string, class uint16) dns.RR {
	h := head(fmt.Sprintf("door%d.LOCAL.", n), dns.TypeA, 120)
	h.Class |= class
	return &dns.A{Hdr: h, A: netip.MustParseAddr(addr).AsSlice()}
}

func pack(t testing.TB, records ...dns.RR) []byte {
	m := &dns.Msg{Answer: records, Compress: true}
	m.Response = true
	raw, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func full(n int, mac string) []dns.RR {
	return []dns.RR{pointer(n, 4500), srv(n, 80), txt(n, "mac="+mac, "MODEL=R29", "fw=29.30.10.205", "sip=5062"), address(n, fmt.Sprintf("10.77.0.%d", 100+n), flush)}
}

func TestCache_FollowsEveryPointerWithQuestions(t *testing.T) {
	c := newCache("eth0", lan)
	if !c.take(pack(t, pointer(1, 4500), pointer(2, 4500)), source, t0) {
		t.Fatal("not curious about pointers without the rest")
	}
	q := c.missing(t0, time.Second)
	if len(q) != 4 {
		t.Fatalf("%v", q)
	}
	c.asked(q, t0)
	if q := c.missing(t0.Add(500*time.Millisecond), time.Second); len(q) != 0 {
		t.Fatalf("asked again at once: %v", q)
	}
	if q := c.missing(t0.Add(time.Second), time.Second); len(q) != 4 {
		t.Fatalf("not asked again: %v", q)
	}
	c.take(pack(t, srv(1, 80), txt(1, "mac=0C1105000001")), source, t0)
	q = c.missing(t0, time.Second)
	if len(q) != 1 || q[0].Qtype != dns.TypeA || q[0].Name != "Door1.local." {
		t.Fatalf("%v", q)
	}
	c.take(pack(t, address(1, "10.77.0.101", 0)), source, t0)
	s := c.services(t0)
	if len(s) != 1 || s[0].Instance != "Door 1.a" || s[0].Addrs[0].String() != "10.77.0.101" || s[0].Port != 80 || s[0].TXT["mac"] != "0C1105000001" {
		t.Fatalf("%+v", s)
	}
	for n := range maxAsks + 3 {
		at := t0.Add(time.Minute + time.Duration(n)*time.Second)
		c.asked(c.missing(at, 0), at)
	}
	if q := c.missing(t0.Add(70*time.Second), 0); len(q) != 0 {
		t.Fatal("asks for ever")
	}
}

func TestCache_RefusesWhatIsNotOfThisLink(t *testing.T) {
	for name, c := range map[string]struct {
		source  string
		records []dns.RR
	}{
		"from elsewhere":        {"192.168.9.9:5353", full(1, "0C1105000001")},
		"from another port":     {"10.77.0.20:5354", full(1, "0C1105000001")},
		"an address elsewhere":  {"10.77.0.20:5353", append(full(1, "0C1105000001")[:3], address(1, "8.8.8.8", 0))},
		"an address of its own": {"10.77.0.20:5353", append(full(1, "0C1105000001")[:3], address(1, "127.0.0.1", 0))},
		"a type nobody wants":   {"10.77.0.20:5353", []dns.RR{&dns.PTR{Hdr: head("_ipp._tcp.local.", dns.TypePTR, 10), Ptr: "x._ipp._tcp.local."}}},
		"a pointer elsewhere":   {"10.77.0.20:5353", []dns.RR{&dns.PTR{Hdr: head("_intercom._tcp.local.", dns.TypePTR, 10), Ptr: "x._http._tcp.local."}}},
	} {
		cache := newCache("eth0", lan)
		cache.take(pack(t, c.records...), netip.MustParseAddrPort(c.source), t0)
		if s := cache.services(t0); len(s) != 0 {
			t.Errorf("%s: %+v", name, s)
		}
	}
	cache := newCache("eth0", lan)
	question, err := (&dns.Msg{Answer: full(1, "0C1105000001")}).Pack()
	if err != nil {
		t.Fatal(err)
	}
	if cache.take(question, source, t0) || len(cache.instances) != 0 {
		t.Error("known answers of a question were taken for answers")
	}
}

func TestCache_GoodbyeMoveSilence(t *testing.T) {
	c := newCache("eth0", lan)
	c.take(pack(t, full(1, "0C1105000001")...), source, t0)
	c.take(pack(t, full(2, "0C1105000002")...), source, t0)
	c.take(pack(t, pointer(1, 0)), source, t0)
	if n := len(c.services(t0.Add(2 * time.Second))); n != 1 {
		t.Fatalf("%d services after a goodbye", n)
	}
	later := t0.Add(10 * time.Second)
	c.take(pack(t, address(2, "10.77.0.200", flush)), source, later)
	s := c.services(later.Add(2 * time.Second))
	if len(s) != 1 || len(s[0].Addrs) != 1 || s[0].Addrs[0].String() != "10.77.0.200" {
		t.Fatalf("moved: %+v", s)
	}
	c.take(pack(t, pointer(2, 4500)), source, later.Add(170*time.Second)) // it speaks, its old address has ended by the clock
	if s := c.services(later.Add(171 * time.Second)); len(s) != 1 || s[0].Addrs[0].String() != "10.77.0.200" {
		t.Fatalf("a device that speaks lost its address: %+v", s)
	}
	if q := c.missing(later.Add(171*time.Second), 0); len(q) != 2 {
		t.Fatalf("what ends is not asked for: %v", q)
	}
	c.round(later.Add(170*time.Second+silentFor+time.Second), silentFor)
	if len(c.instances)+len(c.hosts)+len(c.targets) != 0 {
		t.Fatal("silent devices are kept")
	}
}

// A flood of announcements fills what is kept, and no more.
//
// shows EDGE-03 BEY-16 by agent/discovery/cache.go: "if len(c.instances) >= maxInstances {" => "if false {"
func TestCache_BoundsHold(t *testing.T) {
	c := newCache("eth0", lan)
	for n := range maxInstances + 500 {
		c.take(pack(t, pointer(n, 4500), srv(n, 80)), source, t0)
	}
	if len(c.instances) != maxInstances || len(c.targets) > maxHosts {
		t.Fatalf("%d instances, %d targets", len(c.instances), len(c.targets))
	}
	for n := range 50 {
		c.take(pack(t, address(1, fmt.Sprintf("10.77.0.%d", n+1), 0)), source, t0)
	}
	if n := len(c.hosts["door1.local."].addrs); n != maxAddrs {
		t.Fatalf("%d addresses", n)
	}
	var list []string
	for n := range 200 {
		list = append(list, fmt.Sprintf("key%d=%s", n, strings.Repeat("v", 100)))
	}
	got := texts(append([]string{`mac=0C\0321`, "MAC=second", "=empty", "bad=\\000\\255x"}, list...))
	total := 0
	for k, v := range got {
		total += len(k) + len(v)
	}
	if got["mac"] != "0C 1" || got["bad"] != "x" || total > maxTextBytes || len(got) > maxTexts {
		t.Fatalf("%d bytes in %d keys: %q %q", total, len(got), got["mac"], got["bad"])
	}
}

func TestBrowse_KnownAnswersFillPacketsOfTheirOwn(t *testing.T) {
	c := newCache("eth0", lan)
	for n := range 200 {
		c.take(pack(t, full(n%100, "0C1105000001")[0], pointer(n, 4500)), source, t0)
	}
	packets := browse(c.since(t0))
	known := 0
	for i, raw := range packets {
		var m dns.Msg
		if err := m.Unpack(raw); err != nil || len(raw) > maxPacketOut {
			t.Fatal(err, len(raw))
		}
		if m.Truncated != (i < len(packets)-1) || (len(m.Question) > 0) != (i == 0) {
			t.Fatalf("packet %d: truncated %v, %d questions", i, m.Truncated, len(m.Question))
		}
		known += len(m.Answer)
	}
	if known != 200 || len(packets) < 2 || len(c.since(t0.Add(time.Second))) != 0 {
		t.Fatalf("%d known answers in %d packets", known, len(packets))
	}
	for _, raw := range ask(c.missing(t0, 0)) {
		if len(raw) > maxPacketOut {
			t.Fatal(len(raw))
		}
	}
}

func FuzzTake(f *testing.F) {
	f.Add(pack(f, full(1, "0C1105000001")...))
	f.Add(pack(f, pointer(1, 0), address(1, "10.77.0.5", flush)))
	f.Add([]byte{0, 0, 0x84, 0, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, raw []byte) {
		c := newCache("eth0", lan)
		c.take(pack(t, full(1, "0C1105000001")...), source, t0)
		c.take(raw, source, t0)
		for _, p := range append(browse(c.since(t0)), ask(c.missing(t0, 0))...) {
			if len(p) > maxPacketIn {
				t.Fatal("a packet out of bounds")
			}
		}
		for _, found := range merge(c.services(t0), func(netip.Addr) (domain.MAC, bool) { return "", false }) {
			if len(found.TXT) > maxTexts || strings.ContainsAny(found.Instance+found.Model, "\x00\n\x1b") {
				t.Fatalf("%+v", found)
			}
		}
	})
}

func TestMerge_OneDeviceForOneMAC(t *testing.T) {
	at := func(n byte) []netip.Addr { return []netip.Addr{netip.AddrFrom4([4]byte{10, 77, 0, n})} }
	services := []Service{
		{Instance: "web", Type: "_http._tcp", Port: 8080, Addrs: at(5), TXT: map[string]string{"mac": "0c:11:05:00:00:05", "model": "web"}, Seen: t0.Add(time.Minute)},
		{Instance: "five", Type: "_intercom._tcp", Port: 80, Addrs: at(5), TXT: map[string]string{"mac": "0C1105000005", "fw": "1.2.3.4", "sip": "5062"}, Seen: t0},
		{Instance: "bird", Type: "_axis-video._tcp", Port: 80, Addrs: at(6), TXT: map[string]string{"macaddress": "1CCAE3000006"}, Seen: t0},
		{Instance: "sip", Type: "_sip._udp", Port: 5070, Addrs: at(6), TXT: map[string]string{"mac": "1CCAE3000006"}, Seen: t0},
		{Instance: "by neighbour", Type: "_rtsp._tcp", Port: 554, Addrs: at(7), Seen: t0},
		{Instance: "nobody", Type: "_http._tcp", Port: 80, Addrs: at(8), TXT: map[string]string{"mac": "no"}, Seen: t0},
		{Instance: "nobody 2", Type: "_http._tcp", Port: 81, Addrs: at(8), Seen: t0},
		{Instance: "older claim of five", Type: "_intercom._tcp", Port: 80, Addrs: at(9), TXT: map[string]string{"mac": "0C1105000005"}, Seen: t0.Add(-time.Minute)},
		{Instance: "no address", Type: "_intercom._tcp", Port: 80, TXT: map[string]string{"mac": "0C1105000001"}},
	}
	got := merge(services, func(a netip.Addr) (domain.MAC, bool) { return "0C1105000007", a == at(7)[0] })
	byMAC := map[domain.MAC]Found{}
	for _, f := range got {
		byMAC[f.MAC] = f
	}
	five, six := byMAC["0C1105000005"], byMAC["1CCAE3000006"]
	if len(got) != 5 || five.Addr.String() != "10.77.0.5:80" || five.SIP.String() != "10.77.0.5:5062" || five.Model != "web" || five.Firmware != "1.2.3.4" || !five.Seen.Equal(t0.Add(time.Minute)) {
		t.Fatalf("%d found, five %+v", len(got), five)
	}
	if six.SIP.String() != "10.77.0.6:5070" || six.Addr.String() != "10.77.0.6:80" || byMAC["0C1105000007"].Service != "_rtsp._tcp" {
		t.Fatalf("%+v", byMAC)
	}
}
