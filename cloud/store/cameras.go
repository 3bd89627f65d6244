package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"gorm.io/gorm"

	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

type cameraRow struct {
	ID           domain.CameraID `gorm:"primaryKey"`
	SiteID       domain.SiteID
	BuildingID   domain.BuildingID
	ApartmentID  domain.ApartmentID
	Name         string
	RTSP         string `gorm:"column:rtsp"`
	UserName     string
	Password     []byte // sealed
	NoMonitoring bool
	Terminal     string
	DeviceID     domain.DeviceID
	Record       record `gorm:"embedded"`
}

func (cameraRow) TableName() string { return "cameras" }

func (r cameraRow) place() (string, string) { return r.Record.Folded, r.ID.String() }

func (r cameraRow) noun() cameraRow { return r }

// camera gives the camera without its password.
func (r cameraRow) camera() domain.Camera {
	return domain.Camera{
		ID: r.ID, SiteID: r.SiteID, BuildingID: r.BuildingID, ApartmentID: r.ApartmentID, Name: r.Name, RTSP: r.RTSP, User: r.UserName,
		NoMonitoring: r.NoMonitoring, Terminal: domain.CameraTerminal(r.Terminal), DeviceID: r.DeviceID, Revision: r.Record.Revision,
	}
}

func cameraPurpose(id domain.CameraID) string { return "camera password " + id.String() }

// openCamera gives the camera with its password.
func (s *Store) openCamera(r cameraRow) (domain.Camera, error) {
	out := r.camera()
	plain, err := s.key.Open(cameraPurpose(r.ID), r.Password)
	if err != nil {
		return domain.Camera{}, fmt.Errorf("open the password of a camera: %w", err)
	}
	out.Password = secret.New(string(plain))
	return out, nil
}

var cameraOrders = sorts{"name": "list.folded", "created": "list.created_at"}

// ListCameras lists the cameras of a site with the names of what they belong to.
func (s *Store) ListCameras(ctx context.Context, site domain.SiteID, page fleet.Page) (fleet.List[fleet.CameraLine], error) {
	query, err := narrowCameras(s.in(ctx, site), page.Only)
	if err != nil {
		return fleet.List[fleet.CameraLine]{}, err
	}
	rows, err := listBy[cameraRow, cameraRow](query, page, cameraOrders)
	if err != nil {
		return fleet.List[fleet.CameraLine]{}, err
	}
	lines := make([]fleet.CameraLine, len(rows.Items))
	for i, r := range rows.Items {
		lines[i] = fleet.CameraLine{Camera: r.camera(), CreatedAt: fromMilli(r.Record.CreatedAt)}
	}
	err = s.nameCameras(ctx, site, lines)
	return fleet.List[fleet.CameraLine]{Items: lines, Next: rows.Next, Total: rows.Total}, err
}

// narrowCameras applies the filters of a list of cameras; a value that a filter does not have is Invalid at the filter.
func narrowCameras(query *gorm.DB, only map[string]string) (*gorm.DB, error) {
	var f fault.Fields
	for _, name := range slices.Sorted(maps.Keys(only)) {
		value := only[name]
		switch {
		case value == "":
		case name == "building", name == "apartment", name == "device":
			id, err := domain.ParseID[domain.SiteID](value)
			f.Check(err == nil, name, "This is not an id.")
			query = query.Where(name+"_id = ?", id)
		case name+"="+value == "place=site":
			query = query.Where("building_id IS NULL AND apartment_id IS NULL")
		case name+"="+value == "place=building":
			query = query.Where("building_id IS NOT NULL AND apartment_id IS NULL")
		case name+"="+value == "place=public":
			query = query.Where("apartment_id IS NULL")
		case name+"="+value == "place=apartment":
			query = query.Where("apartment_id IS NOT NULL")
		default:
			f.Add(name, "site, building, public or apartment.")
		}
	}
	return query, f.Err()
}

// nameCameras fills in what the things are called that cameras belong to: one query for each noun.
func (s *Store) nameCameras(ctx context.Context, site domain.SiteID, lines []fleet.CameraLine) error {
	for _, noun := range []struct {
		table, column string
		of            func(*fleet.CameraLine) (id string, name *string)
	}{
		{"buildings", "name", func(l *fleet.CameraLine) (string, *string) { return idText(l.BuildingID), &l.Building }},
		{"apartments", "number", func(l *fleet.CameraLine) (string, *string) { return idText(l.ApartmentID), &l.Apartment }},
		{"devices", "name", func(l *fleet.CameraLine) (string, *string) { return idText(l.DeviceID), &l.Device }},
	} {
		ids := map[string]bool{}
		for i := range lines {
			if id, _ := noun.of(&lines[i]); id != "" {
				ids[id] = true
			}
		}
		if len(ids) == 0 {
			continue
		}
		var rows []struct{ ID, Name string }
		err := s.in(ctx, site).Table(noun.table).Select("id, "+noun.column+" AS name").Where("id IN ?", slices.Collect(maps.Keys(ids))).Scan(&rows).Error
		if err != nil {
			return fmt.Errorf("name cameras: %w", err)
		}
		names := make(map[string]string, len(rows))
		for _, r := range rows {
			names[r.ID] = r.Name
		}
		for i := range lines {
			id, name := noun.of(&lines[i])
			*name = names[id]
		}
	}
	return s.nameOwners(ctx, site, lines)
}

// nameOwners fills in the user of a single-family site.
func (s *Store) nameOwners(ctx context.Context, site domain.SiteID, lines []fleet.CameraLine) error {
	if len(lines) == 0 {
		return nil
	}
	single, err := s.Site(ctx, site)
	if err != nil || single.Kind != domain.SingleHome {
		return err
	}
	var masters []personRow
	err = s.in(ctx, site).Where("kind = ? AND deleted_at IS NULL", domain.Master).
		Order("created_at, id").Limit(1).Find(&masters).Error
	if err != nil {
		return fmt.Errorf("name the owners of cameras: %w", err)
	}
	for _, r := range masters {
		person := r.noun()
		for i := range lines {
			lines[i].Owner = person.FirstName
			if person.LastName != "" {
				lines[i].Owner += " " + person.LastName
			}
		}
	}
	return nil
}

// CameraLine adds the names to one camera.
func (s *Store) CameraLine(ctx context.Context, c domain.Camera) (fleet.CameraLine, error) {
	r, err := take[cameraRow, cameraRow](ctx, s, c.SiteID, c.ID, "This camera")
	if err != nil {
		return fleet.CameraLine{}, err
	}
	lines := []fleet.CameraLine{{Camera: c, CreatedAt: fromMilli(r.Record.CreatedAt)}}
	err = s.nameCameras(ctx, c.SiteID, lines)
	return lines[0], err
}

// Camera gives one camera of a site with its password.
func (s *Store) Camera(ctx context.Context, site domain.SiteID, id domain.CameraID) (domain.Camera, error) {
	r, err := take[cameraRow, cameraRow](ctx, s, site, id, "This camera")
	if err != nil {
		return domain.Camera{}, err
	}
	return s.openCamera(r)
}

// PutCamera adds or changes a camera; its password is sealed.
func (s *Store) PutCamera(ctx context.Context, c domain.Camera, at time.Time) error {
	sealed, err := s.key.Seal(cameraPurpose(c.ID), []byte(c.Password.Reveal()))
	if err != nil {
		return fmt.Errorf("seal the password of a camera: %w", err)
	}
	r := cameraRow{
		ID: c.ID, SiteID: c.SiteID, BuildingID: c.BuildingID, ApartmentID: c.ApartmentID, Name: c.Name, RTSP: c.RTSP, UserName: c.User, Password: sealed,
		NoMonitoring: c.NoMonitoring, Terminal: string(c.Terminal), DeviceID: c.DeviceID, Record: newRecord(at, c.Name),
	}
	if err := s.put(ctx, &r, "building_id", "apartment_id", "name", "rtsp", "user_name", "password", "no_monitoring", "terminal", "device_id"); err != nil {
		return fmt.Errorf("save camera: %w", err)
	}
	return nil
}

// DeleteCamera marks a camera as deleted.
func (s *Store) DeleteCamera(ctx context.Context, site domain.SiteID, id domain.CameraID, at time.Time) error {
	return s.drop(ctx, &cameraRow{}, site, id, at)
}

// CamerasOf lists the cameras that are linked to a device, with their passwords.
func (s *Store) CamerasOf(ctx context.Context, site domain.SiteID, device domain.DeviceID) ([]domain.Camera, error) {
	var rows []cameraRow
	if err := s.in(ctx, site).Where("device_id = ? AND deleted_at IS NULL", device).Order("folded, id").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read the cameras of a device: %w", err)
	}
	out := make([]domain.Camera, len(rows))
	for i, r := range rows {
		var err error
		if out[i], err = s.openCamera(r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// BuildingCameras counts the cameras of a building that are in no apartment.
func (s *Store) BuildingCameras(ctx context.Context, site domain.SiteID, building domain.BuildingID) (int, error) {
	return s.count(ctx, &cameraRow{}, site, "building_id = ? AND apartment_id IS NULL", building)
}
