package eventlog_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"vestibule/cloud/eventlog"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
)

// Page by page the rows of several kinds come as they stand in the log, each once and full pages of them, whatever lies between and however few one kind
// has.
//
// shows BEY-22 by cloud/eventlog/list.go: "slices.SortFunc(all, func(a, b Stored) int { return b.position().compare(a.position()) })" => "slices.Reverse(all)"
func TestList_SeveralKindsAreOneLog(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		y := newStreet(t, s)
		kinds := []domain.EventKind{domain.EventDoor, domain.EventAlarm, domain.EventSecurity}
		for i := range 60 { // some of one batch, which arrive at one instant
			switch {
			case i == 7:
				y.seq = append(y.seq, y.box.Row(domain.EventAlarm, domain.AlarmBody{DeviceID: y.gate, Alarm: "tamper"}))
			case i%3 == 0:
				y.seq = append(y.seq, y.box.Row(domain.EventDoor, domain.DoorBody{DeviceID: y.gate, Relay: 1}))
			case i%7 == 1:
				y.seq = append(y.seq, y.box.Row(domain.EventSecurity, domain.NoteBody{What: "wrong_pin"}))
			default:
				y.ring(nil)
			}
			if i%4 == 3 {
				y.upload()
				y.Time.Move(time.Second)
			}
		}
		var want []uint64
		all, _, err := y.Events.List(y.Person(), y.Site, eventlog.Query{Limit: 500})
		for _, e := range all {
			if slices.Contains(kinds, e.Kind) {
				want = append(want, e.Seq)
			}
		}
		var got []uint64
		q := eventlog.Query{Kinds: kinds, Limit: 4}
		for err == nil {
			var page []eventlog.Event
			if page, q.Before, err = y.Events.List(y.Person(), y.Site, q); q.Before != "" && len(page) != q.Limit {
				t.Errorf("a page of %d rows, and more behind it", len(page))
			}
			for _, e := range page {
				got = append(got, e.Seq)
			}
			if q.Before == "" {
				break
			}
		}
		if err != nil || len(want) < 20 || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%v, want %v: %v", got, want, err)
		}
		if none, next, err := y.Events.List(y.Person(), y.Site, eventlog.Query{Kinds: []domain.EventKind{domain.EventConflict, "moon"}}); err != nil || len(none) != 0 || next != "" {
			t.Errorf("of kinds without rows: %v %q %v", none, next, err)
		}
	})
}
