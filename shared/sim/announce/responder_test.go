package announce

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/net/ipv4"
)

func running(t *testing.T, list ...Service) (*Responder, []*Handle, func()) {
	t.Helper()
	r, err := Listen("lo")
	if err != nil {
		t.Fatal(err)
	}
	var handles []*Handle
	for _, s := range list {
		h, err := r.Add(s)
		if err != nil {
			t.Fatal(err)
		}
		handles = append(handles, h)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = r.Run(ctx) }()
	stop := func() { cancel(); <-done }
	t.Cleanup(stop)
	return r, handles, stop
}

// unique keeps tests of several programs at once apart: the group is one for the whole machine.
func unique(t *testing.T) Service {
	t.Helper()
	kind := "_" + strings.ToLower(rand.Text()[:12]) + "._tcp"
	return Service{
		Instance: "Front. door (0) é", Type: kind, Host: "sim-" + kind[1:13],
		Addr: netip.MustParseAddrPort("127.0.0.1:8080"), Text: map[string]string{"mac": "0C1105000001", "model": `R29\x`},
	}
}

// ask sends a query by hand from a port of its own and reads until want is content.
func ask(t *testing.T, name string, kind uint16, known []dns.RR, want func([]dns.RR) bool) []dns.RR {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	iface, err := net.InterfaceByName("lo")
	if err != nil {
		t.Fatal(err)
	}
	if err := ipv4.NewPacketConn(conn).SetMulticastInterface(iface); err != nil {
		t.Fatal(err)
	}
	q := new(dns.Msg)
	q.SetQuestion(name, kind)
	q.Answer = known
	b, err := q.Pack()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.WriteToUDPAddrPort(b, group); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	var got []dns.RR
	buf := make([]byte, 9000)
	for !want(got) {
		n, _, err := conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			t.Fatalf("%s %s: %v after %v", name, dns.TypeToString[kind], err, got)
		}
		var m dns.Msg
		if err := m.Unpack(buf[:n]); err != nil || m.Id != q.Id || n > maxPacket+100 {
			t.Fatalf("%v %v, %d bytes", err, m.Id, n)
		}
		got = append(got, append(m.Answer, m.Extra...)...)
	}
	return got
}

func has[T dns.RR](list []dns.RR) bool {
	return slices.ContainsFunc(list, func(rr dns.RR) bool { _, ok := rr.(T); return ok })
}

func TestResponder_AnswersRawQueriesOnLoopback(t *testing.T) {
	s := unique(t)
	running(t, s)
	full := func(l []dns.RR) bool {
		return has[*dns.PTR](l) && has[*dns.SRV](l) && has[*dns.TXT](l) && has[*dns.A](l)
	}
	got := ask(t, s.Type+".local.", dns.TypePTR, nil, full)
	var instance, host string
	for _, rr := range got {
		switch rr := rr.(type) {
		case *dns.PTR:
			instance = rr.Ptr
		case *dns.SRV:
			host = rr.Target
			if rr.Port != 8080 || rr.Hdr.Ttl > 10 || rr.Hdr.Class != dns.ClassINET {
				t.Errorf("srv %v", rr)
			}
		case *dns.TXT:
			if !slices.Equal(rr.Txt, []string{"mac=0C1105000001", `model=R29\\x`}) {
				t.Errorf("txt %q", rr.Txt)
			}
		case *dns.A:
			if !rr.A.Equal(net.IPv4(127, 0, 0, 1)) {
				t.Errorf("a %v", rr)
			}
		}
	}
	labels := dns.SplitDomainName(instance)
	if len(labels) != 4 || !strings.HasPrefix(labels[0], `Front\.\ door\ \(0\)`) {
		t.Fatalf("instance %q", instance)
	}
	ask(t, strings.ToUpper(instance), dns.TypeSRV, nil, func(l []dns.RR) bool { return has[*dns.SRV](l) && has[*dns.A](l) })
	ask(t, instance, dns.TypeTXT, nil, has[*dns.TXT])
	ask(t, instance, dns.TypeANY, nil, func(l []dns.RR) bool { return has[*dns.SRV](l) && has[*dns.TXT](l) })
	ask(t, host, dns.TypeA, nil, has[*dns.A])
	ask(t, services, dns.TypePTR, nil, func(l []dns.RR) bool {
		return slices.ContainsFunc(l, func(rr dns.RR) bool { p, ok := rr.(*dns.PTR); return ok && p.Ptr == s.Type+".local." })
	})
}

func TestResponder_ManyDevicesInPacketsThatFit(t *testing.T) {
	var list []Service
	base := unique(t)
	for i := range 50 {
		s := base
		s.Instance = fmt.Sprintf("Monitor %d", i)
		s.Host = fmt.Sprintf("%s-%d", base.Host, i)
		list = append(list, s)
	}
	running(t, list...)
	ask(t, base.Type+".local.", dns.TypePTR, nil, func(l []dns.RR) bool {
		n := map[string]int{}
		for _, rr := range l {
			n[dns.TypeToString[rr.Header().Rrtype]]++
		}
		return n["PTR"] == 50 && n["SRV"] == 50 && n["TXT"] == 50 && n["A"] == 50
	})
}

func TestResponder_KeepsSilentAboutWhatIsKnownOrDead(t *testing.T) {
	s := unique(t)
	other := s
	other.Instance, other.Host = "Second", s.Host+"-2"
	r, handles, _ := running(t, s, other)
	ask(t, s.Type+".local.", dns.TypePTR, []dns.RR{handles[0].e.ptr}, func(l []dns.RR) bool {
		for _, rr := range l {
			if p, ok := rr.(*dns.PTR); ok {
				if strings.HasPrefix(p.Ptr, "Front") {
					t.Errorf("known answer repeated: %v", p)
				}
				return true
			}
		}
		return false
	})
	handles[0].SetSilent(true)
	got := ask(t, s.Type+".local.", dns.TypePTR, nil, has[*dns.PTR])
	for _, rr := range got {
		if p, ok := rr.(*dns.PTR); ok && strings.HasPrefix(p.Ptr, "Front") {
			t.Errorf("a dead device answered: %v", p)
		}
	}
	if r.Answered() < 2 {
		t.Fatalf("answered %d", r.Answered())
	}
}

// listen joins the group as a second program of the machine does.
func listen(t *testing.T) *Responder {
	t.Helper()
	r, err := Listen("lo")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

func TestResponder_AnnouncesAndSaysGoodbye(t *testing.T) {
	ear := listen(t)
	s := unique(t)
	next := func(ttl uint32) {
		t.Helper()
		buf := make([]byte, 9000)
		if err := ear.raw.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		for {
			n, _, _, err := ear.conn.ReadFrom(buf)
			if err != nil {
				t.Fatalf("ttl %d never heard: %v", ttl, err)
			}
			var m dns.Msg
			if m.Unpack(buf[:n]) != nil {
				continue
			}
			for _, rr := range m.Answer {
				if srv, ok := rr.(*dns.SRV); ok && strings.Contains(srv.Hdr.Name, s.Type) && srv.Hdr.Ttl == ttl {
					if srv.Hdr.Class != dns.ClassINET|1<<15 {
						t.Fatalf("no cache flush: %v", srv)
					}
					return
				}
			}
		}
	}
	_, _, stop := running(t, s)
	next(hostTTL)
	next(hostTTL)
	stop()
	next(0)
}

func TestAdd_RefusesWhatCannotBeAnnounced(t *testing.T) {
	r := listen(t)
	good := unique(t)
	if _, err := r.Add(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Service){
		"twice":       func(*Service) {},
		"long name":   func(s *Service) { s.Instance = strings.Repeat("x", 64) },
		"no host":     func(s *Service) { s.Host = "" },
		"ipv6":        func(s *Service) { s.Addr = netip.MustParseAddrPort("[::1]:1") },
		"endless txt": func(s *Service) { s.Instance = "b"; s.Text = map[string]string{"a": strings.Repeat("x", 300)} },
	} {
		s := good
		change(&s)
		if _, err := r.Add(s); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := Listen("no-such-interface"); err == nil {
		t.Error("an interface that does not exist was taken")
	}
}
