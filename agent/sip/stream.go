package sip

import (
	"crypto/tls"
	"net"
	"net/netip"
	"sync"
	"time"
)

// tcpListener bounds connections, in all and from one host, and what they may send. With tls set they are ciphered.
type tcpListener struct {
	net.Listener
	s          *Server
	tls        *tls.Config
	most, each int

	mu    sync.Mutex
	total int
	hosts map[netip.Addr]int
}

func (s *Server) limited(l net.Listener) *tcpListener {
	return &tcpListener{Listener: l, s: s, most: s.cfg.Limits.Connections, each: s.cfg.Limits.FromOneHost, hosts: map[netip.Addr]int{}}
}

// Accept closes what is too many and goes on.
func (l *tcpListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from := addrPortOf(c.RemoteAddr().String())
		if !l.enter(from.Addr()) {
			c.Close()
			continue
		}
		bounded := &tcpConn{Conn: c, s: l.s, from: from, leave: sync.OnceFunc(func() { l.exit(from.Addr()) })}
		if l.tls != nil {
			return &tlsConn{Conn: tls.Server(bounded, l.tls)}, nil
		}
		return bounded, nil
	}
}

func (l *tcpListener) enter(host netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.total >= l.most || l.hosts[host] >= l.each {
		return false
	}
	l.total++
	l.hosts[host]++
	return true
}

func (l *tcpListener) exit(host netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total--
	if l.hosts[host]--; l.hosts[host] <= 0 {
		delete(l.hosts, host)
	}
}

type tcpConn struct {
	net.Conn
	s     *Server
	from  netip.AddrPort
	leave func()
}

// perRead is how many bytes count as one message.
const perRead = 1024

// writeWithin bounds how long a peer that reads nothing holds a message up.
const writeWithin = 5 * time.Second

// Read waits while its host has sent too much, and ends a connection that stays silent without a registration.
func (c *tcpConn) Read(b []byte) (int, error) {
	idle := c.s.cfg.Timers.Idle
	for {
		if err := c.SetReadDeadline(time.Now().Add(idle)); err != nil {
			return 0, err
		}
		n, err := c.Conn.Read(b[:min(len(b), perRead)])
		if late, ok := err.(net.Error); ok && late.Timeout() && n == 0 && c.s.bound(c.from) { //nolint:errorlint // as the socket gave it
			continue
		}
		for err == nil && !c.s.gate.admits(c.from.Addr()) {
			select {
			case <-time.After(time.Second / 20):
			case <-c.s.quit:
				return n, net.ErrClosed
			}
		}
		return n, err
	}
}

// Write gives up on a peer that reads nothing.
func (c *tcpConn) Write(b []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}

// Close gives the place back.
func (c *tcpConn) Close() error {
	c.leave()
	return c.Conn.Close()
}

// tlsConn closes what is under it without waiting for the other side's farewell.
type tlsConn struct{ *tls.Conn }

// Close gives the place back at once.
func (c *tlsConn) Close() error { return c.NetConn().Close() }
