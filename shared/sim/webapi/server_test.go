package webapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/icholy/digest"

	"vestibule/shared/sim/relaybank"
)

type fixture struct {
	*Server
	t       *testing.T
	client  *http.Client
	mu      sync.Mutex
	changed []string
}

// client authenticates with a library, so that the digest is judged by other code.
func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{t: t}
	s, err := Listen(Options{
		Addr: netip.MustParseAddrPort("127.0.0.1:0"), User: "api", Password: "pass",
		Identity: Identity{"R29", "0C1105000001", "29.30.10.205", "29.0"}, Settings: NewSettings(true, nil),
		Contacts: &Contacts{}, Keys: NewKeys(20), Journal: &Journal{}, Bank: relaybank.New(2), Changed: func(k []string) {
			f.mu.Lock()
			f.changed = append(f.changed, k...)
			f.mu.Unlock()
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	f.Server = s
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	f.client = &http.Client{Timeout: 10 * time.Second, Transport: &digest.Transport{Username: "api", Password: "pass"}}
	return f
}

func (f *fixture) do(method, path, body string) (int, string) {
	f.t.Helper()
	req, err := http.NewRequestWithContext(f.t.Context(), method, "http://"+f.Addr().String()+path, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	resp, err := f.client.Do(req)
	if err != nil {
		f.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// get reads an answer into an envelope with data of type T.
func get[T any](f *fixture, method, path, body string) (int, string, T) {
	f.t.Helper()
	status, text := f.do(method, path, body)
	var e struct {
		Retcode int
		Message string
		Data    T
	}
	if err := json.NewDecoder(strings.NewReader(text)).Decode(&e); err != nil || status != http.StatusOK {
		f.t.Fatalf("%s %s: %d %q %v", method, path, status, text, err)
	}
	return e.Retcode, e.Message, e.Data
}

func TestServer_DemandsDigest(t *testing.T) {
	f := newFixture(t)
	resp, err := http.Get("http://" + f.Addr().String() + "/api/system/info")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if h := resp.Header.Get("WWW-Authenticate"); resp.StatusCode != 401 || !strings.Contains(h, `realm="HTTP API"`) {
		t.Fatalf("%d %q", resp.StatusCode, h)
	}
	_, _, info := get[map[string]map[string]string](f, "GET", "/api/system/info", "")
	if s := info["Status"]; s["Model"] != "R29" || s["MAC"] != "0C:11:05:00:00:01" || s["FirmwareVersion"] != "29.30.10.205" {
		t.Fatalf("%v", info)
	}
	f.client.Transport = &digest.Transport{Username: "api", Password: "wrong"}
	if status, _ := f.do("GET", "/api/system/info", ""); status != 401 {
		t.Fatalf("wrong password: %d", status)
	}
}

func TestServer_KeepsSettingsAndForgetsWhenTold(t *testing.T) {
	f := newFixture(t)
	const label, port = "Config.Account1.GENERAL.Label", "Config.Account1.SIP.Port"
	set := func(values string) (int, string) {
		code, message, _ := get[any](f, "POST", "/api/config/set", `{"target":"config","action":"set","data":`+values+`}`)
		return code, message
	}
	read := func() map[string]string {
		_, _, got := get[map[string]string](f, "POST", "/api", `{"target":"config","action":"get","data":{"item":["`+label+`","`+port+`","x"]}}`)
		return got
	}
	f.SetQuirks(Quirks{ForgetWrites: 1, TrailingJunk: true})
	if code, _ := set(`{"` + label + `":"lost"}`); code != 0 {
		t.Fatalf("a forgetful device says %d", code)
	}
	if got := read(); got[label] != "" {
		t.Fatalf("kept: %v", got)
	}
	if code, _ := set(`{"` + label + `":"Door","` + port + `":"5070","Config.No.Such":"1"}`); code != 0 {
		t.Fatal(code)
	}
	if got := read(); got[label] != "Door" || got[port] != "5070" || len(got) != 2 {
		t.Fatalf("%v", got)
	}
	if len(f.changed) != 2 {
		t.Fatalf("changed %v", f.changed)
	}
	_, _, all := get[map[string]string](f, "GET", "/api/config/get", "")
	if _, ok := all["Config.No.Such"]; ok || len(all) < 40 {
		t.Fatalf("%d keys", len(all))
	}
	for _, body := range []string{
		`{"` + label + `":"bare"}`, `{"target":"contact","action":"set","data":{}}`,
		`{"target":"config","action":"set","data":{"` + port + `":5060}}`, `{"target":"config","action":"blow"}`,
	} {
		if code, message, _ := get[any](f, "POST", "/api/config/set", body); code >= 0 {
			t.Errorf("%s: %d %s", body, code, message)
		}
	}
	if status, _ := f.do("POST", "/api/config/set", `{`); status != 400 {
		t.Errorf("broken JSON: %d", status)
	}
	if status, _ := f.do("POST", "/api/config/set", strings.Repeat(" ", maxBody+1)); status != 413 {
		t.Errorf("huge body: %d", status)
	}
	if c := f.Counts(); c.Forgotten != 1 || c.Writes != 2 {
		t.Errorf("%+v", c)
	}
}

func TestServer_PagesContacts(t *testing.T) {
	f := newFixture(t)
	type list struct {
		Num, CurPageNum int
		Item            []struct {
			ID, Name, Phone, Group string
			Ret                    int
		}
	}
	var items bytes.Buffer
	for i := range 12 {
		fmt.Fprintf(&items, `,{"Name":"n%d","Phone":"%d","Group":"Nowhere"}`, i, i)
	}
	_, _, added := get[list](f, "POST", "/api/contact/set", `{"target":"contact","action":"add","data":{"item":[`+items.String()[1:]+`]}}`)
	if len(added.Item) != 12 || added.Item[11].ID != "12" {
		t.Fatalf("%+v", added)
	}
	_, _, page := get[list](f, "GET", "/api/contact/get?page=2", "")
	if page.Num != 12 || page.CurPageNum != 2 || len(page.Item) != 2 || page.Item[0].Name != "n10" || page.Item[0].Group != "Default" {
		t.Fatalf("%+v", page)
	}
	_, _, gone := get[list](f, "POST", "/api/contact/del", `{"target":"contact","action":"del","data":{"item":[{"ID":"1"},{"ID":"99"}]}}`)
	if gone.Item[0].Ret != 0 || gone.Item[1].Ret != -7 {
		t.Fatalf("%+v", gone)
	}
	get[list](f, "POST", "/api/contact/set", `{"target":"contact","action":"set","data":{"item":[{"ID":"2","Name":"two","Phone":"9"}]}}`)
	f.SetQuirks(Quirks{ForgetWrites: 1})
	get[list](f, "POST", "/api/contact/set", `{"target":"contact","action":"del","data":{"item":[{"ID":"2"}]}}`)
	_, _, all := get[list](f, "GET", "/api/contact/get", "")
	if all.Num != 11 || all.Item[0].Name != "two" {
		t.Fatalf("%+v", all)
	}
}

func TestServer_MovesRelays(t *testing.T) {
	f := newFixture(t)
	trig := func(data string) int {
		code, _, _ := get[any](f, "POST", "/api/relay/trig", `{"target":"relay","action":"trig","data":`+data+`}`)
		return code
	}
	if trig(`{"num":1,"mode":0,"delay":1}`) != 0 || trig(`{"num":"2","mode":"1","level":"0"}`) != 0 {
		t.Fatal("refused")
	}
	_, _, status := get[map[string]int](f, "GET", "/api/relay/status", "")
	if status["RelayA"] != 1 || status["RelayB"] != 1 {
		t.Fatalf("%v", status)
	}
	if trig(`{"num":3}`) != -2 || trig(`{"num":1,"delay":70000}`) >= 0 || trig(`{"num":1,"mode":7}`) >= 0 {
		t.Fatal("a bad trigger passed")
	}
	open := func(query string) int {
		code, _, _ := get[any](f, "GET", "/fcgi/OpenDoor?"+query, "")
		return code
	}
	if open("action=OpenDoor&DoorNum=1") != -3 {
		t.Fatal("open by HTTP is off in the factory")
	}
	f.o.Settings.Set(map[string]string{"Config.DoorSetting.RELAY.RelayOnWeb": "1"})
	if open("action=OpenDoor&DoorNum=1") != 0 || open("action=OpenDoor&DoorNum=3") != -2 || open("action=Burn") != -1 {
		t.Fatal("OpenDoor")
	}
	if code, _, _ := get[any](f, "GET", "/fcgi/do?action=OpenDoor&UserName=a&Password=b&DoorNum=1", ""); code != -4 {
		t.Fatal("legacy OpenDoor")
	}
	if n := f.o.Bank.Status().Commands; n != 3 {
		t.Fatalf("%d commands", n)
	}
}

func TestServer_DarkDeviceSaysNothingAndForgetsTheQuestion(t *testing.T) {
	f := newFixture(t)
	f.SetDark(true)
	ctx, cancel := context.WithCancel(t.Context())
	answered := make(chan error, 1)
	go func() {
		req, err := http.NewRequestWithContext(ctx, "GET", "http://"+f.Addr().String()+"/api/system/info", nil)
		if err == nil {
			var resp *http.Response
			if resp, err = http.DefaultClient.Do(req); err == nil {
				_ = resp.Body.Close()
			}
		}
		answered <- err
	}()
	held := func() bool {
		f.listener.mu.Lock()
		defer f.listener.mu.Unlock()
		return len(f.listener.held) > 0
	}
	patience, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	if err := f.listener.point.Wait(patience, held); err != nil {
		t.Fatal("the connection was not taken")
	}
	select {
	case err := <-answered:
		t.Fatalf("answered: %v", err)
	default:
	}
	f.SetDark(false)
	if err := <-answered; err == nil {
		t.Fatal("the question outlived the power cut")
	}
	cancel()
	if status, _ := f.do("GET", "/api/system/status", ""); status != 200 {
		t.Fatal(status)
	}
}

func FuzzAct(f *testing.F) {
	f.Add("relay", "trig", `{"num":"1","mode":1}`)
	f.Add("config", "set", `{"Config.Account1.SIP.Port":"1"}`)
	f.Add("contact", "add", `{"item":[{"Name":"a"}]}`)
	f.Fuzz(func(t *testing.T, target, action, data string) {
		b := relaybank.New(2)
		defer b.Close()
		s := &Server{o: Options{Settings: NewSettings(true, nil), Contacts: &Contacts{}, Bank: b}, listener: nil}
		if target == "system" {
			return
		}
		if _, err := json.Marshal(s.act(call{Target: target, Action: action, Data: json.RawMessage(data)})); err != nil {
			t.Fatal(err)
		}
	})
}
