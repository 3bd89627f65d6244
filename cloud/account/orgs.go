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
	"vestibule/shared/secret"
)

// MaxOrgName is the most characters of an organisation's name.
const MaxOrgName = 128

// OrgCard is what those above see of an organisation that they handed out: who it is, its gates and how much it holds, never what its sites
// hold.
type OrgCard struct {
	Org
	Parent Org
	Owner  Owner
	Sites  int
	Leave  *OrgLeave // leave of the caller's organisation to enter; nil while there is none
}

// Owner is the first account of an organisation, the one that was handed out.
type Owner struct {
	ID        domain.AccountID
	Name      string
	Email     string
	Username  string
	Activated bool
}

// OrgLeave is leave to enter an organisation that runs now.
type OrgLeave struct {
	Writes    bool
	ExpiresAt time.Time
}

// OrgQuery asks for a part of the organisations handed out; Kind empty is every kind.
type OrgQuery struct {
	Kind  OrgKind
	Query string
	After string
	Limit int
	Now   time.Time // at which leave must run to be shown
}

// Orgs keeps the tree of organisations. What is handed out is decided by the caller of the context: everything below an operator, the
// installers of a distributor; the rest is NotFound.
type Orgs interface {
	audit.Recorder
	Org(ctx context.Context, id domain.OrgID) (Org, error) // whoever asks: for the service itself
	HandedOut(ctx context.Context, q OrgQuery) (cards []OrgCard, next string, err error)
	HandedOutOrg(ctx context.Context, id domain.OrgID, now time.Time) (OrgCard, error)
	ChangeOrg(ctx context.Context, seen uint64, org Org, at time.Time) error // name and gates, when its revision is still seen
	DropOrg(ctx context.Context, id domain.OrgID, at time.Time) error        // with its accounts and all that they signed in with
	OrgHolds(ctx context.Context, id domain.OrgID) (sites, children int, err error)
}

// LeaveEnder ends leave to enter an organisation, at once and seen by who is inside. Config.Consent may be one.
type LeaveEnder interface {
	EndFor(ctx context.Context, org domain.OrgID) error // what its owner allowed
	EndAll(ctx context.Context, org domain.OrgID) error // an emergency too
}

// Orgs lists what the caller's organisation handed out.
func (s *Service) Orgs(ctx context.Context, q OrgQuery) (cards []OrgCard, next string, err error) {
	q.Now = s.now()
	return s.cfg.Store.HandedOut(ctx, q)
}

// OrgCard gives one organisation that the caller's handed out.
func (s *Service) OrgCard(ctx context.Context, id domain.OrgID) (OrgCard, error) {
	return s.cfg.Store.HandedOutOrg(ctx, id, s.now())
}

// OwnOrg gives the organisation that the caller acts in.
func (s *Service) OwnOrg(ctx context.Context) (Org, error) {
	caller, ok := From(ctx)
	if !ok {
		return Org{}, errSignInFirst
	}
	return s.cfg.Store.Org(ctx, caller.Org)
}

// OrgForm is what a new organisation is made of, with its first account (ACC-02). Kind empty is what the caller hands out. Parent is needed
// when an operator makes an installer.
type OrgForm struct {
	Name    string
	Kind    OrgKind
	Parent  domain.OrgID
	Account OwnerForm
	Gates   GateChange
}

// OwnerForm is the first account of a new organisation; without an e-mail address it signs in by its user name (ACC-04 asks for one then).
type OwnerForm struct {
	Name     string
	Email    string
	Username string
	Language string
}

func (f OrgForm) check(faults *fault.Fields) {
	checkName(faults, "name", f.Name, MaxOrgName)
	checkName(faults, "account.name", f.Account.Name, domain.MaxPersonName)
	switch {
	case f.Account.Email != "":
		domain.CheckEmail(faults, "account.email", f.Account.Email)
	default:
		faults.Check(f.Account.Username != "", "account.email", "An e-mail address, or a user name below.")
	}
	if f.Account.Username != "" {
		CheckUsername(faults, "account.username", f.Account.Username)
	}
	faults.Check(f.Account.Language == "" || slices.Contains(mail.Languages(), f.Account.Language), "account.language", "One of the languages of mails.")
}

// AddOrg hands out an organisation with its first account. link is zero when the activation link went by mail.
func (s *Service) AddOrg(ctx context.Context, form OrgForm) (card OrgCard, link secret.String, err error) {
	caller, ok := From(ctx)
	if !ok {
		return card, link, errSignInFirst
	}
	err = s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		parent, role, err := s.place(ctx, caller, &form)
		if err != nil {
			return err
		}
		at := s.now()
		org := Org{ID: domain.NewID[domain.OrgID](at), ParentID: parent.ID, Kind: form.Kind, Name: form.Name, CreatedAt: at, Revision: 1}
		var faults fault.Fields
		form.check(&faults)
		org.Gates = form.Gates.apply(&faults, "gates.", caller, org, s.cfg.Region)
		if err := faults.Err(); err != nil {
			return err
		}
		if err := s.free(ctx, Account{Email: form.Account.Email, Username: form.Account.Username}, "account."); err != nil {
			return err
		}
		if err := s.cfg.Store.SaveOrg(ctx, org); err != nil {
			return err
		}
		if err := s.recordOrg(ctx, audit.Created, nil, &org); err != nil {
			return err
		}
		link, err = s.Invite(ctx, Account{
			ID: domain.NewID[domain.AccountID](at), Org: org, Email: form.Account.Email, Username: form.Account.Username, Name: form.Account.Name,
			Language: form.Account.Language, Role: role, Notify: true, CreatedAt: at,
		})
		if err != nil {
			return below(err, "account.")
		}
		card, err = s.cfg.Store.HandedOutOrg(ctx, org.ID, at)
		return err
	})
	return card, link, err
}

// place decides where a new organisation stands in the tree and what its first account is.
func (s *Service) place(ctx context.Context, caller Caller, form *OrgForm) (parent Org, role Role, err error) {
	if parent, err = s.cfg.Store.Org(ctx, caller.Org); err != nil {
		return parent, "", err
	}
	if form.Kind == "" && parent.Kind == OrgOperator {
		form.Kind = OrgDistributor
	} else if form.Kind == "" {
		form.Kind = OrgInstaller
	}
	var faults fault.Fields
	switch {
	case form.Kind == OrgDistributor:
		faults.Check(parent.Kind == OrgOperator, "kind", "Only the operator makes distributors.")
		role = RoleDistributor
	case form.Kind != OrgInstaller:
		faults.Add("kind", "distributor or installer.")
	case parent.Kind == OrgOperator:
		role = RoleInstaller
		card, err := s.cfg.Store.HandedOutOrg(ctx, form.Parent, s.now())
		if err != nil && fault.CodeOf(err) != fault.NotFound {
			return parent, role, err
		}
		faults.Check(err == nil && card.Kind == OrgDistributor, "parent_id", "The distributor that the installer belongs to.")
		return card.Org, role, faults.Err()
	default:
		role = RoleInstaller
	}
	faults.Check(form.Parent.IsZero() || form.Parent == parent.ID, "parent_id", "You hand out organisations of your own only.")
	return parent, role, faults.Err()
}

// NewLink sends the first account of an organisation what it needs to choose a password; link is zero when it went by mail.
func (s *Service) NewLink(ctx context.Context, id domain.OrgID) (link secret.String, err error) {
	card, err := s.cfg.Store.HandedOutOrg(ctx, id, s.now())
	if err != nil {
		return link, err
	}
	return s.SendLink(ctx, card.Owner.ID)
}

// RenameOrg changes the name of an organisation that the caller handed out.
func (s *Service) RenameOrg(ctx context.Context, id domain.OrgID, name string) (OrgCard, error) {
	return s.changeOrg(ctx, id, func(faults *fault.Fields, _ Caller, org *Org) {
		checkName(faults, "name", name, MaxOrgName)
		org.Name = name
	})
}

// SetGates sets the gates of an organisation (ACC-21, ACC-22, ACC-23). Account access off ends the leave that runs; second factor on ends the
// sessions that showed none.
func (s *Service) SetGates(ctx context.Context, id domain.OrgID, change GateChange) (OrgCard, error) {
	return s.changeOrg(ctx, id, func(faults *fault.Fields, caller Caller, org *Org) {
		org.Gates = change.apply(faults, "", caller, *org, s.cfg.Region)
	})
}

// handedOut does something to an organisation that the caller handed out, as long as it is the one that the caller has seen.
func (s *Service) handedOut(ctx context.Context, id domain.OrgID, do func(ctx context.Context, before OrgCard, at time.Time) error) error {
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		at := s.now()
		before, err := s.cfg.Store.HandedOutOrg(ctx, id, at)
		if err != nil {
			return err
		}
		if _, err := Revise(ctx, before.Revision); err != nil {
			return err
		}
		return do(ctx, before, at)
	})
}

func (s *Service) changeOrg(ctx context.Context, id domain.OrgID, change func(faults *fault.Fields, caller Caller, org *Org)) (card OrgCard, err error) {
	caller, ok := From(ctx)
	if !ok {
		return card, errSignInFirst
	}
	err = s.handedOut(ctx, id, func(ctx context.Context, before OrgCard, at time.Time) error {
		var faults fault.Fields
		after := before.Org
		change(&faults, caller, &after)
		if err := faults.Err(); err != nil {
			return err
		}
		if err := s.cfg.Store.ChangeOrg(ctx, before.Revision, after, at); err != nil {
			return err
		}
		if before.Gates.AccountAccess && !after.Gates.AccountAccess {
			if err := s.endLeave(ctx, id, LeaveEnder.EndFor); err != nil {
				return err
			}
		}
		if !before.Gates.TwoFactor && after.Gates.TwoFactor {
			if err := s.cfg.Store.DeleteWeakSessions(ctx, id); err != nil {
				return err
			}
		}
		if err := s.recordOrg(ctx, audit.Changed, &before.Org, &after); err != nil {
			return err
		}
		card, err = s.cfg.Store.HandedOutOrg(ctx, id, at)
		return err
	})
	return card, err
}

func (s *Service) endLeave(ctx context.Context, org domain.OrgID, end func(LeaveEnder, context.Context, domain.OrgID) error) error {
	ender, ok := s.cfg.Consent.(LeaveEnder)
	if !ok {
		return nil
	}
	if err := end(ender, ctx, org); err != nil {
		return fmt.Errorf("end leave: %w", err)
	}
	return nil
}

// DeleteOrg takes back an organisation: Conflict while it has sites or organisations below it. Its accounts end with all their sessions,
// tokens and links, and so does leave to enter it.
func (s *Service) DeleteOrg(ctx context.Context, id domain.OrgID) error {
	return s.handedOut(ctx, id, func(ctx context.Context, before OrgCard, at time.Time) error {
		sites, children, err := s.cfg.Store.OrgHolds(ctx, id)
		if err != nil {
			return err
		}
		if sites+children > 0 {
			return fault.New(fault.Conflict, "It still has %s. All of it must go first.",
				fault.Count(fault.Of{N: sites, One: "site", Many: "sites"}, fault.Of{N: children, One: "installer", Many: "installers"}))
		}
		if err := s.endLeave(ctx, id, LeaveEnder.EndAll); err != nil {
			return err
		}
		if err := s.cfg.Store.DropOrg(ctx, id, at); err != nil {
			return err
		}
		return s.recordOrg(ctx, audit.Deleted, &before.Org, nil)
	})
}

// orgSnapshot is what the audit keeps of an organisation.
type orgSnapshot struct {
	Name  string  `json:"name"`
	Kind  OrgKind `json:"kind"`
	Gates Gates   `json:"gates"`
}

func (s *Service) recordOrg(ctx context.Context, action audit.Action, before, after *Org) error {
	e := audit.Entry{Action: action, Object: "organisation", At: s.now()}
	for _, side := range []struct {
		org  *Org
		into *[]byte
	}{{before, (*[]byte)(&e.Before)}, {after, (*[]byte)(&e.After)}} {
		if side.org == nil {
			continue
		}
		e.Org, e.ObjectID, e.ObjectName = side.org.ID, side.org.ID, side.org.Name
		raw, err := audit.Snapshot(orgSnapshot{Name: side.org.Name, Kind: side.org.Kind, Gates: side.org.Gates})
		if err != nil {
			return err
		}
		*side.into = raw
	}
	return s.cfg.Store.Record(ctx, Stamp(ctx, e))
}

// below puts the faults of an inner form under its name in the outer one.
func below(err error, prefix string) error {
	fields := fault.FieldsOf(err)
	if len(fields) == 0 {
		return err
	}
	moved := make([]fault.Field, len(fields))
	for i, f := range fields {
		moved[i] = fault.Field{Path: prefix + f.Path, Msg: f.Msg}
	}
	return &fault.Error{Code: fault.CodeOf(err), Msg: fault.Message(err), Fields: moved, Err: err}
}
