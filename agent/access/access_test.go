package access_test

import (
	"testing"
	"time"

	"vestibule/agent/access"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
)

func id[T ~[16]byte]() T { return domain.NewID[T](time.UnixMilli(1)) }

type house struct {
	view                                         *desired.View
	agent                                        domain.AgentID
	gate, lane, monitor, other, guard, desk, far domain.Device
	home, neighbour                              domain.Apartment
}

func build() house {
	h := house{agent: id[domain.AgentID]()}
	b1, b2 := id[domain.BuildingID](), id[domain.BuildingID]()
	mine := domain.NetworkGroup{ID: id[domain.GroupID](), Name: "Network 1", Agents: []domain.AgentID{h.agent, id[domain.AgentID]()}}
	theirs := domain.NetworkGroup{ID: id[domain.GroupID](), Name: "Network 2", Agents: []domain.AgentID{id[domain.AgentID](), h.agent}}
	board := domain.Board{ID: id[domain.BoardID](), GroupID: mine.ID, Unit: 1, Channels: 8}
	far := domain.Board{ID: id[domain.BoardID](), GroupID: theirs.ID, Unit: 1, Channels: 8}
	h.home = domain.Apartment{ID: id[domain.ApartmentID](), BuildingID: b1, Number: "101"}
	h.neighbour = domain.Apartment{ID: id[domain.ApartmentID](), BuildingID: b2, Number: "101"}
	relay := func(n int) domain.Relay {
		return domain.Relay{Number: n, Enabled: true, DTMF: "#", Mode: domain.Momentary, HoldMilli: 1000}
	}
	ext, beyond, foreign, off := relay(2), relay(3), relay(4), relay(1)
	ext.Board, ext.Channel = board.ID, 8
	beyond.Board, beyond.Channel = board.ID, 9
	foreign.Board, foreign.Channel = far.ID, 1
	off.Enabled = false
	h.gate = domain.Device{ID: id[domain.DeviceID](), Type: domain.DoorPhone, GroupID: mine.ID, BuildingID: b1, Relays: []domain.Relay{relay(1), ext, beyond, foreign}}
	h.lane = domain.Device{ID: id[domain.DeviceID](), Type: domain.DoorPhone, GroupID: theirs.ID, BuildingID: b1, Relays: []domain.Relay{relay(1)}}
	shut := domain.Device{ID: id[domain.DeviceID](), Type: domain.DoorPhone, GroupID: mine.ID, Relays: []domain.Relay{off}}
	h.monitor = domain.Device{ID: id[domain.DeviceID](), Type: domain.Monitor, GroupID: mine.ID, BuildingID: b1, ApartmentID: h.home.ID}
	h.other = domain.Device{ID: id[domain.DeviceID](), Type: domain.Monitor, GroupID: mine.ID, BuildingID: b2, ApartmentID: h.neighbour.ID}
	h.guard = domain.Device{ID: id[domain.DeviceID](), Type: domain.GuardPhone, GroupID: mine.ID, BuildingID: b1}
	h.desk = domain.Device{ID: id[domain.DeviceID](), Type: domain.Monitor, GroupID: mine.ID, BuildingID: b1}
	h.far = domain.Device{ID: id[domain.DeviceID](), Type: domain.Monitor, GroupID: mine.ID, BuildingID: b2}
	h.view = &desired.View{
		Groups:     map[domain.GroupID]domain.NetworkGroup{mine.ID: mine, theirs.ID: theirs},
		Boards:     map[domain.BoardID]domain.Board{board.ID: board, far.ID: far},
		Apartments: map[domain.ApartmentID]domain.Apartment{h.home.ID: h.home, h.neighbour.ID: h.neighbour},
		Devices: map[domain.DeviceID]domain.Device{
			h.gate.ID: h.gate, h.lane.ID: h.lane, shut.ID: shut, h.monitor.ID: h.monitor, h.other.ID: h.other, h.guard.ID: h.guard, h.desk.ID: h.desk, h.far.ID: h.far,
		},
	}
	h.view.Devices[domain.DeviceID{1}] = shut
	return h
}

// shows EDGE-16/R39 by agent/access/access.go: "rel.Channel > board.Channels" => "if !ok || rel.Channel < 1 || !view.Groups[board.GroupID].ActedBy(agent) {"
func TestDecide_TableOfAsks(t *testing.T) {
	h := build()
	for name, c := range map[string]struct {
		ask  access.Ask
		want domain.Reason
	}{
		"own relay, remote":           {access.Ask{DeviceID: h.gate.ID, Relay: 1, Means: domain.MeansRemote}, domain.ReasonNone},
		"board relay, local":          {access.Ask{DeviceID: h.gate.ID, Relay: 2, Means: domain.MeansLocal}, domain.ReasonNone},
		"zero device":                 {access.Ask{Relay: 1, Means: domain.MeansRemote}, domain.ReasonUnknownDevice},
		"unknown device":              {access.Ask{DeviceID: id[domain.DeviceID](), Relay: 1, Means: domain.MeansRemote}, domain.ReasonUnknownDevice},
		"another agent's device":      {access.Ask{DeviceID: h.lane.ID, Relay: 1, Means: domain.MeansRemote}, domain.ReasonUnknownDevice},
		"relay that is not there":     {access.Ask{DeviceID: h.gate.ID, Relay: 5, Means: domain.MeansRemote}, domain.ReasonUnknownRelay},
		"relay zero":                  {access.Ask{DeviceID: h.gate.ID, Means: domain.MeansRemote}, domain.ReasonUnknownRelay},
		"channel beyond the board":    {access.Ask{DeviceID: h.gate.ID, Relay: 3, Means: domain.MeansRemote}, domain.ReasonUnknownRelay},
		"board of another agent":      {access.Ask{DeviceID: h.gate.ID, Relay: 4, Means: domain.MeansRemote}, domain.ReasonUnknownRelay},
		"relay switched off":          {access.Ask{DeviceID: domain.DeviceID{1}, Relay: 1, Means: domain.MeansLocal}, domain.ReasonRelayOff},
		"no means":                    {access.Ask{DeviceID: h.gate.ID, Relay: 1}, domain.ReasonNotAllowed},
		"invented means":              {access.Ask{DeviceID: h.gate.ID, Relay: 1, Means: "magic"}, domain.ReasonNotAllowed},
		"digit of the home":           {access.Ask{DeviceID: h.gate.ID, Relay: 1, Means: domain.MeansDTMF, ByDevice: h.monitor.ID, ApartmentID: h.home.ID}, domain.ReasonNone},
		"digit without a station":     {access.Ask{DeviceID: h.gate.ID, Relay: 1, Means: domain.MeansDTMF, ApartmentID: h.home.ID}, domain.ReasonNotAllowed},
		"digit of a stranger":         {access.Ask{DeviceID: h.gate.ID, Relay: 1, Means: domain.MeansDTMF, ByDevice: id[domain.DeviceID](), ApartmentID: h.home.ID}, domain.ReasonNotAllowed},
		"digit of another home":       {access.Ask{DeviceID: h.gate.ID, Relay: 1, Means: domain.MeansDTMF, ByDevice: h.other.ID, ApartmentID: h.home.ID}, domain.ReasonNotAllowed},
		"digit of another building":   {access.Ask{DeviceID: h.gate.ID, Relay: 1, Means: domain.MeansDTMF, ByDevice: h.other.ID, ApartmentID: h.neighbour.ID}, domain.ReasonNotAllowed},
		"digit of the panel itself":   {access.Ask{DeviceID: h.gate.ID, Relay: 1, Means: domain.MeansDTMF, ByDevice: h.gate.ID, ApartmentID: h.home.ID}, domain.ReasonNotAllowed},
		"digit of a desk":             {access.Ask{DeviceID: h.gate.ID, Relay: 1, Means: domain.MeansDTMF, ByDevice: h.desk.ID}, domain.ReasonNone},
		"digit of a desk for a home":  {access.Ask{DeviceID: h.gate.ID, Relay: 1, Means: domain.MeansDTMF, ByDevice: h.desk.ID, ApartmentID: h.home.ID}, domain.ReasonNotAllowed},
		"digit of a desk elsewhere":   {access.Ask{DeviceID: h.gate.ID, Relay: 1, Means: domain.MeansDTMF, ByDevice: h.far.ID}, domain.ReasonNotAllowed},
		"digit of the building guard": {access.Ask{DeviceID: h.gate.ID, Relay: 1, Means: domain.MeansDTMF, ByDevice: h.guard.ID, ApartmentID: h.home.ID}, domain.ReasonNone},
	} {
		grant, got := access.Decide(h.view, h.agent, c.ask)
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if (got == domain.ReasonNone) != (grant.Device.ID == c.ask.DeviceID && !grant.Device.ID.IsZero()) {
			t.Errorf("%s: grant %v does not go with %q", name, grant.Device.ID, got)
		}
	}
}
