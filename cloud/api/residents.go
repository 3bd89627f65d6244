package api

import (
	"context"
	"net/http"

	"vestibule/cloud/account"
	"vestibule/shared/fault"
)

// PersonAccount is the account of a person of a site.
type PersonAccount struct {
	PersonID  string `json:"person_id"`
	AccountID string `json:"account_id"`
	Email     string `json:"email"`
	Role      string `json:"role" enum:"resident,family,administrator"`
	Language  string `json:"language"`
	Activated bool   `json:"activated" doc:"The activation link was used."`
}

// PersonAccountInput says what account a person gets.
type PersonAccountInput struct {
	Role     string `json:"role" required:"false" doc:"resident, family or administrator (of a company)."`
	Language string `json:"language" required:"false" doc:"Of the mails; en when absent."`
}

func showPersonAccount(a account.Account) PersonAccount {
	return PersonAccount{
		PersonID: a.Person.String(), AccountID: a.ID.String(), Email: a.Email, Role: string(a.Role), Language: a.Language, Activated: !a.ActivatedAt.IsZero(),
	}
}

func (a *API) residents() {
	const one = "/sites/{site}/people/{person}/account"
	route(a, http.MethodGet, "/sites/{site}/accounts", "list-people-accounts", "Accounts of the people of a site", func(ctx context.Context, in *SitePath) (*Body[Page[PersonAccount]], error) {
		accounts, err := a.Account.PeopleAccounts(ctx, in.site())
		out := Page[PersonAccount]{Items: []PersonAccount{}}
		for _, one := range accounts {
			out.Items = append(out.Items, showPersonAccount(one))
		}
		return &Body[Page[PersonAccount]]{out}, err
	}, needs(account.PeopleRead), tag("people"))
	route(a, http.MethodGet, one, "get-person-account", "The account of a person, if it has one", func(ctx context.Context, in *PersonPath) (*Body[Page[PersonAccount]], error) {
		found, err := a.Account.PersonAccount(ctx, in.site(), in.id())
		out := Page[PersonAccount]{Items: []PersonAccount{}}
		if fault.CodeOf(err) == fault.NotFound {
			_, err = a.Fleet.Person(ctx, in.site(), in.id())
			return &Body[Page[PersonAccount]]{out}, err
		}
		out.Items = append(out.Items, showPersonAccount(found))
		return &Body[Page[PersonAccount]]{out}, err
	}, needs(account.PeopleRead), tag("people"))
	route(a, http.MethodPost, one, "invite-person", "Give a person an account and mail its activation", func(ctx context.Context, in *struct {
		PersonPath
		Body PersonAccountInput
	},
	) (*Body[PersonAccount], error) {
		made, err := a.Account.InvitePerson(ctx, in.site(), in.id(), account.Role(in.Body.Role), in.Body.Language)
		return &Body[PersonAccount]{showPersonAccount(made)}, err
	}, status(http.StatusCreated), needs(account.ResidentsWrite), tag("people"))
	route(a, http.MethodDelete, one, "take-person-account", "Delete the account of a person; the person stays", func(ctx context.Context, in *PersonPath) (*None, error) {
		if err := a.Account.MayAt(ctx, account.PeopleDelete, in.site()); err != nil {
			return nil, err
		}
		return nil, a.Account.TakeAccount(ctx, in.site(), in.id())
	}, status(http.StatusNoContent), needs(account.ResidentsWrite), tag("people"))
	a.home()
}
