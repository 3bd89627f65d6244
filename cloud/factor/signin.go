package factor

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"vestibule/cloud/audit"
	"vestibule/cloud/guard"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
	"vestibule/shared/secret"
)

// errPasskey is the one answer to every passkey that opens nothing.
var errPasskey = fault.New(fault.Unauthenticated, "This passkey opens no account here.")

// BeginSignIn is the first step of a sign-in by passkey: nobody is known yet, the browser offers the keys it holds for this host. Too many
// from one place are Limit.
func (s *Service) BeginSignIn(ctx context.Context, from netip.Addr) (Begun, error) {
	if s.web == nil {
		return Begun{}, errNoHost
	}
	at := guard.Place(from)
	if wait := s.begun.Wait(s.now(), at); wait > 0 {
		return Begun{}, guard.Locked(wait, "Too many sign-ins were begun here. Try again in a minute.")
	}
	s.begun.Count(s.now(), at)
	options, data, err := s.web.BeginDiscoverableLogin()
	if err != nil {
		return Begun{}, fmt.Errorf("begin a sign-in: %w", err)
	}
	return s.remember(ctx, SigningIn, domain.AccountID{}, options.Response, data)
}

// FinishPasskey is the second step: whose account the answer of a browser opens (AuthenticationResponseJSON). A ceremony is used up whatever
// came of it. A key whose counter did not grow may be a copy: it is refused, and the audit tells. Call it outside of a transaction.
func (s *Service) FinishPasskey(ctx context.Context, ceremony secret.String, credential []byte) (domain.AccountID, error) {
	if s.web == nil {
		return domain.AccountID{}, errNoHost
	}
	data, err := s.take(ctx, ceremony, SigningIn, domain.AccountID{})
	if err != nil {
		return domain.AccountID{}, err
	}
	if len(credential) > maxCredential {
		return domain.AccountID{}, errPasskey
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(credential)
	if err != nil {
		return domain.AccountID{}, errPasskey
	}
	var whose domain.AccountID
	err = s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		whose, err = s.opened(ctx, data, parsed)
		return err
	})
	if err == nil && whose.IsZero() {
		err = errPasskey
	}
	return whose, err
}

// opened finds the key and its owner and writes its use down; a zero account is refused. What it writes about a refusal must stay.
func (s *Service) opened(ctx context.Context, data webauthn.SessionData, answer *protocol.ParsedCredentialAssertionData) (domain.AccountID, error) {
	nobody := domain.AccountID{}
	key, a, err := s.cfg.Store.PasskeyByCredential(ctx, answer.RawID)
	if fault.CodeOf(err) == fault.NotFound {
		return nobody, nil
	}
	if err != nil {
		return nobody, err
	}
	o, err := newOwner(a, key.Handle, []Passkey{key})
	if err != nil {
		return nobody, err
	}
	used, err := s.web.ValidateDiscoverableLogin(func(_, _ []byte) (webauthn.User, error) { return o, nil }, data, answer)
	if err != nil {
		s.cfg.Logger.Warn("passkey refused", logkey.Account, a.ID.String(), logkey.Reason, reasonOf(err))
		return nobody, nil
	}
	if used.Authenticator.CloneWarning {
		s.cfg.Logger.Warn("passkey refused: its counter did not grow", logkey.Account, a.ID.String())
		return nobody, s.record(ctx, a, audit.Entry{
			Action: audit.Refused, Object: "passkey", ObjectID: key.ID, ObjectName: key.Name, Reason: "Its counter did not grow: there may be a copy of the key.",
		})
	}
	if key.Record, err = json.Marshal(used); err != nil {
		return nobody, fmt.Errorf("write a passkey: %w", err)
	}
	key.UsedAt = s.now()
	return a.ID, s.cfg.Store.UsePasskey(ctx, key)
}
