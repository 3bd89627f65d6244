package tunnel

import (
	"context"
	"net"
	"net/http"
	"strings"
	"time"
)

// enterPath takes a ticket; no device has pages there.
const enterPath = "/.vestibule/enter"

// Wrap serves the hosts of sessions, and hands everything else to next.
func (s *Service) Wrap(next http.Handler) http.Handler {
	if s.Domain == "" {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := strings.ToLower(r.Host)
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		if host != s.Domain && !strings.HasSuffix(host, "."+s.Domain) {
			next.ServeHTTP(w, r)
			return
		}
		s.serve(w, r, strings.TrimSuffix(strings.TrimSuffix(host, s.Domain), "."))
	})
}

// serve answers on a session's host.
func (s *Service) serve(w http.ResponseWriter, r *http.Request, label string) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Time{}) // the end of the session is the deadline
	s.mu.Lock()
	one := s.byHost[label]
	s.mu.Unlock()
	switch {
	case one == nil || one.ctx.Err() != nil:
		page(w, http.StatusGone, "This session has ended", "Open Remote Control anew from the device's page in the portal.")
	case r.URL.Path == enterPath:
		s.enter(w, r, one)
	case !one.admits(values(r, s.cookie())) || strange(r, s.origin(one.label)):
		page(w, http.StatusForbidden, "Not from here", "Open this session from the device's page in the portal.")
	default:
		one.serve(w, r)
	}
}

// enter takes a ticket from the portal's form and gives the browser its secret. The redirect comes from this page: a cookie of this site alone would
// not go with one that the portal began.
func (s *Service) enter(w http.ResponseWriter, r *http.Request, one *session) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	// The portal tells no other host where it is, so a browser may keep its origin to itself.
	from := r.Header.Get("Origin")
	if r.Method != http.MethodPost || from != "" && from != "null" && from != s.portal.Scheme+"://"+s.portal.Host {
		page(w, http.StatusForbidden, "Not from here", "Open this session from the device's page in the portal.")
		return
	}
	secret, ok := one.redeem(r.PostFormValue("ticket"), s.Now())
	if !ok {
		page(w, http.StatusForbidden, "This ticket is used up", "Open the pages anew from the device's page in the portal.")
		return
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure follows the way people reach the portal, as everywhere here
		Name: s.cookie(), Value: secret, Path: "/", HttpOnly: true, Secure: s.secure(), SameSite: http.SameSiteStrictMode, MaxAge: int(s.Lives.Seconds()),
	})
	w.Header().Set("Refresh", "0; url=/")
	page(w, http.StatusOK, "One moment", "The device's pages open.")
}

func (s *Service) secure() bool { return s.portal.Scheme == "https" }

// cookie is the name of a browser's secret. With its prefix no other host can set it (RFC 6265bis section 4.1.3).
func (s *Service) cookie() string {
	if s.secure() {
		return "__Host-vestibule-remote"
	}
	return "vestibule-remote"
}

// values gives every cookie of a name.
func values(r *http.Request, name string) []string {
	var out []string
	for _, c := range r.CookiesNamed(name) {
		out = append(out, c.Value)
	}
	return out
}

// strange tells whether another page's work sent a request: another session's pages too, whose host is of the same site.
func strange(r *http.Request, origin string) bool {
	if from := r.Header.Get("Origin"); from != "" && from != origin || r.Header.Get("Service-Worker") != "" {
		return true
	}
	from := r.Header.Get("Sec-Fetch-Site")
	return from != "" && from != "same-origin" && from != "none"
}

// serve passes one request to the device.
func (o *session) serve(w http.ResponseWriter, r *http.Request) {
	select {
	case o.room <- struct{}{}:
		defer func() { <-o.room }()
	default:
		page(w, http.StatusTooManyRequests, "Too much at once", "The device gets only so many requests at the same time.")
		return
	}
	o.requests.Add(1)
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	stop := context.AfterFunc(o.ctx, cancel)
	defer stop()
	o.proxy.ServeHTTP(w, r.WithContext(ctx))
}

// page answers with a page of our own: plain words, no script, nothing loaded.
func page(w http.ResponseWriter, status int, title, text string) {
	h := w.Header()
	harden(h)
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; form-action 'none'; base-uri 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte("<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'><title>" + title + "</title><h1>" + title +
		"</h1><p>" + text + "</p></html>"))
}
