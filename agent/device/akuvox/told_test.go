package akuvox

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"vestibule/agent/device"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

// shows EDGE-29 by agent/device/akuvox/told.go: "event{name: \"Invalid\" + way.name, told: device.Told{What: device.Denied, Way: way.means}})" => ")"
func TestTeller_ReadsEveryEventThatModelsHave(t *testing.T) {
	for name, want := range map[string]device.Told{
		"MakeCall": {What: device.Unlogged}, "HangUp": {What: device.Unlogged}, "CallLog": {What: device.Unlogged}, "DoorLog": {What: device.Unlogged}, "Card": {What: device.Unlogged},
		"RelayATriggered": {What: device.RelayOn, Number: 1}, "RelayDClosed": {What: device.RelayOff, Number: 4},
		"InputBTriggered": {What: device.InputOn, Number: 2}, "InputCClosed": {What: device.InputOff, Number: 3},
		"ValidCodeEntered": {What: device.Opened, Way: domain.MeansCode, User: "7"}, "InvalidCodeEntered": {What: device.Denied, Way: domain.MeansCode},
		"ValidCardEntered": {What: device.Opened, Way: domain.MeansCard, User: "7"}, "InvalidCardEntered": {What: device.Denied, Way: domain.MeansCard},
		"ValidFaceRecognition": {What: device.Opened, Way: domain.MeansFace, User: "7"}, "InvalidFaceRecognition": {What: device.Denied, Way: domain.MeansFace},
		"ValidQRCodeEntered": {What: device.Opened, Way: domain.MeansQR, User: "7"}, "InvalidQRCodeEntered": {What: device.Denied, Way: domain.MeansQR},
		"AlarmTriggered": {What: device.Alarmed, Alarm: domain.AlarmOther}, "AlarmLog": {What: device.Alarmed, Alarm: domain.AlarmOther},
		"InputAlarm": {What: device.Alarmed, Alarm: domain.AlarmInput}, "InputBreakIn": {What: device.Alarmed, Alarm: domain.AlarmBreakIn},
		"TamperAlarmTriggered": {What: device.Alarmed, Alarm: domain.AlarmTamper}, "BreakInAlarmB": {What: device.Alarmed, Alarm: domain.AlarmBreakIn, Number: 2},
		"AlarmDoorOpenedTimeoutA": {What: device.Alarmed, Alarm: domain.AlarmDoorHeld, Number: 1},
	} {
		if got, ok := (Teller{}).Callback(name, url.Values{"user": {"7"}, "code": {"1234"}}); !ok || got != want {
			t.Errorf("%s: %+v %v", name, got, ok)
		}
	}
	for _, user := range []string{"$userid", "", "0"} {
		if got, _ := (Teller{}).Callback("ValidCodeEntered", url.Values{"user": {user}}); got.User != "" {
			t.Errorf("user %q is %q", user, got.User)
		}
	}
	for _, name := range []string{"", "Enable", "validcodeentered", "OpenDoor", "RelayETriggered"} {
		if got, ok := (Teller{}).Callback(name, nil); ok {
			t.Errorf("%q: %+v", name, got)
		}
	}
}

// shows EDGE-29 by agent/device/akuvox/told.go: "if key := lineKey.FindStringSubmatch(text); key != nil && told.Way == domain.MeansCard {" => "if key := lineKey.FindStringSubmatch(text); key != nil {"
func TestTeller_ReadsLinesOfOpenings(t *testing.T) {
	card := device.Told{What: device.Opened, Way: domain.MeansCard, Number: 2, Card: secret.New("0A1B2C3D")}
	for line, want := range map[string]device.Told{
		"Nov 29 07:00:00 R29 phone 1: OPENDOOR_LOG:Type:RF Name:Eva KeyCode:0a1b2c3d Relay:2 Status:Successful": card,
		"OPENDOOR_LOG:Type:RF KeyCode:0A1B2C3D  Relay:2  Status:Failed":                                         {What: device.Denied, Way: domain.MeansCard, Card: card.Card},
		"OPENDOOR_LOG:Type:INPUT": {What: device.Opened, Way: domain.MeansButton},
		"OPENDOOR_LOG:Type:PrivatePIN KeyCode:1234 Relay:1 Status:Successful": {What: device.Opened, Way: domain.MeansCode, Number: 1},
		"OPENDOOR_LOG:Type:Face Relay:1 Status:Successful":                    {What: device.Opened, Way: domain.MeansFace, Number: 1},
	} {
		if got, ok := (Teller{}).Line(line); !ok || got != want {
			t.Errorf("%s: %+v %v", line, got, ok)
		}
	}
	for _, line := range []string{"", "DTMF_LOG:From 101", "SIP_LOG:Call Finished id=200002", "OPENDOOR_LOG:Type:", "OPENDOOR_LOG:Type:DTMF Relay:1 Status:Successful", "start motion"} {
		if got, ok := (Teller{}).Line(line); ok {
			t.Errorf("%q: %+v", line, got)
		}
	}
}

func FuzzTeller(f *testing.F) {
	f.Add("ValidCodeEntered", "user=1&code=1234", "OPENDOOR_LOG:Type:RF KeyCode:0A Relay:1 Status:Successful")
	f.Add("RelayATriggered", "%zz=;", "OPENDOOR_LOG:Type:PIN Relay:9 KeyCode:")
	f.Fuzz(func(t *testing.T, event, query, line string) {
		values, _ := url.ParseQuery(query)
		told, ok := (Teller{}).Callback(event, values)
		if ok && (told.What == "" || told.Number < 0 || told.Number > domain.MaxRelays || len([]rune(told.User)) > device.Longest || !told.Card.IsZero()) {
			t.Fatalf("%+v", told)
		}
		told, ok = (Teller{}).Line(line)
		if ok && (told.Way == "" || told.Number < 0 || told.Number > domain.MaxRelays || told.Way == domain.MeansCode && !told.Card.IsZero()) {
			t.Fatalf("%+v", told)
		}
	})
}

// No address asks a device for a code or a card's number, and each can be read back by the teller.
func TestRenderCallbacks_AsksForNoCode(t *testing.T) {
	const base = "http://10.0.0.1:8083/c/secret/"
	var asked int
	for _, s := range renderCallbacks(device.Callbacks{URL: secret.New(base), Syslog: "10.0.0.1:5514"}) {
		if strings.Contains(s.value, "$code") || strings.Contains(s.value, "$card") || !s.optional {
			t.Errorf("%s = %s", s.keys[0], s.value)
		}
		event, isURL := strings.CutPrefix(s.value, base)
		if !isURL {
			continue
		}
		asked++
		event, query, _ := strings.Cut(event, "?")
		values, err := url.ParseQuery(query)
		if _, known := (Teller{}).Callback(event, values); err != nil || !known || s.keys[0] != actionURL+event || len(s.value) > 127 {
			t.Errorf("%s = %s", s.keys[0], s.value)
		}
	}
	if asked != len(events) || len(renderCallbacks(device.Callbacks{})) != 0 {
		t.Error(fmt.Sprint(asked, " addresses"))
	}
}
