package api

import (
	"context"
	"net/http"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// Apartment is a home.
type Apartment struct {
	ID         string            `json:"id"`
	BuildingID string            `json:"building_id"`
	Building   string            `json:"building" doc:"Its name."`
	Number     string            `json:"number" doc:"What a visitor dials."`
	Name       string            `json:"name"`
	Floor      string            `json:"floor"`
	Contact    string            `json:"contact" enum:"group,sequence"`
	CallPath   string            `json:"call_path" enum:"ip,sip"`
	CallType   int               `json:"call_type" doc:"0 to 5 of the guides: who rings, and in which order."`
	Sets       [][]string        `json:"sets" nullable:"false" doc:"Of a sequence call: accounts, monitors, landlines."`
	Stages     [][]string        `json:"stages" nullable:"false" doc:"What rings in which order, from the preference, the call type or the sets."`
	WebRelay   int               `json:"web_relay" doc:"Action that the door phone was set up with; 0: none."`
	Handsets   []Handset         `json:"handsets" nullable:"false" doc:"Analog handsets behind an S532."`
	SIPUser    string            `json:"sip_user" doc:"Family SIP number, also called UID."`
	People     []ApartmentPerson `json:"people" nullable:"false" doc:"The family master first."`
	Service    ApartmentService  `json:"service"`
	Created    *time.Time        `json:"created,omitempty"`
	Revision   uint64            `json:"revision" doc:"One more at each change; the ETag."`
	Warnings   []fleet.Warning   `json:"warnings,omitempty" doc:"What devices cannot do with their firmware; of POST and PUT."`
}

// Handset is an analog handset of a home.
type Handset struct {
	Name   string `json:"name" required:"false" doc:"1 to 64 characters."`
	Number string `json:"number" required:"false" doc:"1 to 8 digits."`
}

// ApartmentPerson is somebody who lives in an apartment.
type ApartmentPerson struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Kind  string `json:"kind" enum:"master,member"`
	Email string `json:"email"`
	Phone string `json:"phone"`
}

// ApartmentService is the standing of a home's account.
type ApartmentService struct {
	Active    string     `json:"active" enum:"inactivated,normal,expired"`
	AppStatus string     `json:"app_status" enum:"unregistered,registered"`
	Activated *time.Time `json:"activated,omitempty" doc:"First payment."`
	Expires   *time.Time `json:"expires,omitempty" doc:"End of the app's service; absent: none."`
	Landline  *time.Time `json:"landline_expires,omitempty" doc:"End of the landline service; absent: none."`
	Kit       bool       `json:"kit" doc:"Its account registers by scanning."`
}

func showApartment(h fleet.Home) Apartment {
	now := time.Now()
	out := Apartment{
		ID: h.ID.String(), BuildingID: text(h.BuildingID), Building: h.Building, Number: h.Number, Name: h.Name, Floor: h.Floor, Contact: string(h.Contact),
		CallPath: string(h.Path), CallType: int(h.CallType), Sets: showSets(h.Sets), Stages: showSets(h.Stages()), WebRelay: h.WebRelay,
		Handsets: make([]Handset, len(h.Handsets)), SIPUser: h.SIPUser, People: showPeople(h.People), Created: instant(h.Created),
		Service: ApartmentService{
			Active: string(h.Active(now)), AppStatus: string(h.App()), Activated: milliInstant(h.Service.ActivatedMilli),
			Expires: milliInstant(h.Service.ExpiresMilli), Landline: milliInstant(h.Service.LandlineMilli), Kit: h.Service.Kit,
		},
		Revision: h.Revision,
	}
	for i, set := range h.Handsets {
		out.Handsets[i] = Handset(set)
	}
	return out
}

// apartmentsFor shows apartments as the caller may see them: a token that may not see people sees nobody.
func apartmentsFor(ctx context.Context) func(fleet.Home) Apartment {
	caller, _ := account.From(ctx)
	may := caller.May(account.PeopleRead)
	return func(h fleet.Home) Apartment {
		if !may {
			h.People = nil
		}
		return showApartment(h)
	}
}

func showPeople(people []domain.Person) []ApartmentPerson {
	out := make([]ApartmentPerson, len(people))
	for i, p := range people {
		kind := domain.Member
		if p.Kind != domain.Member {
			kind = domain.Master
		}
		out[i] = ApartmentPerson{ID: p.ID.String(), Name: fullName(p), Kind: string(kind), Email: p.Email, Phone: p.Phone}
	}
	return out
}

func fullName(p domain.Person) string {
	if p.LastName == "" {
		return p.FirstName
	}
	return p.FirstName + " " + p.LastName
}

func showSets(sets domain.CallSets) [][]string {
	out := make([][]string, len(sets))
	for i, set := range sets {
		out[i] = make([]string, len(set))
		for k, target := range set {
			out[i][k] = string(target)
		}
	}
	return out
}

// milliInstant is nil for 0, which means never.
func milliInstant(ms int64) *time.Time {
	if ms == 0 {
		return nil
	}
	return instant(time.UnixMilli(ms).UTC())
}

// ApartmentInput is what an installer says of an apartment.
type ApartmentInput struct {
	BuildingID string     `json:"building_id" required:"false"`
	Number     string     `json:"number" required:"false" doc:"Digits such as 101, or groups such as 2#123; once in the building."`
	Name       string     `json:"name" required:"false" doc:"At most 64 characters."`
	Floor      string     `json:"floor" required:"false" doc:"-10 to 128, G0, G1, G2 or empty."`
	Contact    string     `json:"contact" required:"false" doc:"group, the default, or sequence."`
	CallPath   string     `json:"call_path" required:"false" doc:"ip, the default, or sip."`
	CallType   int        `json:"call_type,omitempty" doc:"0 to 5."`
	Sets       [][]string `json:"sets,omitempty" doc:"One to three sets of accounts, monitors, landlines; of a sequence call alone."`
	WebRelay   int        `json:"web_relay,omitempty" doc:"0 to 999; 0: none."`
	Handsets   []Handset  `json:"handsets,omitempty" doc:"At most 8."`
}

func (i ApartmentInput) apartment(site domain.SiteID, id domain.ApartmentID) (domain.Apartment, error) {
	var f ids
	f.Check(i.CallType >= 0 && i.CallType <= 255, "call_type", "0 to 5.")
	out := domain.Apartment{
		ID: id, SiteID: site, BuildingID: bodyID[domain.BuildingID](&f, "building_id", i.BuildingID), Number: i.Number, Name: i.Name, Floor: i.Floor,
		Contact: domain.ContactPreference(i.Contact), Path: domain.CallPath(i.CallPath), CallType: domain.CallType(i.CallType), WebRelay: i.WebRelay,
	}
	for _, h := range i.Handsets {
		out.Handsets = append(out.Handsets, domain.Handset(h))
	}
	for _, set := range i.Sets {
		targets := make([]domain.CallTarget, len(set))
		for k, target := range set {
			targets[k] = domain.CallTarget(target)
		}
		out.Sets = append(out.Sets, targets)
	}
	return out, f.Err()
}

// NewApartmentInput is an apartment with what comes with it in the same edit.
type NewApartmentInput struct {
	ApartmentInput
	Monitor  *MonitorInput  `json:"monitor,omitempty" doc:"The first monitor, with the Basic plan; never with another."`
	Resident *ResidentInput `json:"resident,omitempty" doc:"Who lives there: the family master."`
}

// ResidentInput is the resident of a new apartment.
type ResidentInput struct {
	FirstName string            `json:"first_name" required:"false" doc:"1 to 64 characters."`
	LastName  string            `json:"last_name" required:"false" doc:"1 to 64 characters."`
	Email     string            `json:"email" required:"false"`
	Phone     string            `json:"phone" required:"false"`
	Form      domain.PersonForm `json:"form" required:"false"`
}

// MonitorInput is the first indoor monitor of an apartment.
type MonitorInput struct {
	MAC     string         `json:"mac" required:"false" doc:"12 hexadecimal digits; colons and dashes are taken too."`
	Name    string         `json:"name" required:"false" doc:"1 to 64 characters."`
	GroupID string         `json:"group_id,omitempty" doc:"Network group; the site's only one when absent."`
	Arming  bool           `json:"arming,omitempty"`
	BuiltIn []BuiltInRelay `json:"built_in,omitempty" doc:"Relays 1 and 2."`
}

// furnishing gives what comes with the apartment, as far as the caller may add it.
func (i NewApartmentInput) furnishing(ctx context.Context) (fleet.Furnishing, error) {
	caller, _ := account.From(ctx)
	var out fleet.Furnishing
	var f ids
	if m := i.Monitor; m != nil {
		if !caller.May(account.DevicesWrite) {
			return out, fault.New(fault.Forbidden, "This needs the right %s, which you do not have here.", account.DevicesWrite)
		}
		out.Monitor = &domain.Device{Name: m.Name, Form: domain.DeviceForm{Arming: m.Arming}}
		for _, r := range m.BuiltIn {
			out.Monitor.Form.BuiltIn = append(out.Monitor.Form.BuiltIn, domain.BuiltInRelay(r))
		}
		out.Monitor.GroupID = bodyID[domain.GroupID](&f, "monitor.group_id", m.GroupID)
		out.Monitor.MAC, _ = domain.ParseMAC(m.MAC) // one that is none stays empty, which is told with the other faults
	}
	if r := i.Resident; r != nil {
		if !caller.May(account.PeopleWrite) {
			return out, fault.New(fault.Forbidden, "This needs the right %s, which you do not have here.", account.PeopleWrite)
		}
		out.Resident = &domain.Person{FirstName: r.FirstName, LastName: r.LastName, Email: r.Email, Phone: r.Phone, Form: r.Form}
	}
	return out, f.Err()
}

// ApartmentPath is one apartment of a path.
type ApartmentPath struct {
	SitePath
	Apartment string `path:"apartment"`
}

func (p ApartmentPath) id() domain.ApartmentID { return pathID[domain.ApartmentID](p.Apartment) }

// ApartmentFilter says which apartments are wanted.
type ApartmentFilter struct {
	Building string `query:"building"`
	Floor    string `query:"floor" doc:"A floor, or none."`
	Active   string `query:"active" enum:"inactivated,normal,expired"`
	App      string `query:"app" enum:"registered,unregistered"`
}

func (f ApartmentFilter) only(page fleet.Page) fleet.Page {
	page.Only = map[string]string{}
	for name, value := range map[string]string{"building": f.Building, "floor": f.Floor, "active": f.Active, "app": f.App} {
		if value != "" {
			page.Only[name] = value
		}
	}
	return page
}

func (a *API) apartments() {
	const list, one = "/sites/{site}/apartments", "/sites/{site}/apartments/{apartment}"
	route(a, http.MethodGet, list, "list-apartments", "Apartments of a site; q also finds the names of residents", func(ctx context.Context, in *struct {
		SitePath
		PageQuery
		ApartmentFilter
	},
	) (*Body[Page[Apartment]], error) {
		list, err := a.Fleet.Homes(ctx, in.site(), in.only(in.page()))
		return pageOf(list, apartmentsFor(ctx)), err
	}, needs(account.SitesRead), tag("apartments"))
	route(a, http.MethodPost, list, "add-apartment", "Add an apartment", func(ctx context.Context, in *struct {
		SitePath
		Body NewApartmentInput
	},
	) (*Tagged[Apartment], error) {
		apartment, err := in.Body.apartment(in.site(), domain.ApartmentID{})
		if err != nil {
			return nil, err
		}
		with, err := in.Body.furnishing(ctx)
		if err != nil {
			return nil, err
		}
		apartment, err = a.Fleet.AddApartment(ctx, apartment, with)
		return a.showSaved(ctx, apartment, err)
	}, status(http.StatusCreated), needs(account.SitesWrite), tag("apartments"))
	route(a, http.MethodGet, one, "get-apartment", "One apartment", func(ctx context.Context, in *ApartmentPath) (*Tagged[Apartment], error) {
		home, err := a.Fleet.Home(ctx, in.site(), in.id())
		return tagged(apartmentsFor(ctx)(home), home.Revision, err)
	}, needs(account.SitesRead), tag("apartments"))
	route(a, http.MethodPut, one, "edit-apartment", "Change an apartment", func(ctx context.Context, in *struct {
		ApartmentPath
		IfMatch
		Body ApartmentInput
	},
	) (*Tagged[Apartment], error) {
		apartment, err := in.Body.apartment(in.site(), in.id())
		if err != nil {
			return nil, err
		}
		apartment, err = a.Fleet.EditApartment(ctx, apartment)
		return a.showSaved(ctx, apartment, err)
	}, needs(account.SitesWrite), tag("apartments"))
	route(a, http.MethodDelete, one, "delete-apartment", "Delete an apartment and its people", func(ctx context.Context, in *struct {
		ApartmentPath
		IfMatch
	},
	) (*None, error) {
		return nil, a.Fleet.DeleteApartment(ctx, in.site(), in.id())
	}, status(http.StatusNoContent), needs(account.SitesWrite), tag("apartments"))
}

// showSaved answers an apartment that was saved, after err of what saved it, with what devices cannot do of it.
func (a *API) showSaved(ctx context.Context, saved domain.Apartment, err error) (*Tagged[Apartment], error) {
	if err != nil {
		return nil, err
	}
	home, err := a.Fleet.Home(ctx, saved.SiteID, saved.ID)
	if err != nil {
		return nil, err
	}
	shown := apartmentsFor(ctx)(home)
	shown.Warnings, err = a.Fleet.Warnings(ctx, saved.SiteID, fleet.About{Apartment: saved.ID})
	return tagged(shown, home.Revision, err)
}
