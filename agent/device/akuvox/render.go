package akuvox

import (
	"encoding/base64"
	"slices"
	"strconv"
	"time"

	"vestibule/agent/device"
	"vestibule/shared/capability"
	"vestibule/shared/domain"
)

// setting is one value a device should hold. Keys are the names that firmwares have for it, the usual one first.
type setting struct {
	keys     []string
	value    string
	secret   bool // firmwares show it plain or in Base64
	optional bool // a device that does not have the key is not at fault
	line     bool // an installer's AutoP line
	offer    bool // not every firmware takes the value: it is written once, and what did not stay is a missing feature

	// feature names what is missing when a device does not have the key.
	feature capability.Feature
}

// contact is one entry of the directory.
type contact struct {
	name, phone string
}

// plan is everything a device should hold.
type plan struct {
	settings []setting
	contacts []contact
	phone    bool     // has a directory
	refused  []string // AutoP lines for what is the agent's own
	offered  map[string]string
}

// account is the SIP account the agent uses; a second one stays the installer's.
const account = "Config.Account1."

// registerEvery is how often a device renews its registration, in seconds: short, so that a new agent is found soon.
const registerEvery = 60

// ring is how long a device rings, as caller and as called, in seconds. The factory's minute would cut a call before its last stage, and silence a
// monitor that rings on while landlines are tried; the agent ends every call in time.
var ring = strconv.Itoa(seconds(domain.LongestRing))

// render turns what a device should know into keys and values. All values are strings; booleans are 0 and 1.
func render(w device.Wanted) plan {
	dev := w.Device
	must := func(key, value string) setting { return setting{keys: []string{account + key}, value: value} }
	may := func(key, value string) setting {
		return setting{keys: []string{account + key}, value: value, optional: true}
	}
	p := plan{settings: []setting{
		must("GENERAL.Enable", "1"),
		must("GENERAL.UserName", dev.SIPUser),
		must("GENERAL.AuthName", dev.SIPUser),
		{keys: []string{account + "GENERAL.Pwd"}, value: w.SIPPassword.Reveal(), secret: true},
		must("SIP.Server", w.Registrar.Addr().String()),
		must("SIP.Port", strconv.Itoa(int(w.Port()))),
		may("GENERAL.Label", dev.Name),
		may("GENERAL.DisplayName", dev.Name),
		transport(w),
		may("REG.Timeout", strconv.Itoa(registerEvery)),
		may("AUTO_ANSWER.Enable", "0"), // no call is ever answered by nobody
		{keys: []string{"Config.Settings.CALLTIMEOUT.DialOut"}, value: ring, optional: true},
		{keys: []string{"Config.Settings.CALLTIMEOUT.DialIn"}, value: ring, optional: true},
	}}
	switch dev.DTMF {
	case domain.DTMFInfo:
		p.settings = append(p.settings, may("DTMF.Type", "3"), may("DTMF.InfoType", "2")) // INFO, application/dtmf-relay
	case domain.DTMFEvents:
		p.settings = append(p.settings, may("DTMF.Type", "2"), may("DTMF.Payload", "101")) // RFC 2833 and its heir
	}
	if dev.Type.HasRelays() {
		for _, r := range dev.Relays {
			p.settings = append(p.settings, renderRelay(r)...)
			if r.Enabled && r.Board.IsZero() && !w.Withholds(capability.AccessMethods) {
				p.settings = append(p.settings, renderMethods(r))
			}
		}
	}
	if dev.Type == domain.DoorPhone || dev.Type == domain.SingleDoorPhone {
		p.phone = true
		for _, h := range w.Homes {
			p.contacts = append(p.contacts, contact{name: device.EntryName(dev, h), phone: h.Number})
		}
		for _, c := range w.Contacts {
			p.contacts = append(p.contacts, contact{name: c.Name, phone: c.Phone})
		}
	}
	p.settings = append(p.settings, renderStream(dev)...)
	p.settings = append(p.settings, renderClock(w, time.Now())...)
	p.settings = append(p.settings, renderCallbacks(w.Callbacks)...)
	p.add(w.Lines)
	return p
}

// transport writes how SIP reaches the agent (REM-04). A device that cannot choose speaks UDP, and is told of when another way was wanted.
func transport(w device.Wanted) setting {
	s := setting{keys: []string{account + "SIP.TransType"}, value: "0", optional: true}
	switch w.Connection() {
	case domain.ConnectionTCP:
		s.value, s.feature = "1", device.Connecting
	case domain.ConnectionTLS:
		s.value, s.feature = "2", device.Connecting
	}
	return s
}

// renderClock writes the zone of the site, by which the device's own clock judges schedules. The words of a zone are known of few firmwares.
func renderClock(w device.Wanted, now time.Time) []setting {
	clock, ok := w.Clock(now)
	if !ok {
		return nil
	}
	const group = "Config.Settings.SNTP."
	out := []setting{
		{keys: []string{group + "Enable"}, value: "1", optional: true},
		{keys: []string{group + "TimeZone"}, value: clock.GMT(), optional: true, offer: true, feature: device.Clocked},
	}
	if clock.City != "" {
		out = append(out, setting{keys: []string{group + "Name"}, value: clock.City, optional: true, offer: true})
	}
	return out
}

// renderStream switches the stream of a door phone's camera off where nobody may watch it (DEV-09). Its login stays the device's own: monitors know that.
func renderStream(dev domain.Device) []setting {
	if !dev.Type.HasRelays() {
		return nil
	}
	s := setting{keys: []string{"Config.DoorSetting.RTSP.Enable"}, value: "1", optional: true}
	if dev.Form.NoMonitoring {
		s.value, s.feature = "0", device.Unwatched
	}
	return []setting{s}
}

// renderRelay writes one own relay. A relay that an external board moves, or that is switched off, has no digit of its own on the device.
func renderRelay(r domain.Relay) []setting {
	const group = "Config.DoorSetting.RELAY."
	letter := string(rune('A' + r.Number - 1))
	code := setting{keys: []string{"Config.DoorSetting.DTMF.Code" + strconv.Itoa(r.Number)}}
	if !r.Board.IsZero() || !r.Enabled {
		code.optional = true
		return []setting{code}
	}
	code.value = r.DTMF
	return []setting{
		code,
		{keys: []string{group + "Name" + letter, group + "RelayName" + letter}, value: r.Name},
		{keys: []string{group + "Relay" + letter + "Delay", group + "HoldDelay" + letter, group + "Relay" + letter + "HoldDelay"}, value: strconv.Itoa(seconds(time.Duration(r.HoldMilli) * time.Millisecond))},
	}
}

// renderMethods writes which ways unlock a relay, as the sum of their bits in the order of the guides: 1 homepage to 64 NFC. No public list of
// settings names the key, so a device that does not show it is told of as one that lacks the feature, never as one that refuses.
func renderMethods(r domain.Relay) setting {
	s := setting{keys: []string{"Config.DoorSetting.RELAY.AccessMethod" + string(rune('A'+r.Number-1))}, optional: true}
	mask := domain.AllMethods
	if r.Methods != 0 {
		mask &= r.Methods
		s.feature = capability.AccessMethods
	}
	s.value = strconv.Itoa(int(mask))
	return s
}

// seconds rounds a hold up to the whole seconds devices know; at least one, because 0 means the device's own.
func seconds(hold time.Duration) int { return max(1, int((hold+time.Second-1)/time.Second)) }

// find gives the name under which a device has the setting.
func (s setting) find(shown map[string]text) (key string, has bool) {
	for _, k := range s.keys {
		if _, ok := shown[k]; ok {
			return k, true
		}
	}
	return s.keys[0], false
}

// holds tells whether the device shows the wanted value.
func (s setting) holds(shown text) bool {
	return string(shown) == s.value || s.secret && string(shown) == base64.StdEncoding.EncodeToString([]byte(s.value))
}

// differing gives the wanted settings that a device does not hold, by the name it has for them.
func (p plan) differing(shown map[string]text) (write map[string]string, names []string) {
	write = map[string]string{}
	for _, s := range p.settings {
		key, has := s.find(shown)
		if !has && s.optional || has && s.holds(shown[key]) || s.offer && p.offered[s.keys[0]] == s.value {
			continue
		}
		write[key] = s.value
		names = append(names, key)
	}
	return write, names
}

// missing lists the features that a device has no setting for.
func (p plan) missing(shown map[string]text) []capability.Feature {
	var out []capability.Feature
	for _, s := range p.settings {
		key, has := s.find(shown)
		lacks := !has || s.offer && !s.holds(shown[key])
		if lacks && s.feature != "" && !slices.Contains(out, s.feature) {
			out = append(out, s.feature)
		}
	}
	return out
}

// keys lists every name a device may have for what is wanted.
func (p plan) keys() []string {
	var out []string
	for _, s := range p.settings {
		out = append(out, s.keys...)
	}
	return out
}
