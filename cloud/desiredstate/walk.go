package desiredstate

import (
	"context"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/wire"
)

// Place narrows a question to the devices that an edit of one thing concerns: the device itself; the devices of an apartment and the doors that
// stand for it; those of a building and the doors of the site. All zero: every device of the site.
type Place struct {
	Device    domain.DeviceID
	Apartment domain.ApartmentID
	Building  domain.BuildingID
}

// MaxWalkers is how many devices one answer names; the others are counted.
const MaxWalkers = 60

// Walker is one device on which an edit has to arrive.
type Walker struct {
	Device   domain.DeviceID
	Name     string
	Type     domain.DeviceType
	Manual   bool           // set up by hand: nothing is written
	Agent    domain.AgentID // acts for its network group; zero while nobody does
	Online   bool
	Since    time.Time // of Online; zero when nobody has reported on it
	Standing Standing
}

// Batch is how many devices stand alike.
type Batch struct {
	N    int
	MACs int // how many of them have one
	Walker
}

// Walk is where the newest version of a site's document stands on the devices of a place (BEY-07).
type Walk struct {
	Version uint64
	Count   WalkCount
	Walkers []Walker               // those with the most left to do first, at most MaxWalkers
	Acting  map[domain.AgentID]int // how many devices each agent acts for; the zero agent stands for nobody
}

// WalkCount counts devices. Each stands in one of the first six; Withheld and Offline count across them.
type WalkCount struct{ Total, Saved, Held, Written, ReadBack, Failed, Manual, Withheld, Offline int }

func (c *WalkCount) add(b Batch) {
	c.Total += b.N
	switch b.Standing.State {
	case wire.ReceiptManual:
		c.Manual += b.N
	case wire.ReceiptHeld:
		c.Held += b.N
	case wire.ReceiptWritten:
		c.Written += b.N
	case wire.ReceiptApplied:
		c.ReadBack += b.N
	case wire.ReceiptFailed:
		c.Failed += b.N
	default:
		c.Saved += b.N
	}
	if len(b.Standing.Withheld) > 0 {
		c.Withheld += b.N
	}
	if !b.Online && !b.Manual {
		c.Offline += b.N
	}
}

// judged gives the walker as it stands against the head.
func (w Walker) judged(head uint64, held map[domain.AgentID]uint64) Walker {
	if w.Standing.State == "" {
		w.Standing.State = Saved
	}
	if w.Manual {
		w.Standing.State, w.Standing.Version = wire.ReceiptManual, head
	}
	w.Standing = Receipt{Standing: w.Standing}.against(head, held[w.Agent]).Standing
	return w
}

// Walk tells where the newest version stands on the devices of a place. NotFound when the place is not of the site or out of the caller's sight.
func (s *Service) Walk(ctx context.Context, site domain.SiteID, place Place) (Walk, error) {
	batches, head, held, err := s.batches(ctx, site, place)
	if err != nil {
		return Walk{}, err
	}
	walk := Walk{Version: head, Acting: map[domain.AgentID]int{}}
	walkers, err := s.Store.Walkers(ctx, site, place, head, MaxWalkers)
	if err != nil {
		return Walk{}, err
	}
	if len(walkers) == 0 && !place.Device.IsZero() {
		return Walk{}, fault.New(fault.NotFound, "This device does not exist.")
	}
	for _, b := range batches {
		walk.Count.add(b)
		if !b.Manual {
			walk.Acting[b.Agent] += b.N
		}
	}
	for _, w := range walkers {
		walk.Walkers = append(walk.Walkers, w.judged(head, held))
	}
	return walk, nil
}

// Batches counts the devices of a site by how they stand at the newest version.
func (s *Service) Batches(ctx context.Context, site domain.SiteID) ([]Batch, error) {
	batches, _, _, err := s.batches(ctx, site, Place{})
	return batches, err
}

// batches judges the devices of a place by the head, and tells that and what agents hold.
func (s *Service) batches(ctx context.Context, site domain.SiteID, place Place) (batches []Batch, head uint64, held map[domain.AgentID]uint64, err error) {
	if head, err = s.Head(ctx, site); err != nil {
		return nil, 0, nil, err
	}
	if batches, err = s.Store.WalkerBatches(ctx, site, place, head); err != nil {
		return nil, 0, nil, err
	}
	if held, err = s.Store.HeldBy(ctx, site); err != nil {
		return nil, 0, nil, err
	}
	for i, b := range batches {
		batches[i].Walker = b.judged(head, held)
	}
	return batches, head, held, nil
}
