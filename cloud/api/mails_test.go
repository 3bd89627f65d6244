package api_test

import (
	"net/http"
	"strings"
	"testing"

	"vestibule/cloud/cloudtest"
)

// The mail of a new password goes to its account alone, and its link works once.
//
// shows ACC-05 by cloud/account/link.go: "mail.Letter{Kind: mail.Reset, Link: made, Expires: expires}"
func TestMails_ResetLinkWorksOnce(t *testing.T) {
	eachCloud(t, func(t *testing.T, s *cloudtest.Server) {
		s.SetUp(t)
		nobody := cloudtest.Client{URL: s.URL}
		cloudtest.Want[any](t, nobody, http.StatusAccepted, http.MethodPost, "/links/reset", cloudtest.Object{"login": "ada@example.com"})
		got := s.Mails.Wait(t, "ada@example.com", func(m cloudtest.Mail) bool { return strings.Contains(m.Link, "/reset#token=") })
		if got.Subject != "Choose a new password" || got.Language != "en" || got.From != "doors@example.com" {
			t.Fatalf("subject %q, language %q, from %q", got.Subject, got.Language, got.From)
		}
		_, token, _ := strings.Cut(got.Link, "#token=")
		body := cloudtest.Object{"token": token, "password": "another-Passw0rd"}
		cloudtest.Want[any](t, nobody, http.StatusNoContent, http.MethodPost, "/links/password", body)
		cloudtest.Want[any](t, nobody, http.StatusGone, http.MethodPost, "/links/password", body)
		if strings.Contains(s.Log.String(), token) {
			t.Fatal("the log holds the link")
		}
	})
}
