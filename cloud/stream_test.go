package cloud_test

import (
	"net/http"
	"slices"
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
	manager := s.Arrive(t, "mia@example.com")
	id, err := domain.ParseID[domain.SiteID](site)
	if err != nil {
		t.Fatal(err)
	}
	heard := func(c cloudtest.Client) []string {
		t.Helper()
		stream := c.Stream(t, "/sites/"+site+"/stream", "")
		for _, k := range []string{"event", "command", "presence"} {
			s.Cloud.Live().Publish(id, k, struct{}{})
		}
		var kinds []string
		for {
			switch m := stream.Next(t); m.Kind {
			case "ping":
			case "":
				t.Fatalf("the stream ended after %v", kinds)
			case "presence":
				return append(kinds, m.Kind)
			default:
				kinds = append(kinds, m.Kind)
			}
		}
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
