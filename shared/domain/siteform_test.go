package domain_test

import (
	"strings"
	"testing"

	"vestibule/shared/domain"
)

// shows SITE-05 by shared/domain/siteform.go: "oneOf(f, at+\"date_format\""
// shows SITE-06 by shared/domain/siteform.go: "oneOf(f, at+\"contact_order\""
// shows SITE-15 by shared/domain/siteform.go: "oneOf(f, at+\"access\""
// shows SITE-16 by shared/domain/siteform.go: "oneOf(f, at+\"pin_mode\""
// shows SITE-33 by shared/domain/siteform.go: "oneOf(f, at+\"attendance\""
// shows SITE-41 by shared/domain/siteform.go: "oneOf(f, at+\"charge_mode\""
func TestSiteForm_ListsAreClosed(t *testing.T) {
	form := func(change func(*domain.SiteForm)) error {
		s := domain.Site{Name: "Park Lane 7", TimeZone: "Europe/Berlin", Kind: domain.Community}
		change(&s.Form)
		return s.Validate()
	}
	for name, field := range map[string]struct {
		set  func(f *domain.SiteForm, value string)
		good string
	}{
		"date_format":      {func(f *domain.SiteForm, v string) { f.DateFormat = domain.DateFormat(v) }, "ymd mdy dmy"},
		"contact_order":    {func(f *domain.SiteForm, v string) { f.ContactOrder = domain.ContactOrder(v) }, "first_last last_first"},
		"plan":             {func(f *domain.SiteForm, v string) { f.Plan = domain.Plan(v) }, "basic premium"},
		"access":           {func(f *domain.SiteForm, v string) { f.Access = domain.AccessArea(v) }, "public_private public"},
		"pin_mode":         {func(f *domain.SiteForm, v string) { f.PINMode = domain.PINMode(v) }, "pin apt_pin"},
		"expiration_mails": {func(f *domain.SiteForm, v string) { f.ExpirationMails = domain.ExpirationMails(v) }, "user_pm pm off"},
		"variant":          {func(f *domain.SiteForm, v string) { f.Variant = domain.SiteVariant(v) }, "single_company multi_company"},
		"attendance":       {func(f *domain.SiteForm, v string) { f.Attendance = domain.Attendance(v) }, "off 100 unlimited"},
		"charge_mode":      {func(f *domain.SiteForm, v string) { f.ChargeMode = domain.ChargeMode(v) }, "installer end_user"},
	} {
		for good := range strings.FieldsSeq(field.good) {
			wants(t, name+" "+good, form(func(f *domain.SiteForm) { field.set(f, good) }), "")
		}
		wants(t, name+" left open", form(func(f *domain.SiteForm) { field.set(f, "") }), "")
		wants(t, name+" of another list", form(func(f *domain.SiteForm) { field.set(f, "weekly") }), "form."+name)
	}
}

// shows SITE-12 by shared/domain/siteform.go: "f.Check(!s.Landline || s.Plan != BasicPlan"
func TestSite_NameZoneAddressAndLandline(t *testing.T) {
	site := func(change func(*domain.Site)) error {
		s := domain.Site{Name: "Park Lane 7", TimeZone: "Europe/Berlin", Kind: domain.Community, Form: domain.SiteForm{Plan: domain.PremiumPlan}}
		change(&s)
		return s.Validate()
	}
	wants(t, "128 letters", site(func(s *domain.Site) { s.Name = strings.Repeat("ä", 128) }), "")
	wants(t, "129 letters", site(func(s *domain.Site) { s.Name = strings.Repeat("ä", 129) }), "name")
	wants(t, "no zone", site(func(s *domain.Site) { s.TimeZone = "" }), "time_zone")
	wants(t, "the zone of the server", site(func(s *domain.Site) { s.TimeZone = "Local" }), "time_zone")
	wants(t, "a zone of nowhere", site(func(s *domain.Site) { s.TimeZone = "Mars/Base" }), "time_zone")
	wants(t, "a kind of its own", site(func(s *domain.Site) { s.Kind = "castle" }), "kind")
	wants(t, "an address in parts", site(func(s *domain.Site) { s.Address = domain.Address{City: "Goetzis"} }), "")
	wants(t, "a post code of 17 letters", site(func(s *domain.Site) { s.Address.PostCode = strings.Repeat("1", 17) }), "address.post_code")
	wants(t, "a street of two lines", site(func(s *domain.Site) { s.Address.Street = "Park Lane\n7" }), "address.street")
	wants(t, "landlines with the Premium plan", site(func(s *domain.Site) { s.Form.Landline = true }), "")
	wants(t, "landlines with the Basic plan", site(func(s *domain.Site) { s.Form.Plan, s.Form.Landline = domain.BasicPlan, true }), "form.landline")
}

// shows SITE-39 by shared/domain/party.go: "checkFloors(&f, \"floors\", d.Floors, MaxOfficeFloors)"
func TestDepartment_NameAndFloors(t *testing.T) {
	floors := func(list string) error {
		return domain.Department{Name: "Sales", Floors: strings.Fields(list)}.Validate()
	}
	wants(t, "ten floors", floors("-10 -1 0 G0 G1 G2 1 2 3 128"), "")
	wants(t, "none", floors(""), "")
	wants(t, "eleven floors", floors("1 2 3 4 5 6 7 8 9 10 11"), "floors")
	wants(t, "floor 129", floors("129"), "floors[0]")
	wants(t, "one floor twice", floors("1 1"), "floors[1]")
	wants(t, "129 letters", domain.Department{Name: strings.Repeat("x", 129)}.Validate(), "name")
	wants(t, "a company without a name", domain.Company{}.Validate(), "name")
}
