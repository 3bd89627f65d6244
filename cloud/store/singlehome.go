package store

import (
	"context"
	"fmt"

	"vestibule/shared/domain"
)

// ZoneFollowers lists the single-family sites of an organisation, or of its own installer, that follow its zone, in the order of their ids.
func (s *Store) ZoneFollowers(ctx context.Context, org domain.OrgID) ([]domain.SiteID, error) {
	var out []domain.SiteID
	err := s.sites(ctx).Model(&siteRow{}).Where("kind = ? AND "+s.jsonBool("form", "follow_zone"), domain.SingleHome).
		Where("(org_id = ? OR org_id IN (SELECT id FROM orgs WHERE parent_id = ? AND own))", org, org).Order("id").Pluck("id", &out).Error
	if err != nil {
		return nil, fmt.Errorf("list sites that follow a zone: %w", err)
	}
	return out, nil
}
