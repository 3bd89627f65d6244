package fleet_test

import (
	"context"
	"log/slog"
	"reflect"
	"slices"
	"testing"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/cloudtest/linktest"
	"vestibule/cloud/fleet"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

// open is a distributor who opened everything.
type open struct{}

func (open) OrgGates(context.Context, domain.OrgID) (account.Gates, error) {
	return account.Gates{OfflineSolution: true, CommunityCalls: true}, nil
}

// held is a rich site as it was saved, and the box that gets it.
type held struct {
	*fleet.Service
	t    *testing.T
	ctx  context.Context
	link *linktest.Cloud
	site domain.Site
	home domain.Apartment
	door domain.Device
	hall domain.Device
	side domain.Device
	eva  domain.Person
}

func keep[T any](t *testing.T, one T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return one
}

func newHeld(t *testing.T, s *store.Store) *held {
	t.Helper()
	link := linktest.New(t, s)
	h := &held{t: t, link: link, ctx: link.Person()}
	h.Service = fleet.New(fleet.Config{Store: s, Desired: link.Desired, Gates: open{}, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	site, err := h.AddSite(h.ctx, domain.Site{
		Name: "Park Lane 7", TimeZone: "Europe/Berlin", Kind: domain.Community, Form: domain.SiteForm{
			ContactOrder: domain.LastFirst, DateFormat: domain.DayMonthYear, Hour12: true, Plan: domain.PremiumPlan, Landline: true, VideoStorage: true,
			CommunityCalls: true, PINMode: domain.ApartmentAndPIN, NoRegistration: true, NoVisitorLog: true, Access: domain.PublicOnly,
		},
	})
	h.site = keep(t, site, err)
	building, err := h.AddBuilding(h.ctx, domain.Building{SiteID: h.site.ID, Name: "House A", GroundFloor: "G1"})
	keep(t, building, err)
	home, err := h.AddApartment(h.ctx, domain.Apartment{
		SiteID: h.site.ID, BuildingID: building.ID, Number: "101", Name: "Garden", Floor: "3", Contact: domain.SequenceCall, Path: domain.CallBySIP,
		CallType: domain.MonitorsThenApp, Sets: domain.CallSets{{domain.TargetMonitors}, {domain.TargetAccounts, domain.TargetLandlines}},
		WebRelay: 7, Handsets: []domain.Handset{{Name: "Kitchen", Number: "12"}},
	})
	h.home = keep(t, home, err)
	eva, err := h.AddPerson(h.ctx, domain.Person{
		SiteID: h.site.ID, ApartmentID: h.home.ID, FirstName: "Eva", LastName: "Miller", Email: "eva@example.com", Phone: "30 1",
		Form: domain.PersonForm{Floors: []string{"3", "G1"}, Landlines: []string{"30 2", "30 3"}, Country: "DE", Language: "fr", Remark: "tenant"},
	})
	h.eva = keep(t, eva, err)
	h.devices(building)
	return h
}

// devices fills the site with a monitor that transfers calls, a door phone with everything, and a private door phone.
func (h *held) devices(in domain.Building) {
	add := func(d domain.Device) domain.Device {
		h.t.Helper()
		d.SiteID = h.site.ID
		saved, err := h.AddDevice(h.ctx, d)
		return keep(h.t, saved, err)
	}
	h.hall = add(domain.Device{
		Type: domain.Monitor, MAC: "0C1105000001", Name: "Hall", ApartmentID: h.home.ID, Form: domain.DeviceForm{
			WorksOffline: true, Arming: true, BuiltIn: []domain.BuiltInRelay{{Number: 2, Name: "Light", On: true}},
			External: &domain.ExternalRelay{Type: domain.BoardHF8000, Mode: domain.ModeEthernet, Address: "192.168.1.200", Port: 502, Channels: []domain.ExternalChannel{{Number: 4, Name: "Gate", Function: "gate"}}},
		},
	})
	board, err := h.AddBoard(h.ctx, domain.Board{SiteID: h.site.ID, Name: "Cellar", Address: "192.168.1.201:502", Unit: 1, Channels: 8})
	keep(h.t, board, err)
	h.door = add(domain.Device{
		Type: domain.DoorPhone, MAC: "0C1105000002", Name: "Front", BuildingID: in.ID, Address: "192.168.1.20", APIUser: "admin", APIPassword: secret.New("planted-api-password"),
		Relays: []domain.Relay{
			{Number: 1, Name: "Front Door", Enabled: true, DTMF: "5", Methods: domain.MethodPIN | domain.MethodTalkingpage},
			{Number: 2, Name: "Garage", Enabled: true, DTMF: "*", Mode: domain.Latching, Rest: true, HoldMilli: 1500, Board: board.ID, Channel: 8},
			{Number: 3, Name: "Cellar", DTMF: "7", Methods: domain.NoMethods},
		},
		Form: domain.DeviceForm{
			NoMonitoring: true, NoInternet: true, ContactDisplay: domain.DisplayAll, Directory: &domain.Directory{Apartments: []domain.ApartmentID{h.home.ID}, Devices: []domain.DeviceID{h.hall.ID}},
			SecurityRelay: &domain.SecurityRelay{Name: "SR01", DTMF: "9"}, Model: "R20K", Module: domain.ModuleMD12, Buttons: []domain.ButtonTarget{{Button: 12, ApartmentID: h.home.ID}},
		},
	})
	h.side = add(domain.Device{Type: domain.SingleDoorPhone, MAC: "0C1105000003", Name: "Side", ApartmentID: h.home.ID, Form: domain.DeviceForm{HoldOpen: true}})
}

// A box that joins the cloud gets everything of a site that the building must know, and nothing that is none of its business.
//
// shows DEV-09 by shared/domain/deviceform.go: "// users may not watch it (DEV-09)" => "	NoMonitoring bool `cbor:\"-\" json:\"no_monitoring,omitempty\"`"
// shows DEV-12 by shared/domain/deviceform.go: "// the monitor that transfers calls (DEV-12)" => "	WorksOffline bool `cbor:\"-\" json:\"works_offline,omitempty\"`"
// shows DEV-14 by shared/domain/deviceform.go: "// the master may hold the door open (DEV-14)" => "	HoldOpen bool `cbor:\"-\" json:\"hold_open,omitempty\"`"
// shows DEV-20 by shared/domain/device.go: "// ways to unlock this relay; zero means all (DEV-18)" => "	Methods Methods `cbor:\"-\"`"
// shows DEV-21 by shared/domain/deviceform.go: "// DEV-21" => "	Arming bool `cbor:\"-\" json:\"arming,omitempty\"`"
// shows DEV-23 by shared/domain/deviceform.go: "ContactDisplay ContactDisplay" => "	ContactDisplay ContactDisplay `cbor:\"-\" json:\"contact_display,omitempty\"`"
// shows DEV-31 by shared/domain/deviceform.go: "// of the module (DEV-31)" => "	Buttons []ButtonTarget `cbor:\"-\" json:\"buttons,omitempty\"`"
// shows DEV-26 by shared/domain/apartment.go: "// action configured on the door phone; 0: none (DEV-26)" => "	WebRelay int `cbor:\"-\"`"
// shows DEV-27 by shared/domain/apartment.go: "// behind an S532 (DEV-27)" => "	Handsets []Handset `cbor:\"-\"`"
// shows PEOPLE-04 by shared/domain/person.go: "// at most three (PEOPLE-04)" => "	Landlines []string `cbor:\"-\" json:\"landlines,omitempty\"`"
// shows SITE-06 by shared/domain/siteform.go: "ContactOrder ContactOrder" => "	ContactOrder ContactOrder `cbor:\"-\" json:\"contact_order,omitempty\"`"
func TestDocument_HoldsWhatTheBuildingMustKnow(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHeld(t, s)
		box := h.link.NewBox(h.site.ID)
		box.Join()
		if !box.Pull(0) {
			t.Fatal("the box did not get the document")
		}
		v, err := desired.Read(box.Document, box.Version)
		if err != nil {
			t.Fatal(err)
		}
		for _, saved := range []domain.Device{h.hall, h.door, h.side} {
			got := v.Devices[saved.ID]
			if !reflect.DeepEqual(got.Form, saved.Form) || !slices.Equal(got.Relays, saved.Relays) || got.Address != saved.Address || got.GroupID != saved.GroupID || got.SIPUser != saved.SIPUser || got.Name != saved.Name || got.MAC != saved.MAC {
				t.Errorf("the box got\n%+v, saved was\n%+v", got, saved)
			}
			if c := v.Credentials[saved.ID]; !c.SIPPassword.Equal(saved.SIPPassword) || !c.APIPassword.Equal(saved.APIPassword) || c.APIUser != saved.APIUser {
				t.Errorf("credentials of %s", saved.Name)
			}
		}
		if relay, _ := v.Devices[h.door.ID].Relay(1); relay.Methods.Has(domain.MethodHomepage) || !relay.Methods.Has(domain.MethodTalkingpage) {
			t.Errorf("ways to unlock: %v", relay.Methods.Names())
		}
		home := h.home
		home.SiteID, home.Service, home.Revision = domain.SiteID{}, domain.ApartmentService{}, 0
		if got := v.Apartments[h.home.ID]; !reflect.DeepEqual(got, home) {
			t.Errorf("the box got\n%+v, saved was\n%+v", got, home)
		}
		h.person(v)
		h.form(v)
	})
}

// person wants the names, floors and numbers of a person in the building, and what concerns the cloud alone not.
func (h *held) person(v *desired.View) {
	h.t.Helper()
	want := h.eva
	want.SiteID, want.Email, want.Phone, want.Revision = domain.SiteID{}, "", "", 0
	want.Form.Language, want.Form.Remark = "", ""
	if got := v.People[h.eva.ID]; !reflect.DeepEqual(got, want) || got.Form.Landlines[0] != "+49 302" {
		h.t.Errorf("the box got\n%+v, want\n%+v", got, want)
	}
}

// form wants in the building what devices show and decide by, and nothing of payment and mails. The Premium Plan of a single-family home brings its
// landline service, so it is told too.
func (h *held) form(v *desired.View) {
	h.t.Helper()
	want := h.site.Form
	want.Access = ""
	if v.Site.Form != want || v.Site.TimeZone != "Europe/Berlin" {
		h.t.Errorf("the box got\n%+v, want\n%+v", v.Site.Form, want)
	}
	one, err := h.AddHome(h.ctx, domain.Site{Kind: domain.SingleHome, TimeZone: "UTC", Form: domain.SiteForm{Premium: true, UserMails: true}}, fleet.HomeUser{Person: domain.Person{FirstName: "Ryan"}})
	keep(h.t, one, err)
	box := h.link.NewBox(one.ID)
	box.Join()
	box.Pull(0)
	single, err := desired.Read(box.Document, box.Version)
	if err != nil || single.Site.Form != (domain.SiteForm{Premium: true}) {
		h.t.Errorf("%+v %v", single.Site.Form, err)
	}
}
