package fleet

import (
	"context"
	"slices"
	"strings"
	"time"

	"vestibule/cloud/audit"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// desk stands before the store while many edits of a site are made as one: it has read the site, answers from memory, and keeps what is written until
// flush. The rules of the fleet do not notice. What it does not know goes through to the store.
type desk struct {
	Store
	of          domain.Site
	buildings   *shelf[domain.BuildingID, domain.Building]
	apartments  *shelf[domain.ApartmentID, domain.Apartment]
	people      *shelf[domain.PersonID, domain.Person]
	devices     *shelf[domain.DeviceID, domain.Device]
	departments *shelf[domain.DepartmentID, domain.Department]
	companies   *shelf[domain.CompanyID, domain.Company]
	groups      []domain.NetworkGroup
	cameras     []domain.Camera          // without passwords
	doors       map[domain.DeviceID]bool // that access groups have

	numbers  map[numberKey]domain.ApartmentID
	homes    map[domain.ApartmentID][]domain.PersonID
	rooms    map[domain.ApartmentID][]domain.DeviceID
	byMAC    map[domain.MAC]domain.DeviceID
	grouped  map[domain.BuildingID]map[domain.GroupID]int
	owners   map[domain.PersonID]int
	staff    map[string]domain.PersonID
	holders  map[domain.MAC]MACHolder
	known    map[domain.MAC]bool // whose holder was asked for
	bound    map[domain.MAC]bool // by devices of other sites
	entries  []audit.Entry
	register []MACEntry
	free     []domain.MAC
	issued   []issuedNumber
	numbered map[string]bool // SIP numbers that were drawn, also for what was taken back
	drops    []domain.ApartmentID
	log      journal
}

type numberKey struct {
	building domain.BuildingID
	number   string
}

type issuedNumber struct {
	number, kind string
	owner        [16]byte
	at           time.Time
}

func newDesk(store Store) *desk {
	k := &desk{
		Store: store, numbers: map[numberKey]domain.ApartmentID{}, homes: map[domain.ApartmentID][]domain.PersonID{}, rooms: map[domain.ApartmentID][]domain.DeviceID{},
		byMAC: map[domain.MAC]domain.DeviceID{}, grouped: map[domain.BuildingID]map[domain.GroupID]int{}, owners: map[domain.PersonID]int{}, staff: map[string]domain.PersonID{},
		holders: map[domain.MAC]MACHolder{}, known: map[domain.MAC]bool{}, doors: map[domain.DeviceID]bool{}, bound: map[domain.MAC]bool{}, numbered: map[string]bool{},
	}
	k.buildings = newShelf[domain.BuildingID, domain.Building](&k.log, nil)
	k.departments = newShelf[domain.DepartmentID, domain.Department](&k.log, nil)
	k.companies = newShelf[domain.CompanyID, domain.Company](&k.log, nil)
	k.apartments = newShelf[domain.ApartmentID](&k.log, k.indexApartment)
	k.people = newShelf[domain.PersonID](&k.log, k.indexPerson)
	k.devices = newShelf[domain.DeviceID](&k.log, k.indexDevice)
	return k
}

func (k *desk) indexApartment(a domain.Apartment, add bool) {
	key := numberKey{a.BuildingID, a.Number}
	if add {
		k.numbers[key] = a.ID
	} else {
		delete(k.numbers, key)
	}
}

func (k *desk) indexPerson(p domain.Person, add bool) {
	hang(k.homes, p.ApartmentID, p.ID, add)
	if add {
		k.staff[p.StaffID] = p.ID
	} else {
		delete(k.staff, p.StaffID)
	}
}

func (k *desk) indexDevice(d domain.Device, add bool) {
	hang(k.rooms, d.ApartmentID, d.ID, add)
	n := 1
	if add {
		k.byMAC[d.MAC] = d.ID
	} else {
		n = -1
		delete(k.byMAC, d.MAC)
	}
	k.owners[d.OwnerID] += n
	if k.grouped[d.BuildingID] == nil {
		k.grouped[d.BuildingID] = map[domain.GroupID]int{}
	}
	k.grouped[d.BuildingID][d.GroupID] += n
}

// hang adds an item under a key, or takes it away.
func hang[K, V comparable](under map[K][]V, key K, item V, add bool) {
	if add {
		under[key] = append(under[key], item)
		return
	}
	under[key] = slices.DeleteFunc(slices.Clone(under[key]), func(v V) bool { return v == item })
}

// loadAll reads a whole list part by part.
func loadAll[T any](list func(page Page) (List[T], error), keep func(T)) error {
	page := Page{Limit: 1000}
	for {
		part, err := list(page)
		if err != nil {
			return err
		}
		for _, item := range part.Items {
			keep(item)
		}
		if page.After = part.Next; page.After == "" {
			return nil
		}
	}
}

// read reads the site. Its row is locked, so that what was read stays true until the end of the transaction.
func (k *desk) read(ctx context.Context, site domain.SiteID) (err error) {
	if k.of, err = k.Store.Site(ctx, site); err != nil {
		return err
	}
	steps := []func() error{
		func() error {
			return loadAll(func(p Page) (List[domain.Building], error) { return k.Store.ListBuildings(ctx, site, p) }, func(b domain.Building) { k.buildings.load(b.ID, b, b.Revision) })
		},
		func() error {
			return loadAll(func(p Page) (List[domain.Department], error) { return k.Store.ListDepartments(ctx, site, p) }, func(d domain.Department) { k.departments.load(d.ID, d, d.Revision) })
		},
		func() error {
			return loadAll(func(p Page) (List[domain.Company], error) { return k.Store.ListCompanies(ctx, site, p) }, func(c domain.Company) { k.companies.load(c.ID, c, c.Revision) })
		},
		func() error {
			return loadAll(func(p Page) (List[domain.Apartment], error) { return k.Store.ListApartments(ctx, site, p) }, func(a domain.Apartment) { k.apartments.load(a.ID, a, a.Revision) })
		},
		func() error {
			return loadAll(func(p Page) (List[PersonView], error) { return k.Store.ListPeople(ctx, site, p) }, func(p PersonView) { k.people.load(p.ID, p.Person, p.Revision) })
		},
		func() error {
			return loadAll(func(p Page) (List[domain.Device], error) { return k.Store.ListDevices(ctx, site, p) }, func(d domain.Device) { k.devices.load(d.ID, d, d.Revision) })
		},
		func() error {
			return loadAll(func(p Page) (List[domain.NetworkGroup], error) { return k.Store.ListGroups(ctx, site, p) }, func(g domain.NetworkGroup) { k.groups = append(k.groups, g) })
		},
		func() error {
			return loadAll(func(p Page) (List[CameraLine], error) { return k.Store.ListCameras(ctx, site, p) }, func(c CameraLine) { k.cameras = append(k.cameras, c.Camera) })
		},
		func() error {
			return loadAll(func(p Page) (List[domain.AccessGroup], error) { return k.Store.ListAccessGroups(ctx, site, p) }, func(g domain.AccessGroup) {
				for _, d := range g.Doors {
					k.doors[d.DeviceID] = true
				}
			})
		},
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// on takes an item from a shelf; NotFound when it does not stand there.
func on[K comparable, T any](s *shelf[K, T], id K, noun string) (T, error) {
	item, ok := s.rows[id]
	if !ok {
		return item, fault.New(fault.NotFound, "%s does not exist.", noun)
	}
	return item, nil
}

// taken is Conflict at a path that must be unique.
func taken(path, msg string) error {
	return &fault.Error{Code: fault.Conflict, Msg: msg, Fields: []fault.Field{{Path: path, Msg: msg}}}
}

// named tells whether another item of a shelf has a name, as the database compares them.
func named[K comparable, T any](k *desk, s *shelf[K, T], id K, name string, of func(T) string) bool {
	folded := k.Folded(name)
	for other, item := range s.rows {
		if other != id && k.Folded(of(item)) == folded {
			return true
		}
	}
	return false
}

func (k *desk) Site(ctx context.Context, site domain.SiteID) (domain.Site, error) {
	if site == k.of.ID {
		return k.of, nil
	}
	return k.Store.Site(ctx, site)
}

func (k *desk) Building(_ context.Context, _ domain.SiteID, id domain.BuildingID) (domain.Building, error) {
	return on(k.buildings, id, "This building")
}

func (k *desk) Apartment(_ context.Context, _ domain.SiteID, id domain.ApartmentID) (domain.Apartment, error) {
	return on(k.apartments, id, "This apartment")
}

func (k *desk) Person(_ context.Context, _ domain.SiteID, id domain.PersonID) (domain.Person, error) {
	return on(k.people, id, "This person")
}

func (k *desk) Device(_ context.Context, _ domain.SiteID, id domain.DeviceID) (domain.Device, error) {
	return on(k.devices, id, "This device")
}

func (k *desk) Department(_ context.Context, _ domain.SiteID, id domain.DepartmentID) (domain.Department, error) {
	return on(k.departments, id, "This department")
}

func (k *desk) Company(_ context.Context, _ domain.SiteID, id domain.CompanyID) (domain.Company, error) {
	return on(k.companies, id, "This company")
}

// ListCompanies is asked for the only company of a site.
func (k *desk) ListCompanies(context.Context, domain.SiteID, Page) (List[domain.Company], error) {
	out := List[domain.Company]{Total: len(k.companies.rows)}
	for _, c := range k.companies.rows {
		out.Items = append(out.Items, c)
	}
	slices.SortFunc(out.Items, func(a, b domain.Company) int { return strings.Compare(k.Folded(a.Name), k.Folded(b.Name)) })
	return out, nil
}

func (k *desk) ListGroups(context.Context, domain.SiteID, Page) (List[domain.NetworkGroup], error) {
	return List[domain.NetworkGroup]{Items: k.groups, Total: len(k.groups)}, nil
}

func (k *desk) Group(_ context.Context, _ domain.SiteID, id domain.GroupID) (domain.NetworkGroup, error) {
	at := slices.IndexFunc(k.groups, func(g domain.NetworkGroup) bool { return g.ID == id })
	if at < 0 {
		return domain.NetworkGroup{}, fault.New(fault.NotFound, "This network group does not exist.")
	}
	return k.groups[at], nil
}

func (k *desk) BuildingGroup(_ context.Context, _ domain.SiteID, building domain.BuildingID) (best domain.GroupID, _ error) {
	most := 0
	for group, n := range k.grouped[building] {
		if n > most || n == most && n > 0 && group.String() < best.String() {
			best, most = group, n
		}
	}
	return best, nil
}

func (k *desk) ApartmentPeople(_ context.Context, _ domain.SiteID, id domain.ApartmentID) ([]domain.Person, error) {
	var out []domain.Person
	for _, person := range k.homes[id] {
		out = append(out, k.people.rows[person])
	}
	return out, nil
}

func (k *desk) ApartmentDevices(_ context.Context, _ domain.SiteID, id domain.ApartmentID) (int, error) {
	return len(k.rooms[id]), nil
}

func (k *desk) ApartmentCameras(_ context.Context, _ domain.SiteID, id domain.ApartmentID) (int, error) {
	n := 0
	for _, c := range k.cameras {
		if c.ApartmentID == id {
			n++
		}
	}
	return n, nil
}

func (k *desk) MonitorsOf(_ context.Context, _ domain.SiteID, id domain.ApartmentID) (out []domain.DeviceID, _ error) {
	for _, device := range k.rooms[id] {
		if k.devices.rows[device].Type == domain.Monitor {
			out = append(out, device)
		}
	}
	return out, nil
}

func (k *desk) ApartmentMonitors(ctx context.Context, site domain.SiteID, id domain.ApartmentID) (int, error) {
	monitors, err := k.MonitorsOf(ctx, site, id)
	return len(monitors), err
}

func (k *desk) PersonDevices(_ context.Context, _ domain.SiteID, id domain.PersonID) (int, error) {
	return k.owners[id], nil
}

// CamerasOf asks the store only for devices that have cameras.
func (k *desk) CamerasOf(ctx context.Context, site domain.SiteID, device domain.DeviceID) ([]domain.Camera, error) {
	if slices.ContainsFunc(k.cameras, func(c domain.Camera) bool { return c.DeviceID == device }) {
		return k.Store.CamerasOf(ctx, site, device)
	}
	return nil, nil
}

// AccessGroupsOf asks the store only for devices that access groups have.
func (k *desk) AccessGroupsOf(ctx context.Context, site domain.SiteID, device domain.DeviceID) ([]domain.AccessGroup, error) {
	if k.doors[device] {
		return k.Store.AccessGroupsOf(ctx, site, device)
	}
	return nil, nil
}

// DevicesNaming looks at the few devices whose forms name others.
func (k *desk) DevicesNaming(_ context.Context, _ domain.SiteID, id string) ([]domain.Device, error) {
	var out []domain.Device
	for _, d := range k.devices.rows {
		if d.Form.Directory == nil && len(d.Form.Buttons) == 0 && len(d.Form.Buildings) == 0 {
			continue
		}
		if names(d.Form, id) {
			out = append(out, d)
		}
	}
	return out, nil
}

// names tells whether the form of a device holds an id.
func names(f domain.DeviceForm, id string) bool {
	for _, b := range f.Buildings {
		if b.String() == id {
			return true
		}
	}
	for _, b := range f.Buttons {
		if b.ApartmentID.String() == id {
			return true
		}
	}
	if f.Directory == nil {
		return false
	}
	for _, a := range f.Directory.Apartments {
		if a.String() == id {
			return true
		}
	}
	for _, d := range f.Directory.Devices {
		if d.String() == id {
			return true
		}
	}
	return false
}
