package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/cloudtest"
	"vestibule/cloud/enroll"
	"vestibule/cloud/store"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

type trunkLimits struct {
	Countries    []string
	Calls        int
	DayMinutes   int `json:"day_minutes"`
	CallMinutes  int `json:"call_minutes"`
	AlarmMinutes int `json:"alarm_minutes"`
}

type trunk struct {
	Configured, Enabled bool
	Host, User          string
	HasPassword         bool `json:"has_password"`
	Limits              trunkLimits
	Revision            uint64
	Agents              []struct {
		Name, State, Reason, Day, Refused string
		Minutes, Refusals                 int
		Since                             time.Time
	}
}

func trunkForm(more cloudtest.Object) cloudtest.Object {
	form := cloudtest.Object{
		"host": "sip.example.com", "register": true, "user": "4930123", "password": "planted-trunk-password", "caller_id": "+49301234567", "enabled": true,
		"limits": cloudtest.Object{"countries": []string{"DE"}},
	}
	for key, value := range more {
		form[key] = value
	}
	return form
}

// The trunk of a site is set, changed and taken away by its installer; its password is told to nobody, and an edit of two at once is a conflict.
//
// shows CALL-09 by cloud/fleet/trunks.go: "if err := e.put(desired.SectionTrunk, trunk.SiteID, trunk); err != nil {" => "if err := error(nil); err != nil {"
// shows CALL-09 by cloud/fleet/trunks.go: "trunk.Password = before.Password"
func TestTrunk_OfASite(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		h := cloudtest.NewHouse(t, s)
		site := communityOf(t, h.Installer, "premium")
		at := site + "/trunk"
		none := cloudtest.Want[trunk](t, h.Installer, http.StatusOK, http.MethodGet, at, nil)
		if none.Configured || none.Revision != 0 || none.Limits.Calls != 2 || none.Limits.DayMinutes != 120 {
			t.Errorf("before: %+v", none)
		}
		before := siteAt(t, h.Installer, site).Version
		a := h.Installer.Do(t, http.MethodPut, at, trunkForm(nil), "If-Match", `"0"`)
		if a.Status != http.StatusOK {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		made := cloudtest.Want[trunk](t, h.Installer, http.StatusOK, http.MethodGet, at, nil)
		if !made.Configured || made.Revision != 1 || !made.HasPassword || made.Limits.AlarmMinutes != 96 {
			t.Errorf("made: %+v", made)
		}
		if now := siteAt(t, h.Installer, site).Version; now != before+1 {
			t.Errorf("the document went from %d to %d", before, now)
		}
		if a := h.Installer.Do(t, http.MethodPut, at, trunkForm(nil), "If-Match", `"0"`); a.Status != http.StatusPreconditionFailed {
			t.Errorf("made twice: %d %s", a.Status, a.Body)
		}
		change := trunkForm(cloudtest.Object{"enabled": false, "limits": cloudtest.Object{"countries": []string{"DE", "AT"}, "day_minutes": 30}})
		delete(change, "password")
		after := cloudtest.Want[trunk](t, h.Installer, http.StatusOK, http.MethodPut, at, change)
		if after.Enabled || !after.HasPassword || after.Revision != 2 || after.Limits.AlarmMinutes != 24 || len(after.Limits.Countries) != 2 {
			t.Errorf("changed: %+v", after)
		}
		for _, path := range []string{at, "/audit?limit=100"} {
			if a := h.Installer.Do(t, http.MethodGet, path, nil); a.Status != http.StatusOK || strings.Contains(string(a.Body), "planted-trunk-password") {
				t.Errorf("%s: %d tells the password", path, a.Status)
			}
		}
		s.Nowhere(t, "planted-trunk-password")
		cloudtest.Want[any](t, h.Installer, http.StatusNoContent, http.MethodDelete, at, nil)
		refused(t, h.Installer, []spoilt{{http.MethodDelete, at, nil, 404, ""}})
		gone := cloudtest.Want[trunk](t, h.Installer, http.StatusOK, http.MethodGet, at, nil)
		if gone.Configured || gone.Host != "" || gone.HasPassword || gone.Revision != 3 {
			t.Errorf("after the deletion: %+v", gone)
		}
		if again := cloudtest.Want[trunk](t, h.Installer, http.StatusOK, http.MethodPut, at, trunkForm(nil)); again.Revision != 4 {
			t.Errorf("again: %+v", again)
		}
	})
}

// A stored password goes to the server and user it was given for alone, and no two sites have one account.
//
// shows CALL-09 by cloud/fleet/trunks.go: "f.invalid.Check(!moved, \"password\", \"%s\", trunkAgain)" => "_ = moved"
func TestTrunk_BadInput(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		h := cloudtest.NewHouse(t, s)
		site, other := communityOf(t, h.Installer, "premium"), communityOf(t, h.Installer, "basic")
		at := site + "/trunk"
		put := func(more cloudtest.Object, without ...string) cloudtest.Object {
			form := trunkForm(more)
			for _, key := range without {
				delete(form, key)
			}
			return form
		}
		refused(t, h.Installer, []spoilt{
			{http.MethodPut, at, put(nil, "password"), 422, "password"},
			{http.MethodPut, at, put(nil, "user"), 422, "user"},
			{http.MethodPut, at, put(nil, "host"), 422, "host"},
			{http.MethodPut, at, put(nil, "limits"), 422, "limits.countries"},
			{http.MethodPut, at, put(cloudtest.Object{"transport": "ws"}), 422, "transport"},
			{http.MethodPut, at, put(cloudtest.Object{"caller_id": "030 123"}), 422, "caller_id"},
			{http.MethodPut, at, put(cloudtest.Object{"limits": cloudtest.Object{"countries": []string{"DE"}, "calls": 99}}), 422, "limits.calls"},
		})
		cloudtest.Want[trunk](t, h.Installer, http.StatusOK, http.MethodPut, at, trunkForm(nil))
		refused(t, h.Installer, []spoilt{
			{http.MethodPut, at, put(cloudtest.Object{"host": "evil.example.com"}, "password"), 422, "password"},
			{http.MethodPut, at, put(cloudtest.Object{"port": 5999}, "password"), 422, "password"},
			{http.MethodPut, at, put(cloudtest.Object{"user": "other"}, "password"), 422, "password"},
			{http.MethodPut, other + "/trunk", put(cloudtest.Object{"host": "SIP.example.com"}), 409, "user"},
		})
		// Two trunks without a user share nothing but an address.
		address := cloudtest.Object{"host": "gateway.example.com", "register": false}
		cloudtest.Want[trunk](t, h.Installer, http.StatusOK, http.MethodPut, at, put(address, "user", "password"))
		cloudtest.Want[trunk](t, h.Installer, http.StatusOK, http.MethodPut, other+"/trunk", put(address, "user", "password"))
		// The account of a deleted site is free.
		cloudtest.Want[trunk](t, h.Installer, http.StatusOK, http.MethodPut, at, trunkForm(nil))
		cloudtest.Want[any](t, h.Installer, http.StatusNoContent, http.MethodDelete, site, nil)
		cloudtest.Want[trunk](t, h.Installer, http.StatusOK, http.MethodPut, other+"/trunk", trunkForm(nil))
	})
}

// What an agent says of the trunk stands beside it until the trunk changes; a site in a country begins with that country.
//
// shows CALL-09 by cloud/store/trunks.go: "if err := s.in(ctx, t.SiteID).Delete(&trunkStateRow{}).Error; err != nil {" => "if err := error(nil); err != nil {"
func TestTrunk_WhatAgentsSay(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		h := cloudtest.NewHouse(t, s)
		form := cloudtest.Object{"name": "Park", "time_zone": "Europe/Vienna", "kind": "community", "address": cloudtest.Object{"country": "AT"}}
		id := cloudtest.Want[thing](t, h.Installer, http.StatusCreated, http.MethodPost, "/sites", form).ID
		at := "/sites/" + id + "/trunk"
		made := cloudtest.Want[trunk](t, h.Installer, http.StatusOK, http.MethodPut, at, trunkForm(cloudtest.Object{"limits": cloudtest.Object{}}))
		if !slices.Equal(made.Limits.Countries, []string{"AT"}) || len(made.Agents) != 0 {
			t.Errorf("%+v", made)
		}
		db, err := store.Open(t.Context(), s.DSN)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		site, _ := domain.ParseID[domain.SiteID](id)
		agent := domain.NewID[domain.AgentID](time.Now())
		if err := db.InsertAgent(t.Context(), enroll.NewAgent{ID: agent, Site: site, Name: "Cellar", ConfigKey: []byte{1}, CreatedAt: time.Now()}); err != nil {
			t.Fatal(err)
		}
		for _, state := range []wire.TrunkReport{
			{State: wire.TrunkConnecting, Day: "2026-11-28"},
			{State: wire.TrunkRefused, Reason: "403 Forbidden", Day: "2026-11-28", Minutes: 7, Refusals: 2, Refused: "country"},
		} {
			if err := db.SaveTrunk(account.AsSystem(t.Context(), "test"), agent, state); err != nil {
				t.Fatal(err)
			}
		}
		told := cloudtest.Want[trunk](t, h.Installer, http.StatusOK, http.MethodGet, at, nil).Agents
		if len(told) != 1 || told[0].State != "refused" || told[0].Reason != "403 Forbidden" || told[0].Minutes != 7 || told[0].Refusals != 2 ||
			told[0].Refused != "country" || told[0].Name != "Cellar" || told[0].Since.IsZero() {
			t.Errorf("%+v", told)
		}
		changed := cloudtest.Want[trunk](t, h.Installer, http.StatusOK, http.MethodPut, at, trunkForm(nil))
		if len(changed.Agents) != 0 {
			t.Errorf("what was said of another trunk stands there still: %+v", changed.Agents)
		}
	})
}
