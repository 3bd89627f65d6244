package store

import (
	"context"
	"fmt"

	"vestibule/shared/domain"
)

// CallDevices lists the door phones from which an apartment is called and its monitors, by name.
func (s *Store) CallDevices(ctx context.Context, apartment domain.Apartment) ([]domain.Device, error) {
	var rows []deviceRow
	doors := []int{int(domain.DoorPhone), int(domain.SingleDoorPhone)}
	err := s.in(ctx, apartment.SiteID).Select("id, name, type, form").Where("deleted_at IS NULL").
		Where("apartment_id = ? AND type IN ? OR apartment_id IS NULL AND type IN ? AND (building_id = ? OR building_id IS NULL)",
			apartment.ID, append(doors, int(domain.Monitor)), doors, apartment.BuildingID).
		Order("folded, id").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read who calls an apartment: %w", err)
	}
	out := make([]domain.Device, len(rows))
	for i, r := range rows {
		out[i] = r.device()
	}
	return out, nil
}
