package fleet

import (
	"context"
	"slices"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/wire"
)

// Trunks keeps the trunk of each site; passwords are sealed at rest.
type Trunks interface {
	// Trunk gives the trunk of a site with its password; NotFound when it has none, and then with the revision of the last one.
	Trunk(ctx context.Context, site domain.SiteID) (domain.Trunk, error)
	PutTrunk(ctx context.Context, trunk domain.Trunk, at time.Time) error
	DeleteTrunk(ctx context.Context, site domain.SiteID, revision uint64, at time.Time) error
	// TrunkTaken tells whether another site, of whomever, has the account of a trunk.
	TrunkTaken(ctx context.Context, trunk domain.Trunk) (bool, error)
	// TrunkStates gives what the agents of a site say of its trunk.
	TrunkStates(ctx context.Context, site domain.SiteID) ([]TrunkState, error)
}

// TrunkState is what an agent said last of the trunk of its site.
type TrunkState struct {
	wire.TrunkReport
	Agent     domain.AgentID
	Name      string
	Since, At time.Time // of the state; of the report
}

// TrunkTaken is the fault of a trunk whose account another site has: the limits of a site bound what an account can cost only when it is alone.
const TrunkTaken = "Another site uses this account of the carrier. Every site needs one of its own, or its limits bound nothing."

// trunkAgain is the fault of a change that would send a stored password to another place.
const trunkAgain = "The password again: the server or the user name changed, and it goes there."

// Trunk gives the trunk of a site without its password; ok is false when it has none. The revision counts either way.
func (s *Service) Trunk(ctx context.Context, site domain.SiteID) (trunk domain.Trunk, ok bool, err error) {
	if _, err := s.cfg.Store.Site(ctx, site); err != nil {
		return domain.Trunk{}, false, err
	}
	trunk, err = s.cfg.Store.Trunk(ctx, site)
	ok, err = exists(err)
	return trunk, ok, err
}

// TrunkStates gives what the agents of a site say of its trunk.
func (s *Service) TrunkStates(ctx context.Context, site domain.SiteID) ([]TrunkState, error) {
	return s.cfg.Store.TrunkStates(ctx, site)
}

// PutTrunk gives a site its trunk, or changes it; a zero password leaves the stored one (CALL-09).
func (s *Service) PutTrunk(ctx context.Context, trunk domain.Trunk) (domain.Trunk, error) {
	err := s.edit(ctx, trunk.SiteID, func(ctx context.Context, e *edit) error {
		before, err := s.cfg.Store.Trunk(ctx, trunk.SiteID)
		had, err := exists(err)
		if err != nil {
			return err
		}
		if trunk.Revision, err = account.Revise(ctx, before.Revision); err != nil {
			return err
		}
		if err := s.checkTrunk(ctx, before, had, &trunk); err != nil {
			return err
		}
		if err := s.cfg.Store.PutTrunk(ctx, trunk, e.at); err != nil {
			return err
		}
		if err := e.put(desired.SectionTrunk, trunk.SiteID, trunk); err != nil {
			return err
		}
		if !had {
			return e.record(ctx, audit.Created, "trunk", trunk.SiteID, nil, trunk)
		}
		return e.record(ctx, audit.Changed, "trunk", trunk.SiteID, before, trunk)
	})
	return trunk, err
}

// checkTrunk fills in what was left empty and finds every fault.
func (s *Service) checkTrunk(ctx context.Context, before domain.Trunk, had bool, trunk *domain.Trunk) error {
	site, err := s.cfg.Store.Site(ctx, trunk.SiteID)
	if err != nil {
		return err
	}
	if len(trunk.Limits.Countries) == 0 && domain.HasNumbers(site.Address.Country) {
		trunk.Limits.Countries = []string{site.Address.Country}
	}
	trunk.Defaults()
	var f faults
	if had && trunk.Password.IsZero() && trunk.User != "" && !before.Password.IsZero() {
		moved := trunk.Host != before.Host || trunk.PortOf() != before.PortOf() || trunk.User != before.User ||
			trunk.Transport != before.Transport && trunk.Transport == domain.TrunkUDP
		f.invalid.Check(!moved, "password", "%s", trunkAgain)
		trunk.Password = before.Password
	}
	for _, field := range fault.FieldsOf(trunk.Validate()) {
		if !slices.ContainsFunc(fault.FieldsOf(f.invalid.Err()), func(o fault.Field) bool { return o.Path == field.Path }) {
			f.invalid.Add(field.Path, "%s", field.Msg)
		}
	}
	taken, err := s.cfg.Store.TrunkTaken(ctx, *trunk)
	f.taken.Check(!taken, "user", "%s", TrunkTaken)
	if err != nil {
		return err
	}
	return f.Err()
}

// DeleteTrunk takes the trunk of a site away.
func (s *Service) DeleteTrunk(ctx context.Context, site domain.SiteID) error {
	return s.edit(ctx, site, func(ctx context.Context, e *edit) error {
		before, err := s.cfg.Store.Trunk(ctx, site)
		if err != nil {
			return err
		}
		next, err := account.Revise(ctx, before.Revision)
		if err != nil {
			return err
		}
		if err := s.cfg.Store.DeleteTrunk(ctx, site, next, e.at); err != nil {
			return err
		}
		e.remove(desired.SectionTrunk, site)
		return e.record(ctx, audit.Deleted, "trunk", site, before, nil)
	})
}
