package api

import (
	"context"
	"net/http"

	"vestibule/cloud/account"
	"vestibule/shared/domain"
)

// Building is a house of a site.
type Building struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	GroundFloor string `json:"ground_floor" doc:"Empty: configure on the device."`
	StartFloor  string `json:"start_floor" doc:"Empty: configure on the device."`
	Revision    uint64 `json:"revision" doc:"One more at each change; the ETag."`
}

func showBuilding(b domain.Building) Building {
	return Building{ID: b.ID.String(), Name: b.Name, GroundFloor: b.GroundFloor, StartFloor: b.StartFloor, Revision: b.Revision}
}

// BuildingInput is what an installer says of a building.
type BuildingInput struct {
	Name        string `json:"name" required:"false" doc:"1 to 128 characters, once in the site."`
	GroundFloor string `json:"ground_floor" required:"false" doc:"-10 to 128, G0, G1, G2 or empty."`
	StartFloor  string `json:"start_floor" required:"false" doc:"-10 to 128, G0, G1, G2 or empty."`
}

// BuildingPath is one building of a path.
type BuildingPath struct {
	SitePath
	Building string `path:"building"`
}

func (p BuildingPath) id() domain.BuildingID { return pathID[domain.BuildingID](p.Building) }

func (i BuildingInput) building(site domain.SiteID, id domain.BuildingID) domain.Building {
	return domain.Building{ID: id, SiteID: site, Name: i.Name, GroundFloor: i.GroundFloor, StartFloor: i.StartFloor}
}

func (a *API) buildings() {
	route(a, http.MethodGet, "/sites/{site}/buildings", "list-buildings", "Buildings of a site", func(ctx context.Context, in *struct {
		SitePath
		PageQuery
	},
	) (*Body[Page[Building]], error) {
		list, err := a.Fleet.Buildings(ctx, in.site(), in.page())
		return pageOf(list, showBuilding), err
	}, needs(account.SitesRead), tag("buildings"))
	route(a, http.MethodPost, "/sites/{site}/buildings", "add-building", "Add a building", func(ctx context.Context, in *struct {
		SitePath
		Body BuildingInput
	},
	) (*Tagged[Building], error) {
		b, err := a.Fleet.AddBuilding(ctx, in.Body.building(in.site(), domain.BuildingID{}))
		return tagged(showBuilding(b), b.Revision, err)
	}, status(http.StatusCreated), needs(account.SitesWrite), tag("buildings"))
	route(a, http.MethodGet, "/sites/{site}/buildings/{building}", "get-building", "One building", func(ctx context.Context, in *BuildingPath) (*Tagged[Building], error) {
		b, err := a.Fleet.Building(ctx, in.site(), in.id())
		return tagged(showBuilding(b), b.Revision, err)
	}, needs(account.SitesRead), tag("buildings"))
	route(a, http.MethodPut, "/sites/{site}/buildings/{building}", "edit-building", "Change a building", func(ctx context.Context, in *struct {
		BuildingPath
		IfMatch
		Body BuildingInput
	},
	) (*Tagged[Building], error) {
		b, err := a.Fleet.EditBuilding(ctx, in.Body.building(in.site(), in.id()))
		return tagged(showBuilding(b), b.Revision, err)
	}, needs(account.SitesWrite), tag("buildings"))
	route(a, http.MethodDelete, "/sites/{site}/buildings/{building}", "delete-building", "Delete an empty building", func(ctx context.Context, in *struct {
		BuildingPath
		IfMatch
	},
	) (*None, error) {
		return nil, a.Fleet.DeleteBuilding(ctx, in.site(), in.id())
	}, status(http.StatusNoContent), needs(account.SitesWrite), tag("buildings"))
}
