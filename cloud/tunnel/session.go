package tunnel

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/http/httputil"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/yamux"

	"vestibule/cloud/account"
	"vestibule/shared/domain"
)

// Bounds of one session.
const (
	requestsAtOnce = 24
	connsAtOnce    = 6 // devices are small
	headersMost    = 64 << 10
	headersWithin  = 30 * time.Second
	ticketLives    = time.Minute
	ticketsMost    = 8
)

// session is the way to one device's pages for one person.
type session struct {
	service *Service
	id      domain.CommandID
	site    domain.SiteID
	device  domain.DeviceID
	agent   domain.AgentID
	name    string
	host    string // where the device is in the building: what it is called in its requests
	label   string
	by      account.Caller
	opened  time.Time
	way     *yamux.Session
	proxy   *httputil.ReverseProxy
	room    chan struct{}
	ended   chan struct{} // closed when the end is recorded
	up      atomic.Int64
	down    atomic.Int64

	requests atomic.Int64
	ctx      context.Context // the life of the session: everything that passes ends with it
	cancel   context.CancelFunc

	mu      sync.Mutex
	reason  string
	ender   *account.Caller
	tickets map[[32]byte]time.Time
	proof   [32]byte // of the browser that entered last; zero: none
	cookies map[string]string
}

func newSession(s *Service, id domain.CommandID, site domain.SiteID, device domain.DeviceID, agent domain.AgentID, name, host string, by account.Caller, way *yamux.Session) *session {
	one := &session{
		service: s, id: id, site: site, device: device, agent: agent, name: name, host: host, label: label(), by: by, opened: s.Now(), way: way,
		room: make(chan struct{}, requestsAtOnce), ended: make(chan struct{}), tickets: map[[32]byte]time.Time{}, cookies: map[string]string{},
	}
	one.ctx, one.cancel = context.WithCancel(context.Background())
	one.proxy = one.newProxy(&http.Transport{
		Proxy: nil, DisableKeepAlives: true, DisableCompression: true, MaxConnsPerHost: connsAtOnce, MaxResponseHeaderBytes: headersMost,
		ResponseHeaderTimeout: headersWithin, DialContext: func(context.Context, string, string) (net.Conn, error) { return one.dial() },
	})
	return one
}

// dial opens one stream to the device.
func (o *session) dial() (net.Conn, error) {
	stream, err := o.way.Open()
	if err != nil {
		return nil, err
	}
	return &counted{Conn: stream, session: o}, nil
}

// counted adds what passes to the session, which ends when it is too much.
type counted struct {
	net.Conn
	session *session
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.session.moved(&c.session.down, n)
	return n, err
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.session.moved(&c.session.up, n)
	return n, err
}

func (o *session) moved(way *atomic.Int64, n int) {
	way.Add(int64(n))
	if o.up.Load()+o.down.Load() > o.service.Most {
		o.end(EndBytes)
	}
}

func (o *session) end(reason string) { o.endBy(reason, nil) }

// endBy ends the session; the first reason stands.
func (o *session) endBy(reason string, who *account.Caller) {
	o.mu.Lock()
	if o.reason == "" {
		o.reason, o.ender = reason, who
	}
	o.mu.Unlock()
	o.cancel()
	_ = o.way.Close()
}

func (o *session) why() (string, *account.Caller) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.reason, o.ender
}

func (o *session) view(to domain.AccountID) View {
	return View{
		ID: o.id, Device: o.device, Name: o.name, By: o.by.Name, Mine: o.by.Account == to, OpenedAt: o.opened, EndsAt: o.opened.Add(o.service.Lives),
		Bytes: o.up.Load() + o.down.Load(),
	}
}

// ticket makes a secret that lets one browser in.
func (o *session) ticket(now time.Time) (string, time.Time) {
	text, until := rand.Text(), now.Add(ticketLives)
	o.mu.Lock()
	defer o.mu.Unlock()
	for old, end := range o.tickets {
		if len(o.tickets) >= ticketsMost || !now.Before(end) {
			delete(o.tickets, old)
		}
	}
	o.tickets[sha256.Sum256([]byte(text))] = until
	return text, until
}

// redeem uses a ticket up, and gives the secret that the browser shows from now on. A browser that entered before is out.
func (o *session) redeem(ticket string, now time.Time) (string, bool) {
	proof := sha256.Sum256([]byte(ticket))
	o.mu.Lock()
	defer o.mu.Unlock()
	until, ok := o.tickets[proof]
	delete(o.tickets, proof)
	if !ok || !now.Before(until) {
		return "", false
	}
	text := rand.Text()
	o.proof = sha256.Sum256([]byte(text))
	return text, true
}

// admits tells whether one of the values is the secret of the browser that entered. Another host of the domain may have set a cookie of the same name
// beside it: that changes nothing.
func (o *session) admits(values []string) bool {
	o.mu.Lock()
	want := o.proof
	o.mu.Unlock()
	if want == ([32]byte{}) {
		return false
	}
	found := 0
	for _, v := range values {
		have := sha256.Sum256([]byte(v))
		found |= subtle.ConstantTimeCompare(have[:], want[:])
	}
	return found == 1
}
