package api_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/cloudtest"
)

// shownManager is a manager as the API shows it.
type shownManager struct {
	ID, Email, Language string
	FirstName           string `json:"first_name"`
	Activated           bool
	EmailFactor         bool `json:"email_factor"`
	RemindMonthly       bool `json:"remind_monthly"`
	Revision            int
	Sites               []struct{ ID, Name string }
}

func (m shownManager) siteNames() string {
	names := make([]string, len(m.Sites))
	for i, site := range m.Sites {
		names[i] = site.Name
	}
	return strings.Join(names, ", ")
}

// shownAssignment is a manager of a site as the API shows it.
type shownAssignment struct {
	AccountID      string `json:"account_id"`
	Pay            *bool
	RenewalMails   bool `json:"renewal_mails"`
	App            bool
	AppUser        string  `json:"app_user"`
	AppExpiresAt   *string `json:"app_expires_at"`
	DeleteAccounts bool    `json:"delete_accounts"`
	LogAccess      bool    `json:"log_access"`
	Revision       int
}

type siteManagers struct {
	Items     []shownAssignment
	Available []shownAssignment
	MayPay    bool `json:"may_pay"`
}

func addSite(t *testing.T, c cloudtest.Client, name string) string {
	t.Helper()
	return cloudtest.Want[thing](t, c, http.StatusCreated, http.MethodPost, "/sites", cloudtest.Object{"name": name, "time_zone": "Europe/Berlin"}).ID
}

func addManager(t *testing.T, c cloudtest.Client, more cloudtest.Object) shownManager {
	t.Helper()
	body := cloudtest.Object{"first_name": "Mia", "last_name": "Moss", "email": "mia@example.com"}
	for k, v := range more {
		body[k] = v
	}
	return cloudtest.Want[shownManager](t, c, http.StatusCreated, http.MethodPost, "/managers", body)
}

// activate follows the mailed link of an account, agrees to the privacy policy and gives its client.
func activate(t *testing.T, s *cloudtest.Server, email string) cloudtest.Client {
	t.Helper()
	m := s.Mails.Wait(t, email, func(m cloudtest.Mail) bool { return strings.Contains(m.Link, "/activate#token=") })
	signed := cloudtest.Want[struct{ Token, Gate string }](t, cloudtest.Client{URL: s.URL}, http.StatusOK, http.MethodPost, "/links/activate", cloudtest.Object{
		"token": tokenOf(m.Link), "password": cloudtest.Password, "bearer": true,
	})
	c := cloudtest.Client{URL: s.URL, Token: signed.Token}
	if signed.Gate == "factor" {
		cloudtest.Want[any](t, c, http.StatusNoContent, http.MethodPost, "/session/factor/code", nil)
		code := s.Mails.Wait(t, email, func(m cloudtest.Mail) bool { return m.Code != "" }).Code
		cloudtest.Want[any](t, c, http.StatusOK, http.MethodPost, "/session/factor", cloudtest.Object{"method": "email", "code": code})
	}
	cloudtest.Want[any](t, c, http.StatusOK, http.MethodPost, "/session/consent", cloudtest.Object{"version": 1, "agree": true})
	return c
}

// shows PM-01 by cloud/account/managers.go: "if _, err := s.Invite(ctx, a); err != nil {" => "if err := s.cfg.Store.SaveAccount(ctx, a); err != nil {"
// shows PEOPLE-03 by cloud/account/managers.go: "a.Language, a.RemindMonthly, a.EmailFactor = form.Language, form.RemindMonthly, form.EmailFactor" => "a.RemindMonthly, a.EmailFactor = form.RemindMonthly, form.EmailFactor"
func TestManagers_MadeWithAMailInTheirLanguage(t *testing.T) {
	eachCloud(t, func(t *testing.T, s *cloudtest.Server) {
		ada := s.SetUp(t)
		m := addManager(t, ada, cloudtest.Object{"language": "fr", "remind_monthly": true})
		if m.Language != "fr" || !m.RemindMonthly || m.Activated || m.Revision != 1 {
			t.Fatalf("%+v", m)
		}
		if mail := s.Mails.Wait(t, "mia@example.com", nil); mail.Language != "fr" || !strings.Contains(mail.Link, "/activate#token=") {
			t.Fatalf("language %q, link %q", mail.Language, mail.Link)
		}
		mia := activate(t, s, "mia@example.com")
		if me := mia.Me(t); me.Role != "manager" || me.Gate != "" || !slices.Contains(me.Rights, "events.read") || slices.Contains(me.Rights, "managers.read") {
			t.Errorf("%+v", me)
		}
		for path, body := range map[string]cloudtest.Object{
			"first_name": {"first_name": strings.Repeat("x", 65), "last_name": "M", "email": "a@example.com"},
			"last_name":  {"first_name": "M", "email": "a@example.com"},
			"language":   {"first_name": "M", "last_name": "M", "email": "a@example.com", "language": "xx"},
			"email":      {"first_name": "M", "last_name": "M", "email": "a"},
		} {
			if a := ada.Do(t, http.MethodPost, "/managers", body); a.Status != http.StatusUnprocessableEntity || a.Field(path) == "" {
				t.Errorf("%s: %d %s", path, a.Status, a.Body)
			}
		}
		taken := cloudtest.Object{"first_name": "M", "last_name": "M", "email": "MIA@example.com"}
		if a := s.Stranger(t).Do(t, http.MethodPost, "/managers", taken); a.Status != http.StatusConflict || a.Field("email") == "" {
			t.Errorf("taken: %d %s", a.Status, a.Body)
		}
	})
}

// shows PM-03 by cloud/account/managers.go: "a.Language, a.RemindMonthly, a.EmailFactor = form.Language, form.RemindMonthly, form.EmailFactor" => "a.Language, a.RemindMonthly = form.Language, form.RemindMonthly"
func TestManagers_SignInWithACodeByMail(t *testing.T) {
	s := cloudtest.Start(t, "")
	addManager(t, s.SetUp(t), cloudtest.Object{"email_factor": true})
	activate(t, s, "mia@example.com")
	signed := cloudtest.Want[struct{ Gate string }](t, cloudtest.Client{URL: s.URL}, http.StatusOK, http.MethodPost, "/session", cloudtest.Object{
		"login": "mia@example.com", "password": cloudtest.Password, "bearer": true,
	})
	if signed.Gate != "factor" {
		t.Errorf("gate %q", signed.Gate)
	}
}

// shows PM-02 by cloud/api/me.go: "FactorMethods: []string{}, RemindPassword: a.Account.RemindPassword(acc), Notify: acc.Notify," => "		FactorMethods: []string{}, Notify: acc.Notify,"
// shows PM-02 by cloud/account/managers.go: "a.Language, a.RemindMonthly, a.EmailFactor = form.Language, form.RemindMonthly, form.EmailFactor" => "a.Language, a.EmailFactor = form.Language, form.EmailFactor"
func TestManagers_RemindedByTheSwitch(t *testing.T) {
	eachCloud(t, func(t *testing.T, s *cloudtest.Server) {
		ada := s.SetUp(t)
		m := addManager(t, ada, cloudtest.Object{"remind_monthly": true})
		addManager(t, ada, cloudtest.Object{"email": "quiet@example.com"})
		if got := cloudtest.Want[shownManager](t, ada, http.StatusOK, http.MethodGet, "/managers/"+m.ID, nil); !got.RemindMonthly {
			t.Errorf("%+v", got)
		}
		mia, quiet := activate(t, s, "mia@example.com"), activate(t, s, "quiet@example.com")
		if mia.Me(t).RemindPassword {
			t.Error("reminded of a new password")
		}
		db := newDesk(t, s).db
		month := time.Now().AddDate(0, 0, -32).UnixMilli() // longer than any month: a month before the 31st may be less than one ago
		if _, err := db.Pool().ExecContext(t.Context(), fmt.Sprintf("UPDATE accounts SET password_changed_at = %d", month)); err != nil {
			t.Fatal(err)
		}
		if mia = s.SignIn(t, "mia@example.com"); !mia.Me(t).RemindPassword || quiet.Me(t).RemindPassword {
			t.Errorf("a month later: %v, without the switch %v", mia.Me(t).RemindPassword, quiet.Me(t).RemindPassword)
		}
		cloudtest.Want[any](t, mia, http.StatusOK, http.MethodGet, "/sites", nil) // it forces nothing
		cloudtest.Want[any](t, mia, http.StatusNoContent, http.MethodPost, "/me/reminded", nil)
		if mia.Me(t).RemindPassword || s.SignIn(t, "mia@example.com").Me(t).RemindPassword {
			t.Error("reminded twice in a month")
		}
	})
}

// shows PM-04 by cloud/account/managers.go: "if err := s.giveSites(anyRevision(ctx), after, before.Sites, form.Sites); err != nil {" => "if err := error(nil); err != nil {"
func TestManagers_SitesFromTheForm(t *testing.T) {
	eachCloud(t, func(t *testing.T, s *cloudtest.Server) {
		ada, eve := s.SetUp(t), s.Stranger(t)
		park, lake, theirs := addSite(t, ada, "Park"), addSite(t, ada, "Lake"), addSite(t, eve, "Theirs")
		m := addManager(t, ada, cloudtest.Object{"site_ids": []string{park}})
		if m.siteNames() != "Park" {
			t.Fatalf("%+v", m)
		}
		change := cloudtest.Object{"first_name": "Mia", "last_name": "Moss", "site_ids": []string{lake, park, lake}}
		m = cloudtest.Want[shownManager](t, ada, http.StatusOK, http.MethodPut, "/managers/"+m.ID, change)
		if m.siteNames() != "Lake, Park" {
			t.Fatalf("%+v", m)
		}
		change["site_ids"] = []string{lake, theirs}
		if a := ada.Do(t, http.MethodPut, "/managers/"+m.ID, change); a.Status != http.StatusUnprocessableEntity || a.Field("site_ids[1]") == "" {
			t.Errorf("a foreign site: %d %s", a.Status, a.Body)
		}
		change["site_ids"] = []string{lake}
		m = cloudtest.Want[shownManager](t, ada, http.StatusOK, http.MethodPut, "/managers/"+m.ID, change)
		mia := activate(t, s, "mia@example.com")
		sites := cloudtest.Want[struct{ Items []thing }](t, mia, http.StatusOK, http.MethodGet, "/sites", nil)
		if m.siteNames() != "Lake" || len(sites.Items) != 1 || sites.Items[0].ID != lake {
			t.Errorf("%+v %+v", m, sites)
		}
	})
}

// shows PM-12 by cloud/account/managers.go: "if form.Email != before.Email {" => "if form.Email == \"\" {"
func TestManagers_ListedFoundEditedDeleted(t *testing.T) {
	eachCloud(t, func(t *testing.T, s *cloudtest.Server) {
		ada, eve := s.SetUp(t), s.Stranger(t)
		park := addSite(t, ada, "Park")
		m := addManager(t, ada, cloudtest.Object{"site_ids": []string{park}})
		addManager(t, ada, cloudtest.Object{"first_name": "Zoë", "last_name": "Ärger", "email": "zoe@example.com"})
		addManager(t, eve, cloudtest.Object{"email": "theirs@example.com"})
		found := func(q string) []shownManager {
			return cloudtest.Want[struct{ Items []shownManager }](t, ada, http.StatusOK, http.MethodGet, "/managers?q="+q, nil).Items
		}
		if all := found(""); len(all) != 2 || all[0].ID != m.ID || all[0].siteNames() != "Park" {
			t.Fatalf("%+v", all)
		}
		if one := found("zoe+arg"); len(one) != 1 || one[0].FirstName != "Zoë" {
			t.Errorf("%+v", one)
		}
		path := "/managers/" + m.ID
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
			if a := eve.Do(t, method, path, cloudtest.Object{"first_name": "E", "last_name": "E"}); a.Status != http.StatusNotFound {
				t.Errorf("%s as another installer: %d", method, a.Status)
			}
		}
		edit := cloudtest.Object{"first_name": "Mia", "last_name": "Moss", "email": "new@example.com"}
		if a := ada.Do(t, http.MethodPut, path, edit); a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Field("email"), "cannot be changed") {
			t.Errorf("another e-mail: %d %s", a.Status, a.Body)
		}
		mia := activate(t, s, "mia@example.com")
		cloudtest.Want[any](t, ada, http.StatusNoContent, http.MethodPost, path+"/reset", nil)
		s.Mails.Wait(t, "mia@example.com", func(m cloudtest.Mail) bool { return strings.Contains(m.Link, "/reset#token=") })
		cloudtest.Want[any](t, ada, http.StatusNoContent, http.MethodDelete, path, nil)
		if a := mia.Do(t, http.MethodGet, "/sites", nil); a.Status != http.StatusUnauthorized {
			t.Errorf("a deleted manager: %d", a.Status)
		}
		if a := ada.Do(t, http.MethodGet, path, nil); a.Status != http.StatusNotFound {
			t.Errorf("deleted: %d", a.Status)
		}
		cloudtest.Want[any](t, ada, http.StatusOK, http.MethodGet, "/sites/"+park, nil)
	})
}

// shows PM-05 PM-06 by cloud/account/assignments.go: "if err := s.cfg.Store.AddAssignment(ctx, a, s.now()); err != nil {" => "if err := error(nil); err != nil {"
// shows PM-07 by cloud/account/assignments.go: "if may.Pay && !mayPay {" => "if false {"
// shows PM-08 by cloud/account/assignments.go: "RenewalMails   bool `json:\"renewal_mails\"`" => "RenewalMails   bool `json:\"-\"`"
func TestAssignments_FromTheSite(t *testing.T) {
	eachCloud(t, func(t *testing.T, s *cloudtest.Server) {
		ada := s.SetUp(t)
		park := addSite(t, ada, "Park")
		m := addManager(t, ada, nil)
		of := func() siteManagers {
			return cloudtest.Want[siteManagers](t, ada, http.StatusOK, http.MethodGet, "/sites/"+park+"/managers", nil)
		}
		if got := of(); len(got.Items) != 0 || len(got.Available) != 1 || !got.MayPay {
			t.Fatalf("later: %+v", got)
		}
		path := "/sites/" + park + "/managers/" + m.ID
		a := cloudtest.Want[shownAssignment](t, ada, http.StatusOK, http.MethodPut, path, cloudtest.Object{})
		if a.Pay == nil || *a.Pay || a.RenewalMails || a.App || a.AppUser != "" || a.DeleteAccounts || a.LogAccess || a.Revision != 1 {
			t.Errorf("at first everything is off: %+v", a)
		}
		a = cloudtest.Want[shownAssignment](t, ada, http.StatusOK, http.MethodPut, path, cloudtest.Object{"pay": true, "renewal_mails": true})
		if got := of(); len(got.Items) != 1 || len(got.Available) != 0 || !*got.Items[0].Pay || !got.Items[0].RenewalMails || a.Revision != 2 {
			t.Errorf("%+v %+v", a, got)
		}
		entries := auditOf(t, s, park)
		if !strings.Contains(entries, `assignment changed {"pay":false,"renewal_mails":false,`) || !strings.Contains(entries, `{"pay":true,"renewal_mails":true,`) {
			t.Errorf("%s", entries)
		}
		cloudtest.Want[any](t, ada, http.StatusNoContent, http.MethodDelete, path, nil)
		if got := of(); len(got.Items) != 0 {
			t.Errorf("%+v", got)
		}

		// An installer who may not pay cannot let a manager pay, and is not shown the switch.
		d := newDesk(t, s)
		d.hand(t, account.Account{Email: "bob@example.com", Name: "Bob"})
		bob := activateLink(t, s, d.letters[len(d.letters)-1].Link.Reveal())
		lake := addSite(t, bob, "Lake")
		other := addManager(t, bob, cloudtest.Object{"email": "other@example.com"})
		path = "/sites/" + lake + "/managers/" + other.ID
		if a := bob.Do(t, http.MethodPut, path, cloudtest.Object{"pay": true}); a.Status != http.StatusUnprocessableEntity || a.Field("pay") == "" {
			t.Errorf("pay without permission: %d %s", a.Status, a.Body)
		}
		if a := cloudtest.Want[shownAssignment](t, bob, http.StatusOK, http.MethodPut, path, cloudtest.Object{}); a.Pay != nil {
			t.Errorf("%+v", a)
		}
		if a := bob.Do(t, http.MethodPut, "/sites/"+lake+"/managers/"+m.ID, cloudtest.Object{}); a.Status != http.StatusNotFound {
			t.Errorf("another's manager: %d", a.Status)
		}
	})
}

// shows PM-09 by cloud/account/assignments.go: "if after.AppUser, err = s.newAppUser(ctx); err != nil {" => "if after.AppUser, err = \"1\", nil; err != nil {"
func TestAssignments_App(t *testing.T) {
	eachCloud(t, func(t *testing.T, s *cloudtest.Server) {
		ada := s.SetUp(t)
		park := addSite(t, ada, "Park")
		m := addManager(t, ada, cloudtest.Object{"site_ids": []string{park}})
		path := "/sites/" + park + "/managers/" + m.ID
		if a := ada.Do(t, http.MethodPost, path+"/app-password", nil); a.Status != http.StatusConflict {
			t.Errorf("while it is off: %d", a.Status)
		}
		on := cloudtest.Want[shownAssignment](t, ada, http.StatusOK, http.MethodPut, path, cloudtest.Object{"app": true})
		if !regexp.MustCompile(`^[1-9][0-9]{9}$`).MatchString(on.AppUser) || on.AppExpiresAt != nil {
			t.Errorf("%+v", on)
		}
		login := cloudtest.Want[map[string]string](t, ada, http.StatusOK, http.MethodPost, path+"/app-password", nil)
		if login["app_user"] != on.AppUser || len(login["app_password"]) != 16 {
			t.Errorf("%v", login)
		}
		if strings.Contains(auditOf(t, s, park), login["app_password"]) || strings.Contains(s.Log.String(), login["app_password"]) {
			t.Error("the password is told twice")
		}
		cloudtest.Want[any](t, ada, http.StatusOK, http.MethodPut, path, cloudtest.Object{})
		if again := cloudtest.Want[shownAssignment](t, ada, http.StatusOK, http.MethodPut, path, cloudtest.Object{"app": true}); again.AppUser != on.AppUser {
			t.Errorf("the number changed: %+v", again)
		}
	})
}

// shows PM-10 by cloud/account/assignments.go: "if right == PeopleDelete && !mine.DeleteAccounts {" => "if false {"
// shows PM-11 by cloud/account/assignments.go: "if (right == EventsRead || right == EventsKeep) && !mine.LogAccess {" => "if false {"
func TestAssignments_NarrowAManager(t *testing.T) {
	eachCloud(t, func(t *testing.T, s *cloudtest.Server) {
		y := newYard(t, s.SetUp(t), "0C11050B9814")
		site := "/sites/" + y.ids["site"]
		person := site + "/people/" + y.ids["person"]
		m := addManager(t, y.Client, cloudtest.Object{"site_ids": []string{y.ids["site"]}})
		mia := activate(t, s, "mia@example.com")
		for _, route := range []string{"GET " + site + "/events", "PUT " + site + "/retention", "GET " + site + "/calls", "GET " + site + "/calls/" + m.ID, "DELETE " + person, "DELETE " + person + "/account", "PUT " + site, "GET /managers"} {
			method, path, _ := strings.Cut(route, " ")
			if a := mia.Do(t, method, path, cloudtest.Object{}); a.Status != http.StatusForbidden {
				t.Errorf("%s: %d %s", route, a.Status, a.Body)
			}
		}
		cloudtest.Want[any](t, y.Client, http.StatusOK, http.MethodPut, site+"/managers/"+m.ID, cloudtest.Object{"log_access": true})
		cloudtest.Want[any](t, mia, http.StatusOK, http.MethodGet, site+"/events", nil)
		cloudtest.Want[any](t, mia, http.StatusOK, http.MethodGet, site+"/calls", nil)
		if a := mia.Do(t, http.MethodDelete, person, nil); a.Status != http.StatusForbidden {
			t.Errorf("with the log alone: %d", a.Status)
		}
		cloudtest.Want[any](t, y.Client, http.StatusOK, http.MethodPut, site+"/managers/"+m.ID, cloudtest.Object{"delete_accounts": true})
		cloudtest.Want[any](t, mia, http.StatusNoContent, http.MethodDelete, person, nil)
		cloudtest.Want[any](t, y.Client, http.StatusNoContent, http.MethodDelete, site+"/managers/"+m.ID, nil)
		if a := mia.Do(t, http.MethodGet, site+"/events", nil); a.Status != http.StatusNotFound {
			t.Errorf("after the site was taken: %d", a.Status)
		}
	})
}
