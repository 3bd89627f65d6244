package api

import (
	"context"
	"fmt"
	"net/http"

	"vestibule/cloud/account"
	"vestibule/shared/domain"
)

// Manager is a property or project manager with its sites.
type Manager struct {
	ID            string    `json:"id"`
	FirstName     string    `json:"first_name"`
	LastName      string    `json:"last_name"`
	Email         string    `json:"email"`
	Language      string    `json:"language"`
	RemindMonthly bool      `json:"remind_monthly"`
	EmailFactor   bool      `json:"email_factor"`
	Activated     bool      `json:"activated" doc:"The activation link was used."`
	Sites         []NamedID `json:"sites" nullable:"false"`
	Revision      uint64    `json:"revision" doc:"One more at each change; the ETag."`
}

// NamedID is something by id and name.
type NamedID struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// ManagerInput is what an installer says of a manager.
type ManagerInput struct {
	FirstName     string   `json:"first_name" required:"false" doc:"1 to 64 characters."`
	LastName      string   `json:"last_name" required:"false" doc:"1 to 64 characters."`
	Email         string   `json:"email" required:"false" doc:"Cannot be changed later; empty in a change means as before."`
	Language      string   `json:"language" required:"false" doc:"Of the mails; en when absent."`
	RemindMonthly bool     `json:"remind_monthly" required:"false"`
	EmailFactor   bool     `json:"email_factor" required:"false"`
	SiteIDs       []string `json:"site_ids" required:"false" maxItems:"1000"`
}

func (i ManagerInput) form() (account.ManagerForm, error) {
	form := account.ManagerForm{
		FirstName: i.FirstName, LastName: i.LastName, Email: i.Email, Language: i.Language, RemindMonthly: i.RemindMonthly, EmailFactor: i.EmailFactor,
		Sites: make([]domain.SiteID, len(i.SiteIDs)),
	}
	var f ids
	for n, id := range i.SiteIDs {
		form.Sites[n] = bodyID[domain.SiteID](&f, fmt.Sprintf("site_ids[%d]", n), id)
	}
	return form, f.Err()
}

func showManager(m account.Manager) Manager {
	out := Manager{
		ID: m.ID.String(), FirstName: m.FirstName, LastName: m.LastName, Email: m.Email, Language: m.Language, RemindMonthly: m.RemindMonthly,
		EmailFactor: m.EmailFactor, Activated: !m.ActivatedAt.IsZero(), Sites: make([]NamedID, len(m.Sites)), Revision: m.Revision,
	}
	for i, site := range m.Sites {
		out.Sites[i] = NamedID{ID: site.ID.String(), Name: site.Name}
	}
	return out
}

// ManagerPath is one manager of a path.
type ManagerPath struct {
	Account string `path:"account"`
}

func (p ManagerPath) id() domain.AccountID { return pathID[domain.AccountID](p.Account) }

func (a *API) managers() {
	const list, one = "/managers", "/managers/{account}"
	route(a, http.MethodGet, list, "list-managers", "Property managers and their sites, by name", func(ctx context.Context, in *PageQuery) (*Body[Page[Manager]], error) {
		part, next, err := a.Account.Managers(ctx, account.ManagerQuery{Query: in.Query, After: in.Cursor, Limit: in.Limit})
		out := Page[Manager]{Items: make([]Manager, len(part)), Next: next}
		for i, m := range part {
			out.Items[i] = showManager(m)
		}
		return &Body[Page[Manager]]{out}, err
	}, needs(account.ManagersRead), tag("managers"))
	route(a, http.MethodPost, list, "add-manager", "Make an account for a manager and mail its activation", func(ctx context.Context, in *struct{ Body ManagerInput }) (*Tagged[Manager], error) {
		form, err := in.Body.form()
		if err != nil {
			return nil, err
		}
		m, err := a.Account.AddManager(ctx, form)
		return tagged(showManager(m), m.Revision, err)
	}, status(http.StatusCreated), needs(account.ManagersWrite), tag("managers"))
	route(a, http.MethodGet, one, "get-manager", "One manager", func(ctx context.Context, in *ManagerPath) (*Tagged[Manager], error) {
		m, err := a.Account.Manager(ctx, in.id())
		return tagged(showManager(m), m.Revision, err)
	}, needs(account.ManagersRead), tag("managers"))
	route(a, http.MethodPut, one, "edit-manager", "Change a manager; the e-mail address stays", func(ctx context.Context, in *struct {
		ManagerPath
		IfMatch
		Body ManagerInput
	},
	) (*Tagged[Manager], error) {
		form, err := in.Body.form()
		if err != nil {
			return nil, err
		}
		m, err := a.Account.EditManager(ctx, in.id(), form)
		return tagged(showManager(m), m.Revision, err)
	}, needs(account.ManagersWrite), tag("managers"))
	route(a, http.MethodDelete, one, "delete-manager", "Delete a manager; its sites stay", func(ctx context.Context, in *struct {
		ManagerPath
		IfMatch
	},
	) (*None, error) {
		return nil, a.Account.DeleteManager(ctx, in.id())
	}, status(http.StatusNoContent), needs(account.ManagersWrite), tag("managers"))
	route(a, http.MethodPost, one+"/reset", "reset-manager", "Mail a manager a link to choose a new password", func(ctx context.Context, in *ManagerPath) (*None, error) {
		return nil, a.Account.ResetManager(ctx, in.id())
	}, status(http.StatusNoContent), needs(account.ManagersWrite), tag("managers"))
	a.assignments()
}
