package enroll

import (
	"context"

	"vestibule/shared/wire"
)

// Look looks at the certificate once, on a session.
func (r *Renewer) Look(ctx context.Context, s Session) error {
	r.Opened(s, wire.Welcome{})
	_, err := r.look(ctx)
	return err
}
