package consent

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
)

// Config is what the service stands on; all of it is required.
type Config struct {
	Store   Store
	Mail    Mailer
	Notices Notices
	Live    Live
	Now     func() time.Time
	Logger  *slog.Logger
}

// Service gives, uses and ends leave. Its methods may be called by any goroutine.
type Service struct {
	cfg     Config
	changed chan struct{} // a grant began or ended: the next end may be another
	mu      sync.Mutex
	refused map[domain.AccountID]time.Time // when a refusal was recorded last
}

// New makes the service; grants end by themselves while Run runs, and hold nothing after their time in any case.
func New(cfg Config) *Service {
	cfg.Logger = cfg.Logger.With(logkey.Component, "consent")
	return &Service{cfg: cfg, changed: make(chan struct{}, 1), refused: map[domain.AccountID]time.Time{}}
}

func (s *Service) now() time.Time { return s.cfg.Now().UTC().Truncate(time.Millisecond) }

// Hours are the lengths of leave that an owner may choose (ACC-11).
func Hours() []int { return []int{1, 8, 24, 72} }

// past is how many ended grants an owner is shown.
const past = 20

// Active tells whether leave still holds. NotFound when it ended; the organisation is told even then.
func (s *Service) Active(ctx context.Context, id domain.GrantID, now time.Time) (account.Leave, error) {
	over := fault.New(fault.NotFound, "This leave has ended.")
	g, err := s.cfg.Store.Grant(ctx, id)
	if err != nil {
		return account.Leave{}, err
	}
	org, err := s.cfg.Store.Org(ctx, g.Org)
	if err != nil {
		return account.Leave{}, err
	}
	leave := account.Leave{Grant: g.ID, Kind: g.Kind, Writes: g.Writes, ExpiresAt: g.ExpiresAt, Org: org}
	if !g.EndedAt.IsZero() || !now.Before(g.ExpiresAt) {
		return leave, over
	}
	if g.Kind == account.Consent && !org.Gates.AccountAccess {
		return leave, over
	}
	return leave, nil
}

// offered tells whether the owner of an organisation may let the one above in (ACC-11).
func offered(org account.Org) bool {
	return org.Gates.AccountAccess && !org.ParentID.IsZero() && !org.Own
}

// Status tells the owner who may be inside, and who is.
func (s *Service) Status(ctx context.Context) (Status, error) {
	caller, _ := account.From(ctx)
	now := s.now()
	org, err := s.cfg.Store.Org(ctx, caller.Org)
	if err != nil {
		return Status{}, err
	}
	out := Status{Offered: offered(org)}
	if out.Past, err = s.cfg.Store.PastGrants(ctx, org.ID, now, past); err != nil {
		return Status{}, err
	}
	g, err := s.cfg.Store.RunningGrant(ctx, org.ID, now)
	if fault.CodeOf(err) == fault.NotFound {
		return out, nil
	}
	if err != nil {
		return Status{}, err
	}
	out.Grant = &g
	out.Inside, err = s.cfg.Store.Guests(ctx, g.ID, now)
	return out, err
}

// Give lets the organisation above in for some hours, to look or also to change things. It replaces what ran before.
func (s *Service) Give(ctx context.Context, hours int, writes bool) error {
	caller, _ := account.From(ctx)
	var f fault.Fields
	f.Check(hours == 1 || hours == 8 || hours == 24 || hours == 72, "hours", "Choose 1, 8, 24 or 72 hours.")
	if err := f.Err(); err != nil {
		return err
	}
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		org, err := s.cfg.Store.LockOrg(ctx, caller.Org)
		if err != nil {
			return err
		}
		if !offered(org) {
			return fault.New(fault.Forbidden, "Whoever made your account has not switched account access on.")
		}
		now := s.now()
		g := Grant{
			ID: domain.NewID[domain.GrantID](now), Org: org.ID, To: org.ParentID, Kind: account.Consent, Writes: writes, GivenBy: caller.Account,
			CreatedAt: now, ExpiresAt: now.Add(time.Duration(hours) * time.Hour),
		}
		if err := s.begin(ctx, org, &g); err != nil {
			return err
		}
		return s.tellOwners(ctx, g.To, "consent_given", map[string]string{"organisation": org.Name, "until": g.ExpiresAt.Format(time.RFC3339)})
	})
}

// begin replaces what ran before by g, records it and tells everybody concerned after the commit.
func (s *Service) begin(ctx context.Context, org account.Org, g *Grant) error {
	if err := s.endRunning(ctx, org, g.GivenBy, func(Grant) bool { return true }); err != nil {
		return err
	}
	to, err := s.cfg.Store.Org(ctx, g.To)
	if err != nil {
		return err
	}
	g.ToName = to.Name
	if err := s.cfg.Store.AddGrant(ctx, *g); err != nil {
		return err
	}
	if err := s.record(ctx, audit.Granted, *g, g.CreatedAt); err != nil {
		return err
	}
	s.cfg.Logger.InfoContext(ctx, "leave to enter begins", logkey.Org, g.Org.String(), logkey.Kind, string(g.Kind))
	return s.announce(ctx, *g)
}

// End takes leave back at once; it is no error when none runs (ACC-11).
func (s *Service) End(ctx context.Context) error {
	caller, _ := account.From(ctx)
	return s.end(ctx, caller.Org, caller.Account, func(Grant) bool { return true })
}

// EndFor ends what the owner allowed when the gate for it goes off, in the transaction of ctx.
func (s *Service) EndFor(ctx context.Context, org domain.OrgID) error {
	caller, _ := account.From(ctx)
	return s.end(ctx, org, caller.Account, func(g Grant) bool { return g.Kind == account.Consent })
}

// EndAll ends what runs, an emergency too, for an organisation that goes away, in the transaction of ctx.
func (s *Service) EndAll(ctx context.Context, org domain.OrgID) error {
	caller, _ := account.From(ctx)
	return s.end(ctx, org, caller.Account, func(Grant) bool { return true })
}

func (s *Service) end(ctx context.Context, id domain.OrgID, by domain.AccountID, which func(Grant) bool) error {
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		org, err := s.cfg.Store.LockOrg(ctx, id)
		if err != nil {
			return err
		}
		return s.endRunning(ctx, org, by, which)
	})
}

func (s *Service) endRunning(ctx context.Context, org account.Org, by domain.AccountID, which func(Grant) bool) error {
	now := s.now()
	g, err := s.cfg.Store.RunningGrant(ctx, org.ID, now)
	if fault.CodeOf(err) == fault.NotFound || err == nil && !which(g) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.finish(ctx, g, now, by)
}

// finish ends one grant: sessions inside fall back home with their next request, their streams close at once.
func (s *Service) finish(ctx context.Context, g Grant, at time.Time, by domain.AccountID) error {
	if err := s.announce(ctx, g); err != nil { // before the visits end: who is inside must hear it
		return err
	}
	done, err := s.cfg.Store.EndGrant(ctx, g.ID, at, by)
	if err != nil || !done {
		return err
	}
	s.cfg.Logger.InfoContext(ctx, "leave to enter ends", logkey.Org, g.Org.String(), logkey.Kind, string(g.Kind))
	return s.record(ctx, audit.Ended, g, at)
}

// announce tells the streams of the owners, of those above and of who is inside, once the transaction is committed.
func (s *Service) announce(ctx context.Context, g Grant) error {
	tell := map[domain.AccountID]bool{}
	for _, org := range []domain.OrgID{g.Org, g.To} {
		owners, err := s.cfg.Store.OwnersOf(ctx, org)
		if err != nil {
			return err
		}
		for _, o := range owners {
			tell[o.ID] = true
		}
	}
	guests, err := s.cfg.Store.Guests(ctx, g.ID, s.now())
	if err != nil {
		return err
	}
	for _, guest := range guests {
		tell[guest.Account] = true
	}
	s.cfg.Store.AfterCommit(ctx, func() {
		for id := range tell {
			s.cfg.Live.PublishAccount(id, Changed, map[string]string{"org": g.Org.String()})
		}
		select {
		case s.changed <- struct{}{}:
		default:
		}
	})
	return nil
}

// grantSnapshot is what the audit keeps of leave.
type grantSnapshot struct {
	Kind      account.GrantKind `json:"kind"`
	To        string            `json:"to"`
	Writes    bool              `json:"writes"`
	ExpiresAt time.Time         `json:"expires_at"`
}

func (s *Service) record(ctx context.Context, action audit.Action, g Grant, at time.Time) error {
	shot, err := json.Marshal(grantSnapshot{Kind: g.Kind, To: g.ToName, Writes: g.Writes, ExpiresAt: g.ExpiresAt})
	if err != nil {
		return fmt.Errorf("write leave down: %w", err)
	}
	e := audit.Entry{Org: g.Org, Action: action, Object: "grant", ObjectID: g.ID, ObjectName: g.ToName, Reason: g.Reason, At: at}
	if action == audit.Granted {
		e.After = shot
	} else {
		e.Before = shot
	}
	return s.cfg.Store.Record(ctx, account.Stamp(ctx, e))
}
