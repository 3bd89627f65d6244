package fleet

import (
	"context"
	"slices"
	"strconv"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// AccessGroups keeps the doors and times at which keys open.
type AccessGroups interface {
	ListAccessGroups(ctx context.Context, site domain.SiteID, page Page) (List[domain.AccessGroup], error)
	AccessGroup(ctx context.Context, site domain.SiteID, id domain.AccessGroupID) (domain.AccessGroup, error)
	PutAccessGroup(ctx context.Context, group domain.AccessGroup, at time.Time) error // Conflict at "name" when taken
	DeleteAccessGroup(ctx context.Context, site domain.SiteID, id domain.AccessGroupID, at time.Time) error
	// AccessGroupPeople counts the people of a site who have each access group; groups that nobody has are absent.
	AccessGroupPeople(ctx context.Context, site domain.SiteID) (map[domain.AccessGroupID]int, error)
	// AccessGroupsOf lists the access groups that have a door of a device.
	AccessGroupsOf(ctx context.Context, site domain.SiteID, device domain.DeviceID) ([]domain.AccessGroup, error)
}

// AccessGroups lists the access groups of a site.
func (s *Service) AccessGroups(ctx context.Context, site domain.SiteID, page Page) (List[domain.AccessGroup], error) {
	return s.cfg.Store.ListAccessGroups(ctx, site, page)
}

// AccessGroup gives one access group.
func (s *Service) AccessGroup(ctx context.Context, site domain.SiteID, id domain.AccessGroupID) (domain.AccessGroup, error) {
	return s.cfg.Store.AccessGroup(ctx, site, id)
}

// AccessGroupPeople counts the people of a site who have each access group.
func (s *Service) AccessGroupPeople(ctx context.Context, site domain.SiteID) (map[domain.AccessGroupID]int, error) {
	return s.cfg.Store.AccessGroupPeople(ctx, site)
}

// AddAccessGroup adds an access group to a site.
func (s *Service) AddAccessGroup(ctx context.Context, group domain.AccessGroup) (domain.AccessGroup, error) {
	err := s.edit(ctx, group.SiteID, func(ctx context.Context, e *edit) error {
		all, err := s.cfg.Store.ListAccessGroups(ctx, e.site, Page{Limit: 1})
		if err != nil {
			return err
		}
		if all.Total >= domain.MaxAccessGroups {
			return fault.New(fault.Conflict, "A site has at most %d access groups.", domain.MaxAccessGroups)
		}
		group.ID, group.Revision = domain.NewID[domain.AccessGroupID](e.at), 1
		return s.putAccessGroup(ctx, e, nil, group)
	})
	return group, err
}

// EditAccessGroup changes an access group.
func (s *Service) EditAccessGroup(ctx context.Context, group domain.AccessGroup) (domain.AccessGroup, error) {
	err := s.edit(ctx, group.SiteID, func(ctx context.Context, e *edit) error {
		before, err := s.cfg.Store.AccessGroup(ctx, group.SiteID, group.ID)
		if err != nil {
			return err
		}
		if group.Revision, err = account.Revise(ctx, before.Revision); err != nil {
			return err
		}
		return s.putAccessGroup(ctx, e, &before, group)
	})
	return group, err
}

func (s *Service) putAccessGroup(ctx context.Context, e *edit, before *domain.AccessGroup, group domain.AccessGroup) error {
	var f faults
	f.form(group.Validate())
	for i, door := range group.Doors {
		device, err := s.cfg.Store.Device(ctx, e.site, door.DeviceID)
		found, err := exists(err)
		if err != nil {
			return err
		}
		_, has := device.Relay(door.Relay)
		f.invalid.Check(found && has || door.DeviceID.IsZero(), "doors["+strconv.Itoa(i)+"]", "A relay of a device of this site, each once.")
	}
	if err := f.Err(); err != nil {
		return err
	}
	return s.saveAccessGroup(ctx, e, before, group)
}

// saveAccessGroup writes an access group that is right: row, document and audit.
func (s *Service) saveAccessGroup(ctx context.Context, e *edit, before *domain.AccessGroup, group domain.AccessGroup) error {
	if err := s.cfg.Store.PutAccessGroup(ctx, group, e.at); err != nil {
		return err
	}
	if err := e.put(desired.SectionAccessGroups, group.ID, group); err != nil {
		return err
	}
	if before == nil {
		return e.record(ctx, audit.Created, "access_group", group.ID, nil, group)
	}
	return e.record(ctx, audit.Changed, "access_group", group.ID, *before, group)
}

// DeleteAccessGroup deletes an access group that nobody has.
func (s *Service) DeleteAccessGroup(ctx context.Context, site domain.SiteID, id domain.AccessGroupID) error {
	return s.edit(ctx, site, func(ctx context.Context, e *edit) error {
		before, err := s.cfg.Store.AccessGroup(ctx, site, id)
		if err != nil {
			return err
		}
		if _, err := account.Revise(ctx, before.Revision); err != nil {
			return err
		}
		held, err := s.cfg.Store.AccessGroupPeople(ctx, site)
		if err != nil {
			return err
		}
		if people := held[id]; people > 0 {
			return fault.New(fault.Conflict, "The access group still has %s. Take it from them first.", fault.Count(fault.Of{N: people, One: "person", Many: "people"}))
		}
		if err := s.cfg.Store.DeleteAccessGroup(ctx, site, id, e.at); err != nil {
			return err
		}
		e.remove(desired.SectionAccessGroups, id)
		return e.record(ctx, audit.Deleted, "access_group", id, before, nil)
	})
}

// forgetDoors takes the doors of a device that goes, or the relays that it no longer has, out of access groups, in the edit that moves it. after is nil
// for a device that is deleted.
func (s *Service) forgetDoors(ctx context.Context, e *edit, id domain.DeviceID, after *domain.Device) error {
	groups, err := s.cfg.Store.AccessGroupsOf(ctx, e.site, id)
	if err != nil {
		return err
	}
	for _, before := range groups {
		group := before
		group.Doors = slices.DeleteFunc(slices.Clone(before.Doors), func(d domain.GroupDoor) bool {
			if d.DeviceID != id || after == nil {
				return d.DeviceID == id
			}
			_, has := after.Relay(d.Relay)
			return !has
		})
		if len(group.Doors) == len(before.Doors) {
			continue
		}
		group.Revision++
		if err := s.saveAccessGroup(ctx, e, &before, group); err != nil {
			return err
		}
	}
	return nil
}
