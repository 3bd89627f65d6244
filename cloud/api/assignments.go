package api

import (
	"context"
	"net/http"
	"time"

	"vestibule/cloud/account"
	"vestibule/shared/domain"
)

// Assignment is a manager of a site and what it may do there.
type Assignment struct {
	AccountID      string     `json:"account_id"`
	Name           string     `json:"name"`
	Email          string     `json:"email"`
	Pay            *bool      `json:"pay,omitempty" doc:"May pay for the site. Absent while the installer has no permission to pay."`
	RenewalMails   bool       `json:"renewal_mails" doc:"Receives the mails of ending and renewed services."`
	App            bool       `json:"app"`
	AppUser        string     `json:"app_user" doc:"Ten digits; empty until the App was switched on once."`
	AppExpiresAt   *time.Time `json:"app_expires_at" nullable:"true"`
	DeleteAccounts bool       `json:"delete_accounts" doc:"Delete Account Permission."`
	LogAccess      bool       `json:"log_access" doc:"Log Access Control."`
	Revision       uint64     `json:"revision" doc:"One more at each change; the ETag."`
}

// AvailableManager is a manager who does not have the site.
type AvailableManager struct {
	AccountID string `json:"account_id"`
	Name      string `json:"name"`
	Email     string `json:"email"`
}

// SiteManagers is who manages a site, and who could.
type SiteManagers struct {
	Items     []Assignment       `json:"items" nullable:"false"`
	Available []AvailableManager `json:"available" nullable:"false"`
	MayPay    bool               `json:"may_pay" doc:"The installer may let managers pay."`
}

// AssignmentInput are the switches of a manager at a site; what is absent is off.
type AssignmentInput struct {
	Pay            bool `json:"pay" required:"false"`
	RenewalMails   bool `json:"renewal_mails" required:"false"`
	App            bool `json:"app" required:"false"`
	DeleteAccounts bool `json:"delete_accounts" required:"false"`
	LogAccess      bool `json:"log_access" required:"false"`
}

// AppLogin is what a manager types into the App. Shown once.
type AppLogin struct {
	AppUser     string `json:"app_user"`
	AppPassword string `json:"app_password"`
}

// AssignmentPath is one manager of a site.
type AssignmentPath struct {
	SitePath
	Account string `path:"account"`
}

func (p AssignmentPath) id() domain.AccountID { return pathID[domain.AccountID](p.Account) }

func showAssignment(a account.Assignment, mayPay bool) Assignment {
	out := Assignment{
		AccountID: a.Account.String(), Name: a.Name, Email: a.Email, RenewalMails: a.RenewalMails, App: a.App, AppUser: a.AppUser,
		DeleteAccounts: a.DeleteAccounts, LogAccess: a.LogAccess, Revision: a.Revision,
	}
	if mayPay {
		out.Pay = &a.Pay
	}
	if !a.AppExpiresAt.IsZero() {
		out.AppExpiresAt = &a.AppExpiresAt
	}
	return out
}

func (a *API) assignments() {
	const list, one = "/sites/{site}/managers", "/sites/{site}/managers/{account}"
	route(a, http.MethodGet, list, "list-site-managers", "Who manages a site, and who could", func(ctx context.Context, in *SitePath) (*Body[SiteManagers], error) {
		assigned, available, mayPay, err := a.Account.SiteManagers(ctx, in.site())
		out := SiteManagers{Items: make([]Assignment, len(assigned)), Available: make([]AvailableManager, len(available)), MayPay: mayPay}
		for i, one := range assigned {
			out.Items[i] = showAssignment(one, mayPay)
		}
		for i, m := range available {
			out.Available[i] = AvailableManager{AccountID: m.ID.String(), Name: m.Name, Email: m.Email}
		}
		return &Body[SiteManagers]{out}, err
	}, needs(account.ManagersRead), tag("managers"))
	route(a, http.MethodPut, one, "assign-manager", "Give a manager a site, or change what it may do there", func(ctx context.Context, in *struct {
		AssignmentPath
		IfMatch
		Body AssignmentInput
	},
	) (*Tagged[Assignment], error) {
		got, mayPay, err := a.Account.Assign(ctx, in.site(), in.id(), account.Permissions(in.Body))
		return tagged(showAssignment(got, mayPay), got.Revision, err)
	}, needs(account.ManagersWrite), tag("managers"))
	route(a, http.MethodDelete, one, "unassign-manager", "Take a site from a manager", func(ctx context.Context, in *struct {
		AssignmentPath
		IfMatch
	},
	) (*None, error) {
		return nil, a.Account.Unassign(ctx, in.site(), in.id())
	}, status(http.StatusNoContent), needs(account.ManagersWrite), tag("managers"))
	route(a, http.MethodPost, one+"/app-password", "reset-app-password", "Give a manager's App a new password, shown once", func(ctx context.Context, in *AssignmentPath) (*Body[AppLogin], error) {
		login, err := a.Account.NewAppPassword(ctx, in.site(), in.id())
		return &Body[AppLogin]{AppLogin{AppUser: login.User, AppPassword: login.Password.Reveal()}}, err
	}, needs(account.ManagersWrite), tag("managers"))
}
