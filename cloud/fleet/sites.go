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

// Anything tells whether there is something that a deletion of the site would take along.
func (c Counts) Anything() bool { return c.Buildings+c.Apartments+c.People+c.Devices+c.Agents > 0 }

// SiteLine is what a list shows beside a site: the version of its document, how many of its agents are online, on how many devices the newest
// edit is applied, and its managers by name.
type SiteLine struct {
	Version               uint64
	AgentsOnline, Applied int
	Managers              []string
	Created               time.Time
}

// Sites keeps sites. Reads see what the caller of the context may see; the rest is NotFound.
type Sites interface {
	InstallerOrg(ctx context.Context, org domain.OrgID) (domain.OrgID, error)
	LockOrg(ctx context.Context, org domain.OrgID) (account.Org, error)
	ListSites(ctx context.Context, page Page) (List[domain.Site], error)
	Site(ctx context.Context, site domain.SiteID) (domain.Site, error)
	LockSite(ctx context.Context, site domain.SiteID) error
	SiteCounts(ctx context.Context, sites []domain.SiteID) (map[domain.SiteID]Counts, error)
	// SiteLines gives what lists show of sites that the caller was shown already, in few queries whatever their number.
	SiteLines(ctx context.Context, sites []domain.SiteID) (map[domain.SiteID]SiteLine, error)
	// SiteNamed tells whether another site than except has the name in an organisation.
	SiteNamed(ctx context.Context, org domain.OrgID, name string, except domain.SiteID) (bool, error)
	// BareApartments counts the apartments of a site without an indoor monitor, and gives the numbers of the first ones.
	BareApartments(ctx context.Context, site domain.SiteID, first int) (n int, numbers []string, err error)
	PutSite(ctx context.Context, site domain.Site, at time.Time) error
	// PeopleWithAccounts lists the people of a site who have an account.
	PeopleWithAccounts(ctx context.Context, site domain.SiteID) ([]domain.Person, error)
	// EmptySite marks everything a site holds as deleted, frees its MACs and drops its assignments.
	EmptySite(ctx context.Context, site domain.SiteID, at time.Time) error
	DeleteSite(ctx context.Context, site domain.SiteID, at time.Time) error
}

// Zones tells the zone of an installer (ACC-10).
type Zones interface {
	OrgZone(ctx context.Context, org domain.OrgID) (string, error)
}

// Agents ends the agents of a site that goes, in the transaction that deletes it.
type Agents interface {
	RevokeAgents(ctx context.Context, site domain.SiteID) error
}

// Sites lists the sites of the caller (SITE-01, SITE-02). Page.Only knows kind.
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

// Lines tells what a list shows beside each of sites. Managers are named to those who may see them.
func (s *Service) Lines(ctx context.Context, sites ...domain.SiteID) (map[domain.SiteID]SiteLine, error) {
	lines, err := s.cfg.Store.SiteLines(ctx, sites)
	if caller, ok := account.From(ctx); !ok || !caller.May(account.ManagersRead) {
		for id, line := range lines {
			line.Managers = nil
			lines[id] = line
		}
	}
	return lines, err
}

// FirstGroup is the name of the network group that every site begins with (DEV-04).
const FirstGroup = "Network 1"

var errSignInFirst = fault.New(fault.Unauthenticated, "Sign in first.")

// AddSite makes a site in the caller's installer organisation, with its first network group. Without a time zone it takes the installer's
// (SITE-04, ACC-10).
func (s *Service) AddSite(ctx context.Context, site domain.Site) (domain.Site, error) {
	return s.addSite(ctx, site, nil)
}

// addSite makes a site, and what fill adds to it in the same edit.
func (s *Service) addSite(ctx context.Context, site domain.Site, fill func(ctx context.Context, e *edit, site *domain.Site) error) (domain.Site, error) {
	err := s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		org, err := s.installerOf(ctx)
		if err != nil {
			return err
		}
		e := &edit{s: s, at: s.now()}
		site.ID, site.OrgID, site.Revision = domain.NewID[domain.SiteID](e.at), org, 1
		e.site = site.ID
		if site.TimeZone == "" {
			if site.TimeZone, err = s.zoneOf(ctx, org); err != nil {
				return err
			}
			site.Form.FollowZone = site.Kind == domain.SingleHome
		}
		if err := s.checkSite(ctx, nil, &site); err != nil {
			return err
		}
		if err := s.cfg.Store.PutSite(ctx, site, e.at); err != nil {
			return err
		}
		if err := s.describeSite(ctx, e, site); err != nil {
			return err
		}
		if fill != nil {
			if err := fill(ctx, e, &site); err != nil {
				return err
			}
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

// SiteChange is what an edit says of a site; nil Form and Address stay as they are, an empty Kind too.
type SiteChange struct {
	ID             domain.SiteID
	Name, TimeZone string
	Kind           domain.SiteKind
	Form           *domain.SiteForm
	Address        *domain.Address
}

// EditSite changes name, time zone, form and address; a zone that changes reaches the building like any other edit.
func (s *Service) EditSite(ctx context.Context, change SiteChange) (site domain.Site, err error) {
	err = s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		seen, err := s.cfg.Store.Site(ctx, change.ID)
		if err != nil {
			return err
		}
		// Names are compared under the lock of the organisation, which is taken before that of the site, as everywhere.
		if _, err := s.cfg.Store.LockOrg(ctx, seen.OrgID); err != nil {
			return err
		}
		site, err = s.changeSite(ctx, change)
		return err
	})
	return site, err
}

func (s *Service) changeSite(ctx context.Context, change SiteChange) (site domain.Site, err error) {
	err = s.edit(ctx, change.ID, func(ctx context.Context, e *edit) error {
		before, err := s.cfg.Store.Site(ctx, change.ID)
		if err != nil {
			return err
		}
		site = before
		if site.Revision, err = account.Revise(ctx, before.Revision); err != nil {
			return err
		}
		site.Name, site.TimeZone, site.Kind = change.Name, change.TimeZone, change.Kind
		if change.Form != nil {
			site.Form = *change.Form
		}
		if change.Address != nil {
			site.Address = *change.Address
		}
		if err := s.settleZone(ctx, before, &site); err != nil {
			return err
		}
		if err := s.checkSite(ctx, &before, &site); err != nil {
			return err
		}
		return s.saveSite(ctx, e, before, site)
	})
	return site, err
}

// settleZone: a single-family site that shall follow from now on takes its installer's zone; one that is given another has a zone of its own
// (PEOPLE-01).
func (s *Service) settleZone(ctx context.Context, before domain.Site, site *domain.Site) (err error) {
	switch {
	case site.Form.FollowZone && !before.Form.FollowZone && before.Kind == domain.SingleHome:
		site.TimeZone, err = s.zoneOf(ctx, site.OrgID)
	case site.TimeZone != before.TimeZone:
		site.Form.FollowZone = false
	}
	return err
}

func (s *Service) saveSite(ctx context.Context, e *edit, before, site domain.Site) error {
	if err := s.cfg.Store.PutSite(ctx, site, e.at); err != nil {
		return err
	}
	if err := e.put(desired.SectionSite, site.ID, site); err != nil {
		return err
	}
	return e.record(ctx, audit.Changed, "site", site.ID, before, site)
}

// goneSite is what the audit keeps of a deleted site: itself, and how much went with it.
type goneSite struct {
	domain.Site
	Gone Counts
}

// DeleteSite deletes a site with its people, devices, assignments and agents; MACs become free, the audit stays (SITE-03). A site that holds
// something goes only when confirm is its name, so that nobody loses a working house by one click.
func (s *Service) DeleteSite(ctx context.Context, site domain.SiteID, confirm string) error {
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.cfg.Store.LockSite(ctx, site); err != nil {
			return err
		}
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
		gone := counts[site]
		if err := confirmed(before, gone, confirm); err != nil {
			return err
		}
		e := &edit{s: s, site: site, at: s.now()}
		if err := s.leaveSite(ctx, site); err != nil {
			return err
		}
		if err := s.cfg.Store.EmptySite(ctx, site, e.at); err != nil {
			return err
		}
		if err := s.cfg.Store.DeleteSite(ctx, site, e.at); err != nil {
			return err
		}
		return e.record(ctx, audit.Deleted, "site", site, goneSite{before, gone}, nil)
	})
}

// confirmed wants the name of a site that holds something.
func confirmed(site domain.Site, n Counts, confirm string) error {
	switch {
	case confirm == site.Name || confirm == "" && !n.Anything():
		return nil
	case confirm == "":
		return fault.New(fault.Conflict, "The site still has %s. Confirm with its name to delete all of it.", fault.Count(
			fault.Of{N: n.Buildings, One: "building", Many: "buildings"}, fault.Of{N: n.Apartments, One: "apartment", Many: "apartments"},
			fault.Of{N: n.People, One: "person", Many: "people"}, fault.Of{N: n.Devices, One: "device", Many: "devices"},
			fault.Of{N: n.Agents, One: "agent", Many: "agents"}))
	}
	var f fault.Fields
	f.Add("confirm", "This is not the name of the site.")
	return f.Err()
}

// leaveSite ends what acts for a site or at it: agents, and the accounts of its people.
func (s *Service) leaveSite(ctx context.Context, site domain.SiteID) error {
	if s.cfg.Agents != nil {
		if err := s.cfg.Agents.RevokeAgents(ctx, site); err != nil {
			return err
		}
	}
	if s.cfg.Residents == nil {
		return nil
	}
	people, err := s.cfg.Store.PeopleWithAccounts(ctx, site)
	if err != nil {
		return err
	}
	for _, person := range people {
		if err := s.cfg.Residents.PersonDeleted(ctx, person); err != nil {
			return err
		}
	}
	return nil
}
