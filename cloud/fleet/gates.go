package fleet

import (
	"context"

	"vestibule/cloud/account"
	"vestibule/shared/domain"
)

// Gates tells which features those above an organisation opened for it (ACC-21, ACC-22, ACC-23).
type Gates interface {
	OrgGates(ctx context.Context, org domain.OrgID) (account.Gates, error)
}

// gates gives what is open at a site; where nobody tells, nothing is.
func (s *Service) gates(ctx context.Context, site domain.SiteID) (account.Gates, error) {
	if s.cfg.Gates == nil {
		return account.Gates{}, nil
	}
	of, err := s.cfg.Store.Site(ctx, site)
	if err != nil {
		return account.Gates{}, err
	}
	return s.cfg.Gates.OrgGates(ctx, of.OrgID)
}
