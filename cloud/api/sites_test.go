package api_test

import (
	"net/http"
	"strings"
	"testing"

	"vestibule/cloud/cloudtest"
)

type shownSite struct {
	ID, Name, Kind string
	TimeZone       string `json:"time_zone"`
	Form           cloudtest.Object
	Address        cloudtest.Object
	Powers         struct{ Granted, Withheld []string }
	Managers       []string
	Counts         struct{ Buildings, Apartments, People, Devices int }
	Version        uint64
	Revision       uint64
}

type siteList struct {
	Items []shownSite
	Total int
}

func sitesOf(t *testing.T, c cloudtest.Client, query string) (siteList, string) {
	t.Helper()
	list := cloudtest.Want[siteList](t, c, http.StatusOK, http.MethodGet, "/sites"+query, nil)
	names := make([]string, len(list.Items))
	for i, s := range list.Items {
		names[i] = s.Name
	}
	return list, strings.Join(names, " ")
}

func siteAt(t *testing.T, c cloudtest.Client, path string) shownSite {
	t.Helper()
	return cloudtest.Want[shownSite](t, c, http.StatusOK, http.MethodGet, path, nil)
}

// put fills in a form that is in order and gives what came of it.
func put(t *testing.T, c cloudtest.Client, path string, form cloudtest.Object) shownSite {
	t.Helper()
	return cloudtest.Want[shownSite](t, c, http.StatusOK, http.MethodPut, path, form)
}

// shows SITE-01 by cloud/store/sites.go: "query = query.Where(\"kind = ?\", kind)"
// shows SITE-02 by cloud/api/sites.go: "Managers: append([]string{}, line.Managers...)"
// shows SITE-03 by cloud/fleet/sites.go: "if err := s.cfg.Store.EmptySite(ctx, site, e.at); err != nil {" => "if err := error(nil); err != nil {"
// shows SITE-03 by cloud/store/emptysite.go: "DELETE FROM macs WHERE origin = 'device' AND" => "DELETE FROM macs WHERE 1 = 0 AND"
func TestSites_ListedEditedDeleted(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		h := cloudtest.NewHouse(t, s)
		c := h.Installer
		y := newYard(t, c, "0C11050B9814") // Park Lane 7, a community
		siteOf(t, c, "community", "elm Court")
		mall, eva := siteOf(t, c, "commercial", "Mall"), siteOf(t, c, "single", "Eva")
		addManager(t, c, cloudtest.Object{"site_ids": []string{y.ids["site"]}})
		for query, want := range map[string]string{
			"?kind=community":            "elm Court Park Lane 7",
			"?kind=community&order=desc": "Park Lane 7 elm Court",
			"?kind=commercial":           "Mall",
			"?kind=single":               "Eva",
			"?kind=office":               "",
			"?q=park":                    "Park Lane 7",
			"":                           "elm Court Eva Mall Park Lane 7",
		} {
			if list, names := sitesOf(t, c, query); names != want || list.Total != len(list.Items) {
				t.Errorf("%q lists %q, %d in all", query, names, list.Total)
			}
		}
		a := c.Do(t, http.MethodGet, "/sites?kind=castle", nil)
		if a.Status != http.StatusUnprocessableEntity || a.Field("kind") == "" {
			t.Errorf("a kind of nobody: %d %s", a.Status, a.Body)
		}
		list, _ := sitesOf(t, c, "?kind=community&order=desc")
		if park := list.Items[0]; park.Counts.Devices != 1 || park.Counts.People != 1 || park.Counts.Apartments != 1 || strings.Join(park.Managers, ",") != "Mia Moss" {
			t.Errorf("%+v", park)
		}
		if empty := list.Items[1]; empty.Counts.Devices+empty.Counts.People != 0 || len(empty.Managers) != 0 {
			t.Errorf("%+v", empty)
		}
		for _, path := range []string{mall, eva} {
			cloudtest.Want[any](t, c, http.StatusNoContent, http.MethodDelete, path+"?confirm="+siteAt(t, c, path).Name, nil)
		}
		deletesWithEverything(t, s, c, y, rival(t, h))
	})
}

// deletesWithEverything deletes the yard: only by its name, and then whole.
func deletesWithEverything(t *testing.T, s *cloudtest.Server, c cloudtest.Client, y *yard, eve cloudtest.Client) {
	t.Helper()
	site, other := "/sites/"+y.ids["site"], siteOf(t, eve, "community", "Theirs")
	renamed := put(t, c, site, cloudtest.Object{"name": "Park Lane 9", "time_zone": "Europe/Berlin"})
	if renamed.Name != "Park Lane 9" || renamed.Revision != 2 || renamed.Form["plan"] != "premium" {
		t.Errorf("%+v", renamed)
	}
	gate := cloudtest.Object{"type": 0, "mac": "0C11050B9814", "name": "Gate"}
	refused(t, c, []spoilt{
		{http.MethodPut, site, cloudtest.Object{"name": "Elm court", "time_zone": "UTC"}, 409, "name"},
		{http.MethodPut, site, cloudtest.Object{"name": "Park", "time_zone": "UTC", "kind": "commercial"}, 422, "kind"},
		{http.MethodDelete, site, nil, 409, ""},
		{http.MethodDelete, site + "?confirm=Park+Lane+7", nil, 422, "confirm"},
	})
	refused(t, eve, []spoilt{{http.MethodPost, other + "/devices", gate, 409, "mac"}})
	cloudtest.Want[any](t, c, http.StatusNoContent, http.MethodDelete, site+"?confirm=Park+Lane+9", nil)
	for _, path := range []string{site, site + "/people/" + y.ids["person"], site + "/devices/" + y.ids["device"], site + "/buildings"} {
		if a := c.Do(t, http.MethodGet, path, nil); a.Status != http.StatusNotFound {
			t.Errorf("%s after the deletion: %d", path, a.Status)
		}
	}
	cloudtest.Want[any](t, eve, http.StatusCreated, http.MethodPost, other+"/devices", gate) // its MAC is free for anybody
	if a := c.Do(t, http.MethodGet, "/managers", nil); a.Status != http.StatusOK || strings.Contains(string(a.Body), y.ids["site"]) {
		t.Errorf("a manager is still assigned: %s", a.Body)
	}
	if text := auditOf(t, s, y.ids["site"]); !strings.Contains(text, "site deleted") {
		t.Errorf("the audit: %s", text)
	}
}
