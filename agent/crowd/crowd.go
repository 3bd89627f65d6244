package crowd

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

// Bounds of one source and of all.
const (
	MostSources = 4096 // that are remembered
	mostConns   = 128
	connsOfOne  = 4
)

// Limiter counts what each source asks for in a minute.
type Limiter struct {
	perMinute int

	mu    sync.Mutex
	began time.Time
	asked map[netip.Addr]int
}

// NewLimiter makes one that takes so much of each source.
func NewLimiter(perMinute int) *Limiter { return &Limiter{perMinute: perMinute} }

// Takes tells whether a source may ask once more.
func (l *Limiter) Takes(source netip.Addr, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.asked == nil || now.Sub(l.began) >= time.Minute || now.Before(l.began) {
		l.asked, l.began = map[netip.Addr]int{}, now
	}
	if _, known := l.asked[source]; !known && len(l.asked) >= MostSources {
		return false
	}
	l.asked[source]++
	return l.asked[source] <= l.perMinute
}

// door bounds connections: some of one source, many of all. What is too much is closed at once, so that a slow client holds only its own places.
type door struct {
	net.Listener
	mu   sync.Mutex
	all  int
	from map[netip.Addr]int
}

// Listener bounds the connections of another one.
func Listener(l net.Listener) net.Listener { return &door{Listener: l, from: map[netip.Addr]int{}} }

// Accept gives the next connection that has a place.
func (d *door) Accept() (net.Conn, error) {
	for {
		conn, err := d.Listener.Accept()
		if err != nil {
			return nil, err
		}
		source := addrOf(conn.RemoteAddr())
		d.mu.Lock()
		full := d.all >= mostConns || d.from[source] >= connsOfOne
		if !full {
			d.all++
			d.from[source]++
		}
		d.mu.Unlock()
		if full {
			_ = conn.Close()
			continue
		}
		return &guest{Conn: conn, leave: sync.OnceFunc(func() { d.left(source) })}, nil
	}
}

func (d *door) left(source netip.Addr) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all--
	if d.from[source]--; d.from[source] <= 0 {
		delete(d.from, source)
	}
}

// guest gives its place back when it is closed.
type guest struct {
	net.Conn
	leave func()
}

// Close ends the connection.
func (g *guest) Close() error {
	g.leave()
	return g.Conn.Close()
}

func addrOf(a net.Addr) netip.Addr { return Source(a.String()) }

// Source is the address in host:port, as it stands in the neighbour table; zero when there is none.
func Source(remote string) netip.Addr {
	at, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap().WithZone("")
}
