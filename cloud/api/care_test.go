package api_test

import (
	"net/http"
	"strings"
	"testing"

	"vestibule/cloud/api"
	"vestibule/cloud/cloudtest"
	"vestibule/shared/domain"
)

// orders are what is offered for a device, with what each route is told when no agent serves it.
var orders = []string{"/reboot", "/reset", "/remote-session"}

// shows REM-05 by cloud/api/commands.go: "a.care(wire.CommandReboot, \"Restart a device\")"
// shows REM-05 by cloud/api/commands.go: "a.care(wire.CommandReset, \"Bring a device back to the factory's settings; its configuration is delivered again\")"
func TestCare_IsOfferedWhereverADeviceStands(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		c := s.SetUp(t)
		l := newLane(t, c, nil)
		office, park, home := siteOf(t, c, "office", "Old mill"), commercial(t, c, "Park", "multi_company", "Business park"), siteOf(t, c, "single", "Ryan Hill")
		sales := made[thing](t, c, office+"/departments", cloudtest.Object{"name": "Sales", "floors": []string{"1"}}).ID
		bell := made[thing](t, c, park+"/companies", cloudtest.Object{"name": "Bell"}).ID
		other := s.Stranger(t)
		for n, place := range []struct {
			name, site string
			at         cloudtest.Object
		}{
			{"a community's public area", l.site, nil},
			{"a building", l.site, cloudtest.Object{"building_id": l.a}},
			{"an apartment", l.site, cloudtest.Object{"apartment_id": l.home}},
			{"an office's public area", office, nil},
			{"a department", office, cloudtest.Object{"department_id": sales}},
			{"a commercial site", park, nil},
			{"a company", park, cloudtest.Object{"company_id": bell}},
			{"a user's home", home, nil},
		} {
			kind := domain.SingleDoorPhone
			d := made[api.Device](t, c, place.site+"/devices", device(kind, 60+n, place.at))
			for _, order := range orders {
				path := place.site + "/devices/" + d.ID + order
				if a := c.Do(t, http.MethodPost, path, nil); a.Status != http.StatusConflict || !strings.Contains(string(a.Body), "offline") {
					t.Errorf("%s, %s: %d %s", place.name, order, a.Status, a.Body)
				}
				if a := other.Do(t, http.MethodPost, path, nil); a.Status != http.StatusNotFound {
					t.Errorf("another tenant, %s, %s: %d", place.name, order, a.Status)
				}
			}
		}
	}, legacy)
}

// The connection type is configuration: it is kept for a device that is offline.
//
// shows REM-04 by cloud/api/deviceform.go: "Module: domain.Module(i.Module), Model: i.Model, Connection: domain.Connection(i.Connection)," => "Module: domain.Module(i.Module), Model: i.Model,"
// shows REM-04 by shared/domain/deviceform.go: "oneOf(f, at+\"connection\", x.Connection, \"udp, tcp or tls.\", ConnectionUDP, ConnectionTCP, ConnectionTLS)"
func TestCare_TheConnectionTypeIsKept(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		l := newLane(t, s.SetUp(t), nil)
		path := l.site + "/devices/" + made[api.Device](t, l.Client, l.site+"/devices", device(domain.DoorPhone, 80, nil)).ID
		for _, kind := range []string{"tcp", "tls", "udp"} {
			saved[any](t, l.Client, path, device(domain.DoorPhone, 80, cloudtest.Object{"form": cloudtest.Object{"connection": kind}}))
			if d := get[api.Device](t, l.Client, path); d.Form.Connection != kind {
				t.Errorf("%q is kept as %q", kind, d.Form.Connection)
			}
		}
		refused(t, l.Client, []spoilt{{http.MethodPut, path, device(domain.DoorPhone, 80, cloudtest.Object{"form": cloudtest.Object{"connection": "fax"}}), 422, "form.connection"}})
	})
}
