package domain

import (
	"slices"
	"time"

	"vestibule/shared/fault"
)

// Site is one property: the unit of configuration and of tenancy. OrgID stays in the cloud.
type Site struct {
	ID       SiteID   `cbor:"1,keyasint"`
	OrgID    OrgID    `cbor:"-"`
	Name     string   `cbor:"2,keyasint"`
	TimeZone string   `cbor:"3,keyasint"` // IANA name; local schedules are local time in this zone
	Kind     SiteKind `cbor:"-"`          // stays in the cloud: an agent treats all kinds alike
	Form     SiteForm `cbor:"4,keyasint"`
	Address  Address  `cbor:"5,keyasint"` // monitors show its weather (SITE-07)

	Revision uint64 `cbor:"-" json:"-"` // one more at each change; stays in the cloud
}

// SiteKind says what stands at a site; it decides in which list and at which work people see it (ACC-17, DASH-02).
type SiteKind string

// Kinds of sites.
const (
	Community  SiteKind = "community" // homes of many parties
	Office     SiteKind = "office"    // for projects that began as one
	SingleHome SiteKind = "single"    // one family's house
	Commercial SiteKind = "commercial"
)

// SiteKinds lists every kind once.
func SiteKinds() []SiteKind { return []SiteKind{Community, Office, SingleHome, Commercial} }

// Validate checks the form of a site. An agent's copy has no kind.
func (s Site) Validate() error {
	var f fault.Fields
	checkName(&f, "name", s.Name, MaxSiteName)
	if _, err := time.LoadLocation(s.TimeZone); err != nil || s.TimeZone == "" || s.TimeZone == "Local" {
		f.Add("time_zone", "An IANA time zone such as Europe/Berlin.")
	}
	s.Form.validate(&f, "form.")
	s.Address.validate(&f, "address.")
	f.Check(s.Kind == "" || slices.Contains(SiteKinds(), s.Kind), "kind", "One of community, office, single, commercial.")
	return f.Err()
}

// NetworkGroup is a set of devices that share one LAN (DEV-04). Agents lists who may act for it; the first acts.
type NetworkGroup struct {
	ID     GroupID   `cbor:"1,keyasint"`
	SiteID SiteID    `cbor:"-"`
	Name   string    `cbor:"2,keyasint"`
	Agents []AgentID `cbor:"3,keyasint,omitempty"`

	Revision uint64 `cbor:"-" json:"-"` // one more at each change; stays in the cloud
}

// Validate checks the form of a network group.
func (g NetworkGroup) Validate() error {
	var f fault.Fields
	checkName(&f, "name", g.Name, MaxGroupName)
	return f.Err()
}

// ActedBy tells whether agent acts for the group: it stands first in the list.
func (g NetworkGroup) ActedBy(agent AgentID) bool { return len(g.Agents) > 0 && g.Agents[0] == agent }
