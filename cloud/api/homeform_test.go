package api_test

import (
	"fmt"
	"net/http"
	"testing"

	"vestibule/cloud/api"
	"vestibule/cloud/cloudtest"
)

// shows PEOPLE-09 by cloud/fleet/homeform.go: "now.home.Name, now.home.Path = form.RoomName, form.Path"
// shows PEOPLE-06 by cloud/fleet/homeform.go: "if err := s.checkSite(ctx, &before.site, &now.site); err != nil {" => "if err := error(nil); err != nil {"
// shows PEOPLE-05 by cloud/fleet/homeform.go: "now.site.Form.SmartHome, now.site.Form.Premium, now.site.Form.Landline = form.Automation, form.Premium, form.Landline"
func TestHomeForm_IsChangedInOneEdit(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		c := s.SetUp(t)
		site, user := single(t, c, cloudtest.Object{"landline": true}, cloudtest.Object{"name": "Ryan Reed", "room_name": "Ryan's Home", "country": "GB", "phone": "07700 900123"})
		path := site + "/user"
		before := get[api.HomeForm](t, c, path)
		if before.User.RoomName != "Ryan's Home" || !before.Landline || before.Person.Status.Home.SIPUser == "" || before.Person.ID != user.Person.ID {
			t.Fatalf("the form begins with %+v", before)
		}
		version := siteAt(t, c, site).Version
		body := func(premium bool) cloudtest.Object {
			return cloudtest.Object{
				"user":      cloudtest.Object{"name": "Rita Reed", "room_name": "Rita's", "call_path": "sip", "country": "GB", "landlines": []string{"020 7946 0000"}, "address": "1 High Street"},
				"time_zone": "Europe/London", "home_automation": true, "premium": premium,
			}
		}
		if a := c.Do(t, http.MethodPut, path, body(true)); a.Status != http.StatusUnprocessableEntity || a.Field("premium") == "" {
			t.Fatalf("home automation with premium: %d %s", a.Status, a.Body)
		}
		if now := get[api.HomeForm](t, c, path); now.Revision != before.Revision || siteAt(t, c, site).Version != version {
			t.Fatalf("a refused form left %+v", now)
		}
		saved[any](t, c, path, body(false))
		now := get[api.HomeForm](t, c, path)
		u := now.User
		if u.Name != "Rita Reed" || u.RoomName != "Rita's" || u.CallPath != "sip" || u.Landlines[0] != "+44 2079460000" || u.Address != "1 High Street" {
			t.Errorf("saved %+v", u)
		}
		if !now.HomeAutomation || now.Premium || now.Landline || now.TimeZone != "Europe/London" || now.Person.Status.Landline != "off" {
			t.Errorf("saved %+v", now)
		}
		if at := siteAt(t, c, site).Version; at != version+1 {
			t.Errorf("one edit went from version %d to %d", version, at)
		}
		follows := saved[api.HomeForm](t, c, path, cloudtest.Object{"user": cloudtest.Object{"name": "Rita Reed"}, "follow_zone": true})
		if again := saved[api.HomeForm](t, c, path, cloudtest.Object{"user": cloudtest.Object{"name": "Rita Reed"}, "follow_zone": true}); !again.FollowZone || again.TimeZone != follows.TimeZone {
			t.Errorf("the zone of the installer is %s, then %s: %t", follows.TimeZone, again.TimeZone, again.FollowZone)
		}
		if a := c.Do(t, http.MethodPut, path, body(false), "If-Match", fmt.Sprintf("%q", fmt.Sprint(before.Revision))); a.Status != http.StatusPreconditionFailed {
			t.Errorf("an old form: %d %s", a.Status, a.Body)
		}
		cloudtest.Want[any](t, c, http.StatusNotFound, http.MethodGet, siteOf(t, c, "community", "Elm Court")+"/user", nil)
	})
}
