package account

import (
	"context"
	"slices"

	"vestibule/shared/fault"
)

// Gates are switches that somebody above sets for an organisation (ACC-21, ACC-22, ACC-23). A gate that is off hides its feature in the
// portal, and the API refuses it.
type Gates struct {
	TwoFactor       bool  `json:"two_factor"`       // installer accounts need a second factor (ACC-03)
	Payment         bool  `json:"payment"`          // the installer may pay, and may let managers pay
	AccountAccess   bool  `json:"account_access"`   // the installer may let the distributor in (ACC-11)
	CommunityCalls  bool  `json:"community_calls"`  // calls within a community
	MACRegistration bool  `json:"mac_registration"` // devices need a MAC that the distributor registered
	Credits         int64 `json:"credits"`          // units that the distributor assigned
	OfflineSolution bool  `json:"offline_solution"` // set by the operator for a distributor and all its installers (ACC-22)
	// Allowed by the region's cloud and for the account (ACC-23).
	AutomaticRenewal bool `json:"automatic_renewal"`
	DormakabaLocks   bool `json:"dormakaba_locks"`
}

// MaxCredits is the most units that a distributor assigns.
const MaxCredits = 1_000_000_000

// Regions with a cloud of their own. Automatic renewal and Dormakaba locks exist in the American one alone (ACC-23).
const (
	RegionAmerica = "ucloud"
	RegionEurope  = "ecloud"
	RegionJapan   = "jcloud"
	RegionAsia    = "scloud"
)

// Regions lists every region once.
func Regions() []string { return []string{RegionEurope, RegionAmerica, RegionJapan, RegionAsia} }

// IsRegion tells whether a name is one of Regions.
func IsRegion(name string) bool { return slices.Contains(Regions(), name) }

// In narrows gates to what a region has.
func (g Gates) In(region string) Gates {
	if region != RegionAmerica {
		g.AutomaticRenewal, g.DormakabaLocks = false, false
	}
	return g
}

// Effective gives the gates that hold in an organisation: its own, the offline solution of the distributor above it (ACC-22), and of both no
// more than the region has (ACC-23). Nobody stands above the operator and what it owns: there every feature of the region is open. Sub-accounts
// are members of the organisation, so they inherit all of it.
func (s *Service) Effective(ctx context.Context, org Org) (Gates, error) {
	g := org.Gates
	switch {
	case org.Kind == OrgOperator || org.Own:
		g.Payment, g.CommunityCalls, g.OfflineSolution, g.AutomaticRenewal, g.DormakabaLocks = true, true, true, true, true
	case org.Kind == OrgInstaller && !org.ParentID.IsZero():
		parent, err := s.cfg.Store.Org(ctx, org.ParentID)
		if err != nil {
			return Gates{}, err
		}
		g.OfflineSolution = parent.Gates.OfflineSolution
	}
	return g.In(s.cfg.Region), nil
}

// GateChange says which gates are to change; nil leaves one as it is.
type GateChange struct {
	TwoFactor, Payment, AccountAccess, CommunityCalls, MACRegistration *bool
	Credits                                                            *int64
	OfflineSolution, AutomaticRenewal, DormakabaLocks                  *bool
}

// apply gives the gates after the change. A distributor sets its installers' gates, the operator the offline solution of distributors and what
// depends on the region; whoever sets what is the other's gets a fault at the field. A value that is there already is no change.
func (c GateChange) apply(f *fault.Fields, prefix string, caller Caller, org Org, region string) Gates {
	g := org.Gates
	distributors := caller.Role == RoleDistributor && org.Kind == OrgInstaller
	operator := caller.Role == RoleOperator
	set := func(field string, to *bool, on *bool, may bool, whose string) {
		if to == nil || *to == *on {
			return
		}
		f.Check(may, prefix+field, "%s", whose)
		*on = *to
	}
	const byDistributor = "The distributor of an installer sets this."
	set("two_factor", c.TwoFactor, &g.TwoFactor, distributors, byDistributor)
	set("payment", c.Payment, &g.Payment, distributors, byDistributor)
	set("account_access", c.AccountAccess, &g.AccountAccess, distributors, byDistributor)
	set("community_calls", c.CommunityCalls, &g.CommunityCalls, distributors, byDistributor)
	set("mac_registration", c.MACRegistration, &g.MACRegistration, distributors, byDistributor)
	if c.Credits != nil && *c.Credits != g.Credits {
		f.Check(distributors, prefix+"credits", byDistributor)
		f.Check(*c.Credits >= 0 && *c.Credits <= MaxCredits, prefix+"credits", "0 to %d.", MaxCredits)
		g.Credits = *c.Credits
	}
	set("offline_solution", c.OfflineSolution, &g.OfflineSolution, operator && org.Kind == OrgDistributor, "The operator sets this, for a distributor and all its installers.")
	const byOperator = "The operator sets this."
	set("automatic_renewal", c.AutomaticRenewal, &g.AutomaticRenewal, operator, byOperator)
	set("dormakaba_locks", c.DormakabaLocks, &g.DormakabaLocks, operator, byOperator)
	has := g.In(region)
	f.Check(g.AutomaticRenewal == has.AutomaticRenewal, prefix+"automatic_renewal", "This region has no automatic renewal.")
	f.Check(g.DormakabaLocks == has.DormakabaLocks, prefix+"dormakaba_locks", "This region has no Dormakaba locks.")
	return g
}
