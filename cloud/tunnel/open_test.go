package tunnel_test

import (
	"net/http"
	"testing"

	"vestibule/cloud/tunnel"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/wire"
)

// shows EDGE-23 by cloud/tunnel/dialin.go: "if err != nil || c.Agent != agent || c.Kind != wire.CommandRemoteOpen || !c.Open() || !s.Now().Before(c.Overdue()) {" => "if _ = agent; err != nil {"
func TestDialIn_TakesTheAgentThatWasAskedOnce(t *testing.T) {
	h := newHouse(t, http.HandlerFunc(echo))
	refused := func(name string, id domain.CommandID) {
		t.Helper()
		if way, err := h.dial(id); err == nil {
			_ = way.Close()
			t.Errorf("%s got through", name)
		}
	}
	refused("an unknown command", domain.CommandID{9})
	refused("a door", h.ask(wire.CommandDoorOpen).ID)
	done := h.ask(wire.CommandRemoteOpen)
	done.Result = domain.ActDone
	h.mu.Lock()
	h.commands[done.ID] = done
	h.mu.Unlock()
	refused("a command that has ended", done.ID)
	mine := h.ask(wire.CommandRemoteOpen)
	for name, who := range map[string]domain.AgentID{"another agent": {42}, "nobody": {}} {
		h.mu.Lock()
		h.as = who
		h.mu.Unlock()
		refused(name, mine.ID)
	}
	h.mu.Lock()
	h.as = agent
	h.mu.Unlock()
	if _, err := h.dial(mine.ID); err != nil {
		t.Fatal(err)
	}
	refused("a second tunnel", mine.ID)
}

func TestOpen_SaysWhyThereIsNone(t *testing.T) {
	off := newHouse(t, http.HandlerFunc(echo), func(c *tunnel.Config) { c.Domain = "" })
	if _, err := off.service.Open(as(ina), site, device, ina); fault.CodeOf(err) != fault.Conflict || off.service.Off() == "" || off.service.Hosts() != "" {
		t.Errorf("without a domain: %v", err)
	}
	h := newHouse(t, http.HandlerFunc(echo))
	for reason, want := range map[domain.Reason]fault.Code{
		domain.ReasonUnreachable: fault.Offline, domain.ReasonForbidden: fault.Forbidden, domain.ReasonWrongDevice: fault.Conflict, domain.ReasonNoTunnel: fault.Unavailable,
	} {
		h.reason = reason
		if _, err := h.service.Open(as(ina), site, device, ina); fault.CodeOf(err) != want {
			t.Errorf("%s: %v", reason, err)
		}
	}
	h.reason = ""
	for range 4 {
		h.open()
	}
	if _, err := h.service.Open(as(ina), site, device, ina); fault.CodeOf(err) != fault.Limit {
		t.Errorf("a fifth: %v", err)
	}
}

func TestSeparate_SharesNoRegistrableDomain(t *testing.T) {
	for domain, portals := range map[string]map[string]bool{
		"remote.example.net": {"doors.example.com": true, "doors.example.net": false, "example.net": false, "a.remote.example.net": false, "127.0.0.1": true},
		"remote.localhost":   {"localhost": true, "remote.localhost": false},
		"r.example.co.uk":    {"doors.other.co.uk": true, "doors.example.co.uk": false},
		"Remote.example.net": {"doors.example.com": false},
		"127.0.0.1":          {"doors.example.com": false},
		"localhost":          {"doors.example.com": false},
	} {
		for portal, want := range portals {
			if tunnel.Separate(domain, portal) != want {
				t.Errorf("%s beside %s: %v", domain, portal, !want)
			}
		}
	}
}
