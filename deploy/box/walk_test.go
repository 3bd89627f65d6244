package box

import (
	"strings"
	"testing"
	"time"

	"vestibule/cloud/cloudtest"
	"vestibule/shared/sim"
)

// walk is where the newest edit stands on the devices of a place, as the portal draws it.
type walk struct {
	Version uint64 `json:"version"`
	Counts  struct {
		Total    int `json:"total"`
		Saved    int `json:"saved"`
		Held     int `json:"held"`
		Written  int `json:"written"`
		ReadBack int `json:"read_back"`
		Failed   int `json:"failed"`
		Manual   int `json:"manual"`
		Withheld int `json:"withheld"`
		Offline  int `json:"offline"`
	} `json:"counts"`
	Agents []struct {
		Connected bool   `json:"connected"`
		State     string `json:"state"`
		Held      uint64 `json:"held_version"`
		Devices   int    `json:"devices"`
	} `json:"agents"`
	Unheld int `json:"unheld"`
	Items  []struct {
		Name    string `json:"name"`
		Receipt struct {
			State    string   `json:"state"`
			Withheld []string `json:"withheld"`
		} `json:"receipt"`
	} `json:"items"`
}

// street is a site with two houses whose devices are simulated, and what each place of it concerns.
type street struct {
	cloudtest.Client
	path, a, b, home string
	building         *sim.Building
	ids              map[string]string // of devices, by name
}

// newStreet makes house A with a monitor in 101, an old door phone in front and one that forgets in the public area; house B has a monitor set up
// by hand, and so has the public area a door phone that serves house B alone.
func newStreet(t *testing.T, c cloudtest.Client) *street {
	t.Helper()
	cfg := sim.Sample(2, 1, 0)
	cfg.MDNS = "lo"
	cfg.DoorPhones[0].Firmware = "29.30.9.7" // too old to choose ways to unlock
	cfg.DoorPhones[1].Quirks.ForgetWrites = 1_000_000
	building, err := sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	live(t, building.Run)
	s := &street{Client: c, building: building, ids: map[string]string{}}
	s.path, s.a, _ = site(t, c)
	s.b = s.add(t, "/buildings", map[string]any{"name": "House B"})
	s.home = s.add(t, "/apartments", map[string]any{"building_id": s.a, "number": "101"})
	old, public, hall := building.DoorPhones()[0], building.DoorPhones()[1], building.Monitors()[0]
	s.device(t, "Old", 0, old.MAC(), map[string]any{
		"building_id": s.a, "api_user": old.APIUser(), "api_password": old.APIPassword(), "relays": []map[string]any{{"number": 1, "methods": []string{"pin"}}},
	})
	s.device(t, "Public", 0, public.MAC(), map[string]any{"api_user": public.APIUser(), "api_password": public.APIPassword()})
	s.device(t, "Hall", 2, hall.MAC(), map[string]any{"apartment_id": s.home, "api_user": hall.APIUser(), "api_password": hall.APIPassword()})
	s.device(t, "By hand", 2, "0C1105000009", map[string]any{"building_id": s.b, "driver": "manual"})
	s.device(t, "Far gate", 0, "0C110500000A", map[string]any{"driver": "manual", "form": map[string]any{"buildings": []string{s.b}}})
	return s
}

func (s *street) add(t *testing.T, under string, body map[string]any) string {
	t.Helper()
	return cloudtest.Want[named](t, s.Client, 201, "POST", s.path+under, body).ID
}

func (s *street) device(t *testing.T, name string, kind int, mac string, more map[string]any) {
	t.Helper()
	more["name"], more["type"], more["mac"] = name, kind, mac
	s.ids[name] = s.add(t, "/devices", more)
}

func (s *street) walk(t *testing.T, query string) walk {
	t.Helper()
	return cloudtest.Want[walk](t, s.Client, 200, "GET", s.path+"/receipts"+query, nil)
}

// names lists whom a place concerns.
func (w walk) names() string {
	var out []string
	for _, i := range w.Items {
		out = append(out, i.Name)
	}
	return strings.Join(out, ",")
}

// An edit walks from saved over held to read back on every device it concerns, and says where it stands while nobody holds it.
//
// shows BEY-07 by cloud/desiredstate/walk.go: "walk.Acting[b.Agent] += b.N"
// shows BEY-07 by cloud/store/walk.go: "r.Version = number(head)"
// shows DEV-13 by cloud/store/walk.go: "const serves =" => "const serves = `(d.form = ” OR d.form <> ?)`"
// shows DEV-30 by cloud/api/devices.go: "Online: r.Online, Since: instant(r.Since)"
func TestReceipts_WalkFromSavedToReadBack(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, server *cloudtest.Server) {
		s := newStreet(t, server.SetUp(t))
		first := s.walk(t, "")
		if n := first.Counts; n.Total != 5 || n.Saved != 3 || n.Manual != 2 || n.Offline != 3 || first.Unheld != 3 || len(first.Agents) != 0 {
			t.Fatalf("nobody holds it yet: %+v", first)
		}
		for query, want := range map[string]string{
			"?device=" + s.ids["Hall"]: "Hall", "?apartment=" + s.home: "Hall,Old,Public", "?building=" + s.a: "Hall,Old,Public", "?building=" + s.b: "Public,By hand,Far gate",
		} {
			if got := s.walk(t, query).names(); got != want {
				t.Errorf("%s concerns %s, want %s", query, got, want)
			}
		}
		s.strangers(t, server)
		newBox(t, cloudtest.Want[claim](t, s.Client, 201, "POST", s.path+"/claims", nil).Link)
		forgets := s.building.DoorPhones()[1]
		eventually(t, patience, "two are read back and the one that forgets is held", func() bool {
			w := s.walk(t, "")
			return w.Counts.ReadBack == 2 && w.Counts.Held == 1 && forgets.State().Web.Forgotten >= 1 && w.Counts.Withheld == 1 && w.Counts.Offline == 0
		})
		w := s.walk(t, "")
		if len(w.Agents) != 1 || !w.Agents[0].Connected || w.Agents[0].Held != w.Version || w.Agents[0].Devices != 3 || w.Unheld != 0 || w.names() != "Public,Old,Hall,By hand,Far gate" {
			t.Errorf("%+v", w)
		}
		if old := s.walk(t, "?device="+s.ids["Old"]).Items[0].Receipt; old.State != "applied" || strings.Join(old.Withheld, ",") != "access_methods" {
			t.Errorf("%+v", old)
		}
		s.panel(t)
		forgets.SetQuirks(sim.Quirks{})
		eventually(t, patience, "all three are read back", func() bool { return s.walk(t, "").Counts.ReadBack == 3 })
		cloudtest.Want[any](t, s.Client, 204, "DELETE", s.path+"/devices/"+s.ids["Public"], nil)
		if gone := s.walk(t, ""); gone.Counts.Total != 4 || gone.Version <= w.Version || gone.names() == "" || strings.Contains(gone.names(), "Public") {
			t.Errorf("after a device was deleted: %+v", gone)
		}
		if a := s.Do(t, "GET", s.path+"/receipts?device="+s.ids["Public"], nil); a.Status != 404 {
			t.Errorf("a deleted device: %d %s", a.Status, a.Body)
		}
	})
}

// strangers wants that another tenant sees nothing, by the site's address or by a place of it.
func (s *street) strangers(t *testing.T, server *cloudtest.Server) {
	t.Helper()
	eve := server.Stranger(t)
	own, _, _ := site(t, eve)
	for _, path := range []string{s.path + "/receipts", own + "/receipts?device=" + s.ids["Hall"], own + "/receipts?apartment=" + s.home, own + "/receipts?building=" + s.a} {
		if a := eve.Do(t, "GET", path, nil); a.Status != 404 {
			t.Errorf("%s: %d %s", path, a.Status, a.Body)
		}
	}
	if a := s.Do(t, "GET", s.path+"/receipts?device="+s.ids["Hall"]+"&building="+s.a, nil); a.Status != 422 || a.Field("building") == "" {
		t.Errorf("two places: %d %s", a.Status, a.Body)
	}
}

// panel wants what the information panel of a device shows (DEV-30).
func (s *street) panel(t *testing.T) {
	t.Helper()
	d := cloudtest.Want[struct {
		Name, MAC, Building string
		SIPUser             string `json:"sip_user"`
		Status              struct {
			Online                   bool
			Since, SeenAt            *time.Time
			Address, Model, Firmware string
		}
	}](t, s.Client, 200, "GET", s.path+"/devices/"+s.ids["Old"], nil)
	if !d.Status.Online || d.Status.Since == nil || d.Status.Model != "R29" || d.Status.Firmware != "29.30.9.7" || d.Status.Address == "" || len(d.SIPUser) != 10 || d.Building != "House A" {
		t.Errorf("%+v", d)
	}
	on := cloudtest.Want[struct{ Items []named }](t, s.Client, 200, "GET", s.path+"/devices?status=online", nil)
	if len(on.Items) != 3 {
		t.Errorf("%d devices are online", len(on.Items))
	}
}
