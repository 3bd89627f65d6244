package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"vestibule/shared/domain"
)

// OfflineDevices lists the doors without internet access and the monitors that transfer their calls.
func (s *Store) OfflineDevices(ctx context.Context, site domain.SiteID) ([]domain.Device, error) {
	return s.bareDevices(ctx, site, `form LIKE ? OR form LIKE ?`, noInternet, worksOffline)
}

// The forms of devices of the offline solution.
const (
	noInternet   = `%"no_internet":true%`
	worksOffline = `%"works_offline":true%`
)

// DevicesAt lists the devices of a network group with host as their fixed address.
func (s *Store) DevicesAt(ctx context.Context, site domain.SiteID, group domain.GroupID, host string) ([]domain.Device, error) {
	return s.bareDevices(ctx, site, "group_id = ? AND (address = ? OR address LIKE ?)", group, host, host+":%")
}

// DevicesNaming lists the devices of a site whose form holds an id.
func (s *Store) DevicesNaming(ctx context.Context, site domain.SiteID, id string) ([]domain.Device, error) {
	rows, err := s.deviceRows(ctx, site, "form LIKE ?", naming(id))
	if err != nil {
		return nil, err
	}
	return s.whole(ctx, site, rows)
}

// naming gives the pattern that finds an id in the form of a device.
func naming(id string) string { return `%"` + strings.NewReplacer("%", "", "_", "").Replace(id) + `"%` }

func (s *Store) deviceRows(ctx context.Context, site domain.SiteID, where string, args ...any) ([]deviceRow, error) {
	var rows []deviceRow
	if err := s.in(ctx, site).Where("deleted_at IS NULL").Where(where, args...).Order("folded, id").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("look for devices: %w", err)
	}
	return rows, nil
}

// bareDevices gives devices without relays and secrets.
func (s *Store) bareDevices(ctx context.Context, site domain.SiteID, where string, args ...any) ([]domain.Device, error) {
	rows, err := s.deviceRows(ctx, site, where, args...)
	out := make([]domain.Device, len(rows))
	for i, r := range rows {
		out[i] = r.device()
	}
	return out, err
}

// BuildingGroup gives the network group that most devices of a building are in.
func (s *Store) BuildingGroup(ctx context.Context, site domain.SiteID, building domain.BuildingID) (domain.GroupID, error) {
	var row struct{ GroupID domain.GroupID }
	err := s.in(ctx, site).Model(&deviceRow{}).Where("building_id = ? AND deleted_at IS NULL", building).
		Select("group_id").Group("group_id").Order("COUNT(*) DESC, group_id").Limit(1).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return domain.GroupID{}, nil
	}
	return row.GroupID, wrap(err, "look for the group of a building")
}

// ApartmentMonitors counts the indoor monitors of an apartment.
func (s *Store) ApartmentMonitors(ctx context.Context, site domain.SiteID, apartment domain.ApartmentID) (int, error) {
	return s.count(ctx, &deviceRow{}, site, "apartment_id = ? AND type = ?", apartment, int(domain.Monitor))
}

// ReportedModel gives the model that a device told its agent; empty when it never did.
func (s *Store) ReportedModel(ctx context.Context, site domain.SiteID, device domain.DeviceID) (string, error) {
	var models []string
	err := s.in(ctx, site).Model(&receiptRow{}).Where("device_id = ?", device).Limit(1).Pluck("model", &models).Error
	if err != nil || len(models) == 0 {
		return "", wrap(err, "read the model of a device")
	}
	return models[0], nil
}

// KnownBuildings gives those of ids that are buildings of a site.
func (s *Store) KnownBuildings(ctx context.Context, site domain.SiteID, ids []domain.BuildingID) (map[domain.BuildingID]bool, error) {
	return known(s.in(ctx, site).Table("buildings"), ids)
}

// KnownApartments gives those of ids that are apartments of a site.
func (s *Store) KnownApartments(ctx context.Context, site domain.SiteID, ids []domain.ApartmentID) (map[domain.ApartmentID]bool, error) {
	return known(s.in(ctx, site).Table("apartments"), ids)
}

// KnownMonitors gives those of ids that are indoor monitors of a site.
func (s *Store) KnownMonitors(ctx context.Context, site domain.SiteID, ids []domain.DeviceID) (map[domain.DeviceID]bool, error) {
	return known(s.in(ctx, site).Table("devices").Where("type = ?", int(domain.Monitor)), ids)
}

// known asks for ids in parts that both databases take.
func known[K ~[16]byte](query *gorm.DB, ids []K) (map[K]bool, error) {
	query = query.Where("deleted_at IS NULL").Session(&gorm.Session{})
	out := make(map[K]bool, len(ids))
	for from := 0; from < len(ids); from += inserts {
		var texts []string
		for _, id := range ids[from:min(from+inserts, len(ids))] {
			texts = append(texts, domain.ID[K](id).String())
		}
		var found []string
		if err := query.Where("id IN ?", texts).Pluck("id", &found).Error; err != nil {
			return nil, fmt.Errorf("look for ids: %w", err)
		}
		for _, text := range found {
			id, err := domain.ParseID[K](text)
			if err != nil {
				return nil, err
			}
			out[id] = true
		}
	}
	return out, nil
}
