package fleet

import (
	"context"
	"time"

	"vestibule/cloud/audit"
	"vestibule/shared/domain"
)

// Batch is what comes new to a site at once. Its nouns have their ids and SIP numbers.
type Batch struct {
	Apartments []domain.Apartment
	People     []domain.Person
	Devices    []domain.Device
}

// Gone is what leaves a site at once.
type Gone struct {
	Apartments []domain.ApartmentID
	People     []domain.PersonID
	Devices    []domain.DeviceID
}

// Batches keeps what many edits write at once. The rows are those that single edits would write.
type Batches interface {
	AddBatch(ctx context.Context, b Batch, at time.Time) error
	DropBatch(ctx context.Context, site domain.SiteID, gone Gone, at time.Time) error
	// RecordAll adds audit entries in their order.
	RecordAll(ctx context.Context, entries []audit.Entry) error
	// BoundMACs gives those of macs that a device of another site has; nothing tells whose.
	BoundMACs(ctx context.Context, site domain.SiteID, macs []domain.MAC) (map[domain.MAC]bool, error)
	// SIPNumberFree tells whether a number was never issued.
	SIPNumberFree(ctx context.Context, number string) (bool, error)
	// Folded writes a name as lists compare it.
	Folded(name string) string
}
