package account

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"time"

	"vestibule/cloud/audit"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

// Permissions are the switches of an assignment; all are off until somebody switches them on.
type Permissions struct {
	Pay            bool `json:"pay"`             // may pay for the site, while the installer may (PM-07)
	RenewalMails   bool `json:"renewal_mails"`   // receives the mails of ending and renewed services (PM-08)
	App            bool `json:"app"`             // may use the App (PM-09)
	DeleteAccounts bool `json:"delete_accounts"` // Delete Account Permission (PM-10)
	LogAccess      bool `json:"log_access"`      // Log Access Control (PM-11)
}

// Assignment gives a manager a site. Name and Email are those of the account.
type Assignment struct {
	Site    domain.SiteID
	Account domain.AccountID
	Name    string
	Email   string
	Permissions
	AppUser      string    // ten digits, unique in the platform; empty until the App was switched on once
	AppExpiresAt time.Time // zero: not limited
	Revision     uint64
}

// AppLogin is what a manager types into the App; the password is told once and kept as a hash.
type AppLogin struct {
	User     string
	Password secret.String
}

// AssignmentStore keeps which manager has which site. What the caller of the context may not see is NotFound.
type AssignmentStore interface {
	LockSite(ctx context.Context, site domain.SiteID) error
	SiteOrg(ctx context.Context, site domain.SiteID) (Org, error)
	Site(ctx context.Context, site domain.SiteID) (domain.Site, error)
	Assignments(ctx context.Context, site domain.SiteID) ([]Assignment, error) // by name
	Assignment(ctx context.Context, site domain.SiteID, id domain.AccountID) (Assignment, error)
	AddAssignment(ctx context.Context, a Assignment, at time.Time) error
	ChangeAssignment(ctx context.Context, a Assignment, at time.Time) error // Stale unless the revision is that of a
	DropAssignment(ctx context.Context, site domain.SiteID, id domain.AccountID) error
	SetAppPassword(ctx context.Context, site domain.SiteID, id domain.AccountID, hash secret.String, at time.Time) error
	AppUserTaken(ctx context.Context, user string) (bool, error)
	ManagerMay(ctx context.Context, site domain.SiteID) (Assignment, error) // of the caller itself; NotFound when it has none
}

// MayAt tells whether the caller, who holds a right by role, holds it at a site too: a manager reads the log, and says how long it is kept,
// only with Log Access Control (PM-11) and deletes people and their accounts only with Delete Account Permission (PM-10). Without it the answer is Forbidden.
func (s *Service) MayAt(ctx context.Context, right Right, site domain.SiteID) error {
	caller, ok := From(ctx)
	if !ok || caller.Role != RoleManager {
		return nil
	}
	mine, err := s.cfg.Store.ManagerMay(ctx, site)
	if err != nil {
		return err
	}
	if (right == EventsRead || right == EventsKeep) && !mine.LogAccess {
		return fault.New(fault.Forbidden, "Your installer has not given you Log Access Control at this site.")
	}
	if right == PeopleDelete && !mine.DeleteAccounts {
		return fault.New(fault.Forbidden, "Your installer has not given you Delete Account Permission at this site.")
	}
	return nil
}

// SeesEvents tells whether the caller may see what happens at doors and in calls of a site, for its live stream. Ask again from time to time.
func (s *Service) SeesEvents(ctx context.Context, site domain.SiteID) (bool, error) {
	caller, ok := From(ctx)
	if !ok || !caller.May(EventsRead) {
		return false, nil
	}
	err := s.MayAt(ctx, EventsRead, site)
	if fault.CodeOf(err) == fault.Forbidden {
		return false, nil
	}
	return err == nil, err
}

// SiteManagers gives who manages a site, and who could. mayPay tells whether the site's organisation may let managers pay; while it may not
// the switch counts as off (PM-07).
func (s *Service) SiteManagers(ctx context.Context, site domain.SiteID) (assigned []Assignment, available []Account, mayPay bool, err error) {
	if mayPay, err = s.mayPay(ctx, site); err != nil {
		return nil, nil, false, err
	}
	if assigned, err = s.cfg.Store.Assignments(ctx, site); err != nil {
		return nil, nil, false, err
	}
	has := make(map[domain.AccountID]bool, len(assigned))
	for i, a := range assigned {
		has[a.Account] = true
		assigned[i].Pay = a.Pay && mayPay
	}
	for cursor := ""; ; {
		part, next, err := s.cfg.Store.Managers(ctx, ManagerQuery{After: cursor})
		if err != nil {
			return nil, nil, false, err
		}
		for _, m := range part {
			if !has[m.ID] {
				available = append(available, m)
			}
		}
		if cursor = next; next == "" {
			return assigned, available, mayPay, nil
		}
	}
}

// mayPay tells whether the gate Payment of the site's organisation is on.
func (s *Service) mayPay(ctx context.Context, site domain.SiteID) (bool, error) {
	org, err := s.cfg.Store.SiteOrg(ctx, site)
	if err != nil {
		return false, err
	}
	gates, err := s.Effective(ctx, org)
	return gates.Payment, err
}

// Assign gives a manager a site, or changes what it may do there. Pay is refused while the organisation may not pay (PM-07); mayPay tells
// whether it may.
func (s *Service) Assign(ctx context.Context, site domain.SiteID, id domain.AccountID, may Permissions) (out Assignment, mayPay bool, err error) {
	err = s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.cfg.Store.LockSite(ctx, site); err != nil {
			return err
		}
		manager, err := s.cfg.Store.Manager(ctx, id)
		if err != nil {
			return err
		}
		if mayPay, err = s.mayPay(ctx, site); err != nil {
			return err
		}
		if may.Pay && !mayPay {
			return &fault.Error{Code: fault.Invalid, Msg: "Some fields need another value.", Fields: []fault.Field{
				{Path: "pay", Msg: "Your distributor has not given you permission to pay."},
			}}
		}
		before, err := s.cfg.Store.Assignment(ctx, site, id)
		if fault.CodeOf(err) == fault.NotFound {
			out, err = s.assign(ctx, site, manager, may)
			return err
		}
		if err != nil {
			return err
		}
		out, err = s.permit(ctx, manager, before, may)
		return err
	})
	return out, mayPay, err
}

// assign adds an assignment.
func (s *Service) assign(ctx context.Context, site domain.SiteID, manager Account, may Permissions) (Assignment, error) {
	if _, expected := Expected(ctx); expected {
		return Assignment{}, fault.New(fault.NotFound, "This assignment does not exist.")
	}
	a := Assignment{Site: site, Account: manager.ID, Name: manager.Name, Email: manager.Email, Permissions: may, Revision: 1}
	var err error
	if a.App {
		if a.AppUser, err = s.newAppUser(ctx); err != nil {
			return a, err
		}
	}
	if err := s.cfg.Store.AddAssignment(ctx, a, s.now()); err != nil {
		return a, err
	}
	if err := s.recordAssignment(ctx, audit.Created, a, nil, a.Permissions); err != nil {
		return a, err
	}
	return a, s.tellAssigned(ctx, a, "assigned")
}

// permit changes the switches of an assignment.
func (s *Service) permit(ctx context.Context, manager Account, before Assignment, may Permissions) (Assignment, error) {
	after := before
	after.Permissions = may
	next, err := Revise(ctx, before.Revision)
	if err != nil {
		return before, err
	}
	if may == before.Permissions {
		return before, nil
	}
	if may.App && after.AppUser == "" {
		if after.AppUser, err = s.newAppUser(ctx); err != nil {
			return before, err
		}
	}
	if err := s.cfg.Store.ChangeAssignment(ctx, after, s.now()); err != nil {
		return before, err
	}
	after.Revision = next
	if err := s.recordAssignment(ctx, audit.Changed, after, before.Permissions, may); err != nil {
		return before, err
	}
	return after, s.tellAssigned(ctx, Assignment{Site: after.Site, Account: manager.ID}, "changed")
}

// Unassign takes a site from a manager; the account stays.
func (s *Service) Unassign(ctx context.Context, site domain.SiteID, id domain.AccountID) error {
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.cfg.Store.LockSite(ctx, site); err != nil {
			return err
		}
		return s.unassign(ctx, site, id)
	})
}

func (s *Service) unassign(ctx context.Context, site domain.SiteID, id domain.AccountID) error {
	before, err := s.cfg.Store.Assignment(ctx, site, id)
	if err != nil {
		return err
	}
	if _, err := Revise(ctx, before.Revision); err != nil {
		return err
	}
	if err := s.cfg.Store.DropAssignment(ctx, site, id); err != nil {
		return err
	}
	if err := s.recordAssignment(ctx, audit.Deleted, before, before.Permissions, nil); err != nil {
		return err
	}
	return s.tellAssigned(ctx, before, "taken")
}

// NewAppPassword gives a manager's App another password at a site (PM-09); the one before ends. It is told once.
func (s *Service) NewAppPassword(ctx context.Context, site domain.SiteID, id domain.AccountID) (AppLogin, error) {
	const length = 16
	login := AppLogin{Password: secret.Random(length)}
	hash, err := s.cfg.Passwords.Hash(ctx, login.Password)
	if err != nil {
		return AppLogin{}, err
	}
	err = s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.cfg.Store.LockSite(ctx, site); err != nil {
			return err
		}
		a, err := s.cfg.Store.Assignment(ctx, site, id)
		if err != nil {
			return err
		}
		if !a.App {
			return fault.New(fault.Conflict, "Switch the App on for this manager first.")
		}
		login.User = a.AppUser
		if err := s.cfg.Store.SetAppPassword(ctx, site, id, hash, s.now()); err != nil {
			return err
		}
		return s.recordAssignment(ctx, audit.Shown, a, nil, map[string]string{"app_user": a.AppUser})
	})
	if err != nil {
		return AppLogin{}, err
	}
	return login, nil
}

// newAppUser makes a name for the App: ten digits that nobody has.
func (s *Service) newAppUser(ctx context.Context) (string, error) {
	const lowest, span = 1_000_000_000, 9_000_000_000
	for range 8 {
		n, err := rand.Int(rand.Reader, big.NewInt(span))
		if err != nil {
			return "", err
		}
		user := fmt.Sprint(n.Int64() + lowest)
		taken, err := s.cfg.Store.AppUserTaken(ctx, user)
		if err != nil || !taken {
			return user, err
		}
	}
	return "", fault.New(fault.Unavailable, "No free App user was found. Try again.")
}

func (s *Service) recordAssignment(ctx context.Context, action audit.Action, a Assignment, before, after any) error {
	e := audit.Entry{Site: a.Site, Action: action, Object: "assignment", ObjectID: a.Account, ObjectName: a.Name, At: s.now()}
	var err error
	if e.Before, err = audit.Snapshot(before); err != nil {
		return err
	}
	if e.After, err = audit.Snapshot(after); err != nil {
		return err
	}
	return s.cfg.Store.Record(ctx, Stamp(ctx, e))
}

// tellAssigned tells a manager live that a site came, changed or went.
func (s *Service) tellAssigned(ctx context.Context, a Assignment, what string) error {
	site, err := s.cfg.Store.Site(ctx, a.Site)
	if err != nil {
		return err
	}
	return s.cfg.Notices.Tell(ctx, a.Account, "assigned", map[string]string{"site": site.Name, "site_id": a.Site.String(), "what": what})
}
