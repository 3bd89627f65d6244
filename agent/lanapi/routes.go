package lanapi

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"vestibule/shared/domain"
)

// route is one row of the table of everything the page answers.
type route struct {
	pattern string
	public  bool // answered without a session; the handler itself looks whether the box is claimed
	handler http.HandlerFunc
}

func (p *Page) table() []route {
	return []route{
		{"GET /healthz", true, p.healthz},
		{"GET /{$}", false, p.status},
		{"GET /status", false, p.statusJSON},
		{"GET /metrics", true, p.scraped},
		{"POST /claim", true, p.claim},
		{"POST /pin", true, p.enter},
		{"POST /out", false, p.leave},
		{"POST /open", false, p.open},
		{"POST /verify", false, p.verify},
	}
}

// PublicRoutes lists what answers without a session: POST /claim only before the claim, POST /pin only after it, and the start page with nothing but
// the form that fits (claim form before, PIN form with status 401 after).
func PublicRoutes() []string { return []string{"GET /healthz", "POST /claim", "POST /pin"} }

// Routes lists every pattern of the router.
func (p *Page) Routes() []string {
	var out []string
	for _, r := range p.table() {
		out = append(out, r.pattern)
	}
	return out
}

func (p *Page) routes() {
	p.mux = http.NewServeMux()
	for _, r := range p.table() {
		h := r.handler
		if !r.public {
			h = p.guarded(r.handler)
		}
		p.mux.HandleFunc(r.pattern, h)
	}
	p.mux.HandleFunc("/", p.guarded(http.NotFound)) // what is not there is nobody's business either
	p.handler = p.dress(http.NewCrossOriginProtection().Handler(p.mux))
}

// maxForm bounds what is read of a request.
const maxForm = 8 << 10

// dress sets what every answer carries and refuses names that are not this box: a page elsewhere could make its name point here.
func (p *Page) dress(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src '"+styleHash+"'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		if !ownName(r.Host) {
			http.Error(w, "This is not the name of this box.", http.StatusMisdirectedRequest)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		next.ServeHTTP(w, r)
	})
}

// ownName takes addresses, localhost and names of the local network.
func ownName(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.Trim(name, "[]")
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	return name == "localhost" || strings.HasSuffix(name, ".local") && !strings.ContainsAny(name, "/\\")
}

// guarded lets signed-in browsers through. Others get 401; at the start page with the form that fits.
func (p *Page) guarded(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		claimed := p.cfg.Claimer.Claimed()
		start := r.URL.Path == "/" && r.Method == http.MethodGet
		switch {
		case claimed && p.sessions.holds(r, p.cfg.Clock.Now()):
			next(w, r)
		case claimed && start:
			p.show(w, http.StatusUnauthorized, "pin", p.form(""))
		case start:
			p.show(w, http.StatusOK, "claim", p.form(""))
		default:
			http.Error(w, "Sign in on the start page.", http.StatusUnauthorized)
		}
	}
}

// source is who asks.
func source(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}

// number reads a relay number of a form; 0 is none.
func number(text string) int {
	if len(text) != 1 || text[0] < '1' || text[0] > '0'+domain.SecurityRelayNumber {
		return 0
	}
	return int(text[0] - '0')
}
