package webapi

import (
	"fmt"
	"maps"
	"strings"
	"sync"
)

// Settings are the keys and values of a device. Keys that the device does not have are ignored in silence, as real
// ones do.
type Settings struct {
	mu      sync.Mutex
	factory map[string]string
	values  map[string]string
}

// NewSettings makes the factory settings of a door phone, or of a monitor when relays is false, with changes on top.
func NewSettings(relays bool, changes map[string]string) *Settings {
	s := &Settings{values: map[string]string{}}
	for _, n := range []string{"1", "2"} {
		a := "Config.Account" + n
		maps.Copy(s.values, map[string]string{
			a + ".GENERAL.Enable": "0", a + ".GENERAL.Label": "", a + ".GENERAL.DisplayName": "",
			a + ".GENERAL.UserName": "", a + ".GENERAL.AuthName": "", a + ".GENERAL.Pwd": "",
			a + ".SIP.Server": "", a + ".SIP.Port": "5060", a + ".SIP.TransType": "0",
			a + ".REG.Timeout": "1800",
			a + ".DTMF.Type":   "1", a + ".DTMF.InfoType": "0", a + ".DTMF.Payload": "101",
			a + ".CALL.PreventSIPHacking": "0", a + ".AUTO_ANSWER.Enable": "0",
		})
	}
	maps.Copy(s.values, map[string]string{
		"Config.Settings.GENERAL.DirectIP": "1", "Config.Settings.GENERAL.DirectIPPort": "5060",
		"Config.Settings.CALLTIMEOUT.DialIn": "60", "Config.Settings.CALLTIMEOUT.DialOut": "60",
		"Config.Settings.SNTP.Enable": "1", "Config.Settings.SNTP.NTPServer1": "0.pool.ntp.org",
		"Config.Settings.SNTP.NTPServer2": "1.pool.ntp.org", "Config.Settings.SNTP.Interval": "3600",
		"Config.Settings.SNTP.TimeZone":          "0",
		"Config.DoorSetting.DEVICENODE.Location": "",
		"Config.Settings.LOGLEVEL.RemoteSyslog":  "0", "Config.Settings.LOGLEVEL.RemoteServer": "", "Config.Settings.LOGLEVEL.RemoteServerPort": "514",
		"Config.DoorSetting.APIFCGI.Enable": "1", "Config.DoorSetting.APIFCGI.AuthMode": "4",
		"Config.DoorSetting.APIFCGI.UserName": "", "Config.DoorSetting.APIFCGI.Password": "",
	})
	if relays {
		s.addRelays()
	}
	s.factory = maps.Clone(s.values)
	maps.Copy(s.values, changes)
	return s
}

// Reset brings the factory's settings back, with changes on top.
func (s *Settings) Reset(changes map[string]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.values = maps.Clone(s.factory)
	maps.Copy(s.values, changes)
}

func (s *Settings) addRelays() {
	for i, n := range []string{"A", "B"} {
		r := "Config.DoorSetting.RELAY."
		maps.Copy(s.values, map[string]string{
			r + "Name" + n: "Relay" + n, r + "Relay" + n + "Delay": "5", r + "Relay" + n + "Type": "0",
			r + "Relay" + n + "HoldDelay": "0", fmt.Sprintf("Config.DoorSetting.DTMF.Code%d", i+1): "",
		})
	}
	maps.Copy(s.values, map[string]string{
		"Config.DoorSetting.RELAY.RelayOnWeb": "0", "Config.DoorSetting.RELAY.RelayOnWebUser": "",
		"Config.DoorSetting.RELAY.RelayOnWebPwd": "", "Config.DoorSetting.RFCARDDISPLAY.RfidDisplayMode": "0",
		"Config.DoorSetting.DTMF.Option": "0", "Config.DoorSetting.DTMF.Code3": "",
		"Config.Features.ACTIONURL.Enable": "0", "Config.Features.ACTIONURL.Method": "", "Config.DoorSetting.RTSP.Enable": "1",
	})
	for _, event := range []string{
		"MakeCall", "HangUp", "RelayATriggered", "RelayAClosed", "RelayBTriggered", "RelayBClosed", "InputATriggered", "InputAClosed", "InputBTriggered",
		"InputBClosed", "ValidCodeEntered", "InvalidCodeEntered", "ValidCardEntered", "InvalidCardEntered", "TamperAlarmTriggered", "BreakInAlarmA",
	} {
		s.values["Config.Features.ACTIONURL."+event] = ""
	}
}

// ChooseMethods gives a door phone the settings of which ways unlock each relay, all of them as in the factory, or takes them away: only newer
// firmware has them.
func (s *Settings) ChooseMethods(can bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range []string{"A", "B"} {
		key := "Config.DoorSetting.RELAY.AccessMethod" + n
		if _, has := s.values[key]; can && !has {
			s.values[key] = "127"
		} else if !can {
			delete(s.values, key)
		}
	}
}

// Get is the value of a key, or "".
func (s *Settings) Get(key string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.values[key]
}

// Under are all keys with one of the prefixes; no prefix means all.
func (s *Settings) Under(prefixes ...string) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(prefixes) == 0 {
		return maps.Clone(s.values)
	}
	out := map[string]string{}
	for k, v := range s.values {
		for _, p := range prefixes {
			if strings.HasPrefix(k, p) {
				out[k] = v
			}
		}
	}
	return out
}

// Set writes the known keys and names those whose value changed.
func (s *Settings) Set(values map[string]string) (changed []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, v := range values {
		if old, known := s.values[k]; known && old != v {
			s.values[k] = v
			changed = append(changed, k)
		}
	}
	return changed
}
