package api_test

import (
	"context"
	"errors"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"vestibule/cloud"
	"vestibule/cloud/account"
	"vestibule/cloud/cloudtest"
	"vestibule/cloud/factor"
	"vestibule/cloud/store"
	"vestibule/cloud/webhook"
	"vestibule/shared/domain"
)

// eyes are one caller of the matrix, and how what it may do is narrowed.
type eyes struct {
	cloudtest.Client
	name  string
	login string // of a person
	may   func(account.Right) bool
	own   *yard  // whose ids are put into addresses
	other *yard  // of another organisation
	home  string // its own organisation, when that stands for another one in other
	sees  bool   // the site of own
	gate  bool   // a gate of sign-in is closed
	// refuses are routes that answer 403 although the right is there: a switch or a gate is off, or nobody let the caller in.
	refuses map[string]bool
	// enter takes a fresh session to where this caller is; nil for who is at home.
	enter func(t *testing.T, c cloudtest.Client)
}

// matrix is the world that the matrix walks: two distributors, their installers, and everybody who signs in somewhere.
type matrix struct {
	*tree
	eyes []eyes
	bell *yard // of the installer
	eve  *yard // of an installer of another distributor
}

// deafHooks gives names of webhooks an address and leads nowhere.
func deafHooks(cfg *cloud.Config) {
	cfg.Webhooks = webhook.Net{
		Lookup: func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("93.184.215.14")}, nil
		},
		Dial: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("nobody is there") },
	}
}

var hookForm = cloudtest.Object{"name": "Desk", "url": "https://example.com/doors", "kinds": []string{"audit"}}

// newEstate is a yard with everything else that an installer has: accounts of all kinds, a webhook with a delivery, a token, a passkey.
func newEstate(t *testing.T, s *cloudtest.Server, c cloudtest.Client, tag, mac string) *yard {
	t.Helper()
	y := newYard(t, c, mac)
	me := c.Me(t)
	site := "/sites/" + y.ids["site"]
	y.ids["org"] = me.Org.ID
	y.add(t, "sub", "/subaccounts", cloudtest.Object{"username": tag + ".sub", "email": "sub." + tag + "@example.com"})
	y.add(t, "account", "/managers", cloudtest.Object{
		"first_name": "Mia", "last_name": "Moss", "email": "mia." + tag + "@example.com", "language": "en", "site_ids": []string{y.ids["site"]},
	})
	y.add(t, "token", "/tokens", cloudtest.Object{"name": "rows", "scopes": []string{"sites.read"}, "days": 1})
	hook := y.add(t, "webhook", "/webhooks", hookForm)
	y.ids["delivery"] = cloudtest.Want[thing](t, c, http.StatusAccepted, http.MethodPost, hook+"/try", nil).ID
	y.ids["session"] = cloudtest.Want[struct{ Items []thing }](t, c, http.StatusOK, http.MethodGet, "/sessions", nil).Items[0].ID
	y.ids["passkey"] = savePasskey(t, s, me.ID)
	y.house(t, site, y.ids["person"], "eva."+tag+"@example.com", "resident")
	return y
}

// house gives a person an address and an account.
func (y *yard) house(t *testing.T, site, person, email, role string) {
	t.Helper()
	form := cloudtest.Object{"apartment_id": y.ids["apartment"], "first_name": "Eva", "last_name": "Miller", "email": email}
	cloudtest.Want[any](t, y.Client, http.StatusOK, http.MethodPut, site+"/people/"+person, form)
	cloudtest.Want[any](t, y.Client, http.StatusCreated, http.MethodPost, site+"/people/"+person+"/account", cloudtest.Object{"role": role})
}

// savePasskey writes a passkey down as the service does once a browser has made one.
func savePasskey(t *testing.T, s *cloudtest.Server, of string) string {
	t.Helper()
	db, err := store.Open(t.Context(), s.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	whose, err := domain.ParseID[domain.AccountID](of)
	if err != nil {
		t.Fatal(err)
	}
	p := factor.Passkey{ID: domain.NewID[domain.PasskeyID](time.Now()), Account: whose, Credential: []byte(of), Record: []byte("{}"), Name: "Phone", CreatedAt: time.Now()}
	if err := db.SavePasskey(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	return p.ID.String()
}

// with gives a yard of the same ids but one.
func (y *yard) with(noun, id string) *yard {
	out := &yard{Client: y.Client, ids: maps.Clone(y.ids)}
	out.ids[noun] = id
	return out
}

func newMatrix(t *testing.T, s *cloudtest.Server) *matrix {
	t.Helper()
	w := &matrix{tree: newTree(t, s)}
	_, south := handOut(t, s, w.operator, cloudtest.Object{"name": "South Ltd", "account": owner("Sam", "sam@example.com")})
	_, eve := handOut(t, s, south, cloudtest.Object{"name": "Rivals Ltd", "account": owner("Eve", "eve@example.com")})
	w.bell = newEstate(t, s, w.installer, "bell", "0C11050B9814")
	w.eve = newEstate(t, s, eve, "eve", "0C11050B9815")
	shut := w.gates(t)
	w.owners(t, eve, shut)
	w.members(t)
	w.guests(t)
	return w
}

// leaveRoutes answer 403 to owners whose gate is off or whom nobody has let in.
var leaveRoutes = map[string]bool{"POST /api/v1/org/access": true, "POST /api/v1/orgs/:org/enter": true}

// owners are the first accounts of organisations, at home.
func (w *matrix) owners(t *testing.T, eve cloudtest.Client, shut string) {
	t.Helper()
	mine := newEstate(t, w.Server, w.operator, "ada", "0C11050B9816").with("org", shut)
	top := w.operator.Me(t).Org.ID // to an operator every other organisation is its own
	w.eyes = append(w.eyes,
		eyes{Client: w.operator, name: "operator", login: "ada@example.com", may: account.RoleOperator.May, own: mine, other: w.eve.with("org", top), home: top, sees: true, refuses: leaveRoutes},
		eyes{Client: w.distributor, name: "distributor", login: "dora@example.com", may: account.RoleDistributor.May, own: w.bell.with("org", shut), other: w.eve, refuses: leaveRoutes},
		eyes{Client: w.installer, name: "installer", login: "ida@example.com", may: account.RoleInstaller.May, own: w.bell, other: w.eve, sees: true},
		eyes{Client: eve, name: "another installer", login: "eve@example.com", may: account.RoleInstaller.May, own: w.eve, other: w.bell, sees: true, refuses: leaveRoutes},
	)
}

// members are everybody else who belongs to Bell Ltd.
func (w *matrix) members(t *testing.T) {
	t.Helper()
	site := "/sites/" + w.bell.ids["site"]
	for _, role := range []string{"family", "administrator"} {
		form := cloudtest.Object{"apartment_id": w.bell.ids["apartment"], "first_name": "Max", "last_name": "Miller"}
		person := cloudtest.Want[thing](t, w.installer, http.StatusCreated, http.MethodPost, site+"/people", form)
		w.bell.house(t, site, person.ID, role+".bell@example.com", role)
	}
	add := func(name, email string, may func(account.Right) bool, refuses map[string]bool) {
		link := w.Mails.Wait(t, email, func(m cloudtest.Mail) bool { return strings.Contains(m.Link, "/activate#") }).Link
		e := eyes{Client: w.Activate(t, link), name: name, login: email, may: may, own: w.bell, other: w.eve, sees: true, refuses: refuses}
		w.eyes = append(w.eyes, e)
	}
	add("sub-installer", "sub.bell@example.com", account.RoleSubInstaller.May, nil)
	add("manager", "mia.bell@example.com", func(r account.Right) bool { // the switches of the assignment are off
		return account.RoleManager.May(r) && r != account.EventsRead && r != account.EventsKeep && r != account.PeopleDelete
	}, map[string]bool{"DELETE /api/v1/sites/:site/people/:person/account": true, "POST /api/v1/sites/:site/apartments/:apartment/reset": true})
	add("administrator", "administrator.bell@example.com", account.RoleAdministrator.May, nil)
	add("resident", "eva.bell@example.com", account.RoleResident.May, nil)
	add("family", "family.bell@example.com", account.RoleFamily.May, nil)
	token := cloudtest.Want[struct{ Token string }](t, w.installer, http.StatusCreated, http.MethodPost, "/tokens", cloudtest.Object{"name": "walk", "scopes": []string{"sites.read"}, "days": 1})
	w.eyes = append(w.eyes, eyes{
		Client: cloudtest.Client{URL: w.URL, Token: token.Token}, name: "token", own: w.bell, other: w.eve, sees: true,
		may: func(r account.Right) bool { return r == account.SitesRead },
	})
}

// What guests may do in an organisation that is not theirs, as it is written in the rules: never what needs the person, and no doors.
var (
	readers = []account.Right{
		account.Self, account.SitesRead, account.PeopleRead, account.DevicesRead, account.MACsRead, account.EventsRead, account.ManagersRead, account.OrgRead, account.AuditRead,
	}
	writers = append([]account.Right{
		account.SitesWrite, account.PeopleWrite, account.PeopleDelete, account.DevicesWrite, account.MACsWrite, account.AgentsWrite, account.OrgWrite,
	}, readers...)
)

// guests are inside somebody else's organisation with leave.
func (w *matrix) guests(t *testing.T) {
	t.Helper()
	chime, chloe := handOut(t, w.Server, w.distributor, cloudtest.Object{"name": "Chime Ltd", "account": owner("Chloe", "chloe@example.com")})
	gong, gus := handOut(t, w.Server, w.distributor, cloudtest.Object{"name": "Gong Ltd", "account": owner("Gus", "gus@example.com")})
	in := func(name, login string, rights []account.Right, y *yard, path string, form any) {
		enter := func(t *testing.T, c cloudtest.Client) {
			t.Helper()
			cloudtest.Want[any](t, c, http.StatusOK, http.MethodPost, path, form)
		}
		c := w.SignIn(t, login)
		enter(t, c)
		w.eyes = append(w.eyes, eyes{Client: c, name: name, login: login, may: among(rights), own: y, other: w.eve, sees: true, enter: enter})
	}
	for org, give := range map[string]struct {
		cloudtest.Client
		writes bool
	}{w.installerOrg.ID: {w.installer, false}, chime.ID: {chloe, true}} {
		cloudtest.Want[any](t, w.distributor, http.StatusOK, http.MethodPut, "/orgs/"+org+"/gates", cloudtest.Object{"account_access": true})
		cloudtest.Want[any](t, give.Client, http.StatusOK, http.MethodPost, "/org/access", cloudtest.Object{"hours": 1, "writes": give.writes})
	}
	in("guest who reads", "dora@example.com", readers, w.bell, "/orgs/"+w.installerOrg.ID+"/enter", nil)
	in("guest who writes", "dora@example.com", writers, newYard(t, chloe, "0C11050B9817"), "/orgs/"+chime.ID+"/enter", nil)
	in("operator in an emergency", "ada@example.com", writers, newYard(t, gus, "0C11050B9818"), "/orgs/"+gong.ID+"/break-glass", cloudtest.Object{
		"reason": "The fire brigade waits", "minutes": 60, "writes": true,
	})
}

func among(rights []account.Right) func(account.Right) bool {
	set := map[account.Right]bool{}
	for _, r := range rights {
		set[r] = true
	}
	return func(r account.Right) bool { return set[r] }
}

// gates adds sessions that have not passed the gates of sign-in, and gives an organisation that lets nobody in.
func (w *matrix) gates(t *testing.T) (org string) {
	t.Helper()
	pending := func(gate, link string) {
		_, token, _ := strings.Cut(link, "#token=")
		signed := cloudtest.Want[struct{ Token string }](t, cloudtest.Client{URL: w.URL}, http.StatusOK, http.MethodPost, "/links/activate", cloudtest.Object{
			"token": token, "password": cloudtest.Password, "bearer": true,
		})
		c := cloudtest.Client{URL: w.URL, Token: signed.Token}
		if gate == "email" {
			c = c.Agree(t)
		}
		if me := c.Me(t); me.Gate != gate {
			t.Fatalf("gate %q, want %q", me.Gate, gate)
		}
		w.eyes = append(w.eyes, eyes{Client: c, name: "before " + gate, may: account.RoleInstaller.May, own: w.bell, other: w.eve, gate: true})
	}
	for gate, body := range map[string]cloudtest.Object{
		"factor":  {"name": "Hush Ltd", "account": owner("Hal", "hal@example.com"), "gates": cloudtest.Object{"two_factor": true}},
		"consent": {"name": "Wait Ltd", "account": owner("Wim", "wim@example.com")},
		"email":   {"name": "Shut Ltd", "account": cloudtest.Object{"name": "Sue", "username": "sue.shut"}},
	} {
		made := cloudtest.Want[handedOut](t, w.distributor, http.StatusCreated, http.MethodPost, "/orgs", body)
		link := made.Link
		if link == "" {
			link = w.Mails.Wait(t, made.Account.Email, nil).Link
		}
		pending(gate, link)
		org = made.ID
	}
	return org
}
