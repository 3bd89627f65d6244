package lanapi

import (
	"crypto/rand"
	"crypto/sha256"
	"net/http"
	"sync"
	"time"
)

// Lives of a session.
const (
	idleMost    = 30 * time.Minute
	sessionMost = 12 * time.Hour
	maxSessions = 32
	noticeLives = 20 * time.Second
)

// cookieName has the prefix that browsers bind to TLS, this host and the root path.
const cookieName = "__Host-vestibule-agent"

// session is one signed-in browser.
type session struct {
	born, used time.Time
	notice     string // what the last act came to
	noticeEnd  time.Time
}

// sessions keeps signed-in browsers in memory, by the hash of their token.
type sessions struct {
	mu   sync.Mutex
	open map[[32]byte]*session
}

func newSessions() *sessions { return &sessions{open: map[[32]byte]*session{}} }

// begin signs a browser in.
func (s *sessions) begin(now time.Time) *http.Cookie {
	token := rand.Text() + rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trim(now)
	for len(s.open) >= maxSessions {
		var oldest [32]byte
		var used time.Time
		for k, v := range s.open {
			if used.IsZero() || v.used.Before(used) {
				oldest, used = k, v.used
			}
		}
		delete(s.open, oldest)
	}
	s.open[sha256.Sum256([]byte(token))] = &session{born: now, used: now}
	return &http.Cookie{Name: cookieName, Value: token, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: int(sessionMost / time.Second)}
}

func (s *sessions) trim(now time.Time) {
	for k, v := range s.open {
		if now.Sub(v.used) > idleMost || now.Sub(v.born) > sessionMost {
			delete(s.open, k)
		}
	}
}

func key(r *http.Request) (k [32]byte, ok bool) {
	c, err := r.Cookie(cookieName)
	if err != nil || len(c.Value) > 128 {
		return k, false
	}
	return sha256.Sum256([]byte(c.Value)), true
}

// holds tells whether the request comes from a signed-in browser.
func (s *sessions) holds(r *http.Request, now time.Time) bool {
	k, ok := key(r)
	if !ok {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trim(now)
	v := s.open[k]
	if v == nil {
		return false
	}
	v.used = now
	return true
}

// end signs the browser out.
func (s *sessions) end(r *http.Request) *http.Cookie {
	if k, ok := key(r); ok {
		s.mu.Lock()
		delete(s.open, k)
		s.mu.Unlock()
	}
	return &http.Cookie{Name: cookieName, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: -1}
}

// note keeps a sentence for the next pages of this browser.
func (s *sessions) note(r *http.Request, text string, now time.Time) {
	k, _ := key(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	if v := s.open[k]; v != nil {
		v.notice, v.noticeEnd = text, now.Add(noticeLives)
	}
}

func (s *sessions) notice(r *http.Request, now time.Time) string {
	k, _ := key(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	if v := s.open[k]; v != nil && now.Before(v.noticeEnd) {
		return v.notice
	}
	return ""
}
