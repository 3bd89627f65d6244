package tunnel

import (
	"context"
	"slices"
	"time"

	"vestibule/cloud/account"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// List gives the open sessions of a site that the caller of ctx may see, oldest first.
func (s *Service) List(ctx context.Context, site domain.SiteID, by account.Caller) ([]View, error) {
	if err := s.Store.SeeSite(ctx, site); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []View{}
	for _, one := range s.byID {
		if one.site == site {
			out = append(out, one.view(by.Account))
		}
	}
	slices.SortFunc(out, func(a, b View) int { return a.OpenedAt.Compare(b.OpenedAt) })
	return out, nil
}

// find gives an open session of a site that the caller of ctx may see.
func (s *Service) find(ctx context.Context, site domain.SiteID, id domain.CommandID) (*session, error) {
	if err := s.Store.SeeSite(ctx, site); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.byID[id]
	if one == nil || one.site != site {
		return nil, errGone
	}
	return one, nil
}

// Ticket lets the one who opened a session into it once: Address takes Ticket as a form.
type Ticket struct {
	Address string    `json:"address"`
	Ticket  string    `json:"ticket"`
	Until   time.Time `json:"until"`
}

// Enter gives a ticket.
func (s *Service) Enter(ctx context.Context, site domain.SiteID, id domain.CommandID, by account.Caller) (Ticket, error) {
	one, err := s.find(ctx, site, id)
	if err != nil {
		return Ticket{}, err
	}
	if one.by.Account != by.Account {
		return Ticket{}, fault.New(fault.Forbidden, "Somebody else opened this session. Open one of your own.")
	}
	text, until := one.ticket(s.Now())
	return Ticket{Address: s.origin(one.label) + enterPath, Ticket: text, Until: until}, nil
}

// Close ends a session and returns when it is recorded.
func (s *Service) Close(ctx context.Context, site domain.SiteID, id domain.CommandID, by account.Caller) error {
	one, err := s.find(ctx, site, id)
	if err != nil {
		return err
	}
	one.endBy(EndClosed, &by)
	select {
	case <-one.ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
