package api_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/cloudtest"
	"vestibule/cloud/store"
	"vestibule/shared/domain"
)

// shows SITE-09 by cloud/api/sites.go: "site.Form = *in.Form"
// shows SITE-07 by cloud/api/sites.go: "site.Address = *in.Address"
// shows SITE-10 by cloud/fleet/plans.go: "f.taken.Add(path, \"With the Basic plan every apartment needs"
// shows SITE-10 by cloud/fleet/firstmonitor.go: "f.invalid.Add(\"monitor.mac\", \"With the Basic plan"
// shows SITE-20 by cloud/fleet/firstmonitor.go: "of.Form.Plan == domain.BasicPlan && !of.Form.SmartHome, err" => "of.Form.Plan == domain.BasicPlan, err"
func TestCommunity_InTwoStepsAndItsPlans(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		c := cloudtest.NewHouse(t, s).Installer
		// Basic data alone: the advanced data is as it is when nobody says anything.
		basic := cloudtest.Object{"name": "Elm Court", "kind": "community", "time_zone": "Europe/Vienna", "form": cloudtest.Object{"plan": "basic", "date_format": "dmy"}}
		elm := cloudtest.Want[shownSite](t, c, http.StatusCreated, http.MethodPost, "/sites", basic)
		if len(elm.Form) != 2 || elm.Form["plan"] != "basic" || elm.Form["date_format"] != "dmy" || len(elm.Powers.Withheld) != 5 || len(elm.Address) != 0 {
			t.Errorf("%+v", elm)
		}
		// Both steps at once.
		advanced := cloudtest.Object{"plan": "premium", "landline": true, "contact_order": "last_first", "video_storage": true, "access": "public", "pin_mode": "apt_pin", "expiration_mails": "pm"}
		ash := cloudtest.Want[shownSite](t, c, http.StatusCreated, http.MethodPost, "/sites", cloudtest.Object{
			"name": "Ash Court", "kind": "community", "time_zone": "UTC", "form": advanced, "address": cloudtest.Object{"country": "AT", "state": "8", "city": "Götzis"},
		})
		if !sameValues(ash.Form, advanced) || ash.Address["city"] != "Götzis" || len(ash.Powers.Granted) != 5 {
			t.Errorf("%+v", ash)
		}
		// The second step may come later; what it does not mention of the site stays.
		site := "/sites/" + elm.ID
		later := put(t, c, site, cloudtest.Object{"name": "Elm Court", "time_zone": "Europe/Vienna", "form": cloudtest.Object{"plan": "basic", "date_format": "dmy", "pin_mode": "apt_pin"}})
		if later.Form["pin_mode"] != "apt_pin" || later.Form["plan"] != "basic" || later.Kind != "community" {
			t.Errorf("%+v", later)
		}
		plansWantMonitors(t, c, site)
	})
}

// sameValues tells whether two forms hold the same fields.
func sameValues(a, b cloudtest.Object) bool {
	for name, value := range b {
		if a[name] != value {
			return false
		}
	}
	return len(a) == len(b)
}

// plansWantMonitors walks a community on the Basic plan to Premium, to smart homes and back.
func plansWantMonitors(t *testing.T, c cloudtest.Client, site string) {
	t.Helper()
	plan := func(form cloudtest.Object) cloudtest.Object {
		return cloudtest.Object{"name": "Elm Court", "time_zone": "Europe/Vienna", "form": form}
	}
	house := cloudtest.Want[thing](t, c, http.StatusCreated, http.MethodPost, site+"/buildings", cloudtest.Object{"name": "House A"})
	bare := func(number string) cloudtest.Object {
		return cloudtest.Object{"building_id": house.ID, "number": number}
	}
	with := bare("101")
	with["monitor"] = cloudtest.Object{"mac": "0C11050B9820", "name": "Kitchen"}
	cloudtest.Want[thing](t, c, http.StatusCreated, http.MethodPost, site+"/apartments", with)
	monitors := cloudtest.Want[struct{ Items []thing }](t, c, http.StatusOK, http.MethodGet, site+"/devices", nil).Items
	refused(t, c, []spoilt{
		{http.MethodPost, site + "/apartments", bare("102"), 422, "monitor.mac"},
		{http.MethodDelete, site + "/devices/" + monitors[0].ID, nil, 409, ""},
		{http.MethodPut, site, plan(cloudtest.Object{"plan": "basic", "landline": true}), 422, "form.landline"},
	})
	put(t, c, site, plan(cloudtest.Object{"plan": "premium", "landline": true}))
	cloudtest.Want[thing](t, c, http.StatusCreated, http.MethodPost, site+"/apartments", bare("102"))
	a := c.Do(t, http.MethodPut, site, plan(cloudtest.Object{"plan": "basic"}))
	if a.Status != http.StatusConflict || !strings.Contains(a.Field("form.plan"), "Without one: 102 (1 in all)") {
		t.Errorf("back to Basic with a bare apartment: %d %s", a.Status, a.Body)
	}
	// Smart homes bring their own monitors: none is asked for, and none comes with an apartment.
	put(t, c, site, plan(cloudtest.Object{"plan": "basic", "smart_home": true}))
	cloudtest.Want[thing](t, c, http.StatusCreated, http.MethodPost, site+"/apartments", bare("103"))
	with["number"], with["monitor"] = "104", cloudtest.Object{"mac": "0C11050B9821", "name": "Kitchen"}
	refused(t, c, []spoilt{
		{http.MethodPost, site + "/apartments", with, 422, "monitor"},
		{http.MethodPut, site, plan(cloudtest.Object{"plan": "basic"}), 409, "form.smart_home"},
	})
}

type shownTree struct {
	Public    struct{ Devices, Cameras int }
	Buildings []struct {
		ID, Name            string
		Apartments, Devices int
	}
	Floors []struct {
		Floor      string
		Count      int
		Apartments []struct {
			ID, Number      string
			People, Devices int
		}
	}
}

// shows SITE-24 by cloud/store/tree.go: "building_id IS NULL AND department_id IS NULL" => "department_id IS NULL"
// shows SITE-24 by cloud/fleet/tree.go: "f.Apartments = append(f.Apartments, a)"
func TestTree_PublicAreaBuildingsFloors(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		y := newYard(t, s.SetUp(t), "0C11050B9814") // House A with 101, Eva in it, a door phone in the building, a camera outside
		site := "/sites/" + y.ids["site"]
		y.add(t, "gate", site+"/devices", cloudtest.Object{"type": 0, "mac": "0C11050B9815", "name": "Outer gate"})
		y.add(t, "monitor", site+"/devices", cloudtest.Object{"type": 2, "mac": "0C11050B9816", "name": "Kitchen", "building_id": y.ids["building"], "apartment_id": y.ids["apartment"]})
		for number, floor := range map[string]string{"601": "6", "602": "6", "1": "G0", "2": "-1"} {
			cloudtest.Want[thing](t, y.Client, http.StatusCreated, http.MethodPost, site+"/apartments", cloudtest.Object{"building_id": y.ids["building"], "number": number, "floor": floor})
		}
		y.add(t, "empty", site+"/buildings", cloudtest.Object{"name": "House B"})
		tree := cloudtest.Want[shownTree](t, y.Client, http.StatusOK, http.MethodGet, site+"/tree", nil)
		if tree.Public.Devices != 1 || tree.Public.Cameras != 1 || len(tree.Buildings) != 2 {
			t.Fatalf("%+v", tree)
		}
		if a, b := tree.Buildings[0], tree.Buildings[1]; a.Name != "House A" || a.Apartments != 5 || a.Devices != 2 || b.Name != "House B" || b.Apartments+b.Devices != 0 {
			t.Errorf("%+v", tree.Buildings)
		}
		var shown strings.Builder
		house := cloudtest.Want[shownTree](t, y.Client, http.StatusOK, http.MethodGet, site+"/tree/"+y.ids["building"], nil)
		for _, f := range house.Floors {
			shown.WriteString(f.Floor + ":")
			for _, a := range f.Apartments {
				shown.WriteString(" " + a.Number)
				if (a.People != 0 || a.Devices != 0) != (a.ID == y.ids["apartment"]) {
					t.Errorf("%+v", a)
				}
			}
			shown.WriteString("; ")
		}
		if shown.String() != "6: 601 602; G0: 1; -1: 2; : 101; " {
			t.Errorf("the building is %q", shown.String())
		}
		one := cloudtest.Want[shownTree](t, y.Client, http.StatusOK, http.MethodGet, site+"/tree/"+y.ids["building"]+"?floor=none", nil)
		for _, f := range one.Floors {
			if (len(f.Apartments) > 0) != (f.Floor == "") {
				t.Errorf("apartments without a floor: %+v", one.Floors)
			}
		}
	})
}

// shows SITE-29 by cloud/store/homes.go: "query, page.Query = query.Where(own.Or(\"id IN (?)\", people)), \"\""
// shows SITE-29 by cloud/store/homes.go: "\"created\":  \"list.created_at\","
// shows SITE-29 by cloud/store/homes.go: "query = query.Where(\"building_id = ?\", building)"
func TestApartments_ListFiltersSortsSearches(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		c := s.SetUp(t)
		site := siteOf(t, c, "community", "Elm Court")
		houses := map[string]string{}
		for _, name := range []string{"House A", "House B"} {
			houses[name] = cloudtest.Want[thing](t, c, http.StatusCreated, http.MethodPost, site+"/buildings", cloudtest.Object{"name": name}).ID
		}
		homes := map[string]string{}
		for i, home := range []struct{ house, number, name, floor, last string }{
			{"House A", "101", "Garden", "1", "Moss"}, {"House A", "9", "Attic", "12", "Ash"}, {"House B", "102", "", "", ""},
		} {
			form := cloudtest.Object{"building_id": houses[home.house], "number": home.number, "name": home.name, "floor": home.floor}
			if home.last != "" {
				form["resident"] = cloudtest.Object{"first_name": "Eva", "last_name": home.last, "email": "eva" + strconv.Itoa(i) + "@example.com", "phone": "+49 30 123456"}
			}
			homes[home.number] = cloudtest.Want[thing](t, c, http.StatusCreated, http.MethodPost, site+"/apartments", form).ID
		}
		pay(t, s, site, homes)
		for query, want := range map[string]string{
			"": "9 101 102", "?sort=number&order=desc": "102 101 9", "?sort=name": "102 9 101", "?sort=created": "101 9 102", "?sort=resident": "102 9 101",
			"?sort=floor": "102 101 9", "?q=moss": "101", "?q=attic": "9", "?q=eva": "9 101", "?floor=12": "9", "?floor=none": "102",
			"?active=normal": "101", "?active=expired": "9", "?active=inactivated": "102", "?app=registered": "9", "?app=unregistered": "101 102",
			"?building=" + houses["House B"]: "102", "?q=eva&active=normal": "101", "?limit=1&page=2": "101",
		} {
			list := cloudtest.Want[homeList](t, c, http.StatusOK, http.MethodGet, site+"/apartments"+query, nil)
			var numbers []string
			for _, a := range list.Items {
				numbers = append(numbers, a.Number)
			}
			if got := strings.Join(numbers, " "); got != want {
				t.Errorf("%q lists %q, want %q", query, got, want)
			}
		}
		all := cloudtest.Want[homeList](t, c, http.StatusOK, http.MethodGet, site+"/apartments", nil)
		first := all.Items[0]
		if all.Total != 3 || first.Building != "House A" || len(first.People) != 1 || first.People[0].Email != "eva1@example.com" || first.People[0].Phone == "" ||
			first.Created.IsZero() || first.Service.Active != "expired" || first.Service.AppStatus != "registered" || first.Service.Expires.IsZero() {
			t.Errorf("%+v", all)
		}
		refused(t, c, []spoilt{
			{http.MethodGet, site + "/apartments?active=perhaps", nil, 422, "active"},
			{http.MethodGet, site + "/apartments?app=perhaps", nil, 422, "app"},
			{http.MethodGet, site + "/apartments?sort=weight", nil, 422, "sort"},
		})
	})
}

type homeList struct {
	Items []struct {
		Number, Building string
		People           []struct{ Email, Phone string }
		Created          time.Time
		Service          struct {
			Active    string
			AppStatus string `json:"app_status"`
			Expires   time.Time
		}
	}
	Total int
}

// pay writes down what billing does: 101 is paid for, the service of 9 is over and its app was used, 102 was never activated.
func pay(t *testing.T, s *cloudtest.Server, site string, homes map[string]string) {
	t.Helper()
	db, err := store.Open(t.Context(), s.DSN)
	must(t, err)
	defer db.Close()
	ctx, now := account.AsSystem(t.Context(), "test"), time.Now()
	of, err := domain.ParseID[domain.SiteID](strings.TrimPrefix(site, "/sites/"))
	must(t, err)
	for number, service := range map[string]domain.ApartmentService{
		"101": {ActivatedMilli: 1, ExpiresMilli: now.Add(time.Hour).UnixMilli()},
		"9":   {ActivatedMilli: 1, ExpiresMilli: now.Add(-time.Hour).UnixMilli(), RegisteredMilli: 1},
	} {
		id, err := domain.ParseID[domain.ApartmentID](homes[number])
		must(t, err)
		home, err := db.Apartment(ctx, of, id)
		must(t, err)
		home.Service = service
		must(t, db.PutApartment(ctx, home, now))
	}
}
