package account

import (
	"context"
	"slices"
	"time"

	"vestibule/cloud/audit"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// LinkedSites keeps which people of further sites use an account (PEOPLE-16).
type LinkedSites interface {
	LinkPerson(ctx context.Context, id domain.AccountID, site domain.SiteID, person domain.PersonID, at time.Time) error
	UnlinkPerson(ctx context.Context, person domain.PersonID) error
	LinkedPeople(ctx context.Context, id domain.AccountID) ([]domain.PersonID, error)
	HandAccount(ctx context.Context, id domain.AccountID, person domain.PersonID, role Role) error
}

// linkPerson gives a person the account that its address has already at another site of the organisation; false when there is none. Only
// residents' accounts are shared: one of staff sees more than a home.
func (s *Service) linkPerson(ctx context.Context, p domain.Person, a *Account) (bool, error) {
	there, err := s.cfg.Store.AccountByLogin(ctx, FoldEmail(p.Email))
	if fault.CodeOf(err) == fault.NotFound {
		return false, nil
	}
	if err != nil || there.Org.ID != a.Org.ID || there.Role != RoleResident || a.Role != RoleResident || there.Person.IsZero() {
		return false, err
	}
	*a = there
	if err := s.cfg.Store.LinkPerson(ctx, there.ID, p.SiteID, p.ID, s.now()); err != nil {
		return true, err
	}
	return true, s.record(ctx, there, audit.Changed, "account", "linked a site", nil, map[string]string{"person": p.ID.String()})
}

// Linked tells whether the account of a person has further sites.
func (s *Service) Linked(ctx context.Context, person domain.PersonID) (bool, error) {
	a, err := s.cfg.Store.AccountOf(ctx, person)
	if fault.CodeOf(err) == fault.NotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	linked, err := s.cfg.Store.LinkedPeople(ctx, a.ID)
	return len(linked) > 0, err
}

// SharedLock says why phone, e-mail and country of a person are locked (PEOPLE-16).
const SharedLock = "This account has linked sites: its phone, e-mail and country cannot be changed here."

// PersonEdited is called in the transaction that changes a person. It refuses what the account stands against, and keeps the account right: its
// role, names, address and language, and whether there may be one.
func (s *Service) PersonEdited(ctx context.Context, before, after domain.Person) error {
	a, err := s.cfg.Store.AccountOf(ctx, before.ID)
	if fault.CodeOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	linked, err := s.cfg.Store.LinkedPeople(ctx, a.ID)
	if err != nil {
		return err
	}
	if err := lockedFields(a, len(linked) > 0, before, after); err != nil {
		return err
	}
	if withoutApp(after) {
		return s.leaveAccount(ctx, a, after.ID)
	}
	if len(linked) > 0 {
		return nil
	}
	if before.Kind != after.Kind && RoleOf(before.Kind) != RoleOf(after.Kind) {
		if err := s.changeRole(ctx, a, after); err != nil {
			return err
		}
	}
	return s.followPerson(ctx, a, before, after)
}

// lockedFields notes changes of what an account holds fast.
func lockedFields(a Account, linked bool, before, after domain.Person) error {
	var f fault.Fields
	if linked {
		f.Check(before.Phone == after.Phone, "phone", SharedLock)
		f.Check(before.Email == after.Email, "email", SharedLock)
		f.Check(before.Form.Country == after.Form.Country, "form.country", SharedLock)
	}
	if before.Email != after.Email && !linked {
		f.Check(a.Role != RoleFamily, "email", "The e-mail address of a family account cannot be changed. Take the account back first.")
		f.Check(after.Email != "", "email", "This person has an account. Take it back before you remove the address.")
	}
	return f.Err()
}

// changeRole gives an account the role of what its person is now; an administrator sees the site by an assignment.
func (s *Service) changeRole(ctx context.Context, a Account, p domain.Person) error {
	role := RoleOf(p.Kind)
	if err := s.cfg.Store.HandAccount(ctx, a.ID, p.ID, role); err != nil {
		return err
	}
	if err := s.cfg.Store.DropAssignments(ctx, a.ID); err != nil {
		return err
	}
	if role == RoleAdministrator {
		if err := s.cfg.Store.AddAssignment(ctx, Assignment{Site: p.SiteID, Account: a.ID, Revision: 1}, s.now()); err != nil {
			return err
		}
	}
	return s.record(ctx, a, audit.Changed, "account", "", map[string]string{"role": string(a.Role)}, map[string]string{"role": string(role)})
}

// followPerson writes what changed of a person into its account. A new address is unverified; while the activation was not used it goes there.
func (s *Service) followPerson(ctx context.Context, a Account, before, after domain.Person) error {
	was := a
	if before.FirstName != after.FirstName || before.LastName != after.LastName {
		a.FirstName, a.LastName, a.Name = after.FirstName, after.LastName, calledPerson(after)
	}
	if before.Phone != after.Phone {
		a.Phone = after.Phone
	}
	if before.Form.Language != after.Form.Language && after.Form.Language != "" {
		a.Language = after.Form.Language
	}
	moved := before.Email != after.Email
	if moved {
		a.Email, a.EmailVerifiedAt = after.Email, time.Time{}
	}
	if a == was {
		return nil
	}
	if err := s.cfg.Store.UpdateAccount(ctx, a); err != nil {
		return err
	}
	if err := s.record(ctx, a, audit.Changed, "account", "", was.Shown(), a.Shown()); err != nil || !moved {
		return err
	}
	// A link that went to the old address must not open the account any more.
	if err := s.cfg.Store.DropLinks(ctx, a.ID); err != nil || !a.ActivatedAt.IsZero() {
		return err
	}
	_, err := s.sendActivation(ctx, a)
	return err
}

// PersonDeleted is called in the transaction that deletes a person: its account goes too, unless it has linked sites.
func (s *Service) PersonDeleted(ctx context.Context, person domain.Person) error {
	a, err := s.cfg.Store.AccountOf(ctx, person.ID)
	if fault.CodeOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	return s.leaveAccount(ctx, a, person.ID)
}

// leaveAccount takes a person from its account, and closes it with the last one.
func (s *Service) leaveAccount(ctx context.Context, a Account, person domain.PersonID) error {
	linked, err := s.cfg.Store.LinkedPeople(ctx, a.ID)
	if err != nil {
		return err
	}
	if slices.Contains(linked, person) {
		if err := s.cfg.Store.UnlinkPerson(ctx, person); err != nil {
			return err
		}
		return s.record(ctx, a, audit.Changed, "account", "unlinked a site", map[string]string{"person": person.String()}, nil)
	}
	if len(linked) == 0 {
		return s.closeAccount(ctx, a)
	}
	if err := s.cfg.Store.UnlinkPerson(ctx, linked[0]); err != nil {
		return err
	}
	if err := s.cfg.Store.HandAccount(ctx, a.ID, linked[0], a.Role); err != nil {
		return err
	}
	return s.record(ctx, a, audit.Changed, "account", "unlinked a site", map[string]string{"person": person.String()}, nil)
}
