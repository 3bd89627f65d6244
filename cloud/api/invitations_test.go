package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"vestibule/cloud/cloudtest"
)

// refusalWords gives what a problem document says to a person, without the number of the request.
func refusalWords(t *testing.T, a cloudtest.Answer) string {
	t.Helper()
	var p struct{ Title, Detail, Code string }
	if err := json.Unmarshal(a.Body, &p); err != nil {
		t.Fatal(err)
	}
	return p.Title + "|" + p.Detail + "|" + p.Code
}

// Everybody who is invited gets a mail in the language asked for; its link opens the account once, and then says what a made-up one says.
//
// shows PM-01 PEOPLE-03 by cloud/account/link.go: "l.Language, l.Account, l.Org = a.Language, a.ID, a.Org.ID" => "	l.Account, l.Org = a.ID, a.Org.ID"
// shows ACC-18 by cloud/account/subaccounts.go: "_, err = s.Invite(ctx, sub)" => "		err = s.cfg.Store.SaveAccount(ctx, sub)"
func TestInvitations_MailedAndUsedOnce(t *testing.T) {
	eachCloud(t, func(t *testing.T, s *cloudtest.Server) {
		y := newYard(t, s.SetUp(t), "0C11050B9814")
		person := "/sites/" + y.ids["site"] + "/people/" + y.ids["person"]
		addManager(t, y.Client, cloudtest.Object{"language": "pl"})
		cloudtest.Want[thing](t, y.Client, http.StatusCreated, http.MethodPost, "/subaccounts", cloudtest.Object{"username": "sub.one", "email": "sub@example.com"})
		eva := cloudtest.Object{"apartment_id": y.ids["apartment"], "first_name": "Eva", "last_name": "Miller", "email": "eva@example.com"}
		cloudtest.Want[any](t, y.Client, http.StatusOK, http.MethodPut, person, eva)
		cloudtest.Want[any](t, y.Client, http.StatusCreated, http.MethodPost, person+"/account", cloudtest.Object{"role": "resident", "language": "fr"})

		nobody := cloudtest.Client{URL: s.URL}
		use := func(token string) cloudtest.Answer {
			return nobody.Do(t, http.MethodPost, "/links/activate", cloudtest.Object{"token": token, "password": "another-Passw0rd", "bearer": true})
		}
		invented := use(strings.Repeat("A", 43))
		if invented.Status != http.StatusGone {
			t.Fatalf("a made-up link: %d %s", invented.Status, invented.Body)
		}
		for _, who := range []struct{ email, language, subject, role string }{
			{"mia@example.com", "pl", "konto", "manager"},
			{"sub@example.com", "en", "account", "subinstaller"},
			{"eva@example.com", "fr", "compte", "resident"},
		} {
			m := s.Mails.Wait(t, who.email, nil)
			if m.Language != who.language || !strings.Contains(m.Subject, who.subject) || !strings.HasPrefix(m.Link, s.URL+"/activate#token=") {
				t.Errorf("%s: language %q, subject %q, link %q", who.email, m.Language, m.Subject, m.Link)
			}
			if to := m.Header.Get("To"); !strings.Contains(to, who.email) || m.HTML == "" {
				t.Errorf("%s: to %q", who.email, to)
			}
			s.Activate(t, m.Link)
			if again := use(tokenOf(m.Link)); again.Status != http.StatusGone || refusalWords(t, again) != refusalWords(t, invented) {
				t.Errorf("%s a second time: %d %s", who.email, again.Status, again.Body)
			}
			if me := s.SignIn(t, who.email).Me(t); me.Role != who.role || me.Gate != "" || !me.EmailVerified || me.Email != who.email {
				t.Errorf("%s signed in as %+v", who.email, me)
			}
			if n := len(s.Mails.All(who.email)); n != 1 {
				t.Errorf("%s got %d mails", who.email, n)
			}
			if strings.Contains(s.Log.String(), tokenOf(m.Link)) {
				t.Errorf("the log holds the link of %s", who.email)
			}
		}
	})
}
