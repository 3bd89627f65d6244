package autop

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"vestibule/agent/crowd"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
)

// group is where devices ask for their provisioning server when they start (SIP PnP).
var group = &net.UDPAddr{IP: net.IPv4(224, 0, 1, 75), Port: 5060}

// Bounds of an exchange.
const (
	maxPnP     = 4 << 10
	pnpTries   = 3
	pnpWait    = 700 * time.Millisecond
	pnpAtOnce  = 32
	pnpAgainIn = 2 * time.Second // for one source
)

// listenPnP answers devices that ask on the configured interfaces until ctx ends.
func (s *Server) listenPnP(ctx context.Context) error {
	var all sync.WaitGroup
	defer all.Wait()
	var failed error
	for _, name := range s.cfg.Interfaces {
		nic, err := net.InterfaceByName(name)
		if err == nil {
			var conn *net.UDPConn
			if conn, err = net.ListenMulticastUDP("udp4", nic, group); err == nil {
				all.Go(func() { s.hearPnP(ctx, conn) })
				continue
			}
		}
		failed = errors.Join(failed, err)
		s.cfg.Logger.WarnContext(ctx, "no SIP PnP", slog.String(logkey.Addr, name), slog.Any(logkey.Err, err))
	}
	<-ctx.Done()
	return failed
}

func (s *Server) hearPnP(ctx context.Context, conn *net.UDPConn) {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	slots := make(chan struct{}, pnpAtOnce)
	last := map[netip.Addr]time.Time{}
	buf := make([]byte, maxPnP)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		now := time.Now()
		source := from.Addr().Unmap()
		if now.Sub(last[source]) < pnpAgainIn {
			continue
		}
		if len(last) >= crowd.MostSources {
			clear(last)
		}
		last[source] = now
		ask, ok := readPnP(string(buf[:n]))
		if !ok {
			continue
		}
		select {
		case slots <- struct{}{}:
			go func() {
				defer func() { <-slots }()
				if s.knows(ctx, source, ask) { // somebody else's phone gets no answer, not even a refusal
					s.answerPnP(ctx, netip.AddrPortFrom(source, from.Port()), ask)
				}
			}()
		default:
		}
	}
}

// knows tells whether the asker is a device of the document that this agent acts for, by its card, and says the same of itself.
func (s *Server) knows(ctx context.Context, source netip.Addr, ask pnpAsk) bool {
	mac, ok := s.card(ctx, source)
	if !ok || ask.mac != "" && ask.mac != mac {
		return false
	}
	view := s.cfg.View()
	dev, found := view.DeviceByMAC(mac)
	return found && view.Serves(s.cfg.Agent, dev)
}

// card gives the card of a source. Nobody has answered a device that has just started: one packet makes the kernel ask who it is.
func (s *Server) card(ctx context.Context, source netip.Addr) (domain.MAC, bool) {
	const looks, discard = 10, 9
	for i := range looks {
		if mac, ok := s.cfg.Neighbours(source); ok {
			return mac, true
		}
		if i == 0 {
			if conn, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(source, discard))); err == nil {
				_, _ = conn.Write([]byte{0})
				_ = conn.Close()
			}
		}
		select {
		case <-ctx.Done():
			return "", false
		case <-time.After(50 * time.Millisecond):
		}
	}
	return "", false
}

// pnpAsk is a SUBSCRIBE as far as it matters.
type pnpAsk struct {
	uri     string
	headers map[string][]string
	mac     domain.MAC // empty: it does not say
	contact uint16     // port of its Contact; 0: none
}

func (a pnpAsk) one(name string) string {
	if v := a.headers[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// compact are the short names of headers (RFC 3261, section 7.3.3).
var compact = map[string]string{"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "o": "event"}

// readPnP reads a SUBSCRIBE for a device's profile; anything else is none.
func readPnP(text string) (pnpAsk, bool) {
	head, _, _ := strings.Cut(text, "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	first := strings.Fields(lines[0])
	if len(first) != 3 || first[0] != "SUBSCRIBE" || first[2] != "SIP/2.0" {
		return pnpAsk{}, false
	}
	ask := pnpAsk{uri: first[1], headers: map[string][]string{}}
	for _, line := range lines[1:] {
		name, value, ok := strings.Cut(line, ":")
		if !ok || strings.ContainsAny(line, "\x00\n\r") {
			return pnpAsk{}, false
		}
		name = strings.ToLower(strings.TrimSpace(name))
		if long := compact[name]; long != "" {
			name = long
		}
		ask.headers[name] = append(ask.headers[name], strings.TrimSpace(value))
	}
	for _, name := range []string{"via", "from", "to", "call-id", "cseq", "event"} {
		if ask.one(name) == "" {
			return pnpAsk{}, false
		}
	}
	if !strings.HasPrefix(strings.ToLower(ask.one("event")), "ua-profile") {
		return pnpAsk{}, false
	}
	ask.mac, ask.contact = macIn(ask.uri, ask.one("from")), portIn(ask.one("contact"))
	return ask, true
}

// macIn finds a MAC in the user of a URI, as in sip:MAC%3A0C1105000001@224.0.1.75.
func macIn(texts ...string) domain.MAC {
	for _, text := range texts {
		_, rest, _ := strings.Cut(text, "sip:")
		user, _, ok := strings.Cut(rest, "@")
		if !ok {
			continue
		}
		user = strings.ReplaceAll(user, "%3A", ":")
		user = strings.ReplaceAll(user, "%3a", ":")
		if len(user) > 4 && strings.EqualFold(user[:4], "mac:") {
			user = user[4:]
		}
		if mac, err := domain.ParseMAC(user); err == nil {
			return mac
		}
	}
	return ""
}

func portIn(contact string) uint16 {
	_, rest, _ := strings.Cut(contact, "sip:")
	if _, host, ok := strings.Cut(rest, "@"); ok {
		rest = host
	}
	rest = rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789.:"))]
	at, err := netip.ParseAddrPort(rest)
	if err != nil {
		return 0
	}
	return at.Port()
}

// answerPnP says 200 and tells the address of the file, until the device has taken it. Both go to where the question came from, whatever it says.
func (s *Server) answerPnP(ctx context.Context, to netip.AddrPort, ask pnpAsk) {
	conn, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(to))
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	local, err := netip.ParseAddrPort(conn.LocalAddr().String())
	if err != nil {
		return
	}
	if _, err := conn.Write([]byte(okFor(ask, local))); err != nil {
		return
	}
	if ask.contact != 0 && ask.contact != to.Port() {
		other, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(to.Addr(), ask.contact)))
		if err != nil {
			return
		}
		defer func() { _ = other.Close() }()
		conn = other
		if local, err = netip.ParseAddrPort(conn.LocalAddr().String()); err != nil {
			return
		}
	}
	notify := notifyFor(ask, local, s.URL(local.Addr()))
	buf := make([]byte, maxPnP)
	for range pnpTries {
		if ctx.Err() != nil {
			return
		}
		if _, err := conn.Write([]byte(notify)); err != nil {
			return
		}
		_ = conn.SetReadDeadline(time.Now().Add(pnpWait))
		if n, err := conn.Read(buf); err == nil && strings.HasPrefix(string(buf[:n]), "SIP/2.0 2") {
			return
		}
	}
}

// URL is where devices that reach the agent at an address fetch their files; it is what DHCP options 66, 43 and 160 hold.
func (s *Server) URL(at netip.Addr) string { return "http://" + s.At(at).String() + "/" }

// At is the address of files for devices that reach the agent at an address.
func (s *Server) At(at netip.Addr) netip.AddrPort {
	addr := s.Addr()
	if !addr.Addr().IsUnspecified() {
		at = addr.Addr()
	}
	return netip.AddrPortFrom(at, addr.Port())
}

const ourTag = ";tag=vestibule"

func okFor(ask pnpAsk, local netip.AddrPort) string {
	var b strings.Builder
	b.WriteString("SIP/2.0 200 OK\r\n")
	for _, via := range ask.headers["via"] {
		fmt.Fprintf(&b, "Via: %s\r\n", via)
	}
	fmt.Fprintf(&b, "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s\r\nContact: <sip:%s>\r\nExpires: 0\r\nContent-Length: 0\r\n\r\n",
		ask.one("from"), tagged(ask.one("to")), ask.one("call-id"), ask.one("cseq"), local)
	return b.String()
}

// notifyFor tells the address in the dialog that the question began: there we are the called side.
func notifyFor(ask pnpAsk, local netip.AddrPort, url string) string {
	target := ask.one("contact")
	if i, j := strings.IndexByte(target, '<'), strings.IndexByte(target, '>'); i >= 0 && j > i {
		target = target[i+1 : j]
	}
	if target == "" {
		target = ask.uri
	}
	return fmt.Sprintf("NOTIFY %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%d\r\nMax-Forwards: 20\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\n"+
		"CSeq: 1 NOTIFY\r\nContact: <sip:%s>\r\nEvent: %s\r\nSubscription-State: terminated;reason=timeout\r\nContent-Type: application/url\r\nContent-Length: %d\r\n\r\n%s",
		target, local, time.Now().UnixNano(), tagged(ask.one("to")), ask.one("from"), ask.one("call-id"), local, ask.one("event"), len(url), url)
}

func tagged(to string) string {
	if strings.Contains(to, ";tag=") {
		return to
	}
	return to + ourTag
}
