package fleet

import (
	"context"
	"slices"
	"strconv"

	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// DeviceReferences tells what a device's form may name: the buildings it serves, the entries of its directory, the targets of its buttons.
type DeviceReferences interface {
	// KnownBuildings, KnownApartments and KnownMonitors give those of ids that stand at the site.
	KnownBuildings(ctx context.Context, site domain.SiteID, ids []domain.BuildingID) (map[domain.BuildingID]bool, error)
	KnownApartments(ctx context.Context, site domain.SiteID, ids []domain.ApartmentID) (map[domain.ApartmentID]bool, error)
	KnownMonitors(ctx context.Context, site domain.SiteID, ids []domain.DeviceID) (map[domain.DeviceID]bool, error)
	// DevicesNaming lists the devices of a site whose form holds an id.
	DevicesNaming(ctx context.Context, site domain.SiteID, id string) ([]domain.Device, error)
}

// checkReferences: what the form names stands at this site, each once (DEV-13, DEV-24, DEV-31).
func (s *Service) checkReferences(ctx context.Context, e *edit, _ domain.Site, _, d *domain.Device, f *faults) error {
	if err := each(ctx, e.site, d.Form.Buildings, s.cfg.Store.KnownBuildings, f, "form.buildings", "A building of this site, each once."); err != nil {
		return err
	}
	if x := d.Form.Directory; x != nil {
		if err := each(ctx, e.site, x.Apartments, s.cfg.Store.KnownApartments, f, "form.directory.apartments", "An apartment of this site, each once."); err != nil {
			return err
		}
		if err := each(ctx, e.site, x.Devices, s.cfg.Store.KnownMonitors, f, "form.directory.devices", "A monitor of this site, each once."); err != nil {
			return err
		}
	}
	targets := make([]domain.ApartmentID, 0, len(d.Form.Buttons))
	for _, b := range d.Form.Buttons {
		targets = append(targets, b.ApartmentID)
	}
	if len(targets) == 0 {
		return nil
	}
	known, err := s.cfg.Store.KnownApartments(ctx, e.site, targets)
	for i, target := range targets {
		f.invalid.Check(known[target] || target.IsZero() || err != nil, "form.buttons["+strconv.Itoa(i)+"].apartment_id", "An apartment of this site.")
	}
	return err
}

func each[K ~[16]byte](ctx context.Context, site domain.SiteID, ids []K, known func(context.Context, domain.SiteID, []K) (map[K]bool, error), f *faults, path, words string) error {
	if len(ids) == 0 || len(ids) > domain.MaxDirectory {
		return nil
	}
	found, err := known(ctx, site, ids)
	if err != nil {
		return err
	}
	seen := make(map[K]bool, len(ids))
	for i, id := range ids {
		f.invalid.Check(found[id] && !seen[id], path+"["+strconv.Itoa(i)+"]", "%s", words)
		seen[id] = true
	}
	return nil
}

// forgetBuilding takes a building that is deleted out of the scopes of devices; a device that served only this building is Conflict, because with an
// empty scope it would serve all of them (DEV-13).
func (s *Service) forgetBuilding(ctx context.Context, e *edit, id domain.BuildingID) error {
	return s.forget(ctx, e, id.String(), func(d *domain.Device) error {
		d.Form.Buildings = without(d.Form.Buildings, id)
		if len(d.Form.Buildings) == 0 {
			return fault.New(fault.Conflict, "%s serves this building alone. Change the buildings it serves first.", d.Name)
		}
		return nil
	})
}

// forgetApartment takes an apartment that is deleted out of directories and push buttons.
func (s *Service) forgetApartment(ctx context.Context, e *edit, id domain.ApartmentID) error {
	return s.forget(ctx, e, id.String(), func(d *domain.Device) error {
		if x := d.Form.Directory; x != nil {
			d.Form.Directory = &domain.Directory{Apartments: without(x.Apartments, id), Devices: x.Devices}
		}
		d.Form.Buttons = slices.DeleteFunc(slices.Clone(d.Form.Buttons), func(b domain.ButtonTarget) bool { return b.ApartmentID == id })
		return nil
	})
}

// forgetDevice takes a monitor that is deleted out of directories.
func (s *Service) forgetDevice(ctx context.Context, e *edit, id domain.DeviceID) error {
	return s.forget(ctx, e, id.String(), func(d *domain.Device) error {
		if x := d.Form.Directory; x != nil {
			d.Form.Directory = &domain.Directory{Apartments: x.Apartments, Devices: without(x.Devices, id)}
		}
		return nil
	})
}

func (s *Service) forget(ctx context.Context, e *edit, id string, change func(d *domain.Device) error) error {
	naming, err := s.cfg.Store.DevicesNaming(ctx, e.site, id)
	if err != nil {
		return err
	}
	for _, before := range naming {
		after := before
		if err := change(&after); err != nil {
			return err
		}
		if err := s.saveDevice(ctx, e, &before, &after); err != nil {
			return err
		}
	}
	return nil
}

func without[T comparable](list []T, one T) []T {
	return slices.DeleteFunc(slices.Clone(list), func(x T) bool { return x == one })
}
