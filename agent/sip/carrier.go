package sip

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"reflect"
	"strings"
	"sync"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"vestibule/agent/trunk"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
)

// line is the way to the site's carrier: it finds it, registers there when the document says so, and keeps the way open. Calls go over it by
// trunkLeg alone. Invariant: nothing that a device says or sends becomes part of a request to the carrier, but the description of its sound.
type line struct {
	s      *Server
	rules  *trunk.Line
	nudged chan struct{}

	mu    sync.Mutex
	trunk domain.Trunk // in use
	on    bool
	at    netip.AddrPort // of the carrier; the zero value while it is not found
	reg   trunk.Registration
	hello *dialog // REGISTER and OPTIONS go in one dialog of their own
}

// Times of a line.
const (
	lookUp        = 5 * time.Second  // finding the carrier
	answersWithin = 10 * time.Second // waiting for its answer
	keepAlive     = 25 * time.Second // a way through a router closes after 30 (RFC 5626 section 4.4)
)

func newLine(s *Server, rules *trunk.Line) *line {
	return &line{s: s, rules: rules, nudged: make(chan struct{}, 1)}
}

// TrunkChanged says that the document may have another trunk.
func (s *Server) TrunkChanged() {
	if s.line != nil {
		select {
		case s.line.nudged <- struct{}{}:
		default:
		}
	}
}

// run follows the document's trunk until the server ends.
func (k *line) run() {
	alive := time.NewTicker(k.s.cfg.Timers.KeepAlive)
	defer alive.Stop()
	for {
		k.follow()
		due := time.NewTimer(time.Until(k.due()))
		select {
		case <-k.nudged:
		case <-due.C:
			k.ask()
		case <-alive.C:
			k.keepOpen()
		case <-k.s.quit:
			due.Stop()
			return
		}
		due.Stop()
	}
}

// due is when the carrier is to be asked next.
func (k *line) due() time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.on {
		return time.Now().Add(time.Hour)
	}
	return k.reg.Next
}

// follow takes what the document says now. Another trunk is a new beginning; new limits alone change nothing here.
func (k *line) follow() {
	t, on := k.rules.Trunk()
	k.mu.Lock()
	old, was := k.trunk, k.on
	same := was == on && reflect.DeepEqual(reached(old), reached(t))
	k.trunk, k.on = t, on
	again := !reflect.DeepEqual(old, t)
	k.mu.Unlock()
	if same {
		if again {
			k.rules.Again()
		}
		return
	}
	if was && old.Register {
		k.leave(old)
	}
	k.mu.Lock()
	k.move(netip.AddrPort{})
	k.reg, k.hello = trunk.Begin(time.Now()), nil
	k.mu.Unlock()
	k.rules.Begin()
}

// reached is what of a trunk says how the carrier is reached.
func reached(t domain.Trunk) domain.Trunk {
	t.Limits, t.CallerID, t.Revision = domain.TrunkLimits{}, "", 0
	return t
}

// move notes where the carrier is; it may send us as much as a registered device. It is called with mu held.
func (k *line) move(at netip.AddrPort) {
	k.s.gate.registered(k.at, at)
	k.at = at
}

// ask registers, or asks the carrier whether it is there, and notes what came of it.
func (k *line) ask() {
	k.mu.Lock()
	t, reg := k.trunk, k.reg
	k.mu.Unlock()
	at, err := find(t)
	if err != nil {
		k.note(reg.Lost("not found", time.Now(), rand.Float64()))
		k.s.log.Debug("carrier not found", slog.Any(logkey.Err, err))
		return
	}
	k.mu.Lock()
	if k.at != at {
		k.move(at)
		k.hello = nil
	}
	if k.hello == nil {
		k.hello = k.dialog(t, at, "sip:"+t.Host, ownURI(t))
	}
	d := k.hello
	k.mu.Unlock()
	if t.Register {
		k.note(k.register(t, d, reg))
		return
	}
	if res := k.exchange(t, d, sipgo.OPTIONS, nil); res == nil {
		k.note(reg.Lost("no answer", time.Now(), rand.Float64()))
	} else {
		k.note(reg.Reached(time.Now()))
	}
}

func (k *line) register(t domain.Trunk, d *dialog, reg trunk.Registration) trunk.Registration {
	res := k.exchange(t, d, sipgo.REGISTER, registration(d, reg.Ask))
	now := time.Now()
	if res == nil {
		return reg.Lost("no answer", now, rand.Float64())
	}
	given := granted(res, d, reg.Ask)
	retry, _ := seconds(value(res, "retry-after"))
	return reg.Answered(res.StatusCode, clean(res.Reason), given, time.Duration(min(retry, 3600))*time.Second, now, rand.Float64())
}

// registration says what a REGISTER asks for (RFC 3261 section 10.2).
func registration(d *dialog, ask time.Duration) func(req *sipgo.Request) {
	return func(req *sipgo.Request) {
		header(req, "Contact", contact(d.local, d.transport))
		header(req, "Expires", wholeSeconds(ask))
	}
}

// granted reads for how long a registrar took us: from our own Contact, else from Expires; of a 423 the least that it takes.
func granted(res *sipgo.Response, d *dialog, asked time.Duration) time.Duration {
	if res.StatusCode == 423 {
		n, _ := seconds(value(res, "min-expires"))
		return time.Duration(n) * time.Second
	}
	for h := range named(res, "contact") {
		c, ok := h.(*sipgo.ContactHeader)
		if !ok || c.Address.Host != d.local.Addr().String() || c.Address.Port != int(d.local.Port()) {
			continue
		}
		if text, has := c.Params.Get("expires"); has {
			if n, ok := seconds(text); ok {
				return time.Duration(n) * time.Second
			}
		}
	}
	if n, ok := seconds(value(res, "expires")); ok {
		return time.Duration(n) * time.Second
	}
	return asked
}

// clean makes the carrier's words fit for a log and a page.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, text)
	return text[:min(len(text), 64)]
}

// note keeps how it stands, unless the document has another trunk by now.
func (k *line) note(reg trunk.Registration) {
	k.mu.Lock()
	k.reg = reg
	k.mu.Unlock()
	k.rules.Stands(reg.State, reg.Reason)
}

// leave takes a registration back; whether the carrier hears it makes no difference to us.
func (k *line) leave(t domain.Trunk) {
	k.mu.Lock()
	d := k.hello
	k.mu.Unlock()
	if d != nil {
		k.exchange(t, d, sipgo.REGISTER, registration(d, 0))
	}
}

// keepOpen keeps the way back open that the carrier's requests take: a router forgets it (RFC 5626 section 4.4.1).
func (k *line) keepOpen() {
	k.mu.Lock()
	at, udp := k.at, k.on && k.trunk.Transport == domain.TrunkUDP
	k.mu.Unlock()
	if udp && at.IsValid() {
		k.s.write("\r\n\r\n", at)
	}
}

// reach is the trunk and where its carrier is; ok is false while it was not found.
func (k *line) reach() (t domain.Trunk, at netip.AddrPort, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.trunk, k.at, k.on && k.at.IsValid()
}

// is tells whether a message comes from the carrier. Nothing from there begins a call.
func (k *line) is(source netip.AddrPort) bool {
	if k == nil {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.at.IsValid() && source == k.at
}

// dialog makes a dialog to be with the carrier.
func (k *line) dialog(t domain.Trunk, at netip.AddrPort, target, from string) *dialog {
	transport := string(t.Transport)
	uri, _ := parseURI(target)
	return &dialog{
		s: k.s, party: nobody{}, callID: token(16), localTag: token(8), local: k.s.localFor(transport, at.Addr()), dest: at, transport: transport,
		target: uri, ours: nameAddr("", from), theirs: nameAddr("", from),
	}
}

// ownURI is who we are to the carrier.
func ownURI(t domain.Trunk) string {
	if t.User == "" {
		return "sip:" + strings.TrimPrefix(t.CallerID+"@", "@") + t.Host
	}
	return "sip:" + t.User + "@" + t.Host
}

// exchange sends a request of a dialog and gives its final answer, nil when none came. A challenge is answered.
func (k *line) exchange(t domain.Trunk, d *dialog, method sipgo.RequestMethod, more func(*sipgo.Request)) *sipgo.Response {
	var proof *answered
	for range mostProofs {
		req := d.request(method)
		if more != nil {
			more(req)
		}
		proof.write(req)
		res := k.once(req)
		if res == nil {
			return nil
		}
		next, ok := answerChallenge(res, req, t)
		if !ok || proof != nil && !next.stale {
			return res
		}
		proof = next
	}
	return nil
}

// once sends a request and waits for its final answer, not for ever.
func (k *line) once(req *sipgo.Request) *sipgo.Response {
	tx, err := k.s.start(req)
	if err != nil {
		k.s.log.Debug("request to the carrier not sent", slog.String(logkey.Method, string(req.Method)), slog.Any(logkey.Err, err))
		return nil
	}
	defer tx.End()
	return k.s.finalOf(tx, min(answersWithin, k.s.cfg.Timers.GiveUp))
}

// find looks the carrier up: a name without a port first by its SRV record (RFC 3263 section 4), else by its address.
func find(t domain.Trunk) (netip.AddrPort, error) {
	if a, err := netip.ParseAddr(t.Host); err == nil {
		return netip.AddrPortFrom(a, uint16(t.PortOf())), nil //nolint:gosec // Validate bounds it
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookUp)
	defer cancel()
	host, port := t.Host, t.PortOf()
	if t.Port == 0 && t.Transport == domain.TrunkUDP { // over TLS the name is proved, which an SRV record is not
		if _, records, err := net.DefaultResolver.LookupSRV(ctx, "sip", "udp", t.Host); err == nil && len(records) > 0 {
			host, port = records[0].Target, int(records[0].Port)
		}
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip4", host)
	if err != nil {
		return netip.AddrPort{}, err
	}
	return netip.AddrPortFrom(addrs[0].Unmap(), uint16(port)), nil //nolint:gosec // a port
}

// towardCarrier is the TLS of connections that we make: only to the carrier, whose certificate must be good for the name in the document. sipgo dials
// addresses and would check those.
func (s *Server) towardCarrier() *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true, //nolint:gosec // VerifyConnection checks the chain and the name
		VerifyConnection: func(cs tls.ConnectionState) error {
			host := "" // good for nobody
			if s.line != nil {
				if t, on := s.line.rules.Trunk(); on && t.Transport == domain.TrunkTLS {
					host = t.Host
				}
			}
			between := x509.NewCertPool()
			for _, c := range cs.PeerCertificates[1:] {
				between.AddCert(c)
			}
			_, err := cs.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: s.cfg.Roots, DNSName: host, Intermediates: between, CurrentTime: s.cfg.Now()})
			if err == nil && host == "" {
				err = x509.HostnameError{Certificate: cs.PeerCertificates[0], Host: host}
			}
			return err
		},
	}
}

// nobody is the party of a dialog that carries no call.
type nobody struct{}

func (nobody) speaksFrom(netip.AddrPort) bool { return false }
func (nobody) bye()                           {}
func (nobody) key(string)                     {}
func (nobody) lost(string)                    {}
func (nobody) changed(sipgo.RequestMethod, []byte) ([]byte, answer) {
	return nil, inCall(488)
}

// numberURI is a number as the carrier is asked for it.
func numberURI(number, host string) string { return "sip:" + number + "@" + host + ";user=phone" }
