package api

import (
	"context"
	"net/http"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
)

// Site is one property with its numbers.
type Site struct {
	ID           string          `json:"id"`
	Name         string          `json:"name"`
	TimeZone     string          `json:"time_zone"`
	Kind         string          `json:"kind" enum:"community,office,single,commercial"`
	Form         domain.SiteForm `json:"form" doc:"What sites of its kind have beside."`
	Address      domain.Address  `json:"address"`
	Powers       Powers          `json:"powers"`
	Managers     []string        `json:"managers" nullable:"false" doc:"Names of its managers, for those who may see them."`
	Version      uint64          `json:"version" doc:"Version of the document that agents receive."`
	Counts       Counts          `json:"counts"`
	AgentsOnline int             `json:"agents_online"`
	Receipts     Receipts        `json:"receipts"`
	Created      time.Time       `json:"created"`
	Revision     uint64          `json:"revision" doc:"One more at each change; the ETag."`
}

// Powers is what the managers of a site may decide by its plan, and what the plan withholds.
type Powers struct {
	Granted  []string `json:"granted" nullable:"false"`
	Withheld []string `json:"withheld" nullable:"false"`
}

// Counts is how much a site holds.
type Counts struct {
	Buildings  int `json:"buildings"`
	Apartments int `json:"apartments"`
	People     int `json:"people"`
	Devices    int `json:"devices"`
	Agents     int `json:"agents"`
}

// Receipts is on how many of the devices that agents write to the document is applied.
type Receipts struct {
	Applied int `json:"applied"`
	Total   int `json:"total"`
}

// SiteInput is what an installer says of a site.
type SiteInput struct {
	Name     string           `json:"name" required:"false" doc:"1 to 128 characters; no other site of the installer has it."`
	TimeZone string           `json:"time_zone" required:"false" doc:"IANA name, such as Europe/Berlin. Empty for a new site: the installer's."`
	Kind     string           `json:"kind,omitempty" doc:"community, the default, office, single or commercial. It never changes."`
	Form     *domain.SiteForm `json:"form,omitempty" doc:"Absent in a change: as it is. A community without a plan gets premium."`
	Address  *domain.Address  `json:"address,omitempty" doc:"Absent in a change: as it is."`
}

// NewSite is what an installer says of a new site.
type NewSite struct {
	SiteInput
	User *HomeUser `json:"user,omitempty" doc:"Of a single-family site: who lives there. Then the home is made with the site."`
}

// SiteQuery narrows the list of sites.
type SiteQuery struct {
	PageQuery
	Kind string `query:"kind" enum:"community,office,single,commercial" doc:"Sites of this kind alone."`
}

func (a *API) sites() {
	route(a, http.MethodGet, "/sites", "list-sites", "Sites of the caller, by name or by created", func(ctx context.Context, in *SiteQuery) (*Body[Page[Site]], error) {
		page := in.page()
		page.Only = map[string]string{"kind": in.Kind}
		list, err := a.Fleet.Sites(ctx, page)
		if err != nil {
			return nil, err
		}
		shown, err := a.showSites(ctx, list.Items)
		return &Body[Page[Site]]{Page[Site]{Items: shown, Next: list.Next, Total: list.Total}}, err
	}, needs(account.SitesRead), tag("sites"))
	route(a, http.MethodPost, "/sites", "add-site", "Add a site", func(ctx context.Context, in *struct{ Body NewSite }) (*Tagged[Site], error) {
		site, err := a.addSite(ctx, in.Body)
		if err != nil {
			return nil, err
		}
		return a.showSite(ctx, site)
	}, status(http.StatusCreated), needs(account.SitesWrite), tag("sites"))
	route(a, http.MethodGet, "/sites/{site}", "get-site", "One site", func(ctx context.Context, in *SitePath) (*Tagged[Site], error) {
		site, err := a.Fleet.Site(ctx, in.site())
		if err != nil {
			return nil, err
		}
		return a.showSite(ctx, site)
	}, needs(account.SitesRead), tag("sites"))
	route(a, http.MethodPut, "/sites/{site}", "edit-site", "Change a site", func(ctx context.Context, in *struct {
		SitePath
		IfMatch
		Body SiteInput
	},
	) (*Tagged[Site], error) {
		b := in.Body
		site, err := a.Fleet.EditSite(ctx, fleet.SiteChange{
			ID: in.site(), Name: b.Name, TimeZone: b.TimeZone, Kind: domain.SiteKind(b.Kind), Form: b.Form, Address: b.Address,
		})
		if err != nil {
			return nil, err
		}
		return a.showSite(ctx, site)
	}, needs(account.SitesWrite), tag("sites"))
	route(a, http.MethodDelete, "/sites/{site}", "delete-site", "Delete a site with everything in it", func(ctx context.Context, in *struct {
		SitePath
		IfMatch
		Confirm string `query:"confirm" maxLength:"512" doc:"The name of the site; needed when it holds something."`
	},
	) (*None, error) {
		return nil, a.Fleet.DeleteSite(ctx, in.site(), in.Confirm)
	}, status(http.StatusNoContent), needs(account.SitesWrite), tag("sites"))
	a.siteOptions()
}

func (a *API) addSite(ctx context.Context, in NewSite) (domain.Site, error) {
	site := domain.Site{Name: in.Name, TimeZone: in.TimeZone, Kind: domain.SiteKind(in.Kind)}
	if in.Form != nil {
		site.Form = *in.Form
	}
	if in.Address != nil {
		site.Address = *in.Address
	}
	if in.User != nil {
		return a.Fleet.AddHome(ctx, site, in.User.user())
	}
	return a.Fleet.AddSite(ctx, site)
}

func (a *API) showSite(ctx context.Context, site domain.Site) (*Tagged[Site], error) {
	shown, err := a.showSites(ctx, []domain.Site{site})
	if err != nil {
		return nil, err
	}
	return tagged(shown[0], site.Revision, nil)
}

// showSites adds what stands beside sites, in a few questions whatever their number.
func (a *API) showSites(ctx context.Context, sites []domain.Site) ([]Site, error) {
	all := make([]domain.SiteID, len(sites))
	for i, site := range sites {
		all[i] = site.ID
	}
	counts, err := a.Fleet.Counts(ctx, all...)
	if err != nil {
		return nil, err
	}
	lines, err := a.Fleet.Lines(ctx, all...)
	if err != nil {
		return nil, err
	}
	out := make([]Site, len(sites))
	for i, site := range sites {
		n, line := counts[site.ID], lines[site.ID]
		out[i] = Site{
			ID: site.ID.String(), Name: site.Name, TimeZone: site.TimeZone, Kind: string(site.Kind), Form: site.Form, Address: site.Address,
			Powers: showPowers(fleet.PowersOf(site)), Managers: append([]string{}, line.Managers...), Version: line.Version,
			Counts:       Counts{Buildings: n.Buildings, Apartments: n.Apartments, People: n.People, Devices: n.Devices, Agents: n.Agents},
			AgentsOnline: line.AgentsOnline, Receipts: Receipts{Applied: line.Applied, Total: n.Managed}, Created: line.Created, Revision: site.Revision,
		}
	}
	return out, nil
}

func showPowers(p fleet.Powers) Powers {
	return Powers{Granted: words(p.Granted), Withheld: words(p.Withheld)}
}

// words writes a list of words; never nil.
func words[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = string(w)
	}
	return out
}
