package sip

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"vestibule/agent/call"
	"vestibule/agent/sip/sipstate"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
)

// Server is registrar and call controller of one agent.
type Server struct {
	cfg  Config
	log  *slog.Logger
	addr netip.AddrPort
	udp  *packetConn
	tcp  *tcpListener
	tpl  *sipgo.TransportLayer
	txl  *sipgo.TransactionLayer

	nonces   *nonces
	doubts   doubts
	notes    *buckets
	refusals *buckets
	quit     chan struct{}
	wg       sync.WaitGroup // everything under way; entered through enter and spawn
	legs     atomic.Int64

	mu       sync.Mutex
	bindings map[domain.DeviceID]sipstate.Binding
	attempts map[domain.DeviceID]attempt // registrations that were refused
	dialogs  map[string]*dialog          // by Call-ID and our tag
	inbound  map[string]bool             // Call-ID and tag of callers, against merged requests
	sessions map[domain.CallID]*session
	dead     map[string]bool // Call-IDs of legs that an earlier run left behind
	stopping bool            // no new calls
	closed   bool            // nothing new at all
}

// quiet keeps sipgo's own words out: they quote what strangers send.
var quiet = sync.OnceFunc(func() {
	sipgo.SetDefaultLogger(slog.New(slog.DiscardHandler))
	// A LAN carries fragments; descriptions with pictures do not fit 1300 bytes and many phones speak no TCP.
	sipgo.UDPMTUSize = largest
})

// New opens the sockets. Nothing is answered before Run.
func New(cfg Config) (*Server, error) {
	cfg.defaults()
	quiet()
	at, err := net.ResolveUDPAddr("udp4", cfg.Listen)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "The SIP address %q is none.", cfg.Listen)
	}
	udp, tcp, err := listenBoth(at)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "The SIP address %s cannot be used.", at)
	}
	s := &Server{
		cfg: cfg, log: cfg.Logger, addr: addrPortOf(udp.LocalAddr().String()),
		udp:    &packetConn{UDPConn: udp, peers: map[netip.AddrPort]struct{}{}, ready: make(chan struct{})},
		tcp:    &tcpListener{Listener: tcp, most: cfg.Limits.Connections, each: cfg.Limits.FromOneHost, hosts: map[netip.Addr]int{}},
		nonces: newNonces(cfg.Timers.Nonce), doubts: doubts{all: map[netip.AddrPort]time.Time{}}, notes: newBuckets(3, 1.0/30),
		refusals: newBuckets(float64(cfg.Limits.RefusalsBurst), float64(cfg.Limits.RefusalsPerSec)),
		quit:     make(chan struct{}),
		bindings: map[domain.DeviceID]sipstate.Binding{}, attempts: map[domain.DeviceID]attempt{}, dialogs: map[string]*dialog{}, inbound: map[string]bool{},
		sessions: map[domain.CallID]*session{}, dead: map[string]bool{},
	}
	discard := slog.New(slog.DiscardHandler)
	s.tpl = sipgo.NewTransportLayer(net.DefaultResolver, sipgo.NewParser(), nil, sipgo.WithTransportLayerLogger(discard))
	s.txl = sipgo.NewTransactionLayer(s.tpl, sipgo.WithTransactionLayerLogger(discard),
		sipgo.WithTransactionLayerUnhandledResponseHandler(s.strayResponse))
	s.txl.OnRequest(s.serve)
	return s, nil
}

// listenBoth takes UDP and TCP on one port; with port 0 a few free ones are tried.
func listenBoth(at *net.UDPAddr) (*net.UDPConn, net.Listener, error) {
	var last error
	for range 20 {
		udp, err := net.ListenUDP("udp4", at)
		if err != nil {
			return nil, nil, err
		}
		port := udp.LocalAddr().(*net.UDPAddr).Port
		tcp, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: at.IP, Port: port})
		if err == nil {
			return udp, tcp, nil
		}
		udp.Close()
		if last = err; at.Port != 0 {
			break
		}
	}
	return nil, nil, last
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
	failed := make(chan error, 2)
	var serving sync.WaitGroup
	serving.Go(func() { failed <- s.serveUDP() })
	serving.Go(func() { failed <- s.tpl.ServeTCP(s.tcp) })
	var err error
	select {
	case <-s.udp.ready: // sipgo knows the socket: requests leave from it
		s.clean(ctx)
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

func (s *Server) serveUDP() error {
	for {
		if err := s.tpl.ServeUDP(s.udp); err != nil {
			return err
		}
		// sipgo returned without a word: the list of peers was turned over, or the socket is closed.
		if err := s.udp.SetReadDeadline(time.Time{}); err != nil {
			return err
		}
	}
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
	s.mu.Unlock()
	for _, c := range live {
		c.run.Post(call.Stop{})
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

// spawn runs f in a goroutine that Run waits for; after the end it does nothing.
func (s *Server) spawn(f func()) {
	if s.enter() {
		go func() {
			defer s.wg.Done()
			f()
		}()
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
	// What sipgo has read but not handed over yet must still find the socket: it would open one of its own that nobody closes.
	<-time.After(lastWords)
	s.udp.Close()
	s.tcp.Close()
}

// serve is called by sipgo for every request, each in a goroutine of its own.
func (s *Server) serve(req *sipgo.Request, tx *sipgo.ServerTx) {
	defer tx.TerminateGracefully()
	if !s.enter() {
		return
	}
	defer s.wg.Done()
	defer func() {
		if cause := recover(); cause != nil {
			s.log.Error("request failed", slog.String(logkey.Method, string(req.Method)), slog.String(logkey.Err, fmt.Sprint(cause)), slog.String(logkey.Reason, string(debug.Stack())))
			s.reply(req, tx, 500, "Server Internal Error")
		}
	}()
	if req.Method == sipgo.ACK {
		s.onAck(req)
		return
	}
	if !sane(req) {
		s.reply(req, tx, 400, "Bad Request")
		return
	}
	if h := req.MaxForwards(); h != nil && h.Val() == 0 {
		s.reply(req, tx, 483, "Too Many Hops")
		return
	}
	if need := value(req, "require"); need != "" && req.Method != sipgo.CANCEL {
		res := respond(req, 420, "Bad Extension", "", nil)
		header(res, "Unsupported", strings.Join(strings.Fields(need), " "))
		s.send(tx, res)
		return
	}
	switch req.Method {
	case sipgo.REGISTER:
		s.onRegister(req, tx)
	case sipgo.INVITE:
		s.onInvite(req, tx)
	case sipgo.BYE:
		s.onBye(req, tx)
	case sipgo.INFO:
		s.onInfo(req, tx)
	case sipgo.OPTIONS:
		s.onOptions(req, tx)
	case sipgo.CANCEL:
		s.reply(req, tx, 481, "Call/Transaction Does Not Exist")
	default:
		res := respond(req, 405, "Method Not Allowed", "", nil)
		header(res, "Allow", allow)
		s.send(tx, res)
	}
}

func (s *Server) onOptions(req *sipgo.Request, tx *sipgo.ServerTx) {
	if s.tooMany(req) {
		return
	}
	res := respond(req, 200, "OK", "", nil)
	header(res, "Allow", allow)
	header(res, "Accept", "application/sdp, application/dtmf-relay, application/dtmf")
	s.send(tx, res)
}

// tooMany takes one refusal of the source's share; above it a stranger gets no answer at all.
func (s *Server) tooMany(req *sipgo.Request) bool {
	source := addrPortOf(req.Source())
	return !s.bound(source) && !s.refusals.take(source.Addr().String(), s.cfg.Now())
}

func (s *Server) reply(req *sipgo.Request, tx *sipgo.ServerTx, code int, text string) {
	s.send(tx, respond(req, code, text, "", nil))
}

func (s *Server) send(tx *sipgo.ServerTx, res *sipgo.Response) {
	if err := tx.Respond(res); err != nil {
		s.log.Debug("answer not sent", slog.Int(logkey.Status, res.StatusCode), slog.Any(logkey.Err, err))
	}
}

// localToward is our address as the peer sees it: the one listened on, or the one of the route to it.
func (s *Server) localToward(peer netip.Addr) netip.AddrPort {
	if !s.addr.Addr().IsUnspecified() {
		return s.addr
	}
	// A connected UDP socket sends nothing; the kernel only chooses the route.
	c, err := net.Dial("udp4", netip.AddrPortFrom(peer, 9).String())
	if err != nil {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), s.addr.Port())
	}
	defer c.Close()
	return netip.AddrPortFrom(addrPortOf(c.LocalAddr().String()).Addr(), s.addr.Port())
}

// prepare sets the way of a request: over our listening socket for UDP, over the peer's connection for TCP.
func (s *Server) prepare(req *sipgo.Request, transport string, dest netip.AddrPort) {
	req.SetTransport(strings.ToUpper(transport))
	req.SetDestination(dest.String())
	if transport == "udp" {
		req.Laddr = sipgo.Addr{IP: net.IP(s.addr.Addr().AsSlice()), Port: int(s.addr.Port())}
	}
	if req.Body() == nil {
		req.SetBody(nil)
	}
}

// start begins a client transaction.
func (s *Server) start(req *sipgo.Request) (*sipgo.ClientTx, error) {
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.Timers.Dial)
	defer cancel()
	return s.txl.Request(ctx, req)
}

// fire sends a request outside INVITE, repeats it as the transaction does and drops the answer. after is called when it was
// answered or given up, but not when the server ends before: then the next run has to do it.
func (s *Server) fire(req *sipgo.Request, after func()) {
	s.spawn(func() {
		if s.delivered(req) && after != nil {
			after()
		}
	})
}

// delivered sends and waits; false when the server ended before an answer came.
func (s *Server) delivered(req *sipgo.Request) bool {
	tx, err := s.start(req)
	if err != nil {
		s.log.Debug("request not sent", slog.String(logkey.Method, string(req.Method)), slog.Any(logkey.Err, err))
		return true
	}
	defer tx.Terminate()
	for {
		select {
		case res := <-tx.Responses():
			if !res.IsProvisional() {
				return true
			}
		case <-tx.Done():
			return !s.ended()
		case <-s.quit:
			return false
		}
	}
}

// ended tells whether the server has closed.
func (s *Server) ended() bool {
	select {
	case <-s.quit:
		return true
	default:
		return false
	}
}

// store runs one write with a deadline; a store that hangs holds no call up.
func (s *Server) store(what string, write func(ctx context.Context) error) {
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.Timers.Store)
	defer cancel()
	if err := write(ctx); err != nil && !errors.Is(err, context.Canceled) {
		s.log.Error("not stored", slog.String(logkey.Kind, what), slog.Any(logkey.Err, err))
	}
}
