package factor_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/factor"
	"vestibule/cloud/mail"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

var desk = netip.MustParseAddr("192.0.2.7")

// enrol makes a passkey of Ada in a.
func (h *house) enrol(t *testing.T, a *authenticator) factor.Passkey {
	t.Helper()
	begun, err := h.BeginPasskey(t.Context(), h.ada, true, secret.String{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := h.AddPasskey(t.Context(), h.ada, begun.Token, "Phone", a.create(t, begun.Options))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// opens signs in by a and tells whose account that opens.
func (h *house) opens(t *testing.T, a *authenticator) (domain.AccountID, error) {
	t.Helper()
	begun, err := h.BeginSignIn(t.Context(), desk)
	if err != nil {
		t.Fatal(err)
	}
	return h.FinishPasskey(t.Context(), begun.Token, a.get(t, begun.Options))
}

func TestPasskey_SignsItsOwnerIn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		phone := newAuthenticator(public)
		p := h.enrol(t, phone)
		if p.Name != "Phone" || !p.UsedAt.IsZero() {
			t.Errorf("%+v", p)
		}
		h.now = h.now.Add(time.Hour)
		for range 2 {
			if whose, err := h.opens(t, phone); err != nil || whose != h.ada.ID {
				t.Fatalf("%v %v", whose, err)
			}
		}
		keys, err := h.Passkeys(t.Context(), h.ada.ID)
		if err != nil || len(keys) != 1 || !keys[0].UsedAt.Equal(h.now) {
			t.Errorf("%+v %v", keys, err)
		}
		eve := h.account(t, "Eve")
		if err := h.RemovePasskey(t.Context(), eve, p.ID, password); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("somebody else removes it: %v", err)
		}
		if err := h.RemovePasskey(t.Context(), h.ada, p.ID, secret.New("wrong")); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("removed by a wrong password: %v", err)
		}
		if err := h.RemovePasskey(t.Context(), h.ada, p.ID, password); err != nil {
			t.Fatal(err)
		}
		if _, err := h.opens(t, phone); fault.CodeOf(err) != fault.Unauthenticated {
			t.Errorf("a removed key: %v", err)
		}
		if n := len(h.letters(mail.Changed)); n != 2 {
			t.Errorf("%d letters tell of two changes", n)
		}
	})
}

func TestPasskey_ACeremonyIsUsedOnceSoonAndForItsPurpose(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		phone := newAuthenticator(public)
		h.enrol(t, phone)
		begun, err := h.BeginSignIn(t.Context(), desk)
		if err != nil {
			t.Fatal(err)
		}
		answer := phone.get(t, begun.Options)
		if _, err := h.FinishPasskey(t.Context(), begun.Token, answer); err != nil {
			t.Fatal(err)
		}
		words := map[string]bool{}
		refused := func(why string, token secret.String, answer []byte) {
			t.Helper()
			_, err := h.FinishPasskey(t.Context(), token, answer)
			if fault.CodeOf(err) != fault.Expired {
				t.Errorf("%s: %v", why, err)
			}
			words[fault.Message(err)] = true
		}
		refused("replayed", begun.Token, answer)
		refused("invented", secret.New("invented"), answer)
		late, _ := h.BeginSignIn(t.Context(), desk)
		answer = phone.get(t, late.Options)
		h.now = h.now.Add(factor.CeremonyFor)
		refused("late", late.Token, answer)
		other, _ := h.BeginPasskey(t.Context(), h.ada, true, secret.String{})
		refused("of another purpose", other.Token, answer)
		if len(words) != 1 {
			t.Errorf("not one sentence for all: %v", words)
		}
		// Somebody else's ceremony makes no key for oneself.
		eve, tablet := h.account(t, "Eve"), newAuthenticator(public)
		hers, _ := h.BeginPasskey(t.Context(), h.ada, true, secret.String{})
		if _, err := h.AddPasskey(t.Context(), eve, hers.Token, "Tablet", tablet.create(t, hers.Options)); fault.CodeOf(err) != fault.Expired {
			t.Errorf("a foreign ceremony: %v", err)
		}
	})
}

func TestPasskey_RefusesCopiesOtherOriginsAndUnverifiedUsers(t *testing.T) {
	h := newHouse(t, storetest.SQLite(t))
	phone := newAuthenticator(public)
	p := h.enrol(t, phone)
	if _, err := h.opens(t, phone); err != nil {
		t.Fatal(err)
	}
	refused := func(why string, a *authenticator) {
		t.Helper()
		if _, err := h.opens(t, a); fault.CodeOf(err) != fault.Unauthenticated {
			t.Errorf("%s: %v", why, err)
		}
	}
	phish := *phone
	phish.origin = "https://doors.example.net"
	refused("a page of another origin", &phish)
	lazy := *phone
	lazy.verified = false
	refused("a user who was not verified", &lazy)
	stranger := newAuthenticator(public)
	stranger.rpID, stranger.id, stranger.handle = phone.rpID, phone.id, phone.handle
	_, stranger.key, _ = ecdsaKey(t)
	refused("another key", stranger)
	swapped := *phone
	swapped.handle = bytes.Repeat([]byte{1}, 32)
	refused("another owner", &swapped)

	copied := *phone
	copied.counter = 0
	refused("a counter that went back", &copied)
	found := false
	for _, e := range h.told {
		found = found || e.Action == "refused" && e.Object == "passkey" && e.ObjectID == p.ID && e.Account == h.ada.ID
	}
	if !found {
		t.Errorf("the audit does not tell of the copy: %+v", h.told)
	}
	if _, err := h.opens(t, phone); err != nil {
		t.Errorf("the true one afterwards: %v", err)
	}
}

func TestPasskey_MakingOneNeedsAFreshSignInOrThePassword(t *testing.T) {
	h := newHouse(t, storetest.SQLite(t))
	for p, want := range map[string]fault.Code{"": fault.Invalid, "wrong": fault.Invalid} {
		_, err := h.BeginPasskey(t.Context(), h.ada, false, secret.New(p))
		if fault.CodeOf(err) != want || len(fault.FieldsOf(err)) != 1 || fault.FieldsOf(err)[0].Path != "password" {
			t.Errorf("%q: %v", p, err)
		}
	}
	begun, err := h.BeginPasskey(t.Context(), h.ada, false, password)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", " Phone", strings.Repeat("x", 65), "a\x00b"} {
		_, err := h.AddPasskey(t.Context(), h.ada, begun.Token, name, nil)
		if fs := fault.FieldsOf(err); fault.CodeOf(err) != fault.Invalid || len(fs) == 0 || fs[0].Path != "name" {
			t.Errorf("name %q: %v", name, err)
		}
	}
	// A name with a fault leaves the ceremony; an answer with a fault does not.
	if _, err := h.AddPasskey(t.Context(), h.ada, begun.Token, "Phone", []byte(`{}`)); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("no credential: %v", err)
	}
	if _, err := h.AddPasskey(t.Context(), h.ada, begun.Token, "Phone", nil); fault.CodeOf(err) != fault.Expired {
		t.Errorf("the ceremony after it: %v", err)
	}
}

func TestPasskey_KnownKeysAreExcludedAndNotAddedTwice(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		phone := newAuthenticator(public)
		h.enrol(t, phone)
		begun, err := h.BeginPasskey(t.Context(), h.ada, true, secret.String{})
		var options struct{ ExcludeCredentials []struct{ ID string } }
		if err != nil || json.Unmarshal(begun.Options, &options) != nil || len(options.ExcludeCredentials) != 1 {
			t.Fatalf("%s %v", begun.Options, err)
		}
		id, handle := phone.id, phone.handle
		answer := phone.create(t, begun.Options)
		if !bytes.Equal(handle, phone.handle) {
			t.Error("an account has two handles")
		}
		answer = bytes.ReplaceAll(answer, []byte(b64.EncodeToString(phone.id)), []byte(b64.EncodeToString(id)))
		if _, err := h.AddPasskey(t.Context(), h.ada, begun.Token, "Again", answer); err == nil {
			t.Error("an id that does not fit was taken")
		}
	})
}

func TestPasskey_AreAbsentWithoutAHostName(t *testing.T) {
	for _, address := range []string{"http://127.0.0.1:8080", "https://[2001:db8::1]"} {
		s, err := factor.New(factor.Config{Store: storetest.SQLite(t), PublicURL: address, Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.BeginSignIn(t.Context(), desk); fault.CodeOf(err) != fault.Conflict {
			t.Errorf("%s: %v", address, err)
		}
		if _, err := s.BeginPasskey(t.Context(), account.Account{}, true, secret.String{}); fault.CodeOf(err) != fault.Conflict {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// FuzzAnswer feeds answers of browsers into both parsers and the check of a registration: whatever comes, nothing is taken for a passkey that
// answers no ceremony, and nothing panics.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"oA"}}`))
	f.Add([]byte(`{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"AA","signature":"AA","userHandle":"AA"}}`))
	f.Add([]byte(`[]`))
	s, err := factor.New(factor.Config{PublicURL: public, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		if s.Takes(answer) {
			t.Errorf("taken: %q", answer)
		}
	})
}
