package box

import (
	"context"
	"testing"

	"vestibule/cloud/cloudtest"
	"vestibule/shared/sim"
)

// call is a line of the call history.
type call struct {
	ID      string `json:"id"`
	Door    string `json:"device_name"`
	Number  string `json:"apartment_number"`
	Cause   string `json:"cause"`
	Blamed  string `json:"blamed_name"`
	Legs    []leg  `json:"legs"`
	EventID string `json:"event_id"`
}

type leg struct {
	Name     string `json:"name"`
	Kind     string `json:"kind"`
	SignedIn string `json:"signed_in"`
	Code     int    `json:"code"`
	Blamed   bool   `json:"blamed"`
}

// refuse lets a visitor press 101, and the monitor answer with a status.
func (s *street) refuse(t *testing.T, status int) {
	t.Helper()
	door, hall := s.building.DoorPhones()[0], s.building.Monitors()[0]
	eventually(t, patience, "both are registered", func() bool { return door.State().Registered && hall.State().Registered })
	if err := door.Press("101"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := hall.Wait(ctx, sim.State.InCall); err != nil {
		t.Fatal(err)
	}
	if err := hall.Decline(status); err != nil {
		t.Fatal(err)
	}
}

func (s *street) history(t *testing.T, query string) []call {
	t.Helper()
	return cloudtest.Want[struct{ Items []call }](t, s.Client, 200, "GET", s.path+"/calls"+query, nil).Items
}

// visits counts the rows of the door log about visitors who did not come in.
func (s *street) visits(t *testing.T) int {
	t.Helper()
	n := 0
	for _, e := range cloudtest.Want[struct {
		Items []struct{ Body map[string]any }
	}](t, s.Client, 200, "GET", s.path+"/events?kind=door_log", nil).Items {
		if e.Body["means"] == "visit" && e.Body["result"] == "not_opened" && e.Body["apartment_number"] == "101" {
			n++
		}
	}
	return n
}

// A ring that comes to nothing is told in the cloud: the whole way from the monitor's answer to the record that people read, and the row of the door
// log as the site wants it.
//
// shows BEY-05 by shared/callrecord/diagnose.go: "case code == 488 || code == 415 || code == 606:" => "case code == 415:"
// shows LOG-01 EDGE-29/R24 by shared/domain/siteform.go: "NoVisitorLog   bool `cbor:\"12,keyasint,omitempty\"" => "NoVisitorLog   bool `cbor:\"-\""
func TestCalls_WhyNobodyAnsweredIsToldInTheCloud(t *testing.T) {
	server := cloudtest.Start(t, "")
	s := newStreet(t, server.SetUp(t))
	newBox(t, cloudtest.Want[claim](t, s.Client, 201, "POST", s.path+"/claims", nil).Link)
	s.refuse(t, 488)
	eventually(t, patience, "the ring stands in the history", func() bool { return len(s.history(t, "")) == 1 })
	line := s.history(t, "?cause=technical&device="+s.ids["Hall"]+"&apartment="+s.home+"&q=old")
	if len(line) != 1 || line[0].Cause != "codecs" || line[0].Door != "Old" || line[0].Blamed != "Hall" || line[0].Number != "101" {
		t.Fatalf("%+v", line)
	}
	if none := s.history(t, "?cause=answered,opened"); len(none) != 0 {
		t.Errorf("%+v", none)
	}
	record := cloudtest.Want[call](t, s.Client, 200, "GET", s.path+"/calls/"+line[0].ID, nil)
	if len(record.Legs) < 2 || record.Legs[0].Kind != "caller" || record.Legs[1] != (leg{"Hall", "device", "live", 488, true}) {
		t.Errorf("%+v", record.Legs)
	}
	eventually(t, patience, "the visit stands in the door log", func() bool { return s.visits(t) == 1 })

	cloudtest.Want[any](t, s.Client, 200, "PUT", s.path, map[string]any{
		"name": "Court", "time_zone": "Europe/Berlin", "form": map[string]any{"no_visitor_log": true},
	})
	eventually(t, patience, "the building holds the setting", func() bool {
		w := s.walk(t, "")
		return len(w.Agents) == 1 && w.Agents[0].Held == w.Version
	})
	s.refuse(t, 603)
	eventually(t, patience, "the second ring stands in the history", func() bool { return len(s.history(t, "?cause=declined")) == 1 })
	s.refuse(t, 603)
	eventually(t, patience, "the third one too: what came before it has come", func() bool { return len(s.history(t, "?cause=declined")) == 2 })
	if n := s.visits(t); n != 1 {
		t.Errorf("%d visits in the door log", n)
	}
}
