package account_test

import (
	"context"
	"fmt"
	"net/netip"
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

// digits is a second factor whose code is always 123456.
type digits struct{ sent int }

func (d *digits) Methods(context.Context, account.Account) ([]account.Method, error) {
	return []account.Method{account.MethodEmail}, nil
}

func (d *digits) SendCode(context.Context, account.Account, domain.SessionID) error {
	d.sent++
	return nil
}

func (d *digits) Check(_ context.Context, _ account.Account, _ domain.SessionID, m account.Method, code secret.String) (bool, error) {
	return m == account.MethodEmail && code.Reveal() == "123456", nil
}

func (d *digits) FinishPasskey(context.Context, secret.String, []byte) (domain.AccountID, error) {
	return domain.AccountID{}, fault.New(fault.Unauthenticated, "no")
}

func withFactors(f account.Factors) func(*account.Config) {
	return func(c *account.Config) { c.Factors = f }
}

func wantGate(t *testing.T, who account.Access, gate account.Gate) {
	t.Helper()
	if who.Gate != gate {
		t.Fatalf("the gate is %q, want %q", who.Gate, gate)
	}
}

// shows ACC-03 PM-03 by cloud/account/session.go: "session.Stage, session.ExpiresAt = StageFactor, now.Add(FactorFor)" => "session.FactorAt = now"
func TestGates_FactorThenConsentThenAddress(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := &digits{}
		h := newHouse(t, s, withFactors(f))
		if err := h.EnsurePolicy(t.Context()); err != nil {
			t.Fatal(err)
		}
		signed, bob := h.join(t, s, account.Account{Email: "bob@example.com", EmailFactor: true, Role: account.RoleManager})
		who := h.access(t, signed)
		wantGate(t, who, account.GateFactor)
		if err := h.AnswerPolicy(t.Context(), who, 1, true); fault.CodeOf(err) != fault.Conflict {
			t.Fatalf("consent before the factor: %v", err)
		}
		if err := h.GiveEmail(t.Context(), who, "eve@example.com"); fault.CodeOf(err) != fault.Conflict {
			t.Fatalf("another address before the factor: %v", err)
		}
		if err := h.SendFactorCode(t.Context(), who); err != nil || f.sent != 1 {
			t.Fatalf("%v, %d sent", err, f.sent)
		}
		if err := h.PassFactor(t.Context(), who, account.MethodEmail, secret.New("000000")); fault.FieldsOf(err)[0].Path != "code" {
			t.Fatalf("a wrong code: %v", err)
		}
		if err := h.PassFactor(t.Context(), who, account.MethodEmail, secret.New("123456")); err != nil {
			t.Fatal(err)
		}
		who = h.access(t, signed)
		wantGate(t, who, account.GateConsent)
		if err := h.AnswerPolicy(t.Context(), who, 1, true); err != nil {
			t.Fatal(err)
		}
		who = h.access(t, signed)
		wantGate(t, who, account.GateOpen)
		if who.Session.FactorAt.IsZero() || !who.Session.ExpiresAt.Equal(h.now.Add(account.SessionMost)) {
			t.Errorf("the session: %+v", who.Session)
		}
		waiting, err := h.SignIn(t.Context(), desk, "bob@example.com", password)
		if err != nil || waiting.Gate != account.GateFactor {
			t.Fatal(waiting.Gate, err)
		}
		h.now = h.now.Add(account.FactorFor)
		h.refuses(t, waiting.Token, "waited for the factor too long")
		_ = bob
	})
}

func TestGates_AnAddressComesBeforeACodeThatNeedsIt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s, withFactors(&digits{}))
		signed, _ := h.join(t, s, account.Account{Username: "carl", EmailFactor: true})
		who := h.access(t, signed)
		wantGate(t, who, account.GateEmail)
		for _, bad := range []string{"", "nobody", "a@b@c"} {
			if err := h.GiveEmail(t.Context(), who, bad); len(fault.FieldsOf(err)) != 1 {
				t.Errorf("%q: %v", bad, err)
			}
		}
		if err := h.GiveEmail(t.Context(), who, "carl@example.com"); err != nil {
			t.Fatal(err)
		}
		who = h.access(t, signed)
		wantGate(t, who, account.GateFactor)
		if err := h.PassFactor(t.Context(), who, account.MethodEmail, secret.New("123456")); err != nil {
			t.Fatal(err)
		}
		if who = h.access(t, signed); who.Gate != account.GateOpen || who.Account.EmailVerifiedAt.IsZero() {
			t.Errorf("a mailed code came back: %+v", who.Account)
		}
	})
}

func TestPassFactor_FiveWrongCodesEndTheSession(t *testing.T) {
	h := newHouse(t, storetest.SQLite(t), withFactors(&digits{}))
	s := h.store
	signed, bob := h.join(t, s, account.Account{Email: "bob@example.com", EmailFactor: true})
	who := h.access(t, signed)
	var err error
	for range 5 {
		err = h.PassFactor(t.Context(), who, account.MethodEmail, secret.New("000000"))
	}
	if fault.CodeOf(err) != fault.Unauthenticated {
		t.Fatalf("the fifth: %v", err)
	}
	h.refuses(t, signed.Token, "five wrong codes")
	if len(h.of(mail.LockedOut, "bob@example.com")) != 1 {
		t.Error("nobody was told that somebody knows the password")
	}
	_ = bob
}

// shows ACC-07 by cloud/account/session.go: "if a.AgreedVersion < version {" => "if a.AgreedVersion < 0*version {"
func TestConsent_AskedAgainAfterNoAndAfterANewText(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		operator := h.setUp(t)
		if err := h.EnsurePolicy(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantGate(t, h.access(t, operator), account.GateOpen) // who wrote it is not asked
		signed, bob := h.join(t, s, account.Account{Email: "bob@example.com"})
		who := h.access(t, signed)
		wantGate(t, who, account.GateConsent)
		if err := h.AnswerPolicy(t.Context(), who, 7, true); fault.CodeOf(err) != fault.Conflict {
			t.Fatalf("another version: %v", err)
		}
		if err := h.AnswerPolicy(t.Context(), who, 1, false); err != nil {
			t.Fatal(err)
		}
		h.refuses(t, signed.Token, "disagreed")
		h.now = h.now.Add(time.Minute)
		signed, err := h.SignIn(t.Context(), desk, "bob@example.com", password)
		if err != nil || signed.Gate != account.GateConsent {
			t.Fatalf("asked again: %v %q", err, signed.Gate)
		}
		if err := h.AnswerPolicy(t.Context(), h.access(t, signed), 1, true); err != nil {
			t.Fatal(err)
		}
		wantGate(t, h.access(t, signed), account.GateOpen)

		ctx := account.With(t.Context(), h.access(t, operator).Caller)
		if _, err := h.Publish(ctx, " \n"); len(fault.FieldsOf(err)) == 0 {
			t.Errorf("an empty text: %v", err)
		}
		p, err := h.Publish(ctx, "# New\r\nWe changed it.")
		if err != nil || p.Version != 2 || p.Body != "# New\nWe changed it." || p.PublishedBy != operator.Account.ID {
			t.Fatalf("%+v %v", p, err)
		}
		wantGate(t, h.access(t, signed), account.GateConsent)
		answers, err := s.Agreements(t.Context(), bob.ID)
		if err != nil || len(answers) != 2 || answers[0].Agreed || !answers[1].Agreed || answers[1].Address != desk.From.String() || answers[1].Version != 1 {
			t.Errorf("what is kept: %+v %v", answers, err)
		}
	})
}

// shows ACC-04 by cloud/account/session.go: "if a.Email == \"\" && a.Role != RoleResident && a.Role != RoleFamily {" => "if a.Email == \"\" && a.Role == RoleResident {"
func TestGiveEmail_IsConfirmedByLinkBeforeItResets(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		h.join(t, s, account.Account{Email: "taken@example.com"})
		signed, carl := h.join(t, s, account.Account{Username: "carl"})
		who := h.access(t, signed)
		wantGate(t, who, account.GateEmail)
		if err := h.GiveEmail(t.Context(), who, "Taken@example.com"); fault.CodeOf(err) != fault.Conflict || fault.FieldsOf(err)[0].Path != "email" {
			t.Fatalf("another's address: %v", err)
		}
		if err := h.GiveEmail(t.Context(), who, "carl@example.com"); err != nil {
			t.Fatal(err)
		}
		wantGate(t, h.access(t, signed), account.GateOpen)
		if err := h.RequestReset(t.Context(), desk, "carl"); err != nil || len(h.of(mail.Reset, "carl@example.com")) != 0 {
			t.Fatalf("a reset mail to an address nobody confirmed: %v", err)
		}
		confirm := h.of(mail.ConfirmEmail, "carl@example.com")[0]
		if err := h.ConfirmEmail(t.Context(), desk, token(t, confirm.Link)); err != nil {
			t.Fatal(err)
		}
		if h.account(t, s, carl.ID).EmailVerifiedAt.IsZero() {
			t.Error("not confirmed")
		}
		if err := h.ConfirmEmail(t.Context(), desk, token(t, confirm.Link)); fault.CodeOf(err) != fault.Expired {
			t.Errorf("the link again: %v", err)
		}
		if err := h.RequestReset(t.Context(), desk, "carl"); err != nil || len(h.of(mail.Reset, "carl@example.com")) != 1 {
			t.Errorf("no reset mail to a confirmed address: %v", err)
		}
	})
}

func TestGuessing_SameWordsSameWorkFromManyPlaces(t *testing.T) {
	h := newHouse(t, storetest.SQLite(t))
	h.join(t, h.store, account.Account{Email: "bob@example.com"})
	sleeper := h.invite(t, h.store, account.Account{Email: "sleeper@example.com"})
	p, _ := passwords()
	try := func(name string, n int) (words []string, work []int64) {
		for i := range n {
			from := account.Client{From: netip.AddrFrom4([4]byte{203, byte(len(name)), byte(i), 1})}
			before := p.Worked()
			_, err := h.SignIn(t.Context(), from, name, secret.New("wrong"))
			words, work = append(words, fmt.Sprint(fault.CodeOf(err), fault.Message(err))), append(work, p.Worked()-before)
		}
		return words, work
	}
	known, knownWork := try("bob@example.com", 101)
	for name, n := range map[string]int{"nobody@example.com": 101, "nobody": 3, sleeper.Email: 3} {
		words, work := try(name, n)
		for i := range n {
			if words[i] != known[i] || work[i] != knownWork[i] {
				t.Fatalf("%s, try %d: %q with %d hashes, bob gets %q with %d", name, i, words[i], work[i], known[i], knownWork[i])
			}
		}
	}
	if knownWork[0] != 1 || knownWork[100] != 0 {
		t.Errorf("work %v: the hundred and first try is to be refused before any", knownWork)
	}
	if len(h.of(mail.LockedOut, "bob@example.com")) != 1 || len(h.of(mail.LockedOut, "sleeper@example.com")) != 0 || len(h.told) == 0 {
		t.Errorf("the owner is told once, at a confirmed address alone; notices %v", h.told)
	}
}

func TestLockedOut_IsToldOnceAnHourAndKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		h.join(t, s, account.Account{Email: "bob@example.com"})
		for range 3 {
			for range 5 {
				_, _ = h.SignIn(t.Context(), desk, "bob@example.com", secret.New("wrong"))
			}
			h.now = h.now.Add(10 * time.Minute)
		}
		letters := h.of(mail.LockedOut, "bob@example.com")
		if len(letters) != 1 || letters[0].Values["address"] != "192.0.2.7" {
			t.Fatalf("%+v", letters)
		}
		h.now = h.now.Add(time.Hour)
		for range 5 {
			_, _ = h.SignIn(t.Context(), desk, "bob@example.com", secret.New("wrong"))
		}
		if n := len(h.of(mail.LockedOut, "bob@example.com")); n != 2 {
			t.Errorf("%d letters after more than an hour", n)
		}
	})
}
