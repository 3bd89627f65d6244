package api_test

import (
	"net/http"
	"strings"
	"testing"

	"vestibule/cloud"
	"vestibule/cloud/cloudtest"
)

// shows SITE-30 by cloud/fleet/companies.go: "if site.Form.Variant == domain.SingleCompany {" => "if false {"
// shows SITE-30 by cloud/fleet/sitekinds.go: "f.taken.Check(before.Form.Variant == \"\" || site.Form.Variant == before.Form.Variant"
// shows SITE-31 by cloud/fleet/sitekinds.go: "f.Check(slices.Contains(options, form.Scenario)"
// shows SITE-37 by cloud/fleet/companies.go: "if err := members[id].empty(\"company\"); err != nil {" => "if err := error(nil); err != nil {"
func TestCommercial_VariantsCompaniesAndPeople(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		c := cloudtest.NewHouse(t, s).Installer
		shop := commercial(t, c, "Shop", "single_company", "Restaurant")
		park := commercial(t, c, "Park", "multi_company", "Business park")
		form := func(variant, scenario string) cloudtest.Object {
			return cloudtest.Object{"name": "Shop", "time_zone": "UTC", "form": cloudtest.Object{"variant": variant, "scenario": scenario}}
		}
		refused(t, c, []spoilt{
			{http.MethodPut, shop, form("multi_company", ""), 409, "form.variant"},
			{http.MethodPut, shop, form("single_company", "Business park"), 422, "form.scenario"},
			{http.MethodPost, "/sites", cloudtest.Object{"kind": "commercial", "time_zone": "UTC"}, 422, "name"},
			{http.MethodPost, siteOf(t, c, "community", "Elm Court") + "/companies", cloudtest.Object{"name": "Bell"}, 409, ""},
		})
		options := cloudtest.Want[map[string]any](t, c, http.StatusOK, http.MethodGet, "/site-options", nil)
		if single, multi := words(options["single_company"]), words(options["multi_company"]); single == multi || !strings.Contains(single, "Restaurant") || !strings.Contains(multi, "Business park") {
			t.Errorf("scenarios %q and %q", single, multi)
		}
		later := put(t, c, shop, cloudtest.Object{"name": "Corner shop", "time_zone": "UTC", "form": cloudtest.Object{
			"variant": "single_company", "create_pin": true, "create_qr": true, "attendance": "100", "hour12": true, "disconnect_mails": true, "sim_messages": true,
		}})
		if later.Form["create_pin"] != true || later.Form["attendance"] != "100" || later.Form["sim_messages"] != true {
			t.Errorf("%+v", later)
		}
		onlyCompany(t, c, shop)
		manyCompanies(t, c, park)
	})
}

// commercial makes a commercial site with its creation form alone, in which every privilege is off.
func commercial(t *testing.T, c cloudtest.Client, name, variant, scenario string) string {
	t.Helper()
	made := cloudtest.Want[shownSite](t, c, http.StatusCreated, http.MethodPost, "/sites", cloudtest.Object{
		"name": name, "kind": "commercial", "time_zone": "UTC", "form": cloudtest.Object{"variant": variant, "scenario": scenario}, "address": cloudtest.Object{"country": "NL", "street": "Dorp 1"},
	})
	if len(made.Form) != 2 || made.Address["street"] != "Dorp 1" {
		t.Errorf("%+v", made)
	}
	return "/sites/" + made.ID
}

func words(list any) string {
	var out []string
	for _, word := range list.([]any) {
		out = append(out, word.(string))
	}
	return strings.Join(out, ", ")
}

type companyList struct {
	Items []struct {
		ID, Name        string
		People, Devices int
	}
	Total int
}

// onlyCompany: the company of a single-company site comes by itself, is renamed, and neither gets a second beside it nor goes.
func onlyCompany(t *testing.T, c cloudtest.Client, site string) {
	t.Helper()
	person := cloudtest.Want[cloudtest.Object](t, c, http.StatusCreated, http.MethodPost, site+"/people", cloudtest.Object{"first_name": "Eva", "last_name": "Moss"})
	list := cloudtest.Want[companyList](t, c, http.StatusOK, http.MethodGet, site+"/companies", nil)
	if list.Total != 1 || list.Items[0].Name != "Corner shop" || list.Items[0].People != 1 || person["kind"] != "personnel" {
		t.Fatalf("%+v %v", list, person)
	}
	one := site + "/companies/" + list.Items[0].ID
	put := cloudtest.Want[cloudtest.Object](t, c, http.StatusOK, http.MethodPut, one, cloudtest.Object{"name": "Bakery"})
	if put["name"] != "Bakery" || put["people"] != 1.0 {
		t.Errorf("%v", put)
	}
	refused(t, c, []spoilt{{http.MethodPost, site + "/companies", cloudtest.Object{"name": "Second"}, 409, ""}, {http.MethodDelete, one, nil, 409, ""}})
	cloudtest.Want[any](t, c, http.StatusNoContent, http.MethodDelete, site+"/people/"+person["id"].(string), nil)
	refused(t, c, []spoilt{{http.MethodDelete, one, nil, 409, ""}})
}

// manyCompanies: any number, each with its personnel, administrators and devices; one that is in use stays.
func manyCompanies(t *testing.T, c cloudtest.Client, site string) {
	t.Helper()
	company := func(name string) string {
		return cloudtest.Want[thing](t, c, http.StatusCreated, http.MethodPost, site+"/companies", cloudtest.Object{"name": name}).ID
	}
	bell, gong := company("Bell Ltd"), company("Gong Ltd")
	person := func(kind, of, email string) string {
		form := cloudtest.Object{"kind": kind, "company_id": of, "first_name": "Ida", "last_name": kind, "email": email, "form": cloudtest.Object{"landlines": []string{"+49 30 123456"}}}
		return cloudtest.Want[thing](t, c, http.StatusCreated, http.MethodPost, site+"/people", form).ID
	}
	ida := person("personnel", bell, "ida.bell@example.com")
	person("administrator", gong, "ada.gong@example.com")
	door := cloudtest.Want[thing](t, c, http.StatusCreated, http.MethodPost, site+"/devices", cloudtest.Object{"type": 50, "mac": "0C11050B9830", "name": "Entrance", "company_id": bell})
	refused(t, c, []spoilt{
		{http.MethodPost, site + "/companies", cloudtest.Object{"name": "bell ltd"}, 409, "name"},
		{http.MethodPost, site + "/companies", cloudtest.Object{"name": strings.Repeat("x", 129)}, 422, "name"},
		{http.MethodPost, site + "/people", cloudtest.Object{"kind": "personnel", "first_name": "Eva", "last_name": "Moss"}, 422, "company_id"},
		{http.MethodPost, site + "/people", cloudtest.Object{"kind": "master", "company_id": bell, "first_name": "Eva", "last_name": "Moss"}, 422, "kind"},
		{http.MethodDelete, site + "/companies/" + bell, nil, 409, ""},
		{http.MethodDelete, site + "/companies/" + gong, nil, 409, ""},
	})
	list := cloudtest.Want[companyList](t, c, http.StatusOK, http.MethodGet, site+"/companies", nil)
	if list.Total != 2 || list.Items[0].People != 1 || list.Items[0].Devices != 1 || list.Items[1].People != 1 || list.Items[1].Devices != 0 {
		t.Errorf("%+v", list)
	}
	cloudtest.Want[any](t, c, http.StatusNoContent, http.MethodDelete, site+"/people/"+ida, nil)
	refused(t, c, []spoilt{{http.MethodDelete, site + "/companies/" + bell, nil, 409, ""}})
	cloudtest.Want[any](t, c, http.StatusNoContent, http.MethodDelete, site+"/devices/"+door.ID, nil)
	cloudtest.Want[any](t, c, http.StatusNoContent, http.MethodDelete, site+"/companies/"+bell, nil)
	refused(t, c, []spoilt{{http.MethodGet, site + "/companies/" + bell, nil, 404, ""}})
}

// legacy lets a cloud make old offices.
func legacy(cfg *cloud.Config) { cfg.LegacyOffices = true }

// shows SITE-39 by cloud/fleet/departments.go: "if err := members[id].empty(\"department\"); err != nil {" => "if err := error(nil); err != nil {"
// shows SITE-40 by cloud/fleet/sitekinds.go: "f.Check(!on || form.OfficePlan || site.Kind != domain.Office"
// shows SITE-40 by cloud/fleet/plans.go: "return Powers{Granted: officePowers}" => "return Powers{}"
// shows SITE-38 by cloud/store/sites.go: "listBy[domain.Site, siteRow](query, page, sorts{\"name\": \"list.folded\", \"created\": \"list.created_at\"})" => "listBy[domain.Site, siteRow](query, page, sorts{\"name\": \"list.id\", \"created\": \"list.created_at\"})"
func TestOffice_DepartmentsAndItsPlan(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		c := cloudtest.NewHouse(t, s).Installer
		site := siteOf(t, c, "office", "Yard")
		siteOf(t, c, "office", "Attic")
		if _, names := sitesOf(t, c, "?kind=office"); names != "Attic Yard" {
			t.Errorf("listed %q", names)
		}
		plan := func(form cloudtest.Object) cloudtest.Object {
			return cloudtest.Object{"name": "Yard", "time_zone": "UTC", "form": form}
		}
		refused(t, c, []spoilt{
			{http.MethodPut, site, plan(cloudtest.Object{"package_room": true, "pin_control": true, "qr_control": true}), 422, "form.package_room form.pin_control form.qr_control"},
			{http.MethodPut, site, plan(cloudtest.Object{"attendance": "100"}), 422, "form.attendance"},
		})
		if shown := siteAt(t, c, site); len(shown.Powers.Granted) != 0 || strings.Join(shown.Powers.Withheld, " ") != "package_room pin_control qr_control" {
			t.Errorf("without the plan: %+v", shown.Powers)
		}
		bought := put(t, c, site, plan(cloudtest.Object{"office_plan": true, "package_room": true, "pin_control": true, "qr_control": true}))
		if len(bought.Powers.Withheld) != 0 || strings.Join(bought.Powers.Granted, " ") != "package_room pin_control qr_control" {
			t.Errorf("with the plan: %+v", bought.Powers)
		}
		departments(t, c, site)
	}, legacy)
}

func departments(t *testing.T, c cloudtest.Client, site string) {
	t.Helper()
	sales := cloudtest.Want[cloudtest.Object](t, c, http.StatusCreated, http.MethodPost, site+"/departments", cloudtest.Object{"name": "Sales", "floors": []string{"G0", "1", "-2"}})
	one := site + "/departments/" + sales["id"].(string)
	user := cloudtest.Want[cloudtest.Object](t, c, http.StatusCreated, http.MethodPost, site+"/people", cloudtest.Object{
		"department_id": sales["id"], "kind": "basic", "staff_id": "1", "first_name": "Eva", "last_name": "Moss",
	})
	eleven := strings.Fields("1 2 3 4 5 6 7 8 9 10 11")
	refused(t, c, []spoilt{
		{http.MethodPost, site + "/departments", cloudtest.Object{"name": "sales"}, 409, "name"},
		{http.MethodPost, site + "/departments", cloudtest.Object{"name": "", "floors": eleven}, 422, "name floors"},
		{http.MethodPut, one, cloudtest.Object{"name": "Sales", "floors": []string{"129"}}, 422, "floors[0]"},
		{http.MethodPost, siteOf(t, c, "community", "Elm Court") + "/departments", cloudtest.Object{"name": "Sales"}, 409, ""},
		{http.MethodDelete, one, nil, 409, ""},
	})
	later := cloudtest.Want[cloudtest.Object](t, c, http.StatusOK, http.MethodPut, one, cloudtest.Object{"name": "Sales and more", "floors": []string{"all"}})
	if later["name"] != "Sales and more" || later["floors"].([]any)[0] != "all" || later["people"] != 1.0 {
		t.Errorf("%v", later)
	}
	cloudtest.Want[any](t, c, http.StatusNoContent, http.MethodDelete, site+"/people/"+user["id"].(string), nil)
	cloudtest.Want[any](t, c, http.StatusNoContent, http.MethodDelete, one, nil)
	refused(t, c, []spoilt{{http.MethodGet, one, nil, 404, ""}})
}

// shows SITE-41 by cloud/fleet/sitekinds.go: "domain.SingleHome: {\"landline\", \"smart_home\", \"premium\", \"charge_mode\"" => "domain.SingleHome: {\"landline\", \"smart_home\", \"premium\", \"free_mode\""
// shows SITE-42 by shared/domain/siteform.go: "json:\"user_mails,omitempty\"" => "json:\"-\""
func TestSingleHome_ChargeModeAndMails(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		c := cloudtest.NewHouse(t, s).Installer
		site := siteOf(t, c, "single", "Eva")
		if made := siteAt(t, c, site); made.Form["charge_mode"] != nil || made.Form["user_mails"] != nil || made.Form["renew_mails"] != nil {
			t.Errorf("a new home: %v", made.Form)
		}
		form := cloudtest.Object{"charge_mode": "end_user", "user_mails": true, "renew_mails": true}
		put(t, c, site, cloudtest.Object{"name": "Eva", "time_zone": "UTC", "form": form})
		if kept := siteAt(t, c, site); !sameValues(kept.Form, form) {
			t.Errorf("kept %v", kept.Form)
		}
		refused(t, c, []spoilt{
			{http.MethodPut, site, cloudtest.Object{"name": "Eva", "time_zone": "UTC", "form": cloudtest.Object{"charge_mode": "nobody"}}, 422, "form.charge_mode"},
			{http.MethodPut, site, cloudtest.Object{"name": "Eva", "time_zone": "UTC", "form": cloudtest.Object{"expiration_mails": "pm"}}, 422, "form.expiration_mails"},
			{http.MethodPut, site, cloudtest.Object{"name": "Eva", "time_zone": "UTC", "form": cloudtest.Object{"smart_home": true, "premium": true}}, 422, "form.premium"},
		})
		if kept := siteAt(t, c, site); !sameValues(kept.Form, form) {
			t.Errorf("after what was refused: %v", kept.Form)
		}
	})
}
