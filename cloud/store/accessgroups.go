package store

import (
	"context"
	"fmt"
	"time"

	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
)

type accessGroupRow struct {
	ID       domain.AccessGroupID `gorm:"primaryKey"`
	SiteID   domain.SiteID
	Name     string
	Doors    []domain.GroupDoor `gorm:"serializer:json"`
	Schedule domain.Schedule    `gorm:"serializer:json"`
	Record   record             `gorm:"embedded"`
}

func (accessGroupRow) TableName() string { return "access_groups" }

func (r accessGroupRow) place() (string, string) { return r.Record.Folded, r.ID.String() }

func (r accessGroupRow) noun() domain.AccessGroup {
	return domain.AccessGroup{ID: r.ID, SiteID: r.SiteID, Name: r.Name, Doors: r.Doors, Schedule: r.Schedule, Revision: r.Record.Revision}
}

// ListAccessGroups lists the access groups of a site by name.
func (s *Store) ListAccessGroups(ctx context.Context, site domain.SiteID, page fleet.Page) (fleet.List[domain.AccessGroup], error) {
	return listBy[domain.AccessGroup, accessGroupRow](s.in(ctx, site), page, sorts{"name": "list.folded", "created": "list.created_at"})
}

// AccessGroup gives one access group of a site.
func (s *Store) AccessGroup(ctx context.Context, site domain.SiteID, id domain.AccessGroupID) (domain.AccessGroup, error) {
	return take[domain.AccessGroup, accessGroupRow](ctx, s, site, id, "This access group")
}

// PutAccessGroup adds or changes an access group; a name that the site has already is Conflict at "name".
func (s *Store) PutAccessGroup(ctx context.Context, g domain.AccessGroup, at time.Time) error {
	r := accessGroupRow{
		ID: g.ID, SiteID: g.SiteID, Name: g.Name, Doors: append([]domain.GroupDoor{}, g.Doors...), Schedule: g.Schedule, Record: newRecord(at, g.Name),
	}
	if err := s.put(ctx, &r, "name", "doors", "schedule"); err != nil {
		return fmt.Errorf("save access group: %w", duplicate(err, "name", "Another access group of the site has this name."))
	}
	return nil
}

// DeleteAccessGroup marks an access group as deleted.
func (s *Store) DeleteAccessGroup(ctx context.Context, site domain.SiteID, id domain.AccessGroupID, at time.Time) error {
	return s.drop(ctx, &accessGroupRow{}, site, id, at)
}

// AccessGroupPeople counts the people of a site who have each access group; groups that nobody has are absent.
func (s *Store) AccessGroupPeople(ctx context.Context, site domain.SiteID) (map[domain.AccessGroupID]int, error) {
	var rows []keyringRow
	if err := s.in(ctx, site).Select("in_groups").Where("in_groups <> '[]'").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("count the people of access groups: %w", err)
	}
	out := map[domain.AccessGroupID]int{}
	for _, r := range rows {
		for _, id := range r.Groups {
			out[id]++
		}
	}
	return out, nil
}

// AccessGroupsOf lists the access groups that have a door of a device.
func (s *Store) AccessGroupsOf(ctx context.Context, site domain.SiteID, device domain.DeviceID) ([]domain.AccessGroup, error) {
	var rows []accessGroupRow
	if err := s.in(ctx, site).Where("doors LIKE ? AND deleted_at IS NULL", "%"+device.String()+"%").Order("folded, id").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read the access groups of a device: %w", err)
	}
	out := make([]domain.AccessGroup, len(rows))
	for i, r := range rows {
		out[i] = r.noun()
	}
	return out, nil
}
