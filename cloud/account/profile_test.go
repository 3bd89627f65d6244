package account_test

import (
	"strings"
	"testing"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/mail"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

// shows ACC-09 by cloud/account/profile.go: "if err := s.cfg.Store.DeleteSessions(ctx, a.ID, who.Session.ID); err != nil {" => "if err := error(nil); err != nil {"
func TestChangePassword_WantsTheOldOneAndEndsOtherSessions(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		here, _ := h.join(t, s, account.Account{Email: "bob@example.com"})
		there, err := h.SignIn(t.Context(), desk, "bob@example.com", password)
		if err != nil {
			t.Fatal(err)
		}
		who, fresh := h.access(t, here), secret.New("another-Passw0rd")
		for path, try := range map[string][2]secret.String{"old": {secret.New("wrong"), fresh}, "new": {password, secret.New("short")}} {
			if err := h.ChangePassword(t.Context(), who, try[0], try[1]); fault.CodeOf(err) != fault.Invalid || fault.FieldsOf(err)[0].Path != path {
				t.Errorf("%s: %v", path, err)
			}
		}
		if err := h.ChangePassword(t.Context(), who, password, password); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("the same again: %v", err)
		}
		if err := h.CheckOldPassword(t.Context(), who.Account, password); err != nil {
			t.Errorf("the first step: %v", err)
		}
		if err := h.ChangePassword(t.Context(), who, password, fresh); err != nil {
			t.Fatal(err)
		}
		h.access(t, here)
		h.refuses(t, there.Token, "another session")
		if _, err := h.SignIn(t.Context(), desk, "bob@example.com", fresh); err != nil {
			t.Errorf("the new one: %v", err)
		}
		if len(h.of(mail.Changed, "bob@example.com")) != 1 {
			t.Error("the owner was not told")
		}
		who = h.access(t, here)
		for range 5 {
			err = h.ChangePassword(t.Context(), who, password, fresh)
		}
		if fault.CodeOf(err) != fault.Limit {
			t.Errorf("guessing in an open session: %v", err)
		}
	})
}

// shows PM-02 by cloud/account/profile.go: "return a.RemindMonthly && !last.IsZero()" => "return !last.IsZero() && last.IsZero()"
func TestRemind_OnceAMonth(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		signed, bob := h.join(t, s, account.Account{Email: "bob@example.com", Role: account.RoleManager, RemindMonthly: true})
		due := func(at time.Time, want bool) {
			t.Helper()
			if h.now = at; h.RemindPassword(h.account(t, s, bob.ID)) != want {
				t.Errorf("at %v: want %v", at, want)
			}
		}
		began := h.now
		due(began.AddDate(0, 1, 0).Add(-time.Second), false)
		due(began.AddDate(0, 1, 0), true)
		if err := h.Reminded(t.Context(), h.account(t, s, bob.ID)); err != nil {
			t.Fatal(err)
		}
		due(h.now, false)
		due(began.AddDate(0, 2, 0), true)
		_, quiet := h.join(t, s, account.Account{Email: "quiet@example.com"})
		h.now = h.now.AddDate(1, 0, 0)
		if h.RemindPassword(h.account(t, s, quiet.ID)) {
			t.Error("nobody asked to be reminded")
		}
		_ = signed
	})
}

// shows ACC-06 by cloud/account/linkuse.go: "a.Email, a.EmailVerifiedAt = link.Email, now"
func TestChangeEmail_TakesItsPlaceByLink(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		_, bob := h.join(t, s, account.Account{Email: "bob@example.com"})
		a := h.account(t, s, bob.ID)
		for email, pass := range map[string]secret.String{"": password, "bob": password, "BOB@example.com": password, "new@example.com": secret.New("wrong")} {
			if err := h.ChangeEmail(t.Context(), a, email, pass); len(fault.FieldsOf(err)) != 1 {
				t.Errorf("%q: %v", email, err)
			}
		}
		if err := h.ChangeEmail(t.Context(), a, "new@example.com", password); err != nil {
			t.Fatal(err)
		}
		if h.account(t, s, bob.ID).Email != "bob@example.com" {
			t.Fatal("changed before it was confirmed")
		}
		if err := h.ConfirmEmail(t.Context(), desk, token(t, h.of(mail.ConfirmEmail, "new@example.com")[0].Link)); err != nil {
			t.Fatal(err)
		}
		if got := h.account(t, s, bob.ID); got.Email != "new@example.com" || got.EmailVerifiedAt.IsZero() {
			t.Errorf("%+v", got)
		}
		if len(h.of(mail.Changed, "bob@example.com")) == 0 {
			t.Error("the old address was not told")
		}
		_, manager := h.join(t, s, account.Account{Email: "pm@example.com", Role: account.RoleManager})
		err := h.ChangeEmail(t.Context(), h.account(t, s, manager.ID), "other@example.com", password)
		if fault.CodeOf(err) != fault.Invalid || fault.FieldsOf(err)[0].Path != "email" {
			t.Errorf("a manager's address: %v", err)
		}
	})
}

// shows ACC-10 by cloud/account/profile.go: "CheckTimeZone(&f, \"time_zone\", a.TimeZone)"
func TestEditProfile_ChecksEveryField(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		_, bob := h.join(t, s, account.Account{Email: "bob@example.com"})
		ptr := func(s string) *string { return &s }
		off := false
		for path, form := range map[string]account.ProfileForm{
			"name": {Name: ptr(strings.Repeat("x", 10<<20))}, "phone": {Phone: ptr("call me")}, "language": {Language: ptr("tlh")},
			"time_zone": {TimeZone: ptr("../etc/passwd")}, "first_name": {LastName: ptr("Miller")},
		} {
			if _, err := h.EditProfile(t.Context(), bob.ID, form); fault.CodeOf(err) != fault.Invalid || fault.FieldsOf(err)[0].Path != path {
				t.Errorf("%s: %v", path, err)
			}
		}
		a, err := h.EditProfile(t.Context(), bob.ID, account.ProfileForm{
			FirstName: ptr("Bob"), LastName: ptr("Miller"), Phone: ptr("+49 30 1"), Language: ptr("zh-Hans"), TimeZone: ptr("Asia/Shanghai"), Notify: &off,
		})
		if err != nil || a.Name != "Bob Miller" {
			t.Fatalf("%+v %v", a, err)
		}
		kept := h.account(t, s, bob.ID)
		if kept.TimeZone != "Asia/Shanghai" || kept.Language != "zh-Hans" || kept.Notify || kept.Revision != a.Revision {
			t.Errorf("%+v", kept)
		}
		seen := account.WithRevision(t.Context(), a.Revision-1)
		if _, err := h.EditProfile(seen, bob.ID, account.ProfileForm{Phone: ptr("")}); fault.CodeOf(err) != fault.Conflict {
			t.Errorf("an old revision: %v", err)
		}
	})
}

func TestSessions_ListAndEndTheOwnAlone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		here, bob := h.join(t, s, account.Account{Email: "bob@example.com"})
		eve, _ := h.join(t, s, account.Account{Email: "eve@example.com"})
		h.now = h.now.Add(time.Second)
		there, err := h.SignIn(t.Context(), account.Client{From: desk.From, Agent: "Firefox\x00" + strings.Repeat("x", 1000), Bearer: true}, "bob@example.com", password)
		if err != nil {
			t.Fatal(err)
		}
		list, err := h.Sessions(t.Context(), bob.ID)
		if err != nil || len(list) != 2 || len(list[0].Agent) != 256 || !list[0].Bearer || list[0].Address != "192.0.2.7" {
			t.Fatalf("%+v %v", list, err)
		}
		mine := h.account(t, s, bob.ID)
		for _, id := range []domain.SessionID{h.access(t, eve).Session.ID, {}} {
			if err := h.EndSession(t.Context(), mine, id); fault.CodeOf(err) != fault.NotFound {
				t.Errorf("another's session: %v", err)
			}
		}
		if err := h.EndSession(t.Context(), mine, list[0].ID); err != nil {
			t.Fatal(err)
		}
		h.refuses(t, there.Token, "ended")
		there, _ = h.SignIn(t.Context(), desk, "bob@example.com", password)
		if err := h.EndOthers(t.Context(), mine, h.access(t, here).Session.ID); err != nil {
			t.Fatal(err)
		}
		h.refuses(t, there.Token, "all others ended")
		h.access(t, here)
		h.access(t, eve)
	})
}
