package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// Who gives up in the middle of a transaction gets that as an error, and who asks for an agent that nobody knows is told so.
//
// shows EDGE-24 by cloud/store/row.go: "return db.Error // gorm would give no row to scan" => "		db.Error = nil"
func TestRow_SaysWhatThereIsNot(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		nobody := domain.NewID[domain.AgentID](time.Now())
		if _, _, err := s.ReadLink(t.Context(), nobody); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("link of nobody: %v", err)
		}
		if _, err := s.ReadCertificate(t.Context(), [32]byte{1}); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("certificate that nobody has: %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		_ = s.InTx(ctx, func(ctx context.Context) error {
			cancel()
			_, err := s.ReadHead(ctx, domain.NewID[domain.SiteID](time.Now()))
			if !errors.Is(err, context.Canceled) {
				t.Errorf("after its end: %v", err)
			}
			return err
		})
	})
}
