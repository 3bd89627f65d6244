package api_test

import (
	"net/http"
	"strings"
	"testing"

	"vestibule/cloud/account"
	"vestibule/cloud/cloudtest"
)

// eyes are one caller of the matrix, and how what it may do is narrowed.
type eyes struct {
	cloudtest.Client
	may  func(account.Right) bool
	sees bool // the site of the yard
	gate bool // a gate of sign-in is closed
}

// ends are routes that end the session that asks; they are tried by nobody here who is needed afterwards.
var ends = map[string]bool{
	"DELETE /api/v1/session": true, "DELETE /api/v1/sessions": true, "POST /api/v1/session/consent": true,
}

// matrixEyes makes every caller by real accounts. w.installer owns the yard.
func matrixEyes(t *testing.T, w *tree, y *yard) map[string]eyes {
	t.Helper()
	role := func(r account.Role) func(account.Right) bool { return r.May }
	out := map[string]eyes{
		"operator":    {Client: w.operator, may: role(account.RoleOperator)},
		"distributor": {Client: w.distributor, may: role(account.RoleDistributor)},
		"installer":   {Client: w.installer, may: role(account.RoleInstaller), sees: true},
		"stranger":    {Client: w.Stranger(t).Agree(t), may: role(account.RoleInstaller)},
	}
	any1 := func(cloudtest.Mail) bool { return true }
	cloudtest.Want[thing](t, w.installer, 201, http.MethodPost, "/subaccounts", cloudtest.Object{"username": "sub.one", "email": "sub@example.com"})
	out["subinstaller"] = eyes{Client: w.Activate(t, w.Mails.Wait(t, "sub@example.com", any1).Link), may: role(account.RoleSubInstaller), sees: true}
	cloudtest.Want[thing](t, w.installer, 201, http.MethodPost, "/managers", cloudtest.Object{
		"first_name": "Mia", "last_name": "Moss", "email": "mia@example.com", "language": "en", "site_ids": []string{y.ids["site"]},
	})
	switched := func(r account.Right) bool { // what the switches of the assignment narrow, all off
		return account.RoleManager.May(r) && r != account.EventsRead && r != account.PeopleDelete
	}
	out["manager"] = eyes{Client: w.Activate(t, w.Mails.Wait(t, "mia@example.com", any1).Link), may: switched, sees: true}
	token := cloudtest.Want[struct{ Token string }](t, w.installer, 201, http.MethodPost, "/tokens", cloudtest.Object{"name": "rows", "scopes": []string{"sites.read"}, "days": 1})
	out["token"] = eyes{
		Client: cloudtest.Client{URL: w.URL, Token: token.Token}, sees: true,
		may: func(r account.Right) bool { return r == account.SitesRead },
	}
	shut := cloudtest.Want[handedOut](t, w.distributor, 201, http.MethodPost, "/orgs", cloudtest.Object{"name": "Shut Ltd", "account": cloudtest.Object{"name": "Sue", "username": "sue.shut"}})
	out["before a gate"] = eyes{Client: w.Activate(t, shut.Link), may: role(account.RoleInstaller), gate: true}
	return out
}

// want gives what a cell must answer: a status, or 0 for anything that is not a refusal.
func (e eyes) want(route string) int {
	site := strings.Contains(route, ":site")
	switch {
	case e.gate:
		return http.StatusForbidden
	case site && !e.sees:
		return http.StatusNotFound
	case !e.may(wanted[route]):
		return http.StatusForbidden
	}
	return 0
}

func TestMatrix_EveryRouteForEveryRole(t *testing.T) {
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
		if !seen[route] {
			t.Errorf("the row of %s has no route", route)
		}
	}
	onTrees(t, func(t *testing.T, s *cloudtest.Server) {
		w := newTree(t, s)
		y := newYard(t, w.installer, "0C11050B9814")
		for name, e := range matrixEyes(t, w, y) {
			for _, route := range walked {
				// What answers before the gates belongs to sign-in and is tested there; a stream has no end.
				want := e.want(route)
				if ends[route] || strings.HasSuffix(route, "/stream") && want == 0 || e.gate && wanted[route] == account.Self {
					continue
				}
				method, path := y.fill(route)
				if method == http.MethodDelete && want == 0 { // nothing is to be lost on the way
					path = path[:strings.LastIndex(path, "/")] + "/0"
				}
				a := e.Do(t, method, path, nil)
				if want != 0 && a.Status != want || want == 0 && (a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden) {
					t.Errorf("%s as %s: %d, want %d: %s", route, name, a.Status, want, a.Body)
				}
			}
		}
	})
}
