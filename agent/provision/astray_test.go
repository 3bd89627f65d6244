package provision_test

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"vestibule/agent/health"
	"vestibule/shared/domain"
)

// notesOf lists what was told of a device, the group's words included.
func (s *site) notesOf(id domain.DeviceID) []string {
	s.desk.mu.Lock()
	defer s.desk.mu.Unlock()
	var out []string
	for _, n := range s.desk.notes {
		if n.DeviceID == id {
			out = append(out, n.What+" "+n.Detail)
		}
	}
	return out
}

// A device that the document puts into the network of another agent, and that is seen in ours, is reported once; a group that names us as its second
// agent is our network too.
//
// shows EDGE-08 EDGE-08/R17 by agent/provision/group.go: "c.cfg.Conditions.Raise(ctx, health.WrongGroup, health.About{Device: dev.ID}, detail)"
func TestMoved_ADeviceOfAnotherAgentsGroupIsReported(t *testing.T) {
	s := newSite(t)
	other := domain.AgentID{9}
	theirs, spare := domain.GroupID{7}, domain.GroupID{8}
	s.view.Groups[theirs] = domain.NetworkGroup{ID: theirs, Name: "Network 2", Agents: []domain.AgentID{other}}
	s.view.Groups[spare] = domain.NetworkGroup{ID: spare, Name: "Network 3", Agents: []domain.AgentID{other, agent}}
	astray, twin := s.add(1, ""), s.add(2, "")
	for id, in := range map[domain.DeviceID]domain.GroupID{astray: theirs, twin: spare} {
		d := s.view.Devices[id]
		d.GroupID = in
		s.view.Devices[id] = d
	}
	s.view.Index()
	s.run()
	for range 2 {
		s.conv.Moved(s.view.Devices[astray].MAC)
		s.conv.Moved(s.view.Devices[twin].MAC)
	}
	if got, want := s.notesOf(astray), []string{"wrong_group Network 2, seen in the network of another agent"}; !slices.Equal(got, want) || !s.raised(health.WrongGroup, astray) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := s.notesOf(twin); got != nil || s.raised(health.WrongGroup, twin) {
		t.Errorf("%q", got)
	}
	s.edit(func(devices map[domain.DeviceID]domain.Device) {
		d := devices[astray]
		d.GroupID = group
		devices[astray] = d
	})
	s.until("the warning goes", func() bool { return !s.raised(health.WrongGroup, astray) })
}

// Two network groups of two agents on one LAN are no fault: each agent hears the other's devices. One that was taken for astray before the other agent
// was heard is so no longer.
//
// shows EDGE-08/R17 by agent/provision/group.go: "if beside || told == dev.GroupID {" => "	if told == dev.GroupID {"
// shows EDGE-08/R17 by agent/provision/group.go: "if beside && known {" => "	if _ = known; false {"
func TestMoved_TwoAgentsOnOneLAN(t *testing.T) {
	s := newSite(t)
	other := domain.AgentID{9}
	theirs := domain.GroupID{7}
	s.view.Groups[theirs] = domain.NetworkGroup{ID: theirs, Name: "Network 2", Agents: []domain.AgentID{other}}
	first, second := s.add(1, ""), s.add(2, "")
	for _, id := range []domain.DeviceID{first, second} {
		d := s.view.Devices[id]
		d.GroupID = theirs
		s.view.Devices[id] = d
	}
	s.view.Index()
	s.run()
	s.conv.Moved(s.view.Devices[first].MAC)
	if !s.raised(health.WrongGroup, first) {
		t.Fatal("not told while nobody knows of the other agent")
	}
	s.beside.Store(&other)
	for _, id := range []domain.DeviceID{first, second} {
		s.conv.Moved(s.view.Devices[id].MAC)
		if s.raised(health.WrongGroup, id) {
			t.Error("told of a device that its own agent reaches")
		}
	}
	if got := s.notesOf(first); len(got) != 2 || s.notesOf(second) != nil {
		t.Errorf("%q, %q", got, s.notesOf(second))
	}
}

// The cloud refuses a second monitor that works offline; an agent that still gets two uses none and says so.
//
// shows EDGE-12/R29 by agent/provision/group.go: "c.cfg.Conditions.Raise(ctx, health.TransferConflict, health.About{Device: second.ID}, detail)"
func TestRun_TwoMonitorsThatWorkOfflineAreAConflict(t *testing.T) {
	s := newSite(t)
	home := domain.Apartment{ID: domain.ApartmentID{5}, Number: "101"}
	s.view.Apartments = map[domain.ApartmentID]domain.Apartment{home.ID: home}
	for n := byte(1); n <= 2; n++ {
		d := s.view.Devices[s.add(n, "")]
		d.Type, d.ApartmentID, d.Driver, d.Form.WorksOffline = domain.Monitor, home.ID, domain.DriverManual, true
		s.view.Devices[d.ID] = d
	}
	s.view.Index()
	second := domain.DeviceID{2}
	s.run()
	s.until("the conflict is told", func() bool { return s.raised(health.TransferConflict, second) })
	s.edit(func(devices map[domain.DeviceID]domain.Device) {
		d := devices[second]
		d.Form.WorksOffline = false
		devices[second] = d
	})
	s.until("it is over", func() bool { return !s.raised(health.TransferConflict, second) })
	s.until("both rows are there", func() bool {
		return slices.Equal(s.notesOf(second), []string{"transfer_conflict Gate 1, Gate 2", "transfer_conflict "})
	})
}

func (s *site) until(what string, holds func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); runtime.Gosched() {
		if time.Now().After(deadline) {
			s.t.Fatalf("%s: did not happen", what)
		}
	}
}
