package account

import (
	"context"
	"fmt"

	"vestibule/shared/fault"
)

// Stale is the cause of a refused change: the thing was changed since the caller read it. Present is its revision now.
type Stale struct{ Present uint64 }

// Error tells the revision, for the operator.
func (s *Stale) Error() string { return fmt.Sprintf("the revision is %d", s.Present) }

// NewStale is Conflict with the present revision inside; the API answers it with 412 and the ETag of now.
func NewStale(present uint64) error {
	return fault.Wrap(&Stale{Present: present}, fault.Conflict, "Somebody else changed this after you opened it.")
}

type revisionKey struct{}

// WithRevision gives a context for a change of the revision that the caller has seen.
func WithRevision(ctx context.Context, seen uint64) context.Context {
	return context.WithValue(ctx, revisionKey{}, seen)
}

// Expected tells which revision the caller has seen; ok is false when any will do.
func Expected(ctx context.Context) (revision uint64, ok bool) {
	revision, ok = ctx.Value(revisionKey{}).(uint64)
	return revision, ok
}

// Revise is to be called by a change or deletion with the revision that its transaction has read under a lock. It gives the revision that
// follows, or Conflict when the caller has seen another one. Call it for the thing that the request names, not for what goes with it.
func Revise(ctx context.Context, present uint64) (next uint64, err error) {
	if seen, ok := Expected(ctx); ok && seen != present {
		return present, NewStale(present)
	}
	return present + 1, nil
}
