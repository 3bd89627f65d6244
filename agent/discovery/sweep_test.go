package discovery_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"vestibule/agent/discovery"
	"vestibule/agent/health"
	"vestibule/agent/neighbour"
	"vestibule/shared/clock"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
)

// silentLAN is a LAN of silent devices: a bridge in the test's namespace, and a namespace for each device.
type silentLAN struct{ t *testing.T }

func newSilentLAN(t *testing.T) silentLAN {
	t.Helper()
	run(t, "ip", "link", "add", "lan0", "type", "bridge", "mcast_snooping", "0")
	t.Cleanup(func() { _ = exec.Command("ip", "link", "del", "lan0").Run() })
	run(t, "ip", "addr", "add", "10.77.0.1/24", "dev", "lan0")
	run(t, "ip", "link", "set", "lan0", "up")
	return silentLAN{t}
}

// device puts a device with a card on 10.77.0.n; handler is its web interface, nil: it has none.
func (l silentLAN) device(n int, mac string, handler, secure http.Handler) {
	l.t.Helper()
	ns, wire := fmt.Sprintf("dev%d", n), fmt.Sprintf("vdev%d", n)
	run(l.t, "ip", "netns", "add", ns)
	l.t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", ns).Run() })
	run(l.t, "ip", "link", "add", wire, "type", "veth", "peer", "name", "eth0", "netns", ns)
	run(l.t, "ip", "link", "set", wire, "master", "lan0", "up")
	card, err := net.ParseMAC(strings.Join([]string{mac[:2], mac[2:4], mac[4:6], mac[6:8], mac[8:10], mac[10:]}, ":"))
	if err != nil {
		l.t.Fatal(err)
	}
	run(l.t, "ip", "-n", ns, "link", "set", "eth0", "address", card.String())
	run(l.t, "ip", "-n", ns, "addr", "add", fmt.Sprintf("10.77.0.%d/24", n), "dev", "eth0")
	run(l.t, "ip", "-n", ns, "link", "set", "eth0", "up")
	if handler != nil {
		l.serve(l.listen(ns, ":80"), handler)
	}
	if secure != nil {
		l.serve(tls.NewListener(l.listen(ns, ":443"), certificate(l.t)), secure)
	}
}

func (l silentLAN) serve(on net.Listener, handler http.Handler) {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = server.Serve(on) }()
	l.t.Cleanup(func() { _ = server.Close() })
}

// certificate is the one that httptest makes: nobody signed it.
func certificate(t *testing.T) *tls.Config {
	t.Helper()
	s := httptest.NewUnstartedServer(nil)
	s.StartTLS()
	defer s.Close()
	return &tls.Config{Certificates: s.TLS.Certificates, MinVersion: tls.VersionTLS12}
}

// listen opens a port inside a namespace: a socket stays where it was made.
func (l silentLAN) listen(ns, at string) net.Listener {
	l.t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	enter := func(path string) {
		f, err := os.Open(path)
		if err == nil {
			err = unix.Setns(int(f.Fd()), unix.CLONE_NEWNET)
			_ = f.Close()
		}
		if err != nil {
			panic(err) // the thread stands in a wrong namespace
		}
	}
	own, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		l.t.Fatal(err)
	}
	defer func() { _ = own.Close() }()
	enter("/run/netns/" + ns)
	on, err := net.Listen("tcp4", at)
	enter(fmt.Sprintf("/proc/self/fd/%d", own.Fd()))
	if err != nil {
		l.t.Fatal(err)
	}
	return on
}

func says(status int, body string, header ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		if r.URL.Path != "/api/system/info" && r.URL.Path != "/api/web/system/info" || r.Header.Get("Authorization") != "" {
			status = http.StatusTeapot
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

func info(mac, model, firmware string) string {
	return fmt.Sprintf(`{"retcode":0,"action":"info","message":"","data":{"Status":{"Model":%q,"MAC":%q,"FirmwareVersion":%q}}}`, model, mac, firmware)
}

// shows EDGE-03 by agent/discovery/sweep.go: "s.found[c.mac] = Found{" => "_ = Found{"
func TestSweep_FindsDevicesThatAnnounceNothing(t *testing.T) {
	lan := newSilentLAN(t)
	lan.device(21, "0C1105000021", says(200, info("0C1105000021", "R29", "29.30.10.205")+"\x00junk"), nil)
	lan.device(22, "0C1105000022", says(401, "", "WWW-Authenticate", `Digest realm="HTTP API", nonce="x"`), nil)
	lan.device(23, "0C1105000023", says(403, ""), nil)
	lan.device(24, "0C1105000024", says(302, "", "Location", "https://10.77.0.24/"), says(200, info("0C:11:05:00:00:24", "S532", "532.30.10.216")))
	lan.device(25, "0C1105000025", says(302, "", "Location", "https://10.77.0.99/"), nil)       // elsewhere: not followed
	lan.device(26, "0C1105000026", says(200, info("0C1105000099", "R29", "29.30.10.205")), nil) // names another MAC
	lan.device(27, "0C1105000027", says(200, "<html>login</html>"), nil)                        // no JSON
	lan.device(31, "7C1EB3000031", says(200, `{"success":true,"result":{"variant":"2N IP Verso","macAddr":"7C-1E-B3-00-00-31","swVersion":"2.50.0.76.2"}}`), nil)
	lan.device(28, "0C1105000028", nil, nil)                                                    // no web interface
	lan.device(29, "020000000029", says(200, info("020000000029", "Laptop", "1")), nil)         // not of a maker
	lan.device(30, "0C1105000030", says(200, `{"data":"`+strings.Repeat("x", 1<<20)+`"}`), nil) // says too much
	want := map[domain.MAC]string{
		"0C1105000021": "R29 29.30.10.205 10.77.0.21:80", "0C1105000022": "  10.77.0.22:80", "0C1105000023": "  10.77.0.23:80",
		"0C1105000024": "S532 532.30.10.216 10.77.0.24:80", "0C1105000025": "  10.77.0.25:80", "0C1105000026": "  10.77.0.26:80",
		"0C1105000027": "  10.77.0.27:80", "0C1105000030": "  10.77.0.30:80", "7C1EB3000031": "2N IP Verso 2.50.0.76.2 10.77.0.31:80",
	}
	rows := &rows{bell: make(chan struct{})}
	d := startWith(t, rows, "lan0")
	rows.within(t, 60*time.Second, "silent devices", func(list []domain.DiscoveryBody) bool { return len(list) >= len(want) })
	for _, f := range d.List() {
		got := fmt.Sprintf("%s %s %s", f.Model, f.Firmware, f.Addr)
		if want[f.MAC] != got {
			t.Errorf("%s: %q, want %q", f.MAC, got, want[f.MAC])
		}
		delete(want, f.MAC)
	}
	if len(want) > 0 {
		t.Errorf("not found: %v", want)
	}
	if at, ok := d.Locate("0C1105000022"); !ok || at != netip.MustParseAddrPort("10.77.0.22:80") {
		t.Errorf("located at %v %v", at, ok)
	}
}

func startWith(t *testing.T, rows *rows, iface string) *discovery.Discovery {
	t.Helper()
	logger := testLogger()
	view := &desired.View{}
	d := discovery.New(discovery.Config{
		Interfaces: []string{iface}, View: func() *desired.View { return view }, Log: rows, Clock: clock.System{}, Logger: logger,
		Conditions: health.New(nil, clock.System{}, logger), Neighbours: neighbour.Table{}.MAC, Cards: neighbour.Table{}.All,
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = d.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	return d
}
