package api

import (
	"context"
	"net/http"

	"vestibule/cloud/account"
	"vestibule/cloud/fleet"
	"vestibule/cloud/presence"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// Site is one property with its numbers.
type Site struct {
	ID           string   `json:"id"`
	Name         string   `json:"name"`
	TimeZone     string   `json:"time_zone"`
	Kind         string   `json:"kind" enum:"community,office,single,commercial"`
	Version      uint64   `json:"version" doc:"Version of the document that agents receive."`
	Counts       Counts   `json:"counts"`
	AgentsOnline int      `json:"agents_online"`
	Receipts     Receipts `json:"receipts"`
	Revision     uint64   `json:"revision" doc:"One more at each change; the ETag."`
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
	Name     string `json:"name" required:"false" doc:"1 to 128 characters."`
	TimeZone string `json:"time_zone" required:"false" doc:"IANA name, such as Europe/Berlin."`
	Kind     string `json:"kind,omitempty" doc:"community, the default, office, single or commercial. Absent in a change: as it is."`
}

func (i SiteInput) site(id domain.SiteID) domain.Site {
	return domain.Site{ID: id, Name: i.Name, TimeZone: i.TimeZone, Kind: domain.SiteKind(i.Kind)}
}

func (a *API) sites() {
	route(a, http.MethodGet, "/sites", "list-sites", "Sites of the caller", func(ctx context.Context, in *PageQuery) (*Body[Page[Site]], error) {
		list, err := a.Fleet.Sites(ctx, in.page())
		if err != nil {
			return nil, err
		}
		shown, err := a.showSites(ctx, list.Items)
		return &Body[Page[Site]]{Page[Site]{Items: shown, Next: list.Next, Total: list.Total}}, err
	}, needs(account.SitesRead), tag("sites"))
	route(a, http.MethodPost, "/sites", "add-site", "Add a site", func(ctx context.Context, in *struct{ Body SiteInput }) (*Tagged[Site], error) {
		site, err := a.Fleet.AddSite(ctx, in.Body.site(domain.SiteID{}))
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
		site, err := a.Fleet.EditSite(ctx, in.Body.site(in.site()))
		if err != nil {
			return nil, err
		}
		return a.showSite(ctx, site)
	}, needs(account.SitesWrite), tag("sites"))
	route(a, http.MethodDelete, "/sites/{site}", "delete-site", "Delete an empty site", func(ctx context.Context, in *struct {
		SitePath
		IfMatch
	},
	) (*None, error) {
		return nil, a.Fleet.DeleteSite(ctx, in.site())
	}, status(http.StatusNoContent), needs(account.SitesWrite), tag("sites"))
}

func (a *API) showSite(ctx context.Context, site domain.Site) (*Tagged[Site], error) {
	shown, err := a.showSites(ctx, []domain.Site{site})
	if err != nil {
		return nil, err
	}
	return tagged(shown[0], site.Revision, nil)
}

func (a *API) showSites(ctx context.Context, sites []domain.Site) ([]Site, error) {
	all := make([]domain.SiteID, len(sites))
	for i, site := range sites {
		all[i] = site.ID
	}
	counts, err := a.Fleet.Counts(ctx, all...)
	if err != nil {
		return nil, err
	}
	out := make([]Site, len(sites))
	for i, site := range sites {
		if out[i], err = a.numbers(ctx, site, counts[site.ID]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// numbers adds what the link knows of a site.
func (a *API) numbers(ctx context.Context, site domain.Site, n fleet.Counts) (Site, error) {
	out := Site{
		ID: site.ID.String(), Name: site.Name, TimeZone: site.TimeZone, Kind: string(site.Kind),
		Counts:   Counts{Buildings: n.Buildings, Apartments: n.Apartments, People: n.People, Devices: n.Devices, Agents: n.Agents},
		Receipts: Receipts{Total: n.Managed}, Revision: site.Revision,
	}
	var err error
	if out.Version, err = a.Desired.Head(ctx, site.ID); err != nil {
		return out, err
	}
	agents, err := a.Presence.Of(ctx, site.ID)
	if err != nil {
		return out, err
	}
	for _, agent := range agents {
		if agent.Presence.State == presence.Online {
			out.AgentsOnline++
		}
	}
	receipts, err := a.Desired.Receipts(ctx, site.ID)
	for _, r := range receipts {
		if r.Standing.State == wire.ReceiptApplied {
			out.Receipts.Applied++
		}
	}
	return out, err
}
