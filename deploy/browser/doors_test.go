package browser

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"vestibule/agent"
	"vestibule/cloud/cloudtest"
	"vestibule/deploy/stack"
	"vestibule/shared/sim"
)

// doorPhones are two as the installer knows them; the second one is said to be in another network.
func doorPhones(t *testing.T) []*sim.DoorPhone {
	t.Helper()
	cfg := sim.Sample(2, 0, 0)
	cfg.MDNS = "lo"
	b, err := sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	service(t, b.Run)
	return b.DoorPhones()
}

// atTheDoors lets the program in the browser stand at the door phones: POST / types a code that nobody has at the first one, GET / tells whom the second
// one lets in, and how many schedules of the agent's it has.
func atTheDoors(t *testing.T, phones []*sim.DoorPhone) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			if err := phones[0].Enter(sim.ByCode, "90817263"); err != nil {
				http.Error(w, err.Error(), http.StatusConflict)
			}
			return
		}
		said := struct {
			Users     []string `json:"users"`
			Schedules int      `json:"schedules"`
		}{Users: []string{}}
		for _, u := range phones[1].Keys().Users() {
			said.Users = append(said.Users, u["Name"])
		}
		for _, s := range phones[1].Keys().Schedules() {
			if strings.HasPrefix(s["Name"], "VST-") {
				said.Schedules++
			}
		}
		_ = json.NewEncoder(w).Encode(said)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// An installer says where keys open beside the own doors and when: the devices learn it, a group that somebody has stays, and one that nobody has goes from
// the devices too. Beside it the page of a network group, what a device last told by itself, and what DHCP options hold.
//
// shows EDGE-26 by cloud/fleet/accessgroups.go: "if people := held[id]; people > 0 {" => "if people := held[id]; people < 0 {"
// shows EDGE-08 by agent/house.go: "return h.autop.At(lan.Addr()).String()" => "return \"\""
func TestPortal_WhereKeysOpen(t *testing.T) {
	c := cloudtest.Start(t, "")
	house := cloudtest.NewHouse(t, c)
	phones := doorPhones(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	client, sample := lindenhof(ctx, t, house)
	var gate string
	for i, name := range []string{"Main gate", "Garage"} {
		id, err := sample.AddDevice(ctx, client, stack.DeviceForm{
			Type: 0, MAC: phones[i].MAC(), Name: name, Driver: "akuvox", DTMFMethod: "info", APIUser: phones[i].APIUser(), APIPassword: phones[i].APIPassword(),
			Relays: []stack.RelayForm{{Number: 1, Name: "Door", Enabled: true, DTMF: "#", Mode: "momentary", HoldMS: 3000}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			gate = id
		}
	}
	link, err := sample.Claim(ctx, client)
	if err != nil {
		t.Fatal(err)
	}
	a, err := agent.New(ctx, agent.Config{
		DataDir: t.TempDir(), LAN: "127.0.0.1:0", SIP: "127.0.0.1:0", AutoP: "127.0.0.1:0", Callbacks: "127.0.0.1:0", Interfaces: []string{"lo"}, Claim: link,
		Version: "test", OneMachine: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	service(t, a.Run)
	ended := drive(t, ctx, cancel, "doors.spec.mjs", "VESTIBULE_URL="+c.URL, "VESTIBULE_LOGIN="+house.Operator.Me(t).Email, "VESTIBULE_PASSWORD="+cloudtest.Password,
		"VESTIBULE_SITE="+sample.SiteID, "VESTIBULE_DEVICE="+gate, "VESTIBULE_APARTMENT="+sample.Apartments["101"], "VESTIBULE_DOORS="+atTheDoors(t, phones),
		"VESTIBULE_LOOKS="+looks())
	if err := <-ended; err != nil {
		t.Fatalf("the run in the browser: %v", err)
	}
}
