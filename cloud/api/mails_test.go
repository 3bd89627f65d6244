package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

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

// An operator sees what left and what did not, tries it, and lets an address that refused get mail again.
func TestMails_OperatorSeesWhatLeaves(t *testing.T) {
	eachCloud(t, func(t *testing.T, s *cloudtest.Server) {
		op := s.SetUp(t)
		type item struct {
			To, Kind, State, Error string
		}
		listed := func(query string, is func(item) bool) item {
			t.Helper()
			for range 200 {
				for _, one := range cloudtest.Want[struct{ Items []item }](t, op, http.StatusOK, http.MethodGet, "/mails?"+query, nil).Items {
					if is(one) {
						return one
					}
				}
				wait(t, 50*time.Millisecond)
			}
			t.Fatalf("no such mail among %s", query)
			return item{}
		}
		cloudtest.Want[any](t, op, http.StatusAccepted, http.MethodPost, "/mails/try", cloudtest.Object{"address": "it@example.com"})
		got := s.Mails.Wait(t, "it@example.com", nil)
		if got.Subject != "Mail works" || got.Header.Get("Auto-Submitted") != "auto-generated" || got.Header.Get("Message-Id") == "" || got.Header.Get("List-Unsubscribe") != "" {
			t.Fatalf("%+v", got.Header)
		}
		listed("q=IT%40example", func(i item) bool { return i.State == "sent" && i.To == "it@example.com" && i.Kind == "try" })

		s.Mails.Refuse("gone@example.com", 550, [3]int{5, 1, 1})
		cloudtest.Want[any](t, op, http.StatusAccepted, http.MethodPost, "/mails/try", cloudtest.Object{"address": "gone@example.com"})
		refused := listed("q=gone", func(i item) bool { return i.State == "suppressed" })
		if !strings.Contains(refused.Error, "550") || strings.Contains(s.Log.String(), "gone@example.com") {
			t.Fatalf("the row says %q, or the log holds the address", refused.Error)
		}
		s.Mails.Refuse("gone@example.com", 0, [3]int{})
		cloudtest.Want[any](t, op, http.StatusAccepted, http.MethodPost, "/mails/try", cloudtest.Object{"address": "GONE@example.com"})
		if n := len(s.Mails.All("GONE@example.com")); n != 0 {
			t.Fatal("mail went to an address that had refused")
		}
		cloudtest.Want[any](t, op, http.StatusNoContent, http.MethodDelete, "/mails/suppressions?address=gone%40example.com", nil)
		cloudtest.Want[any](t, op, http.StatusNotFound, http.MethodDelete, "/mails/suppressions?address=gone%40example.com", nil)
		cloudtest.Want[any](t, op, http.StatusAccepted, http.MethodPost, "/mails/try", cloudtest.Object{"address": "gone@example.com"})
		s.Mails.Wait(t, "gone@example.com", nil)

		if a := op.Do(t, http.MethodPost, "/mails/try", cloudtest.Object{"address": "a@example.com\r\nBcc: eve@example.com"}); a.Status != http.StatusUnprocessableEntity || a.Field("address") == "" {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		page := op.Do(t, http.MethodGet, "/mails/preview.html?kind=activation&language=ja", nil)
		if page.Status != http.StatusOK || !strings.Contains(string(page.Body), "パスワード") || !strings.Contains(page.Header.Get("Content-Security-Policy"), "sandbox") ||
			page.Header.Get("X-Frame-Options") != "SAMEORIGIN" || !strings.HasPrefix(page.Header.Get("Content-Type"), "text/html") {
			t.Fatalf("%d %v", page.Status, page.Header)
		}
		if a := s.Stranger(t).Do(t, http.MethodGet, "/mails", nil); a.Status != http.StatusForbidden {
			t.Fatalf("a stranger reads the outbox: %d", a.Status)
		}
	})
}

// wait pauses a look at a list.
func wait(t *testing.T, pause time.Duration) {
	t.Helper()
	select {
	case <-time.After(pause):
	case <-t.Context().Done():
	}
}
