package stack

import (
	"context"
	"io"
	"net"
	"sync"
	"time"
)

// Proxy is the wire between agent and cloud. Cut makes it dead both ways without a reset: bytes and ends are swallowed, new
// connections are taken and never answered. Restore closes the dead connections and forwards again.
type Proxy struct {
	listener net.Listener
	mu       sync.Mutex
	target   string
	dead     chan struct{} // closed while the wire is dead
	restored chan struct{} // closed by the next Restore
	conns    map[net.Conn]struct{}
}

// NewProxy listens on a loopback address, such as 127.0.0.1:0; Target says later where to.
func NewProxy(listen string) (*Proxy, error) {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return nil, err
	}
	return &Proxy{listener: l, dead: make(chan struct{}), restored: make(chan struct{}), conns: map[net.Conn]struct{}{}}, nil
}

// Addr is where the agent connects to.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Target sets where new connections go.
func (p *Proxy) Target(addr string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = addr
}

// Cut kills the wire without a reset.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.dead:
	default:
		close(p.dead)
	}
}

// Restore ends a cut.
func (p *Proxy) Restore() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.dead:
		p.dead = make(chan struct{})
	default:
	}
	close(p.restored)
	p.restored = make(chan struct{})
	for c := range p.conns {
		_ = c.Close()
	}
	clear(p.conns)
}

func (p *Proxy) state() (target string, dead, restored chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.target, p.dead, p.restored
}

// Run forwards until ctx ends.
func (p *Proxy) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = p.listener.Close(); p.Restore() })
	defer stop()
	for {
		c, err := p.listener.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		go p.serve(c)
	}
}

func (p *Proxy) keep(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns[c] = struct{}{}
}

func (p *Proxy) drop(c net.Conn) {
	_ = c.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
}

func (p *Proxy) serve(near net.Conn) {
	p.keep(near)
	defer p.drop(near)
	target, dead, restored := p.state()
	select {
	case <-dead:
		_, _ = io.Copy(io.Discard, near) // swallowed until an end or Restore
		return
	default:
	}
	far, err := net.DialTimeout("tcp", target, 5*time.Second)
	if err != nil {
		return
	}
	p.keep(far)
	defer p.drop(far)
	done := make(chan struct{}, 2)
	go func() { pump(far, near, dead); done <- struct{}{} }()
	go func() { pump(near, far, dead); done <- struct{}{} }()
	<-done
	select {
	case <-dead: // one side's end during a cut must not reach the other
		<-restored
	default:
	}
}

// pump copies from to to; once dead, it swallows.
func pump(to, from net.Conn, dead <-chan struct{}) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		select {
		case <-dead:
			continue
		default:
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}
