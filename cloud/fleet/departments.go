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

// Departments keeps the departments of offices.
type Departments interface {
	ListDepartments(ctx context.Context, site domain.SiteID, page Page) (List[domain.Department], error)
	Department(ctx context.Context, site domain.SiteID, id domain.DepartmentID) (domain.Department, error)
	PutDepartment(ctx context.Context, department domain.Department, at time.Time) error // Conflict at "name" when taken
	DeleteDepartment(ctx context.Context, site domain.SiteID, id domain.DepartmentID, at time.Time) error
	// DepartmentMembers counts who and what belongs to each of departments.
	DepartmentMembers(ctx context.Context, site domain.SiteID, departments []domain.DepartmentID) (map[domain.DepartmentID]Members, error)
}

// Members is how many people and devices belong to a department or a company.
type Members struct{ People, Devices int }

// empty is Conflict while anybody or anything belongs to the thing.
func (m Members) empty(noun string) error {
	if m.People+m.Devices == 0 {
		return nil
	}
	return fault.New(fault.Conflict, "The %s still has %s. Move or delete all of it first.", noun,
		fault.Count(fault.Of{N: m.People, One: "person", Many: "people"}, fault.Of{N: m.Devices, One: "device", Many: "devices"}))
}

// Departments lists the departments of a site.
func (s *Service) Departments(ctx context.Context, site domain.SiteID, page Page) (List[domain.Department], error) {
	return s.cfg.Store.ListDepartments(ctx, site, page)
}

// Department gives one department.
func (s *Service) Department(ctx context.Context, site domain.SiteID, id domain.DepartmentID) (domain.Department, error) {
	return s.cfg.Store.Department(ctx, site, id)
}

// DepartmentMembers counts who and what belongs to each of departments.
func (s *Service) DepartmentMembers(ctx context.Context, site domain.SiteID, departments ...domain.DepartmentID) (map[domain.DepartmentID]Members, error) {
	return s.cfg.Store.DepartmentMembers(ctx, site, departments)
}

// AddDepartment adds a department to an office (SITE-39).
func (s *Service) AddDepartment(ctx context.Context, department domain.Department) (domain.Department, error) {
	err := s.edit(ctx, department.SiteID, func(ctx context.Context, e *edit) error {
		site, err := s.cfg.Store.Site(ctx, e.site)
		if err != nil {
			return err
		}
		if site.Kind != domain.Office {
			return fault.New(fault.Conflict, "Only an office has departments.")
		}
		department.ID, department.Revision = domain.NewID[domain.DepartmentID](e.at), 1
		return s.putDepartment(ctx, e, nil, department)
	})
	return department, err
}

// EditDepartment renames a department or changes its floors.
func (s *Service) EditDepartment(ctx context.Context, department domain.Department) (domain.Department, error) {
	err := s.edit(ctx, department.SiteID, func(ctx context.Context, e *edit) error {
		before, err := s.cfg.Store.Department(ctx, department.SiteID, department.ID)
		if err != nil {
			return err
		}
		if department.Revision, err = account.Revise(ctx, before.Revision); err != nil {
			return err
		}
		return s.putDepartment(ctx, e, &before, department)
	})
	return department, err
}

func (s *Service) putDepartment(ctx context.Context, e *edit, before *domain.Department, department domain.Department) error {
	if err := department.Validate(); err != nil {
		return err
	}
	if err := s.cfg.Store.PutDepartment(ctx, department, e.at); err != nil {
		return err
	}
	if err := e.put(desired.SectionDepartments, department.ID, department); err != nil {
		return err
	}
	if before == nil {
		return e.record(ctx, audit.Created, "department", department.ID, nil, department)
	}
	return e.record(ctx, audit.Changed, "department", department.ID, before, department)
}

// DeleteDepartment deletes a department; one with users or devices is Conflict (SITE-39).
func (s *Service) DeleteDepartment(ctx context.Context, site domain.SiteID, id domain.DepartmentID) error {
	return s.edit(ctx, site, func(ctx context.Context, e *edit) error {
		before, err := s.cfg.Store.Department(ctx, site, id)
		if err != nil {
			return err
		}
		if _, err := account.Revise(ctx, before.Revision); err != nil {
			return err
		}
		members, err := s.cfg.Store.DepartmentMembers(ctx, site, []domain.DepartmentID{id})
		if err != nil {
			return err
		}
		if err := members[id].empty("department"); err != nil {
			return err
		}
		if err := s.cfg.Store.DeleteDepartment(ctx, site, id, e.at); err != nil {
			return err
		}
		e.remove(desired.SectionDepartments, id)
		return e.record(ctx, audit.Deleted, "department", id, before, nil)
	})
}
