package lanapi

import (
	"net/http"
	"strings"
	"testing"
)

// The numbers are for who is signed in, or knows the PIN each time; guessing it there is guessing it.
//
// shows BEY-22 by agent/lanapi/acts.go: "p.guarded(p.cfg.Metrics.ServeHTTP)(w, r)" => "p.cfg.Metrics.ServeHTTP(w, r)"
// shows BEY-22 by agent/lanapi/acts.go: "if wait := p.lock.take(from, p.cfg.Clock.Now()); wait > 0 {" => "if wait := p.lock.take(from, p.cfg.Clock.Now()); false {"
func TestMetrics_AreBehindThePIN(t *testing.T) {
	with := func(pin string) func(*http.Request) {
		return func(r *http.Request) { r.SetBasicAuth("prometheus", pin) }
	}
	unclaimed := newRig(t, false)
	if w := unclaimed.do("GET", "/metrics", nil, with("")); w.Code != http.StatusUnauthorized || strings.Contains(w.Body.String(), "Elm Street") {
		t.Errorf("before the claim: %d %s", w.Code, w.Body)
	}
	r := newRig(t, true)
	if _, err := r.page.EnsurePIN(); err != nil {
		t.Fatal(err)
	}
	pin := r.page.secretPIN().Reveal()
	for range 20 { // a scrape every so often is no guessing
		if w := r.do("GET", "/metrics", nil, with(pin)); w.Code != http.StatusOK || w.Body.String() != "of Elm Street" {
			t.Fatalf("with the PIN: %d %s", w.Code, w.Body)
		}
	}
	for range triesOfOne {
		if w := r.do("GET", "/metrics", nil, with("00000000")); w.Code != http.StatusUnauthorized || strings.Contains(w.Body.String(), "Elm Street") {
			t.Errorf("with another PIN: %d %s", w.Code, w.Body)
		}
	}
	if w := r.do("GET", "/metrics", nil, with(pin)); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" || len(r.health.List()) != 1 {
		t.Errorf("after guessing: %d %s", w.Code, w.Body)
	}
	signed := newRig(t, true)
	signed.signIn()
	if w := signed.do("GET", "/metrics", nil); w.Code != http.StatusOK {
		t.Errorf("signed in: %d", w.Code)
	}
}
