package outbox

import (
	"context"

	"vestibule/shared/wire"
)

// Take runs one input without the loop, so that a test decides every interleaving.
func (o *Outbox) Take(ctx context.Context, in Input) { o.take(ctx, in) }

// Begin runs a welcome without the loop.
func (o *Outbox) Begin(ctx context.Context, s Session, w wire.Welcome) {
	o.Opened(s, w)
	o.takeChange(ctx)
}

// End runs the end of a session without the loop.
func (o *Outbox) End(ctx context.Context) {
	o.Closed()
	o.takeChange(ctx)
}
