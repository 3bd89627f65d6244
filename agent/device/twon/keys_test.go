package twon_test

import (
	"slices"
	"testing"

	"vestibule/agent/device"
	"vestibule/agent/device/devicetest"
	"vestibule/shared/capability"
	"vestibule/shared/secret"
	"vestibule/shared/sim/twonapi"
)

// keys are Eva, who opens both relays by her PIN, Max, who opens the second one by his and has a card, and Ida, who has a card alone.
func keys() device.Keys {
	card := []secret.String{secret.New("0A1B2C3D")}
	return device.Keys{Users: []device.User{
		{Mark: "VST-AEVA", Name: "Eva Moss", Code: secret.New("481963"), Opens: []device.Opening{{Relays: "12"}}},
		{Mark: "VST-AMAX", Name: "Max", Code: secret.New("71935"), Cards: card, Opens: []device.Opening{{Relays: "2"}}},
		{Mark: "VST-CIDA", Name: "Ida", Cards: card, Opens: []device.Opening{{Relays: "1"}}},
	}}
}

func (p *phone) holds(t *testing.T, d device.Keeper, want device.Keys) device.KeysReading {
	t.Helper()
	is, err := d.Kept(t.Context(), want)
	if err != nil {
		t.Fatal(err)
	}
	return is
}

// Each code moves the relays of its owner and no other; who may not any more is taken away, and what somebody made at the device stays.
//
// shows EDGE-26/R56 by agent/device/twon/keys.go: "h.codes[n] = u.Code.Reveal()" => "h.codes[0] = u.Code.Reveal()"
// shows EDGE-26 by agent/device/twon/keys.go: "return gone, d.exchange(ctx, drop, fresh)" => "return gone, d.exchange(ctx, nil, fresh)"
func TestKeys_OpenTheirOwnRelays(t *testing.T) {
	p := newPhone(t)
	p.AddUser(twonapi.User{Name: "Caretaker", Access: &twonapi.Access{Code: []string{"5150"}}})
	d := driver(p)
	if err := d.Configure(t.Context(), devicetest.Wanted()); err != nil {
		t.Fatal(err)
	}
	if is := p.holds(t, d, keys()); !slices.Equal(is.Differing, []string{"codes"}) {
		t.Fatalf("before anything was written: %+v", is)
	}
	for range 2 { // the second time there is nothing to do
		if gone, err := d.Keep(t.Context(), keys()); err != nil || gone != 0 {
			t.Fatalf("%d taken away: %v", gone, err)
		}
	}
	writes := p.Writes()
	if _, err := d.Keep(t.Context(), keys()); err != nil || p.Writes() != writes {
		t.Fatalf("%d writes to an equal device: %v", p.Writes()-writes, err)
	}
	for _, c := range []struct {
		code, who string
		one, two  int
	}{{"481963", "Eva Moss", 1, 1}, {"71935", "Max", 0, 1}, {"5150", "Caretaker", 1, 0}, {"90817263", "", 0, 0}} {
		one, two := p.Openings(1), p.Openings(2)
		if who := p.Type(c.code); who != c.who || p.Openings(1)-one != c.one || p.Openings(2)-two != c.two {
			t.Errorf("%s is of %q and moved %d and %d", c.code, who, p.Openings(1)-one, p.Openings(2)-two)
		}
		p.bank.PowerCycle()
	}
	left := keys() // Eva goes, Max gets another PIN
	left.Users = left.Users[1:]
	left.Users[0].Code = secret.New("60482")
	if gone, err := d.Keep(t.Context(), left); err != nil || gone != 1 {
		t.Fatalf("%d taken away: %v", gone, err)
	}
	if is := p.holds(t, d, left); len(is.Differing) > 0 {
		t.Errorf("%+v", is)
	}
	for code, who := range map[string]string{"481963": "", "71935": "", "60482": "Max", "5150": "Caretaker"} {
		if got := p.Type(code); got != who {
			t.Errorf("%s is of %q, want %q", code, got, who)
		}
	}
	if list := p.Users(); len(list) != 3+2 {
		t.Errorf("%d entries: the directory went, or somebody stayed", len(list))
	}
}

// Cards and times are not in reach: they are left out and named. A device that forgets is not believed.
//
// shows EDGE-26 by agent/device/twon/keys.go: "leave(device.CardKeys)"
// shows EDGE-26 by agent/device/twon/keys.go: "leave(device.TimedKeys)"
// shows EDGE-26 by agent/device/twon/keys.go: "out.Differing = []string{\"codes\"}"
func TestKeys_TellWhatTheyLeaveOut(t *testing.T) {
	p := newPhone(t)
	d := driver(p)
	want := keys()
	want.Users[0].Opens = []device.Opening{{Timetable: "VST-CLEANERS", Relays: "1"}}
	p.Forget(true)
	if _, err := d.Keep(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	is := p.holds(t, d, want)
	slices.Sort(is.Missing)
	if !slices.Equal(is.Differing, []string{"codes"}) || !slices.Equal(is.Missing, []capability.Feature{device.CardKeys, device.TimedKeys}) {
		t.Fatalf("%+v", is)
	}
	p.Forget(false)
	if _, err := d.Keep(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if list := p.Users(); len(list) != 1 || list[0].Name != "Max" {
		t.Errorf("%+v", list)
	}
}
