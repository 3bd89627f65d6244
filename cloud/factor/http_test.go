package factor_test

import (
	"encoding/base32"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"vestibule/cloud/cloudtest"
)

type begun struct {
	Ceremony string
	Options  json.RawMessage
}

type signed struct {
	Token, Gate string
	Account     struct{ Email string }
}

// signInBy uses a passkey over HTTP.
func signInBy(t *testing.T, s *cloudtest.Server, a *authenticator) signed {
	t.Helper()
	nobody := cloudtest.Client{URL: s.URL}
	b := cloudtest.Want[begun](t, nobody, http.StatusOK, http.MethodPost, "/session/passkey/begin", nil)
	return cloudtest.Want[signed](t, nobody, http.StatusOK, http.MethodPost, "/session/passkey", cloudtest.Object{
		"ceremony": b.Ceremony, "credential": json.RawMessage(a.get(t, b.Options)), "bearer": true,
	})
}

func TestPasskey_OverHTTP(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		ada := s.SetUp(t).Agree(t)
		if !strings.HasPrefix(s.URL, "http://localhost:") {
			t.Fatalf("%s is no name, so no browser keeps passkeys for it", s.URL)
		}
		phone := newAuthenticator(s.URL)
		b := cloudtest.Want[begun](t, ada, http.StatusOK, http.MethodPost, "/passkeys/begin", cloudtest.Object{})
		made := cloudtest.Want[struct{ ID, Name string }](t, ada, http.StatusCreated, http.MethodPost, "/passkeys", cloudtest.Object{
			"ceremony": b.Ceremony, "name": "Phone", "credential": json.RawMessage(phone.create(t, b.Options)),
		})
		// A key is both factors at once: no code is asked for although one is switched on.
		if a := ada.Do(t, http.MethodPut, "/factors/email", cloudtest.Object{"on": true}); a.Status != http.StatusNoContent {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		if by := s.SignIn(t, "ada@example.com"); by.Me(t).Gate != "factor" {
			t.Error("a password alone is enough")
		}
		if by := signInBy(t, s, phone); by.Gate != "" || by.Account.Email != "ada@example.com" || by.Token == "" {
			t.Errorf("%+v", by)
		}
		factors := cloudtest.Want[struct {
			Email    bool
			Passkeys int
			Host     string `json:"passkey_host"`
		}](t, ada, http.StatusOK, http.MethodGet, "/factors", nil)
		if !factors.Email || factors.Passkeys != 1 || factors.Host != "localhost" {
			t.Errorf("%+v", factors)
		}
		if a := ada.Do(t, http.MethodDelete, "/passkeys/"+made.ID, cloudtest.Object{}); a.Status != http.StatusUnprocessableEntity || a.Field("password") == "" {
			t.Errorf("removed without the password: %d %s", a.Status, a.Body)
		}
		stranger := s.Stranger(t).Agree(t)
		if a := stranger.Do(t, http.MethodDelete, "/passkeys/"+made.ID, cloudtest.Object{"password": cloudtest.Password}); a.Status != http.StatusNotFound {
			t.Errorf("a stranger removes it: %d %s", a.Status, a.Body)
		}
		if a := ada.Do(t, http.MethodDelete, "/passkeys/"+made.ID, cloudtest.Object{"password": cloudtest.Password}); a.Status != http.StatusNoContent {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		nobody := cloudtest.Client{URL: s.URL}
		b = cloudtest.Want[begun](t, nobody, http.StatusOK, http.MethodPost, "/session/passkey/begin", nil)
		answer := json.RawMessage(phone.get(t, b.Options))
		if a := nobody.Do(t, http.MethodPost, "/session/passkey", cloudtest.Object{"ceremony": b.Ceremony, "credential": answer}); a.Status != http.StatusUnauthorized {
			t.Errorf("a removed key: %d %s", a.Status, a.Body)
		}
	})
}

// shows ACC-03 by cloud/factor/totp.go: "if err != nil || t.Secret.IsZero() || t.ConfirmedAt.IsZero() {" => "if true {"
func TestTOTP_OverHTTP(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		ada := s.SetUp(t).Agree(t)
		set := cloudtest.Want[struct{ Secret, URI string }](t, ada, http.StatusOK, http.MethodPost, "/factors/totp", cloudtest.Object{})
		key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(set.Secret)
		if err != nil {
			t.Fatal(err)
		}
		// A step may pass between a code and its check: none is taken from the edge of what counts.
		code := func(steps int) string { return rfc6238(key, time.Now().Add(time.Duration(steps)*30*time.Second)) }
		codes := cloudtest.Want[struct {
			Codes []string `json:"recovery_codes"`
		}](t, ada, http.StatusOK, http.MethodPost, "/factors/totp/confirm", cloudtest.Object{"code": code(0)}).Codes
		if len(codes) != 10 {
			t.Fatal(codes)
		}
		waiting := s.SignIn(t, "ada@example.com")
		if me := waiting.Me(t); me.Gate != "factor" {
			t.Fatalf("%+v", me)
		}
		if a := waiting.Do(t, http.MethodGet, "/sites", nil); a.Status != http.StatusForbidden {
			t.Errorf("before the second factor: %d", a.Status)
		}
		show := func(c cloudtest.Client, method, code string) int {
			return c.Do(t, http.MethodPost, "/session/factor", cloudtest.Object{"method": method, "code": code}).Status
		}
		if got := show(waiting, "totp", wrong(code(1))); got != http.StatusUnprocessableEntity {
			t.Errorf("a wrong code: %d", got)
		}
		used := code(1)
		if got := show(waiting, "totp", used); got != http.StatusOK {
			t.Fatalf("the right code: %d", got)
		}
		if a := waiting.Do(t, http.MethodGet, "/sites", nil); a.Status != http.StatusOK {
			t.Errorf("after it: %d", a.Status)
		}
		again := s.SignIn(t, "ada@example.com")
		if got := show(again, "totp", used); got != http.StatusUnprocessableEntity {
			t.Errorf("the same code again: %d", got)
		}
		if got := show(again, "recovery", codes[3]); got != http.StatusOK {
			t.Errorf("a recovery code: %d", got)
		}
		if a := ada.Do(t, http.MethodPost, "/factors/recovery", cloudtest.Object{"password": "wrong"}); a.Field("password") == "" {
			t.Errorf("new codes by a wrong password: %d %s", a.Status, a.Body)
		}
		if a := ada.Do(t, http.MethodDelete, "/factors/totp", cloudtest.Object{"password": cloudtest.Password}); a.Status != http.StatusNoContent {
			t.Errorf("taken away: %d %s", a.Status, a.Body)
		}
		for _, text := range append(codes, set.Secret, strings.ReplaceAll(codes[0], "-", "")) {
			s.Nowhere(t, text)
		}
	})
}
