package fleet

import (
	"context"
	"time"

	"vestibule/cloud/account"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
)

// Settling reads what may stand otherwise in documents than it should, because time or a gate changed it and nobody edited the site.
type Settling interface {
	// EndedLandlines lists homes whose landline service ran out between from and to and whose documents do not know.
	EndedLandlines(ctx context.Context, from, to time.Time) ([]domain.Apartment, error)
	// OfflineSites lists the sites with devices of the offline solution, TransferTold which of them the document has so.
	OfflineSites(ctx context.Context) ([]domain.SiteID, error)
	TransferTold(ctx context.Context, site domain.SiteID, devices []domain.DeviceID) (map[domain.DeviceID]bool, error)
}

// settledWithin is how far back Settle looks for services that ran out: longer than any time in which it did not run.
const settledWithin = 90 * 24 * time.Hour

// Settle brings into the documents what changed without an edit: a landline service that ran out (CALL-09), and devices of the offline solution
// where the gate was opened or closed (ACC-22).
func (s *Service) Settle(ctx context.Context) error {
	ctx = account.AsSystem(ctx, "settling")
	ended, err := s.cfg.Store.EndedLandlines(ctx, s.now().Add(-settledWithin), s.now())
	if err != nil {
		return err
	}
	for _, home := range ended {
		err := s.edit(ctx, home.SiteID, func(_ context.Context, e *edit) error { return e.put(desired.SectionApartments, home.ID, home) })
		if err != nil {
			return err
		}
	}
	sites, err := s.cfg.Store.OfflineSites(ctx)
	if err != nil {
		return err
	}
	for _, site := range sites {
		if err := s.settleOffline(ctx, site); err != nil {
			return err
		}
	}
	return nil
}

// settleOffline tells the building of devices of the offline solution again where the gate says otherwise than the document.
func (s *Service) settleOffline(ctx context.Context, site domain.SiteID) error {
	open, err := s.gates(ctx, site)
	if err != nil {
		return err
	}
	return s.edit(ctx, site, func(ctx context.Context, e *edit) error {
		devices, err := s.cfg.Store.OfflineDevices(ctx, site)
		if err != nil {
			return err
		}
		ids := make([]domain.DeviceID, len(devices))
		for i, d := range devices {
			ids[i] = d.ID
		}
		told, err := s.cfg.Store.TransferTold(ctx, site, ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if told[id] == open.OfflineSolution {
				continue
			}
			d, err := s.cfg.Store.Device(ctx, site, id)
			if err != nil {
				return err
			}
			if err := e.put(desired.SectionDevices, id, gated(d, open)); err != nil {
				return err
			}
		}
		return nil
	})
}

// putDocument puts a device into the document, without the offline solution where its gate is closed (EDGE-11/R26).
func (s *Service) putDocument(ctx context.Context, e *edit, d domain.Device) error {
	if d.Form.NoInternet || d.Form.WorksOffline {
		open, err := s.gates(ctx, e.site)
		if err != nil {
			return err
		}
		d = gated(d, open)
	}
	return e.put(desired.SectionDevices, d.ID, d)
}

// gated is a device as the building hears of it: where the offline solution is not enabled, neither that it has no internet, nor the address that
// came with that, nor that it passes calls on.
func gated(d domain.Device, open account.Gates) domain.Device {
	if open.OfflineSolution {
		return d
	}
	if d.Form.NoInternet {
		d.Form.NoInternet, d.Address = false, ""
	}
	d.Form.WorksOffline = false
	return d
}
