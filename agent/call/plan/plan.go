package plan

import (
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
type Kind string

// Kinds of legs.
const (
	ToDevice   Kind = "device"
	ToApp      Kind = "app"
	ToLandline Kind = "landline"
)

// Why is a word of the closed list of reasons for leaving a device out.
type Why string

// Reasons for leaving a device of the apartment out.
const (
	WhyCaller      Why = "caller"        // nobody rings himself
	WhyNotMonitor  Why = "not_a_monitor" // the device type takes no visitor calls
	WhyOtherAgent  Why = "other_agent"   // another agent of the site acts for the device's network group
	WhyWANDown     Why = "wan_down"      // another agent's device, and the way to it is down
	WhyUnreachable Why = "unreachable"   // neither registered nor, where that is enough, at a known address
	WhyTooMany     Why = "too_many"      // more than MaxLegs
	WhyNoApp       Why = "no_app_registered"
	WhyNoTrunk     Why = "no_trunk"    // the site has no line to the telephone network
	WhyTrunkLimit  Why = "trunk_limit" // a limit of the line is reached
)

// Leg is one device, app or landline that rings.
type Leg struct {
	Kind       Kind
	Device     domain.Device // of ToDevice
	Person     domain.Person // whose app or number it is
	Name       string        // for people's eyes
	Number     string        // of ToLandline, as the document has it
	Path       Path
	Registered bool            // the agent has authenticated it; only such a leg may open a door
	Agent      domain.AgentID  // of ByRemote: who acts for the device
	Via        domain.DeviceID // of an app: the monitor that passes the call on (DEV-12); zero: none
}

// Stage is a set of legs that ring together.
type Stage struct{ Legs []Leg }

// LeftOut is a leg that is not called, and why.
type LeftOut struct {
	Leg
	Why Why
}

// Plan is the answer. End is empty when there is something to ring; else it says why the call ends at once.
type Plan struct {
	Apartment domain.Apartment
	Stages    []Stage
	LeftOut   []LeftOut
	End       domain.EndReason
}

// Facts are what a document cannot know.
type Facts struct {
	WAN        bool // the link to the cloud is up
	Agent      domain.AgentID
	Registered func(domain.DeviceID) bool // the device has a live registration here
	Reachable  func(domain.DeviceID) bool // an address on this LAN is known for it
	// Carries tells whether a leg of ByRemote, ByTrunk or ByCloud has a way now, or why not. Nil: none has.
	Carries func(Leg) Why
}

// Make plans a group call (CALL-06): every monitor of the dialled apartment that this agent serves, in one stage, in the order of their names.
func Make(view *desired.View, caller domain.Device, dialled string, facts Facts) Plan {
	if !view.Serves(facts.Agent, caller) {
		return Plan{End: domain.EndRefusedCaller}
	}
	apartment, ok := find(view, caller, dialled)
	if !ok {
		return Plan{End: domain.EndUnknownApartment}
	}
	p := Plan{Apartment: apartment, End: domain.EndNoTargets}
	var legs []Leg
	for _, d := range view.DevicesOf(apartment.ID) {
		leg, why := choose(view, caller, apartment, d, facts)
		if why == "" && len(legs) == MaxLegs {
			why = WhyTooMany
		}
		if why != "" {
			p.LeftOut = append(p.LeftOut, LeftOut{Leg: leg, Why: why})
			if why == WhyUnreachable || why == WhyWANDown {
				p.End = domain.EndUnreachable
			}
			continue
		}
		legs = append(legs, leg)
	}
	if len(legs) > 0 {
		p.Stages, p.End = []Stage{{Legs: legs}}, ""
	}
	return p
}

// find gives the apartment the caller means. A door phone that belongs to one home rings it whatever button was pressed (DEV-01, type 1).
func find(view *desired.View, caller domain.Device, dialled string) (domain.Apartment, bool) {
	if caller.Type == domain.SingleDoorPhone && !caller.ApartmentID.IsZero() {
		a, ok := view.Apartments[caller.ApartmentID]
		return a, ok
	}
	return view.Dial(caller, dialled)
}

func choose(view *desired.View, caller domain.Device, apartment domain.Apartment, d domain.Device, facts Facts) (Leg, Why) {
	leg := Leg{Kind: ToDevice, Device: d, Name: d.Name, Path: pathOf(caller, apartment, d, facts.WAN)}
	switch {
	case d.ID == caller.ID:
		return leg, WhyCaller
	case d.Type != domain.Monitor:
		return leg, WhyNotMonitor
	case !view.Serves(facts.Agent, d):
		return remote(view, leg, facts)
	}
	leg.Registered = ask(facts.Registered, d.ID)
	if leg.Registered || leg.Path == ByIP && ask(facts.Reachable, d.ID) {
		return leg, ""
	}
	return leg, WhyUnreachable
}

// remote plans a leg to a device of another agent: over the cloud, or not at all.
func remote(view *desired.View, leg Leg, facts Facts) (Leg, Why) {
	leg.Path = ByRemote
	if agents := view.Groups[leg.Device.GroupID].Agents; len(agents) > 0 {
		leg.Agent = agents[0]
	}
	return leg, carried(leg, facts)
}

// carried tells why a leg that leaves the LAN cannot be called now; empty: it can.
func carried(leg Leg, facts Facts) Why {
	switch {
	case !facts.WAN:
		return WhyWANDown
	case facts.Carries != nil:
		return facts.Carries(leg)
	case leg.Path == ByTrunk:
		return WhyNoTrunk
	case leg.Path == ByCloud:
		return WhyNoApp
	}
	return WhyOtherAgent
}

// pathOf: same group and IP call goes by IP (EDGE-R14); another group by SIP (EDGE-R15); SIP call by SIP while the WAN is up (EDGE-R16).
func pathOf(caller domain.Device, apartment domain.Apartment, d domain.Device, wan bool) Path {
	if d.GroupID != caller.GroupID {
		return BySIP
	}
	if apartment.Path == domain.CallBySIP && wan {
		return BySIP
	}
	return ByIP
}

func ask(f func(domain.DeviceID) bool, id domain.DeviceID) bool { return f != nil && f(id) }
