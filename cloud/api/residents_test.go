package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"vestibule/cloud/account"
	"vestibule/cloud/cloudtest"
	"vestibule/cloud/store"
	"vestibule/shared/domain"
)

// auditOf writes the audit of a site, one line an entry.
func auditOf(t *testing.T, s *cloudtest.Server, site string) string {
	t.Helper()
	db, err := store.Open(t.Context(), s.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	id, err := domain.ParseID[domain.SiteID](site)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := db.Audit(account.AsSystem(t.Context(), "test"), id, 200)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&out, "%s %s %s %s\n", e.Object, e.Action, e.Before, e.After)
	}
	return out.String()
}

// activateLink uses an activation link, agrees to the policy and gives the client.
func activateLink(t *testing.T, s *cloudtest.Server, link string) cloudtest.Client {
	t.Helper()
	signed := cloudtest.Want[struct{ Token string }](t, cloudtest.Client{URL: s.URL}, http.StatusOK, http.MethodPost, "/links/activate", cloudtest.Object{
		"token": tokenOf(link), "password": cloudtest.Password, "bearer": true,
	})
	c := cloudtest.Client{URL: s.URL, Token: signed.Token}
	cloudtest.Want[any](t, c, http.StatusOK, http.MethodPost, "/session/consent", cloudtest.Object{"version": 1, "agree": true})
	return c
}

type personAccounts struct {
	Items []struct {
		Role      string
		Activated bool
	}
}

// shows ACC-16 by cloud/account/residents.go: "if err != nil || !support.ReceiveFeedback || support.Email == \"\" {" => "if err != nil || support.Email == \"\" {"
func TestResidents_HomeAndFeedback(t *testing.T) {
	eachCloud(t, func(t *testing.T, s *cloudtest.Server) {
		y := newYard(t, s.SetUp(t), "0C11050B9814")
		site := "/sites/" + y.ids["site"]
		person := site + "/people/" + y.ids["person"]
		if a := y.Do(t, http.MethodPost, person+"/account", cloudtest.Object{"role": "resident"}); a.Status != http.StatusUnprocessableEntity || a.Field("email") == "" {
			t.Fatalf("without an address: %d %s", a.Status, a.Body)
		}
		eva := cloudtest.Object{"apartment_id": y.ids["apartment"], "first_name": "Eva", "last_name": "Miller", "email": "eva@example.com"}
		cloudtest.Want[any](t, y.Client, http.StatusOK, http.MethodPut, person, eva)
		cloudtest.Want[any](t, y.Client, http.StatusCreated, http.MethodPost, person+"/account", cloudtest.Object{"role": "family", "language": "da"})
		if a := y.Do(t, http.MethodPost, person+"/account", cloudtest.Object{"role": "resident"}); a.Status != http.StatusConflict {
			t.Errorf("a second account: %d %s", a.Status, a.Body)
		}
		eva["email"] = "other@example.com"
		if a := y.Do(t, http.MethodPut, person, eva); a.Status != http.StatusUnprocessableEntity || a.Field("email") == "" {
			t.Errorf("another address of family: %d %s", a.Status, a.Body)
		}
		if got := s.Mails.Wait(t, "eva@example.com", nil); got.Language != "da" {
			t.Errorf("language %q", got.Language)
		}
		c := activate(t, s, "eva@example.com")
		home := cloudtest.Want[struct {
			Site      struct{ Name string }
			Apartment struct{ Number, Building string }
			People    []string
			Support   struct{ Phone, Email string }
		}](t, c, http.StatusOK, http.MethodGet, "/home", nil)
		if home.Site.Name != "Park Lane 7" || home.Apartment.Number != "101" || home.Apartment.Building != "House A" || len(home.People) != 1 || home.Support.Email != "" {
			t.Errorf("%+v", home)
		}
		if a := c.Do(t, http.MethodGet, site+"/people", nil); a.Status != http.StatusForbidden {
			t.Errorf("a resident reads people: %d", a.Status)
		}
		feedback(t, s, y.Client, c)

		cloudtest.Want[any](t, y.Client, http.StatusNoContent, http.MethodDelete, person, nil)
		if a := c.Do(t, http.MethodGet, "/home", nil); a.Status != http.StatusUnauthorized {
			t.Errorf("after the person was deleted: %d", a.Status)
		}
	})
}

// feedback writes with the switch off and on, until the day is full.
func feedback(t *testing.T, s *cloudtest.Server, ada, c cloudtest.Client) {
	t.Helper()
	send := func(text string) bool {
		return cloudtest.Want[struct{ Mailed bool }](t, c, http.StatusOK, http.MethodPost, "/feedback", cloudtest.Object{"text": text}).Mailed
	}
	form := cloudtest.Object{"phone": "+49 30 1234567", "email": "desk@example.com", "receive_feedback": false}
	cloudtest.Want[any](t, ada, http.StatusOK, http.MethodPut, "/org/forms/support", form)
	if send("The lift is slow.") {
		t.Error("mailed although nobody wants it")
	}
	form["receive_feedback"] = true
	cloudtest.Want[any](t, ada, http.StatusOK, http.MethodPut, "/org/forms/support", form)
	if !send("The gate squeaks.") {
		t.Error("not mailed")
	}
	if m := s.Mails.Wait(t, "desk@example.com", nil); !strings.Contains(m.Text, "The gate squeaks.") || !strings.Contains(m.Text, "Eva Miller") || m.Language != "en" {
		t.Errorf("%q %s", m.Language, m.Text)
	}
	for _, text := range []string{"", strings.Repeat("x", 2001)} {
		if a := c.Do(t, http.MethodPost, "/feedback", cloudtest.Object{"text": text}); a.Status != http.StatusUnprocessableEntity || a.Field("text") == "" {
			t.Errorf("%d characters: %d", len(text), a.Status)
		}
	}
	for range 3 {
		send("Again.")
	}
	if a := c.Do(t, http.MethodPost, "/feedback", cloudtest.Object{"text": "Once more."}); a.Status != http.StatusTooManyRequests {
		t.Errorf("the sixth of a day: %d", a.Status)
	}
}

func TestResidents_AdministratorSeesTheSiteUntilTakenBack(t *testing.T) {
	eachCloud(t, func(t *testing.T, s *cloudtest.Server) {
		y := newYard(t, s.SetUp(t), "0C11050B9814")
		site := "/sites/" + y.ids["site"]
		person := site + "/people/" + y.ids["person"]
		cloudtest.Want[any](t, y.Client, http.StatusOK, http.MethodPut, person, cloudtest.Object{
			"apartment_id": y.ids["apartment"], "first_name": "Eva", "last_name": "Miller", "email": "eva@example.com",
		})
		cloudtest.Want[any](t, y.Client, http.StatusCreated, http.MethodPost, person+"/account", cloudtest.Object{"role": "administrator"})
		c := activate(t, s, "eva@example.com")
		cloudtest.Want[any](t, c, http.StatusOK, http.MethodGet, site, nil)
		if got := cloudtest.Want[personAccounts](t, y.Client, http.StatusOK, http.MethodGet, person+"/account", nil); len(got.Items) != 1 || !got.Items[0].Activated {
			t.Errorf("%+v", got)
		}
		cloudtest.Want[any](t, y.Client, http.StatusNoContent, http.MethodDelete, person+"/account", nil)
		if got := cloudtest.Want[personAccounts](t, y.Client, http.StatusOK, http.MethodGet, person+"/account", nil); len(got.Items) != 0 {
			t.Errorf("%+v", got)
		}
		if a := c.Do(t, http.MethodGet, site, nil); a.Status != http.StatusUnauthorized {
			t.Errorf("after it was taken back: %d", a.Status)
		}
		cloudtest.Want[any](t, y.Client, http.StatusOK, http.MethodGet, person, nil)
	})
}
