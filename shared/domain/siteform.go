package domain

import (
	"slices"

	"vestibule/shared/fault"
)

// DateFormat is the order in which a site writes dates (SITE-05).
type DateFormat string

// Date formats; the first is the default.
const (
	YearMonthDay DateFormat = "ymd"
	MonthDayYear DateFormat = "mdy"
	DayMonthYear DateFormat = "dmy"
)

// ContactOrder is the order of names on the contact lists of devices (SITE-06).
type ContactOrder string

// Contact orders; the first is the default.
const (
	FirstLast ContactOrder = "first_last"
	LastFirst ContactOrder = "last_first"
)

// Plan is the feature plan of a community (SITE-10, SITE-11). It is text, so that another plan can be added.
type Plan string

// Plans. Basic wants a monitor in every apartment and withholds five powers of managers.
const (
	BasicPlan   Plan = "basic"
	PremiumPlan Plan = "premium"
)

// AccessArea says for which devices managers may make credentials (SITE-15).
type AccessArea string

// Access areas; the first is the default.
const (
	PublicAndPrivate AccessArea = "public_private"
	PublicOnly       AccessArea = "public"
)

// PINMode is what is typed at a door phone: the PIN alone, or the apartment number before it (SITE-16).
type PINMode string

// PIN modes; the first is the default.
const (
	PINAlone        PINMode = "pin"
	ApartmentAndPIN PINMode = "apt_pin"
)

// ExpirationMails says who gets mails before a service ends (SITE-18).
type ExpirationMails string

// Receivers of expiration mails; the first is the default.
const (
	MailUserAndManager ExpirationMails = "user_pm"
	MailManager        ExpirationMails = "pm"
	MailNobody         ExpirationMails = "off"
)

// SiteVariant parts the commercial sites (SITE-30); other kinds have none.
type SiteVariant string

// Variants of commercial sites.
const (
	SingleCompany SiteVariant = "single_company"
	MultiCompany  SiteVariant = "multi_company"
)

// Attendance is the attendance package of a commercial site (SITE-33).
type Attendance string

// Attendance packages; the first is the default.
const (
	AttendanceOff       Attendance = "off"
	AttendanceHundred   Attendance = "100"
	AttendanceUnlimited Attendance = "unlimited"
)

// ChargeMode says who pays for a single-family site (SITE-41).
type ChargeMode string

// Charge modes; the first is the default.
const (
	PayByInstaller ChargeMode = "installer"
	PayByEndUser   ChargeMode = "end_user"
)

// SiteForm is what a site has beside its name, address and zone; the kind of the site decides which fields it has (02-sites, table 2). The zero
// value means every default. Fields without a CBOR key stay in the cloud.
type SiteForm struct {
	DateFormat   DateFormat   `cbor:"1,keyasint,omitempty" json:"date_format,omitempty" enum:"ymd,mdy,dmy"`
	Hour12       bool         `cbor:"2,keyasint,omitempty" json:"hour12,omitempty"`
	ContactOrder ContactOrder `cbor:"3,keyasint,omitempty" json:"contact_order,omitempty" enum:"first_last,last_first"`

	// Communities.
	Plan            Plan            `cbor:"4,keyasint,omitempty" json:"plan,omitempty" enum:"basic,premium"`
	Landline        bool            `cbor:"5,keyasint,omitempty" json:"landline,omitempty"` // SITE-12, PEOPLE-05
	VideoStorage    bool            `cbor:"6,keyasint,omitempty" json:"video_storage,omitempty"`
	CommunityCalls  bool            `cbor:"7,keyasint,omitempty" json:"community_calls,omitempty"`
	Access          AccessArea      `cbor:"-" json:"access,omitempty" enum:"public_private,public"`
	PINMode         PINMode         `cbor:"8,keyasint,omitempty" json:"pin_mode,omitempty" enum:"pin,apt_pin"`
	PayByPM         bool            `cbor:"-" json:"pay_by_pm,omitempty"`
	ExpirationMails ExpirationMails `cbor:"-" json:"expiration_mails,omitempty" enum:"user_pm,pm,off"`
	RenewMails      bool            `cbor:"-" json:"renew_mails,omitempty"`
	SmartHome       bool            `cbor:"9,keyasint,omitempty" json:"smart_home,omitempty"` // SITE-20; of a single-family site: Home Automation (PEOPLE-06)
	NoRegistration  bool            `cbor:"10,keyasint,omitempty" json:"no_registration,omitempty"`
	Dormakaba       bool            `cbor:"-" json:"dormakaba,omitempty"`

	// Commercial sites.
	Variant         SiteVariant `cbor:"-" json:"variant,omitempty" enum:"single_company,multi_company"`
	Scenario        string      `cbor:"-" json:"scenario,omitempty"`
	CreatePIN       bool        `cbor:"-" json:"create_pin,omitempty"`
	CreateQR        bool        `cbor:"-" json:"create_qr,omitempty"`
	Attendance      Attendance  `cbor:"-" json:"attendance,omitempty" enum:"off,100,unlimited"`
	DisconnectMails bool        `cbor:"-" json:"disconnect_mails,omitempty"`
	SIMMessages     bool        `cbor:"-" json:"sim_messages,omitempty"`

	// Offices: the premium feature plan and its three switches (SITE-40).
	OfficePlan  bool `cbor:"-" json:"office_plan,omitempty"`
	PackageRoom bool `cbor:"-" json:"package_room,omitempty"`
	PINControl  bool `cbor:"-" json:"pin_control,omitempty"`
	QRControl   bool `cbor:"-" json:"qr_control,omitempty"`

	// Single-family sites.
	ChargeMode   ChargeMode `cbor:"-" json:"charge_mode,omitempty" enum:"installer,end_user"`
	UserMails    bool       `cbor:"-" json:"user_mails,omitempty"`                  // expiration mails to the end user (SITE-42)
	Premium      bool       `cbor:"11,keyasint,omitempty" json:"premium,omitempty"` // Premium Plan: landline and third-party cameras (PEOPLE-07)
	FollowZone   bool       `cbor:"-" json:"follow_zone,omitempty"`
	UserLanguage string     `cbor:"-" json:"user_language,omitempty"`

	// Logs: both are on by default.
	NoVisitorLog   bool `cbor:"12,keyasint,omitempty" json:"no_visitor_log,omitempty"` // no row for a visitor who rang and did not come in (LOG-01)
	NoCallPictures bool `cbor:"-" json:"no_call_pictures,omitempty"`                   // calls are shown without pictures and videos (LOG-02)
}

// MaxScenario bounds an application scenario, in characters.
const MaxScenario = 64

// oneOf notes a fault at path unless value is empty or one of allowed.
func oneOf[T ~string](f *fault.Fields, path string, value T, words string, allowed ...T) {
	f.Check(value == "" || slices.Contains(allowed, value), path, "%s", words)
}

// validate checks the values; which of them belong to the kind of the site is checked by checkKind.
func (s SiteForm) validate(f *fault.Fields, at string) {
	oneOf(f, at+"date_format", s.DateFormat, "ymd, mdy or dmy.", YearMonthDay, MonthDayYear, DayMonthYear)
	oneOf(f, at+"contact_order", s.ContactOrder, "first_last or last_first.", FirstLast, LastFirst)
	oneOf(f, at+"plan", s.Plan, "basic or premium.", BasicPlan, PremiumPlan)
	oneOf(f, at+"access", s.Access, "public_private or public.", PublicAndPrivate, PublicOnly)
	oneOf(f, at+"pin_mode", s.PINMode, "pin or apt_pin.", PINAlone, ApartmentAndPIN)
	oneOf(f, at+"expiration_mails", s.ExpirationMails, "user_pm, pm or off.", MailUserAndManager, MailManager, MailNobody)
	oneOf(f, at+"variant", s.Variant, "single_company or multi_company.", SingleCompany, MultiCompany)
	oneOf(f, at+"attendance", s.Attendance, "off, 100 or unlimited.", AttendanceOff, AttendanceHundred, AttendanceUnlimited)
	oneOf(f, at+"charge_mode", s.ChargeMode, "installer or end_user.", PayByInstaller, PayByEndUser)
	checkText(f, at+"scenario", s.Scenario, MaxScenario)
	f.Check(!s.Landline || s.Plan != BasicPlan, at+"landline", "Landline service belongs to the Premium plan.")
}
