package webapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"vestibule/shared/sim/relaybank"
)

const maxValue = 4096

// call is one request of the dialect, whichever way it was routed.
type call struct {
	Target string          `json:"target"`
	Action string          `json:"action"`
	Data   json.RawMessage `json:"data"`
	query  url.Values
}

// api takes the path form (/api/config/set) and the bare form (/api with target and action in the body).
func (s *Server) api(r *http.Request, path string, body []byte) (int, envelope) {
	target, action, _ := strings.Cut(path, "/")
	c := call{query: r.URL.Query()}
	switch r.Method {
	case http.MethodGet:
		c.Target, c.Action = target, action
		if changes(action) {
			return http.StatusOK, refuse(action, "unsupport action")
		}
	case http.MethodPost:
		if body = bytes.TrimSpace(body); len(body) > 0 {
			if err := json.Unmarshal(body, &c); err != nil {
				return http.StatusBadRequest, refuse(action, "json parse error")
			}
		} else if !changes(action) {
			c.Target, c.Action = target, action
		}
		if c.Target == "" && c.Action != "" && !s.wantsTarget() {
			c.Target = target
		}
		if target != "" && c.Target != target {
			return http.StatusOK, refuse(action, "unsupport action")
		}
	default:
		return http.StatusMethodNotAllowed, refuse(action, "unsupport action")
	}
	return http.StatusOK, s.act(c)
}

// wantsTarget tells whether a firmware takes no order without its target in the body: that of the E18.
func (s *Server) wantsTarget() bool { return strings.HasPrefix(s.o.Identity.Model, "E18") }

// changes says whether an action needs a body.
func changes(action string) bool {
	switch action {
	case "set", "add", "del", "trig":
		return true
	}
	return false
}

func (s *Server) act(c call) envelope {
	switch c.Target {
	case "system":
		return s.system(c)
	case "config":
		return s.config(c, "")
	case "sip":
		return s.config(c, "Config.Account")
	case "relay":
		if s.o.Bank != nil {
			return s.relay(c)
		}
	case "user", "schedule":
		if s.o.Keys != nil {
			return s.keys(c)
		}
	case "contact", "group":
		if s.o.Contacts != nil {
			return s.contact(c)
		}
	case "doorlog", "calllog":
		if s.o.Journal != nil {
			return s.journal(c)
		}
	}
	return refuse(c.Action, "No handlers for this request")
}

func (s *Server) system(c call) envelope {
	s.mu.Lock()
	up, id := int(time.Since(s.born).Seconds()), s.o.Identity
	s.mu.Unlock()
	switch c.Action {
	case "info":
		host := s.Addr().Addr().String()
		return done(c.Action, map[string]map[string]string{
			"Status": {
				"Model": id.Model, "MAC": colons(id.MAC), "FirmwareVersion": id.Firmware,
				"HardwareVersion": id.Hardware, "Uptime": strconv.Itoa(up), "WebLang": "0",
			},
			"Lan": {"IPAddress": host, "SubnetMask": "255.255.255.0", "Gateway": host, "LinkStatus": "1"},
		})
	case "status":
		return done(c.Action, map[string]string{
			"SystemTime": strconv.FormatInt(time.Now().Unix(), 10), "UpTime": strconv.Itoa(up),
		})
	case "reboot":
		if s.o.Reboot != nil {
			s.o.Reboot()
		}
		return done(c.Action, nil)
	}
	return refuse(c.Action, "Api unsupported")
}

func colons(mac string) string {
	var parts []string
	for len(mac) > 2 {
		parts, mac = append(parts, mac[:2]), mac[2:]
	}
	return strings.Join(append(parts, mac), ":")
}

// config reads and writes settings; only keys with the prefix can be written.
func (s *Server) config(c call, prefix string) envelope {
	switch c.Action {
	case "get":
		all := s.o.Settings.Under(prefix)
		var want struct {
			Item []string `json:"item"`
		}
		if len(c.Data) == 0 {
			return done(c.Action, all)
		}
		if err := json.Unmarshal(c.Data, &want); err != nil {
			return refuse(c.Action, "param error")
		}
		some := map[string]string{}
		for _, k := range want.Item {
			if v, ok := all[k]; ok {
				some[k] = v
			}
		}
		return done(c.Action, some)
	case "set":
		return s.write(c, prefix)
	case "reset_factory":
		if prefix == "" && s.o.Reset != nil {
			s.o.Reset()
			return done(c.Action, nil)
		}
	}
	return refuse(c.Action, "unsupport action")
}

func (s *Server) write(c call, prefixes ...string) envelope {
	var values map[string]string
	if err := json.Unmarshal(c.Data, &values); err != nil || values == nil {
		return refuse(c.Action, "param error") // values are strings
	}
	for k, v := range values {
		if len(v) > maxValue {
			return refuse(c.Action, "param error")
		}
		known := false
		for _, p := range prefixes {
			known = known || strings.HasPrefix(k, p)
		}
		switch cut := s.Quirks().Cut; {
		case !known:
			delete(values, k)
		case cut > 0 && len(v) > cut:
			values[k] = v[:cut]
		}
	}
	if s.forgets() {
		return done(c.Action, nil)
	}
	changed := s.o.Settings.Set(values)
	if len(changed) > 0 && s.o.Changed != nil {
		s.o.Changed(changed)
	}
	return done(c.Action, nil)
}

// forgets counts a write and says whether it is one of those that are lost.
func (s *Server) forgets() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts.Writes++
	if s.quirks.ForgetWrites <= 0 {
		return false
	}
	s.quirks.ForgetWrites--
	s.counts.Forgotten++
	return true
}

// contact serves the directory and its groups, ten a page.
func (s *Server) contact(c call) envelope {
	groups := c.Target == "group"
	switch c.Action {
	case "get":
		if groups {
			return pageOf(c, s.o.Contacts.Groups())
		}
		return pageOf(c, s.o.Contacts.All())
	case "add", "set", "del":
		var out []result
		if items, ok := itemsOf[Group](c); ok && groups {
			out = s.o.Contacts.changeGroups(c.Action, items, !s.forgets())
		} else if items, ok := itemsOf[Contact](c); ok && !groups {
			out = s.o.Contacts.change(c.Action, items, !s.forgets())
		} else {
			return refuse(c.Action, "param error")
		}
		return done(c.Action, map[string]any{"num": len(out), "item": out})
	}
	return refuse(c.Action, "unsupport action")
}

func (s *Server) relay(c call) envelope {
	switch c.Action {
	case "get":
		return done(c.Action, s.o.Settings.Under("Config.DoorSetting.RELAY.", "Config.DoorSetting.DTMF."))
	case "set":
		return s.write(c, "Config.DoorSetting.RELAY.", "Config.DoorSetting.DTMF.")
	case "status":
		states := map[string]int{}
		for i, on := range s.o.Bank.Outputs() {
			states["Relay"+letter(i)] = 0
			if on {
				states["Relay"+letter(i)] = 1
			}
		}
		return done(c.Action, states)
	case "trig":
		return s.trigger(c)
	}
	return refuse(c.Action, "unsupport action")
}

// trigger moves a relay: mode 0 closes by itself after the delay, mode 1 keeps it where level puts it.
func (s *Server) trigger(c call) envelope {
	var in struct {
		Num, Mode, Level, Delay flexible
	}
	if err := json.Unmarshal(c.Data, &in); err != nil || in.Delay < 0 || in.Delay > 65535 {
		return refuse(c.Action, "param error")
	}
	bank, i := s.numbered(int(in.Num))
	if bank == nil {
		return envelope{Retcode: -2, Action: c.Action, Message: "relay num error"}
	}
	var err error
	switch in.Mode {
	case 0:
		err = bank.Pulse(i, s.hold(i, int(in.Delay)), "http")
	case 1:
		err = bank.Set(i, in.Level == 0, "http") // 0: the normally open contact meets COM
	default:
		return refuse(c.Action, "param error")
	}
	if err != nil {
		return refuse(c.Action, "relay error")
	}
	return done(c.Action, nil)
}

// firstSecurity is the number of the first output of an SR01.
const firstSecurity = 11

// numbered finds the relay of a number; nil: there is none.
func (s *Server) numbered(num int) (*relaybank.Bank, int) {
	switch {
	case num >= 1 && num <= s.o.Bank.Len():
		return s.o.Bank, num - 1
	case s.o.Security != nil && num >= firstSecurity && num < firstSecurity+s.o.Security.Len():
		return s.o.Security, num - firstSecurity
	}
	return nil, 0
}

// door finds the relay of a door as the older way names it: 1, 2 or SA, SB.
func (s *Server) door(name string) (*relaybank.Bank, int) {
	if letter, ok := strings.CutPrefix(name, "S"); ok && len(letter) == 1 {
		return s.numbered(firstSecurity + int(letter[0]) - 'A')
	}
	n, err := strconv.Atoi(name)
	if err != nil || n >= firstSecurity {
		return nil, 0
	}
	return s.numbered(n)
}

// hold is how long a pulse lasts: what was asked, or the device's own setting in seconds.
func (s *Server) hold(i, asked int) time.Duration {
	if asked == 0 {
		asked, _ = strconv.Atoi(s.o.Settings.Get("Config.DoorSetting.RELAY.Relay" + letter(i) + "Delay"))
	}
	return time.Duration(max(asked, 1)) * time.Second
}

// Hold is how long relay i stays on when the device itself opens.
func (s *Server) Hold(i int) time.Duration { return s.hold(i, 0) }

func letter(i int) string { return string(rune('A' + i)) }

// openDoor is the older way to a relay. It is off in the factory.
func (s *Server) openDoor(q url.Values) envelope {
	const action = "OpenDoor"
	if q.Get("action") != action {
		return envelope{Retcode: -1, Action: action, Message: "unknown action"}
	}
	if s.o.Bank == nil || s.o.Settings.Get("Config.DoorSetting.RELAY.RelayOnWeb") != "1" {
		return envelope{Retcode: -3, Action: action, Message: "feature is not enabled"}
	}
	bank, i := s.door(q.Get("DoorNum"))
	if bank == nil || bank.Pulse(i, s.hold(i, 0), "http") != nil {
		return envelope{Retcode: -2, Action: action, Message: "door num error"}
	}
	return done(action, nil)
}

// flexible is a number that may stand in quotes.
type flexible int

// UnmarshalJSON reads 1 and "1".
func (f *flexible) UnmarshalJSON(b []byte) error {
	n, err := strconv.Atoi(strings.Trim(string(b), `"`))
	if err != nil {
		return fmt.Errorf("number: %w", err)
	}
	*f = flexible(n)
	return nil
}
