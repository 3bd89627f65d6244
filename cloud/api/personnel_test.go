package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"vestibule/cloud/api"
	"vestibule/cloud/cloudtest"
)

// shows PEOPLE-26 by cloud/fleet/personkinds.go: "f.invalid.Check(found, \"department_id\", \"A department of this site.\")" => "	_ = found"
// shows PEOPLE-26 by cloud/fleet/personkinds.go: "An ID is needed, such as the number of the staff card."
// shows PEOPLE-27 by cloud/fleet/personkinds.go: "f.invalid.Check(p.Kind != \"\", \"kind\", \"Basic user or advanced user.\")"
// shows PEOPLE-27 by cloud/fleet/devicerules.go: "f.invalid.Check(!found || d.DepartmentID == owner.DepartmentID, \"department_id\""
// shows PEOPLE-28 by cloud/store/people.go: "duplicate(err, \"staff_id\", \"Somebody else of the site has this ID.\")" => "		return err"
// shows PEOPLE-29 by cloud/fleet/personkinds.go: "p.Form.Floors = slices.Clone(department.Floors)" => "		p.Form.Floors = slices.Clone(department.Floors[:0])"
// shows PEOPLE-31 by cloud/store/people.go: "\"name\": \"list.folded\", \"staff_id\": \"list.staff_id\", \"created\": \"list.created_at\","
func TestOffice_UsersOfItsDepartments(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		c := b.Client
		site, other := "/sites/"+b.site(t, c, "Office", "office"), "/sites/"+b.site(t, c, "Lake", "office")
		sales := made[thing](t, c, site+"/departments", cloudtest.Object{"name": "Sales", "floors": []string{"1", "G1"}}).ID
		store := made[thing](t, c, site+"/departments", cloudtest.Object{"name": "Store"}).ID
		theirs := made[thing](t, c, other+"/departments", cloudtest.Object{"name": "Sales"}).ID
		list := site + "/people"
		user := func(first, id string, more cloudtest.Object) cloudtest.Object {
			return with(cloudtest.Object{"kind": "basic", "first_name": first, "last_name": "Bell", "staff_id": id, "department_id": sales}, more)
		}
		form := func(f cloudtest.Object) cloudtest.Object { return cloudtest.Object{"form": f} }
		anna := made[api.Person](t, c, list, user("Anna", "0042", cloudtest.Object{"email": "anna@example.com", "phone": "30 1", "form": cloudtest.Object{
			"language": "ko", "country": "DE", "call_path": "sip", "call_type": 3, "landlines": []string{"30 7"},
		}}))
		if f := anna.Form; !slices.Equal(f.Floors, []string{"1", "G1"}) || f.CallType != 3 || f.Path != "sip" || f.Language != "ko" || anna.Phone != "+49 301" || anna.StaffID != "0042" || len(anna.SIPUser) != 10 {
			t.Errorf("%+v", anna)
		}
		bob := made[api.Person](t, c, list, user("Bob", "0007", cloudtest.Object{"kind": "advanced", "last_name": "Adams", "form": cloudtest.Object{"floors": []string{"all"}, "no_intercom": true}}))
		if bob.Kind != "advanced" || !slices.Equal(bob.Form.Floors, []string{"all"}) || bob.Form.CallType != 6 {
			t.Errorf("%+v", bob)
		}
		refused(t, c, []spoilt{
			{http.MethodPost, list, user("C", "1", cloudtest.Object{"department_id": ""}), 422, "department_id"},
			{http.MethodPost, list, user("C", "1", cloudtest.Object{"department_id": theirs}), 422, "department_id"},
			{http.MethodPost, list, user("C", "", cloudtest.Object{"kind": ""}), 422, "staff_id kind"},
			{http.MethodPost, list, user("C", "1", cloudtest.Object{"kind": "master"}), 422, "kind"},
			{http.MethodPost, list, user("C", "0042", nil), 409, "staff_id"},
			{http.MethodPost, list, user("C", "1", form(cloudtest.Object{"floors": strings.Fields("1 2 3 4 5 6 7 8 9 10 11")})), 422, "form.floors"},
			{http.MethodPost, list, user("C", "1", form(cloudtest.Object{"no_intercom": true, "call_type": 1})), 422, "form.call_type"},
		})
		made[any](t, c, other+"/people", user("Dan", "0042", cloudtest.Object{"department_id": theirs}))
		for query, want := range map[string]string{
			"": "Bob,Anna", "?sort=staff_id": "Bob,Anna", "?sort=staff_id&order=desc": "Anna,Bob", "?sort=created": "Anna,Bob", "?sort=name&order=desc": "Anna,Bob",
			"?q=0042": "Anna", "?department=" + store: "", "?department=" + sales: "Bob,Anna",
		} {
			if got := people(t, c, site, query); got != want {
				t.Errorf("%q lists %q, want %q", query, got, want)
			}
		}
		device := func(mac string, more cloudtest.Object) cloudtest.Object {
			return with(cloudtest.Object{"type": 2, "mac": mac, "name": "Desk", "owner_id": anna.ID}, more)
		}
		refused(t, c, []spoilt{{http.MethodPost, site + "/devices", device("0C1105000001", cloudtest.Object{"department_id": store}), 422, "department_id"}})
		desk := made[api.Device](t, c, site+"/devices", device("0C1105000001", nil))
		if desk.DepartmentID != sales || desk.Owner != "Anna Bell" || desk.Department != "Sales" {
			t.Errorf("%+v", desk)
		}
		refused(t, c, []spoilt{{http.MethodDelete, list + "/" + anna.ID, nil, 409, ""}})
		cloudtest.Want[any](t, c, http.StatusNoContent, http.MethodDelete, site+"/devices/"+desk.ID, nil)
		cloudtest.Want[any](t, c, http.StatusNoContent, http.MethodDelete, list+"/"+anna.ID, nil)
		moved := saved[api.Person](t, c, list+"/"+bob.ID, user("Bob", "0042", cloudtest.Object{"department_id": store}))
		if moved.StaffID != "0042" || moved.Status.Department != "Store" || moved.Kind != "basic" || len(moved.Form.Floors) != 0 {
			t.Errorf("an ID is free again, and floors come from the new department: %+v", moved)
		}
	})
}

// shows PEOPLE-32 by cloud/fleet/people.go: "if person.SIPUser == \"\" && !person.Form.NoApp {" => "	if person.SIPUser == \"\" {"
// shows PEOPLE-32 by cloud/account/residents.go: "return p.Form.NoApp || p.Form.NoIntercom" => "	return p.Form.Unpaid"
// shows PEOPLE-33 by cloud/account/residents.go: "return RoleAdministrator" => "		return RoleResident"
func TestCommercial_PersonnelAndAdministrators(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		c := s.SetUp(t)
		site := "/sites/" + made[thing](t, c, "/sites", cloudtest.Object{"name": "Tower", "time_zone": "UTC", "kind": "commercial"}).ID
		alone := "/sites/" + made[thing](t, c, "/sites", cloudtest.Object{"name": "Shop", "time_zone": "UTC", "kind": "commercial", "form": cloudtest.Object{"variant": "single_company"}}).ID
		company := made[thing](t, c, site+"/companies", cloudtest.Object{"name": "Bell Ltd"}).ID
		list := site + "/people"
		person := func(first string, more cloudtest.Object) cloudtest.Object {
			return with(cloudtest.Object{"first_name": first, "last_name": "Bell", "email": strings.ToLower(first) + "@example.com", "company_id": company}, more)
		}
		form := func(f cloudtest.Object) cloudtest.Object { return cloudtest.Object{"form": f} }
		anna := made[api.Person](t, c, list, person("Anna", form(cloudtest.Object{"no_app": true})))
		if anna.Kind != "personnel" || anna.SIPUser != "" || anna.Status.Company != "Bell Ltd" || anna.Status.Landline != "off" {
			t.Errorf("without the App: %+v", anna)
		}
		bob := made[api.Person](t, c, list, person("Bob", form(cloudtest.Object{"no_intercom": true, "landline": true, "landlines": []string{"+49 30 7"}})))
		if len(bob.SIPUser) != 10 || bob.Status.Landline != "inactivated" || bob.Form.Landlines[0] != "+49 30 7" {
			t.Errorf("an App without intercom, and landlines: %+v", bob)
		}
		boss := made[api.Person](t, c, list, person("Cleo", cloudtest.Object{"kind": "administrator", "form": cloudtest.Object{"landline": true}}))
		refused(t, c, []spoilt{
			{http.MethodPost, list, person("D", cloudtest.Object{"company_id": ""}), 422, "company_id"},
			{http.MethodPost, list, person("D", cloudtest.Object{"kind": "basic"}), 422, "kind"},
			{http.MethodPost, list, person("D", cloudtest.Object{"kind": "administrator", "form": cloudtest.Object{"no_app": true}}), 422, "form.no_app"},
			{http.MethodPost, list, person("D", form(cloudtest.Object{"call_type": 1})), 422, "form.call_type"},
			{http.MethodPost, list + "/" + anna.ID + "/account", cloudtest.Object{}, 409, ""},
		})
		made[any](t, c, list+"/"+bob.ID+"/account", cloudtest.Object{})
		if me := s.Arrive(t, "bob@example.com").Me(t); me.Role != "resident" {
			t.Errorf("personnel sign in as %s", me.Role)
		}
		made[any](t, c, list+"/"+boss.ID+"/account", cloudtest.Object{})
		cleo := s.Arrive(t, "cleo@example.com")
		if me := cleo.Me(t); me.Role != "administrator" {
			t.Errorf("an administrator signs in as %s", me.Role)
		}
		if sites := get[api.Page[api.Site]](t, cleo, "/sites").Items; len(sites) != 1 || sites[0].Name != "Tower" {
			t.Errorf("and sees %+v", sites)
		}
		if got := people(t, c, site, "?kind=personnel&company="+company) + "/" + people(t, c, site, "?kind=administrator"); got != "Anna,Bob/Cleo" {
			t.Errorf("the lists are %s", got)
		}
		if only := made[api.Person](t, c, alone+"/people", person("Eve", cloudtest.Object{"company_id": ""})); only.Status.Company != "Shop" {
			t.Errorf("a single company need not be named: %+v", only)
		}
	})
}
