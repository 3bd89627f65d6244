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

// Companies keeps the companies of commercial sites.
type Companies interface {
	ListCompanies(ctx context.Context, site domain.SiteID, page Page) (List[domain.Company], error)
	Company(ctx context.Context, site domain.SiteID, id domain.CompanyID) (domain.Company, error)
	PutCompany(ctx context.Context, company domain.Company, at time.Time) error // Conflict at "name" when taken
	DeleteCompany(ctx context.Context, site domain.SiteID, id domain.CompanyID, at time.Time) error
	// CompanyMembers counts who and what belongs to each of companies.
	CompanyMembers(ctx context.Context, site domain.SiteID, companies []domain.CompanyID) (map[domain.CompanyID]Members, error)
}

// Companies lists the companies of a site.
func (s *Service) Companies(ctx context.Context, site domain.SiteID, page Page) (List[domain.Company], error) {
	return s.cfg.Store.ListCompanies(ctx, site, page)
}

// Company gives one company.
func (s *Service) Company(ctx context.Context, site domain.SiteID, id domain.CompanyID) (domain.Company, error) {
	return s.cfg.Store.Company(ctx, site, id)
}

// CompanyMembers counts who and what belongs to each of companies.
func (s *Service) CompanyMembers(ctx context.Context, site domain.SiteID, companies ...domain.CompanyID) (map[domain.CompanyID]Members, error) {
	return s.cfg.Store.CompanyMembers(ctx, site, companies)
}

// AddCompany adds a company to a commercial site (SITE-37). A single-company site has exactly one (SITE-30).
func (s *Service) AddCompany(ctx context.Context, company domain.Company) (domain.Company, error) {
	err := s.edit(ctx, company.SiteID, func(ctx context.Context, e *edit) error {
		site, err := s.cfg.Store.Site(ctx, e.site)
		if err != nil {
			return err
		}
		if site.Kind != domain.Commercial {
			return fault.New(fault.Conflict, "Only a commercial site has companies.")
		}
		if site.Form.Variant == domain.SingleCompany {
			there, err := s.cfg.Store.ListCompanies(ctx, e.site, Page{Limit: 1})
			if err != nil {
				return err
			}
			if there.Total > 0 {
				return fault.New(fault.Conflict, "A single-company site has one company: %s.", there.Items[0].Name)
			}
		}
		company.ID, company.Revision = domain.NewID[domain.CompanyID](e.at), 1
		return s.putCompany(ctx, e, nil, company)
	})
	return company, err
}

// onlyCompany gives the company of a single-company site and makes it, named like the site, when it is first needed (SITE-30). Of any other
// site it is the zero id.
func (s *Service) onlyCompany(ctx context.Context, e *edit) (domain.CompanyID, error) {
	site, err := s.cfg.Store.Site(ctx, e.site)
	if err != nil || site.Kind != domain.Commercial || site.Form.Variant != domain.SingleCompany {
		return domain.CompanyID{}, err
	}
	there, err := s.cfg.Store.ListCompanies(ctx, e.site, Page{Limit: 1})
	if err != nil {
		return domain.CompanyID{}, err
	}
	if len(there.Items) > 0 {
		return there.Items[0].ID, nil
	}
	company := domain.Company{ID: domain.NewID[domain.CompanyID](e.at), SiteID: e.site, Name: site.Name, Revision: 1}
	return company.ID, s.putCompany(ctx, e, nil, company)
}

// EditCompany renames a company.
func (s *Service) EditCompany(ctx context.Context, company domain.Company) (domain.Company, error) {
	err := s.edit(ctx, company.SiteID, func(ctx context.Context, e *edit) error {
		before, err := s.cfg.Store.Company(ctx, company.SiteID, company.ID)
		if err != nil {
			return err
		}
		if company.Revision, err = account.Revise(ctx, before.Revision); err != nil {
			return err
		}
		return s.putCompany(ctx, e, &before, company)
	})
	return company, err
}

func (s *Service) putCompany(ctx context.Context, e *edit, before *domain.Company, company domain.Company) error {
	if err := company.Validate(); err != nil {
		return err
	}
	if err := s.cfg.Store.PutCompany(ctx, company, e.at); err != nil {
		return err
	}
	if err := e.put(desired.SectionCompanies, company.ID, company); err != nil {
		return err
	}
	if before == nil {
		return e.record(ctx, audit.Created, "company", company.ID, nil, company)
	}
	return e.record(ctx, audit.Changed, "company", company.ID, before, company)
}

// DeleteCompany deletes a company; one with people or devices is Conflict, and so is the only one of a single-company site.
func (s *Service) DeleteCompany(ctx context.Context, site domain.SiteID, id domain.CompanyID) error {
	return s.edit(ctx, site, func(ctx context.Context, e *edit) error {
		before, err := s.cfg.Store.Company(ctx, site, id)
		if err != nil {
			return err
		}
		if _, err := account.Revise(ctx, before.Revision); err != nil {
			return err
		}
		members, err := s.cfg.Store.CompanyMembers(ctx, site, []domain.CompanyID{id})
		if err != nil {
			return err
		}
		if err := members[id].empty("company"); err != nil {
			return err
		}
		at, err := s.cfg.Store.Site(ctx, site)
		if err != nil {
			return err
		}
		if at.Form.Variant == domain.SingleCompany {
			return fault.New(fault.Conflict, "A single-company site keeps its company. Rename it instead.")
		}
		if err := s.cfg.Store.DeleteCompany(ctx, site, id, e.at); err != nil {
			return err
		}
		e.remove(desired.SectionCompanies, id)
		return e.record(ctx, audit.Deleted, "company", id, before, nil)
	})
}
