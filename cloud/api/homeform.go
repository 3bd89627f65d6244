package api

import (
	"context"
	"net/http"

	"vestibule/cloud/account"
	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
)

// HomeFormInput is the form of a single-family user with the services of the home (PEOPLE-01).
type HomeFormInput struct {
	User           HomeUser `json:"user"`
	TimeZone       string   `json:"time_zone" required:"false" doc:"IANA name, such as Europe/Berlin; with follow_zone it need not be said."`
	FollowZone     bool     `json:"follow_zone" required:"false" doc:"The installer's zone, also when that changes."`
	HomeAutomation bool     `json:"home_automation" required:"false" doc:"Never with premium."`
	Premium        bool     `json:"premium" required:"false" doc:"Premium Plan: landline service and third-party cameras."`
	Landline       bool     `json:"landline" required:"false" doc:"Landline service."`
}

// HomeForm is that form as it is saved.
type HomeForm struct {
	HomeFormInput
	Person   Person `json:"person" doc:"The user with its numbers, its state, and what of it is locked."`
	Revision uint64 `json:"revision" doc:"Of site, home and user; the ETag."`
}

func (i HomeFormInput) form() fleet.HomeForm {
	return fleet.HomeForm{
		HomeUser: i.User.user(), TimeZone: i.TimeZone, FollowZone: i.FollowZone, Automation: i.HomeAutomation, Premium: i.Premium, Landline: i.Landline,
	}
}

func (a *API) homeForm() {
	const path = "/sites/{site}/user"
	route(a, http.MethodGet, path, "get-home-form", "The user of a single-family site, with the services of the home", func(ctx context.Context, in *SitePath) (*Tagged[HomeForm], error) {
		form, err := a.Fleet.HomeForm(ctx, in.site())
		return a.showHomeForm(ctx, in.site(), form, err)
	}, needs(account.PeopleRead), tag("people"))
	route(a, http.MethodPut, path, "edit-home-form", "Change the user of a single-family site, and the services of the home, in one edit", func(ctx context.Context, in *struct {
		SitePath
		IfMatch
		Body HomeFormInput
	},
	) (*Tagged[HomeForm], error) {
		form, err := a.Fleet.EditHome(ctx, in.site(), in.Body.form())
		return a.showHomeForm(ctx, in.site(), form, err)
	}, needs(account.SitesWrite), tag("people"))
}

func (a *API) showHomeForm(ctx context.Context, site domain.SiteID, f fleet.HomeForm, err error) (*Tagged[HomeForm], error) {
	if err != nil {
		return nil, err
	}
	view, err := a.Fleet.PersonView(ctx, site, f.Person.ID)
	if err != nil {
		return nil, err
	}
	form := f.Person.Form
	return tagged(HomeForm{
		HomeFormInput: HomeFormInput{
			User: HomeUser{
				Name: nameOf(f.Person), RoomName: f.RoomName, Email: f.Person.Email, Country: form.Country, Phone: f.Person.Phone, Address: form.Address,
				CallPath: string(f.Path), Language: form.Language, Landlines: form.Landlines,
			},
			TimeZone: f.TimeZone, FollowZone: f.FollowZone, HomeAutomation: f.Automation, Premium: f.Premium, Landline: f.Landline,
		},
		Person: a.showPerson(view), Revision: f.Revision,
	}, f.Revision, nil)
}
