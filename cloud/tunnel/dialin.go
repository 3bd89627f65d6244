package tunnel

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/hashicorp/yamux"

	"vestibule/shared/domain"
	"vestibule/shared/logkey"
	"vestibule/shared/wire"
)

// DialIn takes tunnels of agents: the certificate must be that of the agent that the command went to, and the command must be open.
func (s *Service) DialIn(w http.ResponseWriter, r *http.Request) {
	id, err := domain.ParseID[domain.CommandID](strings.TrimPrefix(r.URL.Path, wire.TunnelPath))
	if err != nil || r.Method != http.MethodGet || r.TLS == nil || !strings.EqualFold(r.Header.Get("Upgrade"), wire.TunnelProtocol) {
		http.Error(w, "not a tunnel", http.StatusBadRequest)
		return
	}
	agent, err := s.Admit(r.Context(), r.TLS.PeerCertificates)
	if err != nil {
		http.Error(w, "this certificate does not let an agent in", http.StatusUnauthorized)
		return
	}
	c, err := s.Store.ReadCommand(r.Context(), id)
	if err != nil || c.Agent != agent || c.Kind != wire.CommandRemoteOpen || !c.Open() || !s.Now().Before(c.Overdue()) {
		http.Error(w, "nobody waits for this tunnel", http.StatusNotFound)
		return
	}
	if !s.expects(id) {
		http.Error(w, "this tunnel stands", http.StatusConflict)
		return
	}
	way, err := hijack(w)
	if err != nil {
		s.forget(id)
		s.Logger.WarnContext(r.Context(), "no tunnel", logkey.Command, id, logkey.Err, err)
		return
	}
	s.hold(id, way)
}

// arrival is a tunnel that waits for its session, or is about to.
type arrival struct {
	here chan struct{} // closed when way is there
	way  *yamux.Session
}

func (a *arrival) drop() {
	if a.way != nil {
		_ = a.way.Close()
	}
}

// expects keeps a place for a tunnel; there is one for each command.
func (s *Service) expects(id domain.CommandID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, there := s.waiting[id]; there || s.over || s.byID[id] != nil || len(s.waiting) >= atOnce {
		return false
	}
	s.waiting[id] = &arrival{here: make(chan struct{})}
	return true
}

// hold keeps a tunnel for the session that waits for it; one that nobody takes is closed.
func (s *Service) hold(id domain.CommandID, way *yamux.Session) {
	s.mu.Lock()
	a := s.waiting[id]
	if a != nil {
		a.way = way
		close(a.here)
	}
	s.mu.Unlock()
	if a == nil { // the service has ended meanwhile, or nobody waits any more
		_ = way.Close()
		return
	}
	time.AfterFunc(dialedFor, func() { s.forget(id) })
}

// forget takes a tunnel away that nobody has taken.
func (s *Service) forget(id domain.CommandID) {
	s.mu.Lock()
	a := s.waiting[id]
	delete(s.waiting, id)
	s.mu.Unlock()
	if a != nil {
		a.drop()
	}
}

// taken hands over the tunnel that came for a command. The agent's word may be faster than the end of its dialling; nil: there is no tunnel.
func (s *Service) taken(ctx context.Context, id domain.CommandID) *yamux.Session {
	s.mu.Lock()
	a := s.waiting[id]
	s.mu.Unlock()
	if a == nil {
		return nil
	}
	late := time.NewTimer(takenWithin)
	defer late.Stop()
	select {
	case <-a.here:
	case <-late.C:
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting[id] != a {
		return nil
	}
	delete(s.waiting, id)
	return a.way
}

// hijack takes the connection out of HTTP.
func hijack(w http.ResponseWriter) (*yamux.Session, error) {
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, err
	}
	_ = conn.SetDeadline(time.Time{})
	const answer = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: " + wire.TunnelProtocol + "\r\n\r\n"
	if _, err := io.WriteString(conn, answer); err != nil {
		_ = conn.Close()
		return nil, err
	}
	cfg := yamux.DefaultConfig()
	cfg.LogOutput, cfg.KeepAliveInterval, cfg.ConnectionWriteTimeout = io.Discard, 10*time.Second, 10*time.Second
	way, err := yamux.Client(&buffered{Conn: conn, reader: rw.Reader}, cfg)
	if err != nil {
		_ = conn.Close()
	}
	return way, err
}

// buffered reads first what the server had read ahead.
type buffered struct {
	net.Conn
	reader *bufio.Reader
}

func (b *buffered) Read(p []byte) (int, error) { return b.reader.Read(p) }
