package fleet

import (
	"context"
	"time"

	"vestibule/shared/domain"
)

// DeviceLine is a device as lists show it: with the names of what it belongs to (DEV-28).
type DeviceLine struct {
	domain.Device
	CreatedAt  time.Time
	Building   string // names; empty where it belongs to none
	Apartment  string // the number
	Department string
	Company    string
	Resident   string // the master of its apartment
	Owner      string // of an office device or a single-family one
}

// DeviceLists keeps what lists of devices show.
type DeviceLists interface {
	// DeviceLines lists the devices of a site. Filters: type, status (online, offline), receipt (open), building, department, company, apartment,
	// place (site, building, apartment, department). Orders: name, created.
	DeviceLines(ctx context.Context, site domain.SiteID, page Page) (List[DeviceLine], error)
	// DeviceLine adds the names to one device.
	DeviceLine(ctx context.Context, device domain.Device) (DeviceLine, error)
	// HomeDevices lists the devices of all single-family sites that the caller may see. Orders: name, created.
	HomeDevices(ctx context.Context, page Page) (List[DeviceLine], error)
}

// DeviceLines lists the devices of a site as lists show them (DEV-28).
func (s *Service) DeviceLines(ctx context.Context, site domain.SiteID, page Page) (List[DeviceLine], error) {
	return s.cfg.Store.DeviceLines(ctx, site, page)
}

// DeviceLine adds the names to one device.
func (s *Service) DeviceLine(ctx context.Context, device domain.Device) (DeviceLine, error) {
	return s.cfg.Store.DeviceLine(ctx, device)
}

// HomeDevices lists the devices of all single-family sites of the caller: the Device module (DEV-28).
func (s *Service) HomeDevices(ctx context.Context, page Page) (List[DeviceLine], error) {
	return s.cfg.Store.HomeDevices(ctx, page)
}
