package sim

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/icholy/digest"

	"vestibule/shared/sim/relaybank"
	"vestibule/shared/sim/sipua"
	"vestibule/shared/sim/webapi"
)

func start(t *testing.T, cfg Config) *Building {
	t.Helper()
	b, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return b
}

func limit(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// pair is a building of one door phone and one monitor, calling each other directly.
func pair(t *testing.T) (*Building, *DoorPhone, *Monitor) {
	t.Helper()
	b := start(t, Sample(1, 1, 1))
	return b, b.DoorPhone("Door phone 1"), b.Monitor("Monitor 1")
}

func TestBuilding_DirectCallWithSoundAndDigits(t *testing.T) {
	_, door, monitor := pair(t)
	door.Configure(map[string]string{
		"Config.DoorSetting.DTMF.Code1": "#", "Config.DoorSetting.DTMF.Code2": "*9",
		"Config.DoorSetting.RELAY.RelayADelay": "1",
	})
	door.SetNativeDTMF(true)
	must(t, door.CallDirect(monitor.SIPAddr(), ""))
	must(t, monitor.WaitRinging(limit(t)))
	must(t, door.WaitRinging(limit(t)))
	must(t, monitor.Answer(limit(t)))
	must(t, door.WaitAnswered(limit(t)))
	must(t, door.WaitMedia(limit(t), 5))
	must(t, monitor.WaitMedia(limit(t), 5))

	must(t, monitor.SendDigit(limit(t), "#", ByInfo))
	must(t, door.WaitRelay(limit(t), 0, true))
	must(t, door.WaitRelay(limit(t), 0, false)) // its own timer
	must(t, monitor.SendDigit(limit(t), "*", ByInfoDTMF))
	must(t, monitor.SendDigit(limit(t), "9", ByRFC4733))
	must(t, door.WaitRelay(limit(t), 1, true))
	must(t, door.SendDigit(limit(t), "5", ByRFC4733))
	must(t, monitor.WaitDigit(limit(t), "5"))
	if s := door.Relays(); s.Commands != 2 || s.History[0].By != "dtmf info" {
		t.Fatalf("%+v", s)
	}
	must(t, monitor.Hangup(limit(t)))
	must(t, door.WaitIdle(limit(t)))
	if c := door.State().Call(); c.Reason != "remote_bye" || c.Media.Received < 5 || c.Status != 200 {
		t.Fatalf("%+v", c)
	}
}

func TestBuilding_CancelDeclineBusyAndDead(t *testing.T) {
	_, door, monitor := pair(t)
	must(t, door.CallDirect(monitor.SIPAddr(), "m"))
	must(t, door.WaitRinging(limit(t)))
	if door.CallDirect(monitor.SIPAddr(), "m") == nil {
		t.Fatal("a second call was placed")
	}
	must(t, door.Hangup(limit(t)))
	must(t, monitor.Wait(limit(t), func(s State) bool { return s.Cancels == 1 && !s.InCall() }))

	must(t, door.CallDirect(monitor.SIPAddr(), "m"))
	must(t, monitor.WaitRinging(limit(t)))
	must(t, monitor.Decline(486))
	must(t, door.WaitIdle(limit(t)))
	if r := door.State().Call().Reason; r != "rejected:486" {
		t.Fatal(r)
	}
	monitor.Configure(map[string]string{"Config.Account2.CALL.PreventSIPHacking": "1"})
	must(t, door.CallDirect(monitor.SIPAddr(), "m"))
	must(t, door.Wait(limit(t), func(s State) bool { return s.Call().Reason == "rejected:488" }))

	monitor.SetDead(true)
	must(t, door.CallDirect(monitor.SIPAddr(), "m"))
	must(t, door.Wait(limit(t), func(s State) bool { return s.InCall() }))
	monitor.Configure(map[string]string{"Config.Account2.CALL.PreventSIPHacking": "0"})
	monitor.SetAnswerAfter(time.Millisecond)
	monitor.SetDead(false) // the next repetition of the INVITE reaches it
	must(t, door.WaitAnswered(limit(t)))
	monitor.SetDead(true)
	if monitor.State().InCall() {
		t.Fatal("a call outlived the power cut")
	}
}

// Devices ring no longer than their settings say, as caller and as called.
func TestBuilding_RingsAsLongAsItsSettingsSay(t *testing.T) {
	_, door, monitor := pair(t)
	door.Configure(map[string]string{"Config.Settings.CALLTIMEOUT.DialOut": "1"})
	must(t, door.CallDirect(monitor.SIPAddr(), ""))
	must(t, monitor.WaitRinging(limit(t)))
	must(t, monitor.Wait(limit(t), func(s State) bool { return s.Cancels == 1 && !s.InCall() }))
	must(t, door.WaitIdle(limit(t)))
	door.Configure(map[string]string{"Config.Settings.CALLTIMEOUT.DialOut": "60"})
	monitor.Configure(map[string]string{"Config.Settings.CALLTIMEOUT.DialIn": "1"})
	must(t, door.CallDirect(monitor.SIPAddr(), ""))
	must(t, monitor.WaitRinging(limit(t)))
	must(t, door.Wait(limit(t), func(s State) bool { return s.Call().Reason == "rejected:480" }))
}

// api asks a device's web interface as an installer's tool does.
func api(t *testing.T, d *Device, method, path, body string) string {
	t.Helper()
	c := &http.Client{Timeout: 10 * time.Second, Transport: &digest.Transport{Username: d.APIUser(), Password: d.APIPassword()}}
	return fetch(t, c, method, "http://"+d.HTTPAddr().String()+path, "", body)
}

func fetch(t *testing.T, c *http.Client, method, url, token, body string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	must(t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	if token == "" {
		req.Header.Del("Authorization")
	}
	resp, err := c.Do(req)
	must(t, err)
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	must(t, err)
	return fmt.Sprint(resp.StatusCode, " ", string(b))
}

func configureAccount(t *testing.T, d *Device, n int, server, user, password string) {
	t.Helper()
	host, port, _ := strings.Cut(server, ":")
	values, err := json.Marshal(map[string]any{"target": "config", "action": "set", "data": map[string]string{
		fmt.Sprintf("Config.Account%d.GENERAL.Enable", n): "1", fmt.Sprintf("Config.Account%d.GENERAL.UserName", n): user,
		fmt.Sprintf("Config.Account%d.GENERAL.Pwd", n): password, fmt.Sprintf("Config.Account%d.SIP.Server", n): host,
		fmt.Sprintf("Config.Account%d.SIP.Port", n): port,
	}})
	must(t, err)
	if got := api(t, d, "POST", "/api/config/set", string(values)); !strings.HasPrefix(got, `200 {"retcode":0`) {
		t.Fatal(got)
	}
}

func TestBuilding_RegistersAsConfiguredAndPresses(t *testing.T) {
	_, door, monitor := pair(t)
	r := newRegistrar(t, map[string]string{"panel": "pw1", "m101": "pw2"})
	if door.Press("101") == nil {
		t.Fatal("an unregistered door phone called")
	}
	configureAccount(t, door.Device, 2, r.addr(), "panel", "pw1")
	must(t, door.WaitRegistered(limit(t)))
	configureAccount(t, monitor.Device, 1, r.addr(), "m101", "wrong")
	must(t, monitor.Wait(limit(t), func(s State) bool { return len(s.Accounts) == 1 && s.Accounts[0].Status == 401 }))
	monitor.Configure(map[string]string{"Config.Account1.GENERAL.Pwd": "pw2"})
	must(t, monitor.WaitRegistered(limit(t)))

	must(t, door.Press("101"))
	must(t, door.WaitIdle(limit(t)))
	if c := door.State().Call(); c.Reason != "rejected:404" || c.Dialled != "101" {
		t.Fatalf("%+v", c)
	}
	q := door.Quirks()
	q.Reboots = true
	door.SetQuirks(q)
	r.forget("panel")
	configureAccount(t, door.Device, 1, r.addr(), "panel", "pw1")
	must(t, door.Wait(limit(t), func(s State) bool { return len(s.Accounts) == 2 && s.Accounts[0].Registered && r.has("panel") }))
	if got := door.Setting("Config.Account1.GENERAL.UserName"); got != "panel" {
		t.Fatalf("lost in the restart: %q", got)
	}
	monitor.Configure(map[string]string{"Config.Account1.GENERAL.Enable": "0"})
	must(t, monitor.Wait(limit(t), func(s State) bool { return !s.Registered && len(s.Accounts) == 0 && !r.has("m101") }))
}

func TestBuilding_MonitorHasNoRelays(t *testing.T) {
	_, _, monitor := pair(t)
	if got := api(t, monitor.Device, "GET", "/api/relay/status", ""); !strings.Contains(got, "No handlers for this request") {
		t.Fatal(got)
	}
}

func TestControl_DrivesTheBuildingFromOutside(t *testing.T) {
	cfg := Sample(1, 1, 1)
	cfg.Control, cfg.MDNS = "127.0.0.1:0", "lo"
	cfg.DoorPhones[0].Name, cfg.Monitors[0].Name, cfg.Boards[0].Name = "Ctl door", "Ctl monitor", "Ctl board"
	b := start(t, cfg)
	list := b.Listing()
	c := &http.Client{Timeout: 15 * time.Second}
	ask := func(method, path, body string) string {
		return fetch(t, c, method, list.ControlURL+path, list.Token, body)
	}

	if got := fetch(t, c, "GET", list.ControlURL+"/devices", "guess", ""); !strings.HasPrefix(got, "401") {
		t.Fatal(got)
	}
	if got := ask("GET", "/devices", ""); !strings.HasPrefix(got, "200") || strings.Contains(got, list.Token) ||
		!strings.Contains(got, `"api_password"`) {
		t.Fatal(got)
	}
	if got := ask("POST", "/devices/Ctl%20door/press", `{"direct":"`+b.Monitor("Ctl monitor").SIPAddr().String()+`"}`); !strings.HasPrefix(got, "200") {
		t.Fatal(got)
	}
	for _, step := range []struct{ method, path, body, want string }{
		{"GET", "/devices/Ctl%20monitor?wait=ringing", "", "200"},
		{"POST", "/devices/Ctl%20monitor/answer", "", "200"},
		{"GET", "/devices/Ctl%20door?wait=answered", "", "200"},
		{"POST", "/devices/Ctl%20monitor/digit", `{"digit":"#","by":"rfc4733"}`, "200"},
		{"POST", "/devices/Ctl%20monitor/digit", `{"digit":"x"}`, "409"},
		{"POST", "/devices/Ctl%20door/hangup", "", "200"},
		{"GET", "/devices/Ctl%20monitor?wait=idle", "", "200"},
		{"GET", "/devices/Ctl%20monitor?wait=ringing&timeout_ms=1", "", "408"},
		{"POST", "/devices/Ctl%20monitor/hangup", "", "409"},
		{"POST", "/devices/Ctl%20monitor/press", `{"number":"1"}`, "409"},
		{"POST", "/devices/Ctl%20door/press", `{`, "400"},
		{"POST", "/devices/Nobody/press", "", "404"},
		{"POST", "/devices/Ctl%20door/quirk", `{"forget_writes":3,"native_dtmf":true}`, "200"},
		{"GET", "/boards/Ctl%20board", "", "200"},
		{"GET", "/boards/x", "", "404"},
	} {
		if got := ask(step.method, step.path, step.body); !strings.HasPrefix(got, step.want) {
			t.Fatalf("%s %s: %s", step.method, step.path, got)
		}
	}
	if q := b.DoorPhone("Ctl door"); q.Quirks().ForgetWrites != 3 || !q.State().NativeDTMF {
		t.Fatalf("%+v", q.State())
	}
}

func TestNew_RefusesWhatCannotBe(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"two of a name":     func(c *Config) { c.Monitors[0].Name = c.DoorPhones[0].Name },
		"two of a mac":      func(c *Config) { c.DoorPhones[0].MAC, c.Monitors[0].MAC = "0C11050D0001", "0c11050d0001" },
		"eleven digits":     func(c *Config) { c.Monitors[0].MAC = "0C110500001" },
		"no name":           func(c *Config) { c.Boards[0].Name = "" },
		"everywhere":        func(c *Config) { c.Bind = "0.0.0.0" },
		"control outside":   func(c *Config) { c.Control = "192.0.2.1:80" },
		"port":              func(c *Config) { c.DoorPhones[0].SIPPort = 70000 },
		"dialect":           func(c *Config) { c.DoorPhones[0].Dialect = "swedish" },
		"no interface":      func(c *Config) { c.MDNS = "none0" },
		"another's address": func(c *Config) { c.Boards[0].Address = "192.0.2.1" },
	} {
		c := Sample(1, 1, 1)
		change(&c)
		if b, err := New(c); err == nil {
			b.Close()
			t.Errorf("%s: taken", name)
		}
	}
}

// Each dialect answers the question that tells it from the others (none of them with a login).
//
// shows BEY-16 by shared/sim/webapi/dialects.go: "http.Error(w, \"Forbidden\", http.StatusForbidden)"
func TestBuilding_SpeaksEachDialect(t *testing.T) {
	c := Sample(4, 0, 0)
	for i, dialect := range []webapi.Dialect{webapi.Documented, webapi.Pages, webapi.Old, webapi.FCGI} {
		c.DoorPhones[i].Dialect = dialect
	}
	b := start(t, c)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for i, want := range []int{http.StatusUnauthorized, http.StatusMovedPermanently, http.StatusForbidden, http.StatusNotFound} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+b.DoorPhone(fmt.Sprintf("Door phone %d", i+1)).HTTPAddr().String()+"/api/system/info", http.NoBody)
		must(t, err)
		resp, err := client.Do(req)
		must(t, err)
		must(t, resp.Body.Close())
		if resp.StatusCode != want {
			t.Errorf("door phone %d answers %d, want %d", i+1, resp.StatusCode, want)
		}
	}
}

func TestConfig_ComesFromJSON(t *testing.T) {
	const text = `{"bind":"127.0.0.1","door_phones":[{"name":"Gate","mac":"0C1105ABCDEF","native_dtmf":true,
		"settings":{"Config.DoorSetting.DTMF.Code1":"#"},"quirks":{"forget_writes":1}}],
		"monitors":[{"name":"101","answer_after_millis":5}],"boards":[{"name":"Relays","channels":4}]}`
	var c Config
	dec := json.NewDecoder(bytes.NewReader([]byte(text)))
	dec.DisallowUnknownFields()
	must(t, dec.Decode(&c))
	b := start(t, c)
	gate, monitor, board := b.DoorPhone("Gate"), b.Monitor("101"), b.Board("Relays")
	if gate.Setting("Config.DoorSetting.DTMF.Code1") != "#" || gate.Quirks().ForgetWrites != 1 || gate.MAC() != "0C1105ABCDEF" {
		t.Fatalf("%+v", gate.State())
	}
	if len(board.State().Outputs) != 4 {
		t.Fatalf("%+v", board.State())
	}
	must(t, gate.CallDirect(monitor.SIPAddr(), ""))
	must(t, gate.WaitAnswered(limit(t)))
	if s := gate.State().Call(); s.State != sipua.Established {
		t.Fatalf("%+v", s)
	}
	must(t, board.Wait(limit(t), func(s relaybank.Status) bool { return s.Commands == 0 }))
}
