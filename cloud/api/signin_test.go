package api_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/cloudtest"
	"vestibule/cloud/mail"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
)

// desk hands out accounts of a running cloud, as those above do.
type desk struct {
	*account.Service
	*cloudtest.Server
	db      *store.Store
	letters []mail.Letter
}

func (d *desk) Post(_ context.Context, l mail.Letter) error {
	d.letters = append(d.letters, l)
	return nil
}

func (d *desk) Tell(context.Context, domain.AccountID, string, map[string]string) error { return nil }

var hashing = sync.OnceValues(func() (*account.Passwords, error) { return account.NewPasswords(cloudtest.Cheap) })

func newDesk(t *testing.T, s *cloudtest.Server) *desk {
	t.Helper()
	db, err := store.Open(t.Context(), s.DSN)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	p, err := hashing()
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{Server: s, db: db}
	d.Service = account.New(account.Config{
		Store: db, Passwords: p, Mail: d, Notices: d, PublicURL: s.URL, Now: time.Now, Logger: slog.New(slog.DiscardHandler),
	})
	return d
}

// hand makes an installer organisation with an account and gives its activation link.
func (d *desk) hand(t *testing.T, a account.Account) string {
	t.Helper()
	now := time.Now()
	a.Org = account.Org{ID: domain.NewID[domain.OrgID](now), Kind: account.OrgInstaller, Name: "Bells Ltd", CreatedAt: now}
	if err := d.db.SaveOrg(t.Context(), a.Org); err != nil {
		t.Fatal(err)
	}
	if a.Role == "" {
		a.Role = account.RoleInstaller
	}
	link, err := d.Invite(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	if link.IsZero() {
		link = d.letters[len(d.letters)-1].Link
	}
	return link.Reveal()
}

func eachCloud(t *testing.T, test func(t *testing.T, s *cloudtest.Server)) {
	t.Helper()
	for name, dsn := range map[string]func(t *testing.T) string{"sqlite": func(*testing.T) string { return "" }, "postgres": storetest.PostgresDSN} {
		t.Run(name, func(t *testing.T) { test(t, cloudtest.Start(t, dsn(t))) })
	}
}

func tokenOf(link string) string {
	_, token, _ := strings.Cut(link, "#token=")
	return token
}

// shows ACC-04 ACC-07 by cloud/api/auth.go: "if before, _ := op.Metadata[gateName].(bool); !before && who.Gate != account.GateOpen {" => "if before, _ := op.Metadata[gateName].(bool); before && who.Gate == \"?\" {"
func TestSignIn_FromTheLinkThroughTheGates(t *testing.T) {
	eachCloud(t, func(t *testing.T, s *cloudtest.Server) {
		s.SetUp(t)
		d := newDesk(t, s)
		link := d.hand(t, account.Account{Username: "bob", Name: "Bob"})
		nobody := cloudtest.Client{URL: s.URL}
		state := cloudtest.Want[map[string]string](t, nobody, http.StatusOK, http.MethodPost, "/links/check", cloudtest.Object{"token": tokenOf(link)})
		if state["kind"] != "activate" || state["organisation"] != "Bells Ltd" || state["username"] != "bob" {
			t.Errorf("%v", state)
		}
		signed := cloudtest.Want[struct{ Token, Gate string }](t, nobody, http.StatusOK, http.MethodPost, "/links/activate", cloudtest.Object{
			"token": tokenOf(link), "password": cloudtest.Password, "bearer": true,
		})
		bob := cloudtest.Client{URL: s.URL, Token: signed.Token}
		if me := bob.Me(t); signed.Gate != "consent" || me.Gate != "consent" || len(me.Rights) != 0 || me.Policy.Current != 1 {
			t.Fatalf("%q %+v", signed.Gate, me)
		}
		closed := func(words string) {
			t.Helper()
			for _, route := range []string{"GET /sites", "GET /sessions", "PUT /me", "POST /me/password", "DELETE /sessions"} {
				method, path, _ := strings.Cut(route, " ")
				if a := bob.Do(t, method, path, nil); a.Status != http.StatusForbidden || !strings.Contains(string(a.Body), words) {
					t.Errorf("%s: %d %s", route, a.Status, a.Body)
				}
			}
		}
		closed("agree to the privacy policy")
		bob.Agree(t)
		closed("give an e-mail address")
		me := cloudtest.Want[cloudtest.Me](t, bob, http.StatusOK, http.MethodPost, "/session/email", cloudtest.Object{"email": "bob@example.com"})
		if me.Gate != "" || me.EmailVerified || me.Email != "bob@example.com" || len(me.Rights) == 0 || me.Role != "installer" || me.Org.Name != "Bells Ltd" {
			t.Errorf("%+v", me)
		}
		cloudtest.Want[any](t, bob, http.StatusOK, http.MethodGet, "/sites", nil)
	})
}

// shows ACC-01 by cloud/account/signin.go: "known := err == nil && !a.ActivatedAt.IsZero() && !a.PasswordHash.IsZero()" => "known := err == nil"
func TestSignIn_WrongAnswersAreTheSameByteForByte(t *testing.T) {
	eachCloud(t, func(t *testing.T, s *cloudtest.Server) {
		s.SetUp(t)
		d := newDesk(t, s)
		used := d.hand(t, account.Account{Email: "bob@example.com", Name: "Bob"})
		s.Activate(t, used)
		waiting := d.hand(t, account.Account{Email: "waiting@example.com", Name: "Eve"})
		nobody := cloudtest.Client{URL: s.URL}
		words := func(path string, body cloudtest.Object, status int) string {
			t.Helper()
			a := nobody.Do(t, http.MethodPost, path, body)
			if a.Status != status {
				t.Errorf("%s: %d %s", path, a.Status, a.Body)
			}
			var p map[string]any
			if err := json.Unmarshal(a.Body, &p); err != nil && len(a.Body) > 0 {
				t.Fatal(err)
			}
			delete(p, "request_id")
			text, _ := json.Marshal(p)
			return string(text)
		}
		same := func(path string, status int, bodies ...cloudtest.Object) {
			t.Helper()
			first := words(path, bodies[0], status)
			for _, body := range bodies[1:] {
				if got := words(path, body, status); got != first {
					t.Errorf("%s: %s is not %s", path, got, first)
				}
			}
		}
		same("/session", http.StatusUnauthorized,
			cloudtest.Object{"login": "bob@example.com", "password": "wrong"}, cloudtest.Object{"login": "nobody@example.com", "password": "wrong"},
			cloudtest.Object{"login": "waiting@example.com", "password": "wrong"}, cloudtest.Object{"login": "nobody", "password": cloudtest.Password},
			cloudtest.Object{"email": "bob@example.com"})
		foreign := strings.Repeat("A", 43)
		same("/links/activate", http.StatusGone,
			cloudtest.Object{"token": tokenOf(used), "password": cloudtest.Password}, cloudtest.Object{"token": foreign, "password": cloudtest.Password})
		same("/links/password", http.StatusGone,
			cloudtest.Object{"token": tokenOf(waiting), "password": cloudtest.Password}, cloudtest.Object{"token": foreign, "password": cloudtest.Password})
		same("/links/check", http.StatusGone, cloudtest.Object{"token": tokenOf(used)}, cloudtest.Object{"token": foreign}, cloudtest.Object{})
		same("/links/email", http.StatusGone, cloudtest.Object{"token": tokenOf(waiting)}, cloudtest.Object{"token": foreign})
		same("/links/reset", http.StatusAccepted, cloudtest.Object{"login": "bob@example.com"}, cloudtest.Object{"login": "nobody@example.com"}, cloudtest.Object{})
		if a := nobody.Do(t, http.MethodPost, "/links/check", cloudtest.Object{"token": strings.Repeat("A", 10<<20)}); a.Status != http.StatusRequestEntityTooLarge {
			t.Errorf("10 MB: %d", a.Status)
		}
		if strings.Contains(s.Log.String(), tokenOf(used)) || strings.Contains(s.Log.String(), cloudtest.Password) {
			t.Error("a token or a password is in the log")
		}
	})
}

// shows ACC-07 by cloud/account/policy.go: "if err := s.cfg.Store.EndSession(ctx, a.ID, who.Session.ID); err != nil {" => "if err := error(nil); err != nil {"
func TestConsent_DecliningEndsTheSession(t *testing.T) {
	eachCloud(t, func(t *testing.T, s *cloudtest.Server) {
		operator := s.SetUp(t)
		d := newDesk(t, s)
		bob := s.Activate(t, d.hand(t, account.Account{Email: "bob@example.com", Name: "Bob"}))
		p := cloudtest.Want[struct {
			Version int
			Body    string
		}](t, cloudtest.Client{URL: s.URL}, http.StatusOK, http.MethodGet, "/policy", nil)
		if p.Version != 1 || !strings.Contains(p.Body, "# What this text is about") {
			t.Errorf("the first policy: %d", p.Version)
		}
		if a := bob.Do(t, http.MethodPost, "/policy", cloudtest.Object{"body": "mine"}); a.Status != http.StatusForbidden {
			t.Errorf("an installer publishes: %d", a.Status)
		}
		cloudtest.Want[any](t, operator, http.StatusCreated, http.MethodPost, "/policy", cloudtest.Object{"body": "# New"})
		if me := bob.Me(t); me.Gate != "consent" {
			t.Fatalf("after a new text: %+v", me)
		}
		if a := bob.Do(t, http.MethodPost, "/session/consent", cloudtest.Object{"version": 2, "agree": false}); a.Status != http.StatusUnauthorized {
			t.Errorf("disagreeing: %d %s", a.Status, a.Body)
		}
		if a := bob.Do(t, http.MethodGet, "/me", nil); a.Status != http.StatusUnauthorized {
			t.Errorf("afterwards: %d", a.Status)
		}
		again := s.SignIn(t, "bob@example.com")
		if me := again.Me(t); me.Gate != "consent" {
			t.Errorf("the next sign-in does not ask: %+v", me)
		}
		if me := operator.Me(t); me.Gate != "" {
			t.Errorf("the operator is asked: %+v", me)
		}
	})
}

func TestSessions_SignOutEverywhere(t *testing.T) {
	eachCloud(t, func(t *testing.T, s *cloudtest.Server) {
		here := s.SetUp(t)
		there, third := s.SignIn(t, "ada@example.com"), s.SignIn(t, "ADA@example.com")
		list := cloudtest.Want[struct {
			Items []struct {
				ID, Agent, Address string
				Current            bool
			}
		}](t, here, http.StatusOK, http.MethodGet, "/sessions", nil)
		current := 0
		for _, one := range list.Items {
			if one.Current {
				current++
			}
			if one.Address != "127.0.0.1" || !strings.Contains(one.Agent, "Go-http-client") {
				t.Errorf("%+v", one)
			}
		}
		if len(list.Items) != 3 || current != 1 {
			t.Fatalf("%+v", list)
		}
		cloudtest.Want[any](t, here, http.StatusNoContent, http.MethodDelete, "/sessions/"+list.Items[0].ID, nil)
		if a := here.Do(t, http.MethodDelete, "/sessions/"+list.Items[0].ID, nil); a.Status != http.StatusNotFound {
			t.Errorf("twice: %d", a.Status)
		}
		cloudtest.Want[any](t, here, http.StatusNoContent, http.MethodDelete, "/sessions", nil)
		for _, c := range []cloudtest.Client{there, third} {
			if a := c.Do(t, http.MethodGet, "/me", nil); a.Status != http.StatusUnauthorized {
				t.Errorf("another session: %d", a.Status)
			}
		}
		other := s.SignIn(t, "ada@example.com")
		cloudtest.Want[any](t, here, http.StatusNoContent, http.MethodPost, "/me/password", cloudtest.Object{"old": cloudtest.Password, "new": "another-Passw0rd"})
		if a := other.Do(t, http.MethodGet, "/me", nil); a.Status != http.StatusUnauthorized {
			t.Errorf("another session after a new password: %d", a.Status)
		}
		here.Me(t)
	})
}
