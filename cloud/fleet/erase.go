package fleet

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"vestibule/cloud/account"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// EraseJob is the work that erases the events of a home after its reset.
const EraseJob = "fleet.erase"

// Erasure says which events go: those of a home that happened before a time in milliseconds.
type Erasure struct {
	Site      domain.SiteID      `json:"site"`
	Apartment domain.ApartmentID `json:"apartment"`
	Before    int64              `json:"before"`
}

// erasePage is how many events one statement erases; lateFor is for how long an agent that was cut off may still bring events from before a reset.
const (
	erasePage = 1000
	lateFor   = 90 * 24 * time.Hour
)

// later puts an erasure into the queue; without one it is done at once.
func (s *Service) later(ctx context.Context, work Erasure) error {
	if s.cfg.Later == nil {
		return s.erase(ctx, work)
	}
	return s.cfg.Later.Insert(ctx, EraseJob, work)
}

// Erase does work of EraseJob.
func (s *Service) Erase(ctx context.Context, body []byte) error {
	var work Erasure
	if err := json.Unmarshal(body, &work); err != nil {
		return fmt.Errorf("read %s: %w", EraseJob, err)
	}
	return s.erase(account.AsSystem(ctx, "Reset"), work)
}

func (s *Service) erase(ctx context.Context, work Erasure) error {
	for {
		n, err := s.cfg.Store.EraseEvents(ctx, work.Site, work.Apartment, time.UnixMilli(work.Before), erasePage)
		if err != nil || n < erasePage {
			return err
		}
	}
}

// EraseLate erases what agents brought after a reset and had happened before it.
func (s *Service) EraseLate(ctx context.Context) error {
	ctx = account.AsSystem(ctx, "Reset")
	homes, err := s.cfg.Store.ResetHomes(ctx, s.now().Add(-lateFor))
	if err != nil {
		return err
	}
	for _, home := range homes {
		if err := s.erase(ctx, home); err != nil && fault.CodeOf(err) != fault.NotFound {
			return err
		}
	}
	return nil
}
