package api

import (
	"context"
	"net/http"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/fleet"
	"vestibule/cloud/registration"
	"vestibule/shared/secret"
)

// HomeCode is the code by which the resident of a home registers.
type HomeCode struct {
	State   string     `json:"state" enum:"none,waiting,used" doc:"waiting: the monitor shows it and nobody has used it."`
	Off     bool       `json:"off" doc:"The site takes nobody by a code."`
	Kit     bool       `json:"kit" doc:"The home of a kit, whose resident registers by scanning."`
	URL     string     `json:"url,omitempty" doc:"What the QR code holds; only while it waits."`
	Created *time.Time `json:"created,omitempty"`
	Used    *time.Time `json:"used,omitempty"`
}

func showCode(c fleet.HomeCode) HomeCode {
	out := HomeCode{State: "none", Off: c.Off, Kit: c.Kit, URL: c.URL.Reveal(), Created: instant(c.Created), Used: instant(c.Used)}
	switch {
	case !c.URL.IsZero():
		out.State = "waiting"
	case !c.Used.IsZero():
		out.State = "used"
	}
	return out
}

// KitInput says whether an apartment is the home of a kit.
type KitInput struct {
	Kit bool `json:"kit" required:"false"`
}

// RegisterState is the home that a code is for.
type RegisterState struct {
	Site      string `json:"site"`
	Apartment string `json:"apartment" doc:"Its number."`
	Name      string `json:"name" doc:"Of the apartment."`
	Building  string `json:"building"`
}

// RegisterInput is what a new resident says of itself.
type RegisterInput struct {
	Token     string `json:"token" required:"false" doc:"What stands behind #token= in the code."`
	FirstName string `json:"first_name" required:"false" doc:"1 to 64 characters."`
	LastName  string `json:"last_name" required:"false" doc:"At most 64 characters."`
	Email     string `json:"email" required:"false"`
	Password  string `json:"password" required:"false" doc:"8 to 64 characters."`
	Language  string `json:"language" required:"false" doc:"Of mails."`
	Bearer    bool   `json:"bearer,omitempty" doc:"Answer the token of the session instead of a cookie."`
}

func (a *API) registrations() {
	const one = "/sites/{site}/apartments/{apartment}/registration"
	route(a, http.MethodGet, one, "get-registration", "The code by which the resident of a home registers; written down in the audit", func(ctx context.Context, in *ApartmentPath) (*Body[HomeCode], error) {
		code, err := a.Fleet.Code(ctx, in.site(), in.id())
		return &Body[HomeCode]{showCode(code)}, err
	}, needs(account.SecretsRead), tag("apartments"))
	route(a, http.MethodPost, one, "new-registration", "Make a new code; the one before is void", func(ctx context.Context, in *ApartmentPath) (*Body[HomeCode], error) {
		if err := a.Fleet.NewCode(ctx, in.site(), in.id()); err != nil {
			return nil, err
		}
		code, err := a.Fleet.Code(ctx, in.site(), in.id())
		return &Body[HomeCode]{showCode(code)}, err
	}, needs(account.SecretsRead), tag("apartments"))
	route(a, http.MethodPut, "/sites/{site}/apartments/{apartment}/kit", "set-kit", "Make an apartment the home of a kit, or an ordinary one", func(ctx context.Context, in *struct {
		ApartmentPath
		IfMatch
		Body KitInput
	},
	) (*Tagged[Apartment], error) {
		home, err := a.Fleet.SetKit(ctx, in.site(), in.id(), in.Body.Kit)
		return a.showSaved(ctx, home, err)
	}, needs(account.SitesWrite), tag("apartments"))
	route(a, http.MethodPost, "/links/register/check", "check-registration", "Which home is this code for?", func(ctx context.Context, in *struct{ Body LinkInput }) (*Body[RegisterState], error) {
		home, err := a.Registration.Check(ctx, clientOf(ctx, false).From, secret.New(in.Body.Token))
		return &Body[RegisterState]{RegisterState{Site: home.SiteName, Apartment: home.Number, Name: home.Name, Building: home.Building}}, err
	}, public, tag("accounts"))
	route(a, http.MethodPost, "/links/register", "register", "Make the account of a home's resident with the code of its monitor, and sign in", func(ctx context.Context, in *struct{ Body RegisterInput }) (*signedOutput, error) {
		b := in.Body
		signed, err := a.Registration.Register(ctx, clientOf(ctx, b.Bearer), secret.New(b.Token), secret.New(b.Password), registration.Resident{
			FirstName: b.FirstName, LastName: b.LastName, Email: b.Email, Language: b.Language,
		})
		if err != nil {
			return nil, err
		}
		return a.signed(signed, b.Bearer), nil
	}, public, tag("accounts"))
}
