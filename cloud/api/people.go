package api

import (
	"context"
	"net/http"

	"vestibule/cloud/account"
	"vestibule/shared/domain"
)

// Person is somebody of an apartment.
type Person struct {
	ID          string `json:"id"`
	ApartmentID string `json:"apartment_id"`
	FirstName   string `json:"first_name"`
	LastName    string `json:"last_name"`
	Email       string `json:"email"`
	Phone       string `json:"phone"`
	Revision    uint64 `json:"revision" doc:"One more at each change; the ETag."`
}

func showPerson(p domain.Person) Person {
	return Person{ID: p.ID.String(), ApartmentID: text(p.ApartmentID), FirstName: p.FirstName, LastName: p.LastName, Email: p.Email, Phone: p.Phone, Revision: p.Revision}
}

// PersonInput is what an installer says of a person.
type PersonInput struct {
	ApartmentID string `json:"apartment_id" required:"false"`
	FirstName   string `json:"first_name" required:"false" doc:"1 to 64 characters."`
	LastName    string `json:"last_name" required:"false" doc:"1 to 64 characters."`
	Email       string `json:"email" required:"false"`
	Phone       string `json:"phone" required:"false"`
}

func (i PersonInput) person(site domain.SiteID, id domain.PersonID) (domain.Person, error) {
	var f ids
	return domain.Person{
		ID: id, SiteID: site, ApartmentID: bodyID[domain.ApartmentID](&f, "apartment_id", i.ApartmentID), FirstName: i.FirstName, LastName: i.LastName,
		Email: i.Email, Phone: i.Phone,
	}, f.Err()
}

// PersonPath is one person of a path.
type PersonPath struct {
	SitePath
	Person string `path:"person"`
}

func (p PersonPath) id() domain.PersonID { return pathID[domain.PersonID](p.Person) }

func (a *API) people() {
	const list, one = "/sites/{site}/people", "/sites/{site}/people/{person}"
	route(a, http.MethodGet, list, "list-people", "People of a site", func(ctx context.Context, in *struct {
		SitePath
		PageQuery
	},
	) (*Body[Page[Person]], error) {
		list, err := a.Fleet.People(ctx, in.site(), in.page())
		return pageOf(list, showPerson), err
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
		return tagged(showPerson(person), person.Revision, err)
	}, status(http.StatusCreated), needs(account.PeopleWrite), tag("people"))
	route(a, http.MethodGet, one, "get-person", "One person", func(ctx context.Context, in *PersonPath) (*Tagged[Person], error) {
		person, err := a.Fleet.Person(ctx, in.site(), in.id())
		return tagged(showPerson(person), person.Revision, err)
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
		return tagged(showPerson(person), person.Revision, err)
	}, needs(account.PeopleWrite), tag("people"))
	route(a, http.MethodDelete, one, "delete-person", "Delete a person", func(ctx context.Context, in *struct {
		PersonPath
		IfMatch
	},
	) (*None, error) {
		if err := a.Account.MayAt(ctx, account.PeopleDelete, in.site()); err != nil {
			return nil, err
		}
		return nil, a.Fleet.DeletePerson(ctx, in.site(), in.id())
	}, status(http.StatusNoContent), needs(account.PeopleDelete), tag("people"))
}
