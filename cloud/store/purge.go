package store

import (
	"context"
	"fmt"
	"time"
)

// expired names what ends by itself, and how long it is of use after that: a link that is over says so rather than nothing for a while.
var expired = []struct {
	table, where string
	keep         time.Duration
}{
	{"links", "expires_at < ?", 30 * 24 * time.Hour},
	{"factor_codes", "expires_at < ?", 0},
	{"passkey_ceremonies", "expires_at < ?", 0},
	{"sessions", "expires_at < ?", 0},
	{"setup_tokens", "expires_at < ?", 0},
	{"payloads", "made_at < ?", time.Hour},
	{"autop_orders", "ended_at > 0 AND ended_at < ?", 90 * 24 * time.Hour},
}

// PurgeExpired drops links, codes, ceremonies and sessions that are over. Notices and the audit stay.
func (s *Store) PurgeExpired(ctx context.Context, now time.Time) error {
	for _, e := range expired {
		//nolint:gosec // table and condition are the constants above
		if err := s.conn(ctx).Exec("DELETE FROM "+e.table+" WHERE "+e.where, now.Add(-e.keep).UnixMilli()).Error; err != nil {
			return fmt.Errorf("purge %s: %w", e.table, err)
		}
	}
	return nil
}
