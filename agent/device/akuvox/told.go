package akuvox

import (
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"vestibule/agent/device"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

var _ device.Teller = Teller{}

// Teller reads what devices of the dialect send: action URLs, and syslog lines.
type Teller struct{}

// event is one action URL. Its name is that of the setting, and the end of the address that is written there.
type event struct {
	name string
	told device.Told
	user bool // the device knows whom it let in
}

// events are all that any model is known to have; a device is written those that it shows.
var events = allEvents()

func allEvents() []event {
	out := []event{
		{name: "MakeCall", told: device.Told{What: device.Unlogged}},
		{name: "HangUp", told: device.Told{What: device.Unlogged}}, // calls run over the agent, which logs them
		{name: "CallLog", told: device.Told{What: device.Unlogged}},
		{name: "DoorLog", told: device.Told{What: device.Unlogged}}, // told of one by one
		{name: "Card", told: device.Told{What: device.Unlogged}},
		{name: "AlarmLog", told: device.Told{What: device.Alarmed, Alarm: domain.AlarmOther}},
		{name: "AlarmTriggered", told: device.Told{What: device.Alarmed, Alarm: domain.AlarmOther}},
		{name: "TamperAlarmTriggered", told: device.Told{What: device.Alarmed, Alarm: domain.AlarmTamper}},
		{name: "InputAlarm", told: device.Told{What: device.Alarmed, Alarm: domain.AlarmInput}},
		{name: "InputBreakIn", told: device.Told{What: device.Alarmed, Alarm: domain.AlarmBreakIn}},
	}
	for _, way := range []struct {
		name  string
		means domain.Means
	}{
		{"CodeEntered", domain.MeansCode}, {"CardEntered", domain.MeansCard}, {"FaceRecognition", domain.MeansFace}, {"QRCodeEntered", domain.MeansQR},
	} {
		out = append(out, event{name: "Valid" + way.name, told: device.Told{What: device.Opened, Way: way.means}, user: true},
			event{name: "Invalid" + way.name, told: device.Told{What: device.Denied, Way: way.means}})
	}
	for i := range domain.MaxRelays {
		n, letter := i+1, string(rune('A'+i))
		out = append(out,
			event{name: "Relay" + letter + "Triggered", told: device.Told{What: device.RelayOn, Number: n}},
			event{name: "Relay" + letter + "Closed", told: device.Told{What: device.RelayOff, Number: n}},
			event{name: "Input" + letter + "Triggered", told: device.Told{What: device.InputOn, Number: n}},
			event{name: "Input" + letter + "Closed", told: device.Told{What: device.InputOff, Number: n}},
			event{name: "BreakInAlarm" + letter, told: device.Told{What: device.Alarmed, Alarm: domain.AlarmBreakIn, Number: n}},
			event{name: "AlarmDoorOpenedTimeout" + letter, told: device.Told{What: device.Alarmed, Alarm: domain.AlarmDoorHeld, Number: n}})
	}
	return out
}

const actionURL = "Config.Features.ACTIONURL."

// renderCallbacks writes where the device says what happens at it. Codes and card numbers are asked for nowhere: they would stand in the address of a
// request in clear. What a model does not show is not written.
func renderCallbacks(to device.Callbacks) []setting {
	may := func(key, value string) setting { return setting{keys: []string{key}, value: value, optional: true} }
	var out []setting
	if !to.URL.IsZero() {
		on := may(actionURL+"Enable", "1")
		on.feature = device.Telling
		out = append(out, on, may(actionURL+"Method", "")) // GET
		for _, e := range events {
			s := may(actionURL+e.name, to.URL.Reveal()+e.name)
			if e.user {
				s.value += "?user=$userid"
			}
			s.secret = true
			out = append(out, s)
		}
	}
	if host, port, err := net.SplitHostPort(to.Syslog); err == nil {
		const group = "Config.Settings.LOGLEVEL."
		out = append(out, may(group+"RemoteSyslog", "1"), may(group+"RemoteServer", host), may(group+"RemoteServerPort", port))
	}
	return out
}

// Callback reads the call of an action URL. Codes and cards are not looked at, whoever put them in.
func (Teller) Callback(name string, values url.Values) (device.Told, bool) {
	for _, e := range events {
		if e.name != name {
			continue
		}
		told := e.told
		if user := device.Printable(values.Get("user")); e.user && user != "0" && !strings.HasPrefix(user, "$") { // a device leaves variables that it does not know as they are
			told.User = user
		}
		return told, true
	}
	return device.Told{}, false
}

// opening is the line of an opening: "OPENDOOR_LOG:Type:RF ... KeyCode:0A1B2C3D Relay:1 Status:Successful".
var opening = regexp.MustCompile(`OPENDOOR_LOG:Type:([A-Za-z_ ]{1,32}?)(?:[\s,;]|$)`)

var (
	lineKey    = regexp.MustCompile(`\bKeyCode:(\w{1,64})`)
	lineRelay  = regexp.MustCompile(`\bRelay:([1-4])\b`)
	lineStatus = regexp.MustCompile(`\bStatus:(\w{1,16})`)
)

// lineWays are the types of openings, found by how they begin.
var lineWays = []struct {
	begins string
	means  domain.Means
}{
	{"RF", domain.MeansCard},
	{"CARD", domain.MeansCard},
	{"NFC", domain.MeansCard},
	{"INPUT", domain.MeansButton},
	{"FACE", domain.MeansFace},
	{"QR", domain.MeansQR},
	{"PIN", domain.MeansCode},
	{"CODE", domain.MeansCode},
	{"PASSWORD", domain.MeansCode},
	{"PRIVATE", domain.MeansCode},
	{"PUBLIC", domain.MeansCode},
	{"TEMP", domain.MeansCode},
}

// Line reads a syslog message. Only openings are told of: the rest stands in the log otherwise, or says nothing.
func (Teller) Line(text string) (device.Told, bool) {
	found := opening.FindStringSubmatch(text)
	if found == nil {
		return device.Told{}, false
	}
	told := device.Told{}
	kind := strings.ToUpper(strings.TrimSpace(found[1]))
	for _, w := range lineWays {
		if strings.HasPrefix(kind, w.begins) {
			told.Way = w.means
			break
		}
	}
	if told.Way == "" {
		return device.Told{}, false // a call's digit and the like: the agent's own
	}
	told.What = device.Opened
	if status := lineStatus.FindStringSubmatch(text); status != nil && !strings.HasPrefix(strings.ToLower(status[1]), "succ") {
		told.What = device.Denied
	}
	if relay := lineRelay.FindStringSubmatch(text); relay != nil && told.What == device.Opened {
		told.Number, _ = strconv.Atoi(relay[1])
	}
	if key := lineKey.FindStringSubmatch(text); key != nil && told.Way == domain.MeansCard {
		told.Card = secret.New(strings.ToUpper(key[1]))
	}
	return told, true
}
