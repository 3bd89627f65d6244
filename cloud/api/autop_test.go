package api_test

import (
	"net/http"
	"strings"
	"testing"

	"vestibule/cloud/cloudtest"
)

type autop struct {
	Text, State string
	Orders      []struct{ Text, State string }
	Revision    int
	PairUntil   string `json:"pair_until"`
}

// A batch goes to the devices that were found by type and MAC; what the lines say is told to nobody who only reads, and to no log.
//
// shows AUTOP-04 by cloud/api/autop.go: "ask := fleet.AutoPAsk{Text: secret.New(in.Body.Text), Once: in.Body.Once, Devices: bodyIDs[domain.DeviceID](&f, \"devices\", in.Body.Devices)}" => "ask := fleet.AutoPAsk{Text: secret.New(in.Body.Text), Devices: bodyIDs[domain.DeviceID](&f, \"devices\", in.Body.Devices)}"
// shows AUTOP-07 by cloud/api/autop.go: "ask := fleet.AutoPAsk{Devices: []domain.DeviceID{in.id()}, Text: secret.New(in.Body.Text), Replace: true}" => "ask := fleet.AutoPAsk{Devices: []domain.DeviceID{in.id()}, Text: secret.New(in.Body.Text)}"
func TestAutoP_ForOneDeviceAndForMany(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		h := cloudtest.NewHouse(t, s)
		site := communityOf(t, h.Installer, "premium")
		add := func(device cloudtest.Object) string {
			return cloudtest.Want[struct{ ID string }](t, h.Installer, http.StatusCreated, http.MethodPost, site+"/devices", device).ID
		}
		gate := add(cloudtest.Object{"type": 0, "mac": "0C11050B9814", "name": "Gate"})
		add(cloudtest.Object{"type": 2, "mac": "A41003000001", "name": "Hall"})
		add(cloudtest.Object{"type": 2, "mac": "0C11050B9815", "name": "Kitchen"})
		found := cloudtest.Want[struct {
			Items []struct{ ID, Name string }
		}](t, h.Installer, http.StatusOK, http.MethodGet, site+"/devices?type=2&q=0C1105", nil)
		if len(found.Items) != 1 || found.Items[0].Name != "Kitchen" {
			t.Fatalf("found %+v", found.Items)
		}
		const lines = "Config.Settings.WEB_LOGIN.Password=planted-autop-password"
		chosen := cloudtest.Object{"text": lines, "once": true, "devices": []string{found.Items[0].ID}}
		cloudtest.Want[any](t, h.Installer, http.StatusNoContent, http.MethodPost, site+"/autop", chosen)
		kitchen := cloudtest.Want[autop](t, h.Installer, http.StatusOK, http.MethodGet, site+"/devices/"+found.Items[0].ID+"/autop", nil)
		if kitchen.Text != "" || len(kitchen.Orders) != 1 || kitchen.Orders[0].Text != lines || kitchen.Orders[0].State != "told" || kitchen.PairUntil == "" {
			t.Errorf("the chosen device has %+v", kitchen)
		}
		at := site + "/devices/" + gate + "/autop"
		cloudtest.Want[autop](t, h.Installer, http.StatusOK, http.MethodPut, at, cloudtest.Object{"text": "Config.A=1\nConfig.B=2"})
		kept := cloudtest.Want[autop](t, h.Installer, http.StatusOK, http.MethodPut, at, cloudtest.Object{"text": "Config.A=1"})
		if kept.Text != "Config.A=1" || kept.Revision != 2 || kept.State != "told" || len(kept.Orders) != 0 {
			t.Errorf("kept %+v", kept)
		}
		a := h.Installer.Do(t, http.MethodPut, at, cloudtest.Object{"text": "Config.A=1\nplanted-autop-password"})
		if a.Status != http.StatusUnprocessableEntity && a.Status != http.StatusBadRequest || !strings.Contains(string(a.Body), "Line 2") || strings.Contains(string(a.Body), "planted") {
			t.Errorf("a line that is none: %d %s", a.Status, a.Body)
		}
		s.Nowhere(t, "planted-autop-password")
	})
}
