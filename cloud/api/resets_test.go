package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/cloudtest"
	"vestibule/cloud/enroll"
	"vestibule/cloud/eventlog"
	"vestibule/cloud/store"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// family is a home with everything that a reset looks at.
type family struct {
	*cloudtest.Server
	cloudtest.Client
	site, apartment, device, master, son, daughter string // ids
	tenant, member                                 cloudtest.Client
}

const homeMAC = "0C11050B9830"

// at gives the address of the site, or of something in it.
func (f *family) at(parts ...string) string {
	return strings.Join(append([]string{"/sites", f.site}, parts...), "/")
}

// object reads one thing.
func (f *family) object(t *testing.T, path string) cloudtest.Object {
	t.Helper()
	return cloudtest.Want[cloudtest.Object](t, f.Client, http.StatusOK, http.MethodGet, path, nil)
}

// version gives the number of the document that agents receive.
func (f *family) version(t *testing.T) float64 {
	t.Helper()
	return f.object(t, f.at())["version"].(float64)
}

// open opens the database of the cloud.
func (f *family) open(t *testing.T) *store.Store {
	t.Helper()
	db, err := store.Open(t.Context(), f.DSN)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// newFamily fills an apartment: master and two members with everything a form has, two accounts in use, a monitor, and a door event.
func newFamily(t *testing.T, s *cloudtest.Server, c cloudtest.Client, site, apartment, master string) *family {
	t.Helper()
	f := &family{Server: s, Client: c, site: site, apartment: apartment, master: master}
	person := func(first string, more cloudtest.Object) string {
		form := cloudtest.Object{"apartment_id": apartment, "first_name": first, "last_name": "Miller", "email": strings.ToLower(first) + "@example.com"}
		for k, v := range more {
			form[k] = v
		}
		return cloudtest.Want[thing](t, c, http.StatusCreated, http.MethodPost, f.at("people"), form).ID
	}
	if master == "" {
		f.master = person("Eva", cloudtest.Object{"phone": "30123456", "form": cloudtest.Object{
			"country": "DE", "landlines": []string{"30987654"}, "remark": "tenant", "floors": []string{"3"}, "language": "fr",
		}})
	}
	arrive := func(id, email string) cloudtest.Client {
		cloudtest.Want[any](t, c, http.StatusCreated, http.MethodPost, f.at("people", id, "account"), cloudtest.Object{})
		return s.Arrive(t, email)
	}
	f.tenant = arrive(f.master, "eva@example.com")
	f.son = person("Sam", cloudtest.Object{"phone": "30123457"})
	f.daughter = person("Dana", nil)
	f.device = cloudtest.Want[thing](t, c, http.StatusCreated, http.MethodPost, f.at("devices"), cloudtest.Object{
		"type": int(domain.Monitor), "mac": homeMAC, "name": "Kitchen", "apartment_id": apartment,
	}).ID
	f.member = arrive(f.son, "sam@example.com")
	f.plantEvent(t, apartment)
	return f
}

// plantEvent stores an event of the home as an agent would have brought it.
func (f *family) plantEvent(t *testing.T, apartment string) {
	t.Helper()
	home, err := domain.ParseID[domain.ApartmentID](apartment)
	if err != nil {
		t.Fatal(err)
	}
	site, err := domain.ParseID[domain.SiteID](f.site)
	if err != nil {
		t.Fatal(err)
	}
	body, err := wire.Marshal(domain.DoorBody{ApartmentID: home, By: "Eva Miller", Relay: 1})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().Add(-time.Hour)
	agent := enroll.NewAgent{ID: domain.NewID[domain.AgentID](now), Site: site, Name: "Cellar", ConfigKey: []byte{1}, CreatedAt: now}
	if err := f.open(t).InsertAgent(t.Context(), agent); err != nil {
		t.Fatal(err)
	}
	row := wire.Row{Seq: 1, Kind: domain.EventDoor, WallMilli: now.UnixMilli(), Body: body}
	err = f.open(t).InsertEvents(t.Context(), []eventlog.Stored{{
		Site: site, Agent: agent.ID, Epoch: domain.NewID[domain.EpochID](now), Stream: domain.StreamAudit, Received: now,
		Apartment: home, Row: row,
	}})
	if err != nil {
		t.Fatal(err)
	}
}

// lines writes a column of a plan.
func lines(t *testing.T, plan cloudtest.Object, column string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, l := range plan[column].([]any) {
		line := l.(cloudtest.Object)
		words := fmt.Sprint(line["value"])
		if line["value"] == nil {
			words = fmt.Sprint(line["count"])
		}
		out[line["item"].(string)] = words
	}
	return out
}

// wantLines compares a column of a plan with what it must say, line by line.
func wantLines(t *testing.T, plan cloudtest.Object, column string, want map[string]string) {
	t.Helper()
	if got := lines(t, plan, column); !reflect.DeepEqual(got, want) {
		t.Errorf("%s is\n%v, want\n%v", column, got, want)
	}
}

// without gives an object without some of its fields.
func without(o cloudtest.Object, fields ...string) cloudtest.Object {
	out := cloudtest.Object{}
	for k, v := range o {
		out[k] = v
	}
	for _, field := range fields {
		delete(out, field)
	}
	return out
}

// same wants that two readings of a thing differ in nothing but some fields.
func same(t *testing.T, what string, before, after cloudtest.Object, but ...string) {
	t.Helper()
	if a, b := without(before, but...), without(after, but...); !reflect.DeepEqual(a, b) {
		t.Errorf("%s was\n%v, is\n%v", what, a, b)
	}
}

// until waits for something that the service does after its answer.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	late, again := time.NewTimer(20*time.Second), time.NewTicker(20*time.Millisecond)
	defer late.Stop()
	defer again.Stop()
	for !done() {
		select {
		case <-late.C:
			t.Fatal(what)
		case <-again.C:
		}
	}
}

// gone wants that sessions and credentials of the family open nothing, and that nobody was mailed about it.
func (f *family) gone(t *testing.T, mailed int) {
	t.Helper()
	for name, c := range map[string]cloudtest.Client{"master": f.tenant, "member": f.member} {
		if a := c.Do(t, http.MethodGet, "/me", nil); a.Status != http.StatusUnauthorized {
			t.Errorf("the session of the %s goes on: %d", name, a.Status)
		}
	}
	for _, login := range []string{"eva@example.com", "sam@example.com"} {
		a := cloudtest.Client{URL: f.Server.URL}.Do(t, http.MethodPost, "/session", cloudtest.Object{"login": login, "password": cloudtest.Password, "bearer": true})
		if a.Status != http.StatusUnauthorized {
			t.Errorf("%s still signs in: %d", login, a.Status)
		}
	}
	if n := f.mails(t); n != mailed {
		t.Errorf("%d letters, there were %d", n, mailed)
	}
}

// mails counts the letters of the service, sent or waiting.
func (f *family) mails(t *testing.T) int {
	t.Helper()
	var n int
	if err := f.open(t).Pool().QueryRowContext(t.Context(), "SELECT count(*) FROM mails").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// members wants that nobody but the master is left.
func (f *family) membersGone(t *testing.T) {
	t.Helper()
	for _, id := range []string{f.son, f.daughter} {
		if a := f.Do(t, http.MethodGet, f.at("people", id), nil); a.Status != http.StatusNotFound {
			t.Errorf("a member is still there: %d", a.Status)
		}
	}
}

// erased waits until the event of the home tells nothing of it any more.
func (f *family) erased(t *testing.T) {
	t.Helper()
	until(t, "the event of the home is not erased", func() bool {
		a := f.Do(t, http.MethodGet, f.at("events")+"?apartment="+f.apartment, nil)
		return strings.Contains(string(a.Body), `"erased":true`) && !strings.Contains(string(a.Body), "Eva Miller")
	})
}

// community makes a community with an apartment and its family.
func community(t *testing.T, s *cloudtest.Server, c cloudtest.Client) *family {
	t.Helper()
	site := cloudtest.Want[thing](t, c, http.StatusCreated, http.MethodPost, "/sites", cloudtest.Object{
		"name": "Park Lane 7", "time_zone": "Europe/Berlin", "kind": "community", "form": cloudtest.Object{"plan": "premium", "landline": true},
	}).ID
	building := cloudtest.Want[thing](t, c, http.StatusCreated, http.MethodPost, "/sites/"+site+"/buildings", cloudtest.Object{"name": "House A"}).ID
	apartment := cloudtest.Want[thing](t, c, http.StatusCreated, http.MethodPost, "/sites/"+site+"/apartments", cloudtest.Object{
		"building_id": building, "number": "101", "name": "Garden", "floor": "3", "call_path": "sip", "call_type": 2, "web_relay": 7,
	}).ID
	return newFamily(t, s, c, site, apartment, "")
}

// shows PEOPLE-18 PEOPLE-19 PEOPLE-20 by cloud/fleet/reset.go: "if err := s.endAccount(ctx, *h.Master); err != nil {" => "if err := error(nil); err != nil {"
// shows PEOPLE-18 by cloud/fleet/reset.go: "p.Form.Country, p.Form.Landlines, p.Form.Remark, p.Form.Unpaid = \"\", nil, \"\", false"
func TestReset_OfACommunityApartmentLineByLine(t *testing.T) {
	eachCloud(t, func(t *testing.T, s *cloudtest.Server) {
		f := community(t, s, s.SetUp(t))
		home, master, device, site := f.object(t, f.at("apartments", f.apartment)), f.object(t, f.at("people", f.master)), f.object(t, f.at("devices", f.device)), f.object(t, f.at())
		path := f.at("apartments", f.apartment, "reset")
		answer := f.Do(t, http.MethodGet, path, nil)
		var plan cloudtest.Object
		if err := json.Unmarshal(answer.Body, &plan); err != nil || answer.Status != http.StatusOK {
			t.Fatal(answer.Status, string(answer.Body))
		}
		if plan["kind"] != "community" || plan["apartment"] != "101" || plan["site"] != "Park Lane 7" {
			t.Errorf("%v", plan)
		}
		wantLines(t, plan, "anew", map[string]string{
			"app_status": "unregistered", "credentials": "2", "master_name": "1", "landline_service": "off", "landline_status": "off", "registration_code": "new",
		})
		wantLines(t, plan, "kept", map[string]string{
			"subscription": "inactivated", "free_members": "3", "audit": "kept", "devices": "1", "sip_numbers": "2", "call_path": "sip",
			"time_zone": "Europe/Berlin", "language": "fr", "home_automation": "off", "premium": "on", "with_monitor": "on", "contact": "group",
			"call_type": "2", "web_relay": "7", "floors": "1",
		})
		wantLines(t, plan, "removed", map[string]string{
			"members": "2", "emails": "3", "phones": "2", "countries": "1", "landlines": "1", "remarks": "1", "events": "1",
		})
		mailed, version := f.mails(t), f.version(t)
		cloudtest.Want[any](t, f.Client, http.StatusOK, http.MethodPut, f.at("people", f.daughter), cloudtest.Object{
			"apartment_id": f.apartment, "first_name": "Dina", "last_name": "Miller", "email": "dana@example.com",
		})
		if a := f.Do(t, http.MethodPost, path, nil, "If-Match", answer.Header.Get("ETag")); a.Status != http.StatusPreconditionFailed {
			t.Errorf("a plan that is old: %d %s", a.Status, a.Body)
		}
		done := f.Do(t, http.MethodPost, path, nil, "If-Match", f.Do(t, http.MethodGet, path, nil).Header.Get("ETag"))
		if done.Status != http.StatusOK {
			t.Fatalf("%d %s", done.Status, done.Body)
		}
		if v := f.version(t); v != version+2 { // that of Dina, and one of the reset
			t.Errorf("version %v after %v", v, version)
		}
		f.gone(t, mailed)
		f.membersGone(t)
		f.erased(t)
		now := f.object(t, f.at("people", f.master))
		same(t, "the master", master, now, "first_name", "last_name", "email", "phone", "form", "status", "revision")
		if now["first_name"] != "Resident" || len(now["last_name"].(string)) != 8 || now["email"] != "" || now["phone"] != "" {
			t.Errorf("%v", now)
		}
		if form := now["form"]; !reflect.DeepEqual(form, cloudtest.Object{"floors": []any{"3"}, "language": "fr"}) {
			t.Errorf("the form is %v", form)
		}
		standing := now["status"].(cloudtest.Object)
		if standing["app"] != "unregistered" || standing["landline"] != "off" || standing["members"] != 0.0 || standing["account"] != "none" {
			t.Errorf("%v", standing)
		}
		kept := f.object(t, f.at("apartments", f.apartment))
		same(t, "the apartment", home, kept, "people", "service", "revision")
		same(t, "the device", device, f.object(t, f.at("devices", f.device)), "status", "resident", "owner")
		same(t, "the site", site, f.object(t, f.at()), "version", "counts", "receipts")
		if people := kept["people"].([]any); len(people) != 1 || kept["service"].(cloudtest.Object)["app_status"] != "unregistered" {
			t.Errorf("%v", kept)
		}
		told := auditOf(t, s, f.site)
		if !strings.Contains(told, "person deleted") || !strings.Contains(told, `"Members":null`) || !strings.Contains(told, `"free_members":3`) {
			t.Errorf("the audit says %s", told)
		}
		f.refills(t)
	})
}

// refills adds a new family after a reset: its members are free up to the number that was kept (PEOPLE-20), and a landline number switches the
// service on again.
func (f *family) refills(t *testing.T) {
	t.Helper()
	for i := range 4 {
		made := cloudtest.Want[cloudtest.Object](t, f.Client, http.StatusCreated, http.MethodPost, f.at("people"), cloudtest.Object{
			"apartment_id": f.apartment, "first_name": fmt.Sprintf("New%d", i), "last_name": "Tenant",
		})
		if (made["payment"] != nil) != (i == 3) {
			t.Errorf("new member %d: %v", i+1, made)
		}
	}
	now := cloudtest.Want[cloudtest.Object](t, f.Client, http.StatusOK, http.MethodPut, f.at("people", f.master), cloudtest.Object{
		"apartment_id": f.apartment, "first_name": "Nora", "last_name": "Tenant", "form": cloudtest.Object{"landlines": []string{"+49 30 111222"}},
	})
	if now["status"].(cloudtest.Object)["landline"] != "inactivated" {
		t.Errorf("%v", now["status"])
	}
}

// shows PEOPLE-21 PEOPLE-22 by cloud/fleet/reset.go: "p.FirstName, p.LastName = anonymous+\" \"+drawn, \"\""
// shows PEOPLE-22 by cloud/fleet/reset.go: "site.Form.Landline = false"
func TestReset_OfASingleHomeLineByLine(t *testing.T) {
	eachCloud(t, func(t *testing.T, s *cloudtest.Server) {
		c := s.SetUp(t)
		site := cloudtest.Want[thing](t, c, http.StatusCreated, http.MethodPost, "/sites", cloudtest.Object{
			"name": "Lake Road 1", "time_zone": "Asia/Tokyo", "kind": "single", "form": cloudtest.Object{"landline": true},
			"user": cloudtest.Object{
				"name": "Eva Miller", "room_name": "Eva's Home", "email": "eva@example.com", "phone": "30123456", "country": "DE", "call_path": "sip",
				"landlines": []string{"30987654"}, "address": "Lake Road 1", "language": "fr",
			},
		}).ID
		list := cloudtest.Want[struct{ Items []cloudtest.Object }](t, c, http.StatusOK, http.MethodGet, "/sites/"+site+"/people", nil)
		one := list.Items[0]
		f := newFamily(t, s, c, site, one["apartment_id"].(string), one["id"].(string))
		home, master, device := f.object(t, f.at("apartments", f.apartment)), f.object(t, f.at("people", f.master)), f.object(t, f.at("devices", f.device))
		path := f.at("apartments", f.apartment, "reset")
		plan := f.object(t, path)
		if plan["kind"] != "kit" {
			t.Errorf("%v", plan["kind"])
		}
		wantLines(t, plan, "anew", map[string]string{
			"app_status": "unregistered", "credentials": "2", "master_name": "1", "landline_service": "off", "landline_status": "off", "registration_code": "new",
		})
		wantLines(t, plan, "kept", map[string]string{
			"account_status": "inactivated", "created": "kept", "free_members": "3", "audit": "kept", "devices": "1", "sip_numbers": "2", "call_path": "sip",
			"time_zone": "Asia/Tokyo", "language": "fr", "home_automation": "off", "premium": "off", "with_monitor": "on", "contact": "group", "call_type": "0",
		})
		wantLines(t, plan, "removed", map[string]string{"members": "2", "emails": "3", "phones": "2", "countries": "1", "landlines": "1", "events": "1"})
		mailed, version := f.mails(t), f.version(t)
		cloudtest.Want[any](t, c, http.StatusOK, http.MethodPost, path, nil)
		if v := f.version(t); v != version+1 {
			t.Errorf("version %v after %v: not one edit", v, version)
		}
		f.gone(t, mailed)
		f.membersGone(t)
		f.erased(t)
		now := f.object(t, f.at("people", f.master))
		same(t, "the master", master, now, "first_name", "last_name", "email", "phone", "form", "status", "revision")
		if name := now["first_name"].(string); !strings.HasPrefix(name, "Resident ") || len(name) != 17 || now["last_name"] != "" || now["email"] != "" || now["phone"] != "" {
			t.Errorf("%v", now)
		}
		if form := now["form"]; !reflect.DeepEqual(form, cloudtest.Object{"address": "Lake Road 1", "language": "fr"}) {
			t.Errorf("the form is %v", form)
		}
		was, is := master["status"].(cloudtest.Object), now["status"].(cloudtest.Object)
		same(t, "the standing", was, is, "app", "landline", "members", "account", "area_code", "locks")
		if is["landline"] != "off" || is["app"] != "unregistered" || was["landline"] == "off" {
			t.Errorf("%v, was %v", is, was)
		}
		same(t, "the home", home, f.object(t, f.at("apartments", f.apartment)), "people", "service", "revision")
		same(t, "the device", device, f.object(t, f.at("devices", f.device)), "status", "resident", "owner")
	})
}

// shows PEOPLE-23 by cloud/fleet/reset.go: "caller.Role == account.RoleDistributor && !h.Home.Service.Kit && h.Site.Kind != domain.SingleHome" => "if false {"
func TestReset_WhoMay(t *testing.T) {
	eachCloud(t, func(t *testing.T, s *cloudtest.Server) {
		h := cloudtest.NewHouse(t, s)
		f := community(t, s, h.Installer)
		path := f.at("apartments", f.apartment, "reset")
		_, rival := s.HandOut(t, h.Distributor, "Rivals Ltd", "Rob", "rob@example.com")
		refused := func(name string, c cloudtest.Client, status int) {
			t.Helper()
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				if a := c.Do(t, method, path, nil); a.Status != status {
					t.Errorf("%s: %s is %d, want %d: %s", name, method, a.Status, status, a.Body)
				}
			}
		}
		refused("nobody", cloudtest.Client{URL: s.URL}, http.StatusUnauthorized)
		refused("another installer", rival, http.StatusNotFound)
		refused("the distributor, for an installer's home", h.Distributor, http.StatusNotFound)
		refused("the operator", h.Operator, http.StatusNotFound)
		refused("a resident", f.tenant, http.StatusForbidden)
		manager := cloudtest.Want[thing](t, h.Installer, http.StatusCreated, http.MethodPost, "/managers", cloudtest.Object{
			"first_name": "Mia", "last_name": "Moss", "email": "mia@example.com", "language": "en", "site_ids": []string{f.site},
		}).ID
		mia := s.Arrive(t, "mia@example.com")
		cloudtest.Want[any](t, mia, http.StatusOK, http.MethodGet, path, nil)
		if a := mia.Do(t, http.MethodPost, path, nil); a.Status != http.StatusForbidden || !strings.Contains(string(a.Body), "Delete Account Permission") {
			t.Errorf("a manager who may not delete: %d %s", a.Status, a.Body)
		}
		if n := len(f.object(t, f.at("apartments", f.apartment))["people"].([]any)); n != 3 {
			t.Fatalf("%d people after what was refused", n)
		}
		cloudtest.Want[any](t, h.Installer, http.StatusOK, http.MethodPut, f.at("managers", manager), cloudtest.Object{"delete_accounts": true})
		cloudtest.Want[any](t, mia, http.StatusOK, http.MethodPost, path, nil)

		// The distributor's own homes: the site moves to an installer organisation of its own.
		db := f.open(t)
		north, err := domain.ParseID[domain.OrgID](h.North)
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		own := account.Org{ID: domain.NewID[domain.OrgID](now), ParentID: north, Kind: account.OrgInstaller, Name: "North Ltd", Own: true, CreatedAt: now}
		if err := db.SaveOrg(t.Context(), own); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Pool().ExecContext(t.Context(), fmt.Sprintf("UPDATE sites SET org_id = '%s' WHERE id = '%s'", own.ID, f.site)); err != nil {
			t.Fatal(err)
		}
		refused("the distributor, for a community below it", h.Distributor, http.StatusForbidden)
		if _, err := db.Pool().ExecContext(t.Context(), fmt.Sprintf(`UPDATE apartments SET service = '{"kit":true}' WHERE id = '%s'`, f.apartment)); err != nil {
			t.Fatal(err)
		}
		if plan := cloudtest.Want[cloudtest.Object](t, h.Distributor, http.StatusOK, http.MethodPost, path, nil); plan["kind"] != "kit" {
			t.Errorf("%v", plan)
		}
	})
}

// shows PEOPLE-24 by cloud/fleet/reset.go: "if person.Kind != domain.Master || person.ApartmentID.IsZero() {" => "if person.Kind == domain.Master {"
func TestOwnHome_IsResetWhenItsResidentDeletesTheAccount(t *testing.T) {
	eachCloud(t, func(t *testing.T, s *cloudtest.Server) {
		f := community(t, s, s.SetUp(t))
		mailed := f.mails(t)
		if a := f.member.Do(t, http.MethodPost, "/home/delete", cloudtest.Object{"password": cloudtest.Password}); a.Status != http.StatusForbidden {
			t.Errorf("a family member: %d %s", a.Status, a.Body)
		}
		for _, password := range []string{"", "wrong"} {
			if a := f.tenant.Do(t, http.MethodPost, "/home/delete", cloudtest.Object{"password": password}); a.Status != http.StatusUnprocessableEntity || a.Field("password") == "" {
				t.Errorf("password %q: %d %s", password, a.Status, a.Body)
			}
		}
		cloudtest.Want[any](t, f.tenant, http.StatusNoContent, http.MethodPost, "/home/delete", cloudtest.Object{"password": cloudtest.Password})
		f.gone(t, mailed)
		f.membersGone(t)
		f.erased(t)
		if code := f.object(t, f.at("apartments", f.apartment, "registration")); code["state"] != "waiting" {
			t.Errorf("%v", code)
		}
	})
}
