package fleet

import (
	"context"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// Cameras keeps third-party cameras; passwords are sealed at rest.
type Cameras interface {
	// ListCameras lists the cameras of a site without passwords. Filters: place (site, building, public, apartment), building, apartment, device.
	// Orders: name, created.
	ListCameras(ctx context.Context, site domain.SiteID, page Page) (List[CameraLine], error)
	// CameraLine adds the names to one camera.
	CameraLine(ctx context.Context, camera domain.Camera) (CameraLine, error)
	Camera(ctx context.Context, site domain.SiteID, id domain.CameraID) (domain.Camera, error)
	PutCamera(ctx context.Context, camera domain.Camera, at time.Time) error
	DeleteCamera(ctx context.Context, site domain.SiteID, id domain.CameraID, at time.Time) error
	// CamerasOf lists the cameras that are linked to a device, with their passwords.
	CamerasOf(ctx context.Context, site domain.SiteID, device domain.DeviceID) ([]domain.Camera, error)
	// BuildingCameras counts the cameras of a building that are in no apartment.
	BuildingCameras(ctx context.Context, site domain.SiteID, building domain.BuildingID) (int, error)
}

// CameraLine is a camera as lists show it (TPD-07).
type CameraLine struct {
	domain.Camera
	CreatedAt time.Time
	Building  string // names; empty where it belongs to none
	Apartment string // the number
	Device    string // the linked intercom
	Owner     string // the user of a single-family site
}

// Watchers says who sees a camera: its terminal, or nobody.
type Watchers string

// WatchNobody is the answer for a camera that nobody sees; the others are camera terminals.
const WatchNobody Watchers = "nobody"

// WatchersOf tells who sees a camera: nobody without monitoring (TPD-05), and nobody in a public area while the plan of the community withholds
// it (SITE-11).
func WatchersOf(site domain.Site, c domain.Camera) Watchers {
	if c.NoMonitoring || planHides(site, c) {
		return WatchNobody
	}
	return Watchers(c.Terminal)
}

func planHides(site domain.Site, c domain.Camera) bool {
	return site.Kind == domain.Community && c.ApartmentID.IsZero() && !PowersOf(site).Has(PublicCameras)
}

// CameraWarnings says, by the field it is about, what was saved and does not work at the site.
func CameraWarnings(site domain.Site, c domain.Camera) []fault.Field {
	if c.NoMonitoring || !planHides(site, c) {
		return nil
	}
	return []fault.Field{{Path: "no_monitoring", Msg: "With the Basic plan nobody watches cameras of public areas. The camera is kept and works with the Premium plan."}}
}

// Cameras lists the cameras of a site (TPD-07).
func (s *Service) Cameras(ctx context.Context, site domain.SiteID, page Page) (List[CameraLine], error) {
	return s.cfg.Store.ListCameras(ctx, site, page)
}

// Camera gives one camera; nothing outside the service reveals its password.
func (s *Service) Camera(ctx context.Context, site domain.SiteID, id domain.CameraID) (domain.Camera, error) {
	return s.cfg.Store.Camera(ctx, site, id)
}

// CameraLine adds the names to one camera.
func (s *Service) CameraLine(ctx context.Context, camera domain.Camera) (CameraLine, error) {
	return s.cfg.Store.CameraLine(ctx, camera)
}

// AddCamera adds a third-party camera to a site (TPD-01, TPD-02).
func (s *Service) AddCamera(ctx context.Context, camera domain.Camera) (domain.Camera, error) {
	err := s.edit(ctx, camera.SiteID, func(ctx context.Context, e *edit) error {
		camera.ID, camera.Revision = domain.NewID[domain.CameraID](e.at), 1
		return s.putCamera(ctx, e, nil, &camera)
	})
	return camera, err
}

// EditCamera changes a camera; a zero password leaves the stored one.
func (s *Service) EditCamera(ctx context.Context, camera domain.Camera) (domain.Camera, error) {
	err := s.edit(ctx, camera.SiteID, func(ctx context.Context, e *edit) error {
		before, err := s.cfg.Store.Camera(ctx, camera.SiteID, camera.ID)
		if err != nil {
			return err
		}
		if camera.Revision, err = account.Revise(ctx, before.Revision); err != nil {
			return err
		}
		if camera.Password.IsZero() {
			camera.Password = before.Password
		}
		return s.putCamera(ctx, e, &before, &camera)
	})
	return camera, err
}

func (s *Service) putCamera(ctx context.Context, e *edit, before, camera *domain.Camera) error {
	if err := s.checkCamera(ctx, e, camera); err != nil {
		return err
	}
	return s.saveCamera(ctx, e, before, camera)
}

// saveCamera writes a camera that is right: row, document and audit.
func (s *Service) saveCamera(ctx context.Context, e *edit, before, camera *domain.Camera) error {
	if err := s.cfg.Store.PutCamera(ctx, *camera, e.at); err != nil {
		return err
	}
	if err := e.put(desired.SectionCameras, camera.ID, *camera); err != nil {
		return err
	}
	if before == nil {
		return e.record(ctx, audit.Created, "camera", camera.ID, nil, *camera)
	}
	return e.record(ctx, audit.Changed, "camera", camera.ID, *before, *camera)
}

// checkCamera fills defaults and finds every fault: of the form, of the place, of the kind of site, of the linked device.
func (s *Service) checkCamera(ctx context.Context, e *edit, c *domain.Camera) error {
	if c.Terminal == "" {
		c.Terminal = domain.WatchEverywhere
	}
	site, err := s.cfg.Store.Site(ctx, e.site)
	if err != nil {
		return err
	}
	var f faults
	if site.Kind == domain.SingleHome {
		if !site.Form.Premium {
			return fault.New(fault.Conflict, "Third-party cameras belong to the Premium Plan. Switch it on for this user first.")
		}
		f.invalid.Check(c.BuildingID.IsZero(), "building_id", "A camera of a single-family user has no building.")
		f.invalid.Check(c.ApartmentID.IsZero(), "apartment_id", "A camera of a single-family user has no apartment.")
		f.invalid.Check(!c.NoMonitoring, "no_monitoring", "A single-family camera is watched by its own user.")
		f.invalid.Check(c.Terminal == domain.WatchEverywhere, "terminal", "A single-family camera is watched by its own user.")
	} else if err := s.cameraPlace(ctx, e, c, &f); err != nil {
		return err
	}
	f.form(c.Validate())
	if err := s.checkLink(ctx, e, c, &f); err != nil {
		return err
	}
	return f.Err()
}

// cameraPlace: building and apartment are of this site, and the apartment is in the building.
func (s *Service) cameraPlace(ctx context.Context, e *edit, c *domain.Camera, f *faults) error {
	place := domain.Device{BuildingID: c.BuildingID, ApartmentID: c.ApartmentID}
	err := s.checkPlace(ctx, e, &place, f)
	c.BuildingID = place.BuildingID
	return err
}

// checkLink: the linked device is a door phone or terminal of this site at the place of the camera, and has no other camera (TPD-06). The network is
// the building's matter: a place that does not fit is never one LAN.
func (s *Service) checkLink(ctx context.Context, e *edit, c *domain.Camera, f *faults) error {
	if c.DeviceID.IsZero() {
		return nil
	}
	device, err := s.cfg.Store.Device(ctx, e.site, c.DeviceID)
	found, err := exists(err)
	if err != nil {
		return err
	}
	f.invalid.Check(found, "device_id", "A device of this site.")
	if !found {
		return nil
	}
	f.invalid.Check(device.Type.HasRelays(), "device_id", "Only a door phone or an access terminal shows the picture of a camera.")
	f.invalid.Check(fits(*c, device), "device_id", "%s stands elsewhere. A camera and its device must be on the same LAN, so at the same place.", device.Name)
	linked, err := s.cfg.Store.CamerasOf(ctx, e.site, c.DeviceID)
	for _, other := range linked {
		f.taken.Check(other.ID == c.ID, "device_id", "%s shows the camera %s already.", device.Name, other.Name)
	}
	return err
}

// fits tells whether a device stands where a camera may be linked to it: both in one apartment, or both in public areas and not in two buildings. In
// a single-family site everything is one place.
func fits(c domain.Camera, d domain.Device) bool {
	if c.BuildingID.IsZero() && c.ApartmentID.IsZero() && d.DepartmentID.IsZero() && d.ApartmentID.IsZero() {
		return true
	}
	return c.ApartmentID == d.ApartmentID && (c.BuildingID == d.BuildingID || d.BuildingID.IsZero() && c.ApartmentID.IsZero())
}

// DeleteCamera deletes a camera.
func (s *Service) DeleteCamera(ctx context.Context, site domain.SiteID, id domain.CameraID) error {
	return s.edit(ctx, site, func(ctx context.Context, e *edit) error {
		before, err := s.cfg.Store.Camera(ctx, site, id)
		if err != nil {
			return err
		}
		if _, err := account.Revise(ctx, before.Revision); err != nil {
			return err
		}
		if err := s.cfg.Store.DeleteCamera(ctx, site, id, e.at); err != nil {
			return err
		}
		e.remove(desired.SectionCameras, id)
		return e.record(ctx, audit.Deleted, "camera", id, before, nil)
	})
}

// unlinkCameras takes a device that goes, or that no longer fits, from the cameras that are linked to it, in the edit that moves it. after is nil for
// a device that is deleted.
func (s *Service) unlinkCameras(ctx context.Context, e *edit, id domain.DeviceID, after *domain.Device) error {
	cameras, err := s.cfg.Store.CamerasOf(ctx, e.site, id)
	if err != nil {
		return err
	}
	for _, before := range cameras {
		if after != nil && after.Type.HasRelays() && fits(before, *after) {
			continue
		}
		camera := before
		camera.DeviceID, camera.Revision = domain.DeviceID{}, before.Revision+1
		if err := s.saveCamera(ctx, e, &before, &camera); err != nil {
			return err
		}
	}
	return nil
}

// keepCameras is Conflict while cameras belong to the public area of a building that is to go.
func (s *Service) keepCameras(ctx context.Context, e *edit, building domain.BuildingID) error {
	n, err := s.cfg.Store.BuildingCameras(ctx, e.site, building)
	if err == nil && n > 0 {
		return fault.New(fault.Conflict, "The building still has %s. Delete all of it first.", fault.Count(fault.Of{N: n, One: "camera", Many: "cameras"}))
	}
	return err
}
