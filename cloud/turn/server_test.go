package turn

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"testing"
	"time"

	client "github.com/pion/turn/v5"

	"vestibule/shared/domain"
	"vestibule/shared/secret"
	"vestibule/shared/wire"
)

const patience = 20 * time.Second

// start runs a relay on loopback whose clock is now.
func start(t *testing.T, now func() time.Time, allowed ...netip.Prefix) *Server {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := netip.MustParseAddrPort(conn.LocalAddr().String())
	r, err := New(Config{
		Conn: conn, Public: at, Bind: "127.0.0.1", First: 40000, Last: 44999, Allowed: allowed, Secret: secret.New("0123456789abcdef"),
		Now: now, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() { _ = r.Run(ctx) })
	t.Cleanup(func() { cancel(); work.Wait() })
	return r
}

// allocate asks for a relayed port with a login.
func allocate(t *testing.T, r *Server, login wire.TurnLogin) (net.PacketConn, error) {
	t.Helper()
	local, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.NewClient(&client.ClientConfig{
		TURNServerAddr: r.cfg.Public.String(), Conn: local, Username: login.User, Password: login.Password, Realm: Realm, LoggerFactory: quiet{},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); _ = local.Close() })
	if err := c.Listen(); err != nil {
		t.Fatal(err)
	}
	relayed, err := c.Allocate()
	if err == nil {
		t.Cleanup(func() { _ = relayed.Close() })
	}
	return relayed, err
}

func login(t *testing.T, r *Server) wire.TurnLogin {
	t.Helper()
	l, err := r.Login(domain.AgentID{9})
	if err != nil || len(l.URLs) != 1 {
		t.Fatalf("%+v %v", l, err)
	}
	return l
}

// heard waits for a packet; false when none comes within.
func heard(t *testing.T, c net.PacketConn, within time.Duration) bool {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(within)); err != nil {
		t.Fatal(err)
	}
	_, _, err := c.ReadFrom(make([]byte, 1500))
	return err == nil
}

// listen is another service of the relay's host, on a free port from first to last.
func listen(t *testing.T, first, last int) net.PacketConn {
	t.Helper()
	for port := first; port <= last; port++ {
		c, err := net.ListenPacket("udp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			t.Cleanup(func() { _ = c.Close() })
			return c
		}
	}
	t.Fatalf("no port from %d to %d is free", first, last)
	return nil
}

func TestTurn_CarriesBetweenTwoOfItsPorts(t *testing.T) {
	r := start(t, time.Now)
	a, err := allocate(t, r, login(t, r))
	if err != nil {
		t.Fatal(err)
	}
	b, err := allocate(t, r, login(t, r))
	if err != nil {
		t.Fatal(err)
	}
	for _, way := range []struct{ from, to net.PacketConn }{{b, a}, {a, b}, {b, a}} { // the first only opens b's permission
		if _, err := way.from.WriteTo([]byte("speech"), way.to.LocalAddr()); err != nil {
			t.Fatal(err)
		}
	}
	if !heard(t, a, patience) || !heard(t, b, patience) {
		t.Error("not carried")
	}
}

func TestTurn_LoginsEnd(t *testing.T) {
	var mu sync.Mutex
	now := time.Now()
	r := start(t, func() time.Time { mu.Lock(); defer mu.Unlock(); return now })
	good := login(t, r)
	for name, l := range map[string]wire.TurnLogin{
		"another password": {User: good.User, Password: "x"}, "a longer life": {User: "9" + good.User, Password: good.Password},
		"nobody": {User: "1", Password: good.Password}, "another agent": {User: good.User + "0", Password: good.Password},
	} {
		if _, err := allocate(t, r, l); err == nil {
			t.Errorf("%s was let in", name)
		}
	}
	if _, err := allocate(t, r, good); err != nil {
		t.Errorf("a good login: %v", err)
	}
	mu.Lock()
	now = now.Add(LoginLives + 2*time.Second)
	mu.Unlock()
	if _, err := allocate(t, r, good); err == nil {
		t.Error("a login outlived its end")
	}
}

// A relay that sent to the networks it can see would be a way into them.
func TestTurn_IsNoWayInside(t *testing.T) {
	r := start(t, time.Now)
	a, err := allocate(t, r, login(t, r))
	if err != nil {
		t.Fatal(err)
	}
	for _, ports := range [][2]int{{30000, 31999}, {40000, 44999}} { // beside the relayed range and inside it
		service := listen(t, ports[0], ports[1])
		_, _ = a.WriteTo([]byte("hello"), service.LocalAddr())
		if heard(t, service, 300*time.Millisecond) {
			t.Errorf("another service of the host was reached: %s", service.LocalAddr())
		}
	}
	for _, text := range []string{
		"10.0.0.1", "172.16.9.9", "192.168.1.1", "127.0.0.2", "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255", "0.0.0.0",
		"::1", "fe80::1", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::1",
	} {
		if r.permits(net.ParseIP(text)) {
			t.Errorf("%s may be relayed to", text)
		}
	}
	for _, text := range []string{"198.51.100.7", "203.0.113.1", "2a00:1450::1"} {
		if !r.permits(net.ParseIP(text)) {
			t.Errorf("%s may not be relayed to", text)
		}
	}
	open := start(t, time.Now, netip.MustParsePrefix("10.78.0.0/24"))
	if !open.permits(net.ParseIP("10.78.0.2")) || open.permits(net.ParseIP("10.79.0.2")) {
		t.Error("what the operator named is not what counts")
	}
}
