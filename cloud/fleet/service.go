package fleet

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
)

// Desired keeps the document that agents receive.
type Desired interface {
	Bump(ctx context.Context, site domain.SiteID, ops []desired.Op) (version uint64, err error)
	Announce(site domain.SiteID)
	TrustOp() (desired.Op, error)
}

// Page asks for a part of a list: at most Limit items after the cursor After (empty: from the start) or from Offset on, whose search text holds
// Query and that pass every filter of Only. Sort is one of the orders that the list offers (empty: by name); Desc turns it round.
type Page struct {
	Limit  int
	After  string
	Query  string
	Sort   string
	Desc   bool
	Offset int
	Only   map[string]string
}

// List is a part of a list; Next is the cursor of the part that follows, empty at the end. Total counts the whole list, all parts together.
type List[T any] struct {
	Items []T
	Next  string
	Total int
}

// Store is what the job keeps: the nouns, and what makes an edit whole.
type Store interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
	AfterCommit(ctx context.Context, f func())
	audit.Recorder
	Sites
	Groups
	Buildings
	Apartments
	Trees
	CallOrders
	Departments
	Companies
	People
	SIPNumbers
	Devices
	AutoPs
	MACs
	Cameras
	Boards
	Wired
	Dashboards
	Capabilities
	Resets
	Registrations
	Settling
	Trunks
	Keyrings
	AccessGroups
	Reaches
	Followers
	Batches
}

// Config is what New needs; all of it but Residents is required.
type Config struct {
	Store     Store
	Desired   Desired
	Residents Residents // nil: nobody of a site has an account
	Gates     Gates     // nil: no feature is open
	Zones     Zones     // nil: nobody has a zone of its own
	Agents    Agents    // nil: no site has agents to revoke
	// LegacyOffices lets installers make old offices (SITE-38). Scenarios are the application scenarios of commercial sites (SITE-31); nil: the built-in ones.
	LegacyOffices bool
	Scenarios     map[domain.SiteVariant][]string
	PublicURL     string // how people reach the portal, for the codes on monitors
	Later         Later  // nil: what comes after an answer is done before it
	Now           func() time.Time
	Logger        *slog.Logger
}

// Service edits the fleet. Its methods may be called by any goroutine; what the caller of the context may not see does not exist for them.
type Service struct{ cfg Config }

// New makes the service.
func New(cfg Config) *Service {
	cfg.Logger = cfg.Logger.With(logkey.Component, "fleet")
	return &Service{cfg: cfg}
}

func (s *Service) now() time.Time { return s.cfg.Now().UTC().Truncate(time.Millisecond) }

// edit is one edit in the making: what it put into the document and the audit.
type edit struct {
	s    *Service
	site domain.SiteID
	at   time.Time
	ops  []desired.Op
}

// edit runs fn as one edit of a site: the site's row is locked first, so that edits of a site happen one after the other and what fn
// checked still holds when it is written. Row, version and audit commit together; agents hear of it after that.
func (s *Service) edit(ctx context.Context, site domain.SiteID, fn func(ctx context.Context, e *edit) error) error {
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.cfg.Store.LockSite(ctx, site); err != nil {
			return err
		}
		e := &edit{s: s, site: site, at: s.now()}
		if err := fn(ctx, e); err != nil {
			return err
		}
		return s.finish(ctx, e)
	})
}

func (s *Service) finish(ctx context.Context, e *edit) error {
	if len(e.ops) == 0 {
		return nil
	}
	if _, err := s.cfg.Desired.Bump(ctx, e.site, e.ops); err != nil {
		return err
	}
	s.cfg.Store.AfterCommit(ctx, func() { s.cfg.Desired.Announce(e.site) })
	return nil
}

// put adds an entity to the document of the edit.
func (e *edit) put(section desired.Section, key [16]byte, body any) error {
	encoded, err := desired.Encode(told(body, e.at))
	if err != nil {
		return fmt.Errorf("encode for the document: %w", err)
	}
	e.ops = append(e.ops, desired.Op{Section: section, Key: key, Body: encoded})
	return nil
}

// told is what the building hears of an entity: not what is paid until when, but what that leaves to be called (PEOPLE-11, CALL-09).
func told(body any, at time.Time) any {
	switch b := body.(type) {
	case domain.Apartment:
		b.NoLandline = b.Service.LandlineEnded(at.UnixMilli())
		return b
	case domain.Person:
		b.Form.NoApp = b.Form.NoApp || b.Form.Unpaid
		return b
	}
	return body
}

// remove takes an entity out of the document of the edit.
func (e *edit) remove(section desired.Section, key [16]byte) {
	e.ops = append(e.ops, desired.Op{Section: section, Key: key})
}

// record writes the audit entry of one object; nil means absent.
func (e *edit) record(ctx context.Context, action audit.Action, object string, id [16]byte, before, after any) error {
	entry := audit.Entry{Site: e.site, Action: action, Object: object, ObjectID: id, ObjectName: nameOf(before, after), At: e.at}
	var err error
	if entry.Before, err = audit.Snapshot(before); err != nil {
		return err
	}
	if entry.After, err = audit.Snapshot(after); err != nil {
		return err
	}
	return e.s.cfg.Store.Record(ctx, account.Stamp(ctx, entry))
}

// nameOf gives what people call an object, so that its entry still reads when it is gone.
func nameOf(before, after any) string {
	object := after
	if object == nil {
		object = before
	}
	switch o := object.(type) {
	case domain.Site:
		return o.Name
	case goneSite:
		return o.Name
	case domain.Building:
		return o.Name
	case domain.Apartment:
		return o.Number
	case domain.Department:
		return o.Name
	case domain.Company:
		return o.Name
	case domain.Person:
		return strings.TrimSpace(o.FirstName + " " + o.LastName)
	case domain.Device:
		return o.Name
	case domain.Camera:
		return o.Name
	case domain.Board:
		return o.Name
	case domain.NetworkGroup:
		return o.Name
	case domain.Trunk:
		return o.Host
	case domain.AccessGroup:
		return o.Name
	case keyringShown:
		return o.Person
	case addedLines:
		return o.Device
	}
	return ""
}

// faults collects what is wrong with an input: its own form, and what others hold already.
type faults struct{ invalid, taken fault.Fields }

// form adds the faults of Validate.
func (f *faults) form(err error) {
	for _, field := range fault.FieldsOf(err) {
		f.invalid.Add(field.Path, "%s", field.Msg)
	}
}

// Err is Invalid with every fault; Conflict when the form is right and only something taken is wrong.
func (f *faults) Err() error {
	invalid, taken := f.invalid.Err(), f.taken.Err()
	if invalid == nil && taken == nil {
		return nil
	}
	fields := append(fault.FieldsOf(invalid), fault.FieldsOf(taken)...)
	if invalid == nil {
		return &fault.Error{Code: fault.Conflict, Msg: fields[0].Msg, Fields: fields}
	}
	return &fault.Error{Code: fault.Invalid, Msg: "Some fields need another value.", Fields: fields}
}

// exists tells whether a look-up found something; NotFound is false, any other error stays one.
func exists(err error) (bool, error) {
	if fault.CodeOf(err) == fault.NotFound {
		return false, nil
	}
	return err == nil, err
}
