package access

import (
	"vestibule/shared/desired"
	"vestibule/shared/domain"
)

// Ask is who wants which relay moved, and how.
type Ask struct {
	DeviceID    domain.DeviceID
	Relay       int
	Means       domain.Means
	ByDevice    domain.DeviceID    // the monitor or guard phone whose digit it was; only with MeansDTMF
	ByPerson    domain.PersonID    // in its place: whose landline it was
	ApartmentID domain.ApartmentID // the home that was called; only with MeansDTMF
}

// Grant is what an allowed ask moves. Board is set when Relay.Board names one; else the device moves its own relay.
type Grant struct {
	Device domain.Device
	Relay  domain.Relay
	Board  domain.Board
}

// External tells whether the relay hangs on a board instead of the device itself.
func (g Grant) External() bool { return !g.Relay.Board.IsZero() }

// Decide judges an ask that reached agent against the document. ReasonNone means that the relay may be opened now.
func Decide(view *desired.View, agent domain.AgentID, ask Ask) (Grant, domain.Reason) {
	dev, ok := view.Devices[ask.DeviceID]
	if !ok || ask.DeviceID.IsZero() || !view.Serves(agent, dev) {
		return Grant{}, domain.ReasonUnknownDevice
	}
	rel, ok := dev.Relay(ask.Relay)
	if !ok {
		return Grant{}, domain.ReasonUnknownRelay
	}
	if !rel.Enabled {
		return Grant{}, domain.ReasonRelayOff
	}
	grant := Grant{Device: dev, Relay: rel}
	if grant.External() {
		board, ok := view.Boards[rel.Board]
		if !ok || rel.Channel < 1 || rel.Channel > board.Channels || !view.Groups[board.GroupID].ActedBy(agent) {
			return Grant{}, domain.ReasonUnknownRelay
		}
		grant.Board = board
	}
	if !mayAsk(view, dev, ask) {
		return Grant{}, domain.ReasonNotAllowed
	}
	return grant, domain.ReasonNone
}

// mayAsk judges the means. Remote asks come signed from the cloud, which has judged the person; local ones from behind the agent's PIN.
func mayAsk(view *desired.View, door domain.Device, ask Ask) bool {
	switch ask.Means {
	case domain.MeansRemote, domain.MeansLocal:
		return true
	case domain.MeansDTMF:
		if !ask.ByPerson.IsZero() {
			return ask.ByDevice.IsZero() && lifts(view, door, ask)
		}
		by, ok := view.Devices[ask.ByDevice]
		return ok && !ask.ByDevice.IsZero() && answers(view, door, by, ask.ApartmentID)
	}
	return false
}

// lifts tells whether a person's telephone may open door: the site has a trunk in use, and the person has a landline and belongs to the home that
// was called, or works where the door is. Everybody else's telephone opens nothing, however it came into the call.
func lifts(view *desired.View, door domain.Device, ask Ask) bool {
	person, ok := view.People[ask.ByPerson]
	if !ok || view.Trunk == nil || !view.Trunk.Enabled || len(person.Form.Landlines) == 0 || person.ApartmentID != ask.ApartmentID {
		return false
	}
	if person.ApartmentID.IsZero() {
		return person.Works() && person.Placed() && within(door.DepartmentID, person.DepartmentID) && within(door.CompanyID, person.CompanyID)
	}
	home, ok := view.Apartments[person.ApartmentID]
	return ok && view.Site.Form.HasLandline() && !home.NoLandline && door.Calls(home)
}

// answers tells whether by is a station that may open door in a call to home.
func answers(view *desired.View, door, by domain.Device, home domain.ApartmentID) bool {
	switch {
	case by.Type == domain.GuardPhone && by.ApartmentID.IsZero():
		return by.BuildingID.IsZero() || door.BuildingID.IsZero() || by.BuildingID == door.BuildingID
	case by.Type != domain.Monitor && by.Type != domain.GuardPhone:
		return false
	case by.ApartmentID.IsZero():
		return home.IsZero() && besides(door, by)
	}
	apartment, ok := view.Apartments[by.ApartmentID]
	return ok && by.ApartmentID == home && door.Calls(apartment)
}

// besides tells whether a monitor that stands in no home may open a door: both in one building, department and company, where either has one. A
// monitor on somebody's desk answers for the people of its office, never for a home.
func besides(door, by domain.Device) bool {
	return within(door.BuildingID, by.BuildingID) && within(door.DepartmentID, by.DepartmentID) && within(door.CompanyID, by.CompanyID)
}

func within[T ~[16]byte](place, one T) bool { return place == T{} || one == T{} || place == one }
