package api_test

import (
	"net/http"
	"strings"
	"testing"

	"vestibule/cloud/cloudtest"
	"vestibule/shared/domain"
)

// shows SITE-07 by cloud/api/places.go: "found, _ := places.Near(at)" => "var found domain.Address"
// shows SITE-07 by cloud/api/places.go: "f.Check(!math.IsNaN(q.Lon), \"lon\""
func TestNearPlace_ToldAndNotKept(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		c := cloudtest.NewHouse(t, s).Installer
		near := func(query string) domain.Address {
			return cloudtest.Want[domain.Address](t, c, http.StatusOK, http.MethodGet, "/places/near?"+query, nil)
		}
		if got := near("lat=47.333456&lon=9.633789"); got != (domain.Address{Country: "AT", State: "8", City: "Götzis"}) {
			t.Errorf("%+v", got)
		}
		if got := near("lat=30&lon=-40"); got != (domain.Address{}) {
			t.Errorf("in the Atlantic: %+v", got)
		}
		for _, bad := range []struct{ query, path string }{
			{"lon=9.633789", "lat"},
			{"lat=47.333456", "lon"},
			{"lat=90.01&lon=9.633789", "lat"},
			{"lat=47.333456&lon=-180.01", "lon"},
			{"lat=north&lon=9.633789", "lat"},
			{"lat=NaN&lon=9.633789", "lat"},
			{"lat=47.333456&lon=NaN", "lon"},
			{"lat=47.333456&lon=%2BInf", "lon"},
		} {
			a := c.Do(t, http.MethodGet, "/places/near?"+bad.query, nil)
			if a.Status != http.StatusUnprocessableEntity || a.Field(bad.path) == "" {
				t.Errorf("%s: %d %s", bad.query, a.Status, a.Body)
			}
		}
		if log := s.Log.String(); !strings.Contains(log, "/places/near") || strings.Contains(log, "47.333456") || strings.Contains(log, "9.633789") {
			t.Error("the log misses the request or holds the position")
		}
	})
}
