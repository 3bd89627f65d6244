package remote

import (
	"context"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// Entry is one command in the journal. An empty Result means promised and not yet ended.
type Entry struct {
	ID      domain.CommandID
	Kind    wire.CommandKind
	Started time.Time
	Result  domain.ActResult
	Reason  domain.Reason
}

// Journal keeps commands on the disk: the agent's store.
type Journal interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
	// Entry reads a command; false when it is not there.
	Entry(ctx context.Context, id domain.CommandID) (Entry, bool, error)
	// Start promises an act; false when the command is there already.
	Start(ctx context.Context, e Entry) (bool, error)
	// Finish ends a command, promised or not; false when it had ended already, and then it stays as it is.
	Finish(ctx context.Context, e Entry) (bool, error)
	// Open lists commands that were promised and never ended.
	Open(ctx context.Context) ([]Entry, error)
	// Untold lists ended commands whose result was never sent.
	Untold(ctx context.Context) ([]Entry, error)
	Told(ctx context.Context, id domain.CommandID) error
	// Forget removes ended commands older than before.
	Forget(ctx context.Context, before time.Time) error
}
