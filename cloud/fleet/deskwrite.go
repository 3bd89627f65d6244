package fleet

import (
	"context"
	"slices"
	"time"

	"vestibule/cloud/audit"
	"vestibule/shared/domain"
)

func (k *desk) PutBuilding(_ context.Context, b domain.Building, _ time.Time) error {
	if named(k, k.buildings, b.ID, b.Name, func(b domain.Building) string { return b.Name }) {
		return taken("name", "Another building of the site has this name.")
	}
	k.buildings.put(b.ID, &b)
	return nil
}

func (k *desk) DeleteBuilding(_ context.Context, _ domain.SiteID, id domain.BuildingID, _ time.Time) error {
	k.buildings.put(id, nil)
	return nil
}

// BuildingUsers counts what stands in a building.
func (k *desk) BuildingUsers(_ context.Context, _ domain.SiteID, id domain.BuildingID) (apartments, devices int, _ error) {
	for _, a := range k.apartments.rows {
		if a.BuildingID == id {
			apartments++
		}
	}
	for _, d := range k.devices.rows {
		if d.BuildingID == id {
			devices++
		}
	}
	return apartments, devices, nil
}

func (k *desk) PutApartment(_ context.Context, a domain.Apartment, _ time.Time) error {
	if other, ok := k.numbers[numberKey{a.BuildingID, a.Number}]; ok && other != a.ID {
		return taken("number", "Another apartment of the building has this number.")
	}
	k.apartments.put(a.ID, &a)
	return nil
}

func (k *desk) DeleteApartment(_ context.Context, _ domain.SiteID, id domain.ApartmentID, _ time.Time) error {
	k.apartments.put(id, nil)
	return nil
}

func (k *desk) PutPerson(_ context.Context, p domain.Person, _ time.Time) error {
	if other, ok := k.staff[p.StaffID]; ok && p.StaffID != "" && other != p.ID {
		return taken("staff_id", "Another person of this site has this ID.")
	}
	k.people.put(p.ID, &p)
	return nil
}

func (k *desk) DeletePerson(_ context.Context, _ domain.SiteID, id domain.PersonID, _ time.Time) error {
	k.people.put(id, nil)
	return nil
}

func (k *desk) PutDevice(_ context.Context, d domain.Device, _ time.Time) error {
	if other, ok := k.byMAC[d.MAC]; ok && other != d.ID {
		return taken("mac", "Another device has this MAC.")
	}
	k.devices.put(d.ID, &d)
	return nil
}

func (k *desk) DeleteDevice(_ context.Context, _ domain.SiteID, id domain.DeviceID, _ time.Time) error {
	k.devices.put(id, nil)
	return nil
}

func (k *desk) PutDepartment(_ context.Context, d domain.Department, _ time.Time) error {
	if named(k, k.departments, d.ID, d.Name, func(d domain.Department) string { return d.Name }) {
		return taken("name", "Another department of the site has this name.")
	}
	k.departments.put(d.ID, &d)
	return nil
}

func (k *desk) DeleteDepartment(_ context.Context, _ domain.SiteID, id domain.DepartmentID, _ time.Time) error {
	k.departments.put(id, nil)
	return nil
}

func (k *desk) PutCompany(_ context.Context, c domain.Company, _ time.Time) error {
	if named(k, k.companies, c.ID, c.Name, func(c domain.Company) string { return c.Name }) {
		return taken("name", "Another company of the site has this name.")
	}
	k.companies.put(c.ID, &c)
	return nil
}

func (k *desk) DeleteCompany(_ context.Context, _ domain.SiteID, id domain.CompanyID, _ time.Time) error {
	k.companies.put(id, nil)
	return nil
}

func (k *desk) DropRegistration(_ context.Context, _ domain.SiteID, id domain.ApartmentID) error {
	k.drops = append(k.drops, id)
	k.log.undo = append(k.log.undo, func() { k.drops = k.drops[:len(k.drops)-1] })
	return nil
}

func (k *desk) Record(_ context.Context, e audit.Entry) error {
	k.entries = append(k.entries, e)
	k.log.undo = append(k.log.undo, func() { k.entries = k.entries[:len(k.entries)-1] })
	return nil
}

// flush writes everything: what goes first, so that its names and MACs are free.
func (k *desk) flush(ctx context.Context, at time.Time) error {
	var batch Batch
	var gone Gone
	var apartments []domain.Apartment
	var people []domain.Person
	var devices []domain.Device
	batch.Apartments, apartments, gone.Apartments = k.apartments.changes()
	batch.People, people, gone.People = k.people.changes()
	batch.Devices, devices, gone.Devices = k.devices.changes()
	site := k.of.ID
	if err := k.Store.DropBatch(ctx, site, gone, at); err != nil {
		return err
	}
	for _, step := range []func() error{
		func() error { return k.flushParties(ctx, at) },
		func() error {
			return all(k.drops, func(id domain.ApartmentID) error { return k.Store.DropRegistration(ctx, site, id) })
		},
		func() error { return all(k.free, func(mac domain.MAC) error { return k.Store.FreeMAC(ctx, mac) }) },
		func() error { return k.flushMACs(ctx) },
		func() error {
			return all(apartments, func(a domain.Apartment) error { return k.Store.PutApartment(ctx, a, at) })
		},
		func() error { return all(people, func(p domain.Person) error { return k.Store.PutPerson(ctx, p, at) }) },
		func() error {
			return all(devices, func(d domain.Device) error { return k.Store.PutDevice(ctx, d, at) })
		},
		func() error { return k.addAll(ctx, batch, at) },
		func() error { return k.flushNumbers(ctx, batch) },
		func() error { return k.Store.RecordAll(ctx, k.entries) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// addPart is how many nouns are written at once: their rows stand in memory beside them.
const addPart = 1000

// addAll adds the new nouns part by part, those first that others belong to.
func (k *desk) addAll(ctx context.Context, b Batch, at time.Time) error {
	if err := inParts(b.Apartments, func(part []domain.Apartment) error { return k.Store.AddBatch(ctx, Batch{Apartments: part}, at) }); err != nil {
		return err
	}
	if err := inParts(b.People, func(part []domain.Person) error { return k.Store.AddBatch(ctx, Batch{People: part}, at) }); err != nil {
		return err
	}
	return inParts(b.Devices, func(part []domain.Device) error { return k.Store.AddBatch(ctx, Batch{Devices: part}, at) })
}

func inParts[T any](items []T, do func(part []T) error) error {
	for part := range slices.Chunk(items, addPart) {
		if err := do(part); err != nil {
			return err
		}
	}
	return nil
}

func all[T any](items []T, do func(T) error) error {
	for _, item := range items {
		if err := do(item); err != nil {
			return err
		}
	}
	return nil
}

// flushParties writes buildings, departments and companies.
func (k *desk) flushParties(ctx context.Context, at time.Time) error {
	site := k.of.ID
	if err := flushShelf(k.buildings, func(id domain.BuildingID) error { return k.Store.DeleteBuilding(ctx, site, id, at) },
		func(b domain.Building) error { return k.Store.PutBuilding(ctx, b, at) }); err != nil {
		return err
	}
	if err := flushShelf(k.departments, func(id domain.DepartmentID) error { return k.Store.DeleteDepartment(ctx, site, id, at) },
		func(d domain.Department) error { return k.Store.PutDepartment(ctx, d, at) }); err != nil {
		return err
	}
	return flushShelf(k.companies, func(id domain.CompanyID) error { return k.Store.DeleteCompany(ctx, site, id, at) },
		func(c domain.Company) error { return k.Store.PutCompany(ctx, c, at) })
}

// flushShelf writes what was touched of one kind: what goes first, so that its names are free.
func flushShelf[K comparable, T any](s *shelf[K, T], drop func(K) error, put func(T) error) error {
	added, changed, gone := s.changes()
	if err := all(gone, drop); err != nil {
		return err
	}
	return all(append(changed, added...), put)
}

// flushMACs registers what was noted, all of one kind at once.
func (k *desk) flushMACs(ctx context.Context) error {
	type kind struct {
		org    domain.OrgID
		by     domain.AccountID
		origin MACOrigin
		at     time.Time
	}
	noted := map[kind][]domain.MAC{}
	var order []kind
	for _, e := range k.register {
		of := kind{e.Org, e.By, e.Origin, e.At}
		if noted[of] == nil {
			order = append(order, of)
		}
		noted[of] = append(noted[of], e.MACs...)
	}
	return all(order, func(of kind) error {
		return k.Store.RegisterMACs(ctx, MACEntry{MACs: noted[of], Org: of.org, By: of.by, Origin: of.origin, At: of.at})
	})
}

// flushNumbers writes the numbers that went to what stood already; those of new nouns came with them.
func (k *desk) flushNumbers(ctx context.Context, b Batch) error {
	written := map[string]bool{}
	for _, a := range b.Apartments {
		written[a.SIPUser] = true
	}
	for _, p := range b.People {
		written[p.SIPUser] = true
	}
	for _, d := range b.Devices {
		written[d.SIPUser] = true
	}
	return all(k.issued, func(n issuedNumber) error {
		if written[n.number] {
			return nil
		}
		_, err := k.Store.TakeSIPNumber(ctx, k.of.ID, n.number, n.kind, n.owner, n.at)
		return err
	})
}
