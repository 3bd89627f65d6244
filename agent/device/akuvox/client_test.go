package akuvox_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"vestibule/agent/device"
	"vestibule/agent/device/akuvox"
	"vestibule/agent/device/web"
	"vestibule/shared/secret"
)

// serve answers every request with f; the driver signs in as api with a planted secret.
func serve(t *testing.T, opts web.Options, f http.HandlerFunc) *akuvox.Phone {
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	d := akuvox.New(opts)
	d.Use(device.Access{Addr: netip.MustParseAddrPort(server.Listener.Addr().String()), User: "api", Password: secret.New("planted-secret")})
	return d
}

const good = `{"retcode":0,"action":"info","message":"OK","data":{"Status":{"Model":"R29","MAC":"0C:11:05:0b:98:14","FirmwareVersion":"29.30.10.205"}}}`

func TestIdentify_HostileAndOddAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		want   device.Kind
	}{
		"good":                   {200, good, ""},
		"bytes after the body":   {200, good + "\x00\xff garbage {", ""},
		"bytes that are no text": {200, strings.Replace(good, "R29", "R\xff29", 1), ""},
		"retcode in quotes":      {200, strings.Replace(good, `:0`, `:"0"`, 1), ""},
		"retcode negative":       {200, `{"retcode":-3,"message":"no \u0007","data":{}}`, device.Refused},
		"no retcode":             {200, `{"data":{"Status":{"MAC":"0C11050B9814"}}}`, device.Garbled},
		"a page":                 {200, `<html>login</html>`, device.Garbled},
		"empty":                  {200, ``, device.Garbled},
		"a list":                 {200, `[1,2]`, device.Garbled},
		"no MAC":                 {200, `{"retcode":0,"data":{"Status":{"MAC":"0C11050B981"}}}`, device.Garbled},
		"wrong types":            {200, `{"retcode":0,"data":{"Status":[1]}}`, device.Garbled},
		"too long":               {200, `{"retcode":0,"data":"` + strings.Repeat("x", 2<<20) + `"}`, device.Garbled},
		"deep":                   {200, `{"retcode":0,"data":` + strings.Repeat("[", 200000), device.Garbled},
		"mode, not password":     {403, ``, device.Refused},
		"not found":              {404, `404`, device.Refused},
		"broken":                 {500, good, device.Refused},
		"basic only":             {401, ``, device.Unauthorised},
	} {
		t.Run(name, func(t *testing.T) {
			d := serve(t, quick, func(w http.ResponseWriter, _ *http.Request) {
				if c.status == 401 {
					w.Header().Set("WWW-Authenticate", `Basic realm="HTTP API"`)
				}
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.body))
			})
			who, err := d.Identify(t.Context())
			if device.KindOf(err) != c.want || err == nil && (who.MAC != "0C11050B9814" || !strings.HasPrefix(who.Model, "R")) {
				t.Fatalf("%+v %v, want %q", who, err, c.want)
			}
		})
	}
}

func TestClient_FollowsNoRedirectAndShowsNoSecret(t *testing.T) {
	var mu sync.Mutex
	var seen []string
	var authorizations []string
	d := serve(t, quick, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, r.Host+r.RequestURI+strings.Join(r.Header.Values("Authorization"), ""))
		authorizations = append(authorizations, r.Header.Get("Authorization"))
		if !r.Close {
			t.Error("the connection is kept")
		}
		switch {
		case r.Header.Get("Authorization") == "":
			w.Header().Add("WWW-Authenticate", `Basic realm="x"`)
			w.Header().Add("WWW-Authenticate", `Digest realm="HTTP API", nonce="n,1", qop="auth,auth-int", opaque="o", algorithm=MD5`)
			w.WriteHeader(401)
		default:
			http.Redirect(w, r, "http://127.0.0.1:1/steal", http.StatusTemporaryRedirect)
		}
	})
	err := d.Trigger(t.Context(), 1, time.Second)
	if device.KindOf(err) != device.Refused {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(seen) != 2 || !strings.Contains(authorizations[1], `qop=auth`) || !strings.Contains(authorizations[1], `opaque="o"`) {
		t.Fatalf("requests %q", seen)
	}
	if strings.Contains(strings.Join(seen, " ")+err.Error(), "planted-secret") {
		t.Fatal("the password was shown")
	}
}

func TestClient_StaleNonceIsAnsweredAgainWrongPasswordIsNot(t *testing.T) {
	requests, stale := 0, true
	d := serve(t, quick, func(w http.ResponseWriter, r *http.Request) {
		requests++
		if r.Header.Get("Authorization") != "" && requests > 2 {
			_, _ = w.Write([]byte(good))
			return
		}
		c := `Digest realm="HTTPAPI", nonce="` + time.Now().String() + `", qop="auth"`
		if r.Header.Get("Authorization") != "" && stale {
			c += ", stale=true"
		}
		w.Header().Set("WWW-Authenticate", c)
		w.WriteHeader(401)
	})
	if _, err := d.Identify(t.Context()); err != nil || requests != 3 {
		t.Fatalf("%v after %d requests", err, requests)
	}
	if _, err := d.Identify(t.Context()); err != nil || requests != 4 {
		t.Fatalf("the nonce was not used again: %v after %d requests", err, requests)
	}
	wrong := 0
	d = serve(t, quick, func(w http.ResponseWriter, _ *http.Request) {
		wrong++
		w.Header().Set("WWW-Authenticate", `Digest realm="x", nonce="y", qop="auth"`)
		w.WriteHeader(401)
	})
	if _, err := d.Identify(t.Context()); device.KindOf(err) != device.Unauthorised || wrong != 2 {
		t.Fatalf("%v after %d requests", err, wrong)
	}
}

// Invariant of the client: one request at a time, a pause between, and a relay goes before everything that waits.
func TestClient_OneAtATimeRelaysFirst(t *testing.T) {
	const gap = 30 * time.Millisecond
	var mu sync.Mutex
	var order []string
	var ended time.Time
	inside := 0
	first := make(chan struct{})
	release := make(chan struct{})
	d := serve(t, web.Options{Gap: gap, Connect: time.Second, Answer: 5 * time.Second, Trigger: 5 * time.Second}, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		inside++
		if inside > 1 {
			t.Error("two requests at once")
		}
		if since := time.Since(ended); !ended.IsZero() && since < gap-5*time.Millisecond {
			t.Errorf("only %s between two requests", since)
		}
		order = append(order, r.URL.Path)
		n := len(order)
		mu.Unlock()
		if n == 1 {
			close(first)
			<-release
		}
		_, _ = w.Write([]byte(good))
		mu.Lock()
		inside--
		ended = time.Now()
		mu.Unlock()
	})
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = d.Identify(t.Context()) })
	<-first
	for range 4 {
		wg.Go(func() { _, _ = d.Identify(t.Context()) })
	}
	started := make(chan struct{})
	wg.Go(func() { close(started); _ = d.Trigger(t.Context(), 1, time.Second) })
	<-started
	wg.Go(func() { <-time.After(500 * time.Millisecond); close(release) })
	wg.Wait()
	for i, path := range order {
		if path == "/api/relay/trig" && i > 2 {
			t.Fatalf("the relay waited behind %v", order[:i])
		}
	}
	if len(order) != 6 {
		t.Fatalf("%v", order)
	}
}

func TestClient_GivingUpInTheQueueSendsNothing(t *testing.T) {
	entered, release := make(chan struct{}, 9), make(chan struct{})
	d := serve(t, quick, func(w http.ResponseWriter, _ *http.Request) {
		entered <- struct{}{}
		<-release
		_, _ = w.Write([]byte(good))
	})
	busy := make(chan error, 1)
	go func() { _, err := d.Identify(t.Context()); busy <- err }()
	<-entered
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := d.Trigger(ctx, 1, time.Second); device.KindOf(err) != device.Unreachable || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	close(release)
	if err := <-busy; err != nil || len(entered) != 0 {
		t.Fatal(err, len(entered))
	}
}
