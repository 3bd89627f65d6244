package api_test

import (
	"net/http"
	"strings"
	"testing"

	"vestibule/cloud/cloudtest"
	"vestibule/cloud/store/storetest"
)

// want gives what a cell must answer: a status, or 0 for anything that is not a refusal.
func (e eyes) want(route string) int {
	switch {
	case e.gate && early[route]:
		return 0
	case e.gate:
		return http.StatusForbidden
	case strings.Contains(route, ":site") && !e.sees:
		return http.StatusNotFound
	case !e.may(wanted[route]) || e.refuses[route]:
		return http.StatusForbidden
	}
	return 0
}

// rows gives the routes to walk; each has a row, and each row a route.
func rows(t *testing.T) []string {
	t.Helper()
	seen := map[string]bool{}
	var walked []string
	for _, route := range routes(t) {
		seen[route] = true
		if _, ok := wanted[route]; !ok && !publicRoutes[route] {
			t.Errorf("%s has no row", route)
		} else if ok {
			walked = append(walked, route)
		}
	}
	for route := range wanted {
		if !seen[route] || publicRoutes[route] {
			t.Errorf("the row of %s has no route, or one for everybody", route)
		}
	}
	for route := range early {
		if _, ok := wanted[route]; !ok {
			t.Errorf("%s has no row", route)
		}
	}
	return walked
}

func TestMatrix_EveryRouteForEveryRole(t *testing.T) {
	walked := rows(t)
	for name, dsn := range map[string]func(t *testing.T) string{"sqlite": func(*testing.T) string { return "" }, "postgres": storetest.PostgresDSN} {
		t.Run(name, func(t *testing.T) {
			w := newMatrix(t, cloudtest.Start(t, dsn(t), deafHooks))
			if len(w.eyes) < 16 {
				t.Fatalf("only %d callers", len(w.eyes))
			}
			for _, e := range w.eyes {
				for _, route := range walked {
					e.walk(t, route)
					e.knock(t, route)
				}
			}
			for _, guests := range []bool{true, false} { // an owner's end would end them
				for _, e := range w.eyes {
					if (e.enter != nil) == guests {
						w.end(t, e)
					}
				}
			}
		})
	}
}

// walk tries a route with the ids of the caller's own organisation.
func (e eyes) walk(t *testing.T, route string) {
	t.Helper()
	want := e.want(route)
	method, path := e.own.fill(route)
	switch {
	case want == 0 && ends[route]:
		return // by end
	case want == 0 && strings.HasSuffix(route, "/stream"):
		e.Stream(t, path, "")
		return
	case want == 0 && (method == http.MethodDelete || strings.HasSuffix(route, ":apartment/reset")) && strings.Contains(route, ":"):
		_, path = e.own.fillNone(route) // nothing is to be lost on the way
	}
	var form any
	if want == http.StatusForbidden {
		form = body(route) // whose right is narrowed at the site is told so whatever it sends
	}
	a := e.Do(t, method, path, form)
	if want != 0 && a.Status != want || want == 0 && (a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden || a.Status >= 500) {
		t.Errorf("%s as %s: %d, want %d: %s", route, e.name, a.Status, want, a.Body)
	}
	if method != http.MethodGet || a.Status != http.StatusOK {
		return
	}
	for noun, id := range e.other.ids { // whatever is listed, nothing of others is
		if len(id) > 8 && id != e.home && strings.Contains(string(a.Body), id) {
			t.Errorf("%s as %s tells of the %s of another organisation", route, e.name, noun)
		}
	}
}

// knock tries a route with ids of another organisation.
func (e eyes) knock(t *testing.T, route string) {
	t.Helper()
	site := strings.Contains(route, ":site")
	if e.gate || !strings.Contains(route, ":") || !site && !e.may(wanted[route]) {
		return
	}
	method, path := e.other.fill(route)
	if a := e.Do(t, method, path, body(route)); a.Status != http.StatusNotFound {
		t.Errorf("%s of others as %s: %d %s", route, e.name, a.Status, a.Body)
	}
	if !site || !e.sees || !e.may(wanted[route]) || strings.Count(route, ":") < 2 {
		return
	}
	// Their own site with things of another in it.
	method, path = e.other.with("site", e.own.ids["site"]).fill(route)
	want := http.StatusNotFound
	if e.refuses[route] {
		want = http.StatusForbidden
	}
	if a := e.Do(t, method, path, body(route)); a.Status != want {
		t.Errorf("%s of others in the own site as %s: %d %s", route, e.name, a.Status, a.Body)
	}
}

// end tries the routes that end a session or leave, each in a session that nobody needs afterwards.
func (w *matrix) end(t *testing.T, e eyes) {
	t.Helper()
	c := e.Client
	if e.login != "" {
		c = w.SignIn(t, e.login)
	}
	if e.enter != nil {
		e.enter(t, c)
	}
	for _, route := range endings {
		method, path, _ := strings.Cut(route, " ")
		want := e.want(route)
		if a := c.Do(t, method, path, nil); want != 0 && a.Status != want || want == 0 && a.Status/100 != 2 {
			t.Errorf("%s as %s: %d, want %d: %s", route, e.name, a.Status, want, a.Body)
		}
	}
	if e.may(wanted["DELETE /api/v1/session"]) {
		for name, ended := range map[string]cloudtest.Client{"own": c, "other": e.Client} {
			if a := ended.Do(t, http.MethodGet, "/me", nil); a.Status != http.StatusUnauthorized {
				t.Errorf("the %s session of %s goes on: %d", name, e.name, a.Status)
			}
		}
	}
}

// TestMatrix_BodiesNameNothingOfOthers puts ids of another organisation into what is sent.
func TestMatrix_BodiesNameNothingOfOthers(t *testing.T) {
	onTrees(t, func(t *testing.T, s *cloudtest.Server) {
		w := newTree(t, s)
		_, eve := handOut(t, s, w.distributor, cloudtest.Object{"name": "Rivals Ltd", "account": owner("Eve", "eve@example.com")})
		mine, theirs := newYard(t, w.installer, "0C11050B9814"), newYard(t, eve, "0C11050B9815")
		site := "/sites/" + mine.ids["site"]
		for path, form := range map[string]cloudtest.Object{
			"POST " + site + "/apartments":                         {"building_id": theirs.ids["building"], "number": "102"},
			"PUT " + site + "/apartments/" + mine.ids["apartment"]: {"building_id": theirs.ids["building"], "number": "101"},
			"POST " + site + "/people":                             {"apartment_id": theirs.ids["apartment"], "first_name": "Eva", "last_name": "Miller"},
			"PUT " + site + "/people/" + mine.ids["person"]:        {"apartment_id": theirs.ids["apartment"], "first_name": "Eva", "last_name": "Miller"},
			"POST " + site + "/devices":                            {"type": 0, "mac": "0C11050B9820", "name": "Yard", "building_id": theirs.ids["building"]},
			"PUT " + site + "/devices/" + mine.ids["device"]:       {"type": 0, "mac": "0C11050B9814", "name": "Gate", "group_id": theirs.ids["group"], "building_id": mine.ids["building"]},
			"POST " + site + "/boards":                             {"name": "Attic", "address": "192.168.1.201:502", "unit": 1, "channels": 8, "group_id": theirs.ids["group"]},
			"POST /managers":                                       {"first_name": "Mia", "last_name": "Moss", "email": "mia@example.com", "language": "en", "site_ids": []string{theirs.ids["site"]}},
			"POST /orgs":                                           {"name": "Ring Ltd", "kind": "installer", "parent_id": w.distributorOrg.ID, "account": owner("Rob", "rob@example.com")},
		} {
			method, path, _ := strings.Cut(path, " ")
			if a := w.installer.Do(t, method, path, form); a.Status != http.StatusUnprocessableEntity && a.Status != http.StatusNotFound && a.Status != http.StatusForbidden {
				t.Errorf("%s %s: %d %s", method, path, a.Status, a.Body)
			}
		}
	})
}

// inside gives a fresh session of the distributor that has entered the installer with leave.
func (w *tree) inside(t *testing.T) cloudtest.Client {
	t.Helper()
	cloudtest.Want[any](t, w.installer, http.StatusOK, http.MethodPost, "/org/access", cloudtest.Object{"hours": 1, "writes": true})
	c := w.SignIn(t, "dora@example.com")
	cloudtest.Want[any](t, c, http.StatusOK, http.MethodPost, "/orgs/"+w.installerOrg.ID+"/enter", nil)
	cloudtest.Want[any](t, c, http.StatusOK, http.MethodGet, "/sites", nil)
	return c
}

// out wants that leave has ended: the next request is told, and from then on the session is at home.
func out(t *testing.T, c cloudtest.Client, home string) {
	t.Helper()
	if a := c.Do(t, http.MethodGet, "/org", nil); a.Status != http.StatusForbidden || !strings.Contains(string(a.Body), "has ended") {
		t.Errorf("after the end: %d %s", a.Status, a.Body)
	}
	if me := c.Me(t); me.Org.Name != home {
		t.Errorf("in %s, want %s", me.Org.Name, home)
	}
}

// shows ACC-11 by cloud/account/orgs.go: "if before.Gates.AccountAccess && !after.Gates.AccountAccess {" => "if false {"
func TestLeave_EndsWithTheGateAndTheOrganisation(t *testing.T) {
	onTrees(t, func(t *testing.T, s *cloudtest.Server) {
		w := newTree(t, s)
		org := "/orgs/" + w.installerOrg.ID
		gate := func(on bool) {
			t.Helper()
			cloudtest.Want[any](t, w.distributor, http.StatusOK, http.MethodPut, org+"/gates", cloudtest.Object{"account_access": on})
		}
		if a := w.installer.Do(t, http.MethodPost, "/org/access", cloudtest.Object{"hours": 1}); a.Status != http.StatusForbidden {
			t.Errorf("before the gate is open: %d %s", a.Status, a.Body)
		}
		gate(true)
		guest := w.inside(t)
		gate(false)
		out(t, guest, "North Ltd")
		gate(true) // what ended stays ended
		if a := guest.Do(t, http.MethodPost, org+"/enter", nil); a.Status != http.StatusForbidden {
			t.Errorf("after the gate was shut and opened: %d %s", a.Status, a.Body)
		}

		guest = w.inside(t)
		cloudtest.Want[any](t, w.distributor, http.StatusNoContent, http.MethodDelete, org, nil)
		out(t, guest, "North Ltd")
		if a := guest.Do(t, http.MethodPost, org+"/enter", nil); a.Status != http.StatusNotFound {
			t.Errorf("into what is deleted: %d %s", a.Status, a.Body)
		}
		gong, _ := handOut(t, s, w.distributor, cloudtest.Object{"name": "Gong Ltd", "account": owner("Gus", "gus@example.com")})
		cloudtest.Want[any](t, w.operator, http.StatusOK, http.MethodPost, "/orgs/"+gong.ID+"/break-glass", cloudtest.Object{"reason": "The fire brigade waits", "minutes": 60})
		cloudtest.Want[any](t, w.distributor, http.StatusNoContent, http.MethodDelete, "/orgs/"+gong.ID, nil)
		out(t, w.operator, "Doors Ltd")
	})
}
