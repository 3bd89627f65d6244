package box

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"vestibule/cloud"
	"vestibule/cloud/cloudtest"
	"vestibule/cloud/hub/hubtest"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/sim"
)

// replica is a cloud that a test can end.
func replica(t *testing.T, cfg cloud.Config) (url string, stop func()) {
	t.Helper()
	c, err := cloud.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	ended := false
	stop = func() {
		if ended {
			return
		}
		ended = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the replica ended: %v", err)
		}
	}
	t.Cleanup(stop)
	return c.Addresses().PublicURL, stop
}

// Two clouds on one PostgreSQL, a real Mosquitto with the shipped rules, a real agent and a simulated door phone. What is edited or opened through either cloud
// happens once and is answered there, whichever cloud heard the agent; a cloud and then the broker go and come back, and nothing is lost.
//
// shows EDGE-02 EDGE-05 by cloud/link.go: "c.hub = external.New(external.Config{Address: addresses[0], TLS: config, Handle: c.router.Handle, Logger: c.cfg.Logger})" => "c.hub = external.New(external.Config{Address: addresses[0], TLS: config, Handle: func(context.Context, domain.AgentID, []byte) {}, Logger: c.cfg.Logger})"
func TestBroker_TwoCloudsAndAnAgentThroughMosquitto(t *testing.T) {
	base := cloud.Config{
		HTTP: "127.0.0.1:0", Agents: "127.0.0.1:0", DataDir: t.TempDir(), Database: storetest.PostgresDSN(t), HashCost: cloudtest.Cheap,
		Broker: "mqtts://127.0.0.1:1", BrokerHost: "127.0.0.1:1", Logger: slog.New(slog.DiscardHandler),
	}
	dir, err := cloud.WriteBrokerFiles(t.Context(), base)
	if err != nil {
		t.Fatal(err)
	}
	broker := hubtest.StartMosquitto(t, hubtest.ReadFiles(t, dir))
	base.Broker, base.BrokerHost = "mqtts://"+broker.Cloud, broker.Agents
	first := cloudtest.Start(t, base.Database, func(cfg *cloud.Config) {
		cfg.DataDir, cfg.Broker, cfg.BrokerHost, cfg.MQTT = base.DataDir, base.Broker, base.BrokerHost, ""
	})
	one := first.SetUp(t)
	url, stop := replica(t, base)
	two := cloudtest.Client{URL: url, Token: one.Token}

	cfg := sim.Sample(1, 0, 0)
	cfg.MDNS = "lo"
	building, err := sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	live(t, building.Run)
	phone := building.DoorPhones()[0]
	path, house, group := site(t, one)
	made := cloudtest.Want[named](t, one, 201, "POST", path+"/devices", map[string]any{
		"type": 0, "mac": phone.MAC(), "name": "Main entrance", "group_id": group, "building_id": house, "driver": "akuvox", "dtmf_method": "unknown",
		"api_user": phone.APIUser(), "api_password": phone.APIPassword(),
	})
	newBox(t, cloudtest.Want[claim](t, two, 201, "POST", path+"/claims", nil).Link)
	applied := func(c cloudtest.Client) func() bool {
		return func() bool {
			return cloudtest.Want[device](t, c, 200, "GET", path+"/devices/"+made.ID, nil).Status.Receipt.State == "applied"
		}
	}
	eventually(t, patience, "what one cloud was told is on the phone, and the other knows", applied(two))

	told := map[string]string{} // of each command, what its answer said
	open := func(c cloudtest.Client) {
		t.Helper()
		eventually(t, patience, "the door is opened", func() bool {
			key := fmt.Sprint("open-", len(told), "-", time.Now().UnixNano())
			answer := c.Do(t, "POST", path+"/devices/"+made.ID+"/relays/1/open", nil, "Idempotency-Key", key)
			var out struct {
				CommandID string `json:"command_id"`
				Result    string
			}
			if err := json.Unmarshal(answer.Body, &out); err != nil {
				t.Fatal(err)
			}
			if out.CommandID != "" {
				told[out.CommandID] = out.Result
			}
			return answer.Status == 200 && out.Result == "done"
		})
	}
	open(one)
	open(two)
	stop()
	open(one)
	url, _ = replica(t, base)
	two.URL = url
	broker.Stop()
	broker.Start()
	open(two)
	eventually(t, patience, "every opening is in the log once, and the log is whole", func() bool {
		rows := cloudtest.Want[struct {
			Items []struct {
				Body struct {
					CommandID string `json:"command_id"`
					Result    string
				}
			}
		}](t, two, 200, "GET", path+"/events?kind=command&limit=100", nil)
		found := cloudtest.Want[struct{ Whole bool }](t, one, 200, "GET", path+"/events/verify", nil)
		seen := map[string]string{}
		for _, r := range rows.Items {
			_, twice := seen[r.Body.CommandID]
			_, asked := told[r.Body.CommandID]
			if twice || !asked {
				t.Fatalf("a row too many: %+v; told %v", r.Body, told)
			}
			seen[r.Body.CommandID] = r.Body.Result
		}
		if !found.Whole {
			t.Fatal("the log is not whole")
		}
		for id, result := range told {
			if result == "done" && seen[id] != "done" {
				return false
			}
		}
		return true
	})
}
