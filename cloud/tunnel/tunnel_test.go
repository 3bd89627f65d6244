package tunnel_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"vestibule/cloud/audit"
	"vestibule/cloud/tunnel"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// echo tells what a device was sent.
func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("Content-Type", "text/plain")
	http.SetCookie(w, &http.Cookie{Name: "sid", Value: "device-s", Domain: "example.net", Path: "/"})
	http.SetCookie(w, &http.Cookie{Name: "__Host-vestibule-remote", Value: "stolen", Path: "/", Secure: true})
	http.SetCookie(w, &http.Cookie{Name: "vestibule-remote", Value: "stolen", Path: "/"})
	w.Header().Set("Strict-Transport-Security", "max-age=1")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	_ = json.NewEncoder(w).Encode(map[string]any{"host": r.Host, "header": r.Header, "path": r.URL.RequestURI(), "body": string(body), "method": r.Method})
}

type heard struct {
	Host, Path, Body, Method string
	Header                   http.Header
}

// shows REM-01 EDGE-23 by cloud/tunnel/serve.go: "o.proxy.ServeHTTP(w, r.WithContext(ctx))" => "_ = ctx"
// shows EDGE-23 by cloud/tunnel/proxy.go: "h.Del(\"Cookie\")"
// shows EDGE-23 by cloud/tunnel/proxy.go: "h.Del(\"Authorization\")"
func TestSession_ShowsTheDeviceAndNothingOfOurs(t *testing.T) {
	h := newHouse(t, http.HandlerFunc(echo))
	b := h.enter()
	a := b.send(http.MethodPost, "/set?zone=2", "name=Gate", func(r *http.Request) {
		r.AddCookie(&http.Cookie{Name: "theme", Value: "dark"})
		r.AddCookie(&http.Cookie{Name: "__Host-vestibule", Value: "portal-session"})
		r.Header.Set("Authorization", "Bearer portal-token")
		r.Header.Set("Origin", "http://"+b.host)
		r.Header.Set("Referer", "http://"+b.host+"/form?x=1")
		r.Header.Set("X-Forwarded-For", "203.0.113.9")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	})
	var got heard
	if err := json.Unmarshal([]byte(text(a)), &got); err != nil || a.StatusCode != http.StatusOK {
		t.Fatalf("%d %v", a.StatusCode, err)
	}
	if got.Host != address || got.Path != "/set?zone=2" || got.Body != "name=Gate" || got.Method != http.MethodPost {
		t.Errorf("the device was asked %+v", got)
	}
	if c := got.Header.Get("Cookie"); c != "theme=dark" {
		t.Errorf("the device sees the cookies %q", c)
	}
	for name, want := range map[string]string{
		"Authorization": "", "X-Forwarded-For": "", "Sec-Fetch-Site": "", "Origin": "http://" + address, "Referer": "http://" + address + "/form?x=1",
	} {
		if v := got.Header.Get(name); v != want {
			t.Errorf("the device sees %s %q, want %q", name, v, want)
		}
	}
	set := a.Cookies()
	if len(set) != 1 || set[0].Name != "sid" || set[0].Domain != "" || set[0].Value != "device-s" {
		t.Errorf("the device sets %v", set)
	}
	for name, want := range map[string]string{
		"Strict-Transport-Security": "", "Access-Control-Allow-Origin": "", "X-Frame-Options": "SAMEORIGIN", "Referrer-Policy": "same-origin", "Cache-Control": "no-store",
	} {
		if v := a.Header.Get(name); v != want {
			t.Errorf("%s is %q, want %q", name, v, want)
		}
	}
	// The login of the device's own pages goes through.
	a = b.get("/", func(r *http.Request) { r.SetBasicAuth("admin", "admin") })
	got = heard{}
	if _ = json.Unmarshal([]byte(text(a)), &got); strings.Contains(got.Header.Get("Cookie"), "vestibule") {
		t.Errorf("the device sees our cookie: %q", got.Header.Get("Cookie"))
	}
	if !strings.HasPrefix(got.Header.Get("Authorization"), "Basic ") {
		t.Errorf("the device's own login: %q", got.Header.Get("Authorization"))
	}
}

// shows EDGE-23 by cloud/tunnel/session.go: "delete(o.tickets, proof)"
// shows EDGE-23 by cloud/tunnel/serve.go: "case !one.admits(values(r, s.cookie())) || strange(r, s.origin(one.label)):" => "case false:"
func TestSession_LetsNobodyElseIn(t *testing.T) {
	h := newHouse(t, http.HandlerFunc(echo))
	b := &browser{h: h, view: h.open()}
	ticket := b.ticket()
	if a := b.get("/"); a.StatusCode != http.StatusForbidden {
		t.Errorf("before the ticket: %d", a.StatusCode)
	}
	if a := b.redeem("guess"); a.StatusCode != http.StatusForbidden || len(a.Cookies()) != 0 {
		t.Errorf("a guess: %d", a.StatusCode)
	}
	if a := b.redeem(ticket, func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }); a.StatusCode != http.StatusForbidden {
		t.Errorf("from another page: %d", a.StatusCode)
	}
	if a := b.redeem(ticket); a.StatusCode != http.StatusOK {
		t.Fatalf("the ticket: %d", a.StatusCode)
	}
	second := &browser{h: h, view: b.view, host: b.host}
	if a := second.redeem(ticket); a.StatusCode != http.StatusForbidden || len(second.jar) != 0 {
		t.Errorf("the ticket again: %d", a.StatusCode)
	}
	if a := b.get("/"); a.StatusCode != http.StatusOK {
		t.Errorf("the browser that entered: %d", a.StatusCode)
	}
	for name, change := range map[string]func(*http.Request){
		"another session's page":   func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") },
		"a page of the internet":   func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"a socket of another page": func(r *http.Request) { r.Header.Set("Origin", "http://other."+sessions) },
		"a worker":                 func(r *http.Request) { r.Header.Set("Service-Worker", "script") },
		"a wrong cookie":           func(r *http.Request) { r.Header.Set("Cookie", "vestibule-remote=evil") },
		"no cookie":                func(r *http.Request) { r.Header.Del("Cookie") },
	} {
		if a := b.get("/", change); a.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d", name, a.StatusCode)
		}
	}
	for _, host := range []string{"abc." + sessions, sessions, "x." + b.host} {
		other := &browser{h: h, host: host, jar: b.jar}
		if a := other.get("/"); a.StatusCode != http.StatusGone {
			t.Errorf("%s: %d", host, a.StatusCode)
		}
	}
	if a := (&browser{h: h, host: "doors.example.com"}).get("/"); text(a) != "the portal" {
		t.Error("the portal is away")
	}
	// Another tenant sees no session, and a colleague gets no ticket.
	if _, err := h.service.Enter(as(eve), site, b.view.ID, eve); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("another tenant: %v", err)
	}
	if err := h.service.Close(as(eve), site, b.view.ID, eve); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("another tenant ends it: %v", err)
	}
	if _, err := h.service.Open(as(eve), site, device, eve); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("another tenant opens one: %v", err)
	}
	if _, err := h.service.List(as(eve), site, eve); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("another tenant lists: %v", err)
	}
	if _, err := h.service.Enter(as(olaf), site, b.view.ID, olaf); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("a colleague: %v", err)
	}
	if list, err := h.service.List(as(olaf), site, olaf); err != nil || len(list) != 1 || list[0].Mine || list[0].By != "Ina" {
		t.Errorf("a colleague lists %+v %v", list, err)
	}
}

// A device that sets a cookie gets its own back, whatever another host of the domain has put beside it.
//
// shows EDGE-23 by cloud/tunnel/proxy.go: "out = append(out, name+\"=\"+mine[name])" => "_ = name"
func TestSession_CookiesCannotBeTossed(t *testing.T) {
	h := newHouse(t, http.HandlerFunc(echo))
	b := h.enter()
	b.jar = append(b.jar, b.get("/login").Cookies()...)
	for name, toss := range map[string]string{"before": "sid=evil; ", "after": "", "ours": "vestibule-remote=evil; __Host-vestibule-remote=evil; "} {
		a := b.get("/", func(r *http.Request) {
			line := toss + r.Header.Get("Cookie")
			if name == "after" {
				line += "; sid=evil; once=1; twice=1; twice=2"
			}
			r.Header.Set("Cookie", line)
		})
		var got heard
		_ = json.Unmarshal([]byte(text(a)), &got)
		if c := got.Header.Get("Cookie"); !strings.Contains(c, "sid=device-s") || strings.Contains(c, "evil") || strings.Contains(c, "twice") || strings.Contains(c, "vestibule") {
			t.Errorf("%s: the device sees %q", name, c)
		}
	}
}

// shows EDGE-23 by cloud/tunnel/proxy.go: "return \"\", errAway" => "return at, nil"
func TestSession_ADeviceLeadsNowhereElse(t *testing.T) {
	var to string
	h := newHouse(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/later" {
			w.Header().Set("Refresh", "3; url="+to)
			return
		}
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusFound)
	}))
	b := h.enter()
	for at, want := range map[string]string{
		"/login": "/login", "login?a=b#c": "/login?a=b#c", "http://" + address + "/x?y": "/x?y", "http://" + address + ":80/x": "/x", "http://" + address: "/", "//" + address + "/x": "/x",
		"http://127.0.0.1/": "", "http://127.0.0.1:8080/x": "", "https://evil.example/": "", "//evil.example/x": "", "http://192.168.7.200/": "", "https://" + address + "/": "",
		"http://" + address + ":8080/": "", "javascript:alert(1)": "", "http://" + address + "@evil.example/": "", "http://u:p@" + address + "/": "", "/\\evil.example": "/%5Cevil.example",
		"http://" + address + "//evil.example/": "/evil.example/",
	} {
		to = at
		for _, path := range []string{"/a/b", "/later"} {
			a := b.get(path)
			got := a.Header.Get("Location") + strings.TrimPrefix(a.Header.Get("Refresh"), "3; url=")
			if path == "/a/b" && at == "login?a=b#c" {
				got = strings.TrimPrefix(got, "/a")
			}
			if want == "" && (a.StatusCode != http.StatusBadGateway || got != "") || want != "" && got != want {
				t.Errorf("%s of %q leads to %q with %d, want %q", path, at, got, a.StatusCode, want)
			}
		}
	}
}

func TestSession_LinksToTheDeviceStayInside(t *testing.T) {
	h := newHouse(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		if r.URL.Path == "/plain" {
			w.Header().Set("Content-Type", "text/plain")
		}
		for _, part := range []string{"<a href='http://192.168.", "7.20/x'>", "http://192.168.7.200/", " http://192.168.7.20:8080/ ", strings.Repeat("=", 40<<10), "http://192.168.7.2", "0"} {
			_, _ = io.WriteString(w, part)
			_ = http.NewResponseController(w).Flush()
		}
	}))
	b := h.enter()
	inside := "http://" + b.host
	want := "<a href='" + inside + "/x'>http://192.168.7.200/ http://192.168.7.20:8080/ " + strings.Repeat("=", 40<<10) + inside
	if got := text(b.get("/")); got != want {
		t.Errorf("%d bytes, want %d: %.80q … %q", len(got), len(want), got, got[max(0, len(got)-60):])
	}
	if got := text(b.get("/plain")); !strings.HasPrefix(got, "<a href='http://192.168.7.20/x'>") {
		t.Errorf("a text was changed: %.60q", got)
	}
}

// shows EDGE-23 by cloud/tunnel/service.go: "one.end(EndTime)"
// shows LOG-04 by cloud/tunnel/service.go: "return s.Store.Record(ctx, account.Stamp(ctx, e))" => "_ = account.Stamp(ctx, e); return nil"
func TestSession_EndsAtItsTimeAndIsRecorded(t *testing.T) {
	const lives = 5 * time.Second // a slow machine enters and looks within it
	h := newHouse(t, http.HandlerFunc(echo), func(c *tunnel.Config) { c.Lives = lives })
	b := h.enter()
	if left := time.Until(b.view.EndsAt); left > lives || left < 0 {
		t.Errorf("ends in %v", left)
	}
	if a := b.get("/"); a.StatusCode != http.StatusOK {
		t.Fatalf("%d", a.StatusCode)
	}
	e := h.ended(1)[0]
	var after struct {
		Down     int64 `json:"bytes_down"`
		Requests int   `json:"requests"`
	}
	if err := json.Unmarshal(e.After, &after); err != nil || e.Action != audit.Ended || e.Object != "remote_session" || e.ObjectID != device || e.ObjectName != "Gate" ||
		e.Reason != tunnel.EndTime || e.Site != site || after.Requests != 1 || after.Down == 0 {
		t.Errorf("recorded %+v %s", e, e.After)
	}
	if a := b.get("/"); a.StatusCode != http.StatusGone {
		t.Errorf("after the end: %d", a.StatusCode)
	}
	if _, err := h.service.Enter(as(ina), site, b.view.ID, ina); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("a ticket after the end: %v", err)
	}
}

func TestSession_IsEndedByAPersonAnAgentOrItsRevocation(t *testing.T) {
	h := newHouse(t, http.HandlerFunc(echo))
	for n, end := range map[string]func(v tunnel.View){
		tunnel.EndClosed: func(v tunnel.View) {
			if err := h.service.Close(as(olaf), site, v.ID, olaf); err != nil {
				t.Error(err)
			}
		},
		tunnel.EndAgent:   func(tunnel.View) { h.mu.Lock(); defer h.mu.Unlock(); _ = h.way.Close() },
		tunnel.EndRevoked: func(tunnel.View) { h.service.Drop(domain.AgentID{99}); h.service.Drop(agent) },
	} {
		before := len(h.ended(0))
		b := h.enter()
		end(b.view)
		e := h.ended(before + 1)[before]
		if e.Reason != n || n == tunnel.EndClosed && e.Actor != "Olaf" || n != tunnel.EndClosed && e.Actor == "" {
			t.Errorf("%s: recorded %+v", n, e)
		}
		if a := b.get("/"); a.StatusCode != http.StatusGone {
			t.Errorf("%s: %d", n, a.StatusCode)
		}
	}
}

// A page without end, and one that is too large, take the session with them and nothing else.
//
// shows EDGE-23 by cloud/tunnel/session.go: "o.end(EndBytes)"
func TestSession_HasABoundOfBytes(t *testing.T) {
	h := newHouse(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 32<<10)); err != nil {
				return
			}
		}
	}), func(c *tunnel.Config) { c.Most = 4 << 20 })
	b := h.enter()
	if got := len(text(b.get("/"))); got > 8<<20 {
		t.Errorf("%d bytes came through", got)
	}
	if e := h.ended(1)[0]; e.Reason != tunnel.EndBytes {
		t.Errorf("recorded %+v", e)
	}
	other := h.open() // the next one is not concerned
	if other.ID == b.view.ID {
		t.Error("the same session")
	}
}

func TestSession_SocketsPass(t *testing.T) {
	h := newHouse(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "websocket" || r.Header.Get("Origin") != "http://"+address {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
		_, _ = io.Copy(conn, rw)
	}))
	b := h.enter()
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.front.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	fmt.Fprintf(conn, "GET /ws HTTP/1.1\r\nHost: %s\r\nOrigin: http://%s\r\nCookie: %s=%s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", b.host, b.host, b.jar[0].Name, b.jar[0].Value)
	r := bufio.NewReader(conn)
	resp, err := http.ReadResponse(r, nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("%v %v", resp, err)
	}
	fmt.Fprint(conn, "ping")
	got := make([]byte, 4)
	if _, err := io.ReadFull(r, got); err != nil || string(got) != "ping" {
		t.Fatalf("%q %v", got, err)
	}
	if err := h.service.Close(as(ina), site, b.view.ID, ina); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(r, got); err == nil {
		t.Error("the socket outlives the session")
	}
}
