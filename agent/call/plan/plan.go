package plan

import (
	"slices"

	"vestibule/shared/desired"
	"vestibule/shared/domain"
)

// MaxLegs is the most devices that ring at once for one apartment.
const MaxLegs = 16

// Path is how a leg is reached.
type Path string

// Paths (EDGE-07). A ByIP leg may go to a known address when the device is not registered; a BySIP leg needs a registration.
const (
	ByIP     Path = "ip"
	BySIP    Path = "sip"
	ByRemote Path = "remote" // a device of another agent of the site
	ByTrunk  Path = "trunk"  // a landline
	ByCloud  Path = "cloud"  // an app
)

// Kind is what a leg rings.
type Kind = domain.LegKind

// Kinds of legs.
const (
	ToDevice   = domain.LegDevice
	ToApp      = domain.LegApp
	ToLandline = domain.LegLandline
)

// Why is a word of the closed list of reasons for leaving a device out.
type Why string

// Reasons for not calling what could ring.
const (
	WhyCaller      Why = "caller"        // nobody rings himself
	WhyNotMonitor  Why = "not_a_monitor" // the device type takes no visitor calls
	WhyNotChosen   Why = "not_in_order"  // the order of the home leaves it out
	WhyOtherAgent  Why = "other_agent"   // another agent of the site acts for the device's network group
	WhyWANDown     Why = "wan_down"      // the way to it goes over the internet, which is gone
	WhyUnreachable Why = "unreachable"   // neither registered nor, where that is enough, at a known address
	WhyTooMany     Why = "too_many"      // more than MaxLegs in one stage
	WhyNoApp       Why = "no_app_registered"
	WhyLandlineOff Why = "landline_off" // the landline service is off or expired (CALL-09)
	WhyNoTrunk     Why = "no_trunk"     // the site has no line to the telephone network
	WhyTrunkLimit  Why = "trunk_limit"  // a limit of the line is reached

	WhyResidents Why = "resident_calls_off" // residents do not call each other's apps at this site (CALL-08)
	WhyVisitors  Why = "visitors_only"      // landlines ring for visitors, not for monitors

	WhyNoTransfer       Why = "no_transfer_monitor" // the caller has no internet, and no monitor passes its calls on (EDGE-12/R30)
	WhyTransferConflict Why = "transfer_conflict"   // two monitors would, so none does (EDGE-12/R29)
	WhyTransferGroup    Why = "transfer_group"      // the monitor that would stands in another network group
)

// Leg is one device, app or landline that rings.
type Leg struct {
	Kind       Kind
	Device     domain.Device // of ToDevice
	Person     domain.Person // whose app or number it is
	Name       string        // for people's eyes
	Number     string        // of ToLandline, as the document has it
	Path       Path
	Registered bool            // the agent, or the one that acts for it, has authenticated it; only such a leg may open a door
	Agent      domain.AgentID  // of ByRemote: who acts for the device
	Via        domain.DeviceID // of an app: the monitor that passes the call on (DEV-12); zero: none
}

// Stage is a set of legs that ring together.
type Stage struct{ Legs []Leg }

// LeftOut is a leg that is not called, and why.
type LeftOut struct {
	Leg
	Stage int // -1: in no stage
	Why   Why
}

// Note is something about a plan that people should know.
type Note string

// Notes.
const (
	NoteSequence Note = "sequence_as_group" // the door phone's firmware is too old for a sequence call (EDGE-10/R22)
	NoteTransfer Note = "transfer_conflict" // two monitors of the home work offline (EDGE-12/R29)
)

// Plan is the answer. Stages are those of the order that the portal shows; one without legs is passed over. End is empty when there is something to
// ring; else it says why the call ends at once.
type Plan struct {
	Apartment domain.Apartment // zero: no home was called
	Person    domain.Person    // who works and was called
	Stages    []Stage
	LeftOut   []LeftOut
	Notes     []Note
	End       domain.EndReason
}

// Facts are what a document cannot know.
type Facts struct {
	WAN        bool // the link to the cloud is up
	Agent      domain.AgentID
	Registered func(domain.DeviceID) bool // the device has a live registration here
	Reachable  func(domain.DeviceID) bool // an address on this LAN is known for it
	// Firmware is what a device said of itself; empty while nobody knows.
	Firmware func(domain.DeviceID) (model, firmware string)
	// Carries tells whether a leg of ByRemote, ByTrunk or ByCloud has a way now, or why not. Nil: none has.
	Carries func(Leg) Why
}

// maker makes one plan.
type maker struct {
	view   *desired.View
	caller domain.Device
	facts  Facts
	p      Plan
	inHome []domain.Device // of the home that was called
	path   domain.CallPath // what the callee's setting says
	one    bool            // one device or person of the home was called
	rung   map[domain.DeviceID]bool
	dialed map[string]bool // landlines
	via    transfer
}

// Make plans a call: whom the caller means, who rings for them in which order (CALL-03, CALL-06, CALL-07), and by which path.
func Make(view *desired.View, caller domain.Device, dialled string, facts Facts) Plan {
	if !view.Serves(facts.Agent, caller) {
		return Plan{End: domain.EndRefusedCaller}
	}
	m := &maker{view: view, caller: caller, facts: facts, rung: map[domain.DeviceID]bool{}, dialed: map[string]bool{}}
	party, ok := m.find(dialled)
	if !ok {
		return Plan{End: domain.EndUnknownApartment}
	}
	m.transfer()
	for i, rings := range party.Stages() {
		m.p.Stages = append(m.p.Stages, Stage{})
		for _, ring := range rings {
			m.ring(i, ring)
		}
	}
	m.others()
	m.conclude()
	return m.p
}

// ring adds what one target of a stage means.
func (m *maker) ring(stage int, r domain.CallRing) {
	legs := &m.p.Stages[stage].Legs
	*legs = slices.Grow(*legs, len(r.Devices)+len(r.People)+len(r.Numbers))
	for _, d := range r.Devices {
		m.add(stage, m.toDevice(d))
	}
	for _, person := range r.People {
		m.add(stage, m.toApp(stage, person))
	}
	for _, n := range r.Numbers {
		m.add(stage, m.toLandline(n, r.Off))
	}
}

// choice is a leg, and why it is not called.
type choice struct {
	leg   Leg
	why   Why
	twice bool // it stands in the plan already
}

func (m *maker) add(stage int, c choice) {
	if c.twice {
		return
	}
	if stage >= 0 && c.why == "" && len(m.p.Stages[stage].Legs) >= MaxLegs {
		c.why = WhyTooMany
	}
	if c.why != "" {
		m.p.LeftOut = append(m.p.LeftOut, LeftOut{Leg: c.leg, Stage: stage, Why: c.why})
		return
	}
	legs := &m.p.Stages[stage].Legs
	*legs = append(*legs, c.leg)
}

// others accounts for the devices of the home that are in no stage.
func (m *maker) others() {
	if m.p.Apartment.ID.IsZero() || m.one {
		return
	}
	for _, d := range m.inHome {
		if m.rung[d.ID] {
			continue
		}
		c := m.toDevice(d)
		switch {
		case d.ID == m.caller.ID:
		case d.Type != domain.Monitor:
			c.why = WhyNotMonitor
		default:
			c.why = WhyNotChosen
		}
		m.add(-1, c)
	}
}

// conclude says why nothing rings, when nothing does.
func (m *maker) conclude() {
	end := domain.EndNoTargets
	for _, s := range m.p.Stages {
		if len(s.Legs) > 0 {
			return
		}
	}
	for _, l := range m.p.LeftOut {
		switch l.Why {
		case WhyUnreachable, WhyWANDown, WhyOtherAgent, WhyTrunkLimit:
			end = domain.EndUnreachable
		case WhyResidents:
			if end == domain.EndNoTargets {
				end = domain.EndNotAllowed
			}
		}
	}
	m.p.Stages, m.p.End = nil, end
}
