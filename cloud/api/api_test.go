package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"strings"
	"testing"
	"time"

	"vestibule/cloud"
	"vestibule/cloud/api"
	"vestibule/cloud/cloudtest"
	"vestibule/shared/fault"
)

func TestStatuses_AreTotal(t *testing.T) {
	for _, code := range fault.Codes() {
		if api.Statuses[code] < 400 {
			t.Errorf("%s has no status", code)
		}
	}
}

// The portal is typed from this file: `go run ./cmd/vestibule-cloud openapi > cloud/portal/web/openapi.json`.
func TestOpenAPI_FileIsCurrent(t *testing.T) {
	stored, err := os.ReadFile("../portal/web/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(stored, cloud.OpenAPI()) {
		t.Error("cloud/portal/web/openapi.json is old: go run ./cmd/vestibule-cloud openapi > cloud/portal/web/openapi.json")
	}
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]any
	}
	if err := json.Unmarshal(stored, &doc); err != nil || !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Fatalf("OpenAPI %q %v", doc.OpenAPI, err)
	}
	for _, route := range api.Routes() {
		method, path, _ := strings.Cut(route, " ")
		path, ok := strings.CutPrefix(path, api.Prefix)
		if !ok || strings.HasPrefix(path, "/openapi.") {
			continue
		}
		parts := strings.Split(path, "/")
		for i, part := range parts {
			if name, ok := strings.CutPrefix(part, ":"); ok {
				parts[i] = "{" + name + "}"
			}
		}
		if _, ok := doc.Paths[strings.Join(parts, "/")][strings.ToLower(method)]; !ok {
			t.Errorf("%s is not in the document", route)
		}
	}
}

func TestBadInput_IsToldAtTheField(t *testing.T) {
	s := cloudtest.Start(t, "")
	y := newYard(t, s.SetUp(t), "0C11050B9814")
	site := "/sites/" + y.ids["site"]
	long := strings.Repeat("x", 10_000)
	for _, c := range []struct {
		method, path string
		body         any
		fields       string
	}{
		{http.MethodPost, "/sites", cloudtest.Object{"name": long, "time_zone": "Mars"}, "name time_zone"},
		{http.MethodPut, site, cloudtest.Object{}, "name time_zone"},
		{http.MethodPost, site + "/buildings", cloudtest.Object{"name": long}, "name"},
		{http.MethodPost, site + "/apartments", cloudtest.Object{"number": "#1", "building_id": "nonsense"}, "building_id"},
		{http.MethodPost, site + "/apartments", cloudtest.Object{"number": "#1", "building_id": y.ids["building"], "call_path": "pigeon"}, "number call_path"},
		{http.MethodPost, site + "/people", cloudtest.Object{"first_name": "\u0000", "last_name": "x", "email": "nobody"}, "apartment_id first_name email"},
		{http.MethodPost, site + "/devices", cloudtest.Object{"type": 0, "mac": "0C11050B981", "name": long}, "mac name"},
		{http.MethodPost, site + "/devices", cloudtest.Object{"type": 300, "mac": "0C11050B9819", "name": "a"}, "type"},
		{http.MethodPost, site + "/devices", cloudtest.Object{
			"type": 0, "mac": "0C11050B9819", "name": "a", "relays": []any{cloudtest.Object{"number": 1, "dtmf": "x"}},
		}, "relays[0].dtmf"},
		{http.MethodPut, site + "/devices/" + y.ids["device"], cloudtest.Object{
			"type": 0, "mac": "0C11050B9814", "name": "Gate", "relays": []any{cloudtest.Object{"number": 1, "dtmf": "x"}},
		}, "relays[0].dtmf"},
		{http.MethodPost, site + "/devices", cloudtest.Object{"type": "zero"}, "type"},
		{http.MethodPost, site + "/boards", cloudtest.Object{"name": "a", "address": "http://x", "unit": 300}, "address unit channels"},
		{http.MethodGet, site + "/devices?limit=0", nil, "limit"},
		{http.MethodGet, site + "/events?device=x&kind=%00", nil, "device kind"},
		{http.MethodGet, site + "/calls?device=x&apartment=x&cause=bad_luck&end=%00&from=today&to=x&q=%00", nil, "device apartment cause end from to q"},
		{http.MethodGet, site + "/calls?sort=moon", nil, "sort"},
		{http.MethodPost, "/sites", "[", "body"},
	} {
		a := y.Do(t, c.method, c.path, c.body)
		if a.Status != http.StatusUnprocessableEntity && a.Status != http.StatusBadRequest {
			t.Errorf("%s %s: %d %s", c.method, c.path, a.Status, a.Body)
		}
		for field := range strings.SplitSeq(c.fields, " ") {
			if a.Field(field) == "" {
				t.Errorf("%s %s: nothing at %s: %s", c.method, c.path, field, a.Body)
			}
		}
		if a.Header.Get("Content-Type") != "application/problem+json" || bytes.Contains(a.Body, []byte("xxxx")) {
			t.Errorf("%s %s: %s %.300s", c.method, c.path, a.Header.Get("Content-Type"), a.Body)
		}
	}
	for noun, want := range map[string]int{"buildings": 1, "apartments": 1, "people": 1, "devices": 1, "boards": 1} {
		list := cloudtest.Want[struct{ Items []cloudtest.Object }](t, y.Client, http.StatusOK, http.MethodGet, site+"/"+noun, nil)
		if len(list.Items) != want {
			t.Errorf("%d %s are stored", len(list.Items), noun)
		}
		if relays, ok := list.Items[0]["relays"].([]any); ok && relays[0].(cloudtest.Object)["dtmf"] != "#" {
			t.Errorf("the relay is %v", relays[0])
		}
	}
	if a := y.Do(t, http.MethodPost, "/sites", `{"name":"`+strings.Repeat("x", 2<<20)+`"}`); a.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("2 MiB: %d %.200s", a.Status, a.Body)
	}
	if a := y.Do(t, http.MethodPost, "/sites", cloudtest.Object{"name": "A", "time_zone": "UTC", "of_tomorrow": true}); a.Status != http.StatusCreated {
		t.Errorf("an unknown field: %d %s", a.Status, a.Body)
	}
	for _, path := range []string{site + "/people?q=%00", site + "/people?cursor=%00", "/sites/nonsense", "/sites/%00", site + "/devices/%FF"} {
		if a := y.Do(t, http.MethodGet, path, nil); a.Status != http.StatusUnprocessableEntity && a.Status != http.StatusNotFound {
			t.Errorf("%s: %d %s", path, a.Status, a.Body)
		}
	}
}

func TestConflicts_AreToldAtTheField(t *testing.T) {
	y := newYard(t, cloudtest.Start(t, "").SetUp(t), "0C11050B9814")
	site := "/sites/" + y.ids["site"]
	a := y.Do(t, http.MethodPost, site+"/devices", cloudtest.Object{"type": 2, "mac": "0c:11:05:0b:98:14", "name": "Twin"})
	if a.Status != http.StatusConflict || a.Field("mac") == "" {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	a = y.Do(t, http.MethodDelete, site+"/buildings/"+y.ids["building"], nil)
	if a.Status != http.StatusConflict || !bytes.Contains(a.Body, []byte("1 apartment and 1 device")) {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	a = y.Do(t, http.MethodPost, site+"/devices/"+y.ids["device"]+"/relays/1/open", nil)
	if a.Status != http.StatusConflict || !bytes.Contains(a.Body, []byte(`"code":"offline"`)) {
		t.Errorf("open without an agent: %d %s", a.Status, a.Body)
	}
}

// shows ACC-01 by cloud/api/session.go: "out.SetCookie = []http.Cookie{a.cookie(s.Token, int(account.SessionMost/time.Second))}"
func TestSession_CookieOfABrowser(t *testing.T) {
	s := cloudtest.Start(t, "")
	s.SetUp(t)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	send := func(method, path, body string, origin string) (*http.Response, string) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), method, s.URL+"/api/v1"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Origin", origin)
		response, err := browser.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response, string(text)
	}
	wrong, words := send(http.MethodPost, "/session", `{"email":"ada@example.com","password":"wrong"}`, s.URL)
	_, other := send(http.MethodPost, "/session", `{"email":"nobody@example.com","password":"wrong"}`, s.URL)
	if wrong.StatusCode != http.StatusUnauthorized || cut(words) != cut(other) {
		t.Errorf("%d %s / %s", wrong.StatusCode, words, other)
	}
	signed, text := send(http.MethodPost, "/session", `{"email":"ADA@example.com","password":"`+cloudtest.Password+`"}`, s.URL)
	if signed.StatusCode != http.StatusOK || strings.Contains(text, "token") || !strings.Contains(text, `"name":"Ada"`) {
		t.Fatalf("%d %s", signed.StatusCode, text)
	}
	cookie := signed.Header.Get("Set-Cookie")
	for _, part := range []string{"vestibule_session=", "HttpOnly", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("cookie %q has no %s", cookie, part)
		}
	}
	if me, text := send(http.MethodGet, "/me", "", s.URL); me.StatusCode != http.StatusOK {
		t.Errorf("%d %s", me.StatusCode, text)
	}
	if evil, text := send(http.MethodPost, "/sites", `{"name":"x","time_zone":"UTC"}`, "https://evil.example"); evil.StatusCode != http.StatusForbidden {
		t.Errorf("another origin: %d %s", evil.StatusCode, text)
	}
	if out, text := send(http.MethodDelete, "/session", "", s.URL); out.StatusCode != http.StatusNoContent {
		t.Errorf("%d %s", out.StatusCode, text)
	}
	jar.SetCookies(signed.Request.URL, signed.Cookies()) // somebody kept the cookie
	if me, _ := send(http.MethodGet, "/me", "", s.URL); me.StatusCode != http.StatusUnauthorized {
		t.Errorf("after signing out: %d", me.StatusCode)
	}
}

// cut takes the request's id out of a problem.
func cut(text string) string {
	before, _, _ := strings.Cut(text, `"request_id"`)
	return before
}

func TestSignIn_LockTellsWhenToComeBack(t *testing.T) {
	s := cloudtest.Start(t, "")
	s.SetUp(t)
	nobody := cloudtest.Client{URL: s.URL}
	var a cloudtest.Answer
	for range 5 {
		a = nobody.Do(t, http.MethodPost, "/session", cloudtest.Object{"email": "ada@example.com", "password": "wrong"})
	}
	if a.Status != http.StatusTooManyRequests || a.Header.Get("Retry-After") == "" || !bytes.Contains(a.Body, []byte("try again in")) {
		t.Errorf("%d %v %s", a.Status, a.Header, a.Body)
	}
}

// A planted secret appears in no answer, no log and no header but the one answer that is about it.
func TestSecrets_StayInside(t *testing.T) {
	s := cloudtest.Start(t, "")
	c := s.SetUp(t)
	y := newYard(t, c, "0C11050B9814")
	site := "/sites/" + y.ids["site"]
	shown := cloudtest.Want[struct {
		User     string `json:"sip_user"`
		Password string `json:"sip_password"`
	}](t, c, http.StatusOK, http.MethodPost, site+"/devices/"+y.ids["device"]+"/sip-credentials", nil)
	if len(shown.User) != 10 || len(shown.Password) < 16 {
		t.Fatalf("%+v", shown)
	}
	var answers bytes.Buffer
	for _, route := range routes(t) {
		method, path := y.fill(route)
		if method != http.MethodGet || strings.HasSuffix(route, "/stream") {
			continue
		}
		a := c.Do(t, method, path, nil)
		answers.Write(a.Body)
	}
	for _, bad := range []cloudtest.Answer{
		c.Do(t, http.MethodPost, site+"/devices", cloudtest.Object{"type": 99, "mac": "x", "api_password": "planted-api-password"}),
		c.Do(t, http.MethodPost, site+"/devices", `{"type":"planted-api-password","api_password":5}`),
		c.Do(t, http.MethodPost, "/session", cloudtest.Object{"email": cloudtest.Password, "password": cloudtest.Password}),
		c.Do(t, http.MethodPost, "/session", `{"password":["`+cloudtest.Password+`"]}`),
		c.Do(t, http.MethodPost, "/setup", cloudtest.Object{"token": c.Token, "password": cloudtest.Password}),
	} {
		if bad.Status < 400 {
			t.Errorf("%d %s", bad.Status, bad.Body)
		}
		answers.Write(bad.Body)
	}
	_, setup, _ := strings.Cut(s.Cloud.SetupLink(), "#token=")
	for name, plain := range map[string]string{
		"password": cloudtest.Password, "API password": "planted-api-password", "SIP password": shown.Password, "session": c.Token, "set-up token": setup,
	} {
		if strings.Contains(answers.String(), plain) {
			t.Errorf("the %s is in an answer", name)
		}
		if strings.Contains(s.Log.String(), plain) {
			t.Errorf("the %s is in the log", name)
		}
	}
	if !strings.Contains(s.Log.String(), "route=/api/v1/sites/:site/devices") {
		t.Error("the log is empty: nothing was looked at")
	}
}

func TestStream_TellsWhatHappens(t *testing.T) {
	s := cloudtest.Start(t, "")
	y := newYard(t, s.SetUp(t), "0C11050B9814")
	site := "/sites/" + y.ids["site"]
	// The edits of the yard may still be on their way: take a point of the stream that comes after them.
	in := y.Stream(t, site+"/stream", "")
	y.add(t, "building", site+"/buildings", cloudtest.Object{"name": "House B"})
	head := cloudtest.Want[struct{ Version uint64 }](t, y.Client, http.StatusOK, http.MethodGet, site+"/receipts", nil).Version
	versioned := func(after uint64) string { return fmt.Sprintf(`"version":%d`, head+after) }
	var first string
	for first == "" {
		m := in.Next(t)
		if m.Kind != "version" || m.ID == "" {
			t.Fatalf("%+v", m)
		}
		if strings.Contains(m.Data, versioned(0)) {
			first = m.ID
		}
	}
	y.add(t, "building", site+"/buildings", cloudtest.Object{"name": "House C"})
	if m := in.Next(t); m.Kind != "version" || !strings.Contains(m.Data, versioned(1)) {
		t.Errorf("%+v", m)
	}
	if m := y.Stream(t, site+"/stream", first).Next(t); m.Kind != "version" || !strings.Contains(m.Data, versioned(1)) {
		t.Errorf("after coming back: %+v", m)
	}
	if m := y.Stream(t, site+"/stream", "of-another-run-7").Next(t); m.Kind != "reset" {
		t.Errorf("after a restart: %+v", m)
	}
	for in = y.Stream(t, site+"/stream?recent=60", ""); ; { // who read the lists a moment before
		m := in.Next(t)
		if m.Kind == "reset" {
			t.Fatalf("of the last minute: %+v", m)
		}
		if m.Kind == "version" && strings.Contains(m.Data, versioned(1)) {
			break
		}
	}
}

func TestStream_EndsWithTheService(t *testing.T) {
	var in *cloudtest.Stream
	outer := t
	t.Run("run", func(t *testing.T) {
		c := cloudtest.Start(t, "").SetUp(t)
		site := cloudtest.Want[thing](t, c, http.StatusCreated, http.MethodPost, "/sites", cloudtest.Object{"name": "A", "time_zone": "UTC"})
		in = c.Stream(outer, "/sites/"+site.ID+"/stream", "")
	})
	began := time.Now() // the service is down: it did not wait for the stream
	in.Wait(t, "")
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("the stream lived %v longer", took)
	}
}
