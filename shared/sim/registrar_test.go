package sim

import (
	"net"
	"strings"
	"sync"
	"testing"

	"vestibule/shared/sim/digestauth"
	"vestibule/shared/sim/sipua"
)

// registrar is a tiny registrar on raw messages: it demands digest for everything and knows nobody to call.
type registrar struct {
	conn  *net.UDPConn
	guard *digestauth.Guard

	mu      sync.Mutex
	bound   map[string]bool
	secrets map[string]string
}

func newRegistrar(t *testing.T, secrets map[string]string) *registrar {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	must(t, err)
	r := &registrar{conn: conn, guard: digestauth.NewGuard("site", "SHA-256"), bound: map[string]bool{}, secrets: secrets}
	done := make(chan struct{})
	go func() { defer close(done); r.serve() }()
	t.Cleanup(func() { _ = conn.Close(); <-done })
	return r
}

func (r *registrar) addr() string { return r.conn.LocalAddr().String() }

func (r *registrar) has(user string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.bound[user]
}

func (r *registrar) forget(user string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.bound, user)
}

func (r *registrar) serve() {
	buf := make([]byte, 65535)
	for {
		n, from, err := r.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		m, err := sipua.Parse(buf[:n])
		if err != nil || !m.IsRequest() || m.Method == "ACK" {
			continue
		}
		status, extra := r.judge(m)
		var b strings.Builder
		b.WriteString("SIP/2.0 " + status + "\r\n")
		for _, h := range m.Headers {
			switch h.Name {
			case "Via", "From", "Call-ID", "CSeq":
				b.WriteString(h.Name + ": " + h.Value + "\r\n")
			case "To":
				b.WriteString("To: " + h.Value + ";tag=registrar\r\n")
			}
		}
		b.WriteString(extra + "Content-Length: 0\r\n\r\n")
		_, _ = r.conn.WriteToUDPAddrPort([]byte(b.String()), from)
	}
}

func (r *registrar) judge(m *sipua.Message) (status, extra string) {
	user := ""
	verdict := r.guard.Check(m.Get("Authorization")+m.Get("Proxy-Authorization"),
		digestauth.Request{Method: m.Method, URI: m.URI}, func(u string) (string, bool) {
			user = u
			secret, ok := r.secrets[u]
			return secret, ok
		})
	switch {
	case verdict != digestauth.Granted && m.Method == "REGISTER":
		return "401 Unauthorized", "WWW-Authenticate: " + r.guard.Challenge(false) + "\r\n"
	case verdict != digestauth.Granted:
		return "407 Proxy Authentication Required", "Proxy-Authenticate: " + r.guard.Challenge(false) + "\r\n"
	case m.Method == "REGISTER":
		r.mu.Lock()
		defer r.mu.Unlock()
		r.bound[user] = m.Get("Expires") != "0"
		return "200 OK", "Contact: " + m.Get("Contact") + ";expires=1800\r\n"
	}
	return "404 Not Found", ""
}
