package api

import (
	"context"
	"net/http"

	"vestibule/cloud/account"
	"vestibule/cloud/tunnel"
	"vestibule/shared/domain"
)

// RemoteSessions tells whether there is Remote Control, and what is open.
type RemoteSessions struct {
	Off   string        `json:"off" doc:"Why there is no Remote Control; empty: there is."`
	Items []tunnel.View `json:"items" nullable:"false"`
}

// RemotePath is one session of a path.
type RemotePath struct {
	SitePath
	Session string `path:"session"`
}

func (p RemotePath) id() domain.CommandID { return pathID[domain.CommandID](p.Session) }

func (a *API) remoteSessions() {
	right, group := needs(account.DevicesRemote), tag("commands")
	route(a, http.MethodGet, "/sites/{site}/remote-sessions", "list-remote-sessions", "Open sessions of Remote Control",
		func(ctx context.Context, in *SitePath) (*Body[RemoteSessions], error) {
			caller, err := callerOf(ctx)
			if err != nil {
				return nil, err
			}
			items, err := a.Tunnels.List(ctx, in.site(), caller)
			return &Body[RemoteSessions]{RemoteSessions{a.Tunnels.Off(), items}}, err
		}, right, group)
	route(a, http.MethodPost, "/sites/{site}/devices/{device}/remote-session", "open-remote-session", "Make a way to a device's own pages",
		func(ctx context.Context, in *DevicePath) (*Body[tunnel.View], error) {
			caller, err := callerOf(ctx)
			if err != nil {
				return nil, err
			}
			view, err := a.Tunnels.Open(ctx, in.site(), in.id(), caller)
			return &Body[tunnel.View]{view}, err
		}, right, group)
	route(a, http.MethodPost, "/sites/{site}/remote-sessions/{session}/ticket", "enter-remote-session", "A ticket that lets the own browser in once",
		func(ctx context.Context, in *RemotePath) (*Body[tunnel.Ticket], error) {
			caller, err := callerOf(ctx)
			if err != nil {
				return nil, err
			}
			ticket, err := a.Tunnels.Enter(ctx, in.site(), in.id(), caller)
			return &Body[tunnel.Ticket]{ticket}, err
		}, right, group)
	route(a, http.MethodDelete, "/sites/{site}/remote-sessions/{session}", "end-remote-session", "End a session of Remote Control",
		func(ctx context.Context, in *RemotePath) (*None, error) {
			caller, err := callerOf(ctx)
			if err != nil {
				return nil, err
			}
			return nil, a.Tunnels.Close(ctx, in.site(), in.id(), caller)
		}, right, group, status(http.StatusNoContent))
}
