package fleet

import (
	"context"
	_ "embed" // the scenarios
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/places"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// fieldsOf names the fields of the form that each kind of site has (02-sites, table 2), by their names in JSON.
var fieldsOf = map[domain.SiteKind][]string{
	domain.Community: {
		"date_format", "hour12", "contact_order", "plan", "landline", "video_storage", "community_calls", "access", "pin_mode", "pay_by_pm",
		"expiration_mails", "renew_mails", "smart_home", "no_registration", "dormakaba", "no_visitor_log",
	},
	domain.Commercial: {
		"date_format", "hour12", "contact_order", "variant", "scenario", "create_pin", "create_qr", "attendance", "disconnect_mails", "sim_messages", "no_call_pictures",
	},
	domain.Office:     {"office_plan", "package_room", "pin_control", "qr_control", "no_visitor_log"},
	domain.SingleHome: {"landline", "smart_home", "premium", "charge_mode", "user_mails", "renew_mails", "follow_zone", "user_language"},
}

var kindWords = map[domain.SiteKind]string{
	domain.Community: "community", domain.Commercial: "commercial site", domain.Office: "office", domain.SingleHome: "single-family site",
}

//go:embed scenarios.json
var scenarioData []byte

// builtIn are the application scenarios that the service brings; the sources name none (SITE-31).
func builtIn() map[domain.SiteVariant][]string {
	var out map[domain.SiteVariant][]string
	if err := json.Unmarshal(scenarioData, &out); err != nil {
		panic(err) // part of the program: every start reads it
	}
	return out
}

// Scenarios lists the application scenarios of each variant of commercial sites (SITE-31): those of the deployment, else the built-in ones.
func (s *Service) Scenarios() map[domain.SiteVariant][]string {
	if s.cfg.Scenarios != nil {
		return maps.Clone(s.cfg.Scenarios)
	}
	return builtIn()
}

// commercialSince is the first instant at which what would have been an office project is a commercial one (SITE-36).
var commercialSince = time.Date(2024, time.October, 16, 0, 0, 0, 0, time.UTC)

// mayBeOffice tells whether an old office may be made now: before commercial projects, or where the operator switched it on (SITE-38).
func (s *Service) mayBeOffice() bool { return s.cfg.LegacyOffices || s.now().Before(commercialSince) }

// SiteOptions is what the forms of new sites offer to the caller.
type SiteOptions struct {
	Kinds     []domain.SiteKind
	Scenarios map[domain.SiteVariant][]string
	Gates     account.Gates
	TimeZone  string // the installer's (SITE-04)
	Plans     []PlanPowers
}

// SiteOptions tells what the forms of new sites offer to the caller.
func (s *Service) SiteOptions(ctx context.Context) (SiteOptions, error) {
	out := SiteOptions{Kinds: []domain.SiteKind{domain.Community, domain.Commercial, domain.SingleHome}, Scenarios: s.Scenarios(), Plans: ComparePlans()}
	if s.mayBeOffice() {
		out.Kinds = append(out.Kinds, domain.Office)
	}
	org, err := s.installerOf(ctx)
	if err != nil {
		return out, err
	}
	if out.Gates, err = s.orgGates(ctx, org); err != nil {
		return out, err
	}
	out.TimeZone, err = s.zoneOf(ctx, org)
	return out, err
}

func (s *Service) orgGates(ctx context.Context, org domain.OrgID) (account.Gates, error) {
	if s.cfg.Gates == nil {
		return account.Gates{}, nil
	}
	return s.cfg.Gates.OrgGates(ctx, org)
}

// zoneOf gives the installer's zone, the default of its sites (ACC-10); empty where nobody tells.
func (s *Service) zoneOf(ctx context.Context, org domain.OrgID) (string, error) {
	if s.cfg.Zones == nil {
		return "", nil
	}
	return s.cfg.Zones.OrgZone(ctx, org)
}

// fillSite sets what was left open: kind and plan stay as they are; a new site is a community with all powers, a commercial one for many companies.
func fillSite(before *domain.Site, site *domain.Site) {
	if before != nil && site.Kind == "" {
		site.Kind = before.Kind
	}
	if site.Kind == "" {
		site.Kind = domain.Community
	}
	form := &site.Form
	if site.Kind == domain.Community && form.Plan == "" {
		form.Plan = domain.PremiumPlan
		if before != nil && before.Form.Plan != "" {
			form.Plan = before.Form.Plan
		}
	}
	if site.Kind == domain.Commercial && form.Variant == "" {
		form.Variant = domain.MultiCompany
		if before != nil && before.Form.Variant != "" {
			form.Variant = before.Form.Variant
		}
	}
}

// checkSite checks a site as its kind, its plan and the gates of its organisation want it. before is nil for a new one. The organisation is locked,
// so that no two sites take one name at the same time.
func (s *Service) checkSite(ctx context.Context, before *domain.Site, site *domain.Site) error {
	var f faults
	fillSite(before, site)
	f.form(site.Validate())
	s.checkKind(&f, before, *site)
	s.checkFields(&f.invalid, *site)
	if before == nil || before.Address != site.Address {
		places.Check(&f.invalid, "address.", site.Address)
	}
	if err := s.checkGates(ctx, &f, before, *site); err != nil {
		return err
	}
	if before != nil {
		if err := s.checkPlanChange(ctx, &f, *before, *site); err != nil {
			return err
		}
	}
	if err := s.checkSiteName(ctx, &f, *site); err != nil {
		return err
	}
	return f.Err()
}

// checkSiteName is Conflict at "name" when another site of the installer has it: templates refer to sites by name.
func (s *Service) checkSiteName(ctx context.Context, f *faults, site domain.Site) error {
	taken, err := s.siteNamed(ctx, site)
	f.taken.Check(!taken, "name", "Another of your sites has this name.")
	return err
}

func (s *Service) siteNamed(ctx context.Context, site domain.Site) (bool, error) {
	if _, err := s.cfg.Store.LockOrg(ctx, site.OrgID); err != nil {
		return false, err
	}
	return s.cfg.Store.SiteNamed(ctx, site.OrgID, site.Name, site.ID)
}

// checkKind notes a kind that no new site may have (SITE-36), and a change of kind or variant, which nobody may make (SITE-30): what stands in the
// site belongs to its kind.
func (s *Service) checkKind(f *faults, before *domain.Site, site domain.Site) {
	if before == nil {
		f.invalid.Check(site.Kind != domain.Office || s.mayBeOffice(), "kind", "New projects are commercial. Offices come by migration, or where the operator switched them on.")
		return
	}
	f.taken.Check(site.Kind == before.Kind, "kind", "The kind of a site cannot be changed.")
	f.taken.Check(before.Form.Variant == "" || site.Form.Variant == before.Form.Variant, "form.variant", "Single- or multi-company cannot be changed later.")
}

// checkFields notes fields of another kind, and what the fields of a kind want of each other.
func (s *Service) checkFields(f *fault.Fields, site domain.Site) {
	form := site.Form
	allowed, known := fieldsOf[site.Kind]
	if !known {
		return
	}
	for _, name := range given(form) {
		f.Check(slices.Contains(allowed, name), "form."+name, "A %s has no such setting.", kindWords[site.Kind])
	}
	for name, on := range map[string]bool{"package_room": form.PackageRoom, "pin_control": form.PINControl, "qr_control": form.QRControl} {
		f.Check(!on || form.OfficePlan || site.Kind != domain.Office, "form."+name, "This belongs to the premium feature plan.")
	}
	f.Check(site.Kind != domain.SingleHome || !form.SmartHome || !form.Premium, "form.premium", "With Home Automation on, the Premium Plan cannot be selected.")
	if form.Scenario != "" && site.Kind == domain.Commercial {
		options := s.Scenarios()[form.Variant]
		f.Check(slices.Contains(options, form.Scenario), "form.scenario", "One of: %s.", strings.Join(options, ", "))
	}
}

// given names the fields of a form that are set.
func given(form domain.SiteForm) []string {
	text, err := json.Marshal(form)
	if err != nil {
		return nil // plain fields: never
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil
	}
	return slices.Sorted(maps.Keys(fields))
}

// checkGates refuses to switch on what those above have not opened. What is on already stays while a gate closes.
func (s *Service) checkGates(ctx context.Context, f *faults, before *domain.Site, site domain.Site) error {
	if site.Kind != domain.Community {
		return nil
	}
	var was domain.SiteForm
	if before != nil {
		was = before.Form
	}
	gates, err := s.orgGates(ctx, site.OrgID)
	if err != nil {
		return err
	}
	const distributor = "Your distributor has not enabled this for you."
	f.invalid.Check(!site.Form.CommunityCalls || was.CommunityCalls || gates.CommunityCalls, "form.community_calls", distributor)
	f.invalid.Check(!site.Form.PayByPM || was.PayByPM || gates.Payment, "form.pay_by_pm", distributor)
	f.invalid.Check(!site.Form.Dormakaba || was.Dormakaba || gates.DormakabaLocks, "form.dormakaba", "This cloud has no Dormakaba locks for you.")
	return nil
}

// installerOf gives the installer organisation that the caller works in.
func (s *Service) installerOf(ctx context.Context) (domain.OrgID, error) {
	caller, ok := account.From(ctx)
	if !ok {
		return domain.OrgID{}, errSignInFirst
	}
	return s.cfg.Store.InstallerOrg(ctx, caller.Org)
}
