package twonapi

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"vestibule/shared/sim/digestauth"
	"vestibule/shared/sim/relaybank"
)

const (
	realm   = "HIP2.50.0.76.2"
	maxBody = 256 << 10
)

// Options are the parts of an intercom.
type Options struct {
	Addr                netip.AddrPort // port 0 picks one
	User, Password      string
	MAC, Variant, Firm  string // MAC: 12 hexadecimal digits
	Bank                *relaybank.Bank
	Restart, FactoryNew func() // nil: nothing happens
}

// Quirks are bad habits. The zero value has none.
type Quirks struct {
	ForgetWrites bool // writes succeed and are not kept
	Dark         bool // requests are taken and not answered
	LoginPage    bool // a page for people instead of JSON
}

// Server is one intercom.
type Server struct {
	o        Options
	guard    *digestauth.Guard
	listener net.Listener
	http     *http.Server
	thread   sync.Mutex // the device has one

	mu      sync.Mutex
	born    time.Time
	quirks  Quirks
	writes  int
	account Account
	secret  string
	series  string
	stamp   int64
	users   []User
}

// Listen opens the port.
func Listen(o Options) (*Server, error) {
	l, err := net.Listen("tcp", o.Addr.String())
	if err != nil {
		return nil, err
	}
	s := &Server{o: o, guard: digestauth.NewGuard(realm, "MD5"), listener: l, born: time.Now()}
	s.Clear()
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 20 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	s.http.SetKeepAlivesEnabled(false)
	return s, nil
}

// Addr is the bound address.
func (s *Server) Addr() netip.AddrPort { return s.listener.Addr().(*net.TCPAddr).AddrPort() }

// Run serves until ctx ends.
func (s *Server) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = s.http.Close() })
	defer stop()
	if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return ctx.Err()
}

// SetQuirks changes the habits.
func (s *Server) SetQuirks(q Quirks) {
	s.mu.Lock()
	s.quirks = q
	s.mu.Unlock()
}

// Quirks are the habits at the moment.
func (s *Server) Quirks() Quirks {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.quirks
}

// Writes counts the changes that were accepted.
func (s *Server) Writes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writes
}

// Restarted starts the uptime anew.
func (s *Server) Restarted() {
	s.mu.Lock()
	s.born = time.Now()
	s.mu.Unlock()
}

// ServeHTTP serves one request after the other.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.thread.Lock()
	defer s.thread.Unlock()
	q := s.Quirks()
	if q.Dark {
		<-r.Context().Done()
		return
	}
	verdict := s.guard.Check(r.Header.Get("Authorization"), digestauth.Request{Method: r.Method, URI: r.RequestURI},
		func(user string) (string, bool) { return s.o.Password, user == s.o.User })
	switch {
	case verdict != digestauth.Granted:
		w.Header().Set("WWW-Authenticate", s.guard.Challenge(verdict == digestauth.Stale))
		http.Error(w, "Unauthorized", http.StatusUnauthorized)
		return
	case q.LoginPage:
		_, _ = io.WriteString(w, "<!doctype html><title>2N</title>")
		return
	case r.URL.Path == "/api/camera/snapshot":
		s.picture(w, r)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		reply(w, problem(3, "", "request is too large"))
		return
	}
	reply(w, s.act(r.Method, r.URL.Path, r.URL.Query(), body))
}

// envelope is every answer.
type envelope struct {
	Success bool   `json:"success"`
	Result  any    `json:"result,omitempty"`
	Error   *fault `json:"error,omitempty"`
}

type fault struct {
	Code        int    `json:"code"`
	Param       string `json:"param,omitempty"`
	Description string `json:"description"`
}

func done(result any) envelope { return envelope{Success: true, Result: result} }

func problem(code int, param, description string) envelope {
	return envelope{Error: &fault{code, param, description}}
}

func reply(w http.ResponseWriter, e envelope) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Server", realm)
	_ = json.NewEncoder(w).Encode(e)
}

// kept counts a write and says whether the device keeps it.
func (s *Server) kept() bool {
	s.writes++
	return !s.quirks.ForgetWrites
}
