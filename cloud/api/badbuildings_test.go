package api_test

import (
	"net/http"
	"strings"
	"testing"

	"vestibule/cloud/cloudtest"
)

// message is a refusal with the words that it must be told in.
type message struct {
	spoilt
	words string // of the first field; of the detail where no field is at fault
}

// told wants every refusal with its words, and that none of them moved anything of the sites.
func told(t *testing.T, c cloudtest.Client, all map[string]message, sites ...string) {
	t.Helper()
	before := holdings(t, c, sites...)
	for name, m := range all {
		a := c.Do(t, m.method, m.path, m.body)
		if a.Status != m.status {
			t.Errorf("%s: %d, want %d: %s", name, a.Status, m.status, a.Body)
		}
		got := string(a.Body)
		if m.fields != "" {
			got = a.Field(strings.Fields(m.fields)[0])
		}
		if !strings.Contains(got, m.words) {
			t.Errorf("%s: told %q, want %q: %s", name, got, m.words, a.Body)
		}
	}
	refused(t, c, justSpoilt(all))
	if after := holdings(t, c, sites...); after != before {
		t.Errorf("something moved:\n%s\n%s", before, after)
	}
}

func justSpoilt(all map[string]message) []spoilt {
	out := make([]spoilt, 0, len(all))
	for _, m := range all {
		out = append(out, m.spoilt)
	}
	return out
}

// holdings is everything of sites as the API shows it, their versions too.
func holdings(t *testing.T, c cloudtest.Client, sites ...string) string {
	t.Helper()
	var out strings.Builder
	for _, site := range sites {
		for _, list := range []string{"", "/buildings", "/apartments", "/people", "/devices", "/groups"} {
			a := c.Do(t, http.MethodGet, site+list, nil)
			if a.Status != http.StatusOK {
				t.Fatalf("%s%s: %d %s", site, list, a.Status, a.Body)
			}
			out.Write(a.Body)
		}
	}
	return out.String()
}

// Whatever is wrong with a site, a building or an apartment is told at its field in the words of the guides, and changes nothing.
//
// shows SITE-26 by shared/domain/apartment.go: "case strings.HasPrefix(a.Number, \"#\"):" => "case false:"
// shows SITE-27 by shared/domain/building.go: "n < -10 || n > 128" => "n < -10 || n > 129"
// shows SITE-10 by cloud/store/sitelines.go: "AND d.type = ? AND d.deleted_at IS NULL)" => "AND d.type = ? AND d.deleted_at IS NULL) AND 1 = 0"
func TestBadInput_OfBuildings(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		h := cloudtest.NewHouse(t, s)
		y, theirs := newYard(t, h.Installer, "0C11050B9814"), newYard(t, rival(t, h), "0C11050B9815")
		premium, basic := "/sites/"+y.ids["site"], communityOf(t, h.Installer, "basic")
		house := cloudtest.Want[thing](t, h.Installer, http.StatusCreated, http.MethodPost, basic+"/buildings", cloudtest.Object{"name": "House A"}).ID
		const post, put, del = http.MethodPost, http.MethodPut, http.MethodDelete
		const bad, taken, none = http.StatusUnprocessableEntity, http.StatusConflict, http.StatusNotFound
		home := func(more cloudtest.Object) cloudtest.Object {
			form := cloudtest.Object{"building_id": y.ids["building"], "number": "102"}
			for key, value := range more {
				form[key] = value
			}
			return form
		}
		const floors, own = "A floor from -10 to 128, or G0, G1, G2.", "A building of this site."
		apartments, one := premium+"/apartments", premium+"/apartments/"+y.ids["apartment"]
		told(t, h.Installer, map[string]message{
			"#2#123":               {spoilt{post, apartments, home(cloudtest.Object{"number": "#2#123"}), bad, "number"}, "a door phone could not tell one from the other"},
			"#2#123 in a change":   {spoilt{put, one, home(cloudtest.Object{"number": "#2#123"}), bad, "number"}, "Not starting with #"},
			"a number that ends #": {spoilt{post, apartments, home(cloudtest.Object{"number": "2#"}), bad, "number"}, "Digits such as 101"},
			"seven digits":         {spoilt{post, apartments, home(cloudtest.Object{"number": "1234567"}), bad, "number"}, "Digits such as 101"},
			"a number twice":       {spoilt{post, apartments, home(cloudtest.Object{"number": "101"}), taken, "number"}, "this number"},
			"floor 129":            {spoilt{post, apartments, home(cloudtest.Object{"floor": "129"}), bad, "floor"}, floors},
			"floor -11":            {spoilt{put, one, home(cloudtest.Object{"floor": "-11"}), bad, "floor"}, floors},
			"floor G3":             {spoilt{post, apartments, home(cloudtest.Object{"floor": "G3"}), bad, "floor"}, floors},
			"ground floor 129":     {spoilt{post, premium + "/buildings", cloudtest.Object{"name": "B", "ground_floor": "129"}, bad, "ground_floor"}, floors},
			"65 letters":           {spoilt{post, apartments, home(cloudtest.Object{"name": strings.Repeat("ä", 65)}), bad, "name"}, "At most 64 characters; this has 65."},
			"129 letters":          {spoilt{put, premium + "/buildings/" + y.ids["building"], cloudtest.Object{"name": strings.Repeat("ä", 129)}, bad, "name"}, "At most 128 characters; this has 129."},
			"a resident's 65":      {spoilt{post, apartments, home(cloudtest.Object{"resident": cloudtest.Object{"first_name": strings.Repeat("ä", 65), "last_name": "M"}}), bad, "resident.first_name"}, "At most 64 characters; this has 65."},
			"Basic, no monitor":    {spoilt{post, basic + "/apartments", cloudtest.Object{"building_id": house, "number": "1"}, bad, "monitor.mac"}, "With the Basic plan every apartment needs an indoor monitor."},
			"Basic, half a MAC":    {spoilt{post, basic + "/apartments", cloudtest.Object{"building_id": house, "number": "1", "monitor": cloudtest.Object{"mac": "0C11050B981", "name": "K"}}, bad, "monitor.mac"}, "12 hexadecimal digits"},
			"Premium to Basic":     {spoilt{put, premium, cloudtest.Object{"name": "Park Lane 7", "time_zone": "UTC", "form": cloudtest.Object{"plan": "basic"}}, taken, "form.plan"}, "Without one: 101 (1 in all)."},
			"a building of others": {spoilt{post, apartments, home(cloudtest.Object{"building_id": theirs.ids["building"]}), bad, "building_id"}, own},
			"into another's house": {spoilt{put, one, home(cloudtest.Object{"building_id": theirs.ids["building"]}), bad, "building_id"}, own},
			"an apartment of them": {spoilt{put, premium + "/apartments/" + theirs.ids["apartment"], home(nil), none, ""}, "This apartment"},
			"a building of them":   {spoilt{del, premium + "/buildings/" + theirs.ids["building"], nil, none, ""}, "This building"},
			"a site of them":       {spoilt{put, "/sites/" + theirs.ids["site"], cloudtest.Object{"name": "Mine", "time_zone": "UTC"}, none, ""}, "This site"},
			"a house in use":       {spoilt{del, premium + "/buildings/" + y.ids["building"], nil, taken, ""}, "1 apartment and 1 device"},
		}, premium, basic)
	})
}
