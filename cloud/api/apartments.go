package api

import (
	"context"
	"net/http"

	"vestibule/cloud/account"
	"vestibule/shared/domain"
)

// Apartment is a home.
type Apartment struct {
	ID         string `json:"id"`
	BuildingID string `json:"building_id"`
	Number     string `json:"number" doc:"What a visitor dials."`
	Name       string `json:"name"`
	Floor      string `json:"floor"`
	Contact    string `json:"contact" enum:"group"`
	CallPath   string `json:"call_path" enum:"ip,sip"`
	Revision   uint64 `json:"revision" doc:"One more at each change; the ETag."`
}

func showApartment(a domain.Apartment) Apartment {
	return Apartment{
		ID: a.ID.String(), BuildingID: text(a.BuildingID), Number: a.Number, Name: a.Name, Floor: a.Floor, Contact: string(a.Contact), CallPath: string(a.Path), Revision: a.Revision,
	}
}

// ApartmentInput is what an installer says of an apartment.
type ApartmentInput struct {
	BuildingID string `json:"building_id" required:"false"`
	Number     string `json:"number" required:"false" doc:"Digits such as 101, or groups such as 2#123; once in the building."`
	Name       string `json:"name" required:"false" doc:"At most 64 characters."`
	Floor      string `json:"floor" required:"false" doc:"-10 to 128, G0, G1, G2 or empty."`
	Contact    string `json:"contact" required:"false" doc:"group, the default."`
	CallPath   string `json:"call_path" required:"false" doc:"ip, the default, or sip."`
}

func (i ApartmentInput) apartment(site domain.SiteID, id domain.ApartmentID) (domain.Apartment, error) {
	var f ids
	return domain.Apartment{
		ID: id, SiteID: site, BuildingID: bodyID[domain.BuildingID](&f, "building_id", i.BuildingID), Number: i.Number, Name: i.Name, Floor: i.Floor,
		Contact: domain.ContactPreference(i.Contact), Path: domain.CallPath(i.CallPath),
	}, f.Err()
}

// ApartmentPath is one apartment of a path.
type ApartmentPath struct {
	SitePath
	Apartment string `path:"apartment"`
}

func (p ApartmentPath) id() domain.ApartmentID { return pathID[domain.ApartmentID](p.Apartment) }

func (a *API) apartments() {
	const list, one = "/sites/{site}/apartments", "/sites/{site}/apartments/{apartment}"
	route(a, http.MethodGet, list, "list-apartments", "Apartments of a site", func(ctx context.Context, in *struct {
		SitePath
		PageQuery
	},
	) (*Body[Page[Apartment]], error) {
		list, err := a.Fleet.Apartments(ctx, in.site(), in.page())
		return pageOf(list, showApartment), err
	}, needs(account.SitesRead), tag("apartments"))
	route(a, http.MethodPost, list, "add-apartment", "Add an apartment", func(ctx context.Context, in *struct {
		SitePath
		Body ApartmentInput
	},
	) (*Tagged[Apartment], error) {
		apartment, err := in.Body.apartment(in.site(), domain.ApartmentID{})
		if err != nil {
			return nil, err
		}
		apartment, err = a.Fleet.AddApartment(ctx, apartment)
		return tagged(showApartment(apartment), apartment.Revision, err)
	}, status(http.StatusCreated), needs(account.SitesWrite), tag("apartments"))
	route(a, http.MethodGet, one, "get-apartment", "One apartment", func(ctx context.Context, in *ApartmentPath) (*Tagged[Apartment], error) {
		apartment, err := a.Fleet.Apartment(ctx, in.site(), in.id())
		return tagged(showApartment(apartment), apartment.Revision, err)
	}, needs(account.SitesRead), tag("apartments"))
	route(a, http.MethodPut, one, "edit-apartment", "Change an apartment", func(ctx context.Context, in *struct {
		ApartmentPath
		IfMatch
		Body ApartmentInput
	},
	) (*Tagged[Apartment], error) {
		apartment, err := in.Body.apartment(in.site(), in.id())
		if err != nil {
			return nil, err
		}
		apartment, err = a.Fleet.EditApartment(ctx, apartment)
		return tagged(showApartment(apartment), apartment.Revision, err)
	}, needs(account.SitesWrite), tag("apartments"))
	route(a, http.MethodDelete, one, "delete-apartment", "Delete an apartment and its people", func(ctx context.Context, in *struct {
		ApartmentPath
		IfMatch
	},
	) (*None, error) {
		return nil, a.Fleet.DeleteApartment(ctx, in.site(), in.id())
	}, status(http.StatusNoContent), needs(account.SitesWrite), tag("apartments"))
}
