package domain

import (
	"time"

	"vestibule/shared/fault"
)

// Site is one property: the unit of configuration and of tenancy. OrgID stays in the cloud.
type Site struct {
	ID       SiteID `cbor:"1,keyasint"`
	OrgID    OrgID  `cbor:"-"`
	Name     string `cbor:"2,keyasint"`
	TimeZone string `cbor:"3,keyasint"` // IANA name; local schedules are local time in this zone

	Revision uint64 `cbor:"-" json:"-"` // one more at each change; stays in the cloud
}

// Validate checks the form of a site.
func (s Site) Validate() error {
	var f fault.Fields
	checkName(&f, "name", s.Name, MaxSiteName)
	if _, err := time.LoadLocation(s.TimeZone); err != nil || s.TimeZone == "" || s.TimeZone == "Local" {
		f.Add("time_zone", "An IANA time zone such as Europe/Berlin.")
	}
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
