package fleet

import (
	"context"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

// Devices keeps devices with their relays; secrets are sealed at rest.
type Devices interface {
	ListDevices(ctx context.Context, site domain.SiteID, page Page) (List[domain.Device], error)
	Device(ctx context.Context, site domain.SiteID, id domain.DeviceID) (domain.Device, error)
	PutDevice(ctx context.Context, device domain.Device, at time.Time) error // Conflict at "mac" when taken
	DeleteDevice(ctx context.Context, site domain.SiteID, id domain.DeviceID, at time.Time) error
	// MACTaken tells whether another device of the platform has the MAC; it says nothing of whose.
	MACTaken(ctx context.Context, mac domain.MAC, except domain.DeviceID) (bool, error)
	DeviceLists
	DeviceRules
	DeviceReferences
}

const (
	// sipPasswordLength gives 117 bits from the alphabet of secret.Random.
	sipPasswordLength = 20
	// ownUser signs in to the interface of a device that nobody gave a login: its settings file brings it one.
	ownUser = "vestibule"
)

// Devices lists the devices of a site.
func (s *Service) Devices(ctx context.Context, site domain.SiteID, page Page) (List[domain.Device], error) {
	return s.cfg.Store.ListDevices(ctx, site, page)
}

// Device gives one device with its secrets; only the edge that needs them reveals them.
func (s *Service) Device(ctx context.Context, site domain.SiteID, id domain.DeviceID) (domain.Device, error) {
	return s.cfg.Store.Device(ctx, site, id)
}

// AddDevice adds a device (DEV-02) and issues its SIP account, and the login of its interface when the form names none.
func (s *Service) AddDevice(ctx context.Context, device domain.Device) (domain.Device, error) {
	err := s.edit(ctx, device.SiteID, func(ctx context.Context, e *edit) error {
		return s.addDevice(ctx, e, &device)
	})
	return device, err
}

// addDevice gives a device its id and SIP account and adds it in an edit that may hold more than it, such as its apartment.
func (s *Service) addDevice(ctx context.Context, e *edit, device *domain.Device) error {
	device.ID, device.Revision = domain.NewID[domain.DeviceID](e.at), 1
	device.SIPPassword, device.PairUntil = secret.Random(sipPasswordLength), e.at.Add(pairFirst).UnixMilli()
	issueLogin(device)
	var err error
	if device.SIPUser, err = s.issueNumber(ctx, e, DeviceNumber, device.ID); err != nil {
		return err
	}
	return s.putDevice(ctx, e, nil, device)
}

// issueLogin gives the agent a way into a device whose own login nobody knows: one that is as from the factory takes it with its settings, so that
// nobody has to touch it (BEY-24). Only the files of this driver bring one.
func issueLogin(d *domain.Device) {
	if d.Driver == domain.DriverAkuvox && d.APIUser == "" {
		d.APIUser, d.APIPassword = ownUser, secret.Random(sipPasswordLength)
	}
}

// EditDevice changes a device. Its SIP account stays; a zero APIPassword leaves the stored one, unless APIUser is empty, which forgets it: a device
// that the agent configures gets a login as a new one does.
func (s *Service) EditDevice(ctx context.Context, device domain.Device) (domain.Device, error) {
	err := s.edit(ctx, device.SiteID, func(ctx context.Context, e *edit) error {
		before, err := s.cfg.Store.Device(ctx, device.SiteID, device.ID)
		if err != nil {
			return err
		}
		if device.Revision, err = account.Revise(ctx, before.Revision); err != nil {
			return err
		}
		device.SIPUser, device.SIPPassword, device.PairUntil = before.SIPUser, before.SIPPassword, before.PairUntil
		if device.APIPassword.IsZero() && device.APIUser != "" {
			device.APIPassword = before.APIPassword
		}
		issueLogin(&device)
		return s.putDevice(ctx, e, &before, &device)
	})
	return device, err
}

func (s *Service) putDevice(ctx context.Context, e *edit, before, device *domain.Device) error {
	if err := s.checkDevice(ctx, e, before, device); err != nil {
		return err
	}
	return s.saveDevice(ctx, e, before, device)
}

// saveDevice writes a device that is right: row, document and audit.
func (s *Service) saveDevice(ctx context.Context, e *edit, before, device *domain.Device) error {
	if before != nil && before.MAC != device.MAC {
		device.PairUntil = e.at.Add(pairFirst).UnixMilli() // other hardware
	}
	if err := s.cfg.Store.PutDevice(ctx, *device, e.at); err != nil {
		return err
	}
	if err := s.followDevice(ctx, e, before, device); err != nil {
		return err
	}
	if err := s.lapseSwapped(ctx, e, before, device); err != nil {
		return err
	}
	if err := s.putDocument(ctx, e, *device); err != nil {
		return err
	}
	if err := e.putCredential(*device); err != nil {
		return err
	}
	if before == nil {
		return e.record(ctx, audit.Created, "device", device.ID, nil, device)
	}
	return e.record(ctx, audit.Changed, "device", device.ID, before, device)
}

// putCredential tells the building what it signs in to a device with, and the device to it.
func (e *edit) putCredential(d domain.Device) error {
	return e.put(desired.SectionCredentials, d.ID, domain.Credential{
		DeviceID: d.ID, SIPPassword: d.SIPPassword, APIUser: d.APIUser, APIPassword: d.APIPassword, PairUntil: d.PairUntil,
	})
}

// DeleteDevice deletes a device and frees its MAC.
func (s *Service) DeleteDevice(ctx context.Context, site domain.SiteID, id domain.DeviceID) error {
	return s.edit(ctx, site, func(ctx context.Context, e *edit) error {
		before, err := s.cfg.Store.Device(ctx, site, id)
		if err != nil {
			return err
		}
		if _, err := account.Revise(ctx, before.Revision); err != nil {
			return err
		}
		of, err := s.cfg.Store.Site(ctx, site)
		if err != nil {
			return err
		}
		switch words, err := s.lastMonitor(ctx, e, of, before); {
		case err != nil:
			return err
		case words != "":
			return fault.New(fault.Conflict, "%s", words)
		}
		return s.removeDevice(ctx, e, before)
	})
}

// removeDevice deletes a device and what other devices say of it.
func (s *Service) removeDevice(ctx context.Context, e *edit, device domain.Device) error {
	if device.Type == domain.Monitor {
		if err := s.forgetDevice(ctx, e, device.ID); err != nil {
			return err
		}
	}
	if err := s.cfg.Store.DeleteDevice(ctx, e.site, device.ID, e.at); err != nil {
		return err
	}
	if err := s.cfg.Store.FreeMAC(ctx, device.MAC); err != nil {
		return err
	}
	if err := s.forgetDoors(ctx, e, device.ID, nil); err != nil {
		return err
	}
	if err := s.unlinkCameras(ctx, e, device.ID, nil); err != nil {
		return err
	}
	e.remove(desired.SectionDevices, device.ID)
	e.remove(desired.SectionCredentials, device.ID)
	if err := s.dropAutoP(ctx, e, device.ID); err != nil {
		return err
	}
	return e.record(ctx, audit.Deleted, "device", device.ID, device, nil)
}

// ShowSIP gives the SIP account of a device to the person who sets up a phone by hand, and writes down who saw it.
func (s *Service) ShowSIP(ctx context.Context, site domain.SiteID, id domain.DeviceID) (user string, password secret.String, err error) {
	err = s.edit(ctx, site, func(ctx context.Context, e *edit) error {
		device, err := s.cfg.Store.Device(ctx, site, id)
		if err != nil {
			return err
		}
		user, password = device.SIPUser, device.SIPPassword
		return e.record(ctx, audit.Shown, "device", id, nil, map[string]string{"shown": "sip_password"})
	})
	return user, password, err
}
