package domain

import "vestibule/shared/fault"

// Address is the postal address of a site (SITE-07); no part is mandatory. Country is an ISO 3166-1 alpha-2 code, State the code of a state in the
// address catalogue, City a name.
type Address struct {
	Country  string `cbor:"1,keyasint,omitempty" json:"country,omitempty"`
	State    string `cbor:"2,keyasint,omitempty" json:"state,omitempty"`
	City     string `cbor:"3,keyasint,omitempty" json:"city,omitempty"`
	PostCode string `cbor:"4,keyasint,omitempty" json:"post_code,omitempty"`
	Street   string `cbor:"5,keyasint,omitempty" json:"street,omitempty"`
}

// Bounds of an address, in characters.
const (
	MaxAddressPart = 128
	MaxPostCode    = 16
)

// validate checks the form; that a child belongs to its parent is the catalogue's matter.
func (a Address) validate(f *fault.Fields, at string) {
	checkText(f, at+"country", a.Country, 2)
	checkText(f, at+"state", a.State, MaxAddressPart)
	checkText(f, at+"city", a.City, MaxAddressPart)
	checkText(f, at+"post_code", a.PostCode, MaxPostCode)
	checkText(f, at+"street", a.Street, MaxAddressPart)
}
