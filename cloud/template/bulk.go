package template

import (
	"context"
	"maps"
	"slices"

	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// MaxBulk is the most apartments of one bulk edit.
const MaxBulk = 10_000

// bulkColumns are what a bulk edit may set on all homes of a selection.
var bulkColumns = []string{"floors", "call_type", "web_relay", "handsets", "apt_name"}

// BulkColumns lists the columns that a bulk edit of homes may set.
func BulkColumns() []string { return slices.Clone(bulkColumns) }

// Bulk plans to set some fields of a selection of homes, on the way that imports go (BEY-08).
func (s *Service) Bulk(ctx context.Context, site domain.SiteID, homes []domain.ApartmentID, set map[string]string) (Import, error) {
	form, err := s.FormAt(ctx, site)
	if err != nil {
		return Import{}, err
	}
	if err := checkBulk(form, homes, set); err != nil {
		return Import{}, err
	}
	var rows []Row
	err = s.cfg.Fleet.Draft(ctx, site, func(_ context.Context, d *fleet.Draft) error {
		var f fault.Fields
		for _, id := range homes {
			a, is := d.Apartments()[id]
			if !is {
				f.Add("apartments", "An apartment of this site.")
				break
			}
			row := Row{N: len(rows), Cells: make([]string, len(form.Columns))}
			row.Cells[form.Index("building")], row.Cells[form.Index("apt")] = d.Buildings()[a.BuildingID].Name, a.Number
			for key, value := range set {
				row.Cells[form.Index(key)] = value
			}
			rows = append(rows, row)
		}
		if err := f.Err(); err != nil {
			return err
		}
		return fleet.ErrTrial
	})
	if err != nil {
		return Import{}, err
	}
	return s.begin(ctx, site, form.Kind, "", rows, nil)
}

func checkBulk(form Form, homes []domain.ApartmentID, set map[string]string) error {
	var f fault.Fields
	f.Check(form.Kind == Community, "apartments", "Only the homes of a community are changed together.")
	f.Check(len(homes) > 0, "apartments", "At least one apartment.")
	f.Check(len(homes) <= MaxBulk, "apartments", "At most %d apartments.", MaxBulk)
	f.Check(len(set) > 0, "set", "At least one field.")
	for _, key := range slices.Sorted(maps.Keys(set)) {
		f.Check(slices.Contains(bulkColumns, key), "set."+key, "Nothing that many homes have together.")
		f.Check(set[key] != "" && len(set[key]) <= 4096, "set."+key, "A value; blanks keep what is there.")
	}
	return f.Err()
}
