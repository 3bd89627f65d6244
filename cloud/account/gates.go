package account

// Gates are switches that somebody above sets for an organisation (ACC-21, ACC-22, ACC-23). A gate that is off hides its feature in the
// portal, and the API refuses it.
type Gates struct {
	TwoFactor       bool  // installer accounts need a second factor (ACC-03)
	Payment         bool  // the installer may pay, and may let managers pay
	AccountAccess   bool  // the installer may let the distributor in (ACC-11)
	CommunityCalls  bool  // calls within a community
	MACRegistration bool  // devices need a MAC that the distributor registered
	Credits         int64 // units that the distributor assigned
	OfflineSolution bool  // set by the operator for a distributor and all its installers (ACC-22)
	// Allowed by the region's cloud and for the account (ACC-23).
	AutomaticRenewal bool
	DormakabaLocks   bool
}

// Regions with a cloud of their own. Automatic renewal and Dormakaba locks exist in the American one alone (ACC-23).
const (
	RegionAmerica = "ucloud"
	RegionEurope  = "ecloud"
	RegionJapan   = "jcloud"
	RegionAsia    = "scloud"
)

// In narrows gates to what a region has.
func (g Gates) In(region string) Gates {
	if region != RegionAmerica {
		g.AutomaticRenewal, g.DormakabaLocks = false, false
	}
	return g
}
