package fleet_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/fleet"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// above opens gates for every organisation and gives it a zone.
type above struct {
	account.Gates
	zone string
}

func (a *above) OrgGates(context.Context, domain.OrgID) (account.Gates, error) { return a.Gates, nil }

func (a *above) OrgZone(context.Context, domain.OrgID) (string, error) { return a.zone, nil }

// under makes the fleet of the yard anew: below somebody who opens gates, at a time of its own.
func (y *yard) under(a *above, now func() time.Time, change ...func(*fleet.Config)) {
	cfg := fleet.Config{Store: y.store, Desired: y.document, Gates: a, Zones: a, Now: now, Logger: slog.New(slog.DiscardHandler)}
	for _, c := range change {
		c(&cfg)
	}
	y.Service = fleet.New(cfg)
}

// change edits the site of the yard and gives the error.
func (y *yard) change(form domain.SiteForm) error {
	site, err := y.EditSite(y.ctx, fleet.SiteChange{ID: y.site.ID, Name: y.site.Name, TimeZone: y.site.TimeZone, Form: &form})
	if err == nil {
		y.site = site
	}
	return err
}

// shows SITE-05 by shared/domain/siteform.go: "cbor:\"1,keyasint,omitempty\"" => "cbor:\"-\""
// shows SITE-06 by shared/domain/siteform.go: "cbor:\"3,keyasint,omitempty\"" => "cbor:\"-\""
// shows SITE-07 by shared/domain/site.go: "cbor:\"5,keyasint\"" => "cbor:\"-\""
// shows SITE-12 by shared/domain/siteform.go: "cbor:\"5,keyasint,omitempty\"" => "cbor:\"-\""
// shows SITE-13 by shared/domain/siteform.go: "cbor:\"6,keyasint,omitempty\"" => "cbor:\"-\""
// shows SITE-14 by shared/domain/siteform.go: "cbor:\"7,keyasint,omitempty\"" => "cbor:\"-\""
// shows SITE-16 by shared/domain/siteform.go: "cbor:\"8,keyasint,omitempty\"" => "cbor:\"-\""
// shows SITE-20 by shared/domain/siteform.go: "cbor:\"9,keyasint,omitempty\"" => "cbor:\"-\""
func TestEditSite_TellsTheBuildingWhatItNeeds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		y := newYard(t, s)
		y.under(&above{Gates: account.Gates{CommunityCalls: true, Payment: true, DormakabaLocks: true}}, time.Now)
		built := domain.SiteForm{
			DateFormat: domain.DayMonthYear, Hour12: true, ContactOrder: domain.LastFirst, Plan: domain.PremiumPlan, Landline: true, VideoStorage: true,
			CommunityCalls: true, PINMode: domain.ApartmentAndPIN, SmartHome: true, NoRegistration: true,
		}
		whole := built
		whole.Access, whole.PayByPM, whole.ExpirationMails, whole.RenewMails, whole.Dormakaba = domain.PublicOnly, true, domain.MailManager, true, true
		address := domain.Address{Country: "AT", State: "8", City: "Goetzis", PostCode: "6840", Street: "Park Lane 7"}
		versions := y.document.versions
		_, err := y.EditSite(y.ctx, fleet.SiteChange{ID: y.site.ID, Name: "Park Lane 7", TimeZone: "Europe/Vienna", Form: &whole, Address: &address})
		if err != nil {
			t.Fatal(err)
		}
		told := y.document.view(t, y.site.ID).Site
		if told.Form != built || told.Address != address || told.TimeZone != "Europe/Vienna" || y.document.versions != versions+1 {
			t.Errorf("in the document: %+v, %d versions", told, y.document.versions-versions)
		}
		if kept, err := y.Site(y.ctx, y.site.ID); err != nil || kept.Form != whole || kept.Address != address {
			t.Errorf("kept %+v %v", kept, err)
		}
	})
}

// shows SITE-14 by cloud/fleet/sitekinds.go: "f.invalid.Check(!site.Form.CommunityCalls || was.CommunityCalls || gates.CommunityCalls"
// shows SITE-17 by cloud/fleet/sitekinds.go: "f.invalid.Check(!site.Form.PayByPM || was.PayByPM || gates.Payment"
// shows SITE-22 by cloud/fleet/sitekinds.go: "f.invalid.Check(!site.Form.Dormakaba || was.Dormakaba || gates.DormakabaLocks"
func TestSites_SwitchesWantTheirGates(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		y := newYard(t, s)
		gates := &above{}
		y.under(gates, time.Now)
		all := domain.SiteForm{CommunityCalls: true, PayByPM: true, Dormakaba: true}
		y.wants(t, y.change(all), fault.Invalid, "form.community_calls form.pay_by_pm form.dormakaba")
		_, err := y.AddSite(y.ctx, domain.Site{Name: "Park Lane 8", TimeZone: "UTC", Form: all})
		y.wants(t, err, fault.Invalid, "form.community_calls form.pay_by_pm form.dormakaba")
		options, err := y.SiteOptions(y.ctx)
		if err != nil || options.Gates != (account.Gates{}) {
			t.Errorf("offered %+v %v", options.Gates, err)
		}
		gates.Gates = account.Gates{CommunityCalls: true, Payment: true, DormakabaLocks: true}
		if err := y.change(all); err != nil {
			t.Fatal(err)
		}
		// A gate that shuts again takes nothing away from a site that works with it.
		gates.Gates = account.Gates{}
		all.VideoStorage = true
		if err := y.change(all); err != nil {
			t.Errorf("with shut gates: %v", err)
		}
		if err := y.change(domain.SiteForm{}); err != nil {
			t.Fatal(err)
		}
		y.wants(t, y.change(all), fault.Invalid, "form.community_calls form.pay_by_pm form.dormakaba")
	})
}

// shows SITE-04 by cloud/fleet/sites.go: "if site.TimeZone, err = s.zoneOf(ctx, org); err != nil {" => "if err != nil {"
// shows SITE-36 by cloud/fleet/sitekinds.go: "site.Kind != domain.Office || s.mayBeOffice()" => "true"
// shows SITE-38 by cloud/fleet/sitekinds.go: "s.cfg.LegacyOffices || s.now().Before(commercialSince)" => "s.now().Before(commercialSince)"
func TestAddSite_ZoneAndGeneration(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		y := newYard(t, s)
		now := time.Date(2024, time.October, 15, 23, 59, 59, 999e6, time.UTC)
		y.under(&above{zone: "Asia/Shanghai"}, func() time.Time { return now })
		add := func(name string, kind domain.SiteKind) (domain.Site, error) {
			return y.AddSite(y.ctx, domain.Site{Name: name, Kind: kind})
		}
		old, err := add("Old office", domain.Office)
		if err != nil || old.TimeZone != "Asia/Shanghai" {
			t.Fatalf("the last moment of old offices: %+v %v", old, err)
		}
		now = now.Add(time.Millisecond)
		_, err = add("New office", domain.Office)
		y.wants(t, err, fault.Invalid, "kind")
		if offered, err := y.SiteOptions(y.ctx); err != nil || slices.Contains(offered.Kinds, domain.Office) || offered.TimeZone != "Asia/Shanghai" {
			t.Errorf("offered %+v %v", offered, err)
		}
		if made, err := add("New shop", domain.Commercial); err != nil || made.Form.Variant != domain.MultiCompany {
			t.Errorf("%+v %v", made, err)
		}
		// What is there stays: it is edited, renamed and deleted.
		if old, err = y.EditSite(y.ctx, fleet.SiteChange{ID: old.ID, Name: "Oldest office", TimeZone: "UTC"}); err != nil || old.Kind != domain.Office {
			t.Errorf("%+v %v", old, err)
		}
		if err := y.DeleteSite(y.ctx, old.ID, ""); err != nil {
			t.Errorf("deleting an empty office: %v", err)
		}
		y.under(&above{zone: "UTC"}, func() time.Time { return now }, func(c *fleet.Config) { c.LegacyOffices = true })
		if _, err := add("Switched on", domain.Office); err != nil {
			t.Errorf("with the operator's switch: %v", err)
		}
	})
}

// One value of every field of the form, by its name in JSON.
const everyField = `{"date_format":"dmy","hour12":true,"contact_order":"last_first","plan":"premium","landline":true,"video_storage":true,"community_calls":true,
	"access":"public","pin_mode":"apt_pin","pay_by_pm":true,"expiration_mails":"off","renew_mails":true,"smart_home":true,"no_registration":true,"dormakaba":true,
	"variant":"multi_company","scenario":"Other","create_pin":true,"create_qr":true,"attendance":"100","disconnect_mails":true,"sim_messages":true,
	"office_plan":true,"package_room":true,"pin_control":true,"qr_control":true,
	"charge_mode":"end_user","user_mails":true,"premium":true,"follow_zone":true,"user_language":"de",
	"no_visitor_log":true,"no_call_pictures":true}`

// shows SITE-01 by cloud/fleet/sitekinds.go: "f.Check(slices.Contains(allowed, name), \"form.\"+name"
// shows SITE-32 by cloud/fleet/sitekinds.go: "\"date_format\", \"hour12\", \"contact_order\", \"variant\", \"scenario\", \"create_pin\", \"create_qr\""
// shows SITE-40 by cloud/fleet/sitekinds.go: "domain.Office:     {\"office_plan\", \"package_room\", \"pin_control\", \"qr_control\", \"no_visitor_log\"},"
// shows LOG-02 by cloud/fleet/sitekinds.go: "\"sim_messages\", \"no_call_pictures\"," => "\"sim_messages\","
// shows SITE-42 by cloud/fleet/sitekinds.go: "\"charge_mode\", \"user_mails\", \"renew_mails\"" => "\"charge_mode\""
func TestSites_EachKindHasItsOwnForm(t *testing.T) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(everyField), &fields); err != nil {
		t.Fatal(err)
	}
	kinds := map[domain.SiteKind]string{ // the table of the guides, with what single homes have of their user
		domain.Community:  "date_format hour12 contact_order plan landline video_storage community_calls access pin_mode pay_by_pm expiration_mails renew_mails smart_home no_registration dormakaba no_visitor_log",
		domain.Commercial: "date_format hour12 contact_order variant scenario create_pin create_qr attendance disconnect_mails sim_messages no_call_pictures",
		domain.Office:     "office_plan package_room pin_control qr_control no_visitor_log",
		domain.SingleHome: "landline smart_home premium charge_mode user_mails renew_mails follow_zone user_language",
	}
	y := newYard(t, storetest.SQLite(t))
	gates := &above{account.Gates{CommunityCalls: true, Payment: true, DormakabaLocks: true}, "Europe/Berlin"}
	y.under(gates, time.Now, func(c *fleet.Config) { c.LegacyOffices = true })
	for kind, has := range kinds {
		site, err := y.AddSite(y.ctx, domain.Site{Name: string(kind), TimeZone: "UTC", Kind: kind})
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range fields {
			form := domain.SiteForm{OfficePlan: kind == domain.Office}
			if err := json.Unmarshal([]byte(`{"`+name+`":`+string(value)+`}`), &form); err != nil {
				t.Fatal(name, err)
			}
			_, err := y.EditSite(y.ctx, fleet.SiteChange{ID: site.ID, Name: site.Name, TimeZone: "UTC", Form: &form})
			if slices.Contains(strings.Fields(has), name) {
				if err != nil {
					t.Errorf("%s of a %s: %v", name, kind, err)
				}
				continue
			}
			y.wants(t, err, fault.Invalid, "form."+name)
		}
	}
}
