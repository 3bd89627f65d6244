package api

import (
	"context"
	"net/http"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/factor"
	"vestibule/shared/secret"
)

// Factors is what an account has set up beside its password.
type Factors struct {
	Email        bool   `json:"email" doc:"A code by mail is asked for at sign-in."`
	TOTP         bool   `json:"totp" doc:"An authenticator is set up and confirmed."`
	RecoveryLeft int    `json:"recovery_left" doc:"Recovery codes that were not used yet."`
	Required     bool   `json:"required" doc:"A second factor is required; with nothing set up it is the code by mail."`
	Passkeys     int    `json:"passkeys"`
	PasskeyHost  string `json:"passkey_host" doc:"The host that passkeys are for; empty when the service is reached by a number and has none."`
}

// EmailFactorInput switches the code by mail.
type EmailFactorInput struct {
	On       bool   `json:"on"`
	Password string `json:"password,omitempty" doc:"Needed to switch it off."`
}

// PasswordInput shows again that it is the person.
type PasswordInput struct {
	Password string `json:"password,omitempty"`
}

// TOTPSecret is what an authenticator must know; it is shown while it is set up and never again.
type TOTPSecret struct {
	Secret string `json:"secret" doc:"Base32, to be typed."`
	URI    string `json:"uri" doc:"otpauth://, to be scanned."`
}

// FactorCodeInput is a code as somebody typed it.
type FactorCodeInput struct {
	Code string `json:"code" required:"false"`
}

// RecoveryCodes are codes on paper; they are shown once.
type RecoveryCodes struct {
	Codes []string `json:"recovery_codes" nullable:"false"`
}

func showCodes(codes []secret.String) *Body[RecoveryCodes] {
	out := RecoveryCodes{Codes: make([]string, len(codes))}
	for i, c := range codes {
		out.Codes[i] = c.Reveal()
	}
	return &Body[RecoveryCodes]{out}
}

// factorRequired tells whether somebody above wants a second factor of the account (ACC-21).
func factorRequired(who account.Access) bool {
	return who.Caller.Gates.TwoFactor && (who.Caller.Role == account.RoleInstaller || who.Caller.Role == account.RoleSubInstaller)
}

// fresh tells whether somebody signed in so shortly before that it is still the same person.
func fresh(who account.Access) bool {
	return !who.Session.CreatedAt.IsZero() && time.Since(who.Session.CreatedAt) <= factor.Fresh
}

func (a *API) factors() {
	route(a, http.MethodGet, "/factors", "get-factors", "What is set up beside the password", func(ctx context.Context, _ *struct{}) (*Body[Factors], error) {
		who := accessOf(ctx)
		s, err := a.Factors.State(ctx, who.Account, factorRequired(who))
		return &Body[Factors]{Factors{
			Email: s.Email, TOTP: s.TOTP, RecoveryLeft: s.Recovery, Required: s.Required, Passkeys: s.Passkeys, PasskeyHost: s.PasskeyHost,
		}}, err
	}, needs(account.Self), tag("security"))
	route(a, http.MethodPut, "/factors/email", "set-email-factor", "Switch the code by mail on or off", func(ctx context.Context, in *struct{ Body EmailFactorInput }) (*None, error) {
		who := accessOf(ctx)
		return &None{}, a.Factors.SetEmail(ctx, who.Account, in.Body.On, factorRequired(who), secret.New(in.Body.Password))
	}, status(http.StatusNoContent), needs(account.Self), tag("security"))
	route(a, http.MethodPost, "/factors/totp", "start-totp", "Set up an authenticator", func(ctx context.Context, in *struct{ Body PasswordInput }) (*Body[TOTPSecret], error) {
		who := accessOf(ctx)
		text, uri, err := a.Factors.StartTOTP(ctx, who.Account, fresh(who), secret.New(in.Body.Password))
		return &Body[TOTPSecret]{TOTPSecret{Secret: text.Reveal(), URI: uri.Reveal()}}, err
	}, needs(account.Self), tag("security"))
	route(a, http.MethodPost, "/factors/totp/confirm", "confirm-totp", "Confirm an authenticator by its first code", func(ctx context.Context, in *struct{ Body FactorCodeInput }) (*Body[RecoveryCodes], error) {
		codes, err := a.Factors.ConfirmTOTP(ctx, accessOf(ctx).Account, secret.New(in.Body.Code))
		return showCodes(codes), err
	}, needs(account.Self), tag("security"))
	route(a, http.MethodDelete, "/factors/totp", "remove-totp", "Take the authenticator away", func(ctx context.Context, in *struct{ Body PasswordInput }) (*None, error) {
		who := accessOf(ctx)
		return &None{}, a.Factors.RemoveTOTP(ctx, who.Account, factorRequired(who), secret.New(in.Body.Password))
	}, status(http.StatusNoContent), needs(account.Self), tag("security"))
	route(a, http.MethodPost, "/factors/recovery", "renew-recovery-codes", "Make new recovery codes; those before are void", func(ctx context.Context, in *struct{ Body PasswordInput }) (*Body[RecoveryCodes], error) {
		codes, err := a.Factors.RenewRecovery(ctx, accessOf(ctx).Account, secret.New(in.Body.Password))
		return showCodes(codes), err
	}, needs(account.Self), tag("security"))
}
