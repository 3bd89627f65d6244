package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"vestibule/cloud/api"
	"vestibule/cloud/cloudtest"
	"vestibule/shared/domain"
)

// lane is a community with two houses and a home in the first.
type lane struct {
	cloudtest.Client
	site, a, b, home string // address of the site, ids of the houses and of apartment 101 of the first
}

func newLane(t *testing.T, c cloudtest.Client, resident cloudtest.Object) *lane {
	t.Helper()
	l := &lane{Client: c, site: communityOf(t, c, "premium")}
	l.a = made[thing](t, c, l.site+"/buildings", cloudtest.Object{"name": "House A"}).ID
	l.b = made[thing](t, c, l.site+"/buildings", cloudtest.Object{"name": "House B"}).ID
	l.home = l.apartment(t, l.a, "101", cloudtest.Object{"name": "Garden", "resident": resident}).ID
	return l
}

func (l *lane) apartment(t *testing.T, house, number string, more cloudtest.Object) api.Apartment {
	t.Helper()
	return made[api.Apartment](t, l.Client, l.site+"/apartments", with(cloudtest.Object{"building_id": house, "number": number}, more))
}

// with gives an object with some fields more.
func with(o, more cloudtest.Object) cloudtest.Object {
	for k, v := range more {
		o[k] = v
	}
	return o
}

// people names who is in a list of the people of a site.
func people(t *testing.T, c cloudtest.Client, site, query string) string {
	t.Helper()
	var names []string
	for _, p := range get[api.Page[api.Person]](t, c, site+"/people"+query).Items {
		names = append(names, p.FirstName)
	}
	return strings.Join(names, ",")
}

// locked lists the fields of a person that the caller cannot change.
func locked(p api.Person) string {
	var paths []string
	for _, lock := range p.Status.Locks {
		paths = append(paths, "/"+lock.Path)
	}
	return strings.Join(paths, " ")
}

// shows PEOPLE-10 by cloud/fleet/family.go: "if err != nil || view.App() == Registered {" => "	if err != nil || view.App() == Unregistered {"
// shows PEOPLE-10 by cloud/fleet/family.go: "to.invalid.Check(p.Kind != domain.Member || led || was, \"kind\""
// shows PEOPLE-11 by cloud/fleet/family.go: "p.Form.Unpaid = p.Kind == domain.Member && family.usable() >= freeMembers(home)"
// shows PEOPLE-11 by cloud/fleet/personview.go: "return freeMembers(h.Apartment)" => "func (h HomeView) FreeMembers() int { return 0 }"
// shows PEOPLE-11 by cloud/account/residents.go: "case p.Form.Unpaid:" => "	case p.Email == \"\":"
// shows PEOPLE-12 by cloud/fleet/personkinds.go: "f.invalid.Check(before.Email == person.Email, \"email\", memberEmail)"
func TestFamily_ThreeAreFreeAndTheFourthIsPaidFor(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		l := newLane(t, s.SetUp(t), cloudtest.Object{"first_name": "Eva", "last_name": "Miller"})
		list := l.site + "/people"
		empty := l.apartment(t, l.a, "102", nil).ID
		member := func(name string) cloudtest.Object {
			return cloudtest.Object{"apartment_id": l.home, "kind": "member", "first_name": name, "last_name": "Miller", "email": strings.ToLower(name) + "@example.com"}
		}
		refused(t, l.Client, []spoilt{
			{http.MethodPost, list, with(member("Sam"), cloudtest.Object{"apartment_id": empty}), 422, "kind"},
			{http.MethodPost, list, with(member("Sam"), cloudtest.Object{"kind": "master"}), 409, "kind"},
		})
		service(t, s, l.site, l.home, func(s *domain.ApartmentService) { s.ActivatedMilli = 1 })
		var family []api.Person
		for _, name := range []string{"Sam", "Dana", "Tom", "Uma"} {
			family = append(family, made[api.Person](t, l.Client, list, member(name)))
		}
		sam, uma := family[0], family[3]
		if sam.Status.Home.Free != 3 || sam.Payment != nil || family[2].Payment != nil || family[2].Status.Active != "normal" {
			t.Errorf("three are free: %+v", family[2])
		}
		if uma.Payment == nil || !strings.HasPrefix(uma.Payment.Reason, "3 family members of a home are free.") || uma.Status.Active != "inactivated" {
			t.Errorf("the fourth is paid for: %+v", uma)
		}
		refused(t, l.Client, []spoilt{{http.MethodPost, list + "/" + uma.ID + "/account", cloudtest.Object{}, 409, ""}})
		rings := func() string {
			var names []string
			for _, p := range get[api.CallOrder](t, l.Client, l.site+"/apartments/"+l.home+"/order").Stages[0].Targets[0].People {
				names = append(names, strings.TrimSuffix(p.Name, " Miller"))
			}
			slices.Sort(names)
			return strings.Join(names, " ")
		}
		if got := rings(); got != "Dana Eva Sam Tom" {
			t.Errorf("the apps of %s ring", got)
		}
		one := list + "/" + sam.ID
		refused(t, l.Client, []spoilt{{http.MethodPut, one, with(member("Sam"), cloudtest.Object{"email": "other@example.com"}), 422, "email"}})
		after := saved[api.Person](t, l.Client, one, with(member("Samuel"), cloudtest.Object{"email": sam.Email, "phone": "+49 30 1"}))
		if after.FirstName != "Samuel" || after.Email != "sam@example.com" || after.SIPUser != sam.SIPUser || locked(after) != "/email" {
			t.Errorf("%+v", after)
		}
		if got := people(t, l.Client, l.site, "?kind=member&apartment="+l.home); got != "Dana,Samuel,Tom,Uma" {
			t.Errorf("the members are %s", got)
		}
		cloudtest.Want[any](t, l.Client, http.StatusNoContent, http.MethodDelete, one, nil)
		if now := get[api.Person](t, l.Client, list+"/"+uma.ID); now.Payment != nil || now.Status.Active != "normal" || rings() != "Dana Eva Tom Uma" {
			t.Errorf("the fourth is one of three now: %+v", now)
		}
		t.Run("single", func(t *testing.T) { familyOfASingleHome(t, s, l.Client) })
	})
}

// familyOfASingleHome wants members after the user has activated the account, and not before (PEOPLE-10).
func familyOfASingleHome(t *testing.T, s *cloudtest.Server, c cloudtest.Client) {
	site, user := single(t, c, nil, cloudtest.Object{"name": "Ryan", "email": "ryan@example.com"})
	kim := cloudtest.Object{"first_name": "Kim", "kind": "member"}
	if a := c.Do(t, http.MethodPost, site+"/people", kim); a.Status != http.StatusConflict || !strings.Contains(string(a.Body), "Ryan has not activated the account yet.") {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	made[any](t, c, site+"/people/"+user.Person.ID+"/account", cloudtest.Object{})
	s.Arrive(t, "ryan@example.com")
	if member := made[api.Person](t, c, site+"/people", kim); member.Kind != "member" || member.ApartmentID != user.Person.ApartmentID {
		t.Errorf("%+v", member)
	}
	paid, other := single(t, c, nil, cloudtest.Object{"name": "Ann"})
	service(t, s, paid, other.Person.ApartmentID, func(s *domain.ApartmentService) { s.ActivatedMilli = time.Now().UnixMilli() })
	made[any](t, c, paid+"/people", kim)
}

// shows PEOPLE-13 by cloud/fleet/apartments.go: "person.ApartmentID, person.Kind, person.SIPUser, person.Form.Unpaid = apartment.ID, domain.Master, \"\", false"
// shows PEOPLE-13 by shared/domain/person.go: "checkText(f, at+\"remark\", p.Remark, MaxRemark)"
// shows PEOPLE-17 by cloud/store/people.go: "\"apartment\": \"COALESCE(home.folded"
func TestCommunity_ResidentsInOneForm(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		resident := cloudtest.Object{"first_name": "Eva", "last_name": "Miller", "email": "eva@example.com", "phone": "30 123", "form": cloudtest.Object{
			"language": "fr", "country": "DE", "landlines": []string{"30 1", "30 2", "30 3"}, "floors": []string{"-10", "128", "G2"}, "remark": strings.Repeat("x", 255),
		}}
		l := newLane(t, s.SetUp(t), resident)
		home := get[api.Apartment](t, l.Client, l.site+"/apartments/"+l.home)
		if len(home.People) != 1 || home.People[0].Kind != "master" || home.People[0].Phone != "+49 30123" || len(home.SIPUser) != 10 || home.Service.Active != "inactivated" {
			t.Errorf("%+v", home)
		}
		eva := get[api.Person](t, l.Client, l.site+"/people/"+home.People[0].ID)
		f := eva.Form
		if f.Language != "fr" || f.Country != "DE" || len(f.Landlines) != 3 || len(f.Remark) != 255 || !slices.Equal(f.Floors, []string{"-10", "128", "G2"}) {
			t.Errorf("%+v", f)
		}
		body := func(number string, change cloudtest.Object) cloudtest.Object {
			return cloudtest.Object{"building_id": l.a, "number": number, "resident": with(cloudtest.Object{"first_name": "B", "last_name": "B"}, change)}
		}
		form := func(f cloudtest.Object) cloudtest.Object { return cloudtest.Object{"form": f} }
		list := l.site + "/apartments"
		refused(t, l.Client, []spoilt{
			{http.MethodPost, list, body("102", cloudtest.Object{"last_name": "", "email": "x"}), 422, "resident.last_name resident.email"},
			{http.MethodPost, list, body("102", form(cloudtest.Object{"remark": strings.Repeat("x", 256), "floors": []string{"129"}})), 422, "resident.form.remark resident.form.floors[0]"},
			{http.MethodPost, list, body("102", form(cloudtest.Object{"floors": []string{"all", "1"}, "address": "Lake Road 1"})), 422, "resident.form.floors[0] resident.form.address"},
		})
		l.apartment(t, l.b, "201", cloudtest.Object{"name": "Attic", "resident": cloudtest.Object{"first_name": "Zoe", "last_name": "Adams"}})
		for query, want := range map[string]string{
			"": "Zoe,Eva", "?sort=apartment": "Eva,Zoe", "?sort=apartment&order=desc": "Zoe,Eva", "?sort=created": "Eva,Zoe", "?q=garden": "Eva", "?q=attic": "Zoe",
			"?q=eva@": "Eva", "?q=adams": "Zoe", "?q=" + home.SIPUser: "Eva", "?app=unregistered": "Zoe,Eva", "?app=registered": "", "?limit=1&page=2": "Eva",
		} {
			if got := people(t, l.Client, l.site, query); got != want {
				t.Errorf("%q lists %q, want %q", query, got, want)
			}
		}
		if row := get[api.Page[api.Person]](t, l.Client, l.site+"/people?q=garden").Items[0].Status; row.Home.Number != "101" || row.Home.Name != "Garden" || row.Home.Building != "House A" || row.CreatedAt.IsZero() {
			t.Errorf("%+v", row)
		}
		made[any](t, l.Client, l.site+"/people/"+eva.ID+"/account", cloudtest.Object{})
		s.Arrive(t, "eva@example.com")
		if got := people(t, l.Client, l.site, "?app=registered"); got != "Eva" {
			t.Errorf("who has signed in: %s", got)
		}
	})
}

// shows PEOPLE-15 by cloud/fleet/people.go: "if person.Placed() || !byInstaller(ctx) {" => "	if person.ID != (domain.PersonID{}) {"
func TestPeople_TheManagerPlacesThem(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		l := newLane(t, s.SetUp(t), cloudtest.Object{"first_name": "Eva", "last_name": "Miller"})
		addManager(t, l.Client, cloudtest.Object{"site_ids": []string{strings.TrimPrefix(l.site, "/sites/")}})
		mia := activate(t, s, "mia@example.com")
		list, body := l.site+"/people", cloudtest.Object{"first_name": "Nora", "last_name": "Bell"}
		refused(t, l.Client, []spoilt{{http.MethodPost, list, body, 422, "apartment_id"}})
		nora := made[api.Person](t, mia, list, body)
		one := list + "/" + nora.ID
		if got := people(t, l.Client, l.site, "?placed=no"); got != "Nora" {
			t.Errorf("nobody has placed %s", got)
		}
		if seen := get[api.Person](t, l.Client, one); locked(seen) != "/" || !strings.HasPrefix(seen.Status.Locks[0].Reason, "The property manager has not placed this person yet.") {
			t.Errorf("%+v", seen.Status.Locks)
		}
		body["first_name"], body["apartment_id"] = "Nina", l.home
		refused(t, l.Client, []spoilt{{http.MethodPut, one, body, 403, ""}, {http.MethodDelete, one, nil, 403, ""}})
		if now := get[api.Person](t, mia, one); now.FirstName != "Nora" || locked(now) != "" {
			t.Errorf("%+v", now)
		}
		if moved := saved[api.Person](t, mia, one, body); moved.ApartmentID != l.home || moved.Kind != "member" {
			t.Errorf("%+v", moved)
		}
		body["last_name"] = "Stone"
		if now := saved[api.Person](t, l.Client, one, body); now.LastName != "Stone" {
			t.Errorf("%+v", now)
		}
		cloudtest.Want[any](t, l.Client, http.StatusNoContent, http.MethodDelete, one, nil)
	})
}

// shows PEOPLE-16 by cloud/account/people.go: "f.Check(before.Phone == after.Phone, \"phone\", SharedLock)"
// shows PEOPLE-16 by cloud/account/people.go: "f.Check(before.Email == after.Email, \"email\", SharedLock)"
// shows PEOPLE-16 by cloud/account/people.go: "f.Check(before.Form.Country == after.Form.Country, \"form.country\", SharedLock)"
func TestPeople_OfLinkedSitesKeepPhoneMailAndCountry(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		c := s.SetUp(t)
		eva := func(more cloudtest.Object) cloudtest.Object {
			return with(cloudtest.Object{"first_name": "Eva", "last_name": "Miller", "email": "eva@example.com", "phone": "+49 30123", "form": cloudtest.Object{"country": "DE"}}, more)
		}
		l := newLane(t, c, eva(nil))
		lake := "/sites/" + addSite(t, c, "Lake")
		house := made[thing](t, c, lake+"/buildings", cloudtest.Object{"name": "House"}).ID
		flat := made[api.Apartment](t, c, lake+"/apartments", cloudtest.Object{"building_id": house, "number": "1", "resident": eva(nil)})
		here, there := l.site+"/people/"+get[api.Apartment](t, c, l.site+"/apartments/"+l.home).People[0].ID, lake+"/people/"+flat.People[0].ID
		made[any](t, c, here+"/account", cloudtest.Object{})
		s.Arrive(t, "eva@example.com")
		if alone := saved[api.Person](t, c, here, eva(cloudtest.Object{"apartment_id": l.home, "phone": "+49 30124"})); alone.Phone != "+49 30124" || locked(alone) != "" {
			t.Errorf("before another site is linked: %+v", alone)
		}
		made[any](t, c, there+"/account", cloudtest.Object{})
		change := cloudtest.Object{"phone": "+33 1", "email": "other@example.com", "form": cloudtest.Object{"country": "FR"}}
		for path, home := range map[string]string{here: l.home, there: flat.ID} {
			before := get[api.Person](t, c, path)
			if locked(before) != "/phone /email /form.country" {
				t.Errorf("locked are %s", locked(before))
			}
			refused(t, c, []spoilt{{http.MethodPut, path, with(eva(change), cloudtest.Object{"apartment_id": home}), 422, "phone email form.country"}})
			body := eva(cloudtest.Object{"apartment_id": home, "first_name": "Eve", "phone": before.Phone})
			if now := saved[api.Person](t, c, path, body); now.FirstName != "Eve" || now.Email != "eva@example.com" {
				t.Errorf("%+v", now)
			}
		}
	})
}
