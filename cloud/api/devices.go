package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"vestibule/cloud/account"
	"vestibule/cloud/desiredstate"
	"vestibule/cloud/fleet"
	"vestibule/shared/capability"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
	"vestibule/shared/wire"
)

// Device is an intercom, terminal or monitor. Its passwords are never answered.
type Device struct {
	ID          string       `json:"id"`
	Type        int          `json:"type" enum:"0,1,2,3,50" doc:"0 door phone, 1 single-tenant door phone, 2 monitor, 3 guard phone, 50 access terminal."`
	MAC         string       `json:"mac"`
	Name        string       `json:"name"`
	GroupID     string       `json:"group_id"`
	BuildingID  string       `json:"building_id" doc:"Empty: the public area of the site."`
	ApartmentID string       `json:"apartment_id" doc:"Empty: the public area of the building."`
	Driver      string       `json:"driver" enum:"akuvox,2n,onvif,sip,web_relay,manual"`
	Address     string       `json:"address" doc:"Empty: found on the LAN."`
	DTMFMethod  string       `json:"dtmf_method" enum:"unknown,info,rfc4733"`
	Relays      []Relay      `json:"relays" nullable:"false"`
	SIPUser     string       `json:"sip_user"`
	APIUser     string       `json:"api_user"`
	Status      DeviceStatus `json:"status"`
	Revision    uint64       `json:"revision" doc:"One more at each change; the ETag."`

	SiteID       string     `json:"site_id"`
	DepartmentID string     `json:"department_id" doc:"Of an office; empty: its public area."`
	CompanyID    string     `json:"company_id" doc:"Of a commercial site."`
	OwnerID      string     `json:"owner_id" doc:"Whose private device it is in an office."`
	Form         DeviceForm `json:"form"`
	CreatedAt    time.Time  `json:"created_at"`
	Building     string     `json:"building" doc:"Names of what it belongs to; empty where it belongs to none."`
	Apartment    string     `json:"apartment"`
	Department   string     `json:"department"`
	Company      string     `json:"company"`
	Resident     string     `json:"resident" doc:"The master of its apartment."`
	Owner        string     `json:"owner" doc:"Of a device of an office user or a single-family user."`

	Warnings []fleet.Warning `json:"warnings,omitempty" doc:"What it cannot do with its firmware or in its network group; of POST and PUT."`
}

// Relay is one door relay.
type Relay struct {
	Number  int    `json:"number" doc:"1 to 4."`
	Name    string `json:"name"`
	Enabled bool   `json:"enabled"`
	DTMF    string `json:"dtmf" doc:"One of 0-9, * or #."`
	Mode    string `json:"mode" enum:"momentary,latching"`
	Rest    bool   `json:"rest" doc:"Contact at rest: false is open."`
	HoldMS  int    `json:"hold_ms" doc:"100 to 60000."`
	BoardID string `json:"board_id" doc:"Empty: the device's own relay."`
	Channel int    `json:"channel" doc:"1-based on the board; 0 without one."`

	Methods []string `json:"methods" nullable:"false" doc:"Ways to unlock it: homepage, talkingpage, pin, face, card, bluetooth, nfc."`
}

// DeviceStatus is what is known of a device.
type DeviceStatus struct {
	Online   bool       `json:"online"`
	Since    *time.Time `json:"since,omitempty"`
	SeenAt   *time.Time `json:"seen_at,omitempty"`
	ToldAt   *time.Time `json:"told_at,omitempty" doc:"When it last told its agent something by itself, such as a door that was opened; within some minutes."`
	Address  string     `json:"address"`
	Model    string     `json:"model"`
	Firmware string     `json:"firmware"`
	SIP      bool       `json:"sip" doc:"Registered at the agent."`
	Receipt  Receipt    `json:"receipt"`
}

// Receipt tells how far the last edit got on a device.
type Receipt struct {
	State   string `json:"state" enum:"saved,held,written,applied,failed,manual"`
	Version uint64 `json:"version" doc:"The version that the state is true of."`
	Wanted  uint64 `json:"wanted_version"`
	Reason  string `json:"reason"`

	Withheld []string `json:"withheld,omitempty" doc:"Features that were asked for and not written, because the device's firmware does not reach them."`
}

// DeviceInput is what an installer says of a device.
type DeviceInput struct {
	Type        int          `json:"type" required:"false" doc:"0 door phone, 1 single-tenant door phone, 2 monitor, 3 guard phone, 50 access terminal."`
	MAC         string       `json:"mac" required:"false" doc:"12 hexadecimal digits; colons and dashes are taken too."`
	Name        string       `json:"name" required:"false" doc:"1 to 64 characters."`
	GroupID     string       `json:"group_id" required:"false" doc:"The first group by default."`
	BuildingID  string       `json:"building_id" required:"false"`
	ApartmentID string       `json:"apartment_id" required:"false"`
	Driver      string       `json:"driver" required:"false" doc:"akuvox, the default, 2n, onvif, sip, web_relay or manual."`
	Address     string       `json:"address" required:"false" doc:"IPv4, with :port if needed."`
	DTMFMethod  string       `json:"dtmf_method" required:"false" doc:"unknown, the default, info or rfc4733."`
	Relays      []RelayInput `json:"relays,omitempty" maxItems:"16" doc:"Relay1 on # by default, for devices that have relays."`
	APIUser     string       `json:"api_user" required:"false"`
	APIPassword string       `json:"api_password,omitempty" doc:"Never answered. Absent or empty leaves the stored one; an empty api_user forgets it: a device that the agent configures gets a login of its own making, which its settings file brings."`

	DepartmentID string     `json:"department_id" required:"false" doc:"Of an office."`
	CompanyID    string     `json:"company_id" required:"false" doc:"Of a commercial site."`
	OwnerID      string     `json:"owner_id" required:"false" doc:"The office user whose private device it is."`
	Form         DeviceForm `json:"form" required:"false" doc:"Replaces the whole form."`
}

// RelayInput is what an installer says of a relay.
type RelayInput struct {
	Number  int    `json:"number" required:"false"`
	Name    string `json:"name" required:"false"`
	Enabled *bool  `json:"enabled,omitempty" doc:"On by default."`
	DTMF    string `json:"dtmf" required:"false" doc:"# by default on relay 1."`
	Mode    string `json:"mode" required:"false" doc:"momentary, the default, or latching."`
	Rest    bool   `json:"rest" required:"false"`
	HoldMS  int    `json:"hold_ms" required:"false" doc:"3000 by default."`
	BoardID string `json:"board_id" required:"false"`
	Channel int    `json:"channel" required:"false"`

	Methods []string `json:"methods,omitempty" maxItems:"16" doc:"Ways to unlock it; all seven when absent, none when empty."`
}

// SIPCredentials is what a phone that is set up by hand needs.
type SIPCredentials struct {
	SIPUser     string `json:"sip_user"`
	SIPPassword string `json:"sip_password"`
}

// DevicePath is one device of a path.
type DevicePath struct {
	SitePath
	Device string `path:"device"`
}

func (p DevicePath) id() domain.DeviceID { return pathID[domain.DeviceID](p.Device) }

func (i DeviceInput) device(site domain.SiteID, id domain.DeviceID) (domain.Device, error) {
	var f ids
	d := domain.Device{
		ID: id, SiteID: site, Name: i.Name, Driver: domain.Driver(i.Driver), Address: i.Address, DTMF: domain.DTMFMethod(i.DTMFMethod),
		GroupID:     bodyID[domain.GroupID](&f, "group_id", i.GroupID),
		BuildingID:  bodyID[domain.BuildingID](&f, "building_id", i.BuildingID),
		ApartmentID: bodyID[domain.ApartmentID](&f, "apartment_id", i.ApartmentID),
		APIUser:     i.APIUser, APIPassword: secret.New(i.APIPassword),

		DepartmentID: bodyID[domain.DepartmentID](&f, "department_id", i.DepartmentID),
		CompanyID:    bodyID[domain.CompanyID](&f, "company_id", i.CompanyID),
		OwnerID:      bodyID[domain.PersonID](&f, "owner_id", i.OwnerID),
		Form:         i.Form.form(&f, "form."),
	}
	f.Check(i.Type >= 0 && i.Type <= 255, "type", "0 door phone, 1 single-tenant door phone, 2 monitor, 3 guard phone, 50 access terminal.")
	f.Check(len(i.APIPassword) <= maxAPIPassword && !strings.ContainsFunc(i.APIPassword, unicode.IsControl), "api_password", "At most %d bytes, no control characters.", maxAPIPassword)
	d.Type = domain.DeviceType(i.Type)
	d.MAC, _ = domain.ParseMAC(i.MAC) // one that is none stays empty, which Validate tells with the other faults
	for n, r := range i.Relays {
		methods, ok := domain.MethodsNamed(r.Methods)
		f.Check(ok, "relays["+strconv.Itoa(n)+"].methods", "Some of %s.", strings.Join(domain.MethodNames(), ", "))
		d.Relays = append(d.Relays, domain.Relay{
			Number: r.Number, Name: r.Name, Enabled: r.Enabled == nil || *r.Enabled, DTMF: r.DTMF, Mode: domain.RelayMode(r.Mode), Rest: r.Rest,
			HoldMilli: r.HoldMS, Board: bodyID[domain.BoardID](&f, "relays["+strconv.Itoa(n)+"].board_id", r.BoardID), Channel: r.Channel,
			Methods: methods,
		})
	}
	return d, f.Err()
}

// maxAPIPassword bounds what the forms of devices take.
const maxAPIPassword = 128

func showDevice(d fleet.DeviceLine, receipts map[domain.DeviceID]desiredstate.Receipt, head uint64) Device {
	out := Device{
		ID: d.ID.String(), Type: int(d.Type), MAC: string(d.MAC), Name: d.Name, GroupID: text(d.GroupID), BuildingID: text(d.BuildingID),
		ApartmentID: text(d.ApartmentID), Driver: string(d.Driver), Address: d.Address, DTMFMethod: string(d.DTMF), SIPUser: d.SIPUser,
		APIUser: d.APIUser, Relays: make([]Relay, len(d.Relays)), Revision: d.Revision,
		SiteID: text(d.SiteID), DepartmentID: text(d.DepartmentID), CompanyID: text(d.CompanyID), OwnerID: text(d.OwnerID), Form: showDeviceForm(d.Form),
		CreatedAt: d.CreatedAt, Building: d.Building, Apartment: d.Apartment, Department: d.Department, Company: d.Company, Resident: d.Resident, Owner: d.Owner,
	}
	for i, r := range d.Relays {
		out.Relays[i] = Relay{
			Number: r.Number, Name: r.Name, Enabled: r.Enabled, DTMF: r.DTMF, Mode: string(r.Mode), Rest: r.Rest, HoldMS: r.HoldMilli,
			BoardID: text(r.Board), Channel: r.Channel, Methods: r.Methods.Names(),
		}
	}
	r, known := receipts[d.ID]
	if !known {
		state := desiredstate.Saved
		if !capability.Can(string(d.Driver), capability.Configure) {
			state = wire.ReceiptManual
		}
		out.Status.Receipt = Receipt{State: string(state), Wanted: head}
		return out
	}
	out.Status = DeviceStatus{
		Online: r.Online, Since: instant(r.Since), SeenAt: instant(r.SeenAt), ToldAt: instant(r.ToldAt), Address: r.Address, Model: r.Model, Firmware: r.Firmware, SIP: r.SIP,
		Receipt: Receipt{State: string(r.Standing.State), Version: r.Standing.Version, Wanted: r.Standing.Wanted, Reason: string(r.Standing.Reason), Withheld: r.Standing.Withheld},
	}
	return out
}

// instant is nil for an instant that is not known.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// shower reads what the link knows of some devices of a site, of all without any, once for one answer.
func (a *API) shower(ctx context.Context, site domain.SiteID, devices ...domain.DeviceID) (func(fleet.DeviceLine) Device, error) {
	receipts, err := a.Desired.Receipts(ctx, site, devices...)
	if err != nil {
		return nil, err
	}
	head, err := a.Desired.Head(ctx, site)
	return func(d fleet.DeviceLine) Device { return showDevice(d, receipts, head) }, err
}

// showOne answers one device after err of what made it.
func (a *API) showOne(ctx context.Context, d domain.Device, err error) (*Tagged[Device], error) {
	if err != nil {
		return nil, err
	}
	line, err := a.Fleet.DeviceLine(ctx, d)
	if err != nil {
		return nil, err
	}
	show, err := a.shower(ctx, d.SiteID, d.ID)
	if err != nil {
		return nil, err
	}
	return tagged(show(line), d.Revision, nil)
}

// showSavedDevice is showOne with what the device cannot do by its firmware, or in its network group by what agents hear.
func (a *API) showSavedDevice(ctx context.Context, d domain.Device, err error) (*Tagged[Device], error) {
	out, err := a.showOne(ctx, d, err)
	if err != nil {
		return nil, err
	}
	out.Body.Warnings, err = a.Fleet.Warnings(ctx, d.SiteID, fleet.About{Device: d.ID})
	return out, err
}

// DeviceFilters narrow a list of devices.
type DeviceFilters struct {
	Type       string `query:"type" doc:"0, 1, 2, 3 or 50."`
	Status     string `query:"status" doc:"online or offline."`
	Receipt    string `query:"receipt" doc:"open: the last edit is not on the device yet."`
	Place      string `query:"place" doc:"site, building, public (both), apartment or department."`
	Building   string `query:"building"`
	Apartment  string `query:"apartment"`
	Department string `query:"department"`
	Company    string `query:"company"`
	Group      string `query:"group" doc:"A network group."`
}

func (f DeviceFilters) only() map[string]string {
	return map[string]string{
		"type": f.Type, "status": f.Status, "receipt": f.Receipt, "place": f.Place,
		"building": f.Building, "apartment": f.Apartment, "department": f.Department, "company": f.Company, "group": f.Group,
	}
}

// showDevices answers a part of a list, of one site or of many: what is known of them is read once per site.
func (a *API) showDevices(ctx context.Context, list fleet.List[fleet.DeviceLine]) (*Body[Page[Device]], error) {
	bySite := map[domain.SiteID][]domain.DeviceID{}
	for _, d := range list.Items {
		bySite[d.SiteID] = append(bySite[d.SiteID], d.ID)
	}
	shows := make(map[domain.SiteID]func(fleet.DeviceLine) Device, len(bySite))
	for site, devices := range bySite {
		show, err := a.shower(ctx, site, devices...)
		if err != nil {
			return nil, err
		}
		shows[site] = show
	}
	return pageOf(list, func(d fleet.DeviceLine) Device { return shows[d.SiteID](d) }), nil
}

// homeDevices is the most devices of one answer that spans sites.
const homeDevices = 100

func (a *API) devices() {
	a.homeDevices()
	a.deviceOptions()
	const list, one = "/sites/{site}/devices", "/sites/{site}/devices/{device}"
	route(a, http.MethodGet, list, "list-devices", "Devices of a site", func(ctx context.Context, in *struct {
		SitePath
		PageQuery
		DeviceFilters
	},
	) (*Body[Page[Device]], error) {
		page := in.page()
		page.Only = in.only()
		list, err := a.Fleet.DeviceLines(ctx, in.site(), page)
		if err != nil {
			return nil, err
		}
		return a.showDevices(ctx, list)
	}, needs(account.DevicesRead), tag("devices"))
	route(a, http.MethodPost, list, "add-device", "Add a device", func(ctx context.Context, in *struct {
		SitePath
		Body DeviceInput
	},
	) (*Tagged[Device], error) {
		device, err := in.Body.device(in.site(), domain.DeviceID{})
		if err == nil {
			device, err = a.Fleet.AddDevice(ctx, device)
		}
		return a.showSavedDevice(ctx, device, err)
	}, status(http.StatusCreated), needs(account.DevicesWrite), tag("devices"))
	route(a, http.MethodGet, one, "get-device", "One device", func(ctx context.Context, in *DevicePath) (*Tagged[Device], error) {
		device, err := a.Fleet.Device(ctx, in.site(), in.id())
		return a.showOne(ctx, device, err)
	}, needs(account.DevicesRead), tag("devices"))
	route(a, http.MethodPut, one, "edit-device", "Change a device", func(ctx context.Context, in *struct {
		DevicePath
		IfMatch
		Body DeviceInput
	},
	) (*Tagged[Device], error) {
		device, err := in.Body.device(in.site(), in.id())
		if err == nil {
			device, err = a.Fleet.EditDevice(ctx, device)
		}
		return a.showSavedDevice(ctx, device, err)
	}, needs(account.DevicesWrite), tag("devices"))
	route(a, http.MethodDelete, one, "delete-device", "Delete a device and free its MAC", func(ctx context.Context, in *struct {
		DevicePath
		IfMatch
	},
	) (*None, error) {
		return nil, a.Fleet.DeleteDevice(ctx, in.site(), in.id())
	}, status(http.StatusNoContent), needs(account.DevicesWrite), tag("devices"))
	route(a, http.MethodPost, one+"/sip-credentials", "show-sip-credentials", "Show the SIP account of a device; written down in the audit", func(ctx context.Context, in *DevicePath) (*Body[SIPCredentials], error) {
		user, password, err := a.Fleet.ShowSIP(ctx, in.site(), in.id())
		return &Body[SIPCredentials]{SIPCredentials{SIPUser: user, SIPPassword: password.Reveal()}}, err
	}, needs(account.SecretsRead), tag("devices"))
}

func (a *API) homeDevices() {
	route(a, http.MethodGet, "/devices", "list-home-devices", "Devices of all single-family sites", func(ctx context.Context, in *struct {
		PageQuery
		DeviceFilters
	},
	) (*Body[Page[Device]], error) {
		in.Limit = min(in.Limit, homeDevices)
		page := in.page()
		page.Only = in.only()
		list, err := a.Fleet.HomeDevices(ctx, page)
		if err != nil {
			return nil, err
		}
		return a.showDevices(ctx, list)
	}, needs(account.DevicesRead), tag("devices"))
}
