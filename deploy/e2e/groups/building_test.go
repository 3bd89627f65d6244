package groups

import (
	"context"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"vestibule/cloud/reach"
	"vestibule/shared/domain"
	"vestibule/shared/sim/announce"
)

// Ways in which a device is there.
const (
	announced = iota // says its MAC by multicast
	nameless         // announces itself without its MAC
	asked            // says nothing, and answers who it is
	mute             // answers nothing but the kernel's question for its card
	unplugged        // is not there
	ways
)

// thing is a device of a building.
type thing struct {
	reach.Device
	lan, way int
	host     byte
}

// building is a random site: what is cabled, and what somebody wrote down without looking.
type building struct {
	seed   uint64
	prefix []int   // of each LAN: two may have equal addresses when no agent stands in both
	agents [][]int // the LANs of each agent
	things []thing
	groups []domain.NetworkGroup
	boxes  []*box
}

func (b *building) agent(n int) domain.AgentID {
	return domain.AgentID{0: 0x21, 10: byte(b.seed >> 8), 11: byte(b.seed), 15: byte(n + 1)}
}

func newBuilding(seed uint64) *building {
	r := rand.New(rand.NewPCG(77, seed))
	b := &building{seed: seed}
	lans := 1 + r.IntN(4)
	for range 1 + r.IntN(4) {
		b.agents = append(b.agents, r.Perm(lans)[:1+r.IntN(min(2, lans))])
	}
	for l := range lans {
		p := l
		if l > 0 && r.IntN(3) == 0 && !b.both(l, l-1) && b.prefix[l-1] == l-1 {
			p = l - 1
		}
		b.prefix = append(b.prefix, p)
	}
	groups := 1 + r.IntN(4)
	for g := range groups {
		group := domain.NetworkGroup{ID: domain.GroupID{15: byte(g + 1)}, Name: fmt.Sprintf("Network %d", g+1)}
		for _, a := range r.Perm(len(b.agents))[:r.IntN(len(b.agents)+1)] {
			group.Agents = append(group.Agents, b.agent(a))
		}
		b.groups = append(b.groups, group)
	}
	for n := range 3 + r.IntN(8) {
		b.things = append(b.things, thing{
			Device: reach.Device{ID: domain.DeviceID{15: byte(n + 1)}, Name: fmt.Sprintf("Device %d", n+1), MAC: domain.MAC(fmt.Sprintf("0C1105%02X%04X", 0xE7, int(seed%1000)*16+n)), Group: b.groups[r.IntN(groups)].ID},
			lan:    r.IntN(lans), way: r.IntN(ways), host: byte(20 + n),
		})
	}
	return b
}

// both tells whether an agent stands in two LANs.
func (b *building) both(one, other int) bool {
	return slices.ContainsFunc(b.agents, func(at []int) bool { return slices.Contains(at, one) && slices.Contains(at, other) })
}

func (b *building) in(lan int) []domain.AgentID {
	var out []domain.AgentID
	for a, at := range b.agents {
		if slices.Contains(at, lan) {
			out = append(out, b.agent(a))
		}
	}
	return out
}

func (b *building) address(lan int, host byte) netip.Addr {
	return netip.AddrFrom4([4]byte{10, 61, byte(b.prefix[lan]), host})
}

func (b *building) name(kind string, n int) string { return fmt.Sprintf("g%d%s%d", b.seed, kind, n) }

// build cables the building and starts what is in it; ring is called for every word of an agent.
func (b *building) build(t *testing.T, ring func()) {
	t.Helper()
	for l := range b.prefix {
		bridge := b.name("l", l)
		ip(t, "", "link", "add", bridge, "type", "bridge", "mcast_snooping", "0")
		t.Cleanup(func() { _ = exec.Command("ip", "link", "del", bridge).Run() }) //nolint:gosec // the test's own name
		ip(t, "", "link", "set", bridge, "up")
	}
	known := make([]string, len(b.things))
	for n, d := range b.things {
		known[n] = string(d.MAC)
		if d.way != unplugged {
			b.plug(t, b.name("d", n), d)
		}
	}
	for a, at := range b.agents {
		ns, links := b.name("a", a), []string{}
		namespace(t, ns)
		for _, l := range at {
			links = append(links, fmt.Sprintf("eth%d", l))
			b.cable(t, ns, links[len(links)-1], b.name("l", l), b.name("c", 10*a+l), "", b.address(l, byte(a+1)))
		}
		box := &box{id: b.agent(a)}
		b.boxes = append(b.boxes, box)
		box.start(t, ns, links, known, ring)
	}
}

func namespace(t *testing.T, ns string) {
	t.Helper()
	ip(t, "", "netns", "add", ns)
	t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", ns).Run() }) //nolint:gosec // the test's own name
	ip(t, ns, "link", "set", "lo", "up")
}

// cable joins a namespace to a bridge; mac may be empty.
func (b *building) cable(t *testing.T, ns, card, bridge, wire, mac string, at netip.Addr) {
	t.Helper()
	ip(t, "", "link", "add", wire, "type", "veth", "peer", "name", card, "netns", ns)
	ip(t, "", "link", "set", wire, "master", bridge, "up")
	if mac != "" {
		ip(t, ns, "link", "set", card, "address", mac)
	}
	ip(t, ns, "addr", "add", at.String()+"/26", "brd", "+", "dev", card)
	ip(t, ns, "link", "set", card, "up")
}

// plug puts a device into its LAN.
func (b *building) plug(t *testing.T, ns string, d thing) {
	t.Helper()
	namespace(t, ns)
	at := b.address(d.lan, d.host)
	b.cable(t, ns, "eth0", b.name("l", d.lan), b.name("w", int(d.host)), d.MAC.Colons(), at)
	switch d.way {
	case announced:
		speak(t, ns, announce.Service{Instance: d.Name, Type: "_intercom._tcp", Host: "sim-" + ns, Addr: netip.AddrPortFrom(at, 80), Text: map[string]string{"mac": string(d.MAC)}})
	case nameless:
		speak(t, ns, announce.Service{Instance: d.Name, Type: "_http._tcp", Host: "sim-" + ns, Addr: netip.AddrPortFrom(at, 80), Text: map[string]string{"model": "R29"}})
	case asked:
		var on net.Listener
		inside(t, ns, func() (err error) { on, err = net.Listen("tcp4", at.String()+":80"); return err })
		server := &http.Server{ReadHeaderTimeout: time.Second, ErrorLog: log.New(io.Discard, "", 0), Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprintf(w, `{"retcode":0,"data":{"Status":{"Model":"R29","MAC":%q,"FirmwareVersion":"29.30.10.205"}}}`, d.MAC)
		})}
		go func() { _ = server.Serve(on) }()
		t.Cleanup(func() { _ = server.Close() })
	}
}

// speak announces a device from its own namespace.
func speak(t *testing.T, ns string, s announce.Service) {
	t.Helper()
	var r *announce.Responder
	inside(t, ns, func() (err error) { r, err = announce.Listen("eth0"); return err })
	if _, err := r.Add(s); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = r.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
}

// inside opens a socket inside a namespace: it stays where it was made.
func inside(t *testing.T, ns string, open func() error) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	own, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = own.Close() }()
	there, err := os.Open("/run/netns/" + ns) //nolint:gosec // the test's own name
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = there.Close() }()
	if err := unix.Setns(int(there.Fd()), unix.CLONE_NEWNET); err != nil {
		t.Fatal(err)
	}
	failed := open()
	if err := unix.Setns(int(own.Fd()), unix.CLONE_NEWNET); err != nil {
		panic(err) // the thread stands in a wrong namespace
	}
	if failed != nil {
		t.Fatal(failed)
	}
}

func ip(t *testing.T, ns string, args ...string) {
	t.Helper()
	if ns != "" {
		args = append([]string{"-n", ns}, args...)
	}
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil { //nolint:gosec // the test's own words
		t.Fatalf("ip %s: %v: %s", strings.Join(args, " "), err, out)
	}
}
