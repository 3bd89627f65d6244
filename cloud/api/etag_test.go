package api_test

import (
	"encoding/json"
	"net/http"
	"sync"
	"testing"

	"vestibule/cloud/cloudtest"
)

// inputs gives of a shown thing what its form takes.
func inputs(shown cloudtest.Object) cloudtest.Object {
	out := cloudtest.Object{}
	for key, value := range shown {
		switch key {
		case "id", "revision", "version", "counts", "agents_online", "receipts", "sip_user", "status":
		default:
			out[key] = value
		}
	}
	return out
}

func TestIfMatch_OfEverythingOfASite(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		c := s.SetUp(t)
		y := newYard(t, c, "0C11050B9814")
		site := "/sites/" + y.ids["site"]
		for _, path := range []string{
			site + "/people/" + y.ids["person"], site + "/devices/" + y.ids["device"], site + "/boards/" + y.ids["board"], site + "/groups/" + y.ids["group"],
			site + "/apartments/" + y.ids["apartment"], site + "/buildings/" + y.ids["building"], site,
		} {
			ifMatch(t, c, path)
		}
		list := cloudtest.Want[struct{ Items []struct{ Revision uint64 } }](t, c, http.StatusOK, http.MethodGet, site+"/people", nil)
		if len(list.Items) != 1 || list.Items[0].Revision != 4 {
			t.Errorf("in the list: %+v", list)
		}
		for _, noun := range []string{"person", "device", "board", "group", "apartment", "building"} {
			plural := map[string]string{"person": "people"}[noun]
			if plural == "" {
				plural = noun + "s"
			}
			if a := c.Do(t, http.MethodDelete, site+"/"+plural+"/"+y.ids[noun], nil, "If-Match", `"4"`); a.Status != http.StatusNoContent {
				t.Errorf("delete %s: %d %s", noun, a.Status, a.Body)
			}
		}
	})
}

// ifMatch walks one thing from revision 1 to 4.
func ifMatch(t *testing.T, c cloudtest.Client, path string) {
	t.Helper()
	shown := c.Do(t, http.MethodGet, path, nil)
	var thing cloudtest.Object
	if err := json.Unmarshal(shown.Body, &thing); err != nil || shown.Header.Get("ETag") != `"1"` || thing["revision"] != 1.0 {
		t.Fatalf("%s: ETag %s of %s", path, shown.Header.Get("ETag"), shown.Body)
	}
	form := inputs(thing)
	for _, match := range []string{`1`, `"x"`, `W/"1"`, `"-1"`, `"01"`, `"1", "2"`, `"99999999999999999999"`, `""`} {
		if a := c.Do(t, http.MethodPut, path, form, "If-Match", match); a.Status != http.StatusUnprocessableEntity || a.Field("If-Match") == "" {
			t.Errorf("%s with If-Match %s: %d %s", path, match, a.Status, a.Body)
		}
	}
	if a := c.Do(t, http.MethodPut, path, form, "If-Match", `"1"`); a.Status != http.StatusOK || a.Header.Get("ETag") != `"2"` {
		t.Fatalf("%s: %d %s", path, a.Status, a.Body)
	}
	for _, method := range []string{http.MethodPut, http.MethodDelete} {
		a := c.Do(t, method, path, form, "If-Match", `"1"`)
		var p struct{ Code string }
		_ = json.Unmarshal(a.Body, &p)
		if a.Status != http.StatusPreconditionFailed || a.Header.Get("ETag") != `"2"` || p.Code != "conflict" {
			t.Errorf("%s %s of an old one: %d, ETag %s, %s", method, path, a.Status, a.Header.Get("ETag"), a.Body)
		}
	}
	if a := c.Do(t, http.MethodPut, path, form, "If-Match", `*`); a.Status != http.StatusOK {
		t.Errorf("%s: %d %s", path, a.Status, a.Body)
	}
	// Two at once: one wins.
	var statuses [2]int
	var work sync.WaitGroup
	for i := range statuses {
		work.Go(func() { statuses[i] = c.Do(t, http.MethodPut, path, form, "If-Match", `"3"`).Status })
	}
	work.Wait()
	if statuses[0]+statuses[1] != http.StatusOK+http.StatusPreconditionFailed {
		t.Errorf("%s: two at once got %v", path, statuses)
	}
}
