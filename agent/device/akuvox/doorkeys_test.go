package akuvox_test

import (
	"context"
	"slices"
	"testing"

	"vestibule/agent/device"
	"vestibule/agent/device/akuvox"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
	"vestibule/shared/sim"
)

// moved lists the relays that went on, from 1.
func moved(p *sim.DoorPhone) []int {
	var out []int
	for _, m := range p.Relays().History {
		if m.On {
			out = append(out, m.Relay+1)
		}
	}
	return out
}

// A door phone that was given its keys opens by itself, with nothing of the cloud and the agent there: a PIN its own relay, a card its own, and what
// nobody gave it none. After the home was emptied it opens no more.
//
// shows EDGE-26 EDGE-26/R34 EDGE-26/R56 by agent/device/akuvox/users.go: "if err := p.carryOut(ctx, \"user\", users.add, users.set, users.del); err != nil {" => "if err := error(nil); err != nil {"
// shows EDGE-30 by agent/device/akuvox/users.go: "d.del = append(d.del, record{\"ID\": ours[mark][\"ID\"]})" => "_ = mark"
func TestKeys_OpenTheRelayOfTheirWayAtTheDoor(t *testing.T) {
	b, err := sim.New(sim.Sample(1, 1, 1))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	phone := b.DoorPhone("Door phone 1")

	home := domain.Apartment{ID: domain.ApartmentID{1}, BuildingID: domain.BuildingID{1}, Number: "101"}
	eva := domain.Person{ID: domain.PersonID{1}, FirstName: "Eva", ApartmentID: home.ID}
	door := domain.Device{ID: domain.DeviceID{1}, Type: domain.DoorPhone, BuildingID: home.BuildingID, Relays: []domain.Relay{
		{Number: 1, Name: "Door", Enabled: true, Methods: domain.MethodPIN}, {Number: 2, Name: "Lift", Enabled: true, Methods: domain.MethodCard},
	}}
	view := &desired.View{
		Apartments: map[domain.ApartmentID]domain.Apartment{home.ID: home}, People: map[domain.PersonID]domain.Person{eva.ID: eva},
		Keyrings: map[domain.PersonID]domain.Keyring{eva.ID: {PersonID: eva.ID, PIN: secret.New("4829"), Cards: []domain.KeyCard{{Number: secret.New("0A1B2C3D")}}}},
	}
	driver := akuvox.New(quick)
	driver.Use(device.Access{Addr: phone.HTTPAddr(), User: phone.APIUser(), Password: secret.New(phone.APIPassword())})
	keep(t, driver, device.WantedOf(view, door, phone.HTTPAddr()).Keys)

	enter := func(by, key string, want ...int) {
		t.Helper()
		if err := phone.Enter(by, key); err != nil {
			t.Fatal(err)
		}
		if got := moved(phone); !slices.Equal(got, want) {
			t.Errorf("%s %s: relays %v moved so far, want %v", by, key, got, want)
		}
	}
	enter(sim.ByCode, "9999")
	enter(sim.ByCard, "0A1B2C3E")
	enter(sim.ByCode, "4829", 1)
	enter(sim.ByCard, "0A1B2C3D", 1, 2)

	delete(view.Keyrings, eva.ID)
	if gone := keep(t, driver, device.WantedOf(view, door, phone.HTTPAddr()).Keys); gone != 2 {
		t.Errorf("%d users were taken away", gone)
	}
	enter(sim.ByCode, "4829", 1, 2)
	enter(sim.ByCard, "0A1B2C3D", 1, 2)
}
