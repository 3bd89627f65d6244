package api_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"vestibule/cloud"
	"vestibule/cloud/account"
	"vestibule/cloud/cloudtest"
)

func hasLink(path string) func(cloudtest.Mail) bool {
	return func(m cloudtest.Mail) bool { return strings.Contains(m.Link, path+"#token=") }
}

// shows ACC-05 by cloud/account/linkuse.go: "if a.Email == \"\" || a.EmailVerifiedAt.IsZero() || a.ActivatedAt.IsZero() {" => "if a.Email == \"\" {"
func TestRecovery_ByMailOnceAndOnlyWhereSomebodyAnswered(t *testing.T) {
	eachCloud(t, func(t *testing.T, s *cloudtest.Server) {
		ada := s.SetUp(t)
		d := newDesk(t, s)
		carl := s.Activate(t, d.hand(t, account.Account{Username: "carl", Name: "Carl"}))
		cloudtest.Want[any](t, carl, http.StatusOK, http.MethodPost, "/session/email", cloudtest.Object{"email": "carl@example.com"})
		confirm := s.Mails.Wait(t, "carl@example.com", hasLink("/confirm"))

		nobody := cloudtest.Client{URL: s.URL}
		for _, login := range []string{"carl", "carl@example.com", "nobody@example.com", "ADA@example.com"} {
			cloudtest.Want[any](t, nobody, http.StatusAccepted, http.MethodPost, "/links/reset", cloudtest.Object{"login": login})
		}
		reset := s.Mails.Wait(t, "ada@example.com", hasLink("/reset"))
		body := cloudtest.Object{"token": tokenOf(reset.Link), "password": "another-Passw0rd"}
		cloudtest.Want[any](t, nobody, http.StatusNoContent, http.MethodPost, "/links/password", body)
		if a := nobody.Do(t, http.MethodPost, "/links/password", body); a.Status != http.StatusGone {
			t.Errorf("the link again: %d", a.Status)
		}
		if a := ada.Do(t, http.MethodGet, "/me", nil); a.Status != http.StatusUnauthorized {
			t.Errorf("a session from before: %d", a.Status)
		}
		if a := nobody.Do(t, http.MethodPost, "/session", cloudtest.Object{"login": "ada@example.com", "password": "another-Passw0rd"}); a.Status != http.StatusOK {
			t.Errorf("the new password: %d", a.Status)
		}
		s.Mails.Wait(t, "ada@example.com", func(m cloudtest.Mail) bool { return !strings.Contains(m.Text, "#token=") }) // told of the change
		for _, m := range s.Mails.All("carl@example.com") {
			if hasLink("/reset")(m) {
				t.Error("a reset mail to an address that nobody confirmed")
			}
		}

		cloudtest.Want[any](t, nobody, http.StatusNoContent, http.MethodPost, "/links/email", cloudtest.Object{"token": tokenOf(confirm.Link)})
		if !carl.Me(t).EmailVerified {
			t.Error("not confirmed by the link")
		}
		cloudtest.Want[any](t, nobody, http.StatusAccepted, http.MethodPost, "/links/reset", cloudtest.Object{"login": "carl"})
		s.Mails.Wait(t, "carl@example.com", hasLink("/reset"))
	})
}

func TestChangeEmail_ByMail(t *testing.T) {
	eachCloud(t, func(t *testing.T, s *cloudtest.Server) {
		ada := s.SetUp(t)
		wrong := ada.Do(t, http.MethodPost, "/me/email", cloudtest.Object{"email": "", "password": cloudtest.Password})
		if wrong.Status != http.StatusUnprocessableEntity || wrong.Field("email") != "Enter the e-mail address." {
			t.Errorf("an empty address: %d %s", wrong.Status, wrong.Body)
		}
		cloudtest.Want[any](t, ada, http.StatusAccepted, http.MethodPost, "/me/email", cloudtest.Object{"email": "new@example.com", "password": cloudtest.Password})
		link := s.Mails.Wait(t, "new@example.com", hasLink("/confirm"))
		s.Mails.Wait(t, "ada@example.com", nil)
		if me := ada.Me(t); me.Email != "ada@example.com" {
			t.Errorf("changed before it was confirmed: %s", me.Email)
		}
		cloudtest.Want[any](t, cloudtest.Client{URL: s.URL}, http.StatusNoContent, http.MethodPost, "/links/email", cloudtest.Object{"token": tokenOf(link.Link)})
		if me := ada.Me(t); me.Email != "new@example.com" || !me.EmailVerified {
			t.Errorf("%+v", me)
		}
	})
}

func TestLock_IsMailedToItsOwner(t *testing.T) {
	eachCloud(t, func(t *testing.T, s *cloudtest.Server) {
		s.SetUp(t)
		var last cloudtest.Answer
		for range 5 {
			last = cloudtest.Client{URL: s.URL}.Do(t, http.MethodPost, "/session", cloudtest.Object{"login": "ada@example.com", "password": "wrong"})
		}
		if last.Status != http.StatusTooManyRequests || last.Header.Get("Retry-After") != "300" {
			t.Errorf("the fifth: %d %q", last.Status, last.Header.Get("Retry-After"))
		}
		m := s.Mails.Wait(t, "ada@example.com", nil)
		if !strings.Contains(m.Text, "127.0.0.1") {
			t.Errorf("the mail does not say from where: %s", m.Text)
		}
	})
}

func TestTrustedProxy_TellsTheRealAddress(t *testing.T) {
	signIn := func(s *cloudtest.Server, forwarded string) string {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/api/v1/session",
			strings.NewReader(`{"login":"ada@example.com","password":"`+cloudtest.Password+`","bearer":true}`))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		for line := range strings.SplitSeq(forwarded, "\n") {
			request.Header.Add("X-Forwarded-For", line)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		list := cloudtest.Want[struct{ Items []struct{ Address string } }](t, s.SignIn(t, "ada@example.com"), http.StatusOK, http.MethodGet, "/sessions", nil)
		for _, one := range list.Items {
			if one.Address != "127.0.0.1" {
				return one.Address
			}
		}
		return "127.0.0.1"
	}
	open := cloudtest.Start(t, "")
	open.SetUp(t)
	if got := signIn(open, "203.0.113.9"); got != "127.0.0.1" {
		t.Errorf("a stranger's word for its address is believed: %s", got)
	}
	for forwarded, want := range map[string]string{
		"203.0.113.9": "203.0.113.9", "1.2.3.4, 203.0.113.9": "203.0.113.9", "203.0.113.9, 10.0.0.7": "203.0.113.9", "nonsense": "127.0.0.1", "": "127.0.0.1",
		"1.2.3.4\n203.0.113.9": "203.0.113.9",
	} {
		s := cloudtest.Start(t, "", func(c *cloud.Config) {
			c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}
		})
		s.SetUp(t)
		if got := signIn(s, forwarded); got != want {
			t.Errorf("%q: %s, want %s", forwarded, got, want)
		}
	}
}
