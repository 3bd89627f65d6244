package api

import (
	"context"
	"net/http"

	"vestibule/cloud/account"
	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
)

// Department is a part of an office.
type Department struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Floors   []string `json:"floors" nullable:"false" doc:"What its users may reach unless they have their own; all stands alone."`
	People   int      `json:"people"`
	Devices  int      `json:"devices"`
	Revision uint64   `json:"revision" doc:"One more at each change; the ETag."`
}

func showDepartment(d domain.Department, m fleet.Members) Department {
	return Department{ID: d.ID.String(), Name: d.Name, Floors: append([]string{}, d.Floors...), People: m.People, Devices: m.Devices, Revision: d.Revision}
}

// DepartmentInput is what an installer says of a department.
type DepartmentInput struct {
	Name   string   `json:"name" required:"false" doc:"1 to 128 characters, once in the site."`
	Floors []string `json:"floors,omitempty" doc:"At most 10 of -10 to 128, G0, G1, G2; or all alone."`
}

func (i DepartmentInput) department(site domain.SiteID, id domain.DepartmentID) domain.Department {
	return domain.Department{ID: id, SiteID: site, Name: i.Name, Floors: i.Floors}
}

// DepartmentPath is one department of a path.
type DepartmentPath struct {
	SitePath
	Department string `path:"department"`
}

func (p DepartmentPath) id() domain.DepartmentID { return pathID[domain.DepartmentID](p.Department) }

func (a *API) departments() {
	const list, one = "/sites/{site}/departments", "/sites/{site}/departments/{department}"
	route(a, http.MethodGet, list, "list-departments", "Departments of an office", func(ctx context.Context, in *struct {
		SitePath
		PageQuery
	},
	) (*Body[Page[Department]], error) {
		list, err := a.Fleet.Departments(ctx, in.site(), in.page())
		if err != nil {
			return nil, err
		}
		ids := make([]domain.DepartmentID, len(list.Items))
		for i, d := range list.Items {
			ids[i] = d.ID
		}
		members, err := a.Fleet.DepartmentMembers(ctx, in.site(), ids...)
		return pageOf(list, func(d domain.Department) Department { return showDepartment(d, members[d.ID]) }), err
	}, needs(account.SitesRead), tag("departments"))
	route(a, http.MethodPost, list, "add-department", "Add a department", func(ctx context.Context, in *struct {
		SitePath
		Body DepartmentInput
	},
	) (*Tagged[Department], error) {
		d, err := a.Fleet.AddDepartment(ctx, in.Body.department(in.site(), domain.DepartmentID{}))
		return tagged(showDepartment(d, fleet.Members{}), d.Revision, err)
	}, status(http.StatusCreated), needs(account.SitesWrite), tag("departments"))
	route(a, http.MethodGet, one, "get-department", "One department", func(ctx context.Context, in *DepartmentPath) (*Tagged[Department], error) {
		d, err := a.Fleet.Department(ctx, in.site(), in.id())
		return a.showDepartment(ctx, d, err)
	}, needs(account.SitesRead), tag("departments"))
	route(a, http.MethodPut, one, "edit-department", "Change a department", func(ctx context.Context, in *struct {
		DepartmentPath
		IfMatch
		Body DepartmentInput
	},
	) (*Tagged[Department], error) {
		d, err := a.Fleet.EditDepartment(ctx, in.Body.department(in.site(), in.id()))
		return a.showDepartment(ctx, d, err)
	}, needs(account.SitesWrite), tag("departments"))
	route(a, http.MethodDelete, one, "delete-department", "Delete an empty department", func(ctx context.Context, in *struct {
		DepartmentPath
		IfMatch
	},
	) (*None, error) {
		return nil, a.Fleet.DeleteDepartment(ctx, in.site(), in.id())
	}, status(http.StatusNoContent), needs(account.SitesWrite), tag("departments"))
}

func (a *API) showDepartment(ctx context.Context, d domain.Department, err error) (*Tagged[Department], error) {
	if err != nil {
		return nil, err
	}
	members, err := a.Fleet.DepartmentMembers(ctx, d.SiteID, d.ID)
	return tagged(showDepartment(d, members[d.ID]), d.Revision, err)
}
