package api

import (
	"context"
	"net/http"

	"vestibule/cloud/account"
	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
)

// SiteOptions is what the forms of sites offer to the caller.
type SiteOptions struct {
	Kinds          []string   `json:"kinds" nullable:"false" doc:"Kinds that new sites may have."`
	TimeZone       string     `json:"time_zone" doc:"The installer's, which a new site begins with."`
	SingleCompany  []string   `json:"single_company" nullable:"false" doc:"Application scenarios of single-company sites."`
	MultiCompany   []string   `json:"multi_company" nullable:"false" doc:"Application scenarios of multi-company sites."`
	CommunityCalls bool       `json:"community_calls" doc:"Whether the distributor enabled Community Calls."`
	PayByPM        bool       `json:"pay_by_pm" doc:"Whether managers may be let pay."`
	Dormakaba      bool       `json:"dormakaba" doc:"Whether this cloud has Dormakaba locks for the installer."`
	Plans          []SitePlan `json:"plans" nullable:"false" doc:"Plans of communities, compared."`
}

// SitePlan is what a plan of communities grants and wants.
type SitePlan struct {
	Plan         string `json:"plan" enum:"basic,premium"`
	Powers       Powers `json:"powers"`
	WantsMonitor bool   `json:"wants_monitor" doc:"Every apartment needs an indoor monitor."`
	Landline     bool   `json:"landline" doc:"Landline service can be switched on."`
}

func (a *API) siteOptions() {
	route(a, http.MethodGet, "/site-options", "get-site-options", "What the forms of sites offer", func(ctx context.Context, _ *struct{}) (*Body[SiteOptions], error) {
		o, err := a.Fleet.SiteOptions(ctx)
		if err != nil {
			return nil, err
		}
		out := SiteOptions{
			Kinds: words(o.Kinds), TimeZone: o.TimeZone, SingleCompany: words(o.Scenarios[domain.SingleCompany]), MultiCompany: words(o.Scenarios[domain.MultiCompany]),
			CommunityCalls: o.Gates.CommunityCalls, PayByPM: o.Gates.Payment, Dormakaba: o.Gates.DormakabaLocks, Plans: make([]SitePlan, len(o.Plans)),
		}
		for i, p := range o.Plans {
			out.Plans[i] = showPlan(p)
		}
		return &Body[SiteOptions]{out}, nil
	}, needs(account.SitesWrite), tag("sites"))
}

func showPlan(p fleet.PlanPowers) SitePlan {
	return SitePlan{Plan: string(p.Plan), Powers: showPowers(p.Powers), WantsMonitor: p.WantsMonitor, Landline: p.Landline}
}

// HomeUser is who lives in a single-family house (PEOPLE-01). Home Automation, Premium Plan and landline service stand in the form of the site, the
// time zone in the site.
type HomeUser struct {
	Name      string   `json:"name" required:"false" doc:"1 to 64 characters."`
	RoomName  string   `json:"room_name,omitempty" doc:"Such as Ryan's Home."`
	Email     string   `json:"email,omitempty"`
	Country   string   `json:"country,omitempty" doc:"ISO 3166-1 alpha-2; gives the area code."`
	Phone     string   `json:"phone,omitempty"`
	Address   string   `json:"address,omitempty"`
	CallPath  string   `json:"call_path,omitempty" enum:"ip,sip" doc:"ip, the default: all devices are in one place."`
	Language  string   `json:"language,omitempty" doc:"Of mails; en when empty."`
	Landlines []string `json:"landlines,omitempty" doc:"At most three."`
}

func (u HomeUser) user() fleet.HomeUser {
	return fleet.HomeUser{
		RoomName: u.RoomName, Path: domain.CallPath(u.CallPath),
		Person: domain.Person{
			FirstName: u.Name, Email: u.Email, Phone: u.Phone,
			Form: domain.PersonForm{Country: u.Country, Address: u.Address, Language: u.Language, Landlines: u.Landlines},
		},
	}
}
