package api

import (
	"context"
	"net/http"
	"strconv"

	"vestibule/cloud/account"
	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
)

// NetworkGroup is a set of devices that share one LAN.
type NetworkGroup struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Agents   []string `json:"agents" nullable:"false" doc:"Who may act for the group; the first does."`
	Revision uint64   `json:"revision" doc:"One more at each change; the ETag."`

	Warnings []fleet.Warning `json:"warnings,omitempty" doc:"What agents hear that stands against it; of POST and PUT."`
}

func showNetworkGroup(g domain.NetworkGroup) NetworkGroup {
	out := NetworkGroup{ID: g.ID.String(), Name: g.Name, Agents: make([]string, len(g.Agents)), Revision: g.Revision}
	for i, agent := range g.Agents {
		out.Agents[i] = agent.String()
	}
	return out
}

// showSavedGroup answers a group with what agents hear that stands against it, after err of what saved it.
func (a *API) showSavedGroup(ctx context.Context, g domain.NetworkGroup, err error) (*Tagged[NetworkGroup], error) {
	if err != nil {
		return nil, err
	}
	shown := showNetworkGroup(g)
	shown.Warnings, err = a.Fleet.GroupWarnings(ctx, g.SiteID, g.ID)
	return tagged(shown, g.Revision, err)
}

// NetworkGroupInput is what an installer says of a network group.
type NetworkGroupInput struct {
	Name   string   `json:"name" required:"false" doc:"1 to 64 characters, once in the site."`
	Agents []string `json:"agents,omitempty" maxItems:"64" doc:"Absent: as they are."`
}

func (i NetworkGroupInput) group(site domain.SiteID, id domain.GroupID) (domain.NetworkGroup, error) {
	var f ids
	out := domain.NetworkGroup{ID: id, SiteID: site, Name: i.Name}
	if i.Agents != nil {
		out.Agents = []domain.AgentID{}
	}
	for n, agent := range i.Agents {
		out.Agents = append(out.Agents, bodyID[domain.AgentID](&f, "agents["+strconv.Itoa(n)+"]", agent))
	}
	return out, f.Err()
}

// NetworkGroupPath is one network group of a path.
type NetworkGroupPath struct {
	SitePath
	NetworkGroup string `path:"group"`
}

func (p NetworkGroupPath) id() domain.GroupID { return pathID[domain.GroupID](p.NetworkGroup) }

func (a *API) groups() {
	const list, one = "/sites/{site}/groups", "/sites/{site}/groups/{group}"
	route(a, http.MethodGet, list, "list-groups", "Network groups of a site", func(ctx context.Context, in *struct {
		SitePath
		PageQuery
	},
	) (*Body[Page[NetworkGroup]], error) {
		list, err := a.Fleet.Groups(ctx, in.site(), in.page())
		return pageOf(list, showNetworkGroup), err
	}, needs(account.SitesRead), tag("groups"))
	route(a, http.MethodPost, list, "add-group", "Add a network group", func(ctx context.Context, in *struct {
		SitePath
		Body NetworkGroupInput
	},
	) (*Tagged[NetworkGroup], error) {
		group, err := in.Body.group(in.site(), domain.GroupID{})
		if err != nil {
			return nil, err
		}
		group, err = a.Fleet.AddGroup(ctx, group)
		return a.showSavedGroup(ctx, group, err)
	}, status(http.StatusCreated), needs(account.SitesWrite), tag("groups"))
	route(a, http.MethodGet, one, "get-group", "One network group", func(ctx context.Context, in *NetworkGroupPath) (*Tagged[NetworkGroup], error) {
		group, err := a.Fleet.Group(ctx, in.site(), in.id())
		return tagged(showNetworkGroup(group), group.Revision, err)
	}, needs(account.SitesRead), tag("groups"))
	route(a, http.MethodPut, one, "edit-group", "Change a network group", func(ctx context.Context, in *struct {
		NetworkGroupPath
		IfMatch
		Body NetworkGroupInput
	},
	) (*Tagged[NetworkGroup], error) {
		group, err := in.Body.group(in.site(), in.id())
		if err != nil {
			return nil, err
		}
		group, err = a.Fleet.EditGroup(ctx, group)
		return a.showSavedGroup(ctx, group, err)
	}, needs(account.SitesWrite), tag("groups"))
	route(a, http.MethodDelete, one, "delete-group", "Delete a network group that nothing uses", func(ctx context.Context, in *struct {
		NetworkGroupPath
		IfMatch
	},
	) (*None, error) {
		return nil, a.Fleet.DeleteGroup(ctx, in.site(), in.id())
	}, status(http.StatusNoContent), needs(account.SitesWrite), tag("groups"))
}
