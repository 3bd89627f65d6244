package store_test

import (
	"testing"

	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
)

// A list that is long to count is counted so far, and says when it holds more.
//
// shows BEY-05 by cloud/store/record.go: "return min(int(total), most), int(total) > most, err" => "	return int(total), false, err"
func TestCountTo_SaysWhenThereIsMore(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for rows, want := range map[int]struct {
			n    int
			more bool
		}{3: {3, false}, 4: {4, false}, 5: {4, true}, 50: {4, true}} {
			if n, more, err := s.CountTo(t.Context(), rows, 4); err != nil || n != want.n || more != want.more {
				t.Errorf("%d rows: %d, more %v, %v", rows, n, more, err)
			}
		}
	})
}

// The numbers of the whole service are asked for on both databases.
func TestFigures_OfAnEmptyServiceAreNone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		agents, err := s.AgentsByState(t.Context())
		if err != nil || len(agents) != 0 {
			t.Errorf("agents %v %v", agents, err)
		}
		if open, failed, err := s.OpenReceipts(t.Context()); err != nil || open != 0 || failed != 0 {
			t.Errorf("receipts %d %d %v", open, failed, err)
		}
		if n, err := s.OpenCommandCount(t.Context()); err != nil || n != 0 {
			t.Errorf("commands %d %v", n, err)
		}
	})
}
