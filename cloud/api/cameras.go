package api

import (
	"context"
	"net/http"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

// Camera is a third-party camera. Its password is never answered.
type Camera struct {
	ID           string    `json:"id"`
	Name         string    `json:"name" doc:"Of a single-family site: the location."`
	RTSP         string    `json:"rtsp"`
	User         string    `json:"user"`
	BuildingID   string    `json:"building_id" doc:"Empty: the public area of the site."`
	ApartmentID  string    `json:"apartment_id" doc:"Empty: a public area."`
	DeviceID     string    `json:"device_id" doc:"The door phone or terminal it is linked to."`
	NoMonitoring bool      `json:"no_monitoring" doc:"Nobody may watch it."`
	Terminal     string    `json:"terminal" enum:"all,app,monitors" doc:"Where it may be watched: app, monitors and guard phones; the app alone; monitors and guard phones alone."`
	Watchers     string    `json:"watchers" enum:"all,app,monitors,nobody" doc:"Who sees it now: the terminal, or nobody, by no_monitoring or by the plan of the site."`
	CreatedAt    time.Time `json:"created_at"`
	Building     string    `json:"building" doc:"Names of what it belongs to; empty where it belongs to none."`
	Apartment    string    `json:"apartment"`
	Device       string    `json:"device"`
	Owner        string    `json:"owner" doc:"The user of a single-family site."`
	Revision     uint64    `json:"revision" doc:"One more at each change; the ETag."`

	Warnings []CameraWarning `json:"warnings,omitempty" doc:"What was saved and does not work at this site; of one camera, POST and PUT."`
}

// CameraWarning is something that was saved and does not work.
type CameraWarning struct {
	Path    string `json:"path"`
	Message string `json:"message"`
}

// CameraInput is what an installer says of a camera.
type CameraInput struct {
	Name         string `json:"name" required:"false" doc:"1 to 64 characters."`
	RTSP         string `json:"rtsp" required:"false" doc:"rtsp://host:port/path, without user and password."`
	User         string `json:"user" required:"false" doc:"As the manufacturer gave it."`
	Password     string `json:"password,omitempty" doc:"Without @, : and /. Never answered. A change without one leaves the stored one."`
	BuildingID   string `json:"building_id" required:"false"`
	ApartmentID  string `json:"apartment_id" required:"false"`
	DeviceID     string `json:"device_id" required:"false" doc:"A door phone or terminal at the same place."`
	NoMonitoring bool   `json:"no_monitoring" required:"false"`
	Terminal     string `json:"terminal" required:"false" doc:"all, the default, app or monitors."`
}

// CameraPath is one camera of a path.
type CameraPath struct {
	SitePath
	Camera string `path:"camera"`
}

func (p CameraPath) id() domain.CameraID { return pathID[domain.CameraID](p.Camera) }

func (i CameraInput) camera(site domain.SiteID, id domain.CameraID) (domain.Camera, error) {
	var f ids
	c := domain.Camera{
		ID: id, SiteID: site, Name: i.Name, RTSP: i.RTSP, User: i.User, Password: secret.New(i.Password), NoMonitoring: i.NoMonitoring,
		Terminal:    domain.CameraTerminal(i.Terminal),
		BuildingID:  bodyID[domain.BuildingID](&f, "building_id", i.BuildingID),
		ApartmentID: bodyID[domain.ApartmentID](&f, "apartment_id", i.ApartmentID),
		DeviceID:    bodyID[domain.DeviceID](&f, "device_id", i.DeviceID),
	}
	return c, f.Err()
}

func showCamera(site domain.Site, c fleet.CameraLine) Camera {
	return Camera{
		ID: c.ID.String(), Name: c.Name, RTSP: c.RTSP, User: c.User, BuildingID: text(c.BuildingID), ApartmentID: text(c.ApartmentID), DeviceID: text(c.DeviceID),
		NoMonitoring: c.NoMonitoring, Terminal: string(c.Terminal), Watchers: string(fleet.WatchersOf(site, c.Camera)), CreatedAt: c.CreatedAt,
		Building: c.Building, Apartment: c.Apartment, Device: c.Device, Owner: c.Owner, Revision: c.Revision,
	}
}

// CameraFilters narrow a list of cameras.
type CameraFilters struct {
	Place     string `query:"place" doc:"site, building, public (both) or apartment."`
	Building  string `query:"building"`
	Apartment string `query:"apartment"`
	Device    string `query:"device" doc:"The linked one."`
}

func (f CameraFilters) only() map[string]string {
	return map[string]string{"place": f.Place, "building": f.Building, "apartment": f.Apartment, "device": f.Device}
}

func (a *API) cameras() {
	const list, one = "/sites/{site}/cameras", "/sites/{site}/cameras/{camera}"
	route(a, http.MethodGet, list, "list-cameras", "Third-party cameras of a site", func(ctx context.Context, in *struct {
		SitePath
		PageQuery
		CameraFilters
	},
	) (*Body[Page[Camera]], error) {
		page := in.page()
		page.Only = in.only()
		list, err := a.Fleet.Cameras(ctx, in.site(), page)
		if err != nil {
			return nil, err
		}
		site, err := a.Fleet.Site(ctx, in.site())
		return pageOf(list, func(c fleet.CameraLine) Camera { return showCamera(site, c) }), err
	}, needs(account.DevicesRead), tag("cameras"))
	route(a, http.MethodPost, list, "add-camera", "Add a third-party camera", func(ctx context.Context, in *struct {
		SitePath
		Body CameraInput
	},
	) (*Tagged[Camera], error) {
		camera, err := in.Body.camera(in.site(), domain.CameraID{})
		if err == nil {
			camera, err = a.Fleet.AddCamera(ctx, camera)
		}
		return a.showCamera(ctx, camera, err)
	}, status(http.StatusCreated), needs(account.DevicesWrite), tag("cameras"))
	route(a, http.MethodGet, one, "get-camera", "One camera", func(ctx context.Context, in *CameraPath) (*Tagged[Camera], error) {
		camera, err := a.Fleet.Camera(ctx, in.site(), in.id())
		return a.showCamera(ctx, camera, err)
	}, needs(account.DevicesRead), tag("cameras"))
	route(a, http.MethodPut, one, "edit-camera", "Change a camera", func(ctx context.Context, in *struct {
		CameraPath
		IfMatch
		Body CameraInput
	},
	) (*Tagged[Camera], error) {
		camera, err := in.Body.camera(in.site(), in.id())
		if err == nil {
			camera, err = a.Fleet.EditCamera(ctx, camera)
		}
		return a.showCamera(ctx, camera, err)
	}, needs(account.DevicesWrite), tag("cameras"))
	route(a, http.MethodDelete, one, "delete-camera", "Delete a camera", func(ctx context.Context, in *struct {
		CameraPath
		IfMatch
	},
	) (*None, error) {
		return nil, a.Fleet.DeleteCamera(ctx, in.site(), in.id())
	}, status(http.StatusNoContent), needs(account.DevicesWrite), tag("cameras"))
}

// showCamera answers one camera after err of what made it.
func (a *API) showCamera(ctx context.Context, c domain.Camera, err error) (*Tagged[Camera], error) {
	if err != nil {
		return nil, err
	}
	line, err := a.Fleet.CameraLine(ctx, c)
	if err != nil {
		return nil, err
	}
	site, err := a.Fleet.Site(ctx, c.SiteID)
	if err != nil {
		return nil, err
	}
	out := showCamera(site, line)
	for _, w := range fleet.CameraWarnings(site, c) {
		out.Warnings = append(out.Warnings, CameraWarning{Path: w.Path, Message: w.Msg})
	}
	return tagged(out, c.Revision, nil)
}
