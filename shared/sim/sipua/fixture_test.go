package sipua

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"vestibule/shared/sim/digestauth"
	"vestibule/shared/sim/watch"
)

const offer, answer = "v=0\r\no=offer\r\n", "v=0\r\no=answer\r\n"

// desk is a device that notes what it is told; it rings and does nothing more by itself.
type desk struct {
	ua    *UA
	point watch.Point

	mu        sync.Mutex
	calls     []*Call
	described []string
	infos     []string
	silent    bool // does not even ring
}

func (d *desk) Incoming(c *Call) {
	d.mu.Lock()
	d.calls = append(d.calls, c)
	silent := d.silent
	d.mu.Unlock()
	if !silent {
		_ = c.Ring()
	}
	d.point.Notify()
}

func (d *desk) Changed(*Call) { d.point.Notify() }

func (d *desk) Described(_ *Call, b []byte) {
	d.mu.Lock()
	d.described = append(d.described, string(b))
	d.mu.Unlock()
	d.point.Notify()
}

func (d *desk) Offered(*Call, []byte) []byte { return []byte("second answer") }

func (d *desk) Informed(_ *Call, contentType string, body []byte) int {
	d.mu.Lock()
	d.infos = append(d.infos, contentType+" "+string(body))
	d.mu.Unlock()
	d.point.Notify()
	if contentType == "text/odd" {
		return 415
	}
	return 200
}

// call waits for the n-th incoming call, from 1.
func (d *desk) call(t *testing.T, n int) *Call {
	t.Helper()
	var c *Call
	err := d.point.Wait(deadline(t), func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		if len(d.calls) >= n {
			c = d.calls[n-1]
		}
		return c != nil
	})
	if err != nil {
		t.Fatalf("call %d never came: %v", n, err)
	}
	return c
}

func (d *desk) heard(t *testing.T, description string) {
	t.Helper()
	err := d.point.Wait(deadline(t), func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		return len(d.described) > 0 && d.described[len(d.described)-1] == description
	})
	if err != nil {
		t.Fatalf("never described %q: %q", description, d.described)
	}
}

func (d *desk) informed() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.infos...)
}

func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{}
	ua, err := Listen(netip.MustParseAddrPort("127.0.0.1:0"), Options{Handler: d, T1: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	d.ua = ua
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = ua.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return d
}

func (d *desk) dial(t *testing.T, to netip.AddrPort) *Call {
	t.Helper()
	c, err := d.ua.Invite(Target{
		URI:  URI{Scheme: "sip", User: "desk", Host: to.Addr().String(), Port: int(to.Port())},
		User: "door",
	}, []byte(offer))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// pipe is the other end of raw messages: a test writes every byte of them.
type pipe struct {
	t    *testing.T
	conn *net.UDPConn
}

func newPipe(t *testing.T) *pipe {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	must(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return &pipe{t: t, conn: conn}
}

func (p *pipe) addr() netip.AddrPort { return p.conn.LocalAddr().(*net.UDPAddr).AddrPort() }

func (p *pipe) send(s string, to netip.AddrPort) {
	p.t.Helper()
	_, err := p.conn.WriteToUDPAddrPort([]byte(s), to)
	must(p.t, err)
}

// next reads messages until one pleases.
func (p *pipe) next(want func(*Message) bool) *Message {
	p.t.Helper()
	must(p.t, p.conn.SetReadDeadline(time.Now().Add(10*time.Second)))
	buf := make([]byte, 65535)
	for {
		n, _, err := p.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			p.t.Fatalf("awaited message never came: %v", err)
		}
		m, err := Parse(buf[:n])
		must(p.t, err)
		if want(m) {
			return m
		}
	}
}

func status(n int) func(*Message) bool { return func(m *Message) bool { return m.Status == n } }

func method(s string) func(*Message) bool { return func(m *Message) bool { return m.Method == s } }

// reply answers a request by hand, with a tag and a contact.
func (p *pipe) reply(req *Message, to netip.AddrPort, code, extra string) {
	p.t.Helper()
	s := "SIP/2.0 " + code + "\r\n"
	for _, name := range []string{"Via", "From", "To", "Call-ID", "CSeq"} {
		for _, v := range req.Lines(name) {
			if a, _ := ParseAddress(v); name == "To" && a.Tag() == "" && code[:3] != "100" {
				v += ";tag=byhand"
			}
			s += name + ": " + v + "\r\n"
		}
	}
	p.send(s+extra+"\r\n", to)
}

// registrar is a tiny registrar on raw messages; it demands digest.
func (p *pipe) registrar(algorithm, user, password string, bindings chan<- *Message) {
	guard := digestauth.NewGuard("site", algorithm)
	buf := make([]byte, 65535)
	for {
		n, from, err := p.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		m, err := Parse(buf[:n])
		if err != nil || m.Method != "REGISTER" {
			continue
		}
		verdict := guard.Check(m.Get("Authorization"), digestauth.Request{Method: "REGISTER", URI: m.URI},
			func(u string) (string, bool) { return password, u == user })
		switch {
		case verdict != digestauth.Granted:
			p.reply(m, from, "401 Unauthorized", "WWW-Authenticate: Digest realm=\"x\", nonce=\"n\", algorithm=SHA-512\r\n"+
				"WWW-Authenticate: "+guard.Challenge(false)+"\r\n")
		case m.Get("Expires") == "60":
			p.reply(m, from, "423 Interval Too Brief", "Min-Expires: 90\r\n")
		default:
			p.reply(m, from, "200 OK", "Contact: "+m.Get("Contact")+";expires="+m.Get("Expires")+"\r\n")
			bindings <- m
		}
	}
}
