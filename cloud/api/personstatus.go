package api

import (
	"context"
	"net/http"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/fleet"
	"vestibule/cloud/places"
	"vestibule/shared/domain"
)

// PersonStatus is what the service knows of a person beside its form.
type PersonStatus struct {
	Active            string      `json:"active" enum:"inactivated,normal,expired" doc:"Inactivated until the first payment."`
	App               string      `json:"app" enum:"unregistered,registered" doc:"Unregistered until the person signs in first."`
	Landline          string      `json:"landline" enum:"off,inactivated,normal,expired" doc:"Of the landline service."`
	CreatedAt         time.Time   `json:"created_at"`
	ExpiresAt         *time.Time  `json:"expires_at,omitempty" doc:"Absent: never."`
	LandlineExpiresAt *time.Time  `json:"landline_expires_at,omitempty" doc:"Absent: never."`
	Home              *PersonHome `json:"home,omitempty" doc:"Absent: lives nowhere."`
	Department        string      `json:"department"`
	Company           string      `json:"company"`
	Members           int         `json:"members" doc:"Family members of a master."`
	Account           string      `json:"account" enum:"none,invited,active"`
	AreaCode          string      `json:"area_code" doc:"Of the country of the form, such as +49; empty without one."`
	Locks             []FieldLock `json:"locks,omitempty" doc:"Of one person alone: what of it the caller cannot change, and why."`
}

// PersonHome is the home of a person as lists show it.
type PersonHome struct {
	Number   string `json:"number"`
	Name     string `json:"name"`
	Building string `json:"building"`
	Floor    string `json:"floor"`
	SIPUser  string `json:"sip_user" doc:"The family SIP number, also shown as UID."`
	Free     int    `json:"free_members" doc:"How many family members cost nothing."`
}

// FieldLock is a field that cannot be changed now.
type FieldLock struct {
	Path   string `json:"path" doc:"Empty: the whole person."`
	Reason string `json:"reason"`
}

// PersonPayment says what is to be paid.
type PersonPayment struct {
	Needed bool   `json:"needed"`
	Reason string `json:"reason"`
}

func (a *API) showPerson(v fleet.PersonView) Person {
	shown := Person{
		ID: v.ID.String(), Kind: string(v.Kind), ApartmentID: text(v.ApartmentID), DepartmentID: text(v.DepartmentID), CompanyID: text(v.CompanyID),
		FirstName: v.FirstName, LastName: v.LastName, Email: v.Email, Phone: v.Phone, StaffID: v.StaffID, SIPUser: v.SIPUser, Form: v.Form,
		Revision: v.Revision, Status: personStatus(v, time.Now()),
	}
	if reason := v.Payment(); reason != "" {
		shown.Payment = &PersonPayment{Needed: true, Reason: reason}
	}
	return shown
}

func personStatus(v fleet.PersonView, now time.Time) PersonStatus {
	s := PersonStatus{
		Active: string(v.Active(now)), App: string(v.App()), Landline: string(v.Landline(now)), CreatedAt: v.CreatedAt, Department: v.Department,
		Company: v.Company, Members: v.Members, Account: "none", AreaCode: places.AreaCode(v.Form.Country),
	}
	if v.Account != nil {
		s.Account = "invited"
		if !v.Account.ActivatedAt.IsZero() {
			s.Account = "active"
		}
	}
	if v.Home != nil {
		s.Home = &PersonHome{
			Number: v.Home.Number, Name: v.Home.Name, Building: v.Home.Building, Floor: v.Home.Floor, SIPUser: v.Home.SIPUser, Free: v.Home.FreeMembers(),
		}
		s.ExpiresAt, s.LandlineExpiresAt = milliTime(v.Home.Service.ExpiresMilli), milliTime(v.Home.Service.LandlineMilli)
	}
	for _, lock := range v.Locks {
		s.Locks = append(s.Locks, FieldLock(lock))
	}
	return s
}

// milliTime writes a time in milliseconds; 0 is none.
func milliTime(ms int64) *time.Time {
	if ms == 0 {
		return nil
	}
	at := time.UnixMilli(ms).UTC()
	return &at
}

// SingleUser is a single-family user: the master of a house, with what its site holds.
type SingleUser struct {
	SiteID         string `json:"site_id"`
	Site           string `json:"site" doc:"The name of the site."`
	Name           string `json:"name"`
	Address        string `json:"address"`
	HomeAutomation bool   `json:"home_automation"`
	Premium        bool   `json:"premium" doc:"Premium Plan."`
	Person         Person `json:"person"`
}

func (a *API) showSingle(v fleet.PersonView) SingleUser {
	return SingleUser{
		SiteID: v.SiteID.String(), Site: v.Site.Name, Name: nameOf(v.Person), Address: v.Form.Address, HomeAutomation: v.Site.Form.SmartHome,
		Premium: v.Site.Form.Premium, Person: a.showPerson(v),
	}
}

func nameOf(p domain.Person) string {
	if p.LastName == "" {
		return p.FirstName
	}
	return p.FirstName + " " + p.LastName
}

func (a *API) single() {
	route(a, http.MethodGet, "/single", "list-single-users", "Users of all single-family sites", func(ctx context.Context, in *struct{ PeopleQuery }) (*Body[Page[SingleUser]], error) {
		list, err := a.Fleet.Single(ctx, in.page())
		return pageOf(list, a.showSingle), err
	}, needs(account.PeopleRead), tag("people"))
}
