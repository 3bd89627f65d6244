package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"vestibule/cloud/api"
	"vestibule/cloud/cloudtest"
	"vestibule/cloud/store"
	"vestibule/shared/domain"
)

// get reads something.
func get[T any](t *testing.T, c cloudtest.Client, path string) T {
	t.Helper()
	return cloudtest.Want[T](t, c, http.StatusOK, http.MethodGet, path, nil)
}

// made adds something and reads it back as it is answered.
func made[T any](t *testing.T, c cloudtest.Client, path string, body any) T {
	t.Helper()
	return cloudtest.Want[T](t, c, http.StatusCreated, http.MethodPost, path, body)
}

// saved changes something.
func saved[T any](t *testing.T, c cloudtest.Client, path string, body any) T {
	t.Helper()
	return cloudtest.Want[T](t, c, http.StatusOK, http.MethodPut, path, body)
}

// service writes what is paid for in a home, as billing will.
func service(t *testing.T, s *cloudtest.Server, site, apartment string, change func(*domain.ApartmentService)) {
	t.Helper()
	db, err := store.Open(t.Context(), s.DSN)
	must(t, err)
	defer db.Close()
	b := &bench{db: db}
	at, err := domain.ParseID[domain.SiteID](strings.TrimPrefix(site, "/sites/"))
	must(t, err)
	id, err := domain.ParseID[domain.ApartmentID](apartment)
	must(t, err)
	home, err := db.Apartment(b.system(t), at, id)
	must(t, err)
	change(&home.Service)
	must(t, db.PutApartment(b.system(t), home, time.Now()))
}

// single makes a single-family home and gives its address and its user.
func single(t *testing.T, c cloudtest.Client, form, user cloudtest.Object) (site string, shown api.SingleUser) {
	t.Helper()
	id := made[thing](t, c, "/sites", cloudtest.Object{"kind": "single", "form": form, "user": user}).ID
	for _, one := range get[api.Page[api.SingleUser]](t, c, "/single").Items {
		if one.SiteID == id {
			return "/sites/" + id, one
		}
	}
	t.Fatal("the new user is not in the list")
	return "", shown
}

// usersOf names the users of a list.
func usersOf(t *testing.T, c cloudtest.Client, query string) string {
	t.Helper()
	var names []string
	for _, one := range get[api.Page[api.SingleUser]](t, c, "/single"+query).Items {
		names = append(names, one.Name)
	}
	return strings.Join(names, ",")
}

// shows PEOPLE-01 by cloud/fleet/singlehome.go: "after.TimeZone, after.Revision = zone, before.Revision+1" => "after.Revision = before.Revision+1"
// shows PEOPLE-01 by cloud/fleet/sites.go: "site.TimeZone, err = s.zoneOf(ctx, site.OrgID)"
// shows PEOPLE-02 by cloud/fleet/people.go: "if person.SIPUser, err = s.issueNumber(ctx, e, PersonalNumber, person.ID); err != nil {" => "if err != nil {"
// shows PEOPLE-14 by cloud/fleet/phones.go: "return \"+\" + area + \" \" + digits" => "	return digits"
func TestSingleUser_WithEveryFieldOfItsForm(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		c := s.SetUp(t)
		zone := func(name string) {
			saved[any](t, c, "/org/forms/time", cloudtest.Object{"time_zone": name, "date_format": "YYYY-MM-DD"})
		}
		zone("Asia/Tokyo")
		site, user := single(t, c, cloudtest.Object{"landline": true}, cloudtest.Object{
			"name": "Ryan Reed", "room_name": "Ryan's Home", "email": "ryan@example.com", "country": "DE", "phone": "030 1234567", "address": "Lake Road 1",
			"call_path": "sip", "language": "pl", "landlines": []string{"030 11", "0049 30 22", "+33 1 33"},
		})
		p := user.Person
		if user.Name != "Ryan Reed" || user.Address != "Lake Road 1" || p.Kind != "master" || p.Form.Language != "pl" || p.Status.AreaCode != "+49" || p.Status.Home.Name != "Ryan's Home" {
			t.Errorf("%+v", user)
		}
		if p.Phone != "+49 301234567" || !slices.Equal(p.Form.Landlines, []string{"+49 3011", "+49 3022", "+33133"}) {
			t.Errorf("numbers with the area code: %q %q", p.Phone, p.Form.Landlines)
		}
		if family, own := p.Status.Home.SIPUser, p.SIPUser; len(family) != 10 || family[0] != '5' || len(own) != 10 || own[0] != '6' {
			t.Errorf("SIP numbers %q and %q", family, own)
		}
		if home := get[api.Apartment](t, c, site+"/apartments/"+p.ApartmentID); home.CallPath != "sip" || home.Name != "Ryan's Home" {
			t.Errorf("%+v", home)
		}
		zoneOf := func(site string) string { return get[api.Site](t, c, site).TimeZone }
		other, _ := single(t, c, nil, cloudtest.Object{"name": "Ann"})
		body := cloudtest.Object{"name": "Ann", "time_zone": "Europe/Paris"}
		saved[any](t, c, other, body)
		if a, b := zoneOf(site), zoneOf(other); a != "Asia/Tokyo" || b != "Europe/Paris" {
			t.Errorf("the zone of the installer and an own one: %s %s", a, b)
		}
		version := get[api.Site](t, c, site).Version
		zone("Asia/Seoul")
		if a, b := zoneOf(site), zoneOf(other); a != "Asia/Seoul" || b != "Europe/Paris" {
			t.Errorf("one follows the installer, one has its own: %s %s", a, b)
		}
		if now := get[api.Site](t, c, site).Version; now != version+1 {
			t.Errorf("the document of the home went from %d to %d", version, now)
		}
		body["form"] = cloudtest.Object{"follow_zone": true}
		saved[any](t, c, other, body)
		if b := zoneOf(other); b != "Asia/Seoul" {
			t.Errorf("it follows again, and is at %s", b)
		}
		badUsers(t, c)
	})
}

// badUsers wants faults of the form of a user at the fields of that form, and nothing made.
func badUsers(t *testing.T, c cloudtest.Client) {
	t.Helper()
	bad := func(user cloudtest.Object) cloudtest.Object { return cloudtest.Object{"kind": "single", "user": user} }
	refused(t, c, []spoilt{
		{http.MethodPost, "/sites", bad(cloudtest.Object{"name": strings.Repeat("x", 65)}), 422, "user.name"},
		{http.MethodPost, "/sites", bad(cloudtest.Object{"name": "A", "email": "x", "phone": "x"}), 422, "user.email user.phone"},
		{http.MethodPost, "/sites", bad(cloudtest.Object{"name": "A", "language": "xx", "country": "XX", "landlines": []string{"1111", "2222", "3333", "4444"}}), 422, "user.language user.country user.landlines"},
	})
	if n := get[api.Page[api.SingleUser]](t, c, "/single").Total; n != 2 {
		t.Errorf("%d users after what was refused", n)
	}
}

// shows PEOPLE-05 by cloud/fleet/personview.go: "case v.Home == nil || v.Home.Service.LandlineMilli == 0:" => "	case v.Home == nil:"
// shows PEOPLE-06 by cloud/fleet/sitekinds.go: "With Home Automation on, the Premium Plan cannot be selected."
// shows PEOPLE-07 by cloud/fleet/cameras.go: "if !site.Form.Premium {" => "		if false {"
// shows PEOPLE-34 by cloud/fleet/personview.go: "if milli != 0 && milli <= now.UnixMilli() {" => "	if milli < 0 {"
func TestSingleUser_PlansAndStandings(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		c := s.SetUp(t)
		site, user := single(t, c, nil, cloudtest.Object{"name": "Ryan", "email": "ryan@example.com"})
		read := func() api.SingleUser { return get[api.Page[api.SingleUser]](t, c, "/single").Items[0] }
		plan := func(form cloudtest.Object) api.SingleUser {
			saved[any](t, c, site, cloudtest.Object{"name": "Ryan", "time_zone": "UTC", "form": form})
			return read()
		}
		if user.HomeAutomation || user.Premium || user.Person.Status.Landline != "off" || user.Person.Status.Active != "inactivated" || user.Person.Status.App != "unregistered" {
			t.Errorf("how a user begins: %+v", user)
		}
		camera := cameraForm(nil)
		refused(t, c, []spoilt{
			{http.MethodPost, site + "/cameras", camera, 409, ""},
			{http.MethodPut, site, cloudtest.Object{"name": "Ryan", "time_zone": "UTC", "form": cloudtest.Object{"premium": true, "smart_home": true}}, 422, "form.premium"},
			{http.MethodPost, "/sites", cloudtest.Object{"kind": "single", "form": cloudtest.Object{"premium": true, "smart_home": true}, "user": cloudtest.Object{"name": "B"}}, 422, "form.premium"},
		})
		if now := plan(cloudtest.Object{"smart_home": true}); !now.HomeAutomation || now.Premium {
			t.Errorf("home automation: %+v", now)
		}
		if now := plan(cloudtest.Object{"landline": true}); now.Person.Status.Landline != "inactivated" {
			t.Errorf("landline service that nobody paid for is %s", now.Person.Status.Landline)
		}
		if now := plan(cloudtest.Object{"premium": true}); !now.Premium || now.Person.Status.Landline != "inactivated" {
			t.Errorf("the Premium Plan has landlines: %+v", now)
		}
		made[any](t, c, site+"/cameras", camera)
		pay := func(until time.Time) api.PersonStatus {
			service(t, s, site, user.Person.ApartmentID, func(s *domain.ApartmentService) {
				s.ActivatedMilli, s.ExpiresMilli, s.LandlineMilli = 1, until.UnixMilli(), until.UnixMilli()
			})
			return read().Person.Status
		}
		end := time.Now().Add(time.Hour).UTC().Truncate(time.Millisecond)
		if now := pay(end); now.Active != "normal" || now.Landline != "normal" || !now.ExpiresAt.Equal(end) || !now.LandlineExpiresAt.Equal(end) {
			t.Errorf("paid until in an hour: %+v", now)
		}
		if got := usersOf(t, c, "?active=normal") + "/" + usersOf(t, c, "?active=expired"); got != "Ryan/" {
			t.Errorf("filtered %q", got)
		}
		if now := pay(end.Add(-2 * time.Hour)); now.Active != "expired" || now.Landline != "expired" {
			t.Errorf("paid until an hour ago: %+v", now)
		}
		if got := usersOf(t, c, "?active=expired") + "/" + usersOf(t, c, "?app=registered"); got != "Ryan/" {
			t.Errorf("filtered %q", got)
		}
		made[any](t, c, site+"/people/"+user.Person.ID+"/account", cloudtest.Object{})
		if now := read().Person.Status; now.App != "unregistered" || now.Account != "invited" {
			t.Errorf("an account that nobody used: %+v", now)
		}
		s.Arrive(t, "ryan@example.com")
		if now := read().Person.Status; now.App != "registered" || now.Account != "active" {
			t.Errorf("after the first sign-in: %+v", now)
		}
		if got := usersOf(t, c, "?app=registered"); got != "Ryan" {
			t.Errorf("filtered %q", got)
		}
	})
}

// shows PEOPLE-08 by cloud/store/people.go: "words = append(words, digits(number))" => "		_ = number"
// shows PEOPLE-08 by cloud/store/peoplebeside.go: "views[i].Members = members[views[i].ApartmentID]"
func TestSingleUser_ListAndItsSearch(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		c, eve := s.SetUp(t), s.Stranger(t)
		site, ryan := single(t, c, nil, cloudtest.Object{"name": "Ryan Reed", "room_name": "Ryan's Home", "email": "ryan@example.com", "country": "DE", "phone": "030 1234567"})
		_, ann := single(t, c, nil, cloudtest.Object{"name": "Ann Bell", "email": "ann@example.org"})
		_, _ = single(t, eve, nil, cloudtest.Object{"name": "Zoe", "email": "zoe@example.com"})
		service(t, s, site, ryan.Person.ApartmentID, func(s *domain.ApartmentService) { s.ActivatedMilli = 1 })
		made[any](t, c, site+"/people", cloudtest.Object{"first_name": "Kim", "kind": "member"})
		for query, want := range map[string]string{
			"": "Ann Bell,Ryan Reed", "?q=reed": "Ryan Reed", "?q=example.org": "Ann Bell", "?q=0301234567": "Ryan Reed", "?q=%2B49%2030%20123": "Ryan Reed",
			"?q=" + ryan.Person.Status.Home.SIPUser: "Ryan Reed", "?q=" + ann.Person.SIPUser: "Ann Bell", "?q=zoe": "",
			"?sort=created": "Ryan Reed,Ann Bell", "?sort=name&order=desc": "Ryan Reed,Ann Bell", "?limit=1&page=2": "Ryan Reed",
		} {
			if got := usersOf(t, c, query); got != want {
				t.Errorf("%q lists %q, want %q", query, got, want)
			}
		}
		page := get[api.Page[api.SingleUser]](t, c, "/single?q=reed")
		row := page.Items[0]
		if page.Total != 1 || row.Person.Status.Members != 1 || row.Person.Status.CreatedAt.IsZero() || row.Person.Email != "ryan@example.com" || row.Person.Status.Home.Name != "Ryan's Home" {
			t.Errorf("%+v", row)
		}
		if got := usersOf(t, eve, ""); got != "Zoe" {
			t.Errorf("another installer sees %q", got)
		}
	})
}
