package api_test

import (
	"net/http"
	"testing"

	"vestibule/cloud/cloudtest"
)

func TestSignIn_APasswordAloneDoesNotTellWhereTheCodeGoes(t *testing.T) {
	s := cloudtest.Start(t, "")
	ada := s.SetUp(t)
	cloudtest.Want[any](t, ada, http.StatusNoContent, http.MethodPut, "/factors/email", cloudtest.Object{"on": true})
	signed := cloudtest.Want[struct {
		Gate    string
		Account struct{ Email string }
	}](t, cloudtest.Client{URL: s.URL}, http.StatusOK, http.MethodPost, "/session", cloudtest.Object{"login": "ada@example.com", "password": cloudtest.Password})
	if signed.Gate != "factor" || signed.Account.Email != "a…@example.com" {
		t.Errorf("%+v", signed)
	}
}
