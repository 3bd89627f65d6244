package store

import (
	"context"
	"fmt"
	"time"

	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
)

type companyRow struct {
	ID     domain.CompanyID `gorm:"primaryKey"`
	SiteID domain.SiteID
	Name   string
	Record record `gorm:"embedded"`
}

func (companyRow) TableName() string { return "companies" }

func (r companyRow) place() (string, string) { return r.Record.Folded, r.ID.String() }

func (r companyRow) noun() domain.Company {
	return domain.Company{ID: r.ID, SiteID: r.SiteID, Name: r.Name, Revision: r.Record.Revision}
}

// ListCompanies lists the companies of a site by name.
func (s *Store) ListCompanies(ctx context.Context, site domain.SiteID, page fleet.Page) (fleet.List[domain.Company], error) {
	return listBy[domain.Company, companyRow](s.in(ctx, site), page, sorts{"name": "list.folded", "created": "list.created_at"})
}

// Company gives one company of a site.
func (s *Store) Company(ctx context.Context, site domain.SiteID, id domain.CompanyID) (domain.Company, error) {
	return take[domain.Company, companyRow](ctx, s, site, id, "This company")
}

// PutCompany adds or changes a company; a name that the site has already is Conflict at "name".
func (s *Store) PutCompany(ctx context.Context, c domain.Company, at time.Time) error {
	r := companyRow{ID: c.ID, SiteID: c.SiteID, Name: c.Name, Record: newRecord(at, c.Name)}
	if err := s.put(ctx, &r, "name"); err != nil {
		return fmt.Errorf("save company: %w", duplicate(err, "name", "Another company of the site has this name."))
	}
	return nil
}

// DeleteCompany marks a company as deleted.
func (s *Store) DeleteCompany(ctx context.Context, site domain.SiteID, id domain.CompanyID, at time.Time) error {
	return s.drop(ctx, &companyRow{}, site, id, at)
}

// CompanyMembers counts who and what belongs to each of companies.
func (s *Store) CompanyMembers(ctx context.Context, site domain.SiteID, companies []domain.CompanyID) (map[domain.CompanyID]fleet.Members, error) {
	return members(ctx, s, site, "company_id", companies)
}
