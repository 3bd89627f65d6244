package api_test

import (
	"net/http"
	"strings"
	"testing"

	"vestibule/cloud/cloudtest"
)

type keyring struct {
	HasPIN bool `json:"has_pin"`
	Cards  []struct{ ID, Name, Tail string }
	Groups []string
	Own    bool `json:"own_doors"`
}

// PINs and cards belong to one person of a site, and nothing but the answer that gives a PIN shows it.
//
// shows EDGE-26 by cloud/store/keyrings.go: "rows = append(rows, keyMarkRow{SiteID: k.SiteID, Mark: mark, PersonID: k.PersonID})" => "_ = mark"
func TestKeys_OneHolderAndNeverShownAgain(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		c := s.SetUp(t)
		y := newYard(t, c, "0C11050B9814")
		site := "/sites/" + y.ids["site"]
		eva := site + "/people/" + y.ids["person"] + "/keys"
		max := y.add(t, "member", site+"/people", cloudtest.Object{"apartment_id": y.ids["apartment"], "first_name": "Max", "last_name": "Miller"}) + "/keys"

		given := cloudtest.Want[struct{ PIN string }](t, c, http.StatusOK, http.MethodPost, eva+"/pin", cloudtest.Object{"pin": "73914628"})
		if given.PIN != "73914628" {
			t.Fatalf("gave %q", given.PIN)
		}
		drawn := cloudtest.Want[struct{ PIN string }](t, c, http.StatusOK, http.MethodPost, max+"/pin", cloudtest.Object{})
		if len(drawn.PIN) != 6 {
			t.Fatalf("drew %q", drawn.PIN)
		}
		cloudtest.Want[any](t, c, http.StatusConflict, http.MethodPost, max+"/pin", cloudtest.Object{"pin": "73914628"})
		cloudtest.Want[any](t, c, http.StatusUnprocessableEntity, http.MethodPost, max+"/pin", cloudtest.Object{"pin": "1234"})
		cloudtest.Want[any](t, c, http.StatusOK, http.MethodPost, eva+"/pin", cloudtest.Object{"pin": "73914628"}) // the same person may

		cloudtest.Want[any](t, c, http.StatusCreated, http.MethodPost, eva+"/cards", cloudtest.Object{"number": "5AD1B2C3", "name": "Blue fob"})
		cloudtest.Want[any](t, c, http.StatusConflict, http.MethodPost, max+"/cards", cloudtest.Object{"number": "C3B2D15A", "format": "hex_reversed"})
		k := cloudtest.Want[keyring](t, c, http.StatusOK, http.MethodGet, eva, nil)
		if !k.HasPIN || !k.Own || len(k.Cards) != 2 || k.Cards[1].Tail != "B2C3" || k.Cards[1].Name != "Blue fob" {
			t.Errorf("keys of Eva: %+v", k)
		}
		for _, path := range []string{eva, max, site + "/people", "/audit", "/audit/export", site} {
			res := c.Do(t, http.MethodGet, path, nil)
			raw := res.Body
			if res.Status != http.StatusOK {
				t.Fatalf("GET %s: %d", path, res.Status)
			}
			for _, planted := range []string{"73914628", drawn.PIN, "5AD1B2C3"} {
				if strings.Contains(string(raw), planted) {
					t.Errorf("GET %s shows %s", path, planted)
				}
			}
		}
		cloudtest.Want[any](t, c, http.StatusNoContent, http.MethodDelete, eva+"/pin", nil)
		cloudtest.Want[any](t, c, http.StatusNoContent, http.MethodDelete, eva+"/cards/"+k.Cards[1].ID, nil)
		cloudtest.Want[any](t, c, http.StatusNotFound, http.MethodDelete, eva+"/cards/"+k.Cards[1].ID, nil)
		cloudtest.Want[any](t, c, http.StatusOK, http.MethodPost, max+"/pin", cloudtest.Object{"pin": "73914628"}) // free again
		cloudtest.Want[any](t, c, http.StatusCreated, http.MethodPost, max+"/cards", cloudtest.Object{"number": "5AD1B2C3"})
	})
}

// An access group is a set of relays with its times; people hold it, and it stays while they do.
//
// shows EDGE-26 by cloud/fleet/accessgroups.go: "people := held[id]; people > 0" => "if people := held[id]; people > 1000 {"
func TestAccessGroups_HeldByPeople(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		c := s.SetUp(t)
		y := newYard(t, c, "0C11050B9814")
		site := "/sites/" + y.ids["site"]
		keys := site + "/people/" + y.ids["person"] + "/keys"
		form := func(relay int) cloudtest.Object {
			return cloudtest.Object{
				"name": "Cleaners", "doors": []cloudtest.Object{{"device_id": y.ids["device"], "relay": relay}},
				"schedule": cloudtest.Object{"repeat": "weekly", "days": []int{1, 3}, "from": "07:30", "till": "12:00"},
			}
		}
		cloudtest.Want[any](t, c, http.StatusUnprocessableEntity, http.MethodPost, site+"/access-groups", form(3))
		group := y.add(t, "cleaners", site+"/access-groups", form(1))
		got := cloudtest.Want[struct {
			Schedule struct {
				Repeat, From, Till string
				Days               []int
			}
			Doors []struct{ Relay int }
		}](t, c, http.StatusOK, http.MethodGet, group, nil)
		if got.Schedule.From != "07:30" || got.Schedule.Till != "12:00" || len(got.Schedule.Days) != 2 || len(got.Doors) != 1 {
			t.Errorf("the group is %+v", got)
		}
		k := cloudtest.Want[keyring](t, c, http.StatusOK, http.MethodPut, keys, cloudtest.Object{"groups": []string{y.ids["cleaners"]}, "own_doors": false})
		if k.Own || len(k.Groups) != 1 {
			t.Errorf("the keyring is %+v", k)
		}
		cloudtest.Want[any](t, c, http.StatusUnprocessableEntity, http.MethodPut, keys, cloudtest.Object{"groups": []string{y.ids["site"]}})
		held := cloudtest.Want[struct {
			Items []struct {
				Name   string
				People int
			}
		}](t, c, http.StatusOK, http.MethodGet, site+"/access-groups?sort=name&page=1", nil)
		if len(held.Items) != 2 || held.Items[0].Name != "Cleaners" || held.Items[0].People != 1 || held.Items[1].People != 0 {
			t.Errorf("the groups are held by %+v", held.Items)
		}
		cloudtest.Want[any](t, c, http.StatusConflict, http.MethodDelete, group, nil)
		cloudtest.Want[any](t, c, http.StatusOK, http.MethodPut, keys, cloudtest.Object{})
		cloudtest.Want[any](t, c, http.StatusNoContent, http.MethodDelete, group, nil)
	})
}

// A relay that a device no longer has, and a device that goes, leave the access groups that had them.
//
// shows EDGE-26 by cloud/fleet/macs.go: "if err := s.forgetDoors(ctx, e, after.ID, after); err != nil {" => "if err := error(nil); err != nil {"
// shows EDGE-26 by cloud/fleet/devices.go: "if err := s.forgetDoors(ctx, e, device.ID, nil); err != nil {" => "if err := error(nil); err != nil {"
func TestAccessGroups_DoorsThatGo(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		c := s.SetUp(t)
		y := newYard(t, c, "0C11050B9814")
		site := "/sites/" + y.ids["site"]
		relay := func(n int) cloudtest.Object {
			return cloudtest.Object{"number": n, "name": "Door", "enabled": true, "dtmf": string(rune('0' + n))}
		}
		device := func(relays ...cloudtest.Object) cloudtest.Object {
			return cloudtest.Object{"type": 0, "mac": "0C11050B9814", "name": "Gate", "building_id": y.ids["building"], "relays": relays}
		}
		gate := site + "/devices/" + y.ids["device"]
		cloudtest.Want[any](t, c, http.StatusOK, http.MethodPut, gate, device(relay(1), relay(2)))
		door := func(n int) cloudtest.Object { return cloudtest.Object{"device_id": y.ids["device"], "relay": n} }
		group := y.add(t, "cleaners", site+"/access-groups", cloudtest.Object{"name": "Cleaners", "doors": []cloudtest.Object{door(1), door(2)}})
		left := func(want ...int) {
			t.Helper()
			got := cloudtest.Want[struct{ Doors []struct{ Relay int } }](t, c, http.StatusOK, http.MethodGet, group, nil).Doors
			if len(got) != len(want) || len(want) == 1 && got[0].Relay != want[0] {
				t.Errorf("the group has the doors %v, want %v", got, want)
			}
		}
		left(1, 2)
		cloudtest.Want[any](t, c, http.StatusOK, http.MethodPut, gate, device(relay(1)))
		left(1)
		cloudtest.Want[any](t, c, http.StatusNoContent, http.MethodDelete, gate, nil)
		left()
	})
}

// Where managers handle public doors only they give nobody a key (SITE-15).
//
// shows SITE-15 by cloud/fleet/keyrings.go: "caller.Role == account.RoleManager && of.Form.Access == domain.PublicOnly" => "caller.Role == account.RoleManager && of.Form.Access == \"none\""
func TestKeys_ManagersOfPublicDoorsGiveNone(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		c := s.SetUp(t)
		y := newYard(t, c, "0C11050B9814")
		site := "/sites/" + y.ids["site"]
		pin := site + "/people/" + y.ids["person"] + "/keys/pin"
		cloudtest.Want[any](t, c, http.StatusCreated, http.MethodPost, "/managers", cloudtest.Object{
			"first_name": "Mia", "last_name": "Moss", "email": "mia@example.com", "language": "en", "site_ids": []string{y.ids["site"]},
		})
		mia := s.Arrive(t, "mia@example.com")
		cloudtest.Want[any](t, mia, http.StatusOK, http.MethodPost, pin, cloudtest.Object{})
		place := cloudtest.Object{"name": "Park Lane 7", "time_zone": "Europe/Berlin", "form": cloudtest.Object{"access": "public"}}
		cloudtest.Want[any](t, c, http.StatusOK, http.MethodPut, site, place)
		cloudtest.Want[any](t, mia, http.StatusForbidden, http.MethodPost, pin, cloudtest.Object{})
		cloudtest.Want[any](t, c, http.StatusOK, http.MethodPost, pin, cloudtest.Object{})
	})
}
