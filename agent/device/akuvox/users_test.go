package akuvox_test

import (
	"fmt"
	"slices"
	"testing"

	"vestibule/agent/device"
	"vestibule/agent/device/akuvox"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
	"vestibule/shared/sim/webapi"
)

func someUser(mark, name, code string, opens ...device.Opening) device.User {
	return device.User{Mark: "VST-" + mark, Name: name, Code: secret.New(code), Opens: opens}
}

// keep writes and reads back; the device must then hold what is wanted.
func keep(t *testing.T, d *akuvox.Phone, want device.Keys) (gone int) {
	t.Helper()
	gone, err := d.Keep(t.Context(), want)
	if err != nil {
		t.Fatal(err)
	}
	if is, err := d.Kept(t.Context(), want); err != nil || is.Differing != nil || is.Lacks || is.Over != 0 {
		t.Fatalf("after the write: %+v, %v", is, err)
	}
	return gone
}

func (p *phone) user(mark string) webapi.Record {
	for _, u := range p.keys.Users() {
		if u["UserID"] == "VST-"+mark {
			return u
		}
	}
	return nil
}

// shows EDGE-26 by agent/device/akuvox/users.go: "return !device.OwnMark(string(mark)) || strings.Contains(source, \"cloud\")" => "return false && strings.Contains(source, \"cloud\")"
// shows EDGE-26 by agent/device/akuvox/users.go: "whole := maps.Clone(r)" => "whole := record{\"ID\": r[\"ID\"]}"
func TestKeep_WritesUsersAndLeavesThoseOfOthersAlone(t *testing.T) {
	p := newPhone(t, webapi.Quirks{})
	d := driver(p)
	p.keys.Add(webapi.Record{"UserID": "7", "Name": "Porter", "PrivatePIN": "5555", "ScheduleRelay": "1001-1;"})
	p.keys.Add(webapi.Record{"UserID": "VST-cloud", "Name": "Guest", "SourceType": "2"})
	weekly := domain.Schedule{Repeat: domain.Weekly, Days: []int{5, 1}, From: 450, Till: 720}
	want := device.Keys{
		Schedules: []device.Timetable{{Mark: "VST-clean", When: weekly}},
		Users: []device.User{
			someUser("a", "Eva Moss", "4829", device.Opening{Relays: "12"}),
			someUser("b", "Max", "71935", device.Opening{Relays: "1"}, device.Opening{Timetable: "VST-clean", Relays: "2"}),
		},
	}
	want.Users[0].Cards = []secret.String{secret.New("0A1B2C3D"), secret.New("0A1B2C3E")}
	if is, err := d.Kept(t.Context(), want); err != nil || !slices.Equal(is.Differing, []string{"users", "schedules"}) {
		t.Fatalf("before: %+v, %v", is, err)
	}
	keep(t, d, want)
	eva, schedules := p.user("a"), p.keys.Schedules()
	if eva["PrivatePIN"] != "4829" || eva["CardCode"] != "0A1B2C3D;0A1B2C3E" || eva["ScheduleRelay"] != "1001-12;" {
		t.Errorf("Eva is %v", eva)
	}
	made := schedules[len(schedules)-1]
	if made["Type"] != "1" || made["Week"] != "15" || made["TimeStart"] != "07:30" || made["TimeEnd"] != "12:00" {
		t.Errorf("the schedule is %v", made)
	}
	if max := p.user("b"); max["ScheduleRelay"] != "1001-1;"+made["ID"]+"-2;" {
		t.Errorf("Max opens %s, the schedule is %s", max["ScheduleRelay"], made["ID"])
	}

	writes := p.Writes()
	keep(t, d, want)
	if p.Writes() != writes {
		t.Error("a device that holds everything was written to")
	}
	// Somebody adds a face at the device: it stays when we change the PIN, because the whole record is written back.
	p.keys.Clear()
	face := webapi.Record{"UserID": "VST-a", "Name": "Eva Moss", "PrivatePIN": "1111", "FaceUrl": "/face/1"}
	p.keys.Add(face)
	p.keys.Add(webapi.Record{"UserID": "7", "Name": "Porter", "PrivatePIN": "5555"})
	p.keys.Add(webapi.Record{"UserID": "VST-cloud", "Name": "Guest", "SourceType": "2"})
	keep(t, d, want)
	if eva := p.user("a"); eva["FaceUrl"] != "/face/1" || eva["PrivatePIN"] != "4829" {
		t.Errorf("the record was not merged: %v", eva)
	}

	if gone := keep(t, d, device.Keys{}); gone != 2 {
		t.Errorf("%d people were taken away", gone)
	}
	left := p.keys.Users()
	if len(left) != 2 || left[0]["Name"] != "Porter" || left[1]["Name"] != "Guest" {
		t.Errorf("left are %v", left)
	}
	if n := len(p.keys.Schedules()); n != 2 {
		t.Errorf("%d schedules are left beside the built-in ones", n-2)
	}
}

// shows EDGE-26 by agent/device/akuvox/users.go: "return domain.ReverseCard(card.Reveal())" => "return card.Reveal()"
func TestKeep_WritesCardsAsTheDeviceReadsThem(t *testing.T) {
	p := newPhone(t, webapi.Quirks{})
	p.settings.Set(map[string]string{"Config.DoorSetting.RFCARDDISPLAY.RfidDisplayMode": "4"})
	want := device.Keys{Users: []device.User{someUser("a", "Eva", "", device.Opening{Relays: "1"})}}
	want.Users[0].Cards = []secret.String{secret.New("0A1B2C3D")}
	keep(t, driver(p), want)
	if got := p.user("a")["CardCode"]; got != "3D2C1B0A" {
		t.Errorf("the card is %s", got)
	}
}

// shows EDGE-26 by agent/device/akuvox/users.go: "users, over = users[:room], len(users)-room" => "users, over = users[:room], 0"
func TestKeep_SaysForWhomThereIsNoRoom(t *testing.T) {
	p := newPhone(t, webapi.Quirks{TrailingJunk: true})
	d := driver(p)
	p.keys.Add(webapi.Record{"UserID": "7", "Name": "Porter"})
	want := device.Keys{Room: 30}
	for i := range 33 {
		want.Users = append(want.Users, someUser(fmt.Sprintf("%02d", i), "Somebody", fmt.Sprintf("%05d", 40000+i*7), device.Opening{Relays: "1"}))
	}
	if _, err := d.Keep(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	is, err := d.Kept(t.Context(), want)
	if err != nil || is.Over != 4 || is.Differing != nil {
		t.Errorf("%+v, %v", is, err)
	}
	if n := len(p.keys.Users()); n != 30 {
		t.Errorf("the device has %d users", n)
	}
}

// A device that accepts a user and forgets it differs still; one without users says that it keeps none.
func TestKept_SeesForgettingAndLacking(t *testing.T) {
	p := newPhone(t, webapi.Quirks{})
	d := driver(p)
	p.Forget(true)
	want := device.Keys{Users: []device.User{someUser("a", "Eva", "4829", device.Opening{Relays: "1"})}}
	if _, err := d.Keep(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if is, err := d.Kept(t.Context(), want); err != nil || !slices.Equal(is.Differing, []string{"users"}) {
		t.Errorf("%+v, %v", is, err)
	}
}
