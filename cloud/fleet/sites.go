package fleet

import (
	"context"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// Counts is how much a site holds. Managed counts the devices that an agent writes to.
type Counts struct {
	Buildings, Apartments, People, Devices, Managed, Agents int
}

// Sites keeps sites. Reads see what the caller of the context may see; the rest is NotFound.
type Sites interface {
	InstallerOrg(ctx context.Context, org domain.OrgID) (domain.OrgID, error)
	ListSites(ctx context.Context, page Page) (List[domain.Site], error)
	Site(ctx context.Context, site domain.SiteID) (domain.Site, error)
	LockSite(ctx context.Context, site domain.SiteID) error
	SiteCounts(ctx context.Context, sites []domain.SiteID) (map[domain.SiteID]Counts, error)
	PutSite(ctx context.Context, site domain.Site, at time.Time) error
	DeleteSite(ctx context.Context, site domain.SiteID, at time.Time) error
}

// Sites lists the sites of the caller.
func (s *Service) Sites(ctx context.Context, page Page) (List[domain.Site], error) {
	return s.cfg.Store.ListSites(ctx, page)
}

// Site gives one site.
func (s *Service) Site(ctx context.Context, site domain.SiteID) (domain.Site, error) {
	return s.cfg.Store.Site(ctx, site)
}

// Counts tells how much each of sites holds.
func (s *Service) Counts(ctx context.Context, sites ...domain.SiteID) (map[domain.SiteID]Counts, error) {
	return s.cfg.Store.SiteCounts(ctx, sites)
}

// FirstGroup is the name of the network group that every site begins with (DEV-04).
const FirstGroup = "Network 1"

// AddSite makes a site in the caller's installer organisation, with its first network group.
func (s *Service) AddSite(ctx context.Context, site domain.Site) (domain.Site, error) {
	caller, ok := account.From(ctx)
	if !ok {
		return domain.Site{}, fault.New(fault.Unauthenticated, "Sign in first.")
	}
	if err := site.Validate(); err != nil {
		return domain.Site{}, err
	}
	err := s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		org, err := s.cfg.Store.InstallerOrg(ctx, caller.Org)
		if err != nil {
			return err
		}
		e := &edit{s: s, at: s.now()}
		if site.Kind == "" {
			site.Kind = domain.Community
		}
		site.ID, site.OrgID, site.Revision = domain.NewID[domain.SiteID](e.at), org, 1
		e.site = site.ID
		if err := s.cfg.Store.PutSite(ctx, site, e.at); err != nil {
			return err
		}
		if err := s.describeSite(ctx, e, site); err != nil {
			return err
		}
		return s.finish(ctx, e)
	})
	return site, err
}

// describeSite puts a new site, its first group and what agents believe in into the document.
func (s *Service) describeSite(ctx context.Context, e *edit, site domain.Site) error {
	if err := e.put(desired.SectionSite, site.ID, site); err != nil {
		return err
	}
	trust, err := s.cfg.Desired.TrustOp()
	if err != nil {
		return err
	}
	e.ops = append(e.ops, trust)
	if err := e.record(ctx, audit.Created, "site", site.ID, nil, site); err != nil {
		return err
	}
	group := domain.NetworkGroup{ID: domain.NewID[domain.GroupID](e.at), SiteID: site.ID, Name: FirstGroup, Revision: 1}
	return s.putGroup(ctx, e, nil, group)
}

// EditSite changes name, time zone and kind; an empty kind stays as it is.
func (s *Service) EditSite(ctx context.Context, site domain.Site) (domain.Site, error) {
	err := s.edit(ctx, site.ID, func(ctx context.Context, e *edit) error {
		before, err := s.cfg.Store.Site(ctx, site.ID)
		if err != nil {
			return err
		}
		if site.Revision, err = account.Revise(ctx, before.Revision); err != nil {
			return err
		}
		site.OrgID = before.OrgID
		if site.Kind == "" {
			site.Kind = before.Kind
		}
		if err := site.Validate(); err != nil {
			return err
		}
		if err := s.cfg.Store.PutSite(ctx, site, e.at); err != nil {
			return err
		}
		if err := e.put(desired.SectionSite, site.ID, site); err != nil {
			return err
		}
		return e.record(ctx, audit.Changed, "site", site.ID, before, site)
	})
	return site, err
}

// DeleteSite deletes an empty site: one that holds buildings, devices or agents is Conflict, because nobody should lose a working house
// by one click.
func (s *Service) DeleteSite(ctx context.Context, site domain.SiteID) error {
	return s.edit(ctx, site, func(ctx context.Context, e *edit) error {
		before, err := s.cfg.Store.Site(ctx, site)
		if err != nil {
			return err
		}
		if _, err := account.Revise(ctx, before.Revision); err != nil {
			return err
		}
		counts, err := s.cfg.Store.SiteCounts(ctx, []domain.SiteID{site})
		if err != nil {
			return err
		}
		if n := counts[site]; n.Buildings+n.Devices+n.Agents > 0 {
			return fault.New(fault.Conflict, "The site still has %d buildings, %d devices and %d agents. Delete them first.", n.Buildings, n.Devices, n.Agents)
		}
		if err := s.cfg.Store.DeleteSite(ctx, site, e.at); err != nil {
			return err
		}
		return e.record(ctx, audit.Deleted, "site", site, before, nil)
	})
}
