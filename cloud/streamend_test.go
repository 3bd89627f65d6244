package cloud_test

import (
	"net/http"
	"testing"
	"time"

	"vestibule/cloud/cloudtest"
	"vestibule/shared/domain"
)

// What an account may no longer read ends on its open streams at once, and not with the next ping a quarter of a minute later.
func TestStream_EndsWithTheSessionAndTheSite(t *testing.T) {
	s := cloudtest.Start(t, "")
	ada := s.SetUp(t)
	site := cloudtest.Want[struct{ ID string }](t, ada, http.StatusCreated, http.MethodPost, "/sites", cloudtest.Object{"name": "Park Lane 7", "time_zone": "UTC"}).ID
	mia := cloudtest.Want[struct{ ID string }](t, ada, http.StatusCreated, http.MethodPost, "/managers", cloudtest.Object{
		"first_name": "Mia", "last_name": "Moss", "email": "mia@example.com", "site_ids": []string{site},
	}).ID
	here := s.Activate(t, s.Mails.Wait(t, "mia@example.com", func(m cloudtest.Mail) bool { return m.Link != "" }).Link)
	there := s.SignIn(t, "mia@example.com")
	of, assigned := "/sites/"+site+"/stream", "/sites/"+site+"/managers/"+mia
	began := time.Now()

	kept, other, own := here.Stream(t, of, ""), there.Stream(t, of, ""), there.Stream(t, "/stream", "")
	cloudtest.Want[any](t, here, http.StatusNoContent, http.MethodDelete, "/sessions", nil)
	other.Wait(t, "")
	own.Wait(t, "")

	cloudtest.Want[any](t, ada, http.StatusOK, http.MethodPut, assigned, cloudtest.Object{"log_access": true})
	kept.Wait(t, "ping") // it asked again, and goes on
	id, err := domain.ParseID[domain.SiteID](site)
	if err != nil {
		t.Fatal(err)
	}
	s.Cloud.Live().Publish(id, "event", struct{}{})
	kept.Wait(t, "event")
	cloudtest.Want[any](t, ada, http.StatusNoContent, http.MethodDelete, assigned, nil)
	kept.Wait(t, "")

	last := here.Stream(t, "/stream", "")
	cloudtest.Want[any](t, ada, http.StatusNoContent, http.MethodDelete, "/managers/"+mia, nil)
	last.Wait(t, "")
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("it took %v: the ping may have ended them", took)
	}
}
