package template

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"runtime/debug"

	"vestibule/cloud/account"
	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
)

// Job is the work of imports.
const Job = "template.work"

// What work does.
const (
	doPlan  = "plan"
	doApply = "apply"
	doUndo  = "undo"
)

// order is one piece of work, with whom it acts for: what the person may see is asked anew when it runs.
type order struct {
	Import domain.ImportID `json:"import"`
	Site   domain.SiteID   `json:"site"`
	Do     string          `json:"do"`
	For    actor           `json:"for"`
}

type actor struct {
	Account  domain.AccountID `json:"account"`
	Org      domain.OrgID     `json:"org"`
	OrgName  string           `json:"org_name"`
	Role     account.Role     `json:"role"`
	Name     string           `json:"name"`
	HomeOrg  domain.OrgID     `json:"home_org"`
	HomeName string           `json:"home_name"`
	Entry    *account.Entry   `json:"entry,omitempty"`
	Token    domain.TokenID   `json:"token"`
	From     netip.Addr       `json:"from"`
	Gates    account.Gates    `json:"gates"`
	Scopes   []account.Right  `json:"scopes,omitempty"`
}

func actorOf(c account.Caller) actor {
	return actor{
		Account: c.Account, Org: c.Org, OrgName: c.OrgName, Role: c.Role, Name: c.Name, HomeOrg: c.HomeOrg, HomeName: c.HomeName, Entry: c.Entry,
		Token: c.Token, From: c.From, Gates: c.Gates, Scopes: c.Scopes,
	}
}

func (a actor) caller() account.Caller {
	return account.Caller{
		Account: a.Account, Org: a.Org, OrgName: a.OrgName, Role: a.Role, Name: a.Name, HomeOrg: a.HomeOrg, HomeName: a.HomeName, Entry: a.Entry,
		Token: a.Token, From: a.From, Gates: a.Gates, Scopes: a.Scopes,
	}
}

func (s *Service) later(ctx context.Context, i Import, do string) error {
	caller, ok := account.From(ctx)
	if !ok {
		return fault.New(fault.Unauthenticated, "Sign in first.")
	}
	return s.cfg.Queue.Insert(ctx, Job, order{Import: i.ID, Site: i.Site, Do: do, For: actorOf(caller)})
}

// Work does a piece of work of the queue. What goes wrong is kept with the import and tried again by the person, not by the queue.
func (s *Service) Work(ctx context.Context, body []byte) error {
	var o order
	if err := json.Unmarshal(body, &o); err != nil {
		return fmt.Errorf("read %s: %w", Job, err)
	}
	ctx = account.With(ctx, o.For.caller())
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p := &progress{cancel: cancel}
	s.mu.Lock()
	s.running[o.Import] = p
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.running, o.Import)
		s.mu.Unlock()
	}()
	err := s.caught(ctx, o)
	switch {
	case err == nil, errors.Is(err, errNotOurs), s.given(o.Import):
		return nil
	case ctx.Err() != nil:
		return err // the service ends, or this took too long: the queue tries again
	}
	return s.fail(context.WithoutCancel(ctx), o, err)
}

// caught turns a panic into an error, so that an import does not stay in a phase for ever.
func (s *Service) caught(ctx context.Context, o order) (err error) {
	defer func() {
		if r := recover(); r != nil {
			s.cfg.Logger.Error("an import panicked", logkey.Err, fmt.Sprint(r), logkey.Reason, string(debug.Stack()))
			err = fault.New(fault.Internal, "Something of ours broke.")
		}
	}()
	switch o.Do {
	case doPlan:
		return s.plan(ctx, o)
	case doApply:
		return s.apply(ctx, o)
	case doUndo:
		return s.undo(ctx, o)
	}
	return fmt.Errorf("nothing does %q", o.Do)
}

// given tells whether somebody gave the import up while its work ran.
func (s *Service) given(id domain.ImportID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running[id] != nil && s.running[id].given
}

func (s *Service) told(id domain.ImportID, done int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.running[id]; p != nil {
		p.done = done
	}
}

// fail keeps why work did not end well. A plan that was cancelled meanwhile is left alone.
func (s *Service) fail(ctx context.Context, o order, cause error) error {
	s.cfg.Logger.Error("an import failed", logkey.Err, cause)
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		i, err := s.cfg.Store.LockImport(ctx, o.Site, o.Import)
		if fault.CodeOf(err) == fault.NotFound {
			return nil
		}
		if err != nil || phaseOf(i, []Phase{Planning, Applying, Undoing}) != nil {
			return err
		}
		after := Failed
		if i.Phase == Undoing {
			after = Applied
		}
		i.Phase, i.Message = after, fault.Message(cause)
		return s.end(ctx, i, WasStopped)
	})
}

// expect reads an import that work is for.
func (s *Service) expect(ctx context.Context, o order, phase Phase) (Import, Form, []Row, error) {
	i, err := s.cfg.Store.LockImport(ctx, o.Site, o.Import)
	if err != nil {
		return i, Form{}, nil, err
	}
	if i.Phase != phase {
		return i, Form{}, nil, errNotOurs
	}
	form, _ := FormOf(i.Kind)
	rows, _, err := s.cfg.Store.Rows(ctx, o.Site, o.Import, Query{})
	return i, form, rows, err
}

// plan tries the rows and keeps what they would do. Nothing of the site is written.
func (s *Service) plan(ctx context.Context, o order) error {
	var rows []Row
	err := s.cfg.Fleet.Draft(ctx, o.Site, func(ctx context.Context, d *fleet.Draft) error {
		i, form, read, err := s.expect(ctx, o, Planning)
		if err != nil {
			return err
		}
		if err := s.do(ctx, d, i, form, read); err != nil {
			return err
		}
		rows = read
		return fleet.ErrTrial
	})
	if err != nil {
		return err
	}
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		i, err := s.cfg.Store.LockImport(ctx, o.Site, o.Import)
		if err != nil {
			return err
		}
		if i.Phase != Planning {
			return errNotOurs
		}
		if err := s.cfg.Store.PutRows(ctx, o.Site, o.Import, rows); err != nil {
			return err
		}
		i.Phase, i.Counts, i.Revision = Ready, count(rows), i.Revision+1
		return s.cfg.Store.SaveImport(ctx, i)
	})
}

// do lets rows pass the rules.
func (s *Service) do(ctx context.Context, d *fleet.Draft, i Import, form Form, rows []Row) error {
	at, err := formOf(d.Site())
	if err != nil {
		return err
	}
	if at.Kind != form.Kind {
		return fault.New(fault.Conflict, "The site is of another kind now. Upload its own template.")
	}
	r, err := newRun(ctx, d, form, rows, s.cfg.Store.EmailOwners, func(done int) { s.told(i.ID, done) })
	if err != nil {
		return err
	}
	return r.all(ctx, rows)
}

func count(rows []Row) Counts {
	c := Counts{Rows: len(rows)}
	for _, r := range rows {
		switch r.State {
		case Adds:
			c.Add++
		case Changes:
			c.Change++
		case Same:
			c.Same++
		case Wrong:
			c.Error++
		case Left:
			c.LeftOut++
		}
		if len(r.Notes) > 0 && r.State != Left {
			c.Warning++
		}
		for _, change := range r.Changes {
			switch {
			case change.Object == "device":
				c.Devices++
			case change.Object == "apartment" && change.Action == "created":
				c.Homes++
			}
		}
	}
	return c
}

// apply writes the plan as one edit, together with what its undo needs and the new phase: all of it or nothing. When the site changed since and a
// row cannot be done any more, nothing is, and the plan shows it.
func (s *Service) apply(ctx context.Context, o order) error {
	var rows []Row
	refused := false
	err := s.cfg.Fleet.Draft(ctx, o.Site, func(ctx context.Context, d *fleet.Draft) error {
		i, form, read, err := s.expect(ctx, o, Applying)
		if err != nil {
			return err
		}
		if err := s.do(ctx, d, i, form, read); err != nil {
			return err
		}
		rows = read
		if i.Counts = count(rows); i.Counts.Error > 0 {
			refused = true
			return fleet.ErrTrial
		}
		touched, err := d.Touched()
		if err != nil {
			return err
		}
		if err := s.cfg.Store.PutTouched(ctx, o.Site, o.Import, touched); err != nil {
			return err
		}
		i.Phase, i.DoneAt = Applied, s.now()
		return s.end(ctx, i, WasApplied)
	})
	if err != nil || !refused {
		return err
	}
	return s.replanned(ctx, o, rows)
}

// replanned shows the errors that kept a plan from being applied.
func (s *Service) replanned(ctx context.Context, o order, rows []Row) error {
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		i, err := s.cfg.Store.LockImport(ctx, o.Site, o.Import)
		if err != nil || i.Phase != Applying {
			return err
		}
		if err := s.cfg.Store.PutRows(ctx, o.Site, o.Import, rows); err != nil {
			return err
		}
		i.Phase, i.Counts = Ready, count(rows)
		i.Message = "The site changed since this was planned. Nothing was applied; look at the rows with errors."
		return s.end(ctx, i, WasStopped)
	})
}

// undo takes an import back, or says what stands in the way.
func (s *Service) undo(ctx context.Context, o order) error {
	var blocked []string
	err := s.cfg.Fleet.Draft(ctx, o.Site, func(ctx context.Context, d *fleet.Draft) error {
		i, err := s.cfg.Store.LockImport(ctx, o.Site, o.Import)
		if err != nil {
			return err
		}
		if i.Phase != Undoing {
			return errNotOurs
		}
		touched, err := s.cfg.Store.Touched(ctx, o.Site, o.Import)
		if err != nil {
			return err
		}
		if blocked, err = d.Undo(ctx, touched); err != nil {
			return err
		}
		if len(blocked) > 0 {
			return fleet.ErrTrial
		}
		i.Phase, i.BackAt = Undone, s.now()
		return s.end(ctx, i, WasUndone)
	})
	if err != nil || blocked == nil {
		return err
	}
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		i, err := s.cfg.Store.LockImport(ctx, o.Site, o.Import)
		if err != nil {
			return err
		}
		i.Phase, i.Blocked = Applied, blocked[:min(len(blocked), maxBlocked)]
		if more := len(blocked) - maxBlocked; more > 0 {
			i.Blocked = append(i.Blocked, fmt.Sprintf("And %d more.", more))
		}
		return s.end(ctx, i, WasStopped)
	})
}

// maxBlocked bounds the list of what stands in the way.
const maxBlocked = 50

// end keeps an import whose work came to an end, and tells of it once who wanted to hear.
func (s *Service) end(ctx context.Context, i Import, o Outcome) error {
	to := i.Tell
	i.Tell, i.Revision = domain.AccountID{}, i.Revision+1
	if err := s.cfg.Store.SaveImport(ctx, i); err != nil || to.IsZero() || s.cfg.Told == nil {
		return err
	}
	return s.cfg.Told(ctx, to, i, o)
}
