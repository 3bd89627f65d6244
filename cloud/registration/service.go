package registration

import (
	"context"
	"log/slog"
	"net/netip"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/guard"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
	"vestibule/shared/secret"
)

// Home is what a code opens.
type Home struct {
	Site      domain.SiteID
	Apartment domain.ApartmentID
	SiteName  string
	Number    string
	Name      string // of the apartment
	Building  string
}

// Store finds the homes of codes. NotFound is one answer for codes that never were, are used or replaced, and for sites that take nobody.
type Store interface {
	FindRegistration(ctx context.Context, hash []byte) (Home, error)
}

// Homes lets a resident move into the account of a home: it uses the code up, names the family master and tells the building, all in one
// transaction with what then does. NotFound when somebody was faster.
type Homes interface {
	Register(ctx context.Context, home Home, hash []byte, who Resident, then func(ctx context.Context, person domain.Person) error) error
}

// Accounts makes accounts.
type Accounts interface {
	// Register makes the account of the person whom claim gives, in one transaction with it, and signs it in. Taken addresses are Conflict at "email".
	Register(ctx context.Context, c account.Client, form account.Registrant, claim func(ctx context.Context, then func(ctx context.Context, p domain.Person) error) error) (account.Signed, error)
}

// Resident is what a new tenant says of itself.
type Resident struct{ FirstName, LastName, Email, Language string }

// Config is what New needs; everything is required.
type Config struct {
	Store    Store
	Homes    Homes
	Accounts Accounts
	Now      func() time.Time
	Logger   *slog.Logger
}

// Service takes codes. Its methods may be called by any goroutine.
type Service struct {
	Config
	wrong *guard.Guard // wrong codes, and addresses that are taken, from one place
}

// New makes the service.
func New(cfg Config) *Service {
	cfg.Logger = cfg.Logger.With(logkey.Component, "registration")
	return &Service{Config: cfg, wrong: guard.New(30, 15*time.Minute, 15*time.Minute)}
}

// errCode is the one answer to every code that opens nothing.
var errCode = fault.New(fault.Expired, "This code is used, replaced or not of this service. Scan the code that the monitor shows now, or ask your installer.")

// Check tells which home a code is for, without using it up.
func (s *Service) Check(ctx context.Context, from netip.Addr, token secret.String) (Home, error) {
	if wait := s.wrong.Wait(s.Now(), guard.Place(from)); wait > 0 {
		return Home{}, guard.Locked(wait, "Too many wrong codes from here. Try again %s.", guard.In(wait))
	}
	home, err := s.Store.FindRegistration(ctx, HashOf(token))
	return home, s.judged(err, from)
}

// judged counts a code that opens nothing and gives the one answer to it.
func (s *Service) judged(err error, from netip.Addr) error {
	switch fault.CodeOf(err) {
	case fault.NotFound, fault.Expired:
		s.Logger.Warn("a wrong code of registration", logkey.Addr, from.String())
		s.wrong.Count(s.Now(), guard.Place(from))
		return errCode
	case fault.Conflict: // asking for addresses costs as much as asking for codes
		s.wrong.Count(s.Now(), guard.Place(from))
	}
	return err
}

// Register makes the account of a home's family master with its code, names the person, and signs it in. A form with faults leaves the code
// usable.
func (s *Service) Register(ctx context.Context, c account.Client, token, password secret.String, who Resident) (account.Signed, error) {
	form := account.Registrant{Email: who.Email, Language: who.Language, Password: password}
	var f fault.Fields
	domain.CheckName(&f, "first_name", who.FirstName, domain.MaxPersonName)
	if who.LastName != "" {
		domain.CheckName(&f, "last_name", who.LastName, domain.MaxPersonName)
	}
	form.Check(&f)
	if err := f.Err(); err != nil {
		return account.Signed{}, err
	}
	home, err := s.Check(ctx, c.From, token)
	if err != nil {
		return account.Signed{}, err
	}
	signed, err := s.Accounts.Register(ctx, c, form, func(ctx context.Context, then func(context.Context, domain.Person) error) error {
		return s.Homes.Register(account.AsSystem(ctx, "Registration"), home, HashOf(token), who, then)
	})
	return signed, s.judged(err, c.From)
}
