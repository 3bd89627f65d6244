package api_test

import (
	"net/http"
	"strings"
	"testing"

	"vestibule/cloud/api"
	"vestibule/cloud/cloudtest"
	"vestibule/cloud/store/storetest"
)

// publicRoutes is the written list of what answers without a session; beside it only the portal's files do.
var publicRoutes = map[string]bool{
	"GET /healthz":             true,
	"GET /readyz":              true,
	"GET /api/v1/openapi.json": true,
	"GET /api/v1/openapi.yaml": true,
	"GET /api/v1/setup":        true,
	"POST /api/v1/setup":       true,
	"POST /api/v1/session":     true,

	"GET /api/v1/policy":          true,
	"POST /api/v1/links/check":    true,
	"POST /api/v1/links/activate": true,
	"POST /api/v1/links/reset":    true,
	"POST /api/v1/links/password": true,
	"POST /api/v1/links/email":    true,

	"POST /api/v1/links/register":       true,
	"POST /api/v1/links/register/check": true,

	"POST /api/v1/session/passkey/begin": true,
	"POST /api/v1/session/passkey":       true,
}

// yard is a site with one of everything.
type yard struct {
	cloudtest.Client
	ids map[string]string // by the name of the path's parameter
}

type thing struct{ ID string }

func newYard(t *testing.T, c cloudtest.Client, mac string) *yard {
	t.Helper()
	y := &yard{Client: c, ids: map[string]string{"number": "1"}}
	site := y.add(t, "site", "/sites", cloudtest.Object{"name": "Park Lane 7", "time_zone": "Europe/Berlin"})
	building := y.add(t, "building", site+"/buildings", cloudtest.Object{"name": "House A"})
	apartment := y.add(t, "apartment", site+"/apartments", cloudtest.Object{"building_id": y.ids["building"], "number": "101"})
	y.add(t, "person", site+"/people", cloudtest.Object{"apartment_id": y.ids["apartment"], "first_name": "Eva", "last_name": "Miller"})
	y.add(t, "access", site+"/access-groups", cloudtest.Object{"name": "Staff"})
	y.add(t, "card", site+"/people/"+y.ids["person"]+"/keys/cards", cloudtest.Object{"number": "04A1B2C3"})
	y.add(t, "group", site+"/groups", cloudtest.Object{"name": "Network 2"})
	y.add(t, "board", site+"/boards", cloudtest.Object{"name": "Cellar", "address": "192.168.1.200:502", "unit": 1, "channels": 8})
	y.add(t, "device", site+"/devices", cloudtest.Object{
		"type": 0, "mac": mac, "name": "Gate", "building_id": y.ids["building"], "api_user": "admin", "api_password": "planted-api-password",
	})
	y.add(t, "camera", site+"/cameras", cloudtest.Object{"name": "Yard", "rtsp": "rtsp://192.168.1.30:554", "user": "admin", "password": "planted-camera-password"})
	_, _ = building, apartment
	y.add(t, "import", site+"/bulk", cloudtest.Object{"apartments": []string{y.ids["apartment"]}, "set": cloudtest.Object{"call_type": "2"}})
	// No agent and no command can be made over the API alone; any id of the right form stands for them.
	y.ids["agent"], y.ids["command"] = y.ids["site"], y.ids["site"]
	return y
}

// widen adds what stands in sites of other kinds: a department in an office, a company in a commercial site, a single-family home with its user. The
// cloud must allow offices.
func (y *yard) widen(t *testing.T) {
	t.Helper()
	office := y.add(t, "office", "/sites", cloudtest.Object{"name": "Yard 1", "time_zone": "UTC", "kind": "office"})
	y.add(t, "department", office+"/departments", cloudtest.Object{"name": "Sales"})
	shop := y.add(t, "shop", "/sites", cloudtest.Object{"name": "Yard 2", "time_zone": "UTC", "kind": "commercial"})
	y.add(t, "company", shop+"/companies", cloudtest.Object{"name": "Bell Ltd"})
	y.add(t, "house", "/sites", cloudtest.Object{"time_zone": "UTC", "kind": "single", "user": cloudtest.Object{"name": "Yard 3"}})
}

// siteIn names the site of the yard to which a route belongs: those of its nouns that have a place of their own.
func (y *yard) siteIn(route string) string {
	for noun, site := range map[string]string{"/departments": "office", "/companies": "shop", "/:site/user": "house"} {
		if strings.Contains(route, noun) && y.ids[site] != "" {
			return site
		}
	}
	return "site"
}

func (y *yard) add(t *testing.T, noun, path string, body cloudtest.Object) string {
	t.Helper()
	y.ids[noun] = cloudtest.Want[thing](t, y.Client, http.StatusCreated, http.MethodPost, path, body).ID
	return path + "/" + y.ids[noun]
}

// fill puts the yard's ids into a route of the router.
func (y *yard) fill(route string) (method, path string) {
	method, path, _ = strings.Cut(route, " ")
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if name, ok := strings.CutPrefix(part, ":"); ok {
			if name == "account" && strings.HasPrefix(path, "/api/v1/subaccounts/") {
				name = "sub"
			}
			if name == "site" {
				name = y.siteIn(route)
			}
			if parts[i] = y.ids[name]; parts[i] == "" {
				parts[i] = y.ids["site"] // of nouns beside the yard: any id of the right form
			}
		}
	}
	return method, strings.Join(parts, "/")
}

// fillNone is fill with nothing at the end: the last id is of nothing.
func (y *yard) fillNone(route string) (method, path string) {
	last := strings.LastIndex(route, ":")
	rest := ""
	if end := strings.Index(route[last:], "/"); end >= 0 {
		rest = route[last+end:]
	}
	return y.with("none", "0").fill(route[:last] + ":none" + rest)
}

func routes(t *testing.T) []string {
	t.Helper()
	all := api.Routes()
	if len(all) < 45 {
		t.Fatalf("only %d routes: the walk looks at nothing", len(all))
	}
	return all
}

func TestRoutes_PublicOnesAreWritten(t *testing.T) {
	y := newYard(t, cloudtest.Start(t, "").SetUp(t), "0C11050B9814")
	nobody := cloudtest.Client{URL: y.URL}
	liar := cloudtest.Client{URL: y.URL, Token: strings.Repeat("A", 43)}
	seen := map[string]bool{}
	for _, route := range routes(t) {
		seen[route] = true
		if publicRoutes[route] {
			continue
		}
		method, path := y.fill(route)
		for name, c := range map[string]cloudtest.Client{"nobody": nobody, "an invented token": liar} {
			if a := c.Do(t, method, path, nil); a.Status != http.StatusUnauthorized {
				t.Errorf("%s as %s: %d %s", route, name, a.Status, a.Body)
			}
		}
	}
	for route := range publicRoutes {
		if !seen[route] {
			t.Errorf("%s is on the list and not in the router", route)
		}
	}
}

func TestRoutes_AnotherTenantFindsNothing(t *testing.T) {
	for name, dsn := range map[string]func(t *testing.T) string{"sqlite": func(*testing.T) string { return "" }, "postgres": storetest.PostgresDSN} {
		t.Run(name, func(t *testing.T) {
			s := cloudtest.Start(t, dsn(t), legacy)
			y := newYard(t, s.SetUp(t), "0C11050B9814")
			stranger := s.Stranger(t)
			theirs := newYard(t, stranger, "0C11050B9815")
			y.widen(t)
			theirs.widen(t)
			walked := 0
			for _, route := range routes(t) {
				if !strings.Contains(route, ":site") {
					continue
				}
				walked++
				method, path := y.fill(route)
				if a := stranger.Do(t, method, path, nil); a.Status != http.StatusNotFound {
					t.Errorf("%s: %d %s", route, a.Status, a.Body)
				}
				// Their own site with our things in it.
				mixed := &yard{ids: map[string]string{}}
				for noun, id := range y.ids {
					mixed.ids[noun] = id
				}
				for _, own := range []string{"site", "office", "shop", "house"} {
					mixed.ids[own] = theirs.ids[own]
				}
				method, path = mixed.fill(route)
				if strings.Count(route, ":") > 1 {
					if a := stranger.Do(t, method, path, body(route)); a.Status != http.StatusNotFound {
						t.Errorf("%s in another site: %d %s", route, a.Status, a.Body)
					}
				}
			}
			if walked < 35 {
				t.Errorf("only %d routes of sites", walked)
			}
			if sites := cloudtest.Want[struct{ Items []thing }](t, stranger, http.StatusOK, http.MethodGet, "/sites", nil); len(sites.Items) != 4 {
				t.Errorf("the stranger lists %d sites", len(sites.Items))
			}
			// Nothing of ours was touched, and for us the same addresses answer.
			for _, route := range routes(t) {
				method, path := y.fill(route)
				if method != http.MethodGet || !strings.Contains(route, ":site") || strings.HasSuffix(route, "/stream") || strings.Contains(route, ":command") || strings.HasSuffix(route, "/:call") {
					continue
				}
				if a := y.Do(t, method, path, nil); a.Status != http.StatusOK {
					t.Errorf("%s as its owner: %d %s", route, a.Status, a.Body)
				}
			}
		})
	}
}
