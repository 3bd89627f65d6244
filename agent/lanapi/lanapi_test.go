package lanapi

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"vestibule/agent/door"
	"vestibule/agent/health"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

func TestRoutes_AllButTheListedAnswer401(t *testing.T) {
	for _, claimed := range []bool{false, true} {
		r := newRig(t, claimed)
		for _, pattern := range append(r.page.Routes(), "GET /nothing", "POST /", "DELETE /open", "GET /pin", "PUT /claim", "GET /../etc/passwd", "GET //", "OPTIONS /status") {
			method, path, _ := strings.Cut(pattern, " ")
			path = strings.TrimSuffix(path, "{$}")
			w := r.do(method, path, nil)
			want := http.StatusUnauthorized
			switch {
			case pattern == "GET /healthz":
				want = http.StatusOK
			case !claimed && pattern == "GET /{$}":
				want = http.StatusOK
			case !claimed && pattern == "POST /claim":
				want = http.StatusUnprocessableEntity
			}
			if w.Code != want && !(w.Code/100 == 3 && want == 401 && strings.Contains(path, "/.")) && !(path == "//" && w.Code/100 == 3) {
				t.Errorf("claimed %v: %s answers %d, want %d", claimed, pattern, w.Code, want)
			}
			if strings.Contains(w.Body.String(), "Elm Street") || strings.Contains(w.Body.String(), "Gate") {
				t.Errorf("claimed %v: %s tells a stranger of the site", claimed, pattern)
			}
			if w.Header().Get("Content-Security-Policy") == "" || w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %v", pattern, w.Header())
			}
		}
		if len(r.asks)+len(r.claims) != 0 {
			t.Error("a stranger did something")
		}
	}
	if len(PublicRoutes()) != 3 || !public("GET /healthz") {
		t.Error("the list of public routes changed: change this test knowingly")
	}
}

func TestClaim_OnceThenPINAndNeverAgain(t *testing.T) {
	r := newRig(t, false)
	if w := r.do("GET", "/", nil); w.Code != 200 || !strings.Contains(w.Body.String(), "Claim this box") {
		t.Fatal(w.Code)
	}
	if w := r.do("POST", "/pin", url.Values{"pin": {"1"}}); w.Code != 401 {
		t.Fatal("a PIN before the claim", w.Code)
	}
	r.refuse = fault.New(fault.Invalid, "The code is not valid.")
	if w := r.do("POST", "/claim", url.Values{"link": {" vestibule://x "}}); w.Code != 422 || !strings.Contains(w.Body.String(), "The code is not valid.") {
		t.Fatal(w.Code, w.Body)
	}
	r.refuse = nil
	w := r.do("POST", "/claim", url.Values{"address": {"cloud.example"}, "code": {"ABCDE-FGHJ-KMNP"}})
	if w.Code != 200 || len(r.shown) != 1 || !regexp.MustCompile(`^[0-9]{8}$`).MatchString(r.shown[0]) || !strings.Contains(w.Body.String(), r.shown[0]) {
		t.Fatal(w.Code, r.shown)
	}
	if r.claims[0].Link != "vestibule://x" || r.claims[1] != (Claim{Address: "cloud.example", Code: "ABCDE-FGHJ-KMNP"}) {
		t.Fatalf("%+v", r.claims)
	}
	if w := r.do("POST", "/claim", url.Values{"link": {"vestibule://y"}}); w.Code != 401 || len(r.claims) != 2 {
		t.Fatal("claimed twice", w.Code)
	}
	if w := r.do("GET", "/", nil); w.Code != 401 || strings.Contains(w.Body.String(), r.shown[0]) {
		t.Fatal("the PIN is shown again", w.Code)
	}
	info, err := os.Stat(filepath.Join(r.folder, pinFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatal(info, err)
	}
}

func TestClaim_TriesAreCounted(t *testing.T) {
	r := newRig(t, false)
	r.refuse = errors.New("no")
	for range triesOfOne {
		r.do("POST", "/claim", url.Values{"link": {"vestibule://x"}})
	}
	if w := r.do("POST", "/claim", url.Values{"link": {"vestibule://x"}}); w.Code != 429 || w.Header().Get("Retry-After") == "" || len(r.claims) != triesOfOne {
		t.Fatal(w.Code, len(r.claims))
	}
}

func TestPIN_GuessingIsLockedWithGrowingWaits(t *testing.T) {
	r := newRig(t, true)
	r.signIn()
	r.cookies = nil
	guess := func(pin, from string) int {
		return r.do("POST", "/pin", url.Values{"pin": {pin}}, func(q *http.Request) { q.RemoteAddr = from + ":1" }).Code
	}
	for n := range triesOfOne {
		if code := guess("wrong", "10.0.0.66"); code != 401 {
			t.Fatalf("try %d: %d", n, code)
		}
	}
	if code := guess(r.page.secretPIN().Reveal(), "10.0.0.66"); code != 429 {
		t.Fatalf("the right PIN during the wait: %d", code)
	}
	if len(r.health.List()) != 1 || len(r.notes) != 1 || r.notes[0].What != "wrong_pin" {
		t.Fatalf("%+v %+v", r.health.List(), r.notes)
	}
	if code := guess(r.page.secretPIN().Reveal(), "10.0.0.67"); code != 303 {
		t.Fatalf("another source is locked out: %d", code)
	}
	waits := []time.Duration{}
	for range 9 {
		_ = guess("wrong", "10.0.0.66")
		one := r.page.lock.sources[source(&http.Request{RemoteAddr: "10.0.0.66:1"})]
		waits = append(waits, one.until.Sub(r.now))
		r.now = one.until
	}
	for i := 1; i < len(waits)-1; i++ {
		if waits[i+1] < waits[i] || waits[i] > waitMost {
			t.Fatalf("%v", waits)
		}
	}
	if waits[len(waits)-1] != waitMost {
		t.Fatalf("%v", waits)
	}
	r.now = r.now.Add(waitMost)
	for n := range triesOfAll { // many sources, few tries each
		_ = guess("wrong", "10.0.1."+string(rune('0'+n/10))+string(rune('0'+n%10)))
	}
	if code := guess("wrong", "10.0.2.1"); code != 429 {
		t.Fatalf("guessing from many sources: %d", code)
	}
}

func TestPIN_ManyAtOnceGainNothing(t *testing.T) {
	r := newRig(t, true)
	if _, err := r.page.EnsurePIN(); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	judged := make(chan int, 100)
	for range 100 {
		wg.Go(func() { judged <- r.do("POST", "/pin", url.Values{"pin": {"00000000"}}).Code })
	}
	wg.Wait()
	close(judged)
	wrong := 0
	for code := range judged {
		if code == 401 {
			wrong++
		}
	}
	if wrong > triesOfOne {
		t.Fatalf("%d guesses were judged", wrong)
	}
}

func TestSession_CookieAndItsEnd(t *testing.T) {
	r := newRig(t, true)
	r.signIn()
	c := r.cookies[0]
	if !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || !strings.HasPrefix(c.Name, "__Host-") || len(c.Value) < 40 {
		t.Fatalf("%+v", c)
	}
	if w := r.do("GET", "/", nil); w.Code != 200 || !strings.Contains(w.Body.String(), "Elm Street") {
		t.Fatal(w.Code)
	}
	r.now = r.now.Add(idleMost + time.Second)
	if w := r.do("GET", "/", nil); w.Code != 401 {
		t.Fatal("an idle session lives", w.Code)
	}
	r.signIn()
	for range int(sessionMost/idleMost)*2 + 2 {
		r.now = r.now.Add(idleMost / 2)
		r.do("GET", "/", nil)
	}
	if w := r.do("GET", "/", nil); w.Code != 401 {
		t.Fatal("a session lives for ever", w.Code)
	}
	r.signIn()
	r.do("POST", "/out", url.Values{})
	if w := r.do("GET", "/", nil); w.Code != 401 {
		t.Fatal("a session outlives its end", w.Code)
	}
	for range maxSessions + 5 {
		r.signIn()
	}
	if n := len(r.page.sessions.open); n != maxSessions {
		t.Fatalf("%d sessions", n)
	}
}

func TestPage_ShowsEverythingAndEscapesIt(t *testing.T) {
	r := newRig(t, true)
	r.signIn()
	r.health.Raise(t.Context(), health.RelayStuck, health.About{Device: r.gate}, "channel 1 "+hostile)
	body := r.do("GET", "/", nil).Body.String()
	for _, want := range []string{"Elm Street", "Not connected to cloud.example:8883", "no route", "Strike", "The door may stand open.", "101", "rang, nobody answered", "10.0.0.5:80", "2026-11-23 13:00:00", "&lt;script&gt;", `class="mark good">applied`} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is not on the page", want)
		}
	}
	for _, not := range []string{"<script", "Switched off", "Foreign", "http://", "https://", "javascript:", "ZgotmplZ"} {
		if strings.Contains(body, not) {
			t.Errorf("%q is on the page", not)
		}
	}
	style := body[strings.Index(body, "<style>")+len("<style>") : strings.Index(body, "</style>")]
	if style != styleText || !strings.Contains(style, "prefers-color-scheme:dark") {
		t.Error("the style is not the one the policy names")
	}
	var s statusPage
	w := r.do("GET", "/status", nil)
	if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil || len(s.Devices) != 1 || len(s.Relays) != 1 || s.Version != 7 || !s.Devices[0].Current || len(s.Calls) != 1 || len(s.Conditions) != 1 {
		t.Fatalf("%v %s", err, w.Body)
	}
}

func TestOpen_GoesThroughTheDoorAndTellsTheTruth(t *testing.T) {
	r := newRig(t, true)
	r.signIn()
	for want, out := range map[string]door.Outcome{
		"opened (12 ms).": {Result: domain.ActDone, Took: 12 * time.Millisecond}, "It may have opened.": {Result: domain.ActUnknown, Reason: domain.ReasonTimeout},
		"not opened: unreachable.": {Result: domain.ActFailed, Reason: domain.ReasonUnreachable}, "refused: relay off.": {Result: domain.ActRefused, Reason: domain.ReasonRelayOff},
	} {
		r.outcome = out
		if w := r.do("POST", "/open", url.Values{"device": {r.gate.String()}, "relay": {"1"}}); w.Code != 303 {
			t.Fatal(w.Code, w.Body)
		}
		if body := r.do("GET", "/", nil).Body.String(); !strings.Contains(body, want) {
			t.Errorf("%q is not on the page", want)
		}
	}
	if a := r.asks[0]; a.DeviceID != r.gate || a.Relay != 1 || a.Means != domain.MeansLocal || !strings.Contains(a.By, "10.0.0.77") {
		t.Fatalf("%+v", a)
	}
	before := len(r.asks)
	for _, bad := range []url.Values{{"device": {"x"}, "relay": {"1"}}, {"device": {r.gate.String()}, "relay": {"0"}}, {"device": {r.gate.String()}, "relay": {"11"}}, {"device": {strings.Repeat("x", 20000)}}} {
		if w := r.do("POST", "/open", bad); w.Code != 400 {
			t.Errorf("%d", w.Code)
		}
	}
	for name, change := range map[string]func(*http.Request){
		"another site's form": func(q *http.Request) { q.Header.Set("Sec-Fetch-Site", "cross-site") },
		"another origin":      func(q *http.Request) { q.Header.Set("Origin", "https://evil.example") },
		"a name that points here": func(q *http.Request) {
			q.Host = "evil.example"
			q.Header.Set("Origin", "https://evil.example")
		},
	} {
		if w := r.do("POST", "/open", url.Values{"device": {r.gate.String()}, "relay": {"1"}}, change); w.Code != 403 && w.Code != 421 {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
	if len(r.asks) != before {
		t.Fatal("a bad request reached a door")
	}
}

// What a check of the log found is said on the page, to who is signed in.
func TestVerify_SaysWhatWasFound(t *testing.T) {
	r := newRig(t, true)
	r.signIn()
	if w := r.do("POST", "/verify", nil); w.Code != 303 {
		t.Fatal(w.Code)
	}
	if body := r.do("GET", "/", nil).Body.String(); !strings.Contains(body, "audit: row 7 is missing.") {
		t.Error(body)
	}
}

func TestRun_OverTLSWithACertificateThatStays(t *testing.T) {
	r := newRig(t, true)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.page.Run(ctx) }()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	resp, err := client.Get("https://" + r.page.Addr().String() + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	sum := sha256.Sum256(resp.TLS.PeerCertificates[0].Raw)
	if resp.StatusCode != 200 || string(body) != "{\"status\":\"ok\"}\n" || hex.EncodeToString(sum[:]) != r.page.Fingerprint() {
		t.Fatal(resp.StatusCode, string(body))
	}
	plain, err := http.Get("http://" + r.page.Addr().String() + "/healthz")
	if err == nil {
		plain.Body.Close()
		if plain.StatusCode == 200 {
			t.Fatal("the page is served without TLS")
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if len(r.shown) != 1 {
		t.Fatalf("PIN shown %d times", len(r.shown))
	}
	_, again, err := loadIdentity(r.folder, r.now.AddDate(1, 0, 0))
	if err != nil || again != r.page.Fingerprint() {
		t.Fatal("another certificate after a restart", err)
	}
	info, err := os.Stat(filepath.Join(r.folder, keyFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatal(info, err)
	}
	if pin, made, err := loadPIN(r.folder); err != nil || made || pin.Reveal() != r.shown[0] {
		t.Fatal("another PIN after a restart", err)
	}
}

func TestOwnName_Table(t *testing.T) {
	for host, want := range map[string]bool{
		"10.0.0.2:8081": true, "10.0.0.2": true, "[::1]:8081": true, "localhost:8081": true, "vestibule-agent.local": true, "Box.LOCAL:1": true,
		"evil.example": false, "evil.example:8081": false, "local": false, "": false, "10.0.0.2.evil.example": false, "localhost.evil.example": false,
	} {
		if got := ownName(host); got != want {
			t.Errorf("%q: %v", host, got)
		}
	}
}

func FuzzForms(f *testing.F) {
	f.Add("/claim", "link=vestibule://x&address=a&code=b")
	f.Add("/pin", "pin=%00%ff")
	f.Add("/open", "device=;&relay=9")
	f.Fuzz(func(t *testing.T, path, body string) {
		if _, err := url.ParseRequestURI(path); err != nil || !strings.HasPrefix(path, "/") {
			return
		}
		r := newRig(t, true)
		req := httptest.NewRequest("POST", "https://10.0.0.2/", strings.NewReader(body))
		req.URL.Path = path
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		r.page.handler.ServeHTTP(w, req)
		if len(r.asks) != 0 || w.Code == 200 || w.Code == 303 && w.Header().Get("Location") == "/" {
			t.Fatalf("%s: %d", path, w.Code)
		}
	})
}
