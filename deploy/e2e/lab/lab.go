package lab

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Addresses of a lab: the LAN is 10.77.0.0/24, the WAN 10.78.0.0/24 with the cloud (the test program) on .1 and the agent on .2.
const (
	CloudIP   = "10.78.0.1"
	AgentWAN  = "10.78.0.2"
	AgentLAN  = "10.77.0.1"
	agentHost = "agent"
)

// Lab is one building with its agent's host.
type Lab struct {
	t     testing.TB
	name  string
	Agent *Host
	next  int
}

// Host is one network namespace on a LAN.
type Host struct {
	lab *Lab
	lan string // namespace of its LAN's bridge
	ns  string
	IP  string
	MAC string
}

// New makes the bridge, the agent's host and the wire to the cloud. One lab at a time in a program.
func New(t testing.TB) *Lab {
	t.Helper()
	l := &Lab{t: t, name: "lan", next: 10}
	l.bridge("lan")
	l.Agent = l.host("lan", agentHost, AgentLAN)
	l.must("ip", "netns", "add", "wan")
	t.Cleanup(func() { l.try("ip", "netns", "del", "wan") })
	l.must("ip", "-n", "wan", "link", "add", "br1", "type", "bridge", "mcast_snooping", "0")
	l.must("ip", "-n", "wan", "link", "set", "br1", "up")
	l.wire("1", "wan0", CloudIP, "")
	l.wire("2", "wan0", AgentWAN, agentHost)
	t.Cleanup(func() { l.try("ip", "link", "del", "wan0") })
	return l
}

// wire joins a namespace (empty: the test's own) to the WAN's bridge.
func (l *Lab) wire(port, dev, ip, ns string) {
	l.must("ip", "-n", "wan", "link", "add", "p"+port, "type", "veth", "peer", "name", "q"+port)
	if ns == "" {
		l.must("ip", "-n", "wan", "link", "set", "q"+port, "netns", strconv.Itoa(os.Getpid()))
	} else {
		l.must("ip", "-n", "wan", "link", "set", "q"+port, "netns", ns)
	}
	l.must("ip", "-n", "wan", "link", "set", "p"+port, "master", "br1", "up")
	in := l.in(ns)
	l.must("ip", append(in, "link", "set", "q"+port, "name", dev)...)
	l.must("ip", append(in, "addr", "add", ip+"/24", "dev", dev)...)
	l.must("ip", append(in, "link", "set", dev, "up")...)
}

func (l *Lab) in(ns string) []string {
	if ns == "" {
		return nil
	}
	return []string{"-n", ns}
}

// Host adds a host to the LAN with the next free address.
func (l *Lab) Host(name string) *Host {
	l.next++
	return l.host("lan", name, fmt.Sprintf("10.77.0.%d", l.next))
}

// bridge makes a LAN.
func (l *Lab) bridge(lan string) {
	l.t.Helper()
	l.must("ip", "netns", "add", lan)
	l.t.Cleanup(func() { l.try("ip", "netns", "del", lan) })
	l.must("ip", "-n", lan, "link", "add", "br0", "type", "bridge", "mcast_snooping", "0")
	l.must("ip", "-n", lan, "link", "set", "br0", "up")
}

func (l *Lab) host(lan, name, ip string) *Host {
	l.t.Helper()
	l.must("ip", "netns", "add", name)
	l.t.Cleanup(func() { l.try("ip", "netns", "del", name) })
	l.must("ip", "-n", lan, "link", "add", "v"+name, "type", "veth", "peer", "name", "eth0", "netns", name)
	l.must("ip", "-n", lan, "link", "set", "v"+name, "master", "br0", "up")
	l.must("ip", "-n", name, "link", "set", "lo", "up")
	l.must("ip", "-n", name, "addr", "add", ip+"/24", "brd", "+", "dev", "eth0")
	l.must("ip", "-n", name, "link", "set", "eth0", "up")
	return &Host{lab: l, lan: lan, ns: name, IP: ip}
}

// SetMAC gives the host's card an address of twelve digits, such as 0C1105000001.
func (h *Host) SetMAC(mac string) {
	h.lab.t.Helper()
	text := ""
	for i := 0; i+1 < len(mac); i += 2 {
		if i > 0 {
			text += ":"
		}
		text += mac[i : i+2]
	}
	h.lab.must("ip", "-n", h.ns, "link", "set", "eth0", "down")
	h.lab.must("ip", "-n", h.ns, "link", "set", "eth0", "address", text)
	h.lab.must("ip", "-n", h.ns, "link", "set", "eth0", "up")
	h.MAC = mac
}

// Take makes the host an impostor: it speaks from another host's address, with its own card.
func (h *Host) Take(ip string) {
	h.lab.t.Helper()
	h.lab.must("ip", "-n", h.ns, "addr", "flush", "dev", "eth0", "scope", "global")
	h.lab.must("ip", "-n", h.ns, "addr", "add", ip+"/24", "brd", "+", "dev", "eth0")
	h.IP = ip
}

// Unplug takes the host's cable out; Plug puts it back. Neither resets a connection.
func (h *Host) Unplug() { h.lab.must("ip", "-n", h.lan, "link", "set", "v"+h.ns, "nomaster") }

// Plug puts the cable back.
func (h *Host) Plug() { h.lab.must("ip", "-n", h.lan, "link", "set", "v"+h.ns, "master", "br0") }

// CutWAN makes the wire to the cloud dead both ways without a reset.
func (l *Lab) CutWAN() { l.must("ip", "-n", "wan", "link", "set", "p2", "nomaster") }

// RestoreWAN joins it again.
func (l *Lab) RestoreWAN() { l.must("ip", "-n", "wan", "link", "set", "p2", "master", "br1") }

// Command prepares a program on the host. It dies with the test program and with ctx.
func (h *Host) Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "ip", append([]string{"netns", "exec", h.ns, name}, args...)...) //nolint:gosec // test's own words
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 2 * time.Second
	return cmd
}

// Listens tells whether a program on the host has the port, of udp or tcp, open.
func (h *Host) Listens(network string, port int) bool {
	out, err := exec.Command("ip", "netns", "exec", h.ns, "cat", "/proc/net/"+network).Output() //nolint:gosec // test's own words
	return err == nil && strings.Contains(string(out), fmt.Sprintf(":%04X 00000000:0000", port))
}

func (l *Lab) must(name string, args ...string) {
	l.t.Helper()
	if err := run(name, args...); err != nil {
		l.t.Fatal(err)
	}
}

func (l *Lab) try(name string, args ...string) { _ = run(name, args...) }
