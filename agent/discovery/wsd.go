package discovery

import (
	"context"
	"crypto/rand"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/logkey"
)

// wsGroup is where WS-Discovery asks (SOAP-over-UDP; ONVIF Core 7.3).
var wsGroup = netip.MustParseAddrPort("239.255.255.250:3702")

// wsService stands for the type of the service at devices that answered WS-Discovery.
const wsService = "ws-discovery"

// Times and bounds of WS-Discovery: what a hostile network can make the agent read and keep.
const (
	wsEvery     = time.Minute
	wsFor       = 3*wsEvery + 20*time.Second
	maxMatches  = 256     // answers to one probe that are read
	maxMatch    = 8 << 10 // one datagram
	maxAddress  = 8       // addresses of one answer that are looked at
	maxWSFound  = 1024
	wsPerPacket = 4 // devices that one datagram may speak for
)

// wsTypes are what is asked for, one probe each: some devices answer to one of them alone.
var wsTypes = []struct{ prefix, space, name string }{
	{"dn", "http://www.onvif.org/ver10/network/wsdl", "NetworkVideoTransmitter"},
	{"tds", "http://www.onvif.org/ver10/device/wsdl", "Device"},
}

// wsd looks for ONVIF devices on one set of interfaces.
type wsd struct {
	links      []link
	neighbours func(netip.Addr) (domain.MAC, bool)
	told       func() // what it found changed
	logger     *slog.Logger
	again      chan struct{}

	mu    sync.Mutex
	asked map[string]int // probes that may be answered still: how many answers each may have
	found map[netip.AddrPort]Found
}

// hurry asks at once.
func (w *wsd) hurry() {
	select {
	case w.again <- struct{}{}:
	default:
	}
}

// here gives the devices that answered not long ago; what has been silent is forgotten.
func (w *wsd) here(now time.Time) []Found {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := make([]Found, 0, len(w.found))
	for at, f := range w.found {
		if now.Sub(f.Seen) > wsFor {
			delete(w.found, at)
			continue
		}
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b Found) int { return a.Addr.Compare(b.Addr) })
	return out
}

// run asks now and then, and reads what comes, until ctx ends.
func (w *wsd) run(ctx context.Context) {
	var readers sync.WaitGroup
	defer readers.Wait()
	var sockets []net.PacketConn
	for _, l := range w.links {
		socket, err := openWS(l)
		if err != nil {
			w.logger.LogAttrs(ctx, slog.LevelWarn, "no WS-Discovery", slog.String(logkey.Addr, l.iface.Name), slog.Any(logkey.Err, err))
			continue
		}
		sockets = append(sockets, socket)
		context.AfterFunc(ctx, func() { _ = socket.Close() })
		readers.Go(func() { w.read(ctx, socket, l) })
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.again:
		case <-timer.C:
		}
		w.probe(sockets)
		timer.Reset(wsEvery)
	}
}

// openWS gives a socket that asks the group on one interface and hears the answers, which come to its own port.
func openWS(l link) (net.PacketConn, error) {
	config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		var err error
		if e := raw.Control(func(fd uintptr) {
			request := &syscall.IPMreqn{Address: l.prefixes[0].Addr().As4(), Ifindex: int32(l.iface.Index)}
			err = errors.Join(
				syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 1<<20),
				syscall.SetsockoptIPMreqn(int(fd), syscall.IPPROTO_IP, syscall.IP_MULTICAST_IF, request),
			)
		}); e != nil {
			return e
		}
		return err
	}}
	return config.ListenPacket(context.Background(), "udp4", netip.AddrPortFrom(l.prefixes[0].Addr(), 0).String())
}

// probe asks who is there. Answers to the probes before it are not taken any more.
func (w *wsd) probe(sockets []net.PacketConn) {
	w.mu.Lock()
	w.asked = map[string]int{}
	w.mu.Unlock()
	for _, socket := range sockets {
		for _, t := range wsTypes {
			id := newUUID()
			w.mu.Lock()
			w.asked[id] = maxMatches
			w.mu.Unlock()
			text := fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:%[2]s="%[3]s">`+
				`<e:Header><w:MessageID>%[1]s</w:MessageID><w:To e:mustUnderstand="true">urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To><w:Action e:mustUnderstand="true">http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action></e:Header>`+
				`<e:Body><d:Probe><d:Types>%[2]s:%[4]s</d:Types></d:Probe></e:Body></e:Envelope>`, id, t.prefix, t.space, t.name)
			_, _ = socket.WriteTo([]byte(text), net.UDPAddrFromAddrPort(wsGroup)) // lost like any datagram: asked again
		}
	}
}

// newUUID makes the name of a message: a random UUID (RFC 9562 section 5.4).
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func (w *wsd) read(ctx context.Context, socket net.PacketConn, l link) {
	buffer := make([]byte, maxMatch+1)
	for {
		n, from, err := socket.ReadFrom(buffer)
		if err != nil {
			if ctx.Err() != nil || !wait(ctx, time.Second) {
				return
			}
			continue
		}
		udp, ok := from.(*net.UDPAddr)
		if !ok || n > maxMatch || !w.expects(buffer[:n]) {
			continue
		}
		w.take(parseMatches(buffer[:n]), udp.AddrPort().Addr().Unmap(), l, time.Now())
	}
}

// expects tells whether a datagram names a probe that waits for answers, before anything of it is parsed: a flood costs a search each.
func (w *wsd) expects(data []byte) bool {
	text := string(data)
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, left := range w.asked {
		if left > 0 && strings.Contains(text, id) {
			w.asked[id] = left - 1
			return true
		}
	}
	return false
}

// match is what a device says of itself.
type match struct {
	Types  string
	Scopes string
	XAddrs string
}

// parseMatches reads an answer; what is none has no devices.
func parseMatches(data []byte) []match {
	var in struct {
		Body struct {
			ProbeMatches struct{ ProbeMatch []match }
		}
	}
	if xml.Unmarshal(data, &in) != nil {
		return nil
	}
	list := in.Body.ProbeMatches.ProbeMatch
	return list[:min(len(list), wsPerPacket)]
}

// take keeps what answered from an address of the link and names that address for its own: nobody speaks for others.
func (w *wsd) take(list []match, from netip.Addr, l link, now time.Time) {
	onLink := slices.ContainsFunc(l.prefixes, func(p netip.Prefix) bool { return p.Contains(from) })
	for _, m := range list {
		at, ok := m.address(from)
		if !ok || !onLink {
			continue
		}
		f := Found{
			Model: m.scope("hardware"), Instance: m.scope("name"), Service: wsService, Addr: at, Interface: l.iface.Name, Seen: now,
		}
		f.MAC, _ = w.neighbours(from)
		w.mu.Lock()
		was, known := w.found[at]
		if known || len(w.found) < maxWSFound {
			w.found[at] = f
		}
		w.mu.Unlock()
		if was.Model != f.Model || was.MAC != f.MAC || !known {
			w.told()
		}
	}
}

// address finds the web address of the device service that is the sender's own.
func (m match) address(from netip.Addr) (netip.AddrPort, bool) {
	list := strings.Fields(m.XAddrs)
	for _, text := range list[:min(len(list), maxAddress)] {
		u, err := url.Parse(text)
		if err != nil || u.Hostname() != from.String() {
			continue
		}
		port := map[string]string{"http": "80", "https": "443"}[u.Scheme]
		if u.Port() != "" && port != "" {
			port = u.Port()
		}
		if at, err := netip.ParseAddrPort(net.JoinHostPort(u.Hostname(), port)); err == nil && at.Port() != 0 {
			return at, true
		}
	}
	return netip.AddrPort{}, false
}

// scope gives what a device says of itself under a name (ONVIF Core 7.3.3.2).
func (m match) scope(name string) string {
	for _, text := range strings.Fields(m.Scopes) {
		if rest, ok := strings.CutPrefix(text, "onvif://www.onvif.org/"+name+"/"); ok {
			value, err := url.PathUnescape(rest)
			if err != nil {
				value = rest
			}
			return clean(value)
		}
	}
	return ""
}
