package tunnel_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/yamux"

	"vestibule/agent/tunnel"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

const patience = 20 * time.Second

var (
	device  = domain.DeviceID{1}
	command = domain.CommandID{2}
)

// cloud takes tunnels as the real one does, and gives its end of each.
func cloud(t *testing.T) (server *httptest.Server, ways chan *yamux.Session) {
	t.Helper()
	ways = make(chan *yamux.Session, 16)
	server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != wire.TunnelPath+command.String() || r.Header.Get("Upgrade") != wire.TunnelProtocol {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_ = conn.SetDeadline(time.Time{})
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: "+wire.TunnelProtocol+"\r\n\r\n")
		cfg := yamux.DefaultConfig()
		cfg.LogOutput = io.Discard
		way, err := yamux.Client(conn, cfg)
		if err != nil {
			t.Error(err)
			return
		}
		ways <- way
	}))
	t.Cleanup(server.Close)
	return server, ways
}

func newTunnels(t *testing.T, server *httptest.Server, at netip.AddrPort, change ...func(*tunnel.Config)) *tunnel.Tunnels {
	t.Helper()
	cfg := tunnel.Config{
		Address: func(context.Context, domain.DeviceID) (netip.AddrPort, domain.Reason) { return at, "" },
		Cloud: func(context.Context) (string, *tls.Config, error) {
			roots := x509.NewCertPool()
			roots.AddCert(server.Certificate())
			return strings.TrimPrefix(server.URL, "https://"), &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13}, nil
		},
		Own: func() []netip.Addr {
			return []netip.Addr{netip.MustParseAddr("192.168.7.2"), netip.MustParseAddr("127.0.0.1")}
		},
		Ports: func() []uint16 { return []uint16{8443} }, OneMachine: true, Logger: slog.New(slog.DiscardHandler),
	}
	for _, f := range change {
		f(&cfg)
	}
	tunnels := tunnel.New(cfg)
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan error, 1)
	go func() { over <- tunnels.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-over })
	return tunnels
}

// phone answers with its name, and counts who came.
func phone(t *testing.T, name string) (netip.AddrPort, *httptest.Server) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away" {
			http.Redirect(w, r, r.URL.Query().Get("to"), http.StatusFound)
			return
		}
		_, _ = io.WriteString(w, name)
	}))
	t.Cleanup(s.Close)
	return netip.MustParseAddrPort(strings.TrimPrefix(s.URL, "http://")), s
}

// over is a client whose every connection goes through a tunnel.
func over(way *yamux.Session) *http.Client {
	return &http.Client{Timeout: patience, Transport: &http.Transport{
		DisableKeepAlives: true, DialContext: func(context.Context, string, string) (net.Conn, error) { return way.Open() },
	}}
}

func read(t *testing.T, client *http.Client, at string) (string, error) {
	t.Helper()
	resp, err := client.Get(at)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return string(text), err
}

// shows EDGE-23 by agent/tunnel/tunnel.go: "device, err := (&net.Dialer{Timeout: probeWithin}).DialContext(ctx, \"tcp4\", at.String())" => "device, err := net.Dial(\"tcp4\", \"127.0.0.1:1\"); _ = at"
// shows EDGE-23 by agent/tunnel/tunnel.go: "_, _ = io.Copy(device, stream)"
func TestTunnel_LeadsToTheOneDeviceWhateverIsAskedFor(t *testing.T) {
	server, ways := cloud(t)
	at, _ := phone(t, "gate")
	_, other := phone(t, "other")
	tunnels := newTunnels(t, server, at)
	if result, reason := tunnels.Open(t.Context(), command, device); result != domain.ActDone || reason != "" {
		t.Fatalf("%s %s", result, reason)
	}
	way := <-ways
	for _, address := range []string{"http://gate.invalid/", other.URL, "http://127.0.0.1:1/", "http://gate.invalid/away?to=" + other.URL} {
		if text, err := read(t, over(way), address); err != nil || text != "gate" {
			t.Errorf("%s gives %q %v", address, text, err)
		}
	}
	_ = way.Close() // the cloud ends it
	if _, err := way.Open(); err == nil {
		t.Error("an ended tunnel carries on")
	}
}

// shows EDGE-23 by agent/tunnel/tunnel.go: "return domain.ActRefused, domain.ReasonForbidden"
func TestTunnel_LeadsNowhereItMustNot(t *testing.T) {
	server, ways := cloud(t)
	there, _ := phone(t, "gate")
	for name, c := range map[string]struct {
		at         string
		oneMachine bool
		reason     domain.Reason
	}{
		"loopback":               {"127.0.0.1:80", false, domain.ReasonForbidden},
		"another loopback":       {"127.8.8.8:80", false, domain.ReasonForbidden},
		"loopback of IPv6":       {"[::1]:80", false, domain.ReasonForbidden},
		"mapped loopback":        {"[::ffff:127.0.0.1]:80", false, domain.ReasonForbidden},
		"link-local":             {"169.254.169.254:80", false, domain.ReasonForbidden},
		"everywhere":             {"0.0.0.0:80", false, domain.ReasonForbidden},
		"everybody":              {"255.255.255.255:80", false, domain.ReasonForbidden},
		"a group":                {"224.0.0.251:80", false, domain.ReasonForbidden},
		"the box":                {"192.168.7.2:80", false, domain.ReasonForbidden},
		"the agent's own page":   {"192.168.7.2:8443", false, domain.ReasonForbidden},
		"its page on loopback":   {"127.0.0.1:8443", true, domain.ReasonForbidden},
		"elsewhere than the one": {"192.168.7.20:80", true, domain.ReasonForbidden},
		"nobody there":           {"127.0.0.1:1", true, domain.ReasonUnreachable},
	} {
		tunnels := newTunnels(t, server, netip.MustParseAddrPort(c.at), func(cfg *tunnel.Config) { cfg.OneMachine = c.oneMachine })
		if result, reason := tunnels.Open(t.Context(), command, device); result == domain.ActDone || reason != c.reason {
			t.Errorf("%s: %s %s", name, result, reason)
		}
	}
	blind := newTunnels(t, server, there, func(cfg *tunnel.Config) {
		cfg.Address = func(context.Context, domain.DeviceID) (netip.AddrPort, domain.Reason) {
			return there, domain.ReasonWrongDevice
		}
	})
	if result, reason := blind.Open(t.Context(), command, device); result != domain.ActFailed || reason != domain.ReasonWrongDevice {
		t.Errorf("another device: %s %s", result, reason)
	}
	if result, reason := newTunnels(t, server, there).Open(t.Context(), domain.CommandID{9}, device); result != domain.ActFailed || reason != domain.ReasonNoTunnel {
		t.Errorf("the cloud says no: %s %s", result, reason)
	}
	if len(ways) != 0 {
		t.Errorf("%d tunnels stand", len(ways))
	}
}

func TestTunnel_HasBoundsAndEndsWithTheAgent(t *testing.T) {
	server, ways := cloud(t)
	at, _ := phone(t, "gate")
	tunnels := newTunnels(t, server, at)
	var first *yamux.Session
	for n := range 9 {
		result, reason := tunnels.Open(t.Context(), command, device)
		if n < 8 && result != domain.ActDone || n == 8 && reason != domain.ReasonBusy {
			t.Fatalf("tunnel %d: %s %s", n, result, reason)
		}
		if n == 0 {
			first = <-ways
		}
	}
	_ = first.Close()
	late := time.After(patience)
	for {
		if result, _ := tunnels.Open(t.Context(), command, device); result == domain.ActDone {
			return // a place was given back; the clean-up sees that the rest ends with the agent
		}
		select {
		case <-late:
			t.Fatal("the place of an ended tunnel is never free")
		case <-time.After(10 * time.Millisecond):
		}
	}
}
