package consent

import (
	"context"
	"time"

	"vestibule/cloud/account"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
)

// How long Run sleeps at least and at most.
const (
	shortest = 20 * time.Millisecond
	longest  = 30 * time.Second
)

// Run ends grants at their time, so that streams close and banners go at once, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	for {
		next, err := s.endDue(account.AsSystem(ctx, "time limit"))
		if err != nil && ctx.Err() == nil {
			s.cfg.Logger.ErrorContext(ctx, "leave that is over could not be ended", logkey.Err, err)
		}
		wait := longest
		if !next.IsZero() {
			wait = min(longest, max(shortest, next.Sub(s.now())))
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		case <-s.changed:
			timer.Stop()
		}
	}
}

// endDue ends what is over and tells when the next one will be.
func (s *Service) endDue(ctx context.Context) (next time.Time, err error) {
	due, err := s.cfg.Store.DueGrants(ctx, s.now())
	if err != nil {
		return next, err
	}
	for _, g := range due {
		err := s.cfg.Store.InTx(ctx, func(ctx context.Context) error { return s.finish(ctx, g, g.ExpiresAt, domain.AccountID{}) })
		if err != nil { // the others end all the same
			s.cfg.Logger.ErrorContext(ctx, "leave that is over could not be ended", logkey.Err, err)
		}
	}
	return s.cfg.Store.NextGrantEnd(ctx)
}
