package fleet_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/cloud/fleet"
	"vestibule/cloud/seal"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

func (y *yard) device(t *testing.T, d domain.Device) domain.Device {
	t.Helper()
	d.SiteID = y.site.ID
	saved, err := y.AddDevice(y.ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	return saved
}

// shows DEV-02 by cloud/fleet/devicecheck.go: "f.form(d.Validate())"
func TestDevices_NeedTypeMACGroupName(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		y := newYard(t, s)
		gate := y.device(t, domain.Device{Type: domain.DoorPhone, MAC: "0C11050B9814", Name: "Gate"})
		if gate.GroupID != y.group(t).ID || gate.Driver != domain.DriverAkuvox || gate.DTMF != domain.DTMFUnknown {
			t.Errorf("defaults: %+v", gate)
		}
		if len(gate.SIPUser) != 10 || len(gate.SIPPassword.Reveal()) != 20 {
			t.Errorf("SIP account %q", gate.SIPUser)
		}
		v := y.document.view(t, y.site.ID)
		if v.Devices[gate.ID].Name != "Gate" || !v.Credentials[gate.ID].SIPPassword.Equal(gate.SIPPassword) {
			t.Errorf("document: %+v", v.Devices[gate.ID])
		}
		_, err := y.AddDevice(y.ctx, domain.Device{SiteID: y.site.ID, Type: 7, MAC: "0C11050B981", Name: strings.Repeat("x", 10_000)})
		y.wants(t, err, fault.Invalid, "type mac name")
		_, err = y.AddDevice(y.ctx, domain.Device{SiteID: y.site.ID, Type: domain.Monitor, MAC: gate.MAC, Name: "Twin"})
		y.wants(t, err, fault.Conflict, "mac")
		_, err = y.AddDevice(y.ctx, domain.Device{SiteID: y.site.ID, Type: domain.Monitor, MAC: gate.MAC, Name: ""})
		y.wants(t, err, fault.Invalid, "name mac")
		if all, err := y.Devices(y.ctx, y.site.ID, fleet.Page{}); err != nil || len(all.Items) != 1 {
			t.Errorf("stored %d devices: %v", len(all.Items), err)
		}
		other := newYard(t, s) // another tenant: a MAC is unique over the platform
		_, err = other.AddDevice(other.ctx, domain.Device{SiteID: other.site.ID, Type: domain.Monitor, MAC: gate.MAC, Name: "Theirs"})
		y.wants(t, err, fault.Conflict, "mac")
		if err := y.DeleteDevice(y.ctx, y.site.ID, gate.ID); err != nil {
			t.Fatal(err)
		}
		other.device(t, domain.Device{Type: domain.Monitor, MAC: gate.MAC, Name: "Theirs"}) // free again
		if v := y.document.view(t, y.site.ID); len(v.Devices)+len(v.Credentials) != 0 {
			t.Error("still in the document")
		}
	})
}

// shows DEV-15 by cloud/fleet/devicecheck.go: "d.Relays = []domain.Relay{{Number: 1, Enabled: true}}"
// shows DEV-16 by cloud/fleet/devicecheck.go: "r.DTMF = firstCode"
func TestDevices_BeginWithRelay1OnHash(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		y := newYard(t, s)
		gate := y.device(t, domain.Device{Type: domain.DoorPhone, MAC: "0C11050B9814", Name: "Gate"})
		want := domain.Relay{Number: 1, Name: "Relay1", Enabled: true, DTMF: "#", Mode: domain.Momentary, HoldMilli: 3000}
		got, err := y.Device(y.ctx, y.site.ID, gate.ID)
		if err != nil || len(got.Relays) != 1 || got.Relays[0] != want {
			t.Errorf("%+v %v", got.Relays, err)
		}
		monitor := y.device(t, domain.Device{Type: domain.Monitor, MAC: "0C11050B9815", Name: "Hall"})
		if len(monitor.Relays) != 0 {
			t.Errorf("a monitor has %+v", monitor.Relays)
		}
		gate.Relays = append(gate.Relays, domain.Relay{Number: 2, Name: "Garage", DTMF: "2"}, domain.Relay{Number: 3, DTMF: "3"}, domain.Relay{Number: 4, DTMF: "*", Enabled: true})
		if gate, err = y.EditDevice(y.ctx, gate); err != nil {
			t.Fatal(err)
		}
		if r, ok := y.document.view(t, y.site.ID).Devices[gate.ID].Relay(2); !ok || r.Name != "Garage" || r.Enabled {
			t.Errorf("relay 2 in the document: %+v", r)
		}
		bad := gate
		bad.Relays = []domain.Relay{{Number: 1, DTMF: "x"}, {Number: 2, DTMF: "#"}, {Number: 3, DTMF: "#"}, {Number: 5, DTMF: ""}}
		_, err = y.EditDevice(y.ctx, bad)
		y.wants(t, err, fault.Invalid, "relays[0].dtmf relays[2].dtmf relays[3].number relays[3].dtmf")
		if got, _ := y.Device(y.ctx, y.site.ID, gate.ID); len(got.Relays) != 4 || got.Relays[0].DTMF != "#" {
			t.Errorf("stored in spite of faults: %+v", got.Relays)
		}
	})
}

func TestDevices_StandWhereTheyCan(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		y := newYard(t, s)
		a, b := y.building(t, "A"), y.building(t, "B")
		home := y.apartment(t, a, "101")
		monitor := y.device(t, domain.Device{Type: domain.Monitor, MAC: "0C11050B9815", Name: "Hall", ApartmentID: home.ID})
		if monitor.BuildingID != a.ID {
			t.Errorf("the building of its apartment: %v", monitor.BuildingID)
		}
		wrong := monitor
		wrong.BuildingID = b.ID
		_, err := y.EditDevice(y.ctx, wrong)
		y.wants(t, err, fault.Invalid, "building_id")
		theirs := newYard(t, s)
		elsewhere := theirs.apartment(t, theirs.building(t, "C"), "1")
		wrong = monitor
		wrong.BuildingID, wrong.ApartmentID, wrong.GroupID = elsewhere.BuildingID, elsewhere.ID, theirs.group(t).ID
		_, err = y.EditDevice(y.ctx, wrong)
		y.wants(t, err, fault.Invalid, "apartment_id building_id group_id")
		home.BuildingID = b.ID
		_, err = y.EditApartment(y.ctx, home)
		y.wants(t, err, fault.Conflict, "building_id")
		y.wants(t, y.DeleteApartment(y.ctx, y.site.ID, home.ID), fault.Conflict, "")
		y.wants(t, y.DeleteBuilding(y.ctx, y.site.ID, a.ID), fault.Conflict, "")
		y.wants(t, y.DeleteGroup(y.ctx, y.site.ID, monitor.GroupID), fault.Conflict, "")
	})
}

func TestBoards_OneChannelMovesOneRelay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		y := newYard(t, s)
		board, err := y.AddBoard(y.ctx, domain.Board{SiteID: y.site.ID, Name: "Cellar", Address: "192.168.1.200:502", Unit: 1, Channels: 4})
		if err != nil || board.Profile != domain.ProfileCoils {
			t.Fatalf("%+v %v", board, err)
		}
		relay := func(channel int) []domain.Relay {
			return []domain.Relay{{Number: 1, Enabled: true, Board: board.ID, Channel: channel}}
		}
		gate := y.device(t, domain.Device{Type: domain.DoorPhone, MAC: "0C11050B9814", Name: "Gate", Relays: relay(4)})
		if _, err := y.EditDevice(y.ctx, gate); err != nil {
			t.Errorf("its own channel again: %v", err)
		}
		side := domain.Device{SiteID: y.site.ID, Type: domain.DoorPhone, MAC: "0C11050B9816", Name: "Side", Relays: relay(4)}
		_, err = y.AddDevice(y.ctx, side)
		y.wants(t, err, fault.Conflict, "relays[0].channel")
		side.Relays = relay(5)
		_, err = y.AddDevice(y.ctx, side)
		y.wants(t, err, fault.Invalid, "relays[0].channel")
		side.Relays = []domain.Relay{{Number: 1, Board: board.ID, Channel: 1}, {Number: 2, DTMF: "2", Board: board.ID, Channel: 1}}
		_, err = y.AddDevice(y.ctx, side)
		y.wants(t, err, fault.Invalid, "relays[1].channel")
		smaller := board
		smaller.Channels = 3
		_, err = y.EditBoard(y.ctx, smaller)
		y.wants(t, err, fault.Conflict, "channels")
		y.wants(t, y.DeleteBoard(y.ctx, y.site.ID, board.ID), fault.Conflict, "")
		second, err := y.AddGroup(y.ctx, domain.NetworkGroup{SiteID: y.site.ID, Name: "Network 2"})
		if err != nil {
			t.Fatal(err)
		}
		moved := gate
		moved.GroupID = second.ID
		_, err = y.EditDevice(y.ctx, moved)
		y.wants(t, err, fault.Invalid, "relays[0].board_id")
		gate.Relays[0].Board, gate.Relays[0].Channel = domain.BoardID{}, 0
		if _, err := y.EditDevice(y.ctx, gate); err != nil {
			t.Fatal(err)
		}
		if err := y.DeleteBoard(y.ctx, y.site.ID, board.ID); err != nil {
			t.Fatal(err)
		}
		if len(y.document.view(t, y.site.ID).Boards) != 0 {
			t.Error("still in the document")
		}
	})
}

func TestGroups_AgentsAreAssignedAndDropped(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		y := newYard(t, s)
		first, second := domain.NewID[domain.AgentID](time.Now()), domain.NewID[domain.AgentID](time.Now())
		work := account.AsSystem(t.Context(), "enrolment")
		err := s.InTx(work, func(ctx context.Context) error { return y.AssignAgent(ctx, y.site.ID, first) })
		if err != nil {
			t.Fatal(err)
		}
		if err := y.AssignAgent(work, y.site.ID, second); err != nil {
			t.Fatal(err)
		}
		v := y.document.view(t, y.site.ID)
		if g := v.Groups[y.group(t).ID]; !g.ActedBy(first) || len(g.Agents) != 1 {
			t.Errorf("%+v", g)
		}
		_, err = y.EditGroup(y.ctx, domain.NetworkGroup{ID: y.group(t).ID, SiteID: y.site.ID, Name: "N", Agents: []domain.AgentID{second}})
		y.wants(t, err, fault.Invalid, "agents")
		if err := y.DropAgent(y.ctx, y.site.ID, first); err != nil {
			t.Fatal(err)
		}
		if g := y.group(t); len(g.Agents) != 0 {
			t.Errorf("%+v", g)
		}
		y.wants(t, y.DeleteGroup(y.ctx, y.site.ID, y.group(t).ID), fault.Conflict, "")
	})
}

func TestDevices_SecretsAreSealedAndShownOnPurpose(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vestibule.db")
	s, err := store.Open(t.Context(), "sqlite:"+path)
	if err != nil {
		t.Fatal(err)
	}
	s.Unlock(seal.New([32]byte{3}))
	y := newYard(t, s)
	gate := y.device(t, domain.Device{Type: domain.DoorPhone, MAC: "0C11050B9814", Name: "Gate", APIUser: "admin", APIPassword: secret.New("planted-api-password")})
	edited := gate
	edited.Name, edited.APIPassword = "Front gate", secret.String{}
	if edited, err = y.EditDevice(y.ctx, edited); err != nil || edited.APIPassword.Reveal() != "planted-api-password" {
		t.Fatalf("an edit without the password lost it: %v", err)
	}
	user, password, err := y.ShowSIP(y.ctx, y.site.ID, gate.ID)
	if err != nil || user != gate.SIPUser || !password.Equal(gate.SIPPassword) {
		t.Fatalf("%q %v", user, err)
	}
	entries, err := s.Audit(y.ctx, y.site.ID, 1)
	if err != nil || entries[0].Action != audit.Shown || entries[0].Actor != "Ada" {
		t.Errorf("%+v %v", entries, err)
	}
	edited.APIUser, edited.APIPassword = "", secret.String{}
	if edited, err = y.EditDevice(y.ctx, edited); err != nil || edited.APIUser != "vestibule" || len(edited.APIPassword.Reveal()) != 20 {
		t.Errorf("without a login of its own it got none: %q %v", edited.APIUser, err)
	}
	edited.Driver, edited.APIUser, edited.APIPassword = domain.DriverManual, "", secret.String{}
	if edited, err = y.EditDevice(y.ctx, edited); err != nil || !edited.APIPassword.IsZero() {
		t.Errorf("no user, but a password: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, plain := range []string{"planted-api-password", gate.SIPPassword.Reveal()} {
		if strings.Contains(string(raw), plain) {
			t.Errorf("%q lies open in the database file", plain)
		}
	}
	again, err := store.Open(t.Context(), "sqlite:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	again.Unlock(seal.New([32]byte{4}))
	if _, err := again.Device(y.ctx, y.site.ID, gate.ID); err == nil {
		t.Error("another master key opened the secrets")
	}
}

func TestDevices_OneMACForManyAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		yards := []*yard{newYard(t, s), newYard(t, s)}
		answers := make(chan error, 8)
		for i := range cap(answers) {
			go func() {
				y := yards[i%2]
				_, err := y.AddDevice(y.ctx, domain.Device{SiteID: y.site.ID, Type: domain.DoorPhone, MAC: "0C11050B9814", Name: "Gate"})
				answers <- err
			}()
		}
		added := 0
		for range cap(answers) {
			if err := <-answers; err == nil {
				added++
			} else {
				yards[0].wants(t, err, fault.Conflict, "mac")
			}
		}
		if added != 1 {
			t.Errorf("%d devices have one MAC", added)
		}
	})
}
