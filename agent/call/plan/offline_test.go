package plan

import (
	"slices"
	"testing"

	"vestibule/shared/domain"
)

// shut is a family whose door has no internet access, and whose monitors named in transfer pass calls on.
func shut(code domain.CallType, transfer ...string) *world {
	w := family()
	w.view.Site.Form.Landline = false
	w.change(func(a *domain.Apartment) { a.CallType = code })
	w.door.Form.NoInternet = true
	w.view.Devices[w.door.ID] = w.door
	for _, name := range transfer {
		w.at(w.named(name), func(d *domain.Device) { d.Form.WorksOffline = true })
	}
	return w
}

// shows EDGE-12/R28 DEV-12 DEV-10 by agent/call/plan/leg.go: "m.add(stage, m.toDevice(m.via.monitor))"
func TestMake_AMonitorPassesCallsOn(t *testing.T) {
	w := shut(domain.AppAndMonitors, "Hall")
	p := w.plan(w.door, "101", true)
	if got, want := staged(p), "Hall:ip Zoe:cloud Ada:cloud Bed:ip"; got != want {
		t.Fatalf("%q, want %q", got, want)
	}
	for _, l := range p.Stages[0].Legs {
		if l.Kind == ToApp && l.Via != w.named("Hall").ID {
			t.Errorf("%s is reached over %s", l.Name, l.Via)
		}
	}
	// The monitor rings though the order names apps alone.
	w.change(func(a *domain.Apartment) {
		a.Contact, a.Sets = domain.SequenceCall, domain.CallSets{{domain.TargetAccounts}}
	})
	if got, want := staged(w.plan(w.door, "101", true)), "Hall:ip Zoe:cloud Ada:cloud"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	// It rang in the first stage already: the second is the apps alone.
	w = shut(domain.MonitorsThenApp, "Hall")
	if got, want := staged(w.plan(w.door, "101", true)), "Bed:ip Hall:ip | Zoe:cloud Ada:cloud"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// The agent is the hand when the monitor is not there.
//
// shows DEV-12 by agent/call/plan/leg.go: "if m.rings(m.via.monitor.ID) {" => "		if true {"
func TestMake_TheAgentIsTheHandOfADeadMonitor(t *testing.T) {
	w := shut(domain.AppAndMonitors, "Hall")
	w.registered[w.named("Hall").ID] = false
	p := w.plan(w.door, "101", true)
	if got, want := staged(p), "Zoe:cloud Ada:cloud Bed:ip"; got != want || left(p, "Hall") != WhyUnreachable {
		t.Fatalf("%q, want %q", got, want)
	}
	if !p.Stages[0].Legs[0].Via.IsZero() {
		t.Error("a leg over a monitor that does not ring")
	}
}

// A call of a door without internet goes by IP inside the group, whatever the home says.
//
// shows EDGE-12/R28 by agent/call/plan/leg.go: "case m.path == domain.CallBySIP && m.facts.WAN && !m.caller.Form.NoInternet:" => "	case m.path == domain.CallBySIP && m.facts.WAN:"
func TestMake_WithoutInternetByIP(t *testing.T) {
	w := shut(domain.AppAndMonitors, "Hall")
	w.change(func(a *domain.Apartment) { a.Path = domain.CallBySIP })
	if got, want := staged(w.plan(w.door, "101", true)), "Hall:ip Zoe:cloud Ada:cloud Bed:ip"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// shows EDGE-12/R29 by agent/call/plan/leg.go: "m.via.why = WhyTransferConflict" => "		m.via = transfer{on: true, monitor: found[0]}"
func TestMake_TwoThatPassCallsOnAreAConflict(t *testing.T) {
	w := shut(domain.AppAndMonitors, "Hall", "Bed")
	p := w.plan(w.door, "101", true)
	if got, want := staged(p), "Bed:ip Hall:ip"; got != want || left(p, "Ada") != WhyTransferConflict || !slices.Contains(p.Notes, NoteTransfer) {
		t.Errorf("%q (%s, %v), want %q", got, left(p, "Ada"), p.Notes, want)
	}
}

// shows EDGE-12/R30 by agent/call/plan/leg.go: "m.via.why = WhyNoTransfer" => "		m.via.why = \"\""
func TestMake_WithoutAMonitorThatPassesCallsOn(t *testing.T) {
	w := shut(domain.AppAndMonitors)
	p := w.plan(w.door, "101", true)
	if got, want := staged(p), "Bed:ip Hall:ip"; got != want || left(p, "Zoe") != WhyNoTransfer {
		t.Errorf("%q (%s), want %q", got, left(p, "Zoe"), want)
	}
	w = shut(domain.AppAndMonitors, "Hall")
	w.at(w.named("Hall"), func(d *domain.Device) { d.GroupID = w.second })
	p = w.plan(w.door, "101", true)
	if got, want := staged(p), "Bed:ip Hall:sip"; got != want || left(p, "Zoe") != WhyTransferGroup {
		t.Errorf("%q (%s), want %q", got, left(p, "Zoe"), want)
	}
}

// shows EDGE-12/R31 by agent/call/plan/leg.go: "case !m.caller.Form.NoInternet:" => "	case false:"
func TestMake_WithInternetAgainTheDetourEnds(t *testing.T) {
	w := shut(domain.AppAndMonitors)
	door := w.at(w.door, func(d *domain.Device) { d.Form.NoInternet = false })
	p := w.plan(door, "101", true)
	if got, want := staged(p), "Zoe:cloud Ada:cloud Bed:ip Hall:ip"; got != want || !p.Stages[0].Legs[0].Via.IsZero() {
		t.Errorf("%q, want %q", got, want)
	}
}

// shows EDGE-13/R32 EDGE-12/R32 by agent/call/plan/leg.go: "if c.why = m.carried(c.leg); c.why == \"\" && m.via.on {" => "	if m.via.on {"
func TestMake_WithoutWANTheTransferIsSkipped(t *testing.T) {
	w := shut(domain.MonitorsThenApp, "Hall")
	p := w.plan(w.door, "101", false)
	if got, want := staged(p), "Bed:ip Hall:ip | "; got != want || left(p, "Zoe") != WhyWANDown {
		t.Errorf("%q (%s), want %q", got, left(p, "Zoe"), want)
	}
}
