package fleet

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// SIPNumbers keeps every SIP number that was ever issued.
type SIPNumbers interface {
	// TakeSIPNumber writes down that a number is issued to owner; false when somebody of the platform has or had it.
	TakeSIPNumber(ctx context.Context, site domain.SiteID, number, kind string, owner [16]byte, at time.Time) (bool, error)
}

// Kinds of SIP numbers (PEOPLE-02). Devices take theirs from the range of people.
const (
	FamilyNumber   = "family" // of an apartment; begins with 5
	PersonalNumber = "personal"
	DeviceNumber   = "device"
)

// sipDraws is how often a number is drawn before giving up. With half of a range issued, 40 draws fail once in 10^12.
const sipDraws = 40

// issueNumber draws a number of ten digits for owner, an apartment, a person or a device, that the platform has never issued. It is written down in
// the transaction of the edit. Numbers are drawn rather than counted, so that nobody can tell the numbers of others from the own one.
func (s *Service) issueNumber(ctx context.Context, e *edit, kind string, owner [16]byte) (string, error) {
	first := int64(6)
	if kind == FamilyNumber {
		first = 5
	}
	for range sipDraws {
		n, err := rand.Int(rand.Reader, big.NewInt(1_000_000_000))
		if err != nil {
			return "", fmt.Errorf("draw a SIP number: %w", err)
		}
		number := fmt.Sprintf("%010d", first*1_000_000_000+n.Int64())
		free, err := s.cfg.Store.TakeSIPNumber(ctx, e.site, number, kind, owner, e.at)
		if err != nil || free {
			return number, err
		}
	}
	return "", fault.New(fault.Limit, "No free SIP number was found.")
}
