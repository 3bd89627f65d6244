package account

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"vestibule/cloud/audit"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// FormName names a form of an organisation.
type FormName string

// Forms of an organisation.
const (
	FormService FormName = "service" // service provider information (ACC-08)
	FormSupport FormName = "support" // customer service (ACC-15, ACC-16)
	FormBilling FormName = "billing" // billing information (ACC-14)
	FormTime    FormName = "time"    // time zone, date and time form (ACC-10)
	FormApp     FormName = "app"     // installer's App (ACC-13)
)

// Lengths of the forms' fields, in characters.
const (
	MaxFormText = 128
	MaxWebsite  = 512
)

// Form is one of the forms of an organisation.
type Form interface {
	Name() FormName
	Validate() error
}

// ServiceForm says who provides the service, for the privacy policy that end users read; all of it may stay empty (ACC-08).
type ServiceForm struct {
	Company string `json:"company"`
	Address string `json:"address"`
	Phone   string `json:"phone"`
	Email   string `json:"email"`
	TaxID   string `json:"tax_id"`
	Website string `json:"website"`
}

// SupportForm says how end users reach their installer (ACC-15), and whether their feedback is mailed (ACC-16).
type SupportForm struct {
	Phone           string `json:"phone"`
	Email           string `json:"email"`
	ReceiveFeedback bool   `json:"receive_feedback"`
}

// BillingForm says whom to bill (ACC-14).
type BillingForm struct {
	Company  string `json:"company"`
	Attn     string `json:"attn"`
	Country  string `json:"country"` // ISO 3166-1 alpha-2
	State    string `json:"state"`
	City     string `json:"city"`
	PostCode string `json:"post_code"`
	Street   string `json:"street"`
	Phone    string `json:"phone"`
	Fax      string `json:"fax"`
	Email    string `json:"email"`
}

// TimeForm is the organisation's own zone and how it writes dates and times (ACC-10).
type TimeForm struct {
	TimeZone   string `json:"time_zone"` // IANA name
	DateFormat string `json:"date_format"`
	Hour12     bool   `json:"hour12"`
}

// AppForm says whether the installer's mobile App may be used (ACC-13).
type AppForm struct {
	InstallerApp bool `json:"installer_app"`
}

// DateFormats are the ways in which an organisation may write dates; the first is the default.
func DateFormats() []string { return []string{"YYYY-MM-DD", "DD.MM.YYYY", "DD/MM/YYYY", "MM/DD/YYYY"} }

// Name tells the form's name.
func (ServiceForm) Name() FormName { return FormService }

// Name tells the form's name.
func (SupportForm) Name() FormName { return FormSupport }

// Name tells the form's name.
func (BillingForm) Name() FormName { return FormBilling }

// Name tells the form's name.
func (TimeForm) Name() FormName { return FormTime }

// Name tells the form's name.
func (AppForm) Name() FormName { return FormApp }

// Validate checks the form; an empty field is right.
func (f ServiceForm) Validate() error {
	var faults fault.Fields
	checkLine(&faults, "company", f.Company, MaxFormText)
	checkLine(&faults, "address", f.Address, 2*MaxFormText)
	checkPhone(&faults, "phone", f.Phone)
	checkMail(&faults, "email", f.Email)
	checkLine(&faults, "tax_id", f.TaxID, MaxFormText)
	checkWebsite(&faults, "website", f.Website)
	return faults.Err()
}

// Validate checks the form: phone and e-mail are needed.
func (f SupportForm) Validate() error {
	var faults fault.Fields
	faults.Check(f.Phone != "", "phone", "A phone number: residents reach you there.")
	checkPhone(&faults, "phone", f.Phone)
	faults.Check(f.Email != "", "email", "An e-mail address: residents reach you there.")
	checkMail(&faults, "email", f.Email)
	return faults.Err()
}

// Validate checks the form: who, contact, telephone and e-mail are needed.
func (f BillingForm) Validate() error {
	var faults fault.Fields
	faults.Check(f.Company != "", "company", "The company or family that is billed.")
	checkLine(&faults, "company", f.Company, MaxFormText)
	faults.Check(f.Attn != "", "attn", "The name of the contact.")
	checkLine(&faults, "attn", f.Attn, MaxFormText)
	faults.Check(f.Country == "" || isCountry(f.Country), "country", "A country by its two letters, such as DE.")
	checkLine(&faults, "state", f.State, MaxFormText)
	checkLine(&faults, "city", f.City, MaxFormText)
	checkLine(&faults, "post_code", f.PostCode, 16)
	checkLine(&faults, "street", f.Street, MaxFormText)
	faults.Check(f.Phone != "", "phone", "A telephone number.")
	checkPhone(&faults, "phone", f.Phone)
	checkPhone(&faults, "fax", f.Fax)
	faults.Check(f.Email != "", "email", "An e-mail address: invoices go there.")
	checkMail(&faults, "email", f.Email)
	return faults.Err()
}

// Validate checks the form.
func (f TimeForm) Validate() error {
	var faults fault.Fields
	_, err := time.LoadLocation(f.TimeZone)
	faults.Check(err == nil && f.TimeZone != "" && f.TimeZone != "Local", "time_zone", "A time zone such as Europe/Berlin.")
	faults.Check(slices.Contains(DateFormats(), f.DateFormat), "date_format", "One of %s.", strings.Join(DateFormats(), ", "))
	return faults.Err()
}

// Validate finds nothing wrong: both values are right.
func (AppForm) Validate() error { return nil }

// international is a phone number with its country code.
var international = regexp.MustCompile(`^\+[1-9][0-9 ()/-]{4,30}$`)

// checkPhone notes a fault at path unless text is empty or an international phone number.
func checkPhone(f *fault.Fields, path, text string) {
	f.Check(text == "" || international.MatchString(text), path, "A phone number with its country code, such as +49 30 1234567.")
}

func checkMail(f *fault.Fields, path, text string) {
	if text != "" {
		domain.CheckEmail(f, path, text)
	}
}

// checkLine notes a fault at path unless text is at most most printable characters without blanks around it.
func checkLine(f *fault.Fields, path, text string, most int) {
	f.Check(utf8.RuneCountInString(text) <= most, path, "At most %d characters.", most)
	f.Check(utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }), path, "Only printable characters.")
	f.Check(strings.TrimSpace(text) == text, path, "No blanks at the start or the end.")
}

// checkWebsite notes a fault at path unless text is empty or an address that a reader may be sent to.
func checkWebsite(f *fault.Fields, path, text string) {
	checkLine(f, path, text, MaxWebsite)
	u, err := url.Parse(text)
	ok := err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.User == nil
	f.Check(text == "" || ok, path, "An address such as https://example.com.")
}

// FormStore keeps forms as JSON objects.
type FormStore interface {
	ReadForm(ctx context.Context, org domain.OrgID, form FormName) (body json.RawMessage, revision uint64, err error) // revision 0: never filled in
	// WriteForm writes while the revision is still seen (0: not there yet); else Stale.
	WriteForm(ctx context.Context, org domain.OrgID, form FormName, seen uint64, body json.RawMessage, at time.Time) error
}

// startForm gives what a form holds before it is filled in.
func startForm[F Form]() F {
	var f F
	switch form := any(&f).(type) {
	case *TimeForm:
		form.TimeZone, form.DateFormat = "UTC", DateFormats()[0]
	case *AppForm:
		form.InstallerApp = true
	}
	return f
}

// FormOf reads a form of an organisation; revision is 0 while it was never filled in.
func FormOf[F Form](ctx context.Context, s *Service, org domain.OrgID) (form F, revision uint64, err error) {
	form = startForm[F]()
	body, revision, err := s.cfg.Store.ReadForm(ctx, org, form.Name())
	if err != nil || revision == 0 {
		return form, revision, err
	}
	if err := json.Unmarshal(body, &form); err != nil {
		return form, revision, fmt.Errorf("read form %s: %w", form.Name(), err)
	}
	return form, revision, nil
}

// OwnForm reads a form of the organisation that the caller acts in.
func OwnForm[F Form](ctx context.Context, s *Service) (form F, revision uint64, err error) {
	caller, ok := From(ctx)
	if !ok {
		return form, 0, errSignInFirst
	}
	return FormOf[F](ctx, s, caller.Org)
}

// SaveForm fills in a form of the organisation that the caller acts in.
func SaveForm[F Form](ctx context.Context, s *Service, form F) (revision uint64, err error) {
	caller, ok := From(ctx)
	if !ok {
		return 0, errSignInFirst
	}
	err = s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		before, seen, err := FormOf[F](ctx, s, caller.Org)
		if err != nil {
			return err
		}
		if revision, err = Revise(ctx, seen); err != nil {
			return err
		}
		if err := form.Validate(); err != nil {
			return err
		}
		body, err := json.Marshal(form)
		if err != nil {
			return err
		}
		at := s.now()
		if err := s.cfg.Store.WriteForm(ctx, caller.Org, form.Name(), seen, body, at); err != nil {
			return err
		}
		e := audit.Entry{Org: caller.Org, Action: audit.Changed, Object: "form", ObjectID: caller.Org, ObjectName: string(form.Name()), After: body, At: at}
		if e.Before, err = audit.Snapshot(before); err != nil {
			return err
		}
		if err := s.cfg.Store.Record(ctx, Stamp(ctx, e)); err != nil {
			return err
		}
		return s.moveZone(ctx, caller.Org, any(before), any(form))
	})
	return revision, err
}

// moveZone tells of an organisation's new zone (PEOPLE-01); other forms hold none.
func (s *Service) moveZone(ctx context.Context, org domain.OrgID, before, after any) error {
	was, _ := before.(TimeForm)
	now, ok := after.(TimeForm)
	if !ok || was.TimeZone == now.TimeZone || s.cfg.ZoneMoved == nil {
		return nil
	}
	return s.cfg.ZoneMoved(ctx, org, now.TimeZone)
}

// ZoneOf gives the zone of an organisation; for what somebody owns beside it is the owner's.
func (s *Service) ZoneOf(ctx context.Context, id domain.OrgID) (string, error) {
	org, err := s.contact(ctx, id)
	if err != nil {
		return "", err
	}
	form, _, err := FormOf[TimeForm](ctx, s, org)
	return form.TimeZone, err
}

// ProviderOf gives whom the privacy policy of an organisation's end users names: what the organisation filled in, or for what an operator owns
// itself what the operator did. ok is false when that is nobody: then the operator of the platform is meant (ACC-08).
func (s *Service) ProviderOf(ctx context.Context, id domain.OrgID) (form ServiceForm, ok bool, err error) {
	org, err := s.contact(ctx, id)
	if err != nil {
		return form, false, err
	}
	form, _, err = FormOf[ServiceForm](ctx, s, org)
	return form, form != ServiceForm{}, err
}

// SupportOf gives how end users of an organisation reach it; ok is false when it did not say (ACC-15).
func (s *Service) SupportOf(ctx context.Context, id domain.OrgID) (form SupportForm, ok bool, err error) {
	org, err := s.contact(ctx, id)
	if err != nil {
		return form, false, err
	}
	form, _, err = FormOf[SupportForm](ctx, s, org)
	return form, form.Phone != "", err
}

// contact gives the organisation whose forms speak for one: the forms of what somebody owns beside are filled in by the owner.
func (s *Service) contact(ctx context.Context, id domain.OrgID) (domain.OrgID, error) {
	org, err := s.cfg.Store.Org(ctx, id)
	if err != nil {
		return id, err
	}
	if org.Own {
		return org.ParentID, nil
	}
	return id, nil
}
