package api_test

import (
	"net/http"
	"testing"

	"vestibule/cloud"
	"vestibule/cloud/cloudtest"
)

type shownRetention struct {
	Days     *int
	Longest  int `json:"longest_days"`
	Revision uint64
	Kinds    []struct {
		Kind string
		Days *int
	}
}

// A manager with the log of a site says how long each kind of it is kept, as far as the operator keeps it, and over nothing that it has not seen.
//
// shows BEY-22 by cloud/api/retention.go: "kinds[i] = eventlog.Term{Kind: domain.EventKind(k.Kind), Days: k.Days}"
// shows BEY-22 by cloud/api/retention.go: "k.Days, k.Until = t.Days, t.Until"
func TestRetention_AManagerSaysHowLong(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		y := newYard(t, s.SetUp(t), "0C11050B9814")
		site := "/sites/" + y.ids["site"]
		m := addManager(t, y.Client, cloudtest.Object{"site_ids": []string{y.ids["site"]}})
		mia := activate(t, s, "mia@example.com")
		cloudtest.Want[any](t, y.Client, http.StatusOK, http.MethodPut, site+"/managers/"+m.ID, cloudtest.Object{"log_access": true})
		path := site + "/retention"
		form := func(door int) cloudtest.Object {
			return cloudtest.Object{"days": 90, "kinds": []cloudtest.Object{{"kind": "door_log", "days": door}}}
		}
		if first := cloudtest.Want[shownRetention](t, mia, http.StatusOK, http.MethodGet, path, nil); first.Days != nil || first.Longest != 400 || first.Revision != 0 || len(first.Kinds) < 10 {
			t.Errorf("at first: %+v", first)
		}
		cloudtest.Want[shownRetention](t, mia, http.StatusOK, http.MethodPut, path, form(365))
		again := cloudtest.Want[shownRetention](t, mia, http.StatusOK, http.MethodGet, path, nil)
		if again.Days == nil || *again.Days != 90 || again.Revision != 1 {
			t.Errorf("then: %+v", again)
		}
		for _, k := range again.Kinds {
			if k.Kind == "door_log" != (k.Days != nil && *k.Days == 365) {
				t.Errorf("then %+v", k)
			}
		}
		if a := mia.Do(t, http.MethodPut, path, form(500)); a.Status != http.StatusUnprocessableEntity || a.Field("kinds[0].days") == "" {
			t.Errorf("longer than the operator keeps: %d %s", a.Status, a.Body)
		}
		if a := mia.Do(t, http.MethodPut, path, form(60), "If-Match", `"0"`); a.Status != http.StatusPreconditionFailed {
			t.Errorf("over what somebody else said: %d %s", a.Status, a.Body)
		}
	}, func(cfg *cloud.Config) { cfg.KeepLogDays = 400 })
}
