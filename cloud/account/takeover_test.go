package account_test

import (
	"testing"

	"vestibule/cloud/account"
	"vestibule/cloud/mail"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

// Somebody with the password asked for another address. Its owner takes the account back before that link is used: then it is worth nothing.
func TestNewPassword_VoidsAWaitingChangeOfAddress(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		fresh := secret.New("another-Passw0rd")
		for email, back := range map[string]func(signed account.Signed) error{
			"reset@example.com": func(account.Signed) error {
				if err := h.RequestReset(t.Context(), desk, "reset@example.com"); err != nil {
					return err
				}
				return h.ResetPassword(t.Context(), desk, token(t, h.of(mail.Reset, "reset@example.com")[0].Link), fresh)
			},
			"change@example.com": func(signed account.Signed) error {
				return h.ChangePassword(t.Context(), h.access(t, signed), password, fresh)
			},
		} {
			signed, owner := h.join(t, s, account.Account{Email: email})
			if err := h.ChangeEmail(t.Context(), h.account(t, s, owner.ID), "thief-"+email, password); err != nil {
				t.Fatal(err)
			}
			if err := back(signed); err != nil {
				t.Fatalf("%s: %v", email, err)
			}
			err := h.ConfirmEmail(t.Context(), desk, token(t, h.of(mail.ConfirmEmail, "thief-"+email)[0].Link))
			if fault.CodeOf(err) != fault.Expired || h.account(t, s, owner.ID).Email != email {
				t.Errorf("%s: the thief's link: %v, the address is %s", email, err, h.account(t, s, owner.ID).Email)
			}
		}
	})
}
