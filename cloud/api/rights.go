package api

import (
	"context"
	"net/http"

	"vestibule/cloud/account"
)

// RightRule is one row of the table of who may do what.
type RightRule struct {
	Right    string   `json:"right"`
	Does     string   `json:"does"`
	Roles    []string `json:"roles" nullable:"false"`
	InPerson bool     `json:"in_person" doc:"Neither API tokens nor guests hold it."`
	NoGuest  bool     `json:"no_guest" doc:"Guests do not hold it: what it makes would outlive their leave, or opens a door."`
	Writes   bool     `json:"writes" doc:"Guests with leave to read do not hold it."`
}

func showRule(r account.Rule) RightRule {
	out := RightRule{Right: string(r.Right), Does: r.Does, Roles: make([]string, len(r.Roles)), InPerson: r.InPerson, NoGuest: r.NoGuest, Writes: r.Writes}
	for i, role := range r.Roles {
		out.Roles[i] = string(role)
	}
	return out
}

func (a *API) rights() {
	route(a, http.MethodGet, "/rights", "list-rights", "Who may do what", func(context.Context, *struct{}) (*Body[Page[RightRule]], error) {
		return all(account.Rules(), showRule), nil
	}, needs(account.Self), tag("org"))
}
