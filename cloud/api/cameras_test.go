package api_test

import (
	"net/http"
	"strings"
	"testing"

	"vestibule/cloud/cloudtest"
)

type camera struct {
	ID, Name, Watchers, Device, Owner string
	DeviceID                          string `json:"device_id"`
	BuildingID                        string `json:"building_id"`
	Revision                          uint64
	Warnings                          []struct{ Path, Message string }
}

func cameraForm(more cloudtest.Object) cloudtest.Object {
	form := cloudtest.Object{"name": "Yard", "rtsp": "rtsp://192.168.1.30:554/stream", "user": "admin", "password": "planted-camera-password"}
	for key, value := range more {
		form[key] = value
	}
	return form
}

func communityOf(t *testing.T, c cloudtest.Client, plan string) string {
	t.Helper()
	form := cloudtest.Object{"name": "Park " + plan, "time_zone": "UTC", "kind": "community", "form": cloudtest.Object{"plan": plan}}
	return "/sites/" + cloudtest.Want[thing](t, c, http.StatusCreated, http.MethodPost, "/sites", form).ID
}

// shows TPD-02 by cloud/fleet/cameras.go: "camera.Password = before.Password"
// shows TPD-04 by cloud/store/cameras.go: "[]byte(c.Password.Reveal())" => "sealed, err := []byte(c.Password.Reveal()), error(nil)"
func TestCameras_OfACommunity(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		h := cloudtest.NewHouse(t, s)
		site := communityOf(t, h.Installer, "premium")
		house := cloudtest.Want[thing](t, h.Installer, http.StatusCreated, http.MethodPost, site+"/buildings", cloudtest.Object{"name": "House A"})
		home := cloudtest.Want[thing](t, h.Installer, http.StatusCreated, http.MethodPost, site+"/apartments", cloudtest.Object{"building_id": house.ID, "number": "101"})
		made := cloudtest.Want[camera](t, h.Installer, http.StatusCreated, http.MethodPost, site+"/cameras", cameraForm(nil))
		if made.Watchers != "all" || made.Revision != 1 || len(made.Warnings) > 0 {
			t.Errorf("%+v", made)
		}
		inside := cloudtest.Want[camera](t, h.Installer, http.StatusCreated, http.MethodPost, site+"/cameras", cameraForm(cloudtest.Object{"name": "Hall", "apartment_id": home.ID, "terminal": "app"}))
		if inside.BuildingID != house.ID || inside.Watchers != "app" {
			t.Errorf("%+v", inside)
		}
		one := site + "/cameras/" + made.ID
		change := cameraForm(cloudtest.Object{"name": "Back yard", "no_monitoring": true})
		delete(change, "password")
		if a := h.Installer.Do(t, http.MethodPut, one, change, "If-Match", `"7"`); a.Status != http.StatusPreconditionFailed {
			t.Errorf("of another revision: %d %s", a.Status, a.Body)
		}
		after := cloudtest.Want[camera](t, h.Installer, http.StatusOK, http.MethodPut, one, change)
		if after.Name != "Back yard" || after.Watchers != "nobody" || after.Revision != 2 {
			t.Errorf("%+v", after)
		}
		for _, path := range []string{one, site + "/cameras", "/audit?limit=100"} {
			if a := h.Installer.Do(t, http.MethodGet, path, nil); a.Status != http.StatusOK || strings.Contains(string(a.Body), "planted-camera-password") {
				t.Errorf("%s: %d tells the password", path, a.Status)
			}
		}
		s.Nowhere(t, "planted-camera-password")
		refused(t, h.Installer, []spoilt{
			{http.MethodDelete, site + "/apartments/" + home.ID, nil, 409, ""},
		})
		cloudtest.Want[any](t, h.Installer, http.StatusNoContent, http.MethodDelete, one, nil)
		if a := h.Installer.Do(t, http.MethodGet, one, nil); a.Status != http.StatusNotFound {
			t.Errorf("after the deletion: %d", a.Status)
		}
	})
}

// shows TPD-03 by shared/domain/camera.go: "f.Check(ok, \"rtsp\""
// shows TPD-04 TPD-05 by cloud/fleet/cameras.go: "f.form(c.Validate())"
func TestCameras_BadInput(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		h := cloudtest.NewHouse(t, s)
		site := communityOf(t, h.Installer, "premium")
		theirs := newYard(t, rival(t, h), "0C11050B9815")
		var all []spoilt
		for field, values := range map[string][]any{
			"name":          {"", strings.Repeat("x", 65), " Yard"},
			"rtsp":          {"", "rtsp://", "rtsp:///stream", "192.168.1.30:554", "http://192.168.1.30", "rtsp://admin:x@192.168.1.30", "rtsp://h/" + strings.Repeat("x", 600)},
			"user":          {"", strings.Repeat("x", 65)},
			"password":      {"", "a@b", "a:b", "a/b", strings.Repeat("x", 65)},
			"terminal":      {"everybody"},
			"building_id":   {"x", theirs.ids["building"]},
			"apartment_id":  {theirs.ids["apartment"]},
			"device_id":     {theirs.ids["device"]},
			"no_monitoring": {},
		} {
			for _, value := range values {
				all = append(all, spoilt{http.MethodPost, site + "/cameras", cameraForm(cloudtest.Object{field: value}), 422, field})
			}
		}
		refused(t, h.Installer, append(all, spoilt{http.MethodGet, site + "/cameras?place=roof", nil, 422, "place"}))
		if list := cloudtest.Want[struct{ Total int }](t, h.Installer, http.StatusOK, http.MethodGet, site+"/cameras", nil); list.Total != 0 {
			t.Errorf("what was refused left %d cameras", list.Total)
		}
	})
}

// shows TPD-01 by cloud/fleet/cameras.go: "if !site.Form.Premium {" => "if false {"
func TestCameras_OfAHomeWantThePremiumPlan(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		h := cloudtest.NewHouse(t, s)
		site := siteOf(t, h.Installer, "single", "Eva")
		a := h.Installer.Do(t, http.MethodPost, site+"/cameras", cameraForm(nil))
		if a.Status != http.StatusConflict || !strings.Contains(string(a.Body), "Premium Plan") {
			t.Errorf("%d %s", a.Status, a.Body)
		}
		cloudtest.Want[any](t, h.Installer, http.StatusOK, http.MethodPut, site, cloudtest.Object{"name": "Eva", "time_zone": "UTC", "form": cloudtest.Object{"premium": true}})
		made := cloudtest.Want[camera](t, h.Installer, http.StatusCreated, http.MethodPost, site+"/cameras", cameraForm(nil))
		if made.Owner != "Eva" || made.Watchers != "all" {
			t.Errorf("%+v", made)
		}
		refused(t, h.Installer, []spoilt{{http.MethodPost, site + "/cameras", cameraForm(cloudtest.Object{"no_monitoring": true, "terminal": "app"}), 422, "no_monitoring terminal"}})
	})
}

// shows SITE-11 by cloud/fleet/cameras.go: "c.ApartmentID.IsZero() && !PowersOf(site).Has(PublicCameras)" => "return false"
func TestCameras_NobodyWatchesPublicOnesWithTheBasicPlan(t *testing.T) {
	h := cloudtest.NewHouse(t, cloudtest.Start(t, ""))
	site := communityOf(t, h.Installer, "basic")
	made := cloudtest.Want[camera](t, h.Installer, http.StatusCreated, http.MethodPost, site+"/cameras", cameraForm(nil))
	if made.Watchers != "nobody" || len(made.Warnings) != 1 || made.Warnings[0].Path != "no_monitoring" || !strings.Contains(made.Warnings[0].Message, "Basic plan") {
		t.Errorf("%+v", made)
	}
	cloudtest.Want[any](t, h.Installer, http.StatusOK, http.MethodPut, site, cloudtest.Object{"name": "Park", "time_zone": "UTC", "form": cloudtest.Object{"plan": "premium"}})
	if now := cloudtest.Want[camera](t, h.Installer, http.StatusOK, http.MethodGet, site+"/cameras/"+made.ID, nil); now.Watchers != "all" || len(now.Warnings) > 0 {
		t.Errorf("%+v", now)
	}
}

// shows TPD-06 by cloud/fleet/devices.go: "s.unlinkCameras(ctx, e, device.ID, nil)" => "if err := error(nil); err != nil {"
func TestCameras_LinkToADoorPhoneAtTheSamePlace(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		h := cloudtest.NewHouse(t, s)
		site := communityOf(t, h.Installer, "premium")
		device := func(kind int, mac, name string, more cloudtest.Object) string {
			form := cloudtest.Object{"type": kind, "mac": mac, "name": name}
			for key, value := range more {
				form[key] = value
			}
			return cloudtest.Want[thing](t, h.Installer, http.StatusCreated, http.MethodPost, site+"/devices", form).ID
		}
		building := func(name string) string {
			return cloudtest.Want[thing](t, h.Installer, http.StatusCreated, http.MethodPost, site+"/buildings", cloudtest.Object{"name": name}).ID
		}
		a, b := building("House A"), building("House B")
		gate, porter := device(0, "0C11050B9814", "Gate", nil), device(3, "0C11050B9815", "Porter", nil)
		doorA, doorB := device(0, "0C11050B9816", "Door A", cloudtest.Object{"building_id": a}), device(0, "0C11050B9817", "Door B", cloudtest.Object{"building_id": b})
		form := func(link string) cloudtest.Object {
			return cameraForm(cloudtest.Object{"building_id": a, "device_id": link})
		}
		refused(t, h.Installer, []spoilt{
			{http.MethodPost, site + "/cameras", form(porter), 422, "device_id"},
			{http.MethodPost, site + "/cameras", form(doorB), 422, "device_id"},
		})
		made := cloudtest.Want[camera](t, h.Installer, http.StatusCreated, http.MethodPost, site+"/cameras", form(doorA))
		if made.Device != "Door A" || made.DeviceID != doorA {
			t.Errorf("%+v", made)
		}
		refused(t, h.Installer, []spoilt{
			{http.MethodPost, site + "/cameras", form(doorA), 409, "device_id"},
			{http.MethodDelete, site + "/buildings/" + b, nil, 409, ""},
		})
		one := site + "/cameras/" + made.ID
		now := func() camera { return cloudtest.Want[camera](t, h.Installer, http.StatusOK, http.MethodGet, one, nil) }
		cloudtest.Want[any](t, h.Installer, http.StatusOK, http.MethodPut, site+"/devices/"+doorA, cloudtest.Object{"type": 0, "mac": "0C11050B9816", "name": "Door A", "building_id": b})
		if c := now(); c.DeviceID != "" || c.Revision != 2 {
			t.Errorf("after the door moved away: %+v", c)
		}
		cloudtest.Want[any](t, h.Installer, http.StatusOK, http.MethodPut, one, form(gate))
		cloudtest.Want[any](t, h.Installer, http.StatusNoContent, http.MethodDelete, site+"/devices/"+gate, nil)
		if c := now(); c.DeviceID != "" || c.Device != "" || c.Revision != 4 {
			t.Errorf("after the gate was deleted: %+v", c)
		}
	})
}

// shows TPD-07 by cloud/store/cameras.go: "listBy[cameraRow, cameraRow](query, page, cameraOrders)" => "page.Query = \"\"; rows, err := listBy[cameraRow, cameraRow](query, page, cameraOrders)"
func TestCameras_List(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		h := cloudtest.NewHouse(t, s)
		site := communityOf(t, h.Installer, "premium")
		for _, name := range []string{"Yard 10", "Yard 2", "Garage"} {
			cloudtest.Want[camera](t, h.Installer, http.StatusCreated, http.MethodPost, site+"/cameras", cameraForm(cloudtest.Object{"name": name}))
		}
		for query, want := range map[string]string{
			"": "Garage Yard 2 Yard 10 3", "?sort=created": "Yard 10 Yard 2 Garage 3", "?q=YARD": "Yard 2 Yard 10 2", "?q=admin": "0", "?limit=1&page=2": "Yard 2 3", "?place=apartment": "0",
		} {
			list := cloudtest.Want[struct {
				Items []camera
				Total int
			}](t, h.Installer, http.StatusOK, http.MethodGet, site+"/cameras"+query, nil)
			var got []string
			for _, c := range list.Items {
				got = append(got, c.Name)
			}
			got = append(got, string(rune('0'+list.Total)))
			if strings.Join(got, " ") != want {
				t.Errorf("%s: %v, want %s", query, got, want)
			}
		}
	})
}
