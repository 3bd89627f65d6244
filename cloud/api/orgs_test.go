package api_test

import (
	"net/http"
	"strings"
	"testing"

	"vestibule/cloud"
	"vestibule/cloud/cloudtest"
	"vestibule/cloud/store/storetest"
)

// onTrees runs a test against a cloud on each database.
func onTrees(t *testing.T, run func(t *testing.T, s *cloudtest.Server)) {
	t.Helper()
	for name, dsn := range map[string]func(t *testing.T) string{"sqlite": func(*testing.T) string { return "" }, "postgres": storetest.PostgresDSN} {
		t.Run(name, func(t *testing.T) { run(t, cloudtest.Start(t, dsn(t))) })
	}
}

type handedOut struct {
	ID, Name, Kind, Link string
	Parent               struct{ ID string }
	Gates                map[string]any
	Account              struct{ Email, Username string }
	Sites                int
	Revision             uint64
}

// handOut makes an organisation whose owner signs in by the link: from the mail, or from the answer for a user name.
func handOut(t *testing.T, s *cloudtest.Server, maker cloudtest.Client, body cloudtest.Object) (handedOut, cloudtest.Client) {
	t.Helper()
	org := cloudtest.Want[handedOut](t, maker, http.StatusCreated, http.MethodPost, "/orgs", body)
	link := org.Link
	if link == "" {
		link = s.Mails.Wait(t, org.Account.Email, func(cloudtest.Mail) bool { return true }).Link
	}
	return org, s.Activate(t, link)
}

func owner(name, email string) cloudtest.Object {
	return cloudtest.Object{"name": name, "email": email, "language": "en"}
}

// tree is an operator with a distributor and its installer.
type tree struct {
	*cloudtest.Server
	operator, distributor, installer cloudtest.Client
	distributorOrg, installerOrg     handedOut
}

func newTree(t *testing.T, s *cloudtest.Server) *tree {
	t.Helper()
	w := &tree{Server: s, operator: s.SetUp(t)}
	w.distributorOrg, w.distributor = handOut(t, s, w.operator, cloudtest.Object{"name": "North Ltd", "account": owner("Dora", "dora@example.com")})
	w.installerOrg, w.installer = handOut(t, s, w.distributor, cloudtest.Object{"name": "Bell Ltd", "account": owner("Ida", "ida@example.com")})
	return w
}

// shows ACC-02 by cloud/account/orgs.go: "faults.Check(parent.Kind == OrgOperator, \"kind\"" => "faults.Check(true, \"kind\", \"\")"
func TestOrgs_HandedOutDownTheTree(t *testing.T) {
	onTrees(t, func(t *testing.T, s *cloudtest.Server) {
		w := newTree(t, s)
		if me := w.installer.Me(t); me.Role != "installer" || me.Org.Name != "Bell Ltd" || me.Gate != "" {
			t.Fatalf("%+v", me)
		}
		if a := w.distributor.Do(t, http.MethodPost, "/orgs", cloudtest.Object{"name": "East Ltd", "kind": "distributor", "account": owner("Eli", "eli@example.com")}); a.Status != 422 || a.Field("kind") == "" {
			t.Errorf("a distributor makes a distributor: %d %s", a.Status, a.Body)
		}
		below := cloudtest.Object{"name": "Ring Ltd", "kind": "installer", "parent_id": w.distributorOrg.ID, "account": cloudtest.Object{"name": "Rob", "username": "rob.ring"}}
		ring, rob := handOut(t, s, w.operator, below)
		if ring.Parent.ID != w.distributorOrg.ID || rob.Me(t).Gate != "email" {
			t.Errorf("%+v, gate %q", ring, rob.Me(t).Gate)
		}
		for name, c := range map[string]struct {
			cloudtest.Client
			n int
		}{"operator": {w.operator, 3}, "distributor": {w.distributor, 2}} {
			if list := cloudtest.Want[struct{ Items []handedOut }](t, c.Client, 200, http.MethodGet, "/orgs", nil); len(list.Items) != c.n {
				t.Errorf("%s sees %d", name, len(list.Items))
			}
		}
		_, other := handOut(t, s, w.operator, cloudtest.Object{"name": "South Ltd", "account": owner("Sam", "sam@example.com")})
		for _, method := range []string{http.MethodGet, http.MethodDelete} {
			if a := other.Do(t, method, "/orgs/"+w.installerOrg.ID, nil); a.Status != 404 {
				t.Errorf("%s of another distributor's: %d", method, a.Status)
			}
		}
		if a := w.operator.Do(t, http.MethodDelete, "/orgs/"+w.distributorOrg.ID, nil); a.Status != 409 {
			t.Errorf("a distributor with installers: %d", a.Status)
		}
		cloudtest.Want[thing](t, w.installer, 201, http.MethodPost, "/sites", cloudtest.Object{"name": "Park Lane 7", "time_zone": "Europe/Berlin"})
		if org := cloudtest.Want[handedOut](t, w.distributor, 200, http.MethodGet, "/orgs/"+w.installerOrg.ID, nil); org.Sites != 1 {
			t.Errorf("%d sites", org.Sites)
		}
		if sites := cloudtest.Want[struct{ Items []thing }](t, w.operator, 200, http.MethodGet, "/sites", nil); len(sites.Items) != 0 {
			t.Error("the operator sees what is in an installer")
		}
		if a := w.distributor.Do(t, http.MethodDelete, "/orgs/"+w.installerOrg.ID, nil); a.Status != 409 {
			t.Errorf("an installer with a site: %d", a.Status)
		}
		if a := w.distributor.Do(t, http.MethodDelete, "/orgs/"+ring.ID, nil); a.Status != 204 {
			t.Errorf("an empty installer: %d %s", a.Status, a.Body)
		}
		if a := rob.Do(t, http.MethodGet, "/me", nil); a.Status != 401 {
			t.Errorf("the owner of a deleted organisation: %d", a.Status)
		}
	})
}

// shows ACC-21 by cloud/account/gates.go: "f.Check(may, prefix+field, \"%s\", whose)"
// shows ACC-22 by cloud/account/gates.go: "g.OfflineSolution = parent.Gates.OfflineSolution"
func TestGates_EachSetsItsOwn(t *testing.T) {
	onTrees(t, func(t *testing.T, s *cloudtest.Server) {
		w := newTree(t, s)
		set := func(c cloudtest.Client, org string, gates cloudtest.Object) cloudtest.Answer {
			return c.Do(t, http.MethodPut, "/orgs/"+org+"/gates", gates)
		}
		all := cloudtest.Object{"payment": true, "account_access": true, "community_calls": true, "mac_registration": true, "credits": 500}
		if a := set(w.distributor, w.installerOrg.ID, all); a.Status != 200 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		for _, wrong := range []struct {
			c     cloudtest.Client
			org   string
			field string
			value any
		}{
			{w.distributor, w.installerOrg.ID, "offline_solution", true},
			{w.distributor, w.installerOrg.ID, "automatic_renewal", true},
			{w.distributor, w.installerOrg.ID, "credits", 1_000_000_001},
			{w.operator, w.installerOrg.ID, "payment", false},
			{w.operator, w.installerOrg.ID, "offline_solution", true},
			{w.operator, w.distributorOrg.ID, "dormakaba_locks", true},
		} {
			if a := set(wrong.c, wrong.org, cloudtest.Object{wrong.field: wrong.value}); a.Status != 422 || a.Field(wrong.field) == "" {
				t.Errorf("%s: %d %s", wrong.field, a.Status, a.Body)
			}
		}
		if a := set(w.operator, w.distributorOrg.ID, cloudtest.Object{"offline_solution": true}); a.Status != 200 {
			t.Errorf("%d %s", a.Status, a.Body)
		}
		mine := cloudtest.Want[struct{ Gates map[string]any }](t, w.installer, 200, http.MethodGet, "/org", nil).Gates
		if mine["payment"] != true || mine["offline_solution"] != true || mine["credits"] != 500.0 || mine["two_factor"] != false {
			t.Errorf("%v", mine)
		}
		// Whoever is signed in by a password alone is asked again.
		if a := set(w.distributor, w.installerOrg.ID, cloudtest.Object{"two_factor": true}); a.Status != 200 {
			t.Errorf("%d %s", a.Status, a.Body)
		}
		if a := w.installer.Do(t, http.MethodGet, "/me", nil); a.Status != 401 {
			t.Errorf("a session without a second factor: %d", a.Status)
		}
		if a := w.distributor.Do(t, http.MethodGet, "/me", nil); a.Status != 200 {
			t.Errorf("the distributor's own session: %d", a.Status)
		}
	})
}

// shows ACC-23 by cloud/account/gates.go: "g.AutomaticRenewal, g.DormakabaLocks = false, false"
func TestGates_RegionAndAccountAllow(t *testing.T) {
	for region, want := range map[string]int{"ucloud": 200, "ecloud": 422} {
		t.Run(region, func(t *testing.T) {
			s := cloudtest.Start(t, "", func(c *cloud.Config) { c.Region = region })
			w := newTree(t, s)
			a := w.operator.Do(t, http.MethodPut, "/orgs/"+w.installerOrg.ID+"/gates", cloudtest.Object{"automatic_renewal": true, "dormakaba_locks": true})
			if a.Status != want {
				t.Errorf("%d %s", a.Status, a.Body)
			}
			mine := cloudtest.Want[struct{ Gates map[string]any }](t, w.installer, 200, http.MethodGet, "/org", nil).Gates
			if mine["dormakaba_locks"] != (want == 200) {
				t.Errorf("%v", mine)
			}
		})
	}
}

// shows ACC-18 by cloud/account/subaccounts.go: "faults.Check(f.Email != \"\", \"email\", \"An e-mail address: the link to the first"
// shows ACC-19 by cloud/store/scope.go: "db = db.Where(sites+\"org_id = ?\"+end, caller.Org)" => "db = db.Where(\"1 = 0\")"
// shows ACC-20 by cloud/account/subaccounts.go: "if err := s.cfg.Store.DropAccount(ctx, id, s.now()); err != nil {" => "if false {"
func TestSubAccounts_WorkOnTheSameData(t *testing.T) {
	onTrees(t, func(t *testing.T, s *cloudtest.Server) {
		w := newTree(t, s)
		if a := w.installer.Do(t, http.MethodPost, "/subaccounts", cloudtest.Object{"username": "sub.one"}); a.Status != 422 || a.Field("email") == "" {
			t.Errorf("%d %s", a.Status, a.Body)
		}
		form := cloudtest.Object{"username": "sub.one", "email": "sub@example.com", "phone": "+49 30 1234567"}
		one := cloudtest.Want[thing](t, w.installer, 201, http.MethodPost, "/subaccounts", form)
		again := cloudtest.Object{"username": "SUB.one", "email": "other@example.com"}
		if a := w.installer.Do(t, http.MethodPost, "/subaccounts", again); a.Status != 409 || a.Field("username") == "" {
			t.Errorf("a taken name: %d %s", a.Status, a.Body)
		}
		sub := s.Activate(t, s.Mails.Wait(t, "sub@example.com", func(cloudtest.Mail) bool { return true }).Link)
		second := s.SignIn(t, "sub.one")
		site := cloudtest.Want[thing](t, sub, 201, http.MethodPost, "/sites", cloudtest.Object{"name": "Park Lane 7", "time_zone": "Europe/Berlin"})
		for name, c := range map[string]cloudtest.Client{"installer": w.installer, "sub": sub, "sub again": second} {
			if a := c.Do(t, http.MethodGet, "/sites/"+site.ID, nil); a.Status != 200 {
				t.Errorf("%s: %d", name, a.Status)
			}
		}
		if a := sub.Do(t, http.MethodGet, "/subaccounts", nil); a.Status != 403 {
			t.Errorf("a sub-account manages sub-accounts: %d", a.Status)
		}
		moved := cloudtest.Object{"username": "sub.one", "email": "moved@example.com"}
		cloudtest.Want[thing](t, w.installer, 200, http.MethodPut, "/subaccounts/"+one.ID, moved)
		s.Mails.Wait(t, "sub@example.com", func(m cloudtest.Mail) bool { return m.Link == "" }) // who reads the old address hears of it
		cloudtest.Want[thing](t, w.installer, 200, http.MethodPut, "/subaccounts/"+one.ID, form)
		stranger := s.Stranger(t).Agree(t)
		path := "/subaccounts/" + one.ID
		for _, method := range []string{http.MethodGet, http.MethodDelete} {
			if a := stranger.Do(t, method, path, nil); a.Status != 404 {
				t.Errorf("%s of another's: %d", method, a.Status)
			}
		}
		if a := w.installer.Do(t, http.MethodPut, path, cloudtest.Object{"username": "sub.two", "email": "sub@example.com"}); a.Status != 200 || a.Header.Get("ETag") == "" {
			t.Errorf("%d %s", a.Status, a.Body)
		}
		cloudtest.Want[struct{}](t, w.installer, 204, http.MethodPost, path+"/reset", nil)
		s.Mails.Wait(t, "sub@example.com", func(m cloudtest.Mail) bool { return strings.Contains(m.Link, "/reset#") })
		cloudtest.Want[struct{}](t, w.installer, 204, http.MethodDelete, path, nil)
		if a := sub.Do(t, http.MethodGet, "/me", nil); a.Status != 401 {
			t.Errorf("after the end: %d", a.Status)
		}
		if a := w.installer.Do(t, http.MethodGet, "/sites/"+site.ID, nil); a.Status != 200 {
			t.Errorf("its site: %d", a.Status)
		}
	})
}
