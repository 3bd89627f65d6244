package account

import (
	"context"

	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

// ConfirmPassword checks the password of somebody who is signed in, before an act that wants it once more: Invalid at "password" when it is
// wrong, Limit after five wrong ones.
func (s *Service) ConfirmPassword(ctx context.Context, a Account, password secret.String) error {
	return s.confirm(ctx, a, "password", password)
}

func (s *Service) confirm(ctx context.Context, a Account, path string, password secret.String) error {
	key := a.ID.String()
	if wait := s.guards.own.Wait(s.now(), key); wait > 0 {
		return locked(wait)
	}
	right, err := s.cfg.Passwords.matches(ctx, password, a.PasswordHash)
	if err != nil {
		return err
	}
	if wait := s.guards.own.Wait(s.now(), key); right && wait > 0 {
		return locked(wait) // too many failed while this one was compared
	}
	if right {
		s.guards.own.Forget(key)
		return nil
	}
	if wait := s.guards.own.Count(s.now(), key); wait > 0 {
		caller, _ := From(ctx)
		s.lockedOut(ctx, a, caller.From, "password of a session")
		return locked(wait)
	}
	const words = "This is not your password."
	return &fault.Error{Code: fault.Invalid, Msg: words, Fields: []fault.Field{{Path: path, Msg: words}}}
}
