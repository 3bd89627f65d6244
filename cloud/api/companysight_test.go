package api_test

import (
	"net/http"
	"strings"
	"testing"

	"vestibule/cloud/cloudtest"
)

// The administrator of a company reaches that company alone: the other one's people, devices and accounts are not there, what the house shares is.
//
// shows SITE-37 by cloud/store/scope.go: "return companyOf(ctx, table+\".id\", \"\")(db)" => "return db"
// shows PEOPLE-33 by cloud/store/scope.go: "return companyOf(ctx, table+\".company_id\", \"\")(db)" => "return db"
func TestAdministrator_ReachesTheOwnCompanyAlone(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		c := s.SetUp(t)
		site := "/sites/" + cloudtest.Want[thing](t, c, 201, http.MethodPost, "/sites", cloudtest.Object{
			"name": "Dock 5", "kind": "commercial", "time_zone": "UTC", "form": cloudtest.Object{"variant": "multi_company"},
		}).ID
		add := func(path string, body cloudtest.Object) string {
			return cloudtest.Want[thing](t, c, 201, http.MethodPost, site+path, body).ID
		}
		ids := map[string]map[string]string{}
		for i, name := range []string{"bell", "gong"} {
			company := add("/companies", cloudtest.Object{"name": name})
			ids[name] = map[string]string{
				"companies": company,
				"people":    add("/people", cloudtest.Object{"kind": "administrator", "company_id": company, "first_name": "Ada", "last_name": name, "email": name + "@example.com"}),
				"devices":   add("/devices", cloudtest.Object{"type": 50, "mac": "0C11050B983" + string(rune('0'+i)), "name": name, "company_id": company}),
			}
			add("/people/"+ids[name]["people"]+"/account", cloudtest.Object{})
		}
		shared := add("/devices", cloudtest.Object{"type": 0, "mac": "0C11050B9839", "name": "Gate"})
		bell := activate(t, s, "bell@example.com")
		for noun, want := range map[string]string{"companies": "bell", "people": "bell", "devices": "bell Gate"} {
			type line struct {
				Name     string
				LastName string `json:"last_name"`
			}
			list := cloudtest.Want[struct {
				Items []line
				Total int
			}](t, bell, 200, http.MethodGet, site+"/"+noun, nil)
			var names []string
			for _, l := range list.Items {
				names = append(names, l.Name+l.LastName)
			}
			if strings.Join(names, " ") != want || list.Total != len(names) {
				t.Errorf("%s lists %q of %d", noun, names, list.Total)
			}
			if a := bell.Do(t, http.MethodGet, site+"/"+noun+"/"+ids["bell"][noun], nil); a.Status != 200 {
				t.Errorf("own %s: %d %s", noun, a.Status, a.Body)
			}
			if a := bell.Do(t, http.MethodGet, site+"/"+noun+"/"+ids["gong"][noun], nil); a.Status != 404 {
				t.Errorf("%s of the other: %d %s", noun, a.Status, a.Body)
			}
		}
		if a := bell.Do(t, http.MethodGet, site+"/devices/"+shared, nil); a.Status != 200 {
			t.Errorf("the gate of all: %d", a.Status)
		}
		for _, path := range []string{"/accounts", "/receipts", "/devices?q=gong", "/people?q=gong"} {
			if a := bell.Do(t, http.MethodGet, site+path, nil); a.Status != 200 || strings.Contains(string(a.Body), ids["gong"]["people"]) || strings.Contains(string(a.Body), ids["gong"]["devices"]) {
				t.Errorf("%s tells of the other company: %d %s", path, a.Status, a.Body)
			}
		}
		if all := cloudtest.Want[companyList](t, c, 200, http.MethodGet, site+"/companies", nil); all.Total != 2 {
			t.Errorf("the installer sees %d companies", all.Total)
		}
	})
}
