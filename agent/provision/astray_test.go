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
	version := s.edit(func(devices map[domain.DeviceID]domain.Device) {
		d := devices[astray]
		d.GroupID = group
		devices[astray] = d
	})
	for deadline := time.Now().Add(20 * time.Second); s.raised(health.WrongGroup, astray); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("the warning stays after version %d", version)
		}
	}
}
