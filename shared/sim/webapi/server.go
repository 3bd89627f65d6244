package webapi

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"vestibule/shared/sim/digestauth"
	"vestibule/shared/sim/relaybank"
	"vestibule/shared/sim/watch"
)

const (
	realm   = "HTTP API"
	maxBody = 256 << 10
)

// Quirks are the bad habits of real devices. The zero value has none.
type Quirks struct {
	ForgetWrites  int  `json:"forget_writes"`  // the next n writes of settings or contacts succeed and are not kept
	LatencyMillis int  `json:"latency_millis"` // before each answer
	Dead          bool `json:"dead"`           // takes connections and gives no answer, to HTTP, SIP and mDNS
	TrailingJunk  bool `json:"trailing_junk"`  // bytes after the JSON body
	Reboots       bool `json:"reboots"`        // restarts after a change of a SIP account
	Hostile       bool `json:"hostile"`        // its pages lead away and set cookies for other hosts
	Closed        bool `json:"closed"`         // 403 for everybody: only listed addresses may ask, and none is
	Retcode       int  `json:"retcode"`        // 200 with this instead of doing anything; 0: none
	EndlessPages  bool `json:"endless_pages"`  // the directory is told in pages of ten that never end
	LoginPage     bool `json:"login_page"`     // a page for people instead of JSON
	Flood         bool `json:"flood"`          // an answer of two gigabytes
	Cut           int  `json:"cut"`            // values that are longer are cut to that in silence, as real ones do at 63; 0: never
}

// Identity is what a device says about itself.
type Identity struct {
	Model, MAC, Firmware, Hardware string // MAC: 12 hexadecimal digits
}

// Options are the parts of a web interface.
type Options struct {
	Addr           netip.AddrPort // port 0 picks one
	User, Password string
	Dialect        Dialect
	Identity       Identity
	Settings       *Settings
	Contacts       *Contacts       // nil: the device has no directory
	Keys           *Keys           // nil: the device keeps no keys of people
	Journal        *Journal        // nil: the device keeps no logs
	Bank           *relaybank.Bank // nil: the device has no relays
	Security       *relaybank.Bank // outputs of an SR01 behind the wall; nil: there is none
	Changed        func(keys []string)
	Reboot         func()
	Reset          func() // the factory's settings come back, and the device restarts
	Answered       func() // after each request; nil: nobody cares
}

// Counts say what a web interface has done.
type Counts struct {
	Requests  int `json:"requests"`
	Refused   int `json:"refused"` // without or with wrong credentials
	Writes    int `json:"writes"`
	Forgotten int `json:"forgotten"`
	Flooded   int `json:"flooded"` // bytes of floods
}

// Server is the web interface of one device.
type Server struct {
	o        Options
	guard    *digestauth.Guard
	listener *gate
	http     *http.Server
	thread   sync.Mutex // the device has one
	secured  *secured   // nil: it speaks HTTP

	mu     sync.Mutex
	born   time.Time
	pages  sessions
	sid    string // of the browser that logged in to the pages last
	quirks Quirks
	counts Counts
}

// Listen opens the port.
func Listen(o Options) (*Server, error) {
	l, err := net.Listen("tcp", o.Addr.String())
	if err != nil {
		return nil, err
	}
	s := &Server{o: o, guard: digestauth.NewGuard(realm, "MD5"), born: time.Now()}
	s.listener = &gate{Listener: l}
	s.http = &http.Server{
		Handler: s, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 20 * time.Second,
		MaxHeaderBytes: 16 << 10, ErrorLog: log.New(io.Discard, "", 0),
	}
	s.http.SetKeepAlivesEnabled(false)
	return s, nil
}

// Addr is the bound address.
func (s *Server) Addr() netip.AddrPort { return s.listener.Addr().(*net.TCPAddr).AddrPort() }

// Close frees the port of a server that was never run.
func (s *Server) Close() {
	_ = s.listener.Close()
	if s.secured != nil {
		_ = s.secured.gate.Close()
	}
}

// Run serves until ctx ends.
func (s *Server) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() {
		s.SetDark(false)
		_ = s.http.Close()
	})
	defer stop()
	if s.secured != nil {
		go func() { _ = s.http.Serve(s.secureListener()) }() // ends with the other
	}
	err := s.http.Serve(s.listener)
	if errors.Is(err, http.ErrServerClosed) || ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// Quirks are the habits at the moment.
func (s *Server) Quirks() Quirks {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.quirks
}

// SetQuirks changes the habits.
func (s *Server) SetQuirks(q Quirks) {
	s.mu.Lock()
	s.quirks = q
	s.mu.Unlock()
}

// SetDark takes connections and answers none until it is ended, as a device without power; questions of that time are
// lost.
func (s *Server) SetDark(dark bool) {
	s.listener.setClosed(dark)
	if s.secured != nil {
		s.secured.gate.setClosed(dark)
	}
}

// SetPassword changes the password of the interface, as somebody does on its page.
func (s *Server) SetPassword(password string) {
	s.thread.Lock()
	defer s.thread.Unlock()
	s.o.Password = password
}

// Restarted starts the uptime anew.
func (s *Server) Restarted() {
	s.mu.Lock()
	s.born, s.sid, s.pages = time.Now(), "", sessions{}
	s.mu.Unlock()
}

// Upgraded makes the device say that it runs another firmware.
func (s *Server) Upgraded(firmware string) {
	s.mu.Lock()
	s.o.Identity.Firmware = firmware
	s.mu.Unlock()
}

// Counts is a copy of the counts.
func (s *Server) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts
}

func (s *Server) count(f func(*Counts)) {
	s.mu.Lock()
	f(&s.counts)
	s.mu.Unlock()
}

// ServeHTTP serves one request after the other.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.thread.Lock()
	defer s.thread.Unlock()
	if s.listener.isClosed() {
		panic(http.ErrAbortHandler)
	}
	s.count(func(c *Counts) { c.Requests++ })
	if s.o.Answered != nil {
		defer s.o.Answered()
	}
	if ms := s.Quirks().LatencyMillis; ms > 0 {
		timer := time.NewTimer(time.Duration(ms) * time.Millisecond)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			return
		}
	}
	w.Header().Set("Server", "EasyHttpServer")
	if s.moves(w, r) || s.otherDialect(w, r) || s.page(w, r) || s.shuts(w) || !s.admit(w, r) || s.misbehaves(w, r) {
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		s.reply(w, http.StatusRequestEntityTooLarge, refuse("", "request is too large"))
		return
	}
	switch path := strings.TrimSuffix(r.URL.Path, "/"); {
	case path == "/fcgi/OpenDoor":
		s.reply(w, http.StatusOK, s.openDoor(r.URL.Query()))
	case path == "/fcgi/do":
		s.reply(w, http.StatusOK, envelope{Retcode: -4, Action: "OpenDoor", Message: "Not Safe"})
	case path == "/api" || strings.HasPrefix(path, "/api/"):
		status, e := s.api(r, strings.TrimPrefix(strings.TrimPrefix(path, "/api"), "/"), body)
		s.reply(w, status, e)
	default:
		http.NotFound(w, r)
	}
}

// admit checks the digest login.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) bool {
	secrets := func(user string) (string, bool) { return s.o.Password, user == s.o.User }
	if user := s.o.Settings.Get("Config.DoorSetting.APIFCGI.UserName"); user != "" { // set by somebody: the factory's is over
		secrets = func(u string) (string, bool) {
			return s.o.Settings.Get("Config.DoorSetting.APIFCGI.Password"), u == user
		}
	}
	if user := s.o.Settings.Get("Config.DoorSetting.RELAY.RelayOnWebUser"); user != "" && r.URL.Path == "/fcgi/OpenDoor" {
		secrets = func(u string) (string, bool) {
			return s.o.Settings.Get("Config.DoorSetting.RELAY.RelayOnWebPwd"), u == user
		}
	}
	verdict := s.guard.Check(r.Header.Get("Authorization"),
		digestauth.Request{Method: r.Method, URI: r.RequestURI}, secrets)
	if verdict == digestauth.Granted {
		return true
	}
	s.count(func(c *Counts) { c.Refused++ })
	w.Header().Set("WWW-Authenticate", s.guard.Challenge(verdict == digestauth.Stale))
	http.Error(w, "Unauthorized", http.StatusUnauthorized)
	return false
}

// envelope is every answer of the dialect.
type envelope struct {
	Retcode int    `json:"retcode"`
	Action  string `json:"action"`
	Message string `json:"message"`
	Data    any    `json:"data"`
}

func done(action string, data any) envelope {
	return envelope{Action: action, Message: "OK", Data: data}
}

func refuse(action, message string) envelope {
	return envelope{Retcode: -1, Action: action, Message: message, Data: struct{}{}}
}

func (s *Server) reply(w http.ResponseWriter, status int, e envelope) {
	if e.Data == nil {
		e.Data = struct{}{}
	}
	b, err := json.Marshal(e)
	if err != nil {
		status, b = http.StatusInternalServerError, []byte(`{"retcode":-1}`)
	}
	if s.Quirks().TrailingJunk {
		b = append(b, "\r\n\x00\xff<!-- "+rand.Text()+"\r\n"...)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(b)
}

// gate holds back the connections of a dead device: they are taken, get no answer and are cut in the end.
type gate struct {
	net.Listener
	point  watch.Point
	mu     sync.Mutex
	closed bool
	held   []net.Conn
}

const maxHeld = 64

func (g *gate) Accept() (net.Conn, error) {
	for {
		c, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		g.mu.Lock()
		closed := g.closed
		if closed && len(g.held) < maxHeld {
			g.held = append(g.held, c)
		} else if closed {
			_ = c.Close()
		}
		g.mu.Unlock()
		if !closed {
			return c, nil
		}
		g.point.Notify()
	}
}

func (g *gate) setClosed(closed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = closed
	for _, c := range g.held {
		_ = c.Close()
	}
	g.held = nil
}

func (g *gate) isClosed() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closed
}
