package fleet

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// DeviceRules tells what the rules of devices ask of the rest of a site.
type DeviceRules interface {
	// OfflineDevices lists, without relays and secrets, the doors without internet access and the monitors that transfer their calls.
	OfflineDevices(ctx context.Context, site domain.SiteID) ([]domain.Device, error)
	// DevicesAt lists, without relays and secrets, the devices of a network group that have host as their fixed address, whatever the port.
	DevicesAt(ctx context.Context, site domain.SiteID, group domain.GroupID, host string) ([]domain.Device, error)
	// BuildingGroup gives the network group that most devices of a building are in; zero without devices.
	BuildingGroup(ctx context.Context, site domain.SiteID, building domain.BuildingID) (domain.GroupID, error)
	// ApartmentMonitors counts the indoor monitors of an apartment.
	ApartmentMonitors(ctx context.Context, site domain.SiteID, apartment domain.ApartmentID) (int, error)
	// ReportedModel gives the model that a device told its agent; empty when it never did.
	ReportedModel(ctx context.Context, site domain.SiteID, device domain.DeviceID) (string, error)
}

// devicePlace is where a device stands, as the forms part it (04-devices, 2).
type devicePlace int

const (
	atSite       devicePlace = iota // the public area of a community or commercial site
	atBuilding                      // the public area of a building
	atApartment                     // private
	atOffice                        // the public area of an office
	atDepartment                    // of an office
	atHome                          // of a single-family user
)

func placeOfDevice(kind domain.SiteKind, d domain.Device) devicePlace {
	switch {
	case kind == domain.SingleHome:
		return atHome
	case !d.ApartmentID.IsZero():
		return atApartment
	case !d.DepartmentID.IsZero():
		return atDepartment
	case kind == domain.Office:
		return atOffice
	case !d.BuildingID.IsZero():
		return atBuilding
	}
	return atSite
}

// placeRule says at which places a field of a device's form exists; which types have it is the domain's matter.
type placeRule struct {
	path   string
	used   func(f domain.DeviceForm) bool
	places []devicePlace
	words  string
}

var placeRules = []placeRule{
	{"form.no_monitoring", func(f domain.DeviceForm) bool { return f.NoMonitoring }, []devicePlace{atSite, atBuilding, atApartment, atOffice, atDepartment}, "A single-family device is watched by its own user."},
	{"form.no_internet", func(f domain.DeviceForm) bool { return f.NoInternet }, []devicePlace{atSite, atBuilding, atApartment}, "Only a device of a public area or an apartment can go without internet."},
	{"form.works_offline", func(f domain.DeviceForm) bool { return f.WorksOffline }, []devicePlace{atApartment}, "Only an indoor monitor of an apartment transfers calls."},
	{"form.buildings", func(f domain.DeviceForm) bool { return len(f.Buildings) > 0 }, []devicePlace{atSite}, "Only a device of the site's public area serves chosen buildings."},
	{"form.contact_display", func(f domain.DeviceForm) bool { return f.ContactDisplay == domain.DisplayAll }, []devicePlace{atBuilding, atOffice, atDepartment}, "Only a door phone of a building or an office chooses what it lists."},
	{"form.directory", func(f domain.DeviceForm) bool { return f.Directory != nil }, []devicePlace{atSite, atBuilding, atOffice}, "Only a door phone of a public area has a directory."},
	{"form.hold_open", func(f domain.DeviceForm) bool { return f.HoldOpen }, []devicePlace{atApartment}, "Only a private door phone can be held open."},
	{"form.arming", func(f domain.DeviceForm) bool { return f.Arming }, []devicePlace{atSite, atBuilding, atApartment}, "Only a monitor of a public area or an apartment arms an alarm."},
	{"form.built_in", func(f domain.DeviceForm) bool { return len(f.BuiltIn) > 0 }, []devicePlace{atSite, atBuilding, atApartment, atOffice, atDepartment}, "The forms of single-family monitors have no built-in relays."},
	{"form.external", func(f domain.DeviceForm) bool { return f.External != nil }, []devicePlace{atSite, atBuilding, atApartment}, "Only a monitor of a public area or an apartment has an external relay board."},
}

// checkRules finds what the kind of the site, its gates and its other devices stand against.
func (s *Service) checkRules(ctx context.Context, e *edit, site domain.Site, before, d *domain.Device, f *faults) error {
	place := placeOfDevice(site.Kind, *d)
	told := map[string]bool{} // the domain has told of some already, by their type
	for _, field := range fault.FieldsOf(f.Err()) {
		told[field.Path] = true
	}
	for _, rule := range placeRules {
		f.invalid.Check(told[rule.path] || !rule.used(d.Form) || slices.Contains(rule.places, place), rule.path, "%s", rule.words)
	}
	for i, r := range d.Relays {
		f.invalid.Check(place != atHome || r.Methods == 0, "relays["+strconv.Itoa(i)+"].methods", "The forms of single-family devices have no access methods.")
	}
	f.invalid.Check(d.Form.ContactDisplay != domain.DisplayAll || d.Type.HasRelays(), "form.contact_display", "Only a door phone or access terminal lists contacts.")
	for _, check := range []func(context.Context, *edit, domain.Site, *domain.Device, *domain.Device, *faults) error{
		s.checkParty, s.checkOffline, s.checkAddress, s.checkReferences, s.checkModule, s.checkExternal, s.keepMonitor,
	} {
		if err := check(ctx, e, site, before, d, f); err != nil {
			return err
		}
	}
	return nil
}

// checkParty: a department of an office, a company of a commercial site, an owner who works or lives there (DEV-07, DEV-08).
func (s *Service) checkParty(ctx context.Context, e *edit, site domain.Site, _, d *domain.Device, f *faults) error {
	if !d.OwnerID.IsZero() {
		owner, err := s.cfg.Store.Person(ctx, e.site, d.OwnerID)
		found, err := exists(err)
		if err != nil {
			return err
		}
		switch site.Kind {
		case domain.Office:
			f.invalid.Check(found && owner.Works(), "owner_id", "A user of this office.")
			if found && d.DepartmentID.IsZero() {
				d.DepartmentID = owner.DepartmentID
			}
			f.invalid.Check(!found || d.DepartmentID == owner.DepartmentID, "department_id", "The department of the device's owner.")
		case domain.SingleHome:
			f.invalid.Check(found && owner.Kind == domain.Master, "owner_id", "The user of this home.")
		default:
			f.invalid.Add("owner_id", "Only a device of an office user or a single-family user has an owner.")
		}
	}
	if !d.DepartmentID.IsZero() {
		found, err := exists(errOf(s.cfg.Store.Department(ctx, e.site, d.DepartmentID)))
		if err != nil {
			return err
		}
		f.invalid.Check(found, "department_id", "A department of this office. Departments must exist before devices are added to them.")
		f.invalid.Check(d.BuildingID.IsZero() && d.ApartmentID.IsZero(), "building_id", "A device stands in a department or in a building.")
	}
	if !d.CompanyID.IsZero() {
		found, err := exists(errOf(s.cfg.Store.Company(ctx, e.site, d.CompanyID)))
		if err != nil {
			return err
		}
		f.invalid.Check(found, "company_id", "A company of this site.")
	}
	return nil
}

// checkOffline: the gate (ACC-22), one transferring monitor per apartment (DEV-12), and one network group for a door without internet access and
// the monitor that transfers its calls. What was set before the gate closed may stay.
func (s *Service) checkOffline(ctx context.Context, e *edit, site domain.Site, before, d *domain.Device, f *faults) error {
	if !d.Form.NoInternet && !d.Form.WorksOffline {
		return nil
	}
	open, err := s.gates(ctx, e.site)
	if err != nil {
		return err
	}
	const closed = `"Doorphone Offline Solution" is not enabled for your distributor.`
	f.invalid.Check(!d.Form.NoInternet || open.OfflineSolution || before != nil && before.Form.NoInternet, "form.no_internet", closed)
	f.invalid.Check(!d.Form.WorksOffline || open.OfflineSolution || before != nil && before.Form.WorksOffline, "form.works_offline", closed)
	others, err := s.cfg.Store.OfflineDevices(ctx, e.site)
	if err != nil {
		return err
	}
	for _, o := range others {
		if o.ID == d.ID {
			continue
		}
		f.taken.Check(!d.Form.WorksOffline || !o.Form.WorksOffline || o.ApartmentID != d.ApartmentID, "form.works_offline", "Another monitor of this apartment works offline already: %s.", o.Name)
		if d.Form.NoInternet && transfers(*d, o) && o.GroupID != d.GroupID {
			f.invalid.Add("group_id", "Without internet access it must be in the network group of the monitor that transfers its calls, %s.", o.Name)
			break
		}
		if d.Form.WorksOffline && transfers(o, *d) && o.GroupID != d.GroupID {
			f.invalid.Add("group_id", "It transfers the calls of %s, which has no internet access, and must be in its network group.", o.Name)
			break
		}
	}
	return nil
}

// transfers tells whether the monitor works offline in an apartment that the visitors of the door can ring, and the door has no internet access.
func transfers(door, monitor domain.Device) bool {
	if !door.Form.NoInternet || !monitor.Form.WorksOffline {
		return false
	}
	switch {
	case !door.ApartmentID.IsZero():
		return door.ApartmentID == monitor.ApartmentID
	case !door.BuildingID.IsZero():
		return door.BuildingID == monitor.BuildingID
	}
	return len(door.Form.Buildings) == 0 || slices.Contains(door.Form.Buildings, monitor.BuildingID)
}

// checkAddress: no two devices of a network group have one fixed address; the host alone counts as soon as one of them has no internet access.
func (s *Service) checkAddress(ctx context.Context, e *edit, _ domain.Site, before, d *domain.Device, f *faults) error {
	host := hostOf(d.Address)
	if host == "" || before != nil && before.Address == d.Address && before.GroupID == d.GroupID && before.Form.NoInternet == d.Form.NoInternet {
		return nil
	}
	others, err := s.cfg.Store.DevicesAt(ctx, e.site, d.GroupID, host)
	for _, o := range others {
		same := o.Address == d.Address || o.Form.NoInternet || d.Form.NoInternet
		f.taken.Check(o.ID == d.ID || !same || hostOf(o.Address) != host, "address", "%s has this address in the network group already.", o.Name)
	}
	return err
}

func hostOf(address string) string {
	if at, err := netip.ParseAddrPort(address); err == nil {
		return at.Addr().String()
	}
	if at, err := netip.ParseAddr(address); err == nil {
		return at.String()
	}
	return ""
}

// checkModule: MD06 and MD12 belong to R20K and R20B (DEV-31), by what the device told or, until it did, by what the installer says.
func (s *Service) checkModule(ctx context.Context, e *edit, _ domain.Site, _, d *domain.Device, f *faults) error {
	if d.Form.Module == "" {
		return nil
	}
	model, err := s.cfg.Store.ReportedModel(ctx, e.site, d.ID)
	if model == "" {
		model = d.Form.Model
	}
	f.invalid.Check(takesModule(model), "form.module", "Only an R20K or R20B takes a push-button module. Say the model first.")
	return err
}

func takesModule(model string) bool {
	model = strings.ToUpper(strings.TrimSpace(model))
	return strings.HasPrefix(model, "R20K") || strings.HasPrefix(model, "R20B")
}

// keepMonitor notes an edit that takes the last monitor out of an apartment of a Basic community.
func (s *Service) keepMonitor(ctx context.Context, e *edit, site domain.Site, before, after *domain.Device, f *faults) error {
	if before == nil || after.Type == domain.Monitor && after.ApartmentID == before.ApartmentID {
		return nil
	}
	path := "apartment_id"
	if after.Type != domain.Monitor {
		path = "type"
	}
	words, err := s.lastMonitor(ctx, e, site, *before)
	f.taken.Check(words == "", path, "%s", words)
	return err
}

// lastMonitor says why a device may not leave its place: it is the last monitor of an apartment in a Basic community (SITE-10). Where home
// automation is on, the apartment has monitors of its own.
func (s *Service) lastMonitor(ctx context.Context, e *edit, site domain.Site, d domain.Device) (string, error) {
	if d.Type != domain.Monitor || d.ApartmentID.IsZero() || site.Form.Plan != domain.BasicPlan || site.Form.SmartHome {
		return "", nil
	}
	n, err := s.cfg.Store.ApartmentMonitors(ctx, e.site, d.ApartmentID)
	if err != nil || n > 1 {
		return "", err
	}
	home, err := s.cfg.Store.Apartment(ctx, e.site, d.ApartmentID)
	return fmt.Sprintf("With the Basic plan every apartment needs an indoor monitor, and this is the last one of %s.", home.Number), err
}
