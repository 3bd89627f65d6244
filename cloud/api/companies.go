package api

import (
	"context"
	"net/http"

	"vestibule/cloud/account"
	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
)

// Company is a tenant of a commercial site.
type Company struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	People   int    `json:"people"`
	Devices  int    `json:"devices"`
	Revision uint64 `json:"revision" doc:"One more at each change; the ETag."`
}

func showCompany(c domain.Company, m fleet.Members) Company {
	return Company{ID: c.ID.String(), Name: c.Name, People: m.People, Devices: m.Devices, Revision: c.Revision}
}

// CompanyInput is what an installer says of a company.
type CompanyInput struct {
	Name string `json:"name" required:"false" doc:"1 to 128 characters, once in the site."`
}

func (i CompanyInput) company(site domain.SiteID, id domain.CompanyID) domain.Company {
	return domain.Company{ID: id, SiteID: site, Name: i.Name}
}

// CompanyPath is one company of a path.
type CompanyPath struct {
	SitePath
	Company string `path:"company"`
}

func (p CompanyPath) id() domain.CompanyID { return pathID[domain.CompanyID](p.Company) }

func (a *API) companies() {
	const list, one = "/sites/{site}/companies", "/sites/{site}/companies/{company}"
	route(a, http.MethodGet, list, "list-companies", "Companies of a commercial site", func(ctx context.Context, in *struct {
		SitePath
		PageQuery
	},
	) (*Body[Page[Company]], error) {
		list, err := a.Fleet.Companies(ctx, in.site(), in.page())
		if err != nil {
			return nil, err
		}
		ids := make([]domain.CompanyID, len(list.Items))
		for i, c := range list.Items {
			ids[i] = c.ID
		}
		members, err := a.Fleet.CompanyMembers(ctx, in.site(), ids...)
		return pageOf(list, func(c domain.Company) Company { return showCompany(c, members[c.ID]) }), err
	}, needs(account.SitesRead), tag("companies"))
	route(a, http.MethodPost, list, "add-company", "Add a company", func(ctx context.Context, in *struct {
		SitePath
		Body CompanyInput
	},
	) (*Tagged[Company], error) {
		c, err := a.Fleet.AddCompany(ctx, in.Body.company(in.site(), domain.CompanyID{}))
		return tagged(showCompany(c, fleet.Members{}), c.Revision, err)
	}, status(http.StatusCreated), needs(account.SitesWrite), tag("companies"))
	route(a, http.MethodGet, one, "get-company", "One company", func(ctx context.Context, in *CompanyPath) (*Tagged[Company], error) {
		c, err := a.Fleet.Company(ctx, in.site(), in.id())
		return a.showCompany(ctx, c, err)
	}, needs(account.SitesRead), tag("companies"))
	route(a, http.MethodPut, one, "edit-company", "Change a company", func(ctx context.Context, in *struct {
		CompanyPath
		IfMatch
		Body CompanyInput
	},
	) (*Tagged[Company], error) {
		c, err := a.Fleet.EditCompany(ctx, in.Body.company(in.site(), in.id()))
		return a.showCompany(ctx, c, err)
	}, needs(account.SitesWrite), tag("companies"))
	route(a, http.MethodDelete, one, "delete-company", "Delete an empty company", func(ctx context.Context, in *struct {
		CompanyPath
		IfMatch
	},
	) (*None, error) {
		return nil, a.Fleet.DeleteCompany(ctx, in.site(), in.id())
	}, status(http.StatusNoContent), needs(account.SitesWrite), tag("companies"))
}

func (a *API) showCompany(ctx context.Context, c domain.Company, err error) (*Tagged[Company], error) {
	if err != nil {
		return nil, err
	}
	members, err := a.Fleet.CompanyMembers(ctx, c.SiteID, c.ID)
	return tagged(showCompany(c, members[c.ID]), c.Revision, err)
}
