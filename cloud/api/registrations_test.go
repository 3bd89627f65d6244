package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"vestibule/cloud/cloudtest"
)

// homeCode is the code of a home as an installer sees it.
type homeCode struct {
	State, URL string
	Off, Kit   bool
}

// code reads the code of the home.
func (f *family) code(t *testing.T) homeCode {
	t.Helper()
	return cloudtest.Want[homeCode](t, f.Client, http.StatusOK, http.MethodGet, f.at("apartments", f.apartment, "registration"), nil)
}

// kit makes a community with an empty apartment that is the home of a kit.
func kit(t *testing.T, s *cloudtest.Server, c cloudtest.Client) *family {
	t.Helper()
	f := &family{Server: s, Client: c}
	f.site = cloudtest.Want[thing](t, c, http.StatusCreated, http.MethodPost, "/sites", cloudtest.Object{"name": "Park Lane 7", "time_zone": "Europe/Berlin", "kind": "community"}).ID
	building := cloudtest.Want[thing](t, c, http.StatusCreated, http.MethodPost, f.at("buildings"), cloudtest.Object{"name": "House A"}).ID
	f.apartment = cloudtest.Want[thing](t, c, http.StatusCreated, http.MethodPost, f.at("apartments"), cloudtest.Object{
		"building_id": building, "number": "101", "resident": cloudtest.Object{"first_name": "Eva", "last_name": "Miller"},
	}).ID
	if got := f.code(t); got.State != "none" || got.Kit || got.URL != "" {
		t.Fatalf("%+v", got)
	}
	home := cloudtest.Want[cloudtest.Object](t, c, http.StatusOK, http.MethodPut, f.at("apartments", f.apartment, "kit"), cloudtest.Object{"kit": true})
	if home["service"].(cloudtest.Object)["kit"] != true {
		t.Fatalf("%v", home)
	}
	return f
}

func registrant(token, email string) cloudtest.Object {
	return cloudtest.Object{"token": token, "first_name": "Nora", "last_name": "Bell", "email": email, "password": cloudtest.Password, "language": "fr", "bearer": true}
}

// refusedCode is what every code that opens nothing answers, but for the number of the request.
func refusedCode(t *testing.T, c cloudtest.Client, path string, body cloudtest.Object) string {
	t.Helper()
	a := c.Do(t, http.MethodPost, path, body)
	text, _, _ := strings.Cut(string(a.Body), `,"request_id"`)
	return fmt.Sprintf("%d %s", a.Status, text)
}

// shows PEOPLE-25 by cloud/fleet/registrations.go: "after.Service.RegisteredMilli = e.at.UnixMilli()" => "after.Service.RegisteredMilli = 0"
// shows PEOPLE-25 by cloud/store/registrations.go: "registrations.token_hash = ? AND registrations.used_at IS NULL AND NOT CAST(\"+off" => "Where(\"registrations.token_hash = ? AND NOT CAST(\"+off+\" AS boolean)\", hash).Take(&row).Error"
func TestRegistration_ByTheCodeOfTheMonitor(t *testing.T) {
	eachCloud(t, func(t *testing.T, s *cloudtest.Server) {
		f, nobody := kit(t, s, s.SetUp(t)), cloudtest.Client{URL: s.URL}
		got := f.code(t)
		token := tokenOf(got.URL)
		if got.State != "waiting" || !got.Kit || !strings.HasPrefix(got.URL, s.URL+"/register#token=") || len(token) < 22 {
			t.Fatalf("%+v", got)
		}
		s.Nowhere(t, token)
		home := cloudtest.Want[map[string]string](t, nobody, http.StatusOK, http.MethodPost, "/links/register/check", cloudtest.Object{"token": token})
		if home["site"] != "Park Lane 7" || home["apartment"] != "101" || home["building"] != "House A" {
			t.Errorf("%v", home)
		}
		for field, bad := range map[string]any{
			"email": "nobody", "password": "short", "first_name": "", "last_name": strings.Repeat("x", 65), "language": "xx",
		} {
			form := registrant(token, "nora@example.com")
			form[field] = bad
			if a := nobody.Do(t, http.MethodPost, "/links/register", form); a.Status != http.StatusUnprocessableEntity || a.Field(field) == "" {
				t.Errorf("%s %v: %d %s", field, bad, a.Status, a.Body)
			}
		}
		if a := nobody.Do(t, http.MethodPost, "/links/register", registrant(token, "ada@example.com")); a.Status != http.StatusConflict || a.Field("email") == "" {
			t.Errorf("an address of another account: %d %s", a.Status, a.Body)
		}
		if a := nobody.Do(t, http.MethodPost, "/links/register", registrant(strings.Repeat("A", 10<<20), "nora@example.com")); a.Status != http.StatusRequestEntityTooLarge {
			t.Errorf("10 MB: %d", a.Status)
		}
		version := f.version(t)
		signed := cloudtest.Want[struct{ Token, Gate string }](t, nobody, http.StatusOK, http.MethodPost, "/links/register", registrant(token, "nora@example.com"))
		nora := cloudtest.Client{URL: s.URL, Token: signed.Token}.Agree(t)
		if me := nora.Me(t); me.Role != "resident" || me.Name != "Nora Bell" || me.Email != "nora@example.com" || me.EmailVerified {
			t.Errorf("%+v", me)
		}
		mine := cloudtest.Want[struct{ People []string }](t, nora, http.StatusOK, http.MethodGet, "/home", nil)
		if len(mine.People) != 1 || mine.People[0] != "Nora Bell" {
			t.Errorf("%v", mine)
		}
		if v := f.version(t); v != version+1 {
			t.Errorf("version %v after %v", v, version)
		}
		if home := f.object(t, f.at("apartments", f.apartment)); home["service"].(cloudtest.Object)["app_status"] != "registered" {
			t.Errorf("%v", home["service"])
		}
		if got := f.code(t); got.State != "used" || got.URL != "" {
			t.Errorf("%+v", got)
		}
		confirm := s.Mails.Wait(t, "nora@example.com", func(m cloudtest.Mail) bool { return strings.Contains(m.Link, "/confirm#") })
		if confirm.Language != "fr" {
			t.Errorf("confirmed in %s", confirm.Language)
		}
		told := auditOf(t, s, f.site)
		if !strings.Contains(told, "registration shown") || strings.Contains(told, token) || !strings.Contains(told, "nora@example.com") {
			t.Errorf("%s", told)
		}
		unknown := strings.Repeat("A", len(token))
		for _, path := range []string{"/links/register/check", "/links/register"} {
			want := refusedCode(t, nobody, path, registrant(unknown, "otto@example.com"))
			if !strings.HasPrefix(want, "410 ") {
				t.Errorf("an unknown code: %s", want)
			}
			if got := refusedCode(t, nobody, path, registrant(token, "otto@example.com")); got != want {
				t.Errorf("a used code: %s, want %s", got, want)
			}
		}
		if a := f.Do(t, http.MethodPost, f.at("apartments", f.apartment, "registration"), nil); a.Status != http.StatusConflict {
			t.Errorf("a new code for a registered home: %d %s", a.Status, a.Body)
		}
	})
}

// shows SITE-21 by cloud/store/registrations.go: "off := s.jsonBool(\"sites.form\", \"no_registration\")" => "off := s.jsonBool(\"sites.form\", \"no_such\")"
// shows PEOPLE-25 by cloud/fleet/reset.go: "if err := s.issueCode(ctx, e, after.Home.ID); err != nil {" => "if err := error(nil); err != nil {"
func TestRegistration_CodesThatOpenNothingAnswerAlike(t *testing.T) {
	eachCloud(t, func(t *testing.T, s *cloudtest.Server) {
		f, nobody := kit(t, s, s.SetUp(t)), cloudtest.Client{URL: s.URL}
		first := tokenOf(f.code(t).URL)
		cloudtest.Want[any](t, f.Client, http.StatusOK, http.MethodPost, f.at("apartments", f.apartment, "registration"), nil)
		second := tokenOf(f.code(t).URL)
		version := f.version(t)
		cloudtest.Want[any](t, f.Client, http.StatusOK, http.MethodPost, f.at("apartments", f.apartment, "reset"), nil)
		third := tokenOf(f.code(t).URL)
		if f.version(t) != version+1 || first == second || second == third || third == "" {
			t.Fatal(first, second, third)
		}
		want := refusedCode(t, nobody, "/links/register", registrant("", "nora@example.com"))
		for name, token := range map[string]string{"replaced": first, "of before the reset": second, "of nothing": strings.Repeat("B", len(third)), "long": strings.Repeat("B", 5000)} {
			if got := refusedCode(t, nobody, "/links/register", registrant(token, "nora@example.com")); got != want || !strings.HasPrefix(got, "410 ") {
				t.Errorf("a code %s: %s, want %s", name, got, want)
			}
		}
		site := f.object(t, f.at())
		form := site["form"].(cloudtest.Object)
		scan := func(off bool) {
			t.Helper()
			form["no_registration"] = off
			cloudtest.Want[any](t, f.Client, http.StatusOK, http.MethodPut, f.at(), cloudtest.Object{"name": site["name"], "time_zone": site["time_zone"], "form": form})
		}
		scan(true)
		if got := refusedCode(t, nobody, "/links/register", registrant(third, "nora@example.com")); got != want {
			t.Errorf("a code of a site that takes nobody: %s, want %s", got, want)
		}
		if got := f.code(t); !got.Off {
			t.Errorf("%+v", got)
		}
		scan(false)
		cloudtest.Want[any](t, nobody, http.StatusOK, http.MethodPost, "/links/register/check", cloudtest.Object{"token": third})
		cloudtest.Want[any](t, f.Client, http.StatusOK, http.MethodPut, f.at("apartments", f.apartment, "kit"), cloudtest.Object{"kit": false})
		if got := refusedCode(t, nobody, "/links/register", registrant(third, "nora@example.com")); got != want {
			t.Errorf("a code of an ordinary home: %s, want %s", got, want)
		}
		cloudtest.Want[any](t, f.Client, http.StatusOK, http.MethodPut, f.at("apartments", f.apartment, "kit"), cloudtest.Object{"kit": true})
		last := tokenOf(f.code(t).URL)
		for range 40 {
			want = refusedCode(t, nobody, "/links/register/check", cloudtest.Object{"token": "wrong"})
		}
		if !strings.HasPrefix(want, "429 ") {
			t.Errorf("after forty wrong codes: %s", want)
		}
		if got := refusedCode(t, nobody, "/links/register", registrant(last, "nora@example.com")); !strings.HasPrefix(got, "429 ") {
			t.Errorf("the right code while the place is locked: %s", got)
		}
	})
}

// shows PEOPLE-09 PEOPLE-35 by cloud/account/register.go: "link, err = s.SendLink(ctx, a.ID)" => "_ = a"
func TestPerson_PasswordIsResetByALink(t *testing.T) {
	eachCloud(t, func(t *testing.T, s *cloudtest.Server) {
		f := community(t, s, s.SetUp(t))
		type answer struct {
			Mailed bool
			Link   string
		}
		path := func(id string) string { return f.at("people", id, "reset-password") }
		if got := cloudtest.Want[answer](t, f.Client, http.StatusOK, http.MethodPost, path(f.master), nil); !got.Mailed || got.Link != "" {
			t.Errorf("%+v", got)
		}
		mail := s.Mails.Wait(t, "eva@example.com", func(m cloudtest.Mail) bool { return strings.Contains(m.Link, "/reset#") })
		if mail.Language != "fr" {
			t.Errorf("mailed in %s", mail.Language)
		}
		nobody := cloudtest.Client{URL: s.URL}
		cloudtest.Want[any](t, nobody, http.StatusNoContent, http.MethodPost, "/links/password", cloudtest.Object{"token": tokenOf(mail.Link), "password": "another-password-1"})
		if a := f.tenant.Do(t, http.MethodGet, "/me", nil); a.Status != http.StatusUnauthorized {
			t.Errorf("the session goes on: %d", a.Status)
		}
		if a := f.Do(t, http.MethodPost, path(f.daughter), nil); a.Status != http.StatusConflict {
			t.Errorf("somebody without an account: %d %s", a.Status, a.Body)
		}
		db := f.open(t)
		if _, err := db.Pool().ExecContext(t.Context(), fmt.Sprintf("UPDATE accounts SET email = '', email_folded = '', username = 'sam' WHERE person_id = '%s'", f.son)); err != nil {
			t.Fatal(err)
		}
		got := cloudtest.Want[answer](t, f.Client, http.StatusOK, http.MethodPost, path(f.son), nil)
		if got.Mailed || !strings.HasPrefix(got.Link, s.URL+"/reset#token=") {
			t.Errorf("%+v", got)
		}
		s.Nowhere(t, tokenOf(got.Link))
		cloudtest.Want[any](t, nobody, http.StatusNoContent, http.MethodPost, "/links/password", cloudtest.Object{"token": tokenOf(got.Link), "password": "another-password-2"})
		if a := nobody.Do(t, http.MethodPost, "/links/password", cloudtest.Object{"token": tokenOf(got.Link), "password": "another-password-3"}); a.Status != http.StatusGone {
			t.Errorf("the link once more: %d", a.Status)
		}
		for range 6 {
			f.Do(t, http.MethodPost, path(f.son), nil)
		}
		if a := f.Do(t, http.MethodPost, path(f.son), nil); a.Status != http.StatusTooManyRequests {
			t.Errorf("many links: %d %s", a.Status, a.Body)
		}
		if told := auditOf(t, s, f.site); strings.Contains(told, "token") {
			t.Error(told)
		}
	})
}

// shows PEOPLE-09 by cloud/store/emptysite.go: "err := s.conn(ctx).Exec(`DELETE FROM macs WHERE origin = 'device' AND mac IN" => "err := s.conn(ctx).Error"
func TestSingleUser_IsDeletedWithFamilyAndDevices(t *testing.T) {
	eachCloud(t, func(t *testing.T, s *cloudtest.Server) {
		c := s.SetUp(t)
		site := cloudtest.Want[thing](t, c, http.StatusCreated, http.MethodPost, "/sites", cloudtest.Object{
			"name": "Lake Road 1", "time_zone": "Asia/Tokyo", "kind": "single", "user": cloudtest.Object{"name": "Eva Miller", "email": "eva@example.com"},
		}).ID
		list := cloudtest.Want[struct{ Items []cloudtest.Object }](t, c, http.StatusOK, http.MethodGet, "/sites/"+site+"/people", nil)
		f := newFamily(t, s, c, site, list.Items[0]["apartment_id"].(string), list.Items[0]["id"].(string))
		mailed := f.mails(t)
		cloudtest.Want[any](t, c, http.StatusNoContent, http.MethodDelete, f.at()+"?confirm=Lake+Road+1", nil)
		f.gone(t, mailed)
		users := cloudtest.Want[struct{ Items []any }](t, c, http.StatusOK, http.MethodGet, "/single", nil)
		if len(users.Items) != 0 {
			t.Errorf("%v", users)
		}
		other := kit(t, s, c)
		cloudtest.Want[any](t, c, http.StatusCreated, http.MethodPost, other.at("devices"), cloudtest.Object{
			"type": 2, "mac": homeMAC, "name": "Kitchen", "apartment_id": other.apartment,
		})
	})
}
