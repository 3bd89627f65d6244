package api

import (
	"context"
	"net/http"

	"vestibule/shared/secret"
)

// LinkInput is the token of a single-use link.
type LinkInput struct {
	Token string `json:"token" required:"false" doc:"What stands behind #token= in the link."`
}

// LinkState is what a link is for.
type LinkState struct {
	Kind         string `json:"kind" enum:"activate,reset,email"`
	Name         string `json:"name"`
	Email        string `json:"email"`
	Username     string `json:"username"`
	Organisation string `json:"organisation"`
	Language     string `json:"language"`
}

// ActivateInput chooses the first password of an account.
type ActivateInput struct {
	Token    string `json:"token" required:"false"`
	Password string `json:"password" required:"false" doc:"8 to 64 characters."`
	Username string `json:"username,omitempty" doc:"Another name to sign in with."`
	Bearer   bool   `json:"bearer,omitempty" doc:"Answer the token instead of a cookie."`
}

// RecoverInput asks for a reset link.
type RecoverInput struct {
	Login string `json:"login" required:"false" doc:"E-mail address or user name."`
}

// ResetInput chooses a new password.
type ResetInput struct {
	Token    string `json:"token" required:"false"`
	Password string `json:"password" required:"false" doc:"8 to 64 characters."`
}

// links registers single-use links. Used, expired and unknown ones have one answer: 410.
func (a *API) links() {
	route(a, http.MethodPost, "/links/check", "check-link", "What is this single-use link for?", func(ctx context.Context, in *struct{ Body LinkInput }) (*Body[LinkState], error) {
		link, whose, err := a.Account.CheckLink(ctx, clientOf(ctx, false).From, secret.New(in.Body.Token))
		if err != nil {
			return nil, err
		}
		return &Body[LinkState]{LinkState{
			Kind: string(link.Kind), Name: whose.Name, Email: link.Email, Username: whose.Username, Organisation: whose.Org.Name, Language: whose.Language,
		}}, nil
	}, public, tag("accounts"))
	route(a, http.MethodPost, "/links/activate", "activate", "Choose the first password and sign in", func(ctx context.Context, in *struct{ Body ActivateInput }) (*signedOutput, error) {
		b := in.Body
		signed, err := a.Account.Activate(ctx, clientOf(ctx, b.Bearer), secret.New(b.Token), secret.New(b.Password), b.Username)
		if err != nil {
			return nil, err
		}
		return a.signed(signed, b.Bearer), nil
	}, public, tag("accounts"))
	route(a, http.MethodPost, "/links/reset", "recover", "Ask for a reset link; the answer is the same whatever the name", func(ctx context.Context, in *struct{ Body RecoverInput }) (*None, error) {
		return nil, a.Account.RequestReset(ctx, clientOf(ctx, false), in.Body.Login)
	}, public, status(http.StatusAccepted), tag("accounts"))
	route(a, http.MethodPost, "/links/password", "reset-password", "Choose a new password; every session ends", func(ctx context.Context, in *struct{ Body ResetInput }) (*None, error) {
		return nil, a.Account.ResetPassword(ctx, clientOf(ctx, false), secret.New(in.Body.Token), secret.New(in.Body.Password))
	}, public, status(http.StatusNoContent), tag("accounts"))
	route(a, http.MethodPost, "/links/email", "confirm-email", "Show that an address is read", func(ctx context.Context, in *struct{ Body LinkInput }) (*None, error) {
		return nil, a.Account.ConfirmEmail(ctx, clientOf(ctx, false), secret.New(in.Body.Token))
	}, public, status(http.StatusNoContent), tag("accounts"))
}
