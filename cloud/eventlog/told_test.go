package eventlog_test

import (
	"testing"

	"vestibule/cloud/cloudtest/linktest"
	"vestibule/cloud/eventlog"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// What a device said stands in the log with how it is known, under the device and under its kind.
//
// shows EDGE-29 by cloud/eventlog/bodies.go: "m.alarm(b, n)"
// shows EDGE-29 by cloud/eventlog/bodies.go: "m.contact(b, n)"
func TestList_WhatDevicesSaidTellsHowItIsKnown(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := linktest.New(t, s)
		b := c.NewBox(c.Site)
		b.Join()
		gate := hall(t, c, s)
		take := func(stream domain.Stream, kind domain.EventKind, body any) {
			t.Helper()
			batch := wire.Events{Epoch: b.Epoch, Stream: stream, Rows: []wire.Row{b.Row(kind, body)}}
			if ack, err := c.Events.Take(t.Context(), b.ID, batch); err != nil || len(ack.Rejected) != 0 {
				t.Fatalf("%+v %v", ack, err)
			}
		}
		first := func(kind domain.EventKind, want map[string]any) {
			t.Helper()
			list, _, err := c.Events.List(c.Person(), c.Site, eventlog.Query{Kind: kind, Device: gate})
			if err != nil || len(list) != 1 {
				t.Fatalf("%s: %+v %v", kind, list, err)
			}
			for key, value := range want {
				if list[0].Body[key] != value {
					t.Errorf("%s: %s is %v, want %v", kind, key, list[0].Body[key], value)
				}
			}
		}
		take(domain.StreamStatus, domain.EventRelayState, domain.ContactBody{DeviceID: gate, Contact: domain.ContactInput, Number: 2, On: true, Trust: domain.TrustDevice})
		take(domain.StreamAudit, domain.EventAlarm, domain.AlarmBody{DeviceID: gate, Alarm: domain.AlarmTamper, Trust: domain.TrustDevice})
		take(domain.StreamAudit, domain.EventDoor, domain.DoorBody{DeviceID: gate, Relay: 1, Means: domain.MeansCode, Result: domain.ActDone, Trust: domain.TrustSyslog})
		first(domain.EventRelayState, map[string]any{"device_id": gate.String(), "contact": "input", "number": 2, "on": true, "trust": "device_says"})
		first(domain.EventDoor, map[string]any{"means": "code", "trust": "syslog"})
		first(domain.EventAlarm, map[string]any{"device_id": gate.String(), "alarm": "tamper", "trust": "device_says", "number": nil})
	})
}
