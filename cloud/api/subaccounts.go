package api

import (
	"context"
	"net/http"
	"time"

	"vestibule/cloud/account"
	"vestibule/shared/domain"
)

// SubAccount is a sub-installer.
type SubAccount struct {
	ID        string    `json:"id"`
	Username  string    `json:"username"`
	Email     string    `json:"email"`
	Phone     string    `json:"phone"`
	Activated bool      `json:"activated"`
	CreatedAt time.Time `json:"created_at"`
	Revision  uint64    `json:"revision" doc:"One more at each change; the ETag."`
}

func showSub(a account.Account) SubAccount {
	return SubAccount{
		ID: a.ID.String(), Username: a.Username, Email: a.Email, Phone: a.Phone, Activated: !a.ActivatedAt.IsZero(), CreatedAt: a.CreatedAt, Revision: a.Revision,
	}
}

// SubAccountInput is what an installer says of a sub-installer.
type SubAccountInput struct {
	Username string `json:"username" required:"false" doc:"3 to 64 characters without blanks and @."`
	Email    string `json:"email" required:"false" doc:"Where the activation link goes."`
	Phone    string `json:"phone" required:"false" doc:"With country code, such as +49 30 1234567."`
}

// SubAccountPath is one sub-installer of a path.
type SubAccountPath struct {
	Account string `path:"account"`
}

func (p SubAccountPath) id() domain.AccountID { return pathID[domain.AccountID](p.Account) }

func (a *API) subaccounts() {
	const one = "/subaccounts/{account}"
	route(a, http.MethodGet, "/subaccounts", "list-subaccounts", "Sub-installers", func(ctx context.Context, in *PageQuery) (*Body[Page[SubAccount]], error) {
		subs, next, err := a.Account.SubAccounts(ctx, in.Query, in.Cursor, in.Limit)
		return pageOfItems(subs, next, showSub), err
	}, needs(account.SubsWrite), tag("subaccounts"))
	route(a, http.MethodPost, "/subaccounts", "add-subaccount", "Add a sub-installer", func(ctx context.Context, in *struct{ Body SubAccountInput }) (*Tagged[SubAccount], error) {
		sub, err := a.Account.AddSubAccount(ctx, account.SubForm(in.Body))
		return tagged(showSub(sub), sub.Revision, err)
	}, status(http.StatusCreated), needs(account.SubsWrite), tag("subaccounts"))
	route(a, http.MethodGet, one, "get-subaccount", "One sub-installer", func(ctx context.Context, in *SubAccountPath) (*Tagged[SubAccount], error) {
		sub, err := a.Account.SubAccount(ctx, in.id())
		return tagged(showSub(sub), sub.Revision, err)
	}, needs(account.SubsWrite), tag("subaccounts"))
	route(a, http.MethodPut, one, "edit-subaccount", "Change a sub-installer", func(ctx context.Context, in *struct {
		SubAccountPath
		IfMatch
		Body SubAccountInput
	},
	) (*Tagged[SubAccount], error) {
		sub, err := a.Account.EditSubAccount(ctx, in.id(), account.SubForm(in.Body))
		return tagged(showSub(sub), sub.Revision, err)
	}, needs(account.SubsWrite), tag("subaccounts"))
	route(a, http.MethodPost, one+"/reset", "reset-subaccount", "Mail a sub-installer a link to choose a password", func(ctx context.Context, in *SubAccountPath) (*None, error) {
		return nil, a.Account.ResetSubAccount(ctx, in.id())
	}, status(http.StatusNoContent), needs(account.SubsWrite), tag("subaccounts"))
	route(a, http.MethodDelete, one, "delete-subaccount", "Delete a sub-installer", func(ctx context.Context, in *struct {
		SubAccountPath
		IfMatch
	},
	) (*None, error) {
		return nil, a.Account.DeleteSubAccount(ctx, in.id())
	}, status(http.StatusNoContent), needs(account.SubsWrite), tag("subaccounts"))
}
