package fleet

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"vestibule/shared/domain"
)

// Power is something a manager may decide at a site, unless its plan withholds it.
type Power string

// Powers that plans withhold: the first five of communities (SITE-11), the last three of offices (SITE-40).
const (
	PackageNotification Power = "package_notification" // turn the notification of parcels on and off
	CodeAccess          Power = "code_access"          // turn access by PIN and QR code on and off for end users
	FamilyAccounts      Power = "family_accounts"      // let end users open family accounts themselves
	FaceRecognition     Power = "face_recognition"
	PublicCameras       Power = "public_cameras" // watch third-party cameras of public areas; end users have no such view either
	PackageRoom         Power = "package_room"
	PINControl          Power = "pin_control" // let end users make PINs in the app
	QRControl           Power = "qr_control"  // the same for QR codes
)

// withheld tells which powers each plan of a community withholds; a plan that is not here withholds none.
var withheld = map[domain.Plan][]Power{
	domain.BasicPlan: {PackageNotification, CodeAccess, FamilyAccounts, FaceRecognition, PublicCameras},
}

var (
	communityPowers = []Power{PackageNotification, CodeAccess, FamilyAccounts, FaceRecognition, PublicCameras}
	officePowers    = []Power{PackageRoom, PINControl, QRControl}
)

// Powers is what the managers of a site may decide, and what its plan withholds.
type Powers struct{ Granted, Withheld []Power }

// PowersOf tells what managers may decide at a site: with the Basic plan of a community (SITE-11) or an office without the premium feature plan
// (SITE-40) some powers are withheld. Kinds of sites without such a plan have none of them to give.
func PowersOf(site domain.Site) Powers {
	switch site.Kind {
	case domain.Community:
		return parted(communityPowers, withheld[site.Form.Plan])
	case domain.Office:
		if site.Form.OfficePlan {
			return Powers{Granted: officePowers}
		}
		return Powers{Withheld: officePowers}
	}
	return Powers{}
}

// Has tells whether a power is granted.
func (p Powers) Has(power Power) bool { return slices.Contains(p.Granted, power) }

func parted(all, without []Power) Powers {
	var out Powers
	for _, p := range all {
		if slices.Contains(without, p) {
			out.Withheld = append(out.Withheld, p)
		} else {
			out.Granted = append(out.Granted, p)
		}
	}
	return out
}

// PlanPowers is one line of the comparison of plans (SITE-11): what the plan grants, and whether it wants a monitor in every apartment (SITE-10).
type PlanPowers struct {
	Plan domain.Plan
	Powers
	WantsMonitor, Landline bool
}

// ComparePlans gives the plans of communities, in the order in which the form offers them.
func ComparePlans() []PlanPowers {
	out := make([]PlanPowers, 0, 2)
	for _, plan := range []domain.Plan{domain.BasicPlan, domain.PremiumPlan} {
		basic := plan == domain.BasicPlan
		powers := PowersOf(domain.Site{Kind: domain.Community, Form: domain.SiteForm{Plan: plan}})
		out = append(out, PlanPowers{Plan: plan, Powers: powers, WantsMonitor: basic, Landline: !basic})
	}
	return out
}

// bareNamed is how many apartments without a monitor a refused change of plan names.
const bareNamed = 5

// checkPlanChange refuses the Basic plan while apartments have no monitor (SITE-10). With smart-home monitors the plan wants none (SITE-20).
func (s *Service) checkPlanChange(ctx context.Context, f *faults, before, after domain.Site) error {
	wants := after.Kind == domain.Community && after.Form.Plan == domain.BasicPlan && !after.Form.SmartHome
	if !wants || before.Form.Plan == domain.BasicPlan && !before.Form.SmartHome {
		return nil
	}
	n, numbers, err := s.cfg.Store.BareApartments(ctx, after.ID, bareNamed)
	if err != nil || n == 0 {
		return err
	}
	named := strings.Join(numbers, ", ")
	if n > len(numbers) {
		named += fmt.Sprintf(" and %d more", n-len(numbers))
	}
	path := "form.plan"
	if before.Form.Plan == domain.BasicPlan {
		path = "form.smart_home"
	}
	f.taken.Add(path, "With the Basic plan every apartment needs an indoor monitor. Without one: %s (%d in all).", named, n)
	return nil
}
