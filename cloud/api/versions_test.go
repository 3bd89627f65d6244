package api_test

import (
	"net/http"
	"strings"
	"testing"

	"vestibule/cloud/cloudtest"
)

// quiet is the written list of what changes something at a site that its building need not know, with the reason.
var quiet = map[string]string{
	"POST /api/v1/sites/:site/claims":                              "a code; the agent that uses it comes into the document then",
	"DELETE /api/v1/sites/:site":                                   "the document goes with its agents",
	"DELETE /api/v1/sites/:site/agents/:agent":                     "no agent is made over the API alone; taken out of its groups in TestGroups_AgentsAreAssignedAndDropped",
	"POST /api/v1/sites/:site/groups/proposal":                     "no agent has told anything here; moves it by one in TestMeasured_FollowedInOneEdit",
	"PUT /api/v1/sites/:site/retention":                            "the log is the cloud's; an agent keeps its rows until they are acknowledged",
	"PUT /api/v1/sites/:site/managers/:account":                    "managers work in the cloud",
	"DELETE /api/v1/sites/:site/managers/:account":                 "managers work in the cloud",
	"POST /api/v1/sites/:site/managers/:account/app-password":      "a mail",
	"POST /api/v1/sites/:site/people/:person/account":              "accounts live in the cloud; the person is in the document already",
	"DELETE /api/v1/sites/:site/people/:person/account":            "accounts live in the cloud",
	"POST /api/v1/sites/:site/people/:person/reset-password":       "a mail",
	"POST /api/v1/sites/:site/devices/:device/reboot":              "a command: it is never in the document",
	"POST /api/v1/sites/:site/devices/:device/relays/:number/open": "a command: it is never in the document",
	"PUT /api/v1/sites/:site/devices/:device/external/:channel":    "a command: it is never in the document",
	"POST /api/v1/sites/:site/devices/:device/remote-session":      "a command: it is never in the document",
	"POST /api/v1/sites/:site/devices/:device/reset":               "a command: it is never in the document",
	"DELETE /api/v1/sites/:site/remote-sessions/:session":          "a session is never in the document",
	"POST /api/v1/sites/:site/remote-sessions/:session/ticket":     "a session is never in the document",
	"POST /api/v1/sites/:site/devices/:device/sip-credentials":     "shows what is there",
	"POST /api/v1/sites/:site/imports":                             "a plan changes nothing",
	"PUT /api/v1/sites/:site/imports/:import/rows":                 "a plan changes nothing",
	"POST /api/v1/sites/:site/imports/:import/plan":                "a plan changes nothing",
	"POST /api/v1/sites/:site/imports/:import/cancel":              "a plan changes nothing",
	"POST /api/v1/sites/:site/bulk":                                "a plan changes nothing",
	"POST /api/v1/sites/:site/imports/:import/apply":               "the work comes after the answer, and moves it by one in TestImport_PlanApplyUndo",
	"POST /api/v1/sites/:site/imports/:import/undo":                "the work comes after the answer, and moves it by one in TestImport_PlanApplyUndo",
}

// act is one edit that works; it may give the id of a noun.
type act struct {
	route string
	body  cloudtest.Object
	noun  string
}

// acts are edits of everything in a yard, in an order in which each of them works.
func acts(y *yard) []act {
	const site = "/api/v1/sites/:site"
	adds := []act{
		{"PUT " + site, cloudtest.Object{"name": "Park Lane 9", "time_zone": "UTC"}, ""},
		{"POST " + site + "/buildings", cloudtest.Object{"name": "House B"}, "building"},
		{"PUT " + site + "/buildings/:building", cloudtest.Object{"name": "House C", "ground_floor": "G0"}, ""},
		{"POST " + site + "/groups", cloudtest.Object{"name": "Network 3"}, "group"},
		{"PUT " + site + "/groups/:group", cloudtest.Object{"name": "Network 4"}, ""},
		{"PUT " + site + "/user", cloudtest.Object{"user": cloudtest.Object{"name": "Yard 4"}, "time_zone": "UTC", "premium": true}, ""},
		{"POST " + site + "/departments", cloudtest.Object{"name": "Yard", "floors": []string{"1"}}, "department"},
		{"PUT " + site + "/departments/:department", cloudtest.Object{"name": "Yard", "floors": []string{"2"}}, ""},
		{"DELETE " + site + "/departments/:department", nil, ""},
		{"POST " + site + "/companies", cloudtest.Object{"name": "Gong Ltd"}, "company"},
		{"PUT " + site + "/companies/:company", cloudtest.Object{"name": "Gong and Sons"}, ""},
		{"DELETE " + site + "/companies/:company", nil, ""},
	}
	home := func(name string) cloudtest.Object {
		return cloudtest.Object{"building_id": y.ids["building"], "number": "201", "name": name}
	}
	person := func(first string) cloudtest.Object {
		return cloudtest.Object{"apartment_id": y.ids["apartment"], "first_name": first, "last_name": "Moss", "email": "eva@example.com"}
	}
	device := func(name string) cloudtest.Object {
		return cloudtest.Object{"type": 0, "mac": "0C11050B9824", "name": name, "building_id": y.ids["building"]}
	}
	board := func(name string) cloudtest.Object {
		return cloudtest.Object{"name": name, "address": "192.168.1.201:502", "unit": 1, "channels": 8}
	}
	return append(adds,
		act{"POST " + site + "/apartments", home("Attic"), "apartment"},
		act{"PUT " + site + "/apartments/:apartment", home("Garden"), ""},
		act{"PUT " + site + "/apartments/:apartment/kit", cloudtest.Object{"kit": true}, ""},
		act{"POST " + site + "/apartments/:apartment/registration", nil, ""},
		act{"POST " + site + "/people", person("Eva"), "person"},
		act{"PUT " + site + "/people/:person", person("Ida"), ""},
		act{"POST " + site + "/access-groups", cloudtest.Object{"name": "Cleaners"}, "access"},
		act{"PUT " + site + "/access-groups/:access", cloudtest.Object{"name": "Porters"}, ""},
		act{"DELETE " + site + "/access-groups/:access", nil, ""},
		act{"POST " + site + "/people/:person/keys/pin", cloudtest.Object{}, ""},
		act{"POST " + site + "/people/:person/keys/cards", cloudtest.Object{"number": "0A1B2C3E"}, "card"},
		act{"PUT " + site + "/people/:person/keys", cloudtest.Object{"own_doors": false}, ""},
		act{"DELETE " + site + "/people/:person/keys/cards/:card", nil, ""},
		act{"DELETE " + site + "/people/:person/keys/pin", nil, ""},
		act{"POST " + site + "/boards", board("Attic"), "board"},
		act{"PUT " + site + "/boards/:board", board("Roof"), ""},
		act{"DELETE " + site + "/boards/:board", nil, ""},
		act{"POST " + site + "/devices", device("Door"), "device"},
		act{"PUT " + site + "/devices/:device", device("Back door"), ""},
		act{"PUT " + site + "/devices/:device/autop", cloudtest.Object{"text": "Config.Settings.DATETIME.TimeFormat=1"}, ""},
		act{"POST " + site + "/devices/:device/autop/once", cloudtest.Object{"text": "Config.Settings.DATETIME.DateFormat=2"}, ""},
		act{"POST " + site + "/devices/:device/autop/pair", nil, ""},
		act{"POST " + site + "/autop", cloudtest.Object{"text": "Config.Settings.DATETIME.DateFormat=1", "devices": []string{y.ids["device"]}}, ""},
		act{"POST " + site + "/cameras", cameraForm(cloudtest.Object{"name": "Lift"}), "camera"},
		act{"PUT " + site + "/cameras/:camera", cameraForm(cloudtest.Object{"name": "Stairs"}), ""},
		act{"DELETE " + site + "/cameras/:camera", nil, ""},
		act{"DELETE " + site + "/devices/:device", nil, ""},
		act{"PUT " + site + "/trunk", trunkForm(nil), ""},
		act{"DELETE " + site + "/trunk", nil, ""},
		act{"POST " + site + "/apartments/:apartment/reset", nil, ""},
		act{"DELETE " + site + "/people/:person", nil, ""},
		act{"DELETE " + site + "/apartments/:apartment", nil, ""},
		act{"DELETE " + site + "/groups/:group", nil, ""},
		act{"DELETE " + site + "/buildings/:building", nil, ""},
	)
}

// Every edit that a building must know moves the version of its site's document by one; what moves none stands in the list.
func TestVersions_MoveWithEveryEdit(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		y := newYard(t, s.SetUp(t), "0C11050B9814")
		y.widen(t)
		moved := map[string]bool{}
		for i := range acts(y) {
			a := acts(y)[i] // with the ids of now
			y.moves(t, a)
			moved[a.route] = true
			y.wantsCounts(t, a.route)
		}
		for _, route := range routes(t) {
			edits := strings.Contains(route, ":site") && !strings.HasPrefix(route, http.MethodGet)
			if edits && moved[route] == (quiet[route] != "") {
				t.Errorf("%s: either it moves the version or the list says why not", route)
			}
			delete(moved, route)
		}
		for route := range moved {
			t.Errorf("%s is no route", route)
		}
	}, legacy)
}

// wantsCounts compares what the list of sites says that each holds with the totals of the lists themselves.
func (y *yard) wantsCounts(t *testing.T, after string) {
	t.Helper()
	for _, site := range []string{"site", "office", "shop", "house"} {
		path := "/sites/" + y.ids[site]
		total := func(list string) int {
			return cloudtest.Want[struct {
				Total int `json:"total"`
			}](t, y.Client, http.StatusOK, http.MethodGet, path+list+"?limit=1", nil).Total
		}
		got := cloudtest.Want[struct {
			Counts struct{ Buildings, Apartments, People, Devices int }
		}](t, y.Client, http.StatusOK, http.MethodGet, path, nil).Counts
		want := got
		want.Buildings, want.Apartments, want.People, want.Devices = total("/buildings"), total("/apartments"), total("/people"), total("/devices")
		if got != want {
			t.Errorf("after %s the %s holds %+v, and its lists %+v", after, site, got, want)
		}
	}
}

// moves does one edit and wants it to move the version of its site, and of no other, by one.
func (y *yard) moves(t *testing.T, a act) {
	t.Helper()
	at := func(site string) uint64 { return siteAt(t, y.Client, "/sites/"+y.ids[site]).Version }
	sites, own := []string{"site", "office", "shop", "house"}, y.siteIn(a.route)
	before := map[string]uint64{}
	for _, site := range sites {
		before[site] = at(site)
	}
	method, path := y.fill(a.route)
	var body any
	if a.body != nil {
		body = a.body
	}
	got := y.Do(t, method, path, body)
	if got.Status/100 != 2 {
		t.Fatalf("%s: %d %s", a.route, got.Status, got.Body)
	}
	if a.noun != "" {
		_, id, _ := strings.Cut(string(got.Body), `"id":"`)
		y.ids[a.noun], _, _ = strings.Cut(id, `"`)
	}
	for _, site := range sites {
		want := before[site]
		if site == own {
			want++
		}
		if now := at(site); now != want {
			t.Errorf("%s: the version of the %s went from %d to %d", a.route, site, before[site], now)
		}
	}
}
