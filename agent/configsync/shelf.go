package configsync

import (
	"context"
	"time"

	"vestibule/shared/desired"
	"vestibule/shared/wire"
)

// Held says which versions lie on the disk. Version 0 is the empty document.
type Held struct {
	Version  uint64
	Hash     desired.Hash
	Good     uint64 // the last version known to run
	GoodHash desired.Hash
	Rejected uint64 // a version this agent refuses to run; 0: none
}

// Shelf is where the document lies: the agent's store. It is one interface although it is long, because it is one set of tables with one user.
type Shelf interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
	Document(ctx context.Context) (Held, *desired.Document, error)
	// SaveVersion makes version with hash current by ops, which lead there from the version before.
	SaveVersion(ctx context.Context, version uint64, hash desired.Hash, ops []desired.Op) error
	// MarkGood makes the current version the one to fall back to and forgets the starts.
	MarkGood(ctx context.Context) error
	// FallBack makes the last good version current again and notes the version left as rejected.
	FallBack(ctx context.Context) error
	Reject(ctx context.Context, version uint64) error
	// NoteStart notes a start on version and counts those since the instant since.
	NoteStart(ctx context.Context, version uint64, now, since time.Time) (int, error)
	ForgetStarts(ctx context.Context) error
	SaveTrust(ctx context.Context, roots, commandKeys [][]byte) error
	PutReceipt(ctx context.Context, r wire.DeviceReport) error
	DropReceipt(ctx context.Context, device [16]byte) error
	Receipts(ctx context.Context) ([]wire.DeviceReport, error)
}
