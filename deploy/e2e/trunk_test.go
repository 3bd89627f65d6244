package e2e

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vestibule/deploy/e2e/lab"
	"vestibule/deploy/stack"
)

const (
	carrierPassword = "planted-carrier-password"
	landline        = "+49301234567"
)

// startCarrier runs Kamailio as a telephone carrier on a host of its own, with one telephone that sings.
func startCarrier(t *testing.T, l *lab.Lab) (carrier *lab.Host, telephone *phone) {
	t.Helper()
	carrier = l.Host("carrier")
	text, err := os.ReadFile(filepath.Join("testdata", "carrier.cfg"))
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(t.TempDir(), "carrier.cfg")
	if err := os.WriteFile(config, []byte(strings.ReplaceAll(string(text), "PASSWORD", carrierPassword)), 0o600); err != nil {
		t.Fatal(err)
	}
	kamailio := launch(t, "Kamailio", carrier.Command(context.Background(), "kamailio", "-f", config, "-DD", "-E", "-m", "64", "-M", "8", "-l", "udp:"+carrier.IP+":5060"))
	eventually(t, settle, "the carrier listens", func() bool { return carrier.Listens("udp", 5060) || kamailio.Ended() })
	d := device{name: "Telephone", host: l.Host("telephone"), login: stack.SIPLogin{User: landline, Password: carrierPassword}, agent: carrier.IP}
	return carrier, baresipWith(t, d, highTone)
}

// trunkRow is what the API shows of the trunk.
type trunkRow struct {
	Agents []struct {
		State   string `json:"state"`
		Reason  string `json:"reason"`
		Minutes int    `json:"minutes"`
	} `json:"agents"`
}

// stands waits for what the agent says of the trunk.
func (b *building) stands(what string, fits func(state, reason string, minutes int) bool) {
	b.t.Helper()
	eventually(b.t, settle, "the trunk: "+what, func() bool {
		var row trunkRow
		b.must(b.client.Do(b.t.Context(), "GET", b.sample.Path("/trunk"), nil, &row))
		return len(row.Agents) == 1 && fits(row.Agents[0].State, row.Agents[0].Reason, row.Agents[0].Minutes)
	})
}

// trunkTo gives the site a trunk.
func (b *building) trunkTo(carrier *lab.Host, password string) {
	b.t.Helper()
	form := map[string]any{
		"host": carrier.IP, "register": true, "user": "4930555", "password": password, "caller_id": "+4930555", "enabled": true,
		"limits": map[string]any{"countries": []string{"DE"}},
	}
	b.must(b.client.Do(b.t.Context(), "PUT", b.sample.Path("/trunk"), form, nil))
}

// Nobody is at the monitors of 101, and the telephone of its resident rings: a telephone of another maker behind a carrier of another maker. Both
// sides hear each other, its key opens the door, and the portal shows what that cost. A carrier that refuses is told as it is.
// shows CALL-09 CALL-03 EDGE-09/R20 PEOPLE-04 PEOPLE-05 by agent/house.go: "Trunk:   line," => "		Trunk: map[bool]*trunk.Line{false: line}[true],"
// shows CALL-09 EDGE-13/R33 by agent/call/plan/leg.go: "case !m.facts.WAN:" => "case false:"
func TestTrunk_TheTelephoneOfAResidentRingsAndItsKeyOpens(t *testing.T) {
	b := newBuilding(t, "info")
	carrier, telephone := startCarrier(t, b.lab)
	ctx := t.Context()
	b.must(b.client.Do(ctx, "PUT", b.sample.Path(""), map[string]any{
		"name": "Lab", "time_zone": "Europe/Berlin", "form": map[string]any{"plan": "premium", "landline": true}, "address": map[string]any{"country": "DE"},
	}, nil))
	home := map[string]any{"building_id": b.sample.BuildingID, "number": "101", "call_type": 4}
	b.must(b.client.Do(ctx, "PUT", b.sample.Path("/apartments/"+b.sample.Apartments["101"]), home, nil))
	b.must(b.client.Do(ctx, "POST", b.sample.Path("/people"), map[string]any{
		"apartment_id": b.sample.Apartments["101"], "first_name": "Eva", "last_name": "Miller", "form": map[string]any{"landlines": []string{"030 1234567"}},
	}, nil))
	b.trunkTo(carrier, carrierPassword)
	b.stands("registered", func(state, _ string, _ int) bool { return state == "registered" })
	panel := baresipWith(t, b.panel, lowTone)
	panel.dial("101")
	telephone.rings(settle)
	telephone.answer()
	panel.talks(settle)
	conversed(t, panel, lowTone, telephone, highTone)
	telephone.press("#")
	held(t, b.board.pulsed(0, 1, settle))
	panel.hangUp()
	telephone.falls(settle)
	b.row(seenWithin, "door_log", map[string]any{"result": "done", "means": "dtmf", "by": "Eva Miller"})
	b.row(seenWithin, "call", map[string]any{"end": "opened", "anchored": true})
	b.stands("a minute is used", func(state, _ string, minutes int) bool { return state == "registered" && minutes == 1 })

	b.trunkTo(carrier, "another")
	b.stands("refused", func(state, reason string, _ int) bool { return state == "refused" && strings.HasPrefix(reason, "401") })
	panel.dial("101")
	panel.falls(settle)

	b.trunkTo(carrier, carrierPassword)
	b.stands("registered again", func(state, _ string, _ int) bool { return state == "registered" })
	b.withoutTheWire(panel, telephone)
	b.stands("no more was used", func(state, _ string, minutes int) bool { return state == "registered" && minutes == 1 })
}

// withoutTheWire cuts the internet: the monitor of the home rings and talks, and when it declines nobody waits for the telephone, which never rings
// again, although its carrier could be reached. The record says why.
func (b *building) withoutTheWire(panel, telephone *phone) {
	b.t.Helper()
	kitchen := baresipWith(b.t, b.monitors[0], midTone)
	panel.forget()
	b.withoutTheCloud()
	panel.dial("101")
	kitchen.rings(settle)
	kitchen.answer()
	panel.talks(settle)
	conversed(b.t, panel, lowTone, kitchen, midTone)
	panel.hangUp()
	kitchen.falls(settle)
	panel.dial("101")
	kitchen.rings(settle)
	kitchen.hangUp()
	panel.falls(seenWithin + settle)
	b.lab.RestoreWAN()
	eventually(b.t, back, "the records of both calls arrive", func() bool {
		out := b.leftOut("landline")
		return len(out) >= 2 && out[0] == "wan_down" && out[1] == "wan_down"
	})
	if n := strings.Count(telephone.control.Said.String(), `"CALL_INCOMING"`); n != 1 {
		b.t.Errorf("the telephone rang %d times, want once", n)
	}
}
