package domain

import "vestibule/shared/fault"

// Department is a part of an old office (SITE-39); its floors prefill those of its users (PEOPLE-29).
type Department struct {
	ID     DepartmentID `cbor:"1,keyasint"`
	SiteID SiteID       `cbor:"-"`
	Name   string       `cbor:"2,keyasint"`
	Floors []string     `cbor:"3,keyasint,omitempty"`

	Revision uint64 `cbor:"-" json:"-"` // one more at each change; stays in the cloud
}

// MaxOfficeFloors is the most floors of a department and of an office user (SITE-39, PEOPLE-29).
const MaxOfficeFloors = 10

// Validate checks the form of a department.
func (d Department) Validate() error {
	var f fault.Fields
	checkName(&f, "name", d.Name, MaxPartyName)
	checkFloors(&f, "floors", d.Floors, MaxOfficeFloors)
	return f.Err()
}

// Company is a tenant of a commercial site (SITE-37).
type Company struct {
	ID     CompanyID `cbor:"1,keyasint"`
	SiteID SiteID    `cbor:"-"`
	Name   string    `cbor:"2,keyasint"`

	Revision uint64 `cbor:"-" json:"-"` // one more at each change; stays in the cloud
}

// Validate checks the form of a company.
func (c Company) Validate() error {
	var f fault.Fields
	checkName(&f, "name", c.Name, MaxPartyName)
	return f.Err()
}
