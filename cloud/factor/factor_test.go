package factor_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/cloud/factor"
	"vestibule/cloud/guard"
	"vestibule/cloud/mail"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

// house is the service with a clock that tests move and a post box that they read.
type house struct {
	*factor.Service
	store *store.Store
	ada   account.Account
	now   time.Time
	mu    sync.Mutex
	told  []audit.Entry
	box   []mail.Letter
}

// spy is the store, with the audit kept in sight.
type spy struct {
	*store.Store
	house *house
}

// Record notes an entry before it is kept.
func (s spy) Record(ctx context.Context, e audit.Entry) error {
	s.house.mu.Lock()
	s.house.told = append(s.house.told, e)
	s.house.mu.Unlock()
	return s.Store.Record(ctx, e)
}

// Post keeps a letter.
func (h *house) Post(_ context.Context, l mail.Letter) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.box = append(h.box, l)
	return nil
}

func (h *house) letters(kind mail.Kind) []mail.Letter {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []mail.Letter
	for _, l := range h.box {
		if l.Kind == kind {
			out = append(out, l)
		}
	}
	return out
}

var password = secret.New("planted-Passw0rd")

const public = "https://doors.example.com"

func newHouse(t *testing.T, s *store.Store) *house {
	t.Helper()
	h := &house{store: s, now: time.Date(2026, 11, 24, 9, 0, 5, 0, time.UTC)}
	var err error
	h.Service, err = factor.New(factor.Config{
		Store: spy{s, h}, Mail: h, PublicURL: public, Now: func() time.Time { return h.now }, Logger: slog.New(slog.DiscardHandler),
		Confirm: func(_ context.Context, _ account.Account, p secret.String) error {
			var f fault.Fields
			f.Check(p.Equal(password), "password", "The password is wrong.")
			return f.Err()
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	h.ada = h.account(t, "Ada")
	return h
}

func (h *house) account(t *testing.T, name string) account.Account {
	t.Helper()
	org := account.Org{ID: domain.NewID[domain.OrgID](h.now), Kind: account.OrgInstaller, Name: name + " Ltd", CreatedAt: h.now}
	if err := h.store.SaveOrg(t.Context(), org); err != nil {
		t.Fatal(err)
	}
	a := account.Account{
		ID: domain.NewID[domain.AccountID](h.now), Org: org, Email: strings.ToLower(name) + "@example.com", Name: name, Role: account.RoleInstaller, Language: "de",
		PasswordHash: secret.New("hash"), CreatedAt: h.now, ActivatedAt: h.now,
	}
	if err := h.store.SaveAccount(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	return h.again(t, a)
}

// again reads an account as a new request does.
func (h *house) again(t *testing.T, a account.Account) account.Account {
	t.Helper()
	a, err := h.store.AccountByID(t.Context(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (h *house) session() domain.SessionID { return domain.NewID[domain.SessionID](h.now) }

func (h *house) right(t *testing.T, session domain.SessionID, m account.Method, code string) bool {
	t.Helper()
	ok, err := h.Check(t.Context(), h.again(t, h.ada), session, m, secret.New(code))
	if err != nil {
		t.Fatalf("%s: %v", m, err)
	}
	return ok
}

func (h *house) mailed(t *testing.T, session domain.SessionID) string {
	t.Helper()
	if err := h.SendCode(t.Context(), h.ada, session); err != nil {
		t.Fatal(err)
	}
	all := h.letters(mail.FactorCode)
	l := all[len(all)-1]
	if l.To != "ada@example.com" || l.Language != "de" || len(l.Link.Reveal()) != 6 || strings.Trim(l.Link.Reveal(), "0123456789") != "" {
		t.Fatalf("%+v %q", l, l.Link.Reveal())
	}
	return l.Link.Reveal()
}

// shows ACC-03 PM-03 by cloud/factor/code.go: "return s.cfg.Store.TakeCode(ctx, session, codeHash(session, text))" => "_, err = s.cfg.Store.TakeCode(ctx, session, codeHash(session, text)); return true, err"
func TestMailedCode_IsTheOneThatWasSent(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		mine, other := h.session(), h.session()
		code := h.mailed(t, mine)
		if h.right(t, other, account.MethodEmail, code) {
			t.Error("a code of another session")
		}
		if h.right(t, mine, account.MethodEmail, wrong(code)) || h.right(t, mine, account.MethodEmail, "") {
			t.Error("a wrong code")
		}
		if !h.right(t, mine, account.MethodEmail, code[:3]+" "+code[3:]) {
			t.Error("the right code")
		}
		if h.right(t, mine, account.MethodEmail, code) {
			t.Error("a code twice")
		}
	})
}

func wrong(code string) string {
	if code[0] == '0' {
		return "1" + code[1:]
	}
	return "0" + code[1:]
}

// shows ACC-03 by cloud/factor/code.go: "c, err := s.cfg.Store.TryCode(ctx, session, CodeTries, s.now())" => "c, err := s.cfg.Store.TryCode(ctx, session, 1000, s.now())"
func TestMailedCode_SixthTryIsRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		session := h.session()
		code := h.mailed(t, session)
		for range factor.CodeTries {
			if h.right(t, session, account.MethodEmail, wrong(code)) {
				t.Fatal("a wrong code")
			}
		}
		if h.right(t, session, account.MethodEmail, code) {
			t.Error("the right code at the sixth try")
		}
	})
}

func TestMailedCode_ManyAtOnceHaveFiveTriesTogether(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		session := h.session()
		code := h.mailed(t, session)
		var work sync.WaitGroup
		for range 9 {
			work.Go(func() { _, _ = h.Check(t.Context(), h.ada, session, account.MethodEmail, secret.New(wrong(code))) })
		}
		work.Wait()
		if c, err := s.CodeOf(t.Context(), session); err != nil || c.Tries != factor.CodeTries {
			t.Errorf("%d tries were counted: %v", c.Tries, err)
		}
	})
}

// shows ACC-03 by cloud/factor/code.go: "CodeFor    = 10 * time.Minute" => "CodeFor    = 60 * time.Minute"
func TestMailedCode_LivesTenMinutes(t *testing.T) {
	h := newHouse(t, storetest.SQLite(t))
	session := h.session()
	code := h.mailed(t, session)
	h.now = h.now.Add(10*time.Minute + time.Millisecond)
	if h.right(t, session, account.MethodEmail, code) {
		t.Error("after ten minutes")
	}
	code = h.mailed(t, session)
	h.now = h.now.Add(10*time.Minute - time.Millisecond)
	if !h.right(t, session, account.MethodEmail, code) {
		t.Error("before ten minutes")
	}
}

func TestMailedCode_AnotherOneAfterAMinuteVoidsTheFirst(t *testing.T) {
	h := newHouse(t, storetest.SQLite(t))
	session := h.session()
	first := h.mailed(t, session)
	if err := h.SendCode(t.Context(), h.ada, session); fault.CodeOf(err) != fault.Limit || guard.RetryAfter(err) != time.Minute {
		t.Fatalf("at once: %v", err)
	}
	h.now = h.now.Add(time.Minute)
	second := h.mailed(t, session)
	if first != second && h.right(t, session, account.MethodEmail, first) {
		t.Error("the first code")
	}
	for range 4 { // five codes in ten minutes, whatever the sessions
		_ = h.SendCode(t.Context(), h.ada, h.session())
	}
	if err := h.SendCode(t.Context(), h.ada, h.session()); fault.CodeOf(err) != fault.Limit {
		t.Errorf("a sixth code: %v", err)
	}
	if n := len(h.letters(mail.FactorCode)); n > 6 {
		t.Errorf("%d mails", n)
	}
}

func TestCheck_LocksAnAccountThatIsGuessed(t *testing.T) {
	h := newHouse(t, storetest.SQLite(t))
	code := h.mailed(t, h.session())
	for range 10 {
		_, _ = h.Check(t.Context(), h.ada, h.session(), account.MethodEmail, secret.New(wrong(code)))
	}
	session := h.session()
	if _, err := h.Check(t.Context(), h.ada, session, account.MethodEmail, secret.New(code)); fault.CodeOf(err) != fault.Limit {
		t.Errorf("after ten wrong codes in many sessions: %v", err)
	}
}

// rfc6238 is the algorithm as the RFC writes it, so that the test shares no code with the service's library.
func rfc6238(key []byte, at time.Time) string {
	mac := hmac.New(sha1.New, key)
	_ = binary.Write(mac, binary.BigEndian, uint64(at.Unix())/30)
	sum := mac.Sum(nil)
	n := binary.BigEndian.Uint32(sum[sum[19]&15:]) & 0x7fffffff
	return fmt.Sprintf("%06d", n%1_000_000)
}

func TestTOTP_VectorsOfRFC6238(t *testing.T) {
	key := []byte("12345678901234567890")
	// Appendix B, SHA-1; the RFC shows eight digits, apps show the last six.
	for at, eight := range map[int64]string{
		59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924", 2000000000: "69279037", 20000000000: "65353130",
	} {
		now := time.Unix(at, 0)
		if got := rfc6238(key, now); got != eight[2:] {
			t.Fatalf("the test's own code at %d: %s", at, got)
		}
		text := secret.New(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(key))
		if step, ok := factor.StepOf(text, eight[2:], now); !ok || step != at/30 {
			t.Errorf("at %d: step %d %v", at, step, ok)
		}
		for _, other := range []time.Duration{-61 * time.Second, 61 * time.Second} {
			if _, ok := factor.StepOf(text, eight[2:], now.Add(other)); ok {
				t.Errorf("the code of %d is good %v away", at, other)
			}
		}
	}
}

// setUp gives Ada an authenticator and its key and recovery codes.
func (h *house) setUp(t *testing.T) (key []byte, codes []secret.String) {
	t.Helper()
	text, uri, err := h.StartTOTP(t.Context(), h.ada, true, secret.String{})
	if err != nil || !strings.HasPrefix(uri.Reveal(), "otpauth://totp/Vestibule:ada@example.com?") || !strings.Contains(uri.Reveal(), "secret="+text.Reveal()) {
		t.Fatalf("%v %s", err, uri.Reveal())
	}
	key, err = base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(text.Reveal())
	if err != nil || len(key) != 20 {
		t.Fatal(key, err)
	}
	if h.right(t, h.session(), account.MethodTOTP, rfc6238(key, h.now)) {
		t.Fatal("it counts before it is confirmed")
	}
	if _, err := h.ConfirmTOTP(t.Context(), h.ada, secret.New(wrong(rfc6238(key, h.now)))); fault.CodeOf(err) != fault.Invalid {
		t.Fatalf("confirmed by a wrong code: %v", err)
	}
	codes, err = h.ConfirmTOTP(t.Context(), h.ada, secret.New(rfc6238(key, h.now)))
	if err != nil || len(codes) != factor.RecoveryCodes {
		t.Fatalf("%d codes: %v", len(codes), err)
	}
	h.ada = h.again(t, h.ada)
	return key, codes
}

// shows ACC-03 by cloud/factor/totp.go: "return s.cfg.Store.TakeTOTPStep(ctx, a.ID, step)" => "_, err = s.cfg.Store.TakeTOTPStep(ctx, a.ID, step); return true, err"
func TestTOTP_AStepIsAcceptedOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		key, _ := h.setUp(t)
		used := rfc6238(key, h.now)
		if h.right(t, h.session(), account.MethodTOTP, used) {
			t.Error("the code that confirmed it")
		}
		h.now = h.now.Add(30 * time.Second)
		late, early := rfc6238(key, h.now), rfc6238(key, h.now.Add(30*time.Second))
		if !h.right(t, h.session(), account.MethodTOTP, early) {
			t.Error("one step ahead")
		}
		if h.right(t, h.session(), account.MethodTOTP, early) || h.right(t, h.session(), account.MethodTOTP, late) {
			t.Error("the same or an earlier step again")
		}
		h.now = h.now.Add(2 * time.Minute)
		if !h.right(t, h.session(), account.MethodTOTP, rfc6238(key, h.now.Add(-30*time.Second))) {
			t.Error("one step behind")
		}
		if methods, err := h.Methods(t.Context(), h.ada); err != nil || fmt.Sprint(methods) != "[totp recovery]" {
			t.Errorf("%v %v", methods, err)
		}
	})
}

func TestRecovery_EachCodeWorksOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		_, codes := h.setUp(t)
		first := strings.ToUpper(strings.ReplaceAll(codes[0].Reveal(), "-", " "))
		if !h.right(t, h.session(), account.MethodRecovery, first) || h.right(t, h.session(), account.MethodRecovery, first) {
			t.Error("a recovery code works once, however it is typed")
		}
		if state, err := h.State(t.Context(), h.ada, false); err != nil || state.Recovery != 9 || !state.TOTP {
			t.Errorf("%+v %v", state, err)
		}
		fresh, err := h.RenewRecovery(t.Context(), h.ada, password)
		if err != nil || len(fresh) != factor.RecoveryCodes {
			t.Fatal(err)
		}
		if h.right(t, h.session(), account.MethodRecovery, codes[1].Reveal()) || !h.right(t, h.session(), account.MethodRecovery, fresh[1].Reveal()) {
			t.Error("new codes void the old ones")
		}
		eve := h.account(t, "Eve")
		if ok, _ := h.Check(t.Context(), eve, h.session(), account.MethodRecovery, fresh[2]); ok {
			t.Error("a code of somebody else")
		}
	})
}

// shows ACC-03 ACC-21 by cloud/factor/service.go: "if required && a.TOTPConfirmedAt.IsZero() {" => "if false {"
func TestFactors_TakingAwayNeedsThePasswordAndLeavesOneWhereRequired(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		if err := h.SetEmail(t.Context(), h.ada, true, true, secret.String{}); err != nil {
			t.Fatal(err)
		}
		h.ada = h.again(t, h.ada)
		off := func(required bool, p secret.String) fault.Code {
			return fault.CodeOf(h.SetEmail(t.Context(), h.ada, false, required, p))
		}
		if got := off(true, password); got != fault.Conflict {
			t.Errorf("the last factor: %s", got)
		}
		if got := off(false, secret.New("wrong")); got != fault.Invalid {
			t.Errorf("a wrong password: %s", got)
		}
		h.setUp(t)
		if err := h.SetEmail(t.Context(), h.ada, false, true, password); err != nil {
			t.Errorf("beside an authenticator: %v", err)
		}
		h.ada = h.again(t, h.ada)
		if err := h.RemoveTOTP(t.Context(), h.ada, true, password); fault.CodeOf(err) != fault.Conflict {
			t.Errorf("the authenticator is the last one: %v", err)
		}
		if err := h.RemoveTOTP(t.Context(), h.ada, false, secret.New("wrong")); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("a wrong password: %v", err)
		}
		if err := h.RemoveTOTP(t.Context(), h.ada, false, password); err != nil {
			t.Fatal(err)
		}
		h.ada = h.again(t, h.ada)
		if state, err := h.State(t.Context(), h.ada, false); err != nil || state.TOTP || state.Recovery != 0 {
			t.Errorf("%+v %v", state, err)
		}
		if n := len(h.letters(mail.Changed)); n != 4 { // on, set up, off, taken away
			t.Errorf("%d letters tell of four changes", n)
		}
	})
}

func TestBeginSignIn_IsBoundedForOnePlace(t *testing.T) {
	h := newHouse(t, storetest.SQLite(t))
	var err error
	for range 121 {
		_, err = h.BeginSignIn(t.Context(), netip.MustParseAddr("192.0.2.1"))
	}
	if fault.CodeOf(err) != fault.Limit {
		t.Errorf("121 in a row: %v", err)
	}
	if _, err := h.BeginSignIn(t.Context(), netip.MustParseAddr("192.0.2.2")); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
}
