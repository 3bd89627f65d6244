package sip

import (
	"context"
	"crypto/tls"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"vestibule/agent/call"
	"vestibule/agent/call/plan"
	"vestibule/agent/proof"
	"vestibule/agent/sip/sipstate"
	"vestibule/agent/sip/txn"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// Server is registrar and call controller of one agent.
type Server struct {
	cfg    Config
	log    *slog.Logger
	addr   netip.AddrPort
	udp    *packetConn
	tcp    *tcpListener
	secure *tcpListener // SIP over TLS; nil: none
	line   *line        // to the site's carrier; nil: none
	tpl    *sipgo.TransportLayer
	txl    *txn.Layer[*sipgo.Response]

	ledger   *ledger
	gate     *gate
	nonces   *proof.Nonces
	doubts   doubts
	notes    *buckets[string]
	refusals *buckets[string]
	quit     chan struct{}
	wg       sync.WaitGroup // everything under way; entered through enter and spawn
	free     chan func()    // to a goroutine of spawn that has nothing to do
	legs     atomic.Int64
	ways     map[plan.Path]way // of legs that leave the LAN; filled by New alone

	mu       sync.Mutex
	bindings map[domain.DeviceID]sipstate.Binding
	attempts map[domain.DeviceID]attempt // registrations that were refused
	dialogs  map[string]*dialog          // by Call-ID and our tag
	inbound  map[string]bool             // Call-ID and tag of callers, against merged requests
	sessions map[domain.CallID]*session
	guests   map[*guest]bool // calls of other agents
	dead     map[string]bool // Call-IDs of legs that an earlier run left behind; true: at the carrier
	stopping bool            // no new calls
	closed   bool            // nothing new at all
}

// repeats is how long a finished transaction waits for repetitions. Over a LAN they come after 0.5, 1, 2 and 4 s or not at all, and what comes later does no
// harm: a request in a call is known by its number, a 2xx is acknowledged from its dialog. RFC 3261 would hold each for 32 s.
const repeats = 8 * time.Second

// quiet keeps sipgo's own words out: they quote what strangers send.
var quiet = sync.OnceFunc(func() {
	sipgo.SetDefaultLogger(slog.New(slog.DiscardHandler))
})

// New opens the sockets. Nothing is answered before Run.
func New(cfg Config) (*Server, error) {
	cfg.defaults()
	quiet()
	open := cfg.Sockets
	if open == nil {
		var err error
		if open, err = Listen(cfg.Listen); err != nil {
			return nil, err
		}
	}
	udp, tcp := open.udp, open.tcp
	s := &Server{
		cfg: cfg, log: cfg.Logger, addr: addrPortOf(udp.LocalAddr().String()),
		ledger: newLedger(cfg),
		gate:   newGate(cfg.Limits, cfg.Now),
		nonces: proof.NewNonces(cfg.Timers.Nonce), doubts: doubts{all: map[netip.AddrPort]time.Time{}}, notes: newBuckets[string](3, 1.0/30),
		refusals: newBuckets[string](float64(cfg.Limits.RefusalsBurst), float64(cfg.Limits.RefusalsPerSec)),
		quit:     make(chan struct{}), free: make(chan func()),
		bindings: map[domain.DeviceID]sipstate.Binding{}, attempts: map[domain.DeviceID]attempt{}, dialogs: map[string]*dialog{}, inbound: map[string]bool{},
		sessions: map[domain.CallID]*session{}, dead: map[string]bool{}, ways: map[plan.Path]way{}, guests: map[*guest]bool{},
	}
	if cfg.Peers != nil {
		s.ways[plan.ByRemote] = remotes{s}
	}
	s.gate.flooded = func(host netip.Addr) {
		s.spawn(func() { s.note(noteFlood, netip.AddrPortFrom(host, 0), noDevice) })
	}
	_ = udp.SetReadBuffer(readBuffer) // the system may give less
	s.udp = &packetConn{UDPConn: udp, gate: s.gate, ready: make(chan struct{})}
	s.tcp = s.limited(tcp)
	if cfg.Secure != "" {
		if err := s.listenSecure(); err != nil {
			open.Close()
			return nil, err
		}
	}
	if cfg.Trunk != nil {
		s.line = newLine(s, cfg.Trunk)
		s.ways[plan.ByTrunk] = s.line
	}
	discard := slog.New(slog.DiscardHandler)
	s.tpl = sipgo.NewTransportLayer(net.DefaultResolver, sipgo.NewParser(), s.towardCarrier(), sipgo.WithTransportLayerLogger(discard))
	s.tpl.OnMessage(s.take)
	s.txl = txn.New[*sipgo.Response](txn.Times{Repeats: repeats})
	return s, nil
}

// listenSecure opens the port of SIP over TLS. A box without a clock has a certificate that is good for decades, both ways.
func (s *Server) listenSecure() error {
	l, err := net.Listen("tcp4", s.cfg.Secure)
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "The address %s of SIP over TLS cannot be used.", s.cfg.Secure)
	}
	s.secure = s.limited(l)
	s.secure.tls = &tls.Config{Certificates: []tls.Certificate{s.cfg.Certificate}, MinVersion: tls.VersionTLS12}
	return nil
}

// SecureAddr is where SIP over TLS is listened on; the zero value when it is not.
func (s *Server) SecureAddr() netip.AddrPort {
	if s.secure == nil {
		return netip.AddrPort{}
	}
	return addrPortOf(s.secure.Addr().String())
}

// Addr is the address that is listened on.
func (s *Server) Addr() netip.AddrPort { return s.addr }

// Run serves until ctx ends: first it ends what an earlier run left ringing, then it takes registrations and calls. At the
// end live calls are hung up.
func (s *Server) Run(ctx context.Context) error {
	if err := s.load(ctx); err != nil {
		s.close()
		return err
	}
	left := s.left()
	failed := make(chan error, 3)
	var serving sync.WaitGroup
	serving.Go(func() { failed <- s.serveUDP() })
	serving.Go(func() { failed <- s.tpl.ServeTCP(s.tcp) })
	if s.secure != nil {
		serving.Go(func() { failed <- s.tpl.ServeTLS(s.secure) })
	}
	var err error
	select {
	case <-s.udp.ready:
		if s.line != nil {
			s.spawn(s.line.run)
		}
		s.clean(left)
	case <-ctx.Done():
	}
	select {
	case <-ctx.Done():
	case err = <-failed:
		err = fault.Wrap(err, fault.Unavailable, "The SIP listener stopped.")
	}
	s.stopCalls()
	s.close()
	serving.Wait()
	s.tpl.Close() // last: sipgo opens a socket of its own for whatever still wants to be sent
	return err
}

// stopCalls hangs up what lives and gives the requests a moment to go out.
func (s *Server) stopCalls() {
	s.mu.Lock()
	s.stopping = true
	var live []*session
	for _, c := range s.sessions {
		if c.run != nil { // else begin posts the stop itself
			live = append(live, c)
		}
	}
	guests := slices.Collect(maps.Keys(s.guests))
	s.mu.Unlock()
	for _, c := range live {
		c.run.Post(call.Stop{})
	}
	for _, g := range guests {
		g.leave()
	}
	done := make(chan struct{})
	go func() {
		for _, c := range live {
			<-c.run.Done()
		}
		close(done)
	}()
	timer := time.NewTimer(s.cfg.Timers.Stop)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	}
}

// lastWords is far more than a goroutine needs to get its turn.
const lastWords = 50 * time.Millisecond

// enter counts something that Run waits for; false when the server is closed.
func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.wg.Add(1)
	return true
}

// spawn runs f in a goroutine that Run waits for; after the end it does nothing and is false. One that has just become free takes it: its stack has
// grown already.
func (s *Server) spawn(f func()) bool {
	if !s.enter() {
		return false
	}
	select {
	case s.free <- f:
	default:
		go s.work(f)
	}
	return true
}

// lull is how long a goroutine waits for something more to do.
const lull = 100 * time.Millisecond

// work runs f, and what comes soon after.
func (s *Server) work(f func()) {
	timer := time.NewTimer(lull)
	defer timer.Stop()
	for {
		f()
		s.wg.Done()
		timer.Reset(lull)
		select {
		case f = <-s.free:
		case <-timer.C:
			return
		case <-s.quit:
			return
		}
	}
}

func (s *Server) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	close(s.quit)
	s.udp.deaf.Store(true)
	s.txl.Close()
	s.wg.Wait()
	s.ledger.drain()
	// What sipgo has read but not handed over yet must still find the socket: it would open one of its own that nobody closes.
	<-time.After(lastWords)
	s.udp.Close()
	s.tcp.Close()
	if s.secure != nil {
		s.secure.Close()
	}
}
