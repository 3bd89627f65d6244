package sipua

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Timers of RFC 3261 section 17 that do not depend on the network.
const (
	defaultT1 = 500 * time.Millisecond
	maxOpen   = 4096 // server transactions; more are dropped
	allow     = "INVITE, ACK, CANCEL, BYE, INFO, OPTIONS"
)

// Handler is the device behind a user agent. Its methods are called without any lock held and never wait for the
// network.
type Handler interface {
	// Incoming tells of a new call. The handler rings, answers or rejects it, now or later.
	Incoming(c *Call)
	// Changed tells that the state or the timeline of a call changed.
	Changed(c *Call)
	// Described tells the other end's session description, each time it is new.
	Described(c *Call, description []byte)
	// Offered gives the answer to an offer inside the call, or nil to refuse it.
	Offered(c *Call, offer []byte) []byte
	// Informed tells of an INFO inside the call and gives its status code.
	Informed(c *Call, contentType string, body []byte) int
}

// Options are the choices of a user agent.
type Options struct {
	Handler Handler
	Product string        // User-Agent header; "" leaves it out
	T1      time.Duration // round-trip estimate; 0 = 500 ms
	Log     *slog.Logger  // nil = silent
}

// UA is a user agent on one UDP socket.
type UA struct {
	conn    *net.UDPConn
	local   netip.AddrPort
	handler Handler
	product string
	t1, t2  time.Duration
	log     *slog.Logger
	deaf    atomic.Bool
	dropped atomic.Int64

	done chan struct{}
	wg   sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	clients map[string]*clientTx
	servers map[string]*serverTx
	calls   map[string]*Call
}

// ErrClosed says that the user agent is off.
var ErrClosed = errors.New("user agent is off")

// ErrTimeout says that nobody answered a request.
var ErrTimeout = errors.New("no answer")

// Listen opens the socket. addr must name one address of this machine, since it is advertised; port 0 picks one.
func Listen(addr netip.AddrPort, o Options) (*UA, error) {
	if !addr.Addr().IsValid() || addr.Addr().IsUnspecified() {
		return nil, fmt.Errorf("listen on %s: needs one address of this machine", addr)
	}
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(addr))
	if err != nil {
		return nil, err
	}
	bound, ok := netip.AddrFromSlice(conn.LocalAddr().(*net.UDPAddr).IP)
	if !ok {
		return nil, errors.Join(errors.New("local address is unknown"), conn.Close())
	}
	ua := &UA{
		conn: conn, local: netip.AddrPortFrom(bound.Unmap(), uint16(conn.LocalAddr().(*net.UDPAddr).Port)),
		handler: o.Handler, product: o.Product, t1: o.T1, log: o.Log, done: make(chan struct{}),
		clients: map[string]*clientTx{}, servers: map[string]*serverTx{}, calls: map[string]*Call{},
	}
	if ua.t1 <= 0 {
		ua.t1 = defaultT1
	}
	ua.t2 = 8 * ua.t1
	if ua.log == nil {
		ua.log = slog.New(slog.DiscardHandler)
	}
	return ua, nil
}

// Addr is the bound address.
func (ua *UA) Addr() netip.AddrPort { return ua.local }

// Dropped counts datagrams that were not SIP.
func (ua *UA) Dropped() int64 { return ua.dropped.Load() }

// SetDeaf makes the user agent drop everything in both directions, like a device without power, or ends that.
func (ua *UA) SetDeaf(deaf bool) { ua.deaf.Store(deaf) }

// Run serves until ctx ends; then every call ends without a word on the wire and the socket closes.
func (ua *UA) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = ua.conn.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	ua.spawn(ua.sweep)
	buf := make([]byte, 65535)
	for {
		n, from, err := ua.conn.ReadFromUDPAddrPort(buf)
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				break
			}
			continue // a port unreachable from an earlier datagram
		}
		if ua.deaf.Load() {
			continue
		}
		ua.receive(buf[:n], netip.AddrPortFrom(from.Addr().Unmap(), from.Port()))
	}
	ua.close()
	return ctx.Err()
}

// Close ends a user agent that was never run.
func (ua *UA) Close() { ua.close() }

func (ua *UA) close() {
	ua.mu.Lock()
	if ua.closed {
		ua.mu.Unlock()
		return
	}
	ua.closed = true
	calls := make([]*Call, 0, len(ua.calls))
	for _, c := range ua.calls {
		calls = append(calls, c)
	}
	ua.mu.Unlock()
	close(ua.done)
	_ = ua.conn.Close()
	for _, c := range calls {
		c.finish("power")
	}
	ua.wg.Wait()
}

// Drop forgets every call without a word on the wire, as a reboot does.
func (ua *UA) Drop() {
	ua.mu.Lock()
	calls := make([]*Call, 0, len(ua.calls))
	for _, c := range ua.calls {
		calls = append(calls, c)
	}
	clear(ua.servers)
	clear(ua.clients)
	ua.mu.Unlock()
	for _, c := range calls {
		c.finish("power")
	}
}

// spawn runs f unless the user agent is off; close waits for it.
func (ua *UA) spawn(f func()) bool {
	ua.mu.Lock()
	defer ua.mu.Unlock()
	if ua.closed {
		return false
	}
	ua.wg.Go(f)
	return true
}

// sweep forgets old transactions.
func (ua *UA) sweep() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ua.done:
			return
		case now := <-tick.C:
			ua.mu.Lock()
			for k, tx := range ua.clients {
				if f := tx.ended.Load(); f != 0 && now.Sub(time.Unix(0, f)) > 64*ua.t1 {
					delete(ua.clients, k)
				}
			}
			for k, tx := range ua.servers {
				if f := tx.finishedAt(); !f.IsZero() && now.Sub(f) > 64*ua.t1 {
					delete(ua.servers, k)
				}
			}
			ua.mu.Unlock()
		}
	}
}

func (ua *UA) write(b []byte, to netip.AddrPort) {
	if ua.deaf.Load() {
		return
	}
	if _, err := ua.conn.WriteToUDPAddrPort(b, to); err != nil {
		ua.log.Debug("sip datagram not sent", "to", to.String(), "error", err)
	}
}

func (ua *UA) receive(b []byte, from netip.AddrPort) {
	m, err := Parse(b)
	if err != nil {
		if len(strings.TrimSpace(string(b))) > 0 { // empty lines keep a NAT open
			ua.dropped.Add(1)
		}
		return
	}
	if m.IsRequest() {
		ua.receiveRequest(m, from)
		return
	}
	v, err := parseVia(m.List("Via")[0])
	if err != nil {
		return
	}
	branch, _ := v.params.Get("branch")
	_, method := m.CSeq()
	ua.mu.Lock()
	tx := ua.clients[branch+" "+method]
	ua.mu.Unlock()
	if tx != nil {
		tx.receive(m)
	}
}

// resolve turns a sip address into a datagram address. Names are looked up, IPv4 first.
func resolve(hostport string) (netip.AddrPort, error) {
	if ap, err := netip.ParseAddrPort(hostport); err == nil {
		return ap, nil
	}
	a, err := net.ResolveUDPAddr("udp4", hostport)
	if err != nil {
		return netip.AddrPort{}, err
	}
	ap := a.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port()), nil
}

func (ua *UA) contact(user string) URI {
	return URI{Scheme: "sip", User: user, Host: ua.local.Addr().String(), Port: int(ua.local.Port())}
}

func newTag() string { return rand.Text()[:16] }

func itoa(n uint32) string { return strconv.FormatUint(uint64(n), 10) }
