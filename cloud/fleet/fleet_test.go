package fleet_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/cloud/fleet"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// document stands for the desired state: it keeps what edits put into it, and counts.
type document struct {
	mu        sync.Mutex
	doc       map[domain.SiteID]*desired.Document
	versions  int
	announced int
	fail      error
}

func (d *document) Bump(_ context.Context, site domain.SiteID, ops []desired.Op) (uint64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail != nil {
		return 0, d.fail
	}
	if d.doc[site] == nil {
		d.doc[site] = desired.New()
	}
	for _, op := range ops {
		if len(op.Body) == 0 {
			d.doc[site].Delete(op.Section, op.Key)
		} else {
			d.doc[site].Put(op.Section, op.Key, op.Body)
		}
	}
	d.versions++
	return uint64(d.versions), nil
}

func (d *document) Announce(domain.SiteID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.announced++
}

func (d *document) TrustOp() (desired.Op, error) {
	body, err := desired.Encode(desired.Trust{CommandKeys: [][]byte{make([]byte, 32)}})
	return desired.Op{Section: desired.SectionTrust, Body: body}, err
}

func (d *document) view(t *testing.T, site domain.SiteID) *desired.View {
	t.Helper()
	v, err := desired.Read(d.doc[site], 1)
	if err != nil {
		t.Fatalf("the document cannot be read: %v", err)
	}
	return v
}

// yard is a fleet with one site, seen by its installer.
type yard struct {
	*fleet.Service
	store    *store.Store
	document *document
	ctx      context.Context
	site     domain.Site
}

// tenant makes an installer organisation with somebody in it.
func tenant(t *testing.T, s *store.Store) context.Context {
	t.Helper()
	now := time.Now()
	org := account.Org{ID: domain.NewID[domain.OrgID](now), Kind: account.OrgInstaller, Name: "Doors Ltd", CreatedAt: now}
	if err := s.SaveOrg(t.Context(), org); err != nil {
		t.Fatal(err)
	}
	return account.With(t.Context(), account.Caller{Account: domain.NewID[domain.AccountID](now), Org: org.ID, Role: account.RoleInstaller, Name: "Ada"})
}

func newYard(t *testing.T, s *store.Store) *yard {
	t.Helper()
	y := &yard{store: s, document: &document{doc: map[domain.SiteID]*desired.Document{}}, ctx: tenant(t, s)}
	y.Service = fleet.New(fleet.Config{Store: s, Desired: y.document, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	var err error
	if y.site, err = y.AddSite(y.ctx, domain.Site{Name: "Park Lane 7", TimeZone: "Europe/Berlin"}); err != nil {
		t.Fatal(err)
	}
	return y
}

func (y *yard) building(t *testing.T, name string) domain.Building {
	t.Helper()
	b, err := y.AddBuilding(y.ctx, domain.Building{SiteID: y.site.ID, Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (y *yard) apartment(t *testing.T, in domain.Building, number string) domain.Apartment {
	t.Helper()
	a, err := y.AddApartment(y.ctx, domain.Apartment{SiteID: y.site.ID, BuildingID: in.ID, Number: number})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (y *yard) group(t *testing.T) domain.NetworkGroup {
	t.Helper()
	groups, err := y.Groups(y.ctx, y.site.ID, fleet.Page{})
	if err != nil || len(groups.Items) == 0 {
		t.Fatalf("no network group: %v", err)
	}
	return groups.Items[0]
}

// at lists where an error's faults are.
func at(err error) string {
	var paths []string
	for _, f := range fault.FieldsOf(err) {
		paths = append(paths, f.Path)
	}
	return strings.Join(paths, " ")
}

func (y *yard) wants(t *testing.T, err error, code fault.Code, paths string) {
	t.Helper()
	if fault.CodeOf(err) != code || at(err) != paths {
		t.Errorf("got %s at %q, want %s at %q: %v", fault.CodeOf(err), at(err), code, paths, err)
	}
}

func TestAddSite_BeginsWithNetwork1(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		y := newYard(t, s)
		if g := y.group(t); g.Name != "Network 1" || len(g.Agents) != 0 {
			t.Errorf("%+v", g)
		}
		v := y.document.view(t, y.site.ID)
		if v.Site.Name != "Park Lane 7" || len(v.Groups) != 1 || len(v.Trust.CommandKeys) != 1 || y.document.announced != 1 {
			t.Errorf("document: %+v, announced %d times", v, y.document.announced)
		}
		_, err := y.AddSite(y.ctx, domain.Site{Name: strings.Repeat("x", 10_000), TimeZone: "Mars/Base"})
		y.wants(t, err, fault.Invalid, "name time_zone")
	})
}

// shows SITE-23 by cloud/fleet/buildings.go: "if apartments+devices > 0 {" => "if devices > 0 {"
func TestBuildings_AddRenameDelete(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		y := newYard(t, s)
		b, err := y.AddBuilding(y.ctx, domain.Building{SiteID: y.site.ID, Name: "House A", GroundFloor: "G0", StartFloor: "-2"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = y.AddBuilding(y.ctx, domain.Building{SiteID: y.site.ID, Name: "house a"})
		y.wants(t, err, fault.Conflict, "name")
		_, err = y.AddBuilding(y.ctx, domain.Building{SiteID: y.site.ID, Name: " ", GroundFloor: "G9", StartFloor: "200"})
		y.wants(t, err, fault.Invalid, "name ground_floor start_floor")
		b.Name = "House Ä"
		if _, err := y.EditBuilding(y.ctx, b); err != nil {
			t.Fatal(err)
		}
		b.Revision++
		if got, err := y.Building(y.ctx, y.site.ID, b.ID); err != nil || got != b {
			t.Errorf("stored %+v %v", got, err)
		}
		if got := y.document.view(t, y.site.ID).Buildings[b.ID]; got.Name != "House Ä" || got.GroundFloor != "G0" {
			t.Errorf("in the document: %+v", got)
		}
		a := y.apartment(t, b, "101")
		y.wants(t, y.DeleteBuilding(y.ctx, y.site.ID, b.ID), fault.Conflict, "")
		if err := y.DeleteApartment(y.ctx, y.site.ID, a.ID); err != nil {
			t.Fatal(err)
		}
		if err := y.DeleteBuilding(y.ctx, y.site.ID, b.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := y.Building(y.ctx, y.site.ID, b.ID); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("after deletion: %v", err)
		}
		if len(y.document.view(t, y.site.ID).Buildings) != 0 {
			t.Error("still in the document")
		}
		y.building(t, "House Ä") // the name is free again
	})
}

// shows SITE-25 by cloud/fleet/apartments.go: "e.remove(desired.SectionApartments, gone.ID)"
func TestApartments_AddEditDelete(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		y := newYard(t, s)
		a, b := y.building(t, "A"), y.building(t, "B")
		home := y.apartment(t, a, "2#101")
		if home.Contact != domain.GroupCall || home.Path != domain.CallByIP {
			t.Errorf("defaults: %+v", home)
		}
		y.apartment(t, b, "2#101") // the number is unique in its building only
		_, err := y.AddApartment(y.ctx, domain.Apartment{SiteID: y.site.ID, BuildingID: a.ID, Number: "2#101"})
		y.wants(t, err, fault.Conflict, "number")
		_, err = y.AddApartment(y.ctx, domain.Apartment{SiteID: y.site.ID, BuildingID: domain.BuildingID(y.site.ID), Number: "#1", Floor: "x"})
		y.wants(t, err, fault.Invalid, "number floor building_id")

		home.Name, home.Floor, home.Path = "Miller", "10", domain.CallBySIP
		if _, err := y.EditApartment(y.ctx, home); err != nil {
			t.Fatal(err)
		}
		person, err := y.AddPerson(y.ctx, domain.Person{SiteID: y.site.ID, ApartmentID: home.ID, FirstName: "Eva", LastName: "Müller", Email: "eva@example.com"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = y.AddPerson(y.ctx, domain.Person{SiteID: y.site.ID, ApartmentID: domain.ApartmentID(a.ID), FirstName: "x", LastName: "y", Phone: "call me"})
		y.wants(t, err, fault.Invalid, "phone apartment_id")
		v := y.document.view(t, y.site.ID)
		if v.Apartments[home.ID].Name != "Miller" || v.People[person.ID].LastName != "Müller" || v.People[person.ID].Email != "" {
			t.Errorf("document: %+v %+v", v.Apartments[home.ID], v.People[person.ID])
		}
		if found, err := y.People(y.ctx, y.site.ID, fleet.Page{Query: "MULLER"}); err != nil || len(found.Items) != 1 {
			t.Errorf("search without marks: %+v %v", found, err)
		}
		if err := y.DeleteApartment(y.ctx, y.site.ID, home.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := y.Person(y.ctx, y.site.ID, person.ID); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("the people of a deleted apartment: %v", err)
		}
		if v := y.document.view(t, y.site.ID); len(v.Apartments) != 1 || len(v.People) != 0 {
			t.Errorf("document after deletion: %d apartments, %d people", len(v.Apartments), len(v.People))
		}
	})
}

func TestApartments_ListInOrderPageByPage(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		y := newYard(t, s)
		b := y.building(t, "A")
		for _, number := range []string{"101", "2", "10", "2#10", "1001", "1"} {
			y.apartment(t, b, number)
		}
		var got []string
		page := fleet.Page{Limit: 4}
		for {
			part, err := y.Apartments(y.ctx, y.site.ID, page)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range part.Items {
				got = append(got, a.Number)
			}
			if page.After = part.Next; page.After == "" {
				break
			}
		}
		if text := strings.Join(got, " "); text != "1 2 2#10 10 101 1001" {
			t.Errorf("order %s", text)
		}
		if found, err := y.Apartments(y.ctx, y.site.ID, fleet.Page{Query: "2#1"}); err != nil || len(found.Items) != 1 {
			t.Errorf("%+v %v", found, err)
		}
		if found, err := y.Apartments(y.ctx, y.site.ID, fleet.Page{Query: "%"}); err != nil || len(found.Items) != 0 {
			t.Errorf("a percent sign found %d", len(found.Items))
		}
		_, err := y.Apartments(y.ctx, y.site.ID, fleet.Page{After: "bm9uc2Vuc2U"})
		y.wants(t, err, fault.Invalid, "")
	})
}

func TestEdit_IsWholeOrNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		y := newYard(t, s)
		told := y.document.announced
		y.document.fail = fault.New(fault.Unavailable, "broken")
		_, err := y.AddBuilding(y.ctx, domain.Building{SiteID: y.site.ID, Name: "A"})
		y.wants(t, err, fault.Unavailable, "")
		y.document.fail = nil
		if all, err := y.Buildings(y.ctx, y.site.ID, fleet.Page{}); err != nil || len(all.Items) != 0 {
			t.Errorf("a building without its version: %+v %v", all, err)
		}
		entries, err := s.Audit(y.ctx, y.site.ID, 10)
		if err != nil || len(entries) != 2 || y.document.announced != told {
			t.Errorf("%d audit entries, announced %d times: %v", len(entries), y.document.announced-told, err)
		}
	})
}

func TestEdit_IsWrittenDown(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		y := newYard(t, s)
		b := y.building(t, "A")
		b.Name = "B"
		if _, err := y.EditBuilding(y.ctx, b); err != nil {
			t.Fatal(err)
		}
		entries, err := s.Audit(y.ctx, y.site.ID, 2)
		if err != nil || len(entries) != 2 {
			t.Fatal(err)
		}
		e := entries[0]
		if e.Action != audit.Changed || e.Actor != "Ada" || e.Object != "building" || domain.BuildingID(e.ObjectID) != b.ID ||
			!strings.Contains(string(e.Before), `"Name":"A"`) || !strings.Contains(string(e.After), `"Name":"B"`) {
			t.Errorf("%+v", e)
		}
	})
}

func TestSites_AnotherTenantSeesNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		y := newYard(t, s)
		b := y.building(t, "A")
		stranger := tenant(t, s)
		for _, ctx := range []context.Context{stranger, t.Context()} {
			if all, err := y.Sites(ctx, fleet.Page{}); err != nil || len(all.Items) != 0 {
				t.Errorf("sites: %+v %v", all, err)
			}
			if all, err := y.Buildings(ctx, y.site.ID, fleet.Page{}); err != nil || len(all.Items) != 0 {
				t.Errorf("buildings: %+v %v", all, err)
			}
			_, err := y.Site(ctx, y.site.ID)
			y.wants(t, err, fault.NotFound, "")
			_, err = y.Building(ctx, y.site.ID, b.ID)
			y.wants(t, err, fault.NotFound, "")
			_, err = y.EditBuilding(ctx, b)
			y.wants(t, err, fault.NotFound, "")
			y.wants(t, y.DeleteBuilding(ctx, y.site.ID, b.ID), fault.NotFound, "")
			y.wants(t, y.DeleteSite(ctx, y.site.ID, ""), fault.NotFound, "")
			if counts, err := y.Counts(ctx, y.site.ID); err != nil || counts[y.site.ID].Buildings != 0 {
				t.Errorf("counts: %+v %v", counts, err)
			}
		}
		// The organisation above sees what is below it.
		above := account.Org{ID: domain.NewID[domain.OrgID](time.Now()), Kind: account.OrgOperator, Name: "Top", CreatedAt: time.Now()}
		below := account.Org{ID: domain.NewID[domain.OrgID](time.Now()), ParentID: above.ID, Kind: account.OrgInstaller, Name: "Below", Own: true, CreatedAt: time.Now()}
		for _, org := range []account.Org{above, below} {
			if err := s.SaveOrg(t.Context(), org); err != nil {
				t.Fatal(err)
			}
		}
		top := account.With(t.Context(), account.Caller{Org: above.ID, Role: account.RoleOperator})
		site, err := y.AddSite(top, domain.Site{Name: "Below", TimeZone: "UTC"})
		if err != nil || site.OrgID != below.ID {
			t.Fatalf("%+v %v", site, err)
		}
		if all, err := y.Sites(top, fleet.Page{}); err != nil || len(all.Items) != 1 || all.Items[0].ID != site.ID {
			t.Errorf("from above: %+v %v", all, err)
		}
	})
}

func TestDeleteSite_KeepsAHouseThatIsInUse(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		y := newYard(t, s)
		b := y.building(t, "A")
		y.wants(t, y.DeleteSite(y.ctx, y.site.ID, ""), fault.Conflict, "")
		if err := y.DeleteBuilding(y.ctx, y.site.ID, b.ID); err != nil {
			t.Fatal(err)
		}
		if err := y.DeleteSite(y.ctx, y.site.ID, ""); err != nil {
			t.Fatal(err)
		}
		_, err := y.Site(y.ctx, y.site.ID)
		y.wants(t, err, fault.NotFound, "")
		_, err = y.AddBuilding(y.ctx, domain.Building{SiteID: y.site.ID, Name: "A"})
		y.wants(t, err, fault.NotFound, "")
	})
}
