package outbox

import (
	"context"

	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// Mark is where one stream stands. Numbers start at 1.
type Mark struct {
	Stream  domain.Stream
	Last    uint64   // highest number given out
	Acked   uint64   // the cloud has everything up to here
	Sent    uint64   // highest number that ever left in this epoch: such rows may be with the cloud already
	Digest  [32]byte // chain digest of row Acked, from which the rows after it are chained when they leave
	Count   int64    // rows waiting
	Bytes   int64    // of the rows waiting
	Dropped uint64   // rows given up for want of room, ever
	Link    [32]byte // of row Last in the chain at rest
	Base    [32]byte // of row Acked there; zero when it is lost
	Since   uint64   // rows up to here are of an agent that kept no chain at rest
}

// Marks is where the outbox stands. The epoch is random and made with the file; a rolled-back disk starts a new one.
type Marks struct {
	Epoch  domain.EpochID
	Audit  Mark
	Status Mark
}

// Of gives the mark of a stream.
func (m *Marks) Of(s domain.Stream) *Mark {
	if s == domain.StreamStatus {
		return &m.Status
	}
	return &m.Audit
}

// Shelf is where rows lie: the agent's store. It is one interface although it is long, because it is one set of tables with one user.
type Shelf interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
	AfterCommit(ctx context.Context, f func())
	Marks(ctx context.Context) (Marks, error)
	SetMark(ctx context.Context, m Mark) error
	SetEpoch(ctx context.Context, epoch domain.EpochID) error
	// PutRow stores a row and gives its size on the shelf.
	PutRow(ctx context.Context, s domain.Stream, r wire.Row) (int64, error)
	// Rows reads up to most rows after number after, oldest first, stopping before mostBytes are passed; the first row always comes.
	Rows(ctx context.Context, s domain.Stream, after uint64, most int, mostBytes int64) ([]wire.Row, error)
	// DropRows removes the rows numbered from..to and gives how many they were and their size.
	DropRows(ctx context.Context, s domain.Stream, from, to uint64) (count, bytes int64, err error)
	// PutKept stores a checkpoint; a floor or a head takes the place of the one before.
	PutKept(ctx context.Context, k Kept) error
	Kept(ctx context.Context, s domain.Stream) ([]Kept, error)
	// DropKept removes the checkpoints at the numbers from..to.
	DropKept(ctx context.Context, s domain.Stream, from, to uint64) error
	// Quarantine puts a row aside that the cloud could not read.
	Quarantine(ctx context.Context, epoch domain.EpochID, s domain.Stream, r wire.Row, reason string) error
	// PutCall keeps a finished call for the agent's own page.
	PutCall(ctx context.Context, atMilli int64, call domain.CallBody) error
}
