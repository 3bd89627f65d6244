package eventlog_test

import (
	"errors"
	"slices"
	"testing"

	"vestibule/cloud/cloudtest/linktest"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
	"vestibule/shared/wire"
)

// hall adds a monitor to the site.
func hall(t *testing.T, c *linktest.Cloud, s *store.Store) domain.DeviceID {
	t.Helper()
	now := c.Time.Wall()
	group := domain.NetworkGroup{ID: domain.NewID[domain.GroupID](now), SiteID: c.Site, Name: "Network 7"}
	monitor := domain.Device{
		ID: domain.NewID[domain.DeviceID](now), SiteID: c.Site, GroupID: group.ID, Type: domain.Monitor, MAC: "0C11050B9816", Name: "Hall",
		Driver: domain.DriverManual, SIPUser: "6000000001", SIPPassword: secret.New("planted"),
	}
	if err := errors.Join(s.PutGroup(c.System(), group, now), s.PutDevice(c.System(), monitor, now)); err != nil {
		t.Fatal(err)
	}
	return monitor.ID
}

// shows EDGE-17/R42 by cloud/eventlog/service.go: "if err = s.shown(ctx, site, rows); err != nil {" => "if err != nil {"
func TestBoards_WhatTheyShowIsKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := linktest.New(t, s)
		b := c.NewBox(c.Site)
		b.Join()
		take := func(body domain.BoardStateBody) {
			t.Helper()
			batch := wire.Events{Epoch: b.Epoch, Stream: domain.StreamStatus, Rows: []wire.Row{b.Row(domain.EventBoardState, body)}}
			if _, err := c.Events.Take(t.Context(), b.ID, batch); err != nil {
				t.Fatal(err)
			}
		}
		take(domain.BoardStateBody{BoardID: domain.BoardID{7}, Online: true, Channels: 4, Outputs: 0b1})
		if list, err := c.Events.BoardStates(c.Person(), c.Site); err != nil || len(list) != 0 {
			t.Fatalf("a board that the site does not have: %+v %v", list, err)
		}
		monitor := hall(t, c, s)
		take(domain.BoardStateBody{BoardID: domain.BoardID(monitor), DeviceID: monitor, Online: true, Channels: 8, Outputs: 0b101, Inputs: 0b10})
		list, err := c.Events.BoardStates(c.Person(), c.Site)
		if err != nil || len(list) != 1 || !list[0].Online || !slices.Equal(list[0].Outputs, []int{1, 3}) || !slices.Equal(list[0].Inputs, []int{2}) {
			t.Fatalf("%+v %v", list, err)
		}
		take(domain.BoardStateBody{BoardID: domain.BoardID(monitor), DeviceID: monitor, Channels: 8})
		if list, err = c.Events.BoardStates(c.Person(), c.Site); err != nil || list[0].Online || len(list[0].Outputs) != 0 {
			t.Fatalf("away: %+v %v", list, err)
		}
	})
}
