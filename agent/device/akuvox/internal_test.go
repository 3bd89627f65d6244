package akuvox

import (
	"encoding/base64"
	"encoding/json"
	"net/netip"
	"slices"
	"testing"
	"time"

	"vestibule/agent/device"
	"vestibule/agent/device/web"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`{"retcode":0,"data":{"item":[{"ID":1,"Name":"x"}],"num":"1"}}trailing`))
	f.Add([]byte(`{"retcode":"0","data":{"a":1,"b":true,"c":null,"d":{}}}`))
	f.Fuzz(func(_ *testing.T, body []byte) {
		a := web.Answer{Status: 200, Body: body}
		var settings map[string]text
		_ = read("fuzz", a, &settings)
		var rows struct{ Item []row }
		_ = read("fuzz", a, &rows)
	})
}

func wanted() device.Wanted {
	return device.Wanted{
		Device: domain.Device{Type: domain.DoorPhone, Name: "Gate", SIPUser: "4711000001", DTMF: domain.DTMFUnknown, Relays: []domain.Relay{
			{Number: 1, Name: "Own", Enabled: true, DTMF: "#", HoldMilli: 100},
			{Number: 2, Name: "Board", Enabled: true, DTMF: "*", HoldMilli: 3000, Board: domain.BoardID{1}, Channel: 1},
			{Number: 3, Name: "Off", DTMF: "1", HoldMilli: 3000},
		}},
		SIPPassword: secret.New("pw"), Registrar: netip.MustParseAddrPort("10.0.0.2:5070"), Homes: []device.Home{{Number: "101", Name: "Meier"}},
	}
}

func TestRender_Table(t *testing.T) {
	values := func(w device.Wanted) map[string]string {
		out := map[string]string{}
		for _, s := range render(w).settings {
			out[s.keys[0]] = s.value
		}
		return out
	}
	panel := values(wanted())
	for key, want := range map[string]string{
		"Config.Account1.SIP.Server": "10.0.0.2", "Config.Account1.SIP.Port": "5070", "Config.Account1.GENERAL.Pwd": "pw",
		"Config.DoorSetting.DTMF.Code1": "#", "Config.DoorSetting.RELAY.RelayADelay": "1", "Config.DoorSetting.RELAY.NameA": "Own",
		"Config.DoorSetting.DTMF.Code2": "", "Config.DoorSetting.DTMF.Code3": "", "Config.Account1.AUTO_ANSWER.Enable": "0",
	} {
		if got, ok := panel[key]; !ok || got != want {
			t.Errorf("%s = %q (%v), want %q", key, got, ok, want)
		}
	}
	for _, key := range []string{"Config.DoorSetting.RELAY.NameB", "Config.Account1.DTMF.Type"} {
		if _, ok := panel[key]; ok {
			t.Errorf("%s is written", key)
		}
	}
	for method, want := range map[domain.DTMFMethod]string{domain.DTMFInfo: "3", domain.DTMFEvents: "2"} {
		w := wanted()
		w.Device.Type, w.Device.DTMF = domain.Monitor, method
		p := render(w)
		if got := values(w); got["Config.Account1.DTMF.Type"] != want || p.phone || got["Config.DoorSetting.DTMF.Code1"] != "" {
			t.Errorf("monitor with %s: %v", method, got)
		}
	}
}

func TestDiffering_KnowsOtherNamesBase64AndWhatADeviceDoesNotHave(t *testing.T) {
	p := render(wanted())
	shown := map[string]text{}
	for _, s := range p.settings {
		if !s.optional {
			shown[s.keys[len(s.keys)-1]] = text(s.value) // the rarer names
		}
	}
	shown[account+"GENERAL.Pwd"] = text(base64.StdEncoding.EncodeToString([]byte("pw")))
	if write, names := p.differing(shown); len(write) != 0 {
		t.Fatalf("equal device differs in %v", names)
	}
	shown["Config.DoorSetting.RELAY.RelayNameA"] = "other"
	delete(shown, account+"SIP.Port")
	shown[account+"GENERAL.Label"] = "old"
	write, _ := p.differing(shown)
	if len(write) != 3 || write["Config.DoorSetting.RELAY.RelayNameA"] != "Own" || write[account+"SIP.Port"] != "5070" || write[account+"GENERAL.Label"] != "Gate" {
		t.Fatalf("%v", write)
	}
}

func TestCompare_AddsDropsAndKeepsDoubles(t *testing.T) {
	add, drop := compare([]contact{{"a", "1"}, {"b", "2"}, {"b", "2"}}, []row{{ID: "1", Name: "a", Phone: "1"}, {ID: "2", Name: "a", Phone: "1"}, {ID: "3", Name: "b", Phone: "2"}, {ID: "4", Name: "x", Phone: "9"}})
	if len(add) != 1 || add[0].name != "b" || len(drop) != 2 || drop[0].ID != "2" || drop[1].ID != "4" {
		t.Fatalf("add %v drop %v", add, drop)
	}
}

func TestText_ReadsWhatFirmwaresWrite(t *testing.T) {
	var got map[string]text
	if err := json.Unmarshal([]byte(`{"a":"x","b":5,"c":true,"d":null,"e":{"f":1},"g":[1]}`), &got); err != nil {
		t.Fatal(err)
	}
	if got["a"] != "x" || got["b"] != "5" || got["c"] != "true" || got["d"] != "" || got["e"] != "" || got["g"] != "" {
		t.Fatalf("%v", got)
	}
	if seconds(0) != 1 || seconds(time.Second) != 1 || seconds(1001*time.Millisecond) != 2 {
		t.Fatal("seconds")
	}
}

// A device that cannot keep its camera's stream back is told of, where nobody may watch it.
//
// shows DEV-09 by agent/device/akuvox/render.go: "s.value, s.feature = \"0\", device.Unwatched" => "s.value = \"0\""
func TestStream_ThatCannotBeSwitchedOffIsTold(t *testing.T) {
	for _, off := range []bool{true, false} {
		dev := domain.Device{Type: domain.AccessTerminal, Form: domain.DeviceForm{NoMonitoring: off}}
		if got := slices.Contains(render(device.Wanted{Device: dev}).missing(nil), device.Unwatched); got != off {
			t.Errorf("nobody may watch %v: told %v", off, got)
		}
	}
}
