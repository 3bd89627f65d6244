package discovery_test

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"vestibule/agent/discovery"
)

const (
	devices  = 50
	oneRound = 10 * time.Second
)

// rounds is how often the whole proof is run: once in ordinary tests, five times in the soak.
func rounds() int {
	if os.Getenv("VESTIBULE_SOAK") != "" {
		return 5
	}
	return 1
}

// wanted is device n as avahi announces it.
func wanted(n int) discovery.Found {
	text := map[string]string{"mac": fmt.Sprintf("0C1105%06X", n), "model": fmt.Sprintf("R%d", 20+n%10), "fw": fmt.Sprintf("29.30.10.%d", n), "type": "door_phone", "sip": fmt.Sprint(5060 + n), "note": fmt.Sprintf("a = b; n° %d", n)}
	addr := netip.AddrFrom4([4]byte{10, 77, 0, byte(100 + n)})
	return discovery.Found{
		Instance: fmt.Sprintf("Door %d, staircase & <gate>", n), Host: fmt.Sprintf("door%d.local", n), Model: text["model"], Firmware: text["fw"], Kind: text["type"],
		Service: "_intercom._tcp", Addr: netip.AddrPortFrom(addr, uint16(8000+n)), SIP: netip.AddrPortFrom(addr, uint16(5060+n)), TXT: text,
	}
}

// avahi runs avahi-daemon with its own message bus in a network namespace of its own, joined to a bridge that stands in the test's namespace.
func avahi(t *testing.T) {
	t.Helper()
	etc := t.TempDir()
	if err := os.MkdirAll(filepath.Join(etc, "services"), 0o755); err != nil {
		t.Fatal(err)
	}
	hosts := ""
	for n := range devices {
		w := wanted(n)
		hosts += fmt.Sprintf("%s %s\n", w.Addr.Addr(), w.Host)
		escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
		xml := fmt.Sprintf(`<?xml version="1.0" standalone='no'?><!DOCTYPE service-group SYSTEM "avahi-service.dtd"><service-group><name>%s</name><service><type>_intercom._tcp</type><host-name>%s</host-name><port>%d</port>`,
			escape.Replace(w.Instance), w.Host, w.Addr.Port())
		for k, v := range w.TXT {
			xml += "<txt-record>" + escape.Replace(k+"="+v) + "</txt-record>"
		}
		write(t, filepath.Join(etc, "services", fmt.Sprintf("door%d.service", n)), xml+"</service></service-group>")
	}
	write(t, filepath.Join(etc, "hosts"), hosts)
	write(t, filepath.Join(etc, "avahi-daemon.conf"), "[server]\nhost-name=peer\nuse-ipv4=yes\nuse-ipv6=no\nallow-interfaces=eth0\n[wide-area]\nenable-wide-area=no\n[publish]\npublish-workstation=no\npublish-hinfo=no\n")
	if err := syscall.Mount(etc, "/etc/avahi", "", syscall.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount("/etc/avahi", 0) })
	run(t, "ip", "link", "add", "lan0", "type", "bridge", "mcast_snooping", "0")
	t.Cleanup(func() { _ = exec.Command("ip", "link", "del", "lan0").Run() })
	run(t, "ip", "addr", "add", "10.77.0.1/24", "dev", "lan0")
	run(t, "ip", "link", "set", "lan0", "up")
	run(t, "ip", "netns", "add", "peer")
	t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", "peer").Run() })
	run(t, "ip", "link", "add", "vpeer", "type", "veth", "peer", "name", "eth0", "netns", "peer")
	run(t, "ip", "link", "set", "vpeer", "master", "lan0", "up")
	run(t, "ip", "-n", "peer", "addr", "add", "10.77.0.20/24", "dev", "eth0")
	run(t, "ip", "-n", "peer", "link", "set", "eth0", "up")
	run(t, "ip", "-n", "peer", "link", "set", "lo", "up")
	for _, dir := range []string{"/run/dbus", "/run/avahi-daemon"} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	_ = os.Remove("/run/dbus/system_bus_socket")
	daemon(t, "dbus-daemon", "--system", "--nofork", "--nopidfile")
	appears(t, "/run/dbus/system_bus_socket")
	_ = os.Remove("/run/avahi-daemon/pid")
	_ = os.Remove("/run/avahi-daemon/socket")
	daemon(t, "ip", "netns", "exec", "peer", "avahi-daemon", "--no-chroot", "--no-drop-root", "--no-rlimits")
	appears(t, "/run/avahi-daemon/socket")
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func daemon(t *testing.T, name string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out := &strings.Builder{}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		cancel()
		<-ended
		if t.Failed() {
			t.Logf("%s %v:\n%s", name, args, out)
		}
	})
}

func appears(t *testing.T, path string) {
	t.Helper()
	deadline := time.After(15 * time.Second)
	for {
		if _, err := os.Stat(path); err == nil {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("%s did not appear", path)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// shows EDGE-03 by agent/discovery/cache.go: "i.txt, i.txtEnd, i.heard = texts(r.Txt)"
func TestAvahi_FindsEveryOneOfFifty(t *testing.T) {
	avahi(t)
	for round := range rounds() {
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			began := time.Now()
			d := start(t, &rows{bell: make(chan struct{})}, nil, "lan0")
			var list []discovery.Found
			for len(list) < devices {
				if time.Since(began) > oneRound {
					t.Fatalf("%d of %d within one browse", len(list), devices)
				}
				<-time.After(20 * time.Millisecond)
				list = d.List()
			}
			t.Logf("%d of %d after %s", len(list), devices, time.Since(began).Round(time.Millisecond))
			byName := map[string]discovery.Found{}
			for _, f := range list {
				byName[f.Instance] = f
			}
			for n := range devices {
				want := wanted(n)
				got, ok := byName[want.Instance]
				if !ok || got.Host != want.Host || got.Addr != want.Addr || got.SIP != want.SIP || !maps.Equal(got.TXT, want.TXT) || string(got.MAC) != want.TXT["mac"] ||
					got.Model != want.Model || got.Firmware != want.Firmware || got.Kind != want.Kind || got.Service != want.Service || got.Interface != "lan0" {
					t.Fatalf("device %d:\n got %+v\nwant %+v", n, got, want)
				}
			}
			browsed(t)
		})
	}
}

// browsed has avahi-browse find the agent and read its records.
func browsed(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), oneRound)
	defer cancel()
	last := ""
	for ctx.Err() == nil {
		out, err := exec.CommandContext(ctx, "ip", "netns", "exec", "peer", "avahi-browse", "-rpt", "_vestibule-agent._tcp").CombinedOutput()
		if last = string(out); err != nil {
			continue
		}
		for line := range strings.Lines(last) {
			f := strings.Split(strings.TrimSpace(line), ";")
			if len(f) >= 10 && f[0] == "=" && f[2] == "IPv4" {
				if f[3] != "vestibule-000000000007" || f[6] != "vestibule-000000000007.local" || f[7] != "10.77.0.1" || f[8] != "8081" ||
					!strings.Contains(f[9], `"agent=000000000007"`) || !strings.Contains(f[9], `"version=0.1.0"`) {
					t.Fatalf("avahi-browse read %q", line)
				}
				return
			}
		}
	}
	t.Fatalf("avahi-browse did not find the agent: %s", last)
}
