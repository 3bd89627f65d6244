package store

import (
	"context"
	"fmt"
	"time"

	"vestibule/shared/desired"
	"vestibule/shared/domain"
)

// EndedLandlines lists homes whose landline service ran out between from and to and whose documents do not know.
func (s *Store) EndedLandlines(ctx context.Context, from, to time.Time) ([]domain.Apartment, error) {
	var rows []apartmentRow
	err := s.conn(ctx).Where("deleted_at IS NULL AND "+s.serviceNumber("landline_ms")+" BETWEEN ? AND ?", max(1, from.UnixMilli()), to.UnixMilli()).Order("site_id, id").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read homes whose landline service ran out: %w", err)
	}
	of := map[domain.SiteID][]domain.ApartmentID{}
	for _, r := range rows {
		of[r.SiteID] = append(of[r.SiteID], r.ID)
	}
	known := map[domain.ApartmentID]bool{}
	for site, homes := range of {
		told, err := named[domain.Apartment](ctx, s, site, desired.SectionApartments, homes)
		if err != nil {
			return nil, err
		}
		for _, a := range told {
			known[a.ID] = a.NoLandline
		}
	}
	var out []domain.Apartment
	for _, r := range rows {
		if !known[r.ID] {
			out = append(out, r.noun())
		}
	}
	return out, nil
}

// OfflineSites lists the sites with devices of the offline solution.
func (s *Store) OfflineSites(ctx context.Context) ([]domain.SiteID, error) {
	var out []domain.SiteID
	err := s.conn(ctx).Model(&deviceRow{}).Where("deleted_at IS NULL AND (form LIKE ? OR form LIKE ?)", noInternet, worksOffline).
		Distinct("site_id").Order("site_id").Pluck("site_id", &out).Error
	return out, wrap(err, "read sites with devices of the offline solution")
}

// TransferTold tells which devices the document of a site has as devices of the offline solution.
func (s *Store) TransferTold(ctx context.Context, site domain.SiteID, devices []domain.DeviceID) (map[domain.DeviceID]bool, error) {
	told, err := named[domain.Device](ctx, s, site, desired.SectionDevices, devices)
	out := make(map[domain.DeviceID]bool, len(told))
	for _, d := range told {
		out[d.ID] = d.Form.NoInternet || d.Form.WorksOffline
	}
	return out, err
}
