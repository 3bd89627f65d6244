package store

import (
	"context"
	"fmt"
	"time"

	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
)

type departmentRow struct {
	ID     domain.DepartmentID `gorm:"primaryKey"`
	SiteID domain.SiteID
	Name   string
	Floors []string `gorm:"serializer:json"`
	Record record   `gorm:"embedded"`
}

func (departmentRow) TableName() string { return "departments" }

func (r departmentRow) place() (string, string) { return r.Record.Folded, r.ID.String() }

func (r departmentRow) noun() domain.Department {
	return domain.Department{ID: r.ID, SiteID: r.SiteID, Name: r.Name, Floors: r.Floors, Revision: r.Record.Revision}
}

// ListDepartments lists the departments of a site by name.
func (s *Store) ListDepartments(ctx context.Context, site domain.SiteID, page fleet.Page) (fleet.List[domain.Department], error) {
	return listBy[domain.Department, departmentRow](s.in(ctx, site), page, sorts{"name": "list.folded", "created": "list.created_at"})
}

// Department gives one department of a site.
func (s *Store) Department(ctx context.Context, site domain.SiteID, id domain.DepartmentID) (domain.Department, error) {
	return take[domain.Department, departmentRow](ctx, s, site, id, "This department")
}

// PutDepartment adds or changes a department; a name that the site has already is Conflict at "name".
func (s *Store) PutDepartment(ctx context.Context, d domain.Department, at time.Time) error {
	r := departmentRow{ID: d.ID, SiteID: d.SiteID, Name: d.Name, Floors: append([]string{}, d.Floors...), Record: newRecord(at, d.Name)}
	if err := s.put(ctx, &r, "name", "floors"); err != nil {
		return fmt.Errorf("save department: %w", duplicate(err, "name", "Another department of the site has this name."))
	}
	return nil
}

// DeleteDepartment marks a department as deleted.
func (s *Store) DeleteDepartment(ctx context.Context, site domain.SiteID, id domain.DepartmentID, at time.Time) error {
	return s.drop(ctx, &departmentRow{}, site, id, at)
}

// DepartmentMembers counts who and what belongs to each of departments.
func (s *Store) DepartmentMembers(ctx context.Context, site domain.SiteID, departments []domain.DepartmentID) (map[domain.DepartmentID]fleet.Members, error) {
	return members(ctx, s, site, "department_id", departments)
}

// members counts the people and devices of a site by the department or company in column.
func members[K ~[16]byte](ctx context.Context, s *Store, site domain.SiteID, column string, ids []K) (map[K]fleet.Members, error) {
	out := make(map[K]fleet.Members, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	people, err := counted(ctx, s, site, &personRow{}, column, ids)
	if err != nil {
		return nil, err
	}
	devices, err := counted(ctx, s, site, &deviceRow{}, column, ids)
	for _, id := range ids {
		out[id] = fleet.Members{People: people[id], Devices: devices[id]}
	}
	return out, err
}

// counted counts the living rows of model in a site by the ids in column.
func counted[K ~[16]byte](ctx context.Context, s *Store, site domain.SiteID, model any, column string, ids []K) (map[K]int, error) {
	var rows []struct {
		Of K
		N  int
	}
	err := s.in(ctx, site).Model(model).Select(column+" AS of, COUNT(*) AS n").Where(column+" IN ? AND deleted_at IS NULL", ids).Group(column).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("count by %s: %w", column, err)
	}
	out := make(map[K]int, len(rows))
	for _, r := range rows {
		out[r.Of] = r.N
	}
	return out, nil
}
