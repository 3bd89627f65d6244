package api

import (
	"context"
	"net/http"

	"vestibule/cloud/account"
	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
)

// Person is somebody who lives or works at a site.
type Person struct {
	ID           string            `json:"id"`
	Kind         string            `json:"kind" enum:"master,member,basic,advanced,personnel,administrator" doc:"What the person is at the site."`
	ApartmentID  string            `json:"apartment_id"`
	DepartmentID string            `json:"department_id"`
	CompanyID    string            `json:"company_id"`
	FirstName    string            `json:"first_name"`
	LastName     string            `json:"last_name"`
	Email        string            `json:"email"`
	Phone        string            `json:"phone"`
	StaffID      string            `json:"staff_id"`
	SIPUser      string            `json:"sip_user" doc:"The personal SIP number, issued by the service."`
	Form         domain.PersonForm `json:"form"`
	Status       PersonStatus      `json:"status"`
	Payment      *PersonPayment    `json:"payment,omitempty" doc:"Present while the person must be paid for before it can be used."`
	Revision     uint64            `json:"revision" doc:"One more at each change; the ETag."`
}

// PersonInput is what somebody says of a person.
type PersonInput struct {
	Kind         string            `json:"kind" required:"false" doc:"Empty: what the place makes of the person. The first of a home is its master, later ones are members."`
	ApartmentID  string            `json:"apartment_id" required:"false" doc:"Of communities and single-family sites; a house has one, which need not be named."`
	DepartmentID string            `json:"department_id" required:"false" doc:"Of offices."`
	CompanyID    string            `json:"company_id" required:"false" doc:"Of commercial sites; that of a single-company site need not be named."`
	FirstName    string            `json:"first_name" required:"false" doc:"1 to 64 characters."`
	LastName     string            `json:"last_name" required:"false" doc:"1 to 64 characters; a single-family user may have one name."`
	Email        string            `json:"email" required:"false"`
	Phone        string            `json:"phone" required:"false" doc:"With a country of the form the area code is put in front."`
	StaffID      string            `json:"staff_id" required:"false" doc:"Unique in the office."`
	Form         domain.PersonForm `json:"form" required:"false"`
}

func (i PersonInput) person(site domain.SiteID, id domain.PersonID) (domain.Person, error) {
	var f ids
	return domain.Person{
		ID: id, SiteID: site, Kind: domain.PersonKind(i.Kind), ApartmentID: bodyID[domain.ApartmentID](&f, "apartment_id", i.ApartmentID),
		DepartmentID: bodyID[domain.DepartmentID](&f, "department_id", i.DepartmentID), CompanyID: bodyID[domain.CompanyID](&f, "company_id", i.CompanyID),
		FirstName: i.FirstName, LastName: i.LastName, Email: i.Email, Phone: i.Phone, StaffID: i.StaffID, Form: i.Form,
	}, f.Err()
}

// PersonPath is one person of a path.
type PersonPath struct {
	SitePath
	Person string `path:"person"`
}

func (p PersonPath) id() domain.PersonID { return pathID[domain.PersonID](p.Person) }

// PeopleQuery narrows a list of people.
type PeopleQuery struct {
	PageQuery
	App    string `query:"app" enum:"registered,unregistered"`
	Active string `query:"active" enum:"inactivated,normal,expired"`
}

func (q PeopleQuery) page() fleet.Page {
	page := q.PageQuery.page()
	page.Only = map[string]string{"app": q.App, "active": q.Active}
	return page
}

// SitePeopleQuery narrows the list of the people of a site.
type SitePeopleQuery struct {
	PeopleQuery
	Kind       string `query:"kind" enum:"master,member,basic,advanced,personnel,administrator"`
	Apartment  string `query:"apartment"`
	Department string `query:"department"`
	Company    string `query:"company"`
	Placed     string `query:"placed" enum:"no" doc:"no: whom the property manager has placed nowhere."`
}

func (q SitePeopleQuery) page() fleet.Page {
	page := q.PeopleQuery.page()
	for filter, value := range map[string]string{"kind": q.Kind, "apartment": q.Apartment, "department": q.Department, "company": q.Company, "placed": q.Placed} {
		page.Only[filter] = value
	}
	return page
}

func (a *API) people() {
	const list, one = "/sites/{site}/people", "/sites/{site}/people/{person}"
	route(a, http.MethodGet, list, "list-people", "People of a site", func(ctx context.Context, in *struct {
		SitePath
		SitePeopleQuery
	},
	) (*Body[Page[Person]], error) {
		list, err := a.Fleet.People(ctx, in.site(), in.page())
		return pageOf(list, a.showPerson), err
	}, needs(account.PeopleRead), tag("people"))
	route(a, http.MethodPost, list, "add-person", "Add a person", func(ctx context.Context, in *struct {
		SitePath
		Body PersonInput
	},
	) (*Tagged[Person], error) {
		person, err := in.Body.person(in.site(), domain.PersonID{})
		if err != nil {
			return nil, err
		}
		person, err = a.Fleet.AddPerson(ctx, person)
		return a.tellPerson(ctx, person, err)
	}, status(http.StatusCreated), needs(account.PeopleWrite), tag("people"))
	route(a, http.MethodGet, one, "get-person", "One person", func(ctx context.Context, in *PersonPath) (*Tagged[Person], error) {
		view, err := a.Fleet.PersonView(ctx, in.site(), in.id())
		return tagged(a.showPerson(view), view.Revision, err)
	}, needs(account.PeopleRead), tag("people"))
	route(a, http.MethodPut, one, "edit-person", "Change a person", func(ctx context.Context, in *struct {
		PersonPath
		IfMatch
		Body PersonInput
	},
	) (*Tagged[Person], error) {
		person, err := in.Body.person(in.site(), in.id())
		if err != nil {
			return nil, err
		}
		person, err = a.Fleet.EditPerson(ctx, person)
		return a.tellPerson(ctx, person, err)
	}, needs(account.PeopleWrite), tag("people"))
	route(a, http.MethodDelete, one, "delete-person", "Delete a person, and with a family master the family", func(ctx context.Context, in *struct {
		PersonPath
		IfMatch
	},
	) (*None, error) {
		if err := a.Account.MayAt(ctx, account.PeopleDelete, in.site()); err != nil {
			return nil, err
		}
		return nil, a.Fleet.DeletePerson(ctx, in.site(), in.id())
	}, status(http.StatusNoContent), needs(account.PeopleDelete), tag("people"))
	a.single()
	a.homeForm()
}

// tellPerson answers a saved person with what stands beside it.
func (a *API) tellPerson(ctx context.Context, person domain.Person, err error) (*Tagged[Person], error) {
	if err != nil {
		return nil, err
	}
	view, err := a.Fleet.PersonView(ctx, person.SiteID, person.ID)
	return tagged(a.showPerson(view), view.Revision, err)
}
