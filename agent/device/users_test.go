package device_test

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"vestibule/agent/device"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

// house is a site of two buildings with a home each: Eva lives in the first, Max in the second.
type house struct {
	view     *desired.View
	eva, max domain.PersonID
	gate     domain.Device // of the first building: relay 1 by PIN, relay 2 by card
	group    domain.AccessGroupID
}

func newHouse() house {
	h := house{eva: domain.PersonID{1}, max: domain.PersonID{2}, group: domain.AccessGroupID{5}}
	a, b := domain.BuildingID{1}, domain.BuildingID{2}
	h.gate = domain.Device{ID: domain.DeviceID{9}, Type: domain.DoorPhone, Name: "Gate", BuildingID: a, Relays: []domain.Relay{
		{Number: 1, Name: "Door", Enabled: true, DTMF: "#", Methods: domain.MethodPIN}, {Number: 2, Name: "Lift", Enabled: true, DTMF: "0", Methods: domain.MethodCard},
	}}
	h.view = &desired.View{
		Apartments: map[domain.ApartmentID]domain.Apartment{{1}: {ID: domain.ApartmentID{1}, BuildingID: a, Number: "101"}, {2}: {ID: domain.ApartmentID{2}, BuildingID: b, Number: "2#7"}},
		People: map[domain.PersonID]domain.Person{
			h.eva: {ID: h.eva, FirstName: "Eva", LastName: "Moss", ApartmentID: domain.ApartmentID{1}},
			h.max: {ID: h.max, FirstName: "Max", ApartmentID: domain.ApartmentID{2}},
		},
		Devices: map[domain.DeviceID]domain.Device{h.gate.ID: h.gate},
		Keyrings: map[domain.PersonID]domain.Keyring{
			h.eva: {PersonID: h.eva, PIN: secret.New("4829"), Cards: []domain.KeyCard{{Number: secret.New("0A1B2C3D")}}},
			h.max: {PersonID: h.max, PIN: secret.New("71935")},
		},
		AccessGroups: map[domain.AccessGroupID]domain.AccessGroup{h.group: {
			ID: h.group, Doors: []domain.GroupDoor{{DeviceID: h.gate.ID, Relay: 1}}, Schedule: domain.Schedule{Repeat: domain.Daily, From: 480, Till: 1020},
		}},
	}
	return h
}

func (h house) keys() device.Wanted { return device.WantedOf(h.view, h.gate, netip.AddrPort{}) }

// shows EDGE-26 EDGE-26/R56 by agent/device/users.go: "p.Relay.Board.IsZero() && p.Relay.Methods.Has(way) &&" => "p.Relay.Board.IsZero() &&"
// shows DEV-18 by agent/device/users.go: "p.Relay.Board.IsZero() && p.Relay.Methods.Has(way) &&" => "p.Relay.Board.IsZero() &&"
func TestWanted_EachWayOpensItsOwnRelay(t *testing.T) {
	users := newHouse().keys().Keys.Users
	if len(users) != 2 {
		t.Fatalf("%d users", len(users))
	}
	for _, u := range users {
		want := "1"
		if u.Code.IsZero() {
			want = "2"
		}
		if u.Name != "Eva Moss" || len(u.Opens) != 1 || u.Opens[0].Relays != want || u.Opens[0].Timetable != "" || (u.Code.IsZero() == (len(u.Cards) == 0)) {
			t.Errorf("%s opens %+v with a code: %v", u.Name, u.Opens, !u.Code.IsZero())
		}
	}
}

// shows EDGE-26 by shared/domain/accessgroup.go: "home.ID == p.ApartmentID && door.Calls(home)" => "true"
// shows EDGE-26 by agent/device/users.go: "o.Timetable = markOf(\"\", group)" => "o.Timetable = \"\""
func TestWanted_OthersOpenByTheirGroupsAlone(t *testing.T) {
	h := newHouse()
	maxIn := func() []device.User {
		return slices.DeleteFunc(h.keys().Keys.Users, func(u device.User) bool { return u.Name != "Max" })
	}
	if got := maxIn(); len(got) != 0 {
		t.Fatalf("somebody of another building opens: %+v", got)
	}
	ring := h.view.Keyrings[h.max]
	ring.Groups = []domain.AccessGroupID{h.group}
	h.view.Keyrings[h.max] = ring
	got, tables := maxIn(), h.keys().Keys.Schedules
	if len(got) != 1 || len(tables) != 1 || len(got[0].Opens) != 1 || got[0].Opens[0] != (device.Opening{Timetable: tables[0].Mark, Relays: "1"}) || !device.OwnMark(tables[0].Mark) {
		t.Fatalf("%+v by %+v", got, tables)
	}
	ring.NoOwnDoors, ring.PersonID = true, h.eva
	h.view.Keyrings[h.eva] = domain.Keyring{PersonID: h.eva, PIN: secret.New("4829"), NoOwnDoors: true}
	if users := h.keys().Keys.Users; len(users) != 1 || users[0].Name != "Max" {
		t.Errorf("without own doors: %+v", users)
	}
}

// A relay on a board opens by no key of the keypad: the device does not move it, and the agent opens nothing by what a device says. That is told.
//
// shows EDGE-26 by agent/device/users.go: "k.leave(BoardKeys)"
func TestWanted_KeysForARelayOnABoardAreLeftOutAndTold(t *testing.T) {
	h := newHouse()
	if want := h.keys(); slices.Contains(want.Left, device.BoardKeys) {
		t.Errorf("left out without a board: %v", want.Left)
	}
	h.gate.Relays[1].Board, h.gate.Relays[1].Channel = domain.BoardID{1}, 1
	want := h.keys()
	if !slices.Contains(want.Left, device.BoardKeys) || len(want.Keys.Users) != 1 || want.Keys.Users[0].Code.IsZero() {
		t.Errorf("left out: %v, users %+v", want.Left, want.Keys.Users)
	}
	h.gate.Relays[1].Methods = domain.NoMethods
	if want := h.keys(); slices.Contains(want.Left, device.BoardKeys) {
		t.Errorf("no way leads to the board: %v", want.Left)
	}
}

// shows SITE-16 by shared/desired/passage.go: "return []string{home.Number + pin, home.Number + \"#\" + pin}" => "return []string{pin, home.Number}"
func TestWanted_ApartmentBeforeThePIN(t *testing.T) {
	h := newHouse()
	h.view.Site.Form.PINMode = domain.ApartmentAndPIN
	for _, u := range h.keys().Keys.Users {
		if !u.Code.IsZero() && u.Code.Reveal() != "1014829" {
			t.Errorf("typed is %s", u.Code.Reveal())
		}
	}
	home := h.view.Apartments[domain.ApartmentID{1}]
	home.Number = "10001"
	h.view.Apartments[home.ID] = home
	want := h.keys()
	if !slices.Contains(want.Left, device.LongCodes) || slices.ContainsFunc(want.Keys.Users, func(u device.User) bool { return !u.Code.IsZero() }) {
		t.Errorf("nine digits are written: %v", want.Left)
	}
}

// shows SITE-16 by agent/device/users.go: "if k.codes[u.Code.Reveal()] > 1 && !u.Code.IsZero() {" => "if false {"
func TestWanted_NobodyOpensInTheNameOfAnother(t *testing.T) {
	h := newHouse()
	h.view.Site.Form.PINMode = domain.ApartmentAndPIN
	twin := domain.PersonID{3}
	h.view.Apartments[domain.ApartmentID{3}] = domain.Apartment{ID: domain.ApartmentID{3}, BuildingID: domain.BuildingID{1}, Number: "10"}
	h.view.People[twin] = domain.Person{ID: twin, FirstName: "Ida", ApartmentID: domain.ApartmentID{3}}
	h.view.Keyrings[twin] = domain.Keyring{PersonID: twin, PIN: secret.New("14829")} // 10 14829 and 101 4829
	want := h.keys()
	if !slices.Contains(want.Left, device.SameCodes) {
		t.Error("nothing is told of it")
	}
	for _, u := range want.Keys.Users {
		if !u.Code.IsZero() {
			t.Errorf("%s has a code that another would type", u.Name)
		}
	}
}

// Whatever is written, every user opens only relays that are on, the device's own and reached by that way, and has a passage there.
func TestWanted_KeysNeverReachFurtherThanTheDocument(t *testing.T) {
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // draws cases
		h := newHouse()
		for i := range h.gate.Relays {
			h.gate.Relays[i].Enabled = r.IntN(4) > 0
			h.gate.Relays[i].Methods = []domain.Methods{0, domain.NoMethods, domain.MethodPIN, domain.MethodCard, domain.MethodPIN | domain.MethodCard}[r.IntN(5)]
			if r.IntN(4) == 0 {
				h.gate.Relays[i].Board, h.gate.Relays[i].Channel = domain.BoardID{1}, 1
			}
		}
		for id, ring := range h.view.Keyrings {
			if ring.NoOwnDoors = r.IntN(3) == 0; r.IntN(2) == 0 {
				ring.Groups = []domain.AccessGroupID{h.group}
			}
			h.view.Keyrings[id] = ring
		}
		for _, u := range h.keys().Keys.Users {
			h.within(t, seed, u)
		}
	}
}

func (h house) within(t *testing.T, seed uint64, u device.User) {
	t.Helper()
	person := h.eva
	if u.Name == "Max" {
		person = h.max
	}
	ring := h.view.Keyrings[person]
	for _, o := range u.Opens {
		for _, digit := range o.Relays {
			relay, _ := h.gate.Relay(int(digit - '0'))
			own := person == h.eva && !ring.NoOwnDoors && o.Timetable == ""
			group := len(ring.Groups) > 0 && digit == '1' && strings.HasPrefix(o.Timetable, "VST-")
			reached := (u.Code.IsZero() || relay.Methods.Has(domain.MethodPIN)) && (len(u.Cards) == 0 || relay.Methods.Has(domain.MethodCard))
			if !relay.Enabled || !relay.Board.IsZero() || !reached || !own && !group {
				t.Fatalf("seed %d: %s opens relay %c of %+v", seed, u.Name, digit, h.gate.Relays)
			}
		}
	}
}
