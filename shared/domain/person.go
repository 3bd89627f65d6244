package domain

import (
	"net/mail"
	"regexp"
	"strconv"

	"vestibule/shared/fault"
)

// PersonKind says what a person is at a site.
type PersonKind string

// Kinds of people. Master and Member live in an apartment, basic and advanced users work in a department (PEOPLE-27), personnel and administrators in
// a company (PEOPLE-32, PEOPLE-33).
const (
	Master        PersonKind = "master" // the resident, family master
	Member        PersonKind = "member" // of the master's family (PEOPLE-10)
	BasicUser     PersonKind = "basic"
	AdvancedUser  PersonKind = "advanced"
	Personnel     PersonKind = "personnel"
	Administrator PersonKind = "administrator"
)

// Person is somebody who lives or works at a site. A person without apartment, department and company has not been placed (PEOPLE-15).
type Person struct {
	ID           PersonID     `cbor:"1,keyasint"`
	SiteID       SiteID       `cbor:"-"`
	ApartmentID  ApartmentID  `cbor:"2,keyasint"`
	FirstName    string       `cbor:"3,keyasint"`
	LastName     string       `cbor:"4,keyasint,omitempty"` // a single-family user has one name (PEOPLE-01)
	Kind         PersonKind   `cbor:"5,keyasint,omitempty"`
	DepartmentID DepartmentID `cbor:"6,keyasint,omitempty"`
	CompanyID    CompanyID    `cbor:"7,keyasint,omitempty"`
	SIPUser      string       `cbor:"8,keyasint,omitempty"` // personal SIP number (PEOPLE-02)
	StaffID      string       `cbor:"9,keyasint,omitempty"` // unique in its office (PEOPLE-28)
	Form         PersonForm   `cbor:"10,keyasint"`

	Email string `cbor:"-"` // stays in the cloud: the building has no use for it
	Phone string `cbor:"-"`

	Revision uint64 `cbor:"-" json:"-"` // one more at each change; stays in the cloud
}

// PersonForm is what a person has beside name and place.
type PersonForm struct {
	Floors     []string `cbor:"1,keyasint,omitempty" json:"floors,omitempty"`      // accessible floors, or AllFloors alone (SITE-28)
	Landlines  []string `cbor:"2,keyasint,omitempty" json:"landlines,omitempty"`   // at most three (PEOPLE-04)
	Country    string   `cbor:"3,keyasint,omitempty" json:"country,omitempty"`     // ISO 3166-1 alpha-2: gives the area code (PEOPLE-14)
	NoIntercom bool     `cbor:"4,keyasint,omitempty" json:"no_intercom,omitempty"` // intercom feature off (PEOPLE-30, PEOPLE-32)
	CallType   CallType `cbor:"5,keyasint,omitempty" json:"call_type,omitempty"`   // of office users
	Path       CallPath `cbor:"6,keyasint,omitempty" json:"call_path,omitempty" enum:"ip,sip"`
	NoApp      bool     `cbor:"7,keyasint,omitempty" json:"no_app,omitempty"`   // personnel without an app (PEOPLE-32)
	Landline   bool     `cbor:"8,keyasint,omitempty" json:"landline,omitempty"` // landline service of personnel and administrators

	Language string `cbor:"-" json:"language,omitempty"` // of mails (PEOPLE-03); empty: en
	Remark   string `cbor:"-" json:"remark,omitempty"`   // PEOPLE-13
	Address  string `cbor:"-" json:"address,omitempty"`  // of a single-family user (PEOPLE-01)
	Unpaid   bool   `cbor:"-" json:"unpaid,omitempty"`   // a member beyond the free ones that nobody has paid for (PEOPLE-11)
}

var (
	phoneNumber = regexp.MustCompile(`^\+?[0-9 ()/-]{3,32}$`)
	countryCode = regexp.MustCompile(`^[A-Z]{2}$`)
)

// Placed tells whether the person lives or works somewhere at the site.
func (p Person) Placed() bool {
	return !p.ApartmentID.IsZero() || !p.DepartmentID.IsZero() || !p.CompanyID.IsZero()
}

// Works tells whether the person belongs to an office or a company.
func (p Person) Works() bool {
	return p.Kind == BasicUser || p.Kind == AdvancedUser || p.Kind == Personnel || p.Kind == Administrator
}

// Validate checks the form of a person. What a site of its kind demands beyond that is the fleet's matter.
func (p Person) Validate() error {
	var f fault.Fields
	places := 0
	for _, in := range []bool{!p.ApartmentID.IsZero(), !p.DepartmentID.IsZero(), !p.CompanyID.IsZero()} {
		if in {
			places++
		}
	}
	f.Check(places <= 1, "apartment_id", "An apartment, a department or a company.")
	checkName(&f, "first_name", p.FirstName, MaxPersonName)
	checkText(&f, "last_name", p.LastName, MaxPersonName)
	if p.Email != "" {
		CheckEmail(&f, "email", p.Email)
	}
	f.Check(p.Phone == "" || phoneNumber.MatchString(p.Phone), "phone", "A phone number such as +49 30 1234567.")
	oneOf(&f, "kind", p.Kind, "master, member, basic, advanced, personnel or administrator.", Master, Member, BasicUser, AdvancedUser, Personnel, Administrator)
	f.Check(p.SIPUser == "" || sipUser.MatchString(p.SIPUser), "sip_user", "Ten digits.")
	checkText(&f, "staff_id", p.StaffID, MaxPersonName)
	p.Form.validate(&f, "form.", p.Works())
	return f.Err()
}

// maxAccessibleFloors is every floor there is: -10 to 128 and three ground floors.
const maxAccessibleFloors = 142

func (p PersonForm) validate(f *fault.Fields, at string, works bool) {
	most := maxAccessibleFloors
	if works {
		most = MaxOfficeFloors
	}
	checkFloors(f, at+"floors", p.Floors, most)
	f.Check(len(p.Landlines) <= maxLandlines, at+"landlines", "At most %d landline numbers.", maxLandlines)
	for i, n := range p.Landlines {
		f.Check(phoneNumber.MatchString(n), at+"landlines["+strconv.Itoa(i)+"]", "A phone number such as +49 30 1234567.")
	}
	f.Check(p.Country == "" || countryCode.MatchString(p.Country), at+"country", "A country such as DE.")
	f.Check(p.CallType <= maxCallType, at+"call_type", "0 to %d.", maxCallType)
	f.Check(!p.NoIntercom || p.CallType == MonitorsAndGuardPhones || p.CallType == 0, at+"call_type", "With the intercom feature off only monitors and guard phones ring.")
	oneOf(f, at+"call_path", p.Path, "ip or sip.", CallByIP, CallBySIP)
	checkText(f, at+"language", p.Language, 8)
	checkText(f, at+"remark", p.Remark, MaxRemark)
	checkText(f, at+"address", p.Address, MaxRemark)
}

// CheckEmail notes a fault at path unless text is one plain address.
func CheckEmail(f *fault.Fields, path, text string) {
	addr, err := mail.ParseAddress(text)
	f.Check(err == nil && addr.Address == text && len(text) <= MaxEmail, path, "An e-mail address such as name@example.com.")
}
