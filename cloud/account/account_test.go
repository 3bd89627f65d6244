package account_test

import (
	"bytes"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/guard"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

// house is an account service with a clock that tests move and a log that they read.
type house struct {
	*account.Service
	mailbox
	store *store.Store
	now   time.Time
	log   bytes.Buffer
	set   int
}

var passwords = sync.OnceValues(func() (*account.Passwords, error) {
	return account.NewPasswords(account.HashCost{Memory: 64, Passes: 1})
})

func newHouse(t *testing.T, s *store.Store, options ...func(*account.Config)) *house {
	t.Helper()
	p, err := passwords()
	if err != nil {
		t.Fatal(err)
	}
	h := &house{store: s, now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
	cfg := account.Config{
		Store: s, Passwords: p, Mail: h, Notices: h, PublicURL: "https://doors.example.com", Now: func() time.Time { return h.now },
		Logger: slog.New(slog.NewTextHandler(&h.log, nil)), SetUp: func() { h.set++ },
	}
	for _, option := range options {
		option(&cfg)
	}
	h.Service = account.New(cfg)
	return h
}

var (
	password = secret.New("planted-Passw0rd")
	desk     = account.Client{From: netip.MustParseAddr("192.0.2.7")}
)

func (h *house) form(t *testing.T) account.SetupForm {
	t.Helper()
	token, err := h.IssueSetupToken(t.Context())
	if err != nil || token.IsZero() {
		t.Fatalf("no set-up token: %v", err)
	}
	return account.SetupForm{Token: token, Email: "Ada@Example.com", Password: password, Name: "Ada", Organisation: "Doors Ltd"}
}

func (h *house) setUp(t *testing.T) account.Signed {
	t.Helper()
	signed, err := h.SetUp(t.Context(), h.form(t))
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// shows ACC-01 by cloud/account/signin.go: "return Signed{}, errSignIn"
func TestSignIn_OneAnswerForEveryWrongPart(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		h.setUp(t)
		if _, err := h.SignIn(t.Context(), desk, " ada@example.COM ", password); err != nil {
			t.Fatalf("right password: %v", err)
		}
		_, wrong := h.SignIn(t.Context(), desk, "ada@example.com", secret.New("planted-passw0rd"))
		_, unknown := h.SignIn(t.Context(), desk, "nobody@example.com", password)
		for _, err := range []error{wrong, unknown} {
			if fault.CodeOf(err) != fault.Unauthenticated || len(fault.FieldsOf(err)) != 0 {
				t.Fatalf("a wrong part: %v", err)
			}
		}
		if fault.Message(wrong) != fault.Message(unknown) {
			t.Errorf("%q is not %q", fault.Message(wrong), fault.Message(unknown))
		}
		if strings.Contains(h.log.String(), password.Reveal()) {
			t.Error("the password is in the log")
		}
	})
}

func TestSignIn_LocksAfterFiveWrongTries(t *testing.T) {
	h := newHouse(t, storetest.SQLite(t))
	h.setUp(t)
	wrong := secret.New("wrong")
	for _, email := range []string{"ada@example.com", "nobody@example.com"} {
		var err error
		for range 5 {
			_, err = h.SignIn(t.Context(), desk, email, wrong)
		}
		if fault.CodeOf(err) != fault.Limit || guard.RetryAfter(err) != 5*time.Minute || !strings.Contains(fault.Message(err), "in 5 minutes") {
			t.Fatalf("%s after five: %v", email, err)
		}
	}
	if _, err := h.SignIn(t.Context(), desk, "ada@example.com", password); fault.CodeOf(err) != fault.Limit {
		t.Fatalf("the right password while locked: %v", err)
	}
	if _, err := h.SignIn(t.Context(), account.Client{From: netip.MustParseAddr("198.51.100.1")}, "ada@example.com", password); err != nil {
		t.Fatalf("from another place: %v", err)
	}
	h.now = h.now.Add(5*time.Minute + time.Second)
	if _, err := h.SignIn(t.Context(), desk, "ada@example.com", password); err != nil {
		t.Fatalf("after the lock: %v", err)
	}
}

func TestSignIn_LocksAPlaceThatTriesManyAccounts(t *testing.T) {
	h := newHouse(t, storetest.SQLite(t))
	var last error
	for i := range 30 {
		_, last = h.SignIn(t.Context(), account.Client{From: netip.MustParseAddr("2001:db8::" + string(rune('1'+i%9)))}, string(rune('a'+i))+"@example.com", password)
	}
	if fault.CodeOf(last) != fault.Limit {
		t.Fatalf("thirty accounts from one /64: %v", last)
	}
}

func TestSession_EndsByRestAgeAndSignOut(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		signed := h.setUp(t)
		who, err := h.Authenticate(t.Context(), signed.Token, netip.Addr{})
		a := who.Account
		if err != nil || a.Email != "Ada@Example.com" || a.Org.Kind != account.OrgOperator {
			t.Fatalf("%+v %v", a, err)
		}
		for range 20 { // used every 20 hours it lives, up to its age
			h.now = h.now.Add(20 * time.Hour)
			if _, err := h.Authenticate(t.Context(), signed.Token, netip.Addr{}); err != nil && h.now.Before(signed.ExpiresAt) {
				t.Fatalf("at %v: %v", h.now, err)
			}
		}
		h.refuses(t, signed.Token, "too old")

		idle, err := h.SignIn(t.Context(), desk, "ada@example.com", password)
		if err != nil || idle.Token.Equal(signed.Token) {
			t.Fatalf("%v, or the token came back", err)
		}
		h.now = h.now.Add(account.SessionIdle + time.Second)
		h.refuses(t, idle.Token, "unused")

		out, err := h.SignIn(t.Context(), desk, "ada@example.com", password)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.SignOut(t.Context(), out.Token); err != nil {
			t.Fatal(err)
		}
		h.refuses(t, out.Token, "signed out")
		h.refuses(t, secret.New(""), "empty")
		h.refuses(t, secret.New(strings.Repeat("A", 1<<20)), "endless")
	})
}

func (h *house) refuses(t *testing.T, token secret.String, why string) {
	t.Helper()
	if _, err := h.Authenticate(t.Context(), token, netip.Addr{}); fault.CodeOf(err) != fault.Unauthenticated {
		t.Errorf("%s: %v", why, err)
	}
}

func TestSetUp_TokenWorksOnceForAnHour(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		old := h.form(t)
		form := h.form(t) // a second start: the first token is void
		if open, err := h.SetupOpen(t.Context()); err != nil || !open {
			t.Fatalf("open %v %v", open, err)
		}
		refused := func(f account.SetupForm, why string) {
			t.Helper()
			if _, err := h.SetUp(t.Context(), f); fault.CodeOf(err) != fault.Forbidden {
				t.Fatalf("%s: %v", why, err)
			}
		}
		refused(old, "replaced")
		h.now = h.now.Add(account.SetupTokenFor)
		refused(form, "expired")

		form = h.form(t)
		bad := form
		bad.Password, bad.Email, bad.Name = secret.New("short"), "nobody", strings.Repeat("x", 10_000)
		_, err := h.SetUp(t.Context(), bad)
		paths := map[string]bool{}
		for _, f := range fault.FieldsOf(err) {
			paths[f.Path] = true
		}
		if fault.CodeOf(err) != fault.Invalid || !paths["password"] || !paths["email"] || !paths["name"] {
			t.Fatalf("a form with faults: %v", err)
		}
		signed, err := h.SetUp(t.Context(), form)
		if err != nil || h.set != 1 || signed.Account.Role != account.RoleOperator {
			t.Fatalf("%v, told %d times", err, h.set)
		}
		refused(form, "used")
		if token, err := h.IssueSetupToken(t.Context()); err != nil || !token.IsZero() {
			t.Fatalf("a token although there is an account: %v", err)
		}
		if open, _ := h.SetupOpen(t.Context()); open {
			t.Error("still open")
		}
		own, err := s.InstallerOrg(t.Context(), signed.Account.Org.ID)
		if err != nil || own == signed.Account.Org.ID {
			t.Errorf("own installer organisation: %v %v", own, err)
		}
	})
}

func TestSetUp_TwoAtOnceMakeOneAccount(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		form := h.form(t)
		answers := make(chan error, 4)
		for range cap(answers) {
			go func() {
				_, err := h.SetUp(t.Context(), form)
				answers <- err
			}()
		}
		made := 0
		for range cap(answers) {
			if err := <-answers; err == nil {
				made++
			} else if fault.CodeOf(err) != fault.Forbidden {
				t.Error(err)
			}
		}
		if made != 1 {
			t.Errorf("%d accounts were made", made)
		}
	})
}
