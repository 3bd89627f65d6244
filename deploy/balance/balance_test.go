package balance_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"vestibule/deploy/balance"
)

// replica answers with its name and the body that it got.
type replica struct {
	*httptest.Server
	ready atomic.Bool
	cut   atomic.Bool // ends connections in the middle of a request
}

func newReplica(t *testing.T, name string) *replica {
	t.Helper()
	r := &replica{}
	r.ready.Store(true)
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path == "/readyz" {
			if !r.ready.Load() {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
			return
		}
		if r.cut.Load() {
			panic(http.ErrAbortHandler)
		}
		body, _ := io.ReadAll(q.Body)
		_, _ = io.WriteString(w, name+string(body))
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *replica) host() string { return strings.TrimPrefix(r.URL, "http://") }

func ask(t *testing.T, b *balance.Balancer) (int, string) {
	t.Helper()
	answer, err := http.Post(b.URL+"/x", "text/plain", strings.NewReader("!"))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

func until(t *testing.T, holds func() bool) {
	t.Helper()
	late := time.After(20 * time.Second)
	for !holds() {
		select {
		case <-late:
			t.Fatal("not in time")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// The judge of the rolling upgrade must be able to see a failure: a cut request is one, one that was never sent is none, and who is not ready gets nothing.
func TestBalancer_TellsACutRequestFromOneThatWasNeverSent(t *testing.T) {
	one, two := newReplica(t, "one"), newReplica(t, "two")
	b := balance.Start(one.host(), two.host())
	t.Cleanup(b.Close)
	until(t, func() bool { return b.Ready(one.host()) && b.Ready(two.host()) })
	seen := map[string]int{}
	for range 10 {
		code, text := ask(t, b)
		if code != http.StatusOK {
			t.Fatal(code, text)
		}
		seen[text]++
	}
	if seen["one!"] != 5 || seen["two!"] != 5 {
		t.Errorf("they take turns: %v", seen)
	}
	one.ready.Store(false)
	until(t, func() bool { return !b.Ready(one.host()) })
	for range 4 {
		if _, text := ask(t, b); text != "two!" {
			t.Errorf("%s is not ready", text)
		}
	}
	if c := b.Counts(); c != (balance.Counts{}) {
		t.Errorf("%+v", c)
	}
	two.cut.Store(true)
	if code, _ := ask(t, b); code != http.StatusBadGateway {
		t.Errorf("a cut request: %d", code)
	}
	if c := b.Counts(); c.Broken != 1 || c.Repeated != 0 {
		t.Errorf("%+v", c)
	}
	one.ready.Store(true)
	until(t, func() bool { return b.Ready(one.host()) })
	two.cut.Store(false)
	two.Close() // and it is still believed to be ready for a moment
	for range 4 {
		if code, text := ask(t, b); code != http.StatusOK || text != "one!" {
			t.Errorf("%d %s", code, text)
		}
	}
	if c := b.Counts(); c.Broken != 1 {
		t.Errorf("%+v", c)
	}
}
