package box

import (
	"testing"

	"vestibule/cloud/cloudtest"
	"vestibule/shared/sim"
)

type device struct {
	ID     string `json:"id"`
	Status struct {
		Online  bool `json:"online"`
		Receipt struct {
			State  string `json:"state"`
			Reason string `json:"reason"`
		} `json:"receipt"`
	} `json:"status"`
}

// A door phone that says yes to every write and keeps none never gets a green receipt; when it tells the truth again, it does.
//
// shows BEY-07 by agent/provision/step.go: "t.receipt(wire.ReceiptHeld, domain.ReasonReadBack)" => "t.receipt(wire.ReceiptApplied, \"\")"
func TestReceipt_OfAPhoneThatForgetsStaysHeld(t *testing.T) {
	cfg := sim.Sample(1, 0, 0)
	cfg.MDNS = "lo"
	cfg.DoorPhones[0].Quirks.ForgetWrites = 1_000_000
	building, err := sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	live(t, building.Run)
	phone := building.DoorPhones()[0]
	c := cloudtest.Start(t, "").SetUp(t)
	path, house, group := site(t, c)
	made := cloudtest.Want[named](t, c, 201, "POST", path+"/devices", map[string]any{
		"type": 0, "mac": phone.MAC(), "name": "Main entrance", "group_id": group, "building_id": house, "driver": "akuvox", "dtmf_method": "unknown",
		"api_user": phone.APIUser(), "api_password": phone.APIPassword(),
	})
	newBox(t, cloudtest.Want[claim](t, c, 201, "POST", path+"/claims", nil).Link)
	read := func() device { return cloudtest.Want[device](t, c, 200, "GET", path+"/devices/"+made.ID, nil) }
	writes := func() int { return phone.State().Web.Forgotten }
	eventually(t, patience, "the phone has forgotten two rounds of writes and the portal says so", func() bool {
		d := read()
		if d.Status.Receipt.State == "applied" {
			t.Fatal("the receipt is green of a phone that kept nothing")
		}
		return writes() >= 2 && d.Status.Receipt.State == "held" && d.Status.Receipt.Reason == "read_back_differs"
	})
	phone.SetQuirks(sim.Quirks{})
	eventually(t, patience, "the receipt is green once the phone keeps what it is told", func() bool { return read().Status.Receipt.State == "applied" })
}
