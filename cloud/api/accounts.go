package api

import (
	"context"
	"net/http"

	"vestibule/cloud/account"
	"vestibule/shared/secret"
)

// Account is who is signed in.
type Account struct {
	ID    string `json:"id"`
	Email string `json:"email"`
	Name  string `json:"name"`
	Org   Org    `json:"org"`
	Role  string `json:"role" enum:"operator,distributor,installer,subinstaller,manager,administrator,resident,family"`
}

// Org is an organisation.
type Org struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func showAccount(a account.Account) Account {
	return Account{ID: a.ID.String(), Email: a.Email, Name: a.Name, Org: Org{ID: a.Org.ID.String(), Name: a.Org.Name}, Role: string(a.Role)}
}

// SetupState tells whether the service waits for its first account.
type SetupState struct {
	Open bool `json:"open"`
}

// SetupInput makes the first account.
type SetupInput struct {
	Token        string `json:"token" required:"false" doc:"From the link that the service printed at its start."`
	Email        string `json:"email" required:"false"`
	Password     string `json:"password" required:"false" doc:"8 to 64 characters."`
	Name         string `json:"name" required:"false"`
	Organisation string `json:"organisation" required:"false"`
	Bearer       bool   `json:"bearer,omitempty" doc:"Answer the token instead of a cookie."`
}

func (a *API) accounts() {
	route(a, http.MethodGet, "/setup", "get-setup", "Is the first account still to be made?", func(ctx context.Context, _ *struct{}) (*Body[SetupState], error) {
		open, err := a.Account.SetupOpen(ctx)
		return &Body[SetupState]{SetupState{Open: open}}, err
	}, public, tag("accounts"))
	route(a, http.MethodPost, "/setup", "set-up", "Make the first account and sign in", func(ctx context.Context, in *struct{ Body SetupInput }) (*signedOutput, error) {
		signed, err := a.Account.SetUp(ctx, account.SetupForm{
			Client: clientOf(ctx, in.Body.Bearer), Token: secret.New(in.Body.Token), Email: in.Body.Email, Password: secret.New(in.Body.Password),
			Name: in.Body.Name, Organisation: in.Body.Organisation,
		})
		if err != nil {
			return nil, err
		}
		return a.signed(signed, in.Body.Bearer), nil
	}, public, status(http.StatusCreated), tag("accounts"))
	a.sessions()
	a.self()
	a.links()
	a.policies()
}
