package configsync

import (
	"context"

	"vestibule/shared/wire"
)

// Take runs one input without the loop, so that a test decides every interleaving.
func (s *Sync) Take(ctx context.Context, in Input) { s.take(ctx, in) }

// Begin runs a welcome without the loop.
func (s *Sync) Begin(ctx context.Context, session Session, w wire.Welcome) {
	s.Opened(session, w)
	s.takeChange(ctx)
}

// End runs the end of a session without the loop.
func (s *Sync) End(ctx context.Context) {
	s.Closed()
	s.takeChange(ctx)
}
