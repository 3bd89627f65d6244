package account_test

import (
	"strings"
	"testing"

	"vestibule/cloud/account"
)

// The service names no cost: then a hash is as dear as it is to be, whatever tests take.
//
// shows ACC-01 by cloud/account/password.go: "cost = HashCost{Memory: 19 * 1024, Passes: 2}" => "cost = HashCost{Memory: 64, Passes: 1}"
func TestNewPasswords_IsDearUnlessToldOtherwise(t *testing.T) {
	p, err := account.NewPasswords(account.HashCost{})
	if err != nil {
		t.Fatal(err)
	}
	hash, err := p.Hash(t.Context(), password)
	if err != nil || !strings.HasPrefix(hash.Reveal(), "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("%v: %s", err, hash.Reveal())
	}
}
