package domain

import (
	"net/mail"
	"regexp"

	"vestibule/shared/fault"
)

// Person is somebody who lives or works in an apartment. Phone and Email are optional.
type Person struct {
	ID          PersonID    `cbor:"1,keyasint"`
	SiteID      SiteID      `cbor:"-"`
	ApartmentID ApartmentID `cbor:"2,keyasint"`
	FirstName   string      `cbor:"3,keyasint"`
	LastName    string      `cbor:"4,keyasint"`
	Email       string      `cbor:"-"` // stays in the cloud: the building has no use for it
	Phone       string      `cbor:"-"`

	Revision uint64 `cbor:"-" json:"-"` // one more at each change; stays in the cloud
}

var phoneNumber = regexp.MustCompile(`^\+?[0-9 ()/-]{3,32}$`)

// Validate checks the form of a person.
func (p Person) Validate() error {
	var f fault.Fields
	f.Check(!p.ApartmentID.IsZero(), "apartment_id", "The apartment of the person.")
	checkName(&f, "first_name", p.FirstName, MaxPersonName)
	checkName(&f, "last_name", p.LastName, MaxPersonName)
	if p.Email != "" {
		CheckEmail(&f, "email", p.Email)
	}
	f.Check(p.Phone == "" || phoneNumber.MatchString(p.Phone), "phone", "A phone number such as +49 30 1234567.")
	return f.Err()
}

// CheckEmail notes a fault at path unless text is one plain address.
func CheckEmail(f *fault.Fields, path, text string) {
	addr, err := mail.ParseAddress(text)
	f.Check(err == nil && addr.Address == text && len(text) <= MaxEmail, path, "An e-mail address such as name@example.com.")
}
