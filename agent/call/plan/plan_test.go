package plan

import (
	"slices"
	"testing"
	"time"

	"vestibule/shared/desired"
	"vestibule/shared/domain"
)

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// world is a site of two agents: group 1 and 3 are ours, group 2 is the other agent's.
type world struct {
	view                 *desired.View
	us, them             domain.AgentID
	ours, theirs, second domain.GroupID
	block, annex         domain.BuildingID
	flat                 domain.Apartment
	door                 domain.Device
	registered, known    map[domain.DeviceID]bool
	firmware             string
	carries              func(Leg) Why
}

func newWorld() *world {
	w := &world{
		us: domain.NewID[domain.AgentID](epoch), them: domain.NewID[domain.AgentID](epoch),
		ours: domain.NewID[domain.GroupID](epoch), theirs: domain.NewID[domain.GroupID](epoch), second: domain.NewID[domain.GroupID](epoch),
		block: domain.NewID[domain.BuildingID](epoch), annex: domain.NewID[domain.BuildingID](epoch),
		registered: map[domain.DeviceID]bool{}, known: map[domain.DeviceID]bool{},
	}
	w.view = &desired.View{
		Groups: map[domain.GroupID]domain.NetworkGroup{
			w.ours: {ID: w.ours, Agents: []domain.AgentID{w.us}}, w.second: {ID: w.second, Agents: []domain.AgentID{w.us, w.them}},
			w.theirs: {ID: w.theirs, Agents: []domain.AgentID{w.them, w.us}},
		},
		Apartments: map[domain.ApartmentID]domain.Apartment{}, Devices: map[domain.DeviceID]domain.Device{}, People: map[domain.PersonID]domain.Person{},
	}
	w.flat = w.apartment("101", w.block)
	w.door = w.device("Door", domain.DoorPhone, w.ours, domain.Apartment{})
	return w
}

func (w *world) apartment(number string, building domain.BuildingID) domain.Apartment {
	a := domain.Apartment{ID: domain.NewID[domain.ApartmentID](epoch), BuildingID: building, Number: number, Contact: domain.GroupCall, Path: domain.CallByIP}
	w.view.Apartments[a.ID] = a
	w.view.Index()
	return a
}

func (w *world) device(name string, kind domain.DeviceType, group domain.GroupID, home domain.Apartment) domain.Device {
	d := domain.Device{ID: domain.NewID[domain.DeviceID](epoch), Type: kind, Name: name, GroupID: group, BuildingID: w.block, ApartmentID: home.ID}
	w.view.Devices[d.ID] = d
	w.view.Index()
	return d
}

// live is a device that is registered.
func (w *world) live(name string, kind domain.DeviceType, group domain.GroupID, home domain.Apartment) domain.Device {
	d := w.device(name, kind, group, home)
	w.registered[d.ID] = true
	return d
}

func (w *world) person(p domain.Person) domain.Person {
	p.ID = domain.NewID[domain.PersonID](epoch)
	w.view.People[p.ID] = p
	w.view.Index()
	return p
}

// change replaces the home that everybody of the world lives in.
func (w *world) change(f func(a *domain.Apartment)) {
	f(&w.flat)
	w.view.Apartments[w.flat.ID] = w.flat
	w.view.Index()
}

func (w *world) plan(caller domain.Device, dialled string, wan bool) Plan {
	return Make(w.view, caller, dialled, Facts{
		WAN: wan, Agent: w.us,
		Registered: func(id domain.DeviceID) bool { return w.registered[id] },
		Reachable:  func(id domain.DeviceID) bool { return w.known[id] },
		Firmware:   func(domain.DeviceID) (string, string) { return "", w.firmware },
		Carries:    w.carries,
	})
}

// words writes a plan as "name:path" for legs and "name-why" for who is left out.
func words(p Plan) []string {
	var out []string
	for _, s := range p.Stages {
		for _, l := range s.Legs {
			out = append(out, l.Name+":"+string(l.Path))
		}
	}
	for _, l := range p.LeftOut {
		out = append(out, l.Name+"-"+string(l.Why))
	}
	if p.End != "" {
		out = append(out, "="+string(p.End))
	}
	return out
}

// shows CALL-06 EDGE-09/R19 by agent/call/plan/plan.go: "*legs = append(*legs, c.leg)" => "*legs = []Leg{c.leg}"
func TestMake_GroupCallRingsEveryMonitorTogether(t *testing.T) {
	w := newWorld()
	for _, name := range []string{"Kitchen", "Bedroom", "Hall"} {
		w.registered[w.device(name, domain.Monitor, w.ours, w.flat).ID] = true
	}
	p := w.plan(w.door, "101", false)
	if got, want := words(p), []string{"Bedroom:ip", "Hall:ip", "Kitchen:ip"}; !slices.Equal(got, want) || len(p.Stages) != 1 || p.Apartment.ID != w.flat.ID {
		t.Errorf("%v in %d stages, want %v in one", got, len(p.Stages), want)
	}
}

// shows EDGE-07/R14 by agent/call/plan/leg.go: "if !c.leg.Registered && (c.leg.Path != ByIP || !ask(m.facts.Reachable, d.ID)) {" => "if !c.leg.Registered {"
// shows EDGE-07/R15 by agent/call/plan/leg.go: "case d.GroupID != m.caller.GroupID:" => "	case false:"
// shows CALL-01 EDGE-07/R16 by agent/call/plan/leg.go: "case m.path == domain.CallBySIP && m.facts.WAN && !m.caller.Form.NoInternet:" => "	case m.path == domain.CallBySIP:"
func TestMake_PathByNetworkGroup(t *testing.T) {
	for _, c := range []struct {
		name             string
		group            int // 0 the caller's, 1 another of ours
		path             domain.CallPath
		wan              bool
		registered, know bool
		want             string
	}{
		{"same group, known address", 0, domain.CallByIP, true, false, true, "M:ip"},
		{"same group, registered", 0, domain.CallByIP, true, true, false, "M:ip"},
		{"same group, nothing known", 0, domain.CallByIP, true, false, false, "M-unreachable"},
		{"other group is SIP though the home says IP", 1, domain.CallByIP, true, true, true, "M:sip"},
		{"other group needs a registration", 1, domain.CallByIP, true, false, true, "M-unreachable"},
		{"the home says SIP", 0, domain.CallBySIP, true, true, true, "M:sip"},
		{"the home says SIP, not registered", 0, domain.CallBySIP, true, false, true, "M-unreachable"},
		{"the home says SIP, no WAN: IP", 0, domain.CallBySIP, false, false, true, "M:ip"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld()
			flat := w.flat
			flat.Path = c.path
			w.view.Apartments[flat.ID] = flat
			w.view.Index()
			m := w.device("M", domain.Monitor, []domain.GroupID{w.ours, w.second}[c.group], flat)
			w.registered[m.ID], w.known[m.ID] = c.registered, c.know
			if got := words(w.plan(w.door, "101", c.wan)); got[0] != c.want {
				t.Errorf("%v, want %s", got, c.want)
			}
		})
	}
}

func TestMake_LeavesOutWithReasons(t *testing.T) {
	w := newWorld()
	caller := w.device("Inside door", domain.DoorPhone, w.ours, w.flat)
	w.registered[w.device("Good", domain.Monitor, w.ours, w.flat).ID] = true
	w.device("Guard", domain.GuardPhone, w.ours, w.flat)
	w.registered[w.device("Elsewhere", domain.Monitor, w.theirs, w.flat).ID] = true
	w.device("Off", domain.Monitor, w.ours, w.flat)
	for wan, why := range map[bool]string{true: "Elsewhere-other_agent", false: "Elsewhere-wan_down"} {
		want := []string{"Good:ip", why, "Off-unreachable", "Guard-not_a_monitor", "Inside door-caller"}
		if got := words(w.plan(caller, "101", wan)); !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	}
}

// A device of another agent's group is that agent's to answer.
//
// shows EDGE-07/R18 by agent/call/plan/plan.go: "return Plan{End: domain.EndRefusedCaller}" => "		_ = view"
func TestMake_NothingToRing(t *testing.T) {
	w := newWorld()
	w.apartment("102", w.block)
	w.apartment("7", w.annex)
	lonely := w.apartment("103", w.block)
	w.device("Off", domain.Monitor, w.ours, lonely)
	guard := w.apartment("104", w.block)
	w.device("Guard", domain.GuardPhone, w.ours, guard)
	foreign := w.device("Foreign door", domain.DoorPhone, w.theirs, domain.Apartment{})
	for _, c := range []struct {
		caller  domain.Device
		dialled string
		want    string
	}{
		{w.door, "999", "=unknown_apartment"}, {w.door, "", "=unknown_apartment"}, {w.door, "7", "=unknown_apartment"}, // another building's
		{w.door, "102", "=no_targets"}, {w.door, "104", "=no_targets"}, {w.door, "103", "=unreachable"}, {foreign, "101", "=refused_caller"},
	} {
		got := words(w.plan(c.caller, c.dialled, true))
		if got[len(got)-1] != c.want {
			t.Errorf("%s dials %q: %v, want %s", c.caller.Name, c.dialled, got, c.want)
		}
	}
}

func TestMake_SingleDoorPhoneRingsItsHome(t *testing.T) {
	w := newWorld()
	villa := w.device("Villa door", domain.SingleDoorPhone, w.ours, w.flat)
	w.registered[w.device("M", domain.Monitor, w.ours, w.flat).ID] = true
	for _, dialled := range []string{"", "101", "anything"} {
		if got := words(w.plan(villa, dialled, true)); got[0] != "M:ip" {
			t.Errorf("%q: %v", dialled, got)
		}
	}
}
