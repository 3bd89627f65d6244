package account

import (
	"context"
	"fmt"
	"slices"
	"time"

	"vestibule/cloud/audit"
	"vestibule/cloud/mail"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// ManagerForm is what an installer says of a property or project manager (PM-01).
type ManagerForm struct {
	FirstName     string
	LastName      string
	Email         string // cannot be changed after creation
	Language      string // of the mails; empty: en
	RemindMonthly bool   // asked once a month to change the password (PM-02)
	EmailFactor   bool   // sign-in asks for a code by mail too (PM-03)
	Sites         []domain.SiteID
}

// MostManagerSites is how many sites one form may name.
const MostManagerSites = 1000

// ManagedSite is a site of a manager.
type ManagedSite struct {
	ID   domain.SiteID
	Name string
}

// Manager is a manager's account with the sites it has.
type Manager struct {
	Account
	Sites []ManagedSite
}

// ManagerQuery asks for a part of the managers: at most Limit after the cursor After whose name or address holds Query.
type ManagerQuery struct {
	Query string
	After string
	Limit int
}

// ManagerStore keeps the managers of the installer organisation that the caller of the context works in; others are NotFound.
type ManagerStore interface {
	AssignmentStore
	OwnInstaller(ctx context.Context) (Org, error)
	Managers(ctx context.Context, q ManagerQuery) (part []Account, next string, err error) // by name
	Manager(ctx context.Context, id domain.AccountID) (Account, error)
	ChangeManager(ctx context.Context, a Account, at time.Time) error // Stale unless the revision is that of a
	ManagedSites(ctx context.Context, managers []domain.AccountID) (map[domain.AccountID][]ManagedSite, error)
	DropAccount(ctx context.Context, id domain.AccountID, at time.Time) error // with all that it signed in with
	DropAssignments(ctx context.Context, id domain.AccountID) error           // of an account, at every site
}

// check notes what is wrong with the form, and finds the sites.
func (s *Service) checkManager(ctx context.Context, form *ManagerForm) error {
	if form.Language == "" {
		form.Language = mail.Languages()[0]
	}
	var f fault.Fields
	checkName(&f, "first_name", form.FirstName, domain.MaxPersonName)
	checkName(&f, "last_name", form.LastName, domain.MaxPersonName)
	domain.CheckEmail(&f, "email", form.Email)
	f.Check(slices.Contains(mail.Languages(), form.Language), "language", "One of the twelve languages of mails.")
	f.Check(len(form.Sites) <= MostManagerSites, "site_ids", "At most %d sites.", MostManagerSites)
	if err := f.Err(); err != nil {
		return err
	}
	for i, site := range form.Sites {
		_, err := s.cfg.Store.Site(ctx, site)
		if err != nil && fault.CodeOf(err) != fault.NotFound {
			return err
		}
		f.Check(err == nil, fmt.Sprintf("site_ids[%d]", i), "This site does not exist.")
	}
	return f.Err()
}

func (form ManagerForm) apply(a Account) Account {
	a.FirstName, a.LastName, a.Name = form.FirstName, form.LastName, form.FirstName+" "+form.LastName
	a.Language, a.RemindMonthly, a.EmailFactor = form.Language, form.RemindMonthly, form.EmailFactor
	return a
}

// AddManager makes an account for a manager, mails its activation and gives it sites (PM-01, PM-04).
func (s *Service) AddManager(ctx context.Context, form ManagerForm) (Manager, error) {
	if err := s.checkManager(ctx, &form); err != nil {
		return Manager{}, err
	}
	var out Manager
	err := s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		org, err := s.cfg.Store.OwnInstaller(ctx)
		if err != nil {
			return err
		}
		now := s.now()
		a := form.apply(Account{ID: domain.NewID[domain.AccountID](now), Org: org, Role: RoleManager, Email: form.Email, Notify: true, CreatedAt: now})
		if _, err := s.Invite(ctx, a); err != nil {
			return err
		}
		if err := s.giveSites(ctx, a, nil, form.Sites); err != nil {
			return err
		}
		out, err = s.Manager(ctx, a.ID)
		return err
	})
	return out, err
}

// EditManager changes a manager; the e-mail stays what it is (PM-12).
func (s *Service) EditManager(ctx context.Context, id domain.AccountID, form ManagerForm) (Manager, error) {
	var out Manager
	err := s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		before, err := s.Manager(ctx, id)
		if err != nil {
			return err
		}
		if form.Email == "" {
			form.Email = before.Email
		}
		if form.Email != before.Email {
			return &fault.Error{Code: fault.Invalid, Msg: "Some fields need another value.", Fields: []fault.Field{
				{Path: "email", Msg: "The e-mail address of a manager cannot be changed."},
			}}
		}
		if err := s.checkManager(ctx, &form); err != nil {
			return err
		}
		if _, err := Revise(ctx, before.Revision); err != nil {
			return err
		}
		after := form.apply(before.Account)
		if err := s.cfg.Store.ChangeManager(ctx, after, s.now()); err != nil {
			return err
		}
		if err := s.record(ctx, after, audit.Changed, "account", "", before.Shown(), after.Shown()); err != nil {
			return err
		}
		if err := s.giveSites(anyRevision(ctx), after, before.Sites, form.Sites); err != nil {
			return err
		}
		out, err = s.Manager(ctx, id)
		return err
	})
	return out, err
}

// anyRevision forgets which revision the caller has seen, for what changes beside the thing that the request names.
func anyRevision(ctx context.Context) context.Context {
	return context.WithValue(ctx, revisionKey{}, nil)
}

// giveSites turns the sites that a manager has into those that it should have.
func (s *Service) giveSites(ctx context.Context, a Account, has []ManagedSite, wanted []domain.SiteID) error {
	for _, site := range has {
		if slices.Contains(wanted, site.ID) {
			continue
		}
		if err := s.Unassign(ctx, site.ID, a.ID); err != nil {
			return err
		}
	}
	for i, site := range wanted {
		had := slices.ContainsFunc(has, func(h ManagedSite) bool { return h.ID == site })
		if had || slices.Contains(wanted[:i], site) {
			continue
		}
		if err := s.cfg.Store.LockSite(ctx, site); err != nil {
			return err
		}
		if _, err := s.assign(ctx, site, a, Permissions{}); err != nil {
			return err
		}
	}
	return nil
}

// Managers lists managers with their sites, by name; next is the cursor of the part that follows.
func (s *Service) Managers(ctx context.Context, q ManagerQuery) (part []Manager, next string, err error) {
	accounts, next, err := s.cfg.Store.Managers(ctx, q)
	if err != nil {
		return nil, "", err
	}
	part, err = s.withSites(ctx, accounts)
	return part, next, err
}

// Manager gives one manager.
func (s *Service) Manager(ctx context.Context, id domain.AccountID) (Manager, error) {
	a, err := s.cfg.Store.Manager(ctx, id)
	if err != nil {
		return Manager{}, err
	}
	one, err := s.withSites(ctx, []Account{a})
	if err != nil {
		return Manager{}, err
	}
	return one[0], nil
}

func (s *Service) withSites(ctx context.Context, accounts []Account) ([]Manager, error) {
	ids := make([]domain.AccountID, len(accounts))
	for i, a := range accounts {
		ids[i] = a.ID
	}
	sites, err := s.cfg.Store.ManagedSites(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Manager, len(accounts))
	for i, a := range accounts {
		out[i] = Manager{Account: a, Sites: sites[a.ID]}
	}
	return out, nil
}

// ResetManager mails a manager a link to choose a new password.
func (s *Service) ResetManager(ctx context.Context, id domain.AccountID) error {
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.cfg.Store.Manager(ctx, id); err != nil {
			return err
		}
		return s.SendReset(ctx, id)
	})
}

// DeleteManager deletes a manager's account, ends its sessions and tokens and takes its sites; the sites stay (PM-12).
func (s *Service) DeleteManager(ctx context.Context, id domain.AccountID) error {
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		before, err := s.cfg.Store.Manager(ctx, id)
		if err != nil {
			return err
		}
		if _, err := Revise(ctx, before.Revision); err != nil {
			return err
		}
		return s.closeAccount(ctx, before)
	})
}

// closeAccount deletes an account and what it holds.
func (s *Service) closeAccount(ctx context.Context, a Account) error {
	if err := s.cfg.Store.DropAssignments(ctx, a.ID); err != nil {
		return err
	}
	if err := s.cfg.Store.DropAccount(ctx, a.ID, s.now()); err != nil {
		return err
	}
	return s.record(ctx, a, audit.Deleted, "account", "", a.Shown(), nil)
}
