package plan

import (
	"strings"

	"vestibule/shared/domain"
)

// toDevice plans the leg to a monitor or guard phone.
func (m *maker) toDevice(d domain.Device) choice {
	c := choice{leg: Leg{Kind: ToDevice, Device: d, Name: d.Name, Path: m.pathTo(d)}, twice: m.rung[d.ID]}
	m.rung[d.ID] = true
	switch {
	case d.ID == m.caller.ID:
		c.why = WhyCaller
		return c
	case !m.view.Serves(m.facts.Agent, d):
		c.leg.Path = ByRemote
		if agents := m.view.Groups[d.GroupID].Agents; len(agents) > 0 {
			c.leg.Agent = agents[0]
		}
		c.why = m.carried(c.leg)
		c.leg.Registered = c.why == "" // its own agent passes on the keys of a device that it authenticated, and no others
		return c
	}
	c.leg.Registered = ask(m.facts.Registered, d.ID)
	if !c.leg.Registered && (c.leg.Path != ByIP || !ask(m.facts.Reachable, d.ID)) {
		c.why = WhyUnreachable
	}
	return c
}

// pathTo: same group and IP call goes by IP (EDGE-R14); another group by SIP (EDGE-R15); SIP call by SIP while the WAN is up (EDGE-R16), but never
// from a door phone without internet access (EDGE-R28).
func (m *maker) pathTo(d domain.Device) Path {
	switch {
	case d.GroupID != m.caller.GroupID:
		return BySIP
	case m.path == domain.CallBySIP && m.facts.WAN && !m.caller.Form.NoInternet:
		return BySIP
	}
	return ByIP
}

// toApp plans the leg to somebody's app. Between residents it takes the site's leave (CALL-08); from a door phone without internet access, a monitor
// that passes the call on: it rings too (EDGE-R28).
func (m *maker) toApp(stage int, person domain.Person) choice {
	c := choice{leg: Leg{Kind: ToApp, Person: person, Name: nameOf(person), Path: ByCloud}}
	switch {
	case m.resident() && !m.view.Site.Form.CommunityCalls && person.ApartmentID != m.caller.ApartmentID:
		c.why = WhyResidents
		return c
	case m.via.why != "":
		c.why = m.via.why
		return c
	}
	if c.why = m.carried(c.leg); c.why == "" && m.via.on {
		m.add(stage, m.toDevice(m.via.monitor))
		if m.rings(m.via.monitor.ID) {
			c.leg.Via = m.via.monitor.ID
		}
	}
	return c
}

// rings tells whether a device has a leg in the plan.
func (m *maker) rings(id domain.DeviceID) bool {
	for _, s := range m.p.Stages {
		for _, l := range s.Legs {
			if l.Kind == ToDevice && l.Device.ID == id {
				return true
			}
		}
	}
	return false
}

// toLandline plans the leg to a stored number; no other number is ever called (CALL-09).
func (m *maker) toLandline(n domain.CallNumber, off bool) choice {
	c := choice{leg: Leg{Kind: ToLandline, Person: n.Person, Name: nameOf(n.Person), Number: n.Number, Path: ByTrunk}}
	digits := n.Person.Form.Country + strings.Map(digit, n.Number)
	c.twice = m.dialed[digits]
	m.dialed[digits] = true
	switch {
	case off:
		c.why = WhyLandlineOff
	case m.resident():
		c.why = WhyVisitors
	default:
		// Whoever lifts that telephone is a resident's own choice, and the dialog is the agent's own with the carrier that knows its password: it may open.
		c.why, c.leg.Registered = m.carried(c.leg), true
	}
	return c
}

// carried tells why a leg that leaves the LAN cannot be called now; empty: it can.
func (m *maker) carried(leg Leg) Why {
	switch {
	case !m.facts.WAN:
		return WhyWANDown
	case m.facts.Carries != nil:
		return m.facts.Carries(leg)
	}
	return NoWay(leg)
}

// NoWay is why a leg that leaves the LAN is not called when nothing takes legs of its path.
func NoWay(leg Leg) Why {
	switch leg.Path {
	case ByTrunk:
		return WhyNoTrunk
	case ByCloud:
		return WhyNoApp
	}
	return WhyOtherAgent
}

// transfer is how apps are reached from a door phone without internet access (DEV-10, DEV-12).
type transfer struct {
	on      bool
	monitor domain.Device // that passes calls on; the agent does it in its place when the monitor does not answer
	why     Why
}

// transfer finds the monitor of the home that passes calls on. With two of them none does, and people are told (EDGE-R29).
func (m *maker) transfer() {
	if m.p.Apartment.ID.IsZero() {
		return
	}
	var found []domain.Device
	for _, d := range m.inHome {
		if d.Type == domain.Monitor && d.Form.WorksOffline {
			found = append(found, d)
		}
	}
	if len(found) > 1 {
		m.p.Notes = append(m.p.Notes, NoteTransfer)
	}
	switch {
	case !m.caller.Form.NoInternet:
	case len(found) == 0:
		m.via.why = WhyNoTransfer
	case len(found) > 1:
		m.via.why = WhyTransferConflict
	case found[0].GroupID != m.caller.GroupID:
		m.via.why = WhyTransferGroup
	default:
		m.via = transfer{on: true, monitor: found[0]}
	}
}

func digit(r rune) rune {
	if r == '+' || r >= '0' && r <= '9' {
		return r
	}
	return -1
}

func nameOf(p domain.Person) string { return strings.TrimSpace(p.FirstName + " " + p.LastName) }

func ask(f func(domain.DeviceID) bool, id domain.DeviceID) bool { return f != nil && f(id) }
