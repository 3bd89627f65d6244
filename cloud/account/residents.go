package account

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"vestibule/cloud/audit"
	"vestibule/cloud/mail"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// Home is what a resident sees of the own home.
type Home struct {
	Site      domain.SiteID
	SiteName  string
	TimeZone  string
	Apartment string // number
	Name      string // of the apartment
	Building  string
	People    []string // names of who lives there
	Support   SupportForm
}

// ResidentStore keeps the accounts of people at sites. What the caller of the context may not see is NotFound.
type ResidentStore interface {
	Person(ctx context.Context, site domain.SiteID, id domain.PersonID) (domain.Person, error)
	AccountOf(ctx context.Context, person domain.PersonID) (Account, error)                  // whoever asks; NotFound without one
	AccountsAt(ctx context.Context, site domain.SiteID) (map[domain.PersonID]Account, error) // of people of the site
	HomeOf(ctx context.Context, person domain.PersonID) (Home, error)                        // without Support
	OwnerLanguage(ctx context.Context, org domain.OrgID) (string, error)                     // of its first account
	LockAccount(ctx context.Context, id domain.AccountID) error
	LinkedSites
	CountAudit(ctx context.Context, id domain.AccountID, object string, since time.Time) (int, error)
}

// homeRoles are what an account of a person may be.
var homeRoles = []Role{RoleResident, RoleFamily, RoleAdministrator}

// PersonAccount gives the account of a person; NotFound when it has none.
func (s *Service) PersonAccount(ctx context.Context, site domain.SiteID, person domain.PersonID) (Account, error) {
	if _, err := s.cfg.Store.Person(ctx, site, person); err != nil {
		return Account{}, err
	}
	return s.cfg.Store.AccountOf(ctx, person)
}

// PeopleAccounts gives the accounts of the people of a site.
func (s *Service) PeopleAccounts(ctx context.Context, site domain.SiteID) (map[domain.PersonID]Account, error) {
	return s.cfg.Store.AccountsAt(ctx, site)
}

// InvitePerson gives a person an account with the person's e-mail address and mails its activation. The role follows from what the person is; a
// given one must be of people. An address whose owner lives at another site of the organisation already is linked: one account, several sites
// (PEOPLE-16). An administrator of a company sees the site, so it gets an assignment too.
func (s *Service) InvitePerson(ctx context.Context, site domain.SiteID, id domain.PersonID, role Role, language string) (Account, error) {
	var f fault.Fields
	f.Check(role == "" || slices.Contains(homeRoles, role), "role", "resident, family or administrator.")
	f.Check(language == "" || slices.Contains(mail.Languages(), language), "language", "One of the twelve languages of mails.")
	if err := f.Err(); err != nil {
		return Account{}, err
	}
	var out Account
	err := s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.cfg.Store.LockSite(ctx, site); err != nil {
			return err
		}
		p, err := s.cfg.Store.Person(ctx, site, id)
		if err != nil {
			return err
		}
		if err := s.mayHaveAccount(ctx, p); err != nil {
			return err
		}
		org, err := s.cfg.Store.SiteOrg(ctx, site)
		if err != nil {
			return err
		}
		if role == "" {
			role = RoleOf(p.Kind)
		}
		now := s.now()
		out = Account{
			ID: domain.NewID[domain.AccountID](now), Org: org, Role: role, Person: id, Email: p.Email, FirstName: p.FirstName, LastName: p.LastName,
			Name: calledPerson(p), Phone: p.Phone, Language: cmp.Or(language, p.Form.Language, mail.Languages()[0]), Notify: true, CreatedAt: now, Revision: 1,
		}
		if linked, err := s.linkPerson(ctx, p, &out); linked || err != nil {
			return err
		}
		if _, err := s.Invite(ctx, out); err != nil || role != RoleAdministrator {
			return err
		}
		return s.cfg.Store.AddAssignment(ctx, Assignment{Site: site, Account: out.ID, Revision: 1}, now)
	})
	return out, err
}

// calledPerson gives the name of a person; a single-family user has one alone.
func calledPerson(p domain.Person) string { return strings.TrimSpace(p.FirstName + " " + p.LastName) }

// RoleOf gives the role of the account of a person: members are family, administrators of companies administer, everybody else is a resident.
func RoleOf(kind domain.PersonKind) Role {
	switch kind {
	case domain.Member:
		return RoleFamily
	case domain.Administrator:
		return RoleAdministrator
	}
	return RoleResident
}

// mayHaveAccount refuses an account to who has one, cannot be mailed, or may not use the app.
func (s *Service) mayHaveAccount(ctx context.Context, p domain.Person) error {
	if p.Email == "" {
		var f fault.Fields
		f.Add("email", "This person has no e-mail address. Add one first.")
		return f.Err()
	}
	switch {
	case p.Form.Unpaid:
		return fault.New(fault.Conflict, "This family member is not paid for yet, so it cannot use the App.")
	case withoutApp(p):
		return fault.New(fault.Conflict, "This person may not use the App. Switch the App or the intercom feature on first.")
	}
	if _, err := s.cfg.Store.AccountOf(ctx, p.ID); err == nil {
		return fault.New(fault.Conflict, "This person has an account already.")
	} else if fault.CodeOf(err) != fault.NotFound {
		return err
	}
	return nil
}

// withoutApp tells whether a person may not use the app: personnel without one (PEOPLE-32), office users whose intercom feature is off (PEOPLE-30).
func withoutApp(p domain.Person) bool {
	return p.Form.NoApp || p.Form.NoIntercom && (p.Kind == domain.BasicUser || p.Kind == domain.AdvancedUser)
}

// TakeAccount deletes the account of a person; the person stays. An account with linked sites stays for those.
func (s *Service) TakeAccount(ctx context.Context, site domain.SiteID, id domain.PersonID) error {
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		a, err := s.PersonAccount(ctx, site, id)
		if err != nil {
			return err
		}
		return s.leaveAccount(ctx, a, id)
	})
}

// Home gives the caller's own home.
func (s *Service) Home(ctx context.Context) (Home, error) {
	caller, ok := From(ctx)
	if !ok {
		return Home{}, errSignInFirst
	}
	home, err := s.cfg.Store.HomeOf(ctx, caller.Person)
	if err != nil {
		return Home{}, err
	}
	home.Support, _, err = s.SupportOf(ctx, caller.Org)
	return home, err
}

// Bounds of feedback.
const (
	MaxFeedback    = 2000 // characters
	FeedbackPerDay = 5    // of one account
)

// Feedback takes what a resident writes to the customer service of the installer. It is mailed while Receive Feedback is on (ACC-16); mailed
// tells whether it was.
func (s *Service) Feedback(ctx context.Context, text string) (mailed bool, err error) {
	caller, ok := From(ctx)
	if !ok {
		return false, errSignInFirst
	}
	text = strings.TrimSpace(text)
	n := utf8.RuneCountInString(text)
	var f fault.Fields
	f.Check(n > 0 && utf8.ValidString(text) && !strings.ContainsRune(text, 0), "text", "Write what you want to tell.")
	f.Check(n <= MaxFeedback, "text", "At most %d characters; this has %d.", MaxFeedback, n)
	if err := f.Err(); err != nil {
		return false, err
	}
	err = s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.cfg.Store.LockAccount(ctx, caller.Account); err != nil {
			return err
		}
		home, err := s.cfg.Store.HomeOf(ctx, caller.Person)
		if err != nil {
			return err
		}
		sent, err := s.cfg.Store.CountAudit(ctx, caller.Account, "feedback", s.now().Add(-24*time.Hour))
		if err != nil {
			return err
		}
		if sent >= FeedbackPerDay {
			return fault.New(fault.Limit, "At most %d messages a day. Call the customer service when it is urgent.", FeedbackPerDay)
		}
		entry := audit.Entry{Site: home.Site, Action: audit.Sent, Object: "feedback", ObjectID: caller.Account, ObjectName: caller.Name, At: s.now()}
		if err := s.cfg.Store.Record(ctx, Stamp(ctx, entry)); err != nil {
			return err
		}
		mailed, err = s.mailFeedback(ctx, caller, home, text)
		return err
	})
	return mailed, err
}

func (s *Service) mailFeedback(ctx context.Context, caller Caller, home Home, text string) (bool, error) {
	support, _, err := s.SupportOf(ctx, caller.Org)
	if err != nil || !support.ReceiveFeedback || support.Email == "" {
		return false, err
	}
	language, err := s.cfg.Store.OwnerLanguage(ctx, caller.Org)
	if err != nil {
		return false, err
	}
	from := caller.Name + ", " + home.SiteName
	if home.Apartment != "" {
		from += " " + home.Apartment
	}
	return true, s.cfg.Mail.Post(ctx, mail.Letter{
		Kind: mail.Feedback, To: support.Email, Language: language, Account: caller.Account, Org: caller.Org,
		Values: map[string]string{"name": support.Email, "from": from, "text": text},
	})
}
