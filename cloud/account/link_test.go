package account_test

import (
	"net/netip"
	"slices"
	"strings"
	"sync"
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

// invited is an account that somebody was invited to, with its link.
type invited struct {
	account.Account
	link secret.String
}

// invite makes an installer organisation and invites its owner.
func (h *house) invite(t *testing.T, s *store.Store, a account.Account) invited {
	t.Helper()
	a.Org = account.Org{ID: domain.NewID[domain.OrgID](h.now), Kind: account.OrgInstaller, Name: "Bells Ltd", CreatedAt: h.now}
	if a.Role == "" {
		a.Role = account.RoleInstaller
	}
	a.ID = domain.NewID[domain.AccountID](h.now)
	if a.Name == "" {
		a.Name = "Bob"
	}
	if err := s.SaveOrg(t.Context(), a.Org); err != nil {
		t.Fatal(err)
	}
	link, err := h.Invite(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	if a.Email != "" {
		letters := h.of(mail.Activation, a.Email)
		if len(letters) == 0 || !link.IsZero() {
			t.Fatalf("%d letters, or a link beside: %v", len(letters), !link.IsZero())
		}
		link = letters[len(letters)-1].Link
	}
	return invited{a, link}
}

// join invites somebody and activates the account.
func (h *house) join(t *testing.T, s *store.Store, a account.Account) (account.Signed, invited) {
	t.Helper()
	i := h.invite(t, s, a)
	signed, err := h.Activate(t.Context(), desk, token(t, i.link), password, "")
	if err != nil {
		t.Fatal(err)
	}
	return signed, i
}

// access reads what a token opens.
func (h *house) access(t *testing.T, signed account.Signed) account.Access {
	t.Helper()
	who, err := h.Authenticate(t.Context(), signed.Token, desk.From)
	if err != nil {
		t.Fatal(err)
	}
	return who
}

// account reads an account anew.
func (h *house) account(t *testing.T, s *store.Store, id domain.AccountID) account.Account {
	t.Helper()
	a, err := s.AccountByID(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestInvite_MailsALinkThatWorksOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		bob := h.invite(t, s, account.Account{Email: "Bob@Example.com", Language: "fr", Role: account.RoleManager})
		letter := h.of(mail.Activation, "Bob@Example.com")[0]
		if letter.Language != "fr" || letter.Values["organisation"] != "Bells Ltd" || !strings.HasPrefix(letter.Link.Reveal(), "https://doors.example.com/activate#token=") {
			t.Fatalf("the letter: %+v", letter)
		}
		if _, err := h.SignIn(t.Context(), desk, "bob@example.com", password); fault.CodeOf(err) != fault.Unauthenticated {
			t.Fatalf("before activation: %v", err)
		}
		link, whose, err := h.CheckLink(t.Context(), desk.From, token(t, bob.link))
		if err != nil || link.Kind != account.LinkActivate || whose.Name != "Bob" {
			t.Fatalf("%+v %v", link, err)
		}
		if _, err := h.Activate(t.Context(), desk, token(t, bob.link), secret.New("short"), ""); len(fault.FieldsOf(err)) == 0 {
			t.Fatalf("a short password: %v", err)
		}
		signed, err := h.Activate(t.Context(), desk, token(t, bob.link), password, "bobby")
		if err != nil || signed.Account.Username != "bobby" || signed.Account.EmailVerifiedAt.IsZero() || signed.Account.ActivatedAt.IsZero() {
			t.Fatalf("%+v %v", signed.Account, err)
		}
		for _, name := range []string{"BOB@example.com", "Bobby"} {
			if _, err := h.SignIn(t.Context(), desk, name, password); err != nil {
				t.Errorf("as %s: %v", name, err)
			}
		}
		if _, err := h.Invite(t.Context(), account.Account{Org: bob.Org, Role: account.RoleManager, Email: "bob@EXAMPLE.com"}); fault.CodeOf(err) != fault.Conflict ||
			fault.FieldsOf(err)[0].Path != "email" {
			t.Errorf("the same address: %v", err)
		}
		h.oneAnswer(t, s, bob)
	})
}

// oneAnswer wants the same words for every link that opens nothing; bob's was used.
func (h *house) oneAnswer(t *testing.T, s *store.Store, bob invited) {
	t.Helper()
	late := h.invite(t, s, account.Account{Email: "late@example.com"})
	h.now = h.now.Add(account.ActivateFor)
	if err := h.SendReset(t.Context(), bob.ID); err != nil {
		t.Fatal(err)
	}
	reset := h.of(mail.Reset, "Bob@Example.com")[0]
	var words []string
	for what, link := range map[string]secret.String{
		"used": token(t, bob.link), "expired": token(t, late.link), "of another kind": token(t, reset.Link), "of another service": secret.New(strings.Repeat("A", 43)),
		"none": secret.New(""), "endless": secret.New(strings.Repeat("A", 1<<20)),
	} {
		_, err := h.Activate(t.Context(), desk, link, password, "")
		if fault.CodeOf(err) != fault.Expired || len(fault.FieldsOf(err)) != 0 {
			t.Errorf("%s: %v", what, err)
		}
		words = append(words, fault.Message(err))
		if _, _, err := h.CheckLink(t.Context(), desk.From, link); what != "of another kind" {
			words = append(words, fault.Message(err))
		}
	}
	if slices.Sort(words); len(slices.Compact(words)) != 1 {
		t.Errorf("several answers: %q", words)
	}
	if h.account(t, s, late.ID).ActivatedAt != (time.Time{}) {
		t.Error("an expired link activated")
	}
}

func TestActivate_TwoAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		bob := h.invite(t, s, account.Account{Email: "bob@example.com"})
		text := token(t, bob.link)
		var mu sync.Mutex
		right := 0
		var work sync.WaitGroup
		for range 4 {
			work.Go(func() {
				_, err := h.Activate(t.Context(), desk, text, password, "")
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					right++
				} else if code := fault.CodeOf(err); code != fault.Expired {
					t.Error(err)
				}
			})
		}
		if work.Wait(); right != 1 {
			t.Errorf("the link worked %d times", right)
		}
	})
}

func TestInvite_WithoutAnAddressGivesTheLink(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		carl := h.invite(t, s, account.Account{Username: "Carl7"})
		if carl.link.IsZero() || len(h.letters) != 0 {
			t.Fatal("no link, or a letter")
		}
		signed, err := h.Activate(t.Context(), desk, token(t, carl.link), password, "")
		if err != nil || signed.Account.EmailVerifiedAt != (time.Time{}) {
			t.Fatal(err)
		}
		if err := h.SendReset(t.Context(), carl.ID); fault.CodeOf(err) != fault.Conflict {
			t.Errorf("a reset mail to nowhere: %v", err)
		}
		link, err := h.SendLink(t.Context(), carl.ID)
		if err != nil || !strings.Contains(link.Reveal(), "/reset#token=") {
			t.Errorf("a link to hand over: %v", err)
		}
	})
}

// shows ACC-05 by cloud/account/linkuse.go: "if err != nil || made >= maxResets {" => "if err != nil || made > 100 {"
func TestRecovery_OnlyByALinkToAVerifiedAddress(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		first, bob := h.join(t, s, account.Account{Email: "bob@example.com"})
		sleeper := h.invite(t, s, account.Account{Email: "sleeper@example.com"})
		for _, name := range []string{"bob@example.com", "BOB@example.com", "bob@example.com", "bob@example.com", "nobody@example.com", "sleeper@example.com", "", "\x00"} {
			if err := h.RequestReset(t.Context(), desk, name); err != nil {
				t.Fatalf("%q: %v", name, err)
			}
		}
		letters := h.of(mail.Reset, "bob@example.com")
		if len(letters) != 3 || len(h.of(mail.Reset, "sleeper@example.com")) != 0 {
			t.Fatalf("%d letters for four requests", len(letters))
		}
		if _, err := h.SignIn(t.Context(), desk, "bob@example.com", password); err != nil {
			t.Fatalf("the old password holds until the link is used: %v", err)
		}
		fresh := secret.New("another-Passw0rd")
		if err := h.ResetPassword(t.Context(), desk, token(t, letters[0].Link), fresh); err != nil {
			t.Fatal(err)
		}
		h.refuses(t, first.Token, "a session from before")
		for i, l := range letters {
			if err := h.ResetPassword(t.Context(), desk, token(t, l.Link), password); fault.CodeOf(err) != fault.Expired {
				t.Errorf("link %d afterwards: %v", i, err)
			}
		}
		if _, err := h.SignIn(t.Context(), desk, "bob@example.com", password); fault.CodeOf(err) != fault.Unauthenticated {
			t.Errorf("the old password: %v", err)
		}
		if _, err := h.SignIn(t.Context(), desk, "bob@example.com", fresh); err != nil {
			t.Errorf("the new one: %v", err)
		}
		if told := h.of(mail.Changed, "bob@example.com"); len(told) != 1 || told[0].Values["what"] != "password" {
			t.Errorf("told %+v", told)
		}
		_, _ = bob, sleeper
	})
}

func TestRecovery_LimitsOnePlace(t *testing.T) {
	h := newHouse(t, storetest.SQLite(t))
	var err error
	for range 21 {
		err = h.RequestReset(t.Context(), desk, "nobody@example.com")
	}
	if fault.CodeOf(err) != fault.Limit {
		t.Errorf("21 requests from one place: %v", err)
	}
	for range 31 {
		_, _, err = h.CheckLink(t.Context(), desk.From, secret.New("invented"))
	}
	if fault.CodeOf(err) != fault.Limit {
		t.Errorf("31 invented links from one place: %v", err)
	}
	if _, _, err := h.CheckLink(t.Context(), netip.MustParseAddr("198.51.100.9"), secret.New("invented")); fault.CodeOf(err) != fault.Expired {
		t.Errorf("another place: %v", err)
	}
}
