package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/factor"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

// Passkey is a key with which its owner signs in without a password.
type Passkey struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	CreatedAt time.Time  `json:"created_at"`
	UsedAt    *time.Time `json:"used_at,omitempty"`
}

func showPasskey(p factor.Passkey) Passkey {
	return Passkey{ID: p.ID.String(), Name: p.Name, CreatedAt: p.CreatedAt, UsedAt: timeOr(p.UsedAt)}
}

// timeOr leaves an unset time out.
func timeOr(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// Ceremony is the first of two steps with a passkey.
type Ceremony struct {
	Ceremony string          `json:"ceremony" doc:"Belongs into the second step, within five minutes, once."`
	Options  json.RawMessage `json:"options" doc:"For the browser: PublicKeyCredentialCreationOptionsJSON or PublicKeyCredentialRequestOptionsJSON (WebAuthn)."`
}

func showCeremony(b factor.Begun, err error) (*Body[Ceremony], error) {
	if err != nil {
		return nil, err
	}
	return &Body[Ceremony]{Ceremony{Ceremony: b.Token.Reveal(), Options: b.Options}}, nil
}

// PasskeyInput is the second step of making a passkey.
type PasskeyInput struct {
	Ceremony   string          `json:"ceremony" required:"false"`
	Name       string          `json:"name" required:"false" doc:"1 to 64 characters."`
	Credential json.RawMessage `json:"credential" required:"false" doc:"RegistrationResponseJSON of the browser."`
}

// PasskeySignInInput is the second step of a sign-in by passkey.
type PasskeySignInInput struct {
	Ceremony   string          `json:"ceremony" required:"false"`
	Credential json.RawMessage `json:"credential" required:"false" doc:"AuthenticationResponseJSON of the browser."`
	Bearer     bool            `json:"bearer,omitempty" doc:"Answer the token instead of a cookie."`
}

func (a *API) passkeys() {
	route(a, http.MethodGet, "/passkeys", "list-passkeys", "The own passkeys", func(ctx context.Context, _ *struct{}) (*Body[Page[Passkey]], error) {
		keys, err := a.Factors.Passkeys(ctx, accessOf(ctx).Account.ID)
		out := Page[Passkey]{Items: make([]Passkey, len(keys))}
		for i, k := range keys {
			out.Items[i] = showPasskey(k)
		}
		return &Body[Page[Passkey]]{out}, err
	}, needs(account.Self), tag("security"))
	route(a, http.MethodPost, "/passkeys/begin", "begin-passkey", "Begin to make a passkey", func(ctx context.Context, in *struct{ Body PasswordInput }) (*Body[Ceremony], error) {
		who := accessOf(ctx)
		return showCeremony(a.Factors.BeginPasskey(ctx, who.Account, fresh(who), secret.New(in.Body.Password)))
	}, needs(account.Self), tag("security"))
	route(a, http.MethodPost, "/passkeys", "add-passkey", "Add the passkey that the browser made", func(ctx context.Context, in *struct{ Body PasskeyInput }) (*Body[Passkey], error) {
		p, err := a.Factors.AddPasskey(ctx, accessOf(ctx).Account, secret.New(in.Body.Ceremony), in.Body.Name, in.Body.Credential)
		return &Body[Passkey]{showPasskey(p)}, err
	}, status(http.StatusCreated), needs(account.Self), tag("security"))
	route(a, http.MethodDelete, "/passkeys/{passkey}", "remove-passkey", "Remove a passkey", func(ctx context.Context, in *struct {
		Passkey string `path:"passkey"`
		Body    PasswordInput
	},
	) (*None, error) {
		return &None{}, a.Factors.RemovePasskey(ctx, accessOf(ctx).Account, pathID[domain.PasskeyID](in.Passkey), secret.New(in.Body.Password))
	}, status(http.StatusNoContent), needs(account.Self), tag("security"))
	route(a, http.MethodPost, "/session/passkey/begin", "begin-passkey-sign-in", "Begin to sign in by passkey", func(ctx context.Context, _ *struct{}) (*Body[Ceremony], error) {
		return showCeremony(a.Factors.BeginSignIn(ctx, clientOf(ctx, false).From))
	}, public, tag("accounts"))
	route(a, http.MethodPost, "/session/passkey", "sign-in-by-passkey", "Sign in by the passkey that the browser used", func(ctx context.Context, in *struct{ Body PasskeySignInInput }) (*signedOutput, error) {
		signed, err := a.Account.SignInPasskey(ctx, clientOf(ctx, in.Body.Bearer), secret.New(in.Body.Ceremony), in.Body.Credential)
		if err != nil {
			return nil, err
		}
		return a.signed(signed, in.Body.Bearer), nil
	}, public, tag("accounts"))
}
