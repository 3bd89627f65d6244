package cloud_test

import (
	"bufio"
	"net/http"
	"slices"
	"strings"
	"testing"

	"vestibule/cloud/cloudtest"
	"vestibule/shared/domain"
)

// A manager hears of rows of doors and calls on the stream of a site only with access to its log (PM-11).
//
// shows PM-11 by cloud/api/stream.go: "pass: func(m live.Message) bool { return sees || m.Kind != \"event\" && m.Kind != \"command\" }," => "pass: func(m live.Message) bool { return true || sees },"
func TestStream_CarriesTheLogOnlyToWhoMayReadIt(t *testing.T) {
	s := cloudtest.Start(t, "")
	ada := s.SetUp(t)
	site := cloudtest.Want[struct{ ID string }](t, ada, http.StatusCreated, http.MethodPost, "/sites", cloudtest.Object{"name": "Park Lane 7", "time_zone": "UTC"}).ID
	mia := cloudtest.Want[struct{ ID string }](t, ada, http.StatusCreated, http.MethodPost, "/managers", cloudtest.Object{
		"first_name": "Mia", "last_name": "Moss", "email": "mia@example.com", "site_ids": []string{site},
	}).ID
	manager := s.Activate(t, s.Mails.Wait(t, "mia@example.com", func(m cloudtest.Mail) bool { return m.Link != "" }).Link)
	id, err := domain.ParseID[domain.SiteID](site)
	if err != nil {
		t.Fatal(err)
	}
	heard := func(c cloudtest.Client) []string {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.URL+"/api/v1/sites/"+site+"/stream", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+c.Token)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		var kinds []string
		for lines := bufio.NewScanner(response.Body); lines.Scan(); {
			kind, ok := strings.CutPrefix(lines.Text(), "event: ")
			if !ok {
				continue
			}
			if kind == "ping" { // subscribed: now something happens
				for _, k := range []string{"event", "command", "presence"} {
					s.Cloud.Live().Publish(id, k, struct{}{})
				}
				continue
			}
			kinds = append(kinds, kind)
			if kind == "presence" {
				return kinds
			}
		}
		t.Fatalf("the stream ended after %v", kinds)
		return nil
	}
	if got := heard(manager); !slices.Equal(got, []string{"presence"}) {
		t.Errorf("without access to the log: %v", got)
	}
	cloudtest.Want[any](t, ada, http.StatusOK, http.MethodPut, "/sites/"+site+"/managers/"+mia, cloudtest.Object{"log_access": true})
	for name, c := range map[string]cloudtest.Client{"with access": manager, "its installer": ada} {
		if got := heard(c); !slices.Equal(got, []string{"event", "command", "presence"}) {
			t.Errorf("%s: %v", name, got)
		}
	}
}
