package store

import (
	"context"
	"fmt"
	"time"

	"vestibule/shared/domain"
)

// marked are the nouns of a site, whose rows stay for the purge; dropped are rows that only tie things together or wait for something.
var (
	marked  = []string{"network_groups", "buildings", "apartments", "departments", "companies", "people", "boards", "devices", "cameras", "access_groups"}
	dropped = []string{"key_marks", "keyrings", "relays", "registrations", "autop_orders", "autop", "candidates", "board_states", "device_states", "group_agents", "site_managers", "site_mails", "trunks", "trunk_states", "agent_reach", "payloads"}
)

// EmptySite marks everything a site holds as deleted, frees its MACs (SITE-03) and drops its assignments. SIP numbers stay issued; so do MACs of the
// library that somebody registered, and the audit.
func (s *Store) EmptySite(ctx context.Context, site domain.SiteID, at time.Time) error {
	if err := s.SeeSite(ctx, site); err != nil {
		return err
	}
	var managers []domain.AccountID
	if err := s.conn(ctx).Model(&assignmentRow{}).Where("site_id = ?", site).Pluck("account_id", &managers).Error; err != nil {
		return fmt.Errorf("read assignments: %w", err)
	}
	err := s.conn(ctx).Exec(`DELETE FROM macs WHERE origin = 'device' AND mac IN (SELECT mac FROM devices WHERE site_id = ? AND deleted_at IS NULL)`, site).Error
	if err != nil {
		return fmt.Errorf("free MACs: %w", err)
	}
	if err := s.conn(ctx).Exec("DELETE FROM claim_codes WHERE site_id = ? AND used_at IS NULL", site).Error; err != nil {
		return fmt.Errorf("drop claims: %w", err)
	}
	for _, table := range dropped {
		//nolint:gosec // tables are the constants above
		if err := s.conn(ctx).Exec("DELETE FROM "+table+" WHERE site_id = ?", site).Error; err != nil {
			return fmt.Errorf("drop %s: %w", table, err)
		}
	}
	for _, table := range marked {
		changes := map[string]any{"deleted_at": at.UnixMilli(), "updated_at": at.UnixMilli()}
		if err := s.conn(ctx).Table(table).Where("site_id = ? AND deleted_at IS NULL", site).Updates(changes).Error; err != nil {
			return fmt.Errorf("delete %s: %w", table, err)
		}
	}
	for _, id := range managers {
		s.lose(ctx, id)
	}
	return nil
}

// PeopleWithAccounts lists the people of a site who have an account.
func (s *Store) PeopleWithAccounts(ctx context.Context, site domain.SiteID) ([]domain.Person, error) {
	var rows []personRow
	err := s.in(ctx, site).Where("deleted_at IS NULL AND id IN (SELECT person_id FROM accounts WHERE person_id IS NOT NULL AND deleted_at IS NULL)").Order("id").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read the people with accounts: %w", err)
	}
	out := make([]domain.Person, len(rows))
	for i, r := range rows {
		out[i] = r.noun()
	}
	return out, nil
}
