package consent

import (
	"context"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/cloud/mail"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
)

// Bounds of an emergency.
const (
	fewestReason, mostReason   = 10, 500 // characters
	fewestMinutes, mostMinutes = 5, 60
	freshFor                   = 15 * time.Minute // how old the sign-in may be
	refusedEvery               = time.Minute      // refusals of one account are recorded this often
	refusedMost                = 1000             // accounts whose last refusal is remembered
)

// Enter puts the session of the caller into an organisation that lets the caller's in (ACC-12). Without leave it is Forbidden, and recorded.
func (s *Service) Enter(ctx context.Context, id domain.OrgID) error {
	caller, _ := account.From(ctx)
	now := s.now()
	card, err := s.cfg.Store.HandedOutOrg(ctx, id, now)
	if err != nil {
		return err
	}
	if err := inPerson(caller); err != nil {
		return err
	}
	refusal := fault.New(fault.Forbidden, "%s has not let you in.", card.Name)
	err = s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		org, err := s.cfg.Store.LockOrg(ctx, id)
		if err != nil {
			return err
		}
		g, err := s.cfg.Store.RunningGrant(ctx, id, now)
		if fault.CodeOf(err) == fault.NotFound {
			return refusal
		}
		if err != nil {
			return err
		}
		if g.To != caller.HomeOrg || g.Kind != account.Consent || !offered(org) {
			return refusal
		}
		return s.goIn(ctx, caller, org, g)
	})
	if fault.CodeOf(err) == fault.Forbidden {
		return s.refuse(ctx, card.Org, err)
	}
	return err
}

// inPerson wants a person with a session who is in no other organisation yet.
func inPerson(caller account.Caller) error {
	if caller.Session.IsZero() {
		return fault.New(fault.Forbidden, "Only a person who is signed in may enter.")
	}
	if caller.Entry != nil {
		return fault.New(fault.Conflict, "Leave %s first.", caller.OrgName)
	}
	return nil
}

// goIn writes the visit down, puts the session in and tells the owner.
func (s *Service) goIn(ctx context.Context, caller account.Caller, org account.Org, g Grant) error {
	now := s.now()
	v := Visit{ID: domain.NewID[VisitID](now), Grant: g.ID, Session: caller.Session, Account: caller.Account, At: now}
	first, err := s.cfg.Store.AddVisit(ctx, v)
	if err != nil {
		return err
	}
	if err := s.cfg.Store.SetSessionGrant(ctx, caller.Session, g.ID); err != nil {
		return err
	}
	if err := s.recordVisit(ctx, audit.Entered, org, g, now); err != nil {
		return err
	}
	if first {
		if err := s.tellEntered(ctx, caller, org, g); err != nil {
			return err
		}
	}
	s.cfg.Logger.InfoContext(ctx, "entered with leave", logkey.Account, caller.Account.String(), logkey.Org, org.ID.String(), logkey.Kind, string(g.Kind))
	return s.announce(ctx, g)
}

func (s *Service) recordVisit(ctx context.Context, action audit.Action, org account.Org, g Grant, at time.Time) error {
	e := account.Stamp(ctx, audit.Entry{Org: org.ID, Action: action, Object: "organisation", ObjectID: org.ID, ObjectName: org.Name, Reason: g.Reason, At: at})
	e.Behalf, e.Grant = org.Name, g.ID
	return s.cfg.Store.Record(ctx, e)
}

// tellEntered mails and tells the owners that somebody is inside. In an emergency the mail goes whatever the owner chose to be mailed.
func (s *Service) tellEntered(ctx context.Context, caller account.Caller, org account.Org, g Grant) error {
	owners, err := s.cfg.Store.OwnersOf(ctx, org.ID)
	if err != nil {
		return err
	}
	letter := mail.Letter{Kind: mail.Entered, Org: org.ID, Values: map[string]string{
		"actor": caller.Name, "organisation": caller.HomeName, "until": g.ExpiresAt.Format(time.RFC3339), "writes": strconv.FormatBool(g.Writes),
	}}
	kind := "entered"
	if g.Kind == account.Emergency {
		letter.Kind, kind = mail.BrokeGlass, "broke_glass"
		letter.Values["reason"] = g.Reason
	}
	for _, o := range owners {
		told := map[string]string{"actor": caller.Name, "organisation": caller.HomeName, "until": g.ExpiresAt.Format(time.RFC3339)}
		if g.Reason != "" {
			told["reason"] = g.Reason
		}
		if err := s.cfg.Notices.Tell(ctx, o.ID, kind, told); err != nil {
			return err
		}
		if o.Email == "" || kind == "entered" && !o.Notify {
			continue
		}
		letter.To, letter.Language, letter.Account = o.Email, o.Language, o.ID
		if err := s.cfg.Mail.Post(ctx, letter); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) tellOwners(ctx context.Context, org domain.OrgID, kind string, values map[string]string) error {
	owners, err := s.cfg.Store.OwnersOf(ctx, org)
	if err != nil {
		return err
	}
	for _, o := range owners {
		if err := s.cfg.Notices.Tell(ctx, o.ID, kind, values); err != nil {
			return err
		}
	}
	return nil
}

// refuse records a refused entry in the organisation that was knocked at, at most once a minute for one account (BEY-19).
func (s *Service) refuse(ctx context.Context, org account.Org, refusal error) error {
	caller, _ := account.From(ctx)
	now := s.now()
	s.mu.Lock()
	last, seen := s.refused[caller.Account]
	record := !seen || now.Sub(last) >= refusedEvery
	if record {
		if len(s.refused) >= refusedMost {
			clear(s.refused)
		}
		s.refused[caller.Account] = now
	}
	s.mu.Unlock()
	if !record {
		return refusal
	}
	s.cfg.Logger.WarnContext(ctx, "entry without leave refused", logkey.Account, caller.Account.String(), logkey.Org, org.ID.String())
	e := audit.Entry{Org: org.ID, Action: audit.Refused, Object: "organisation", ObjectID: org.ID, ObjectName: org.Name, At: now}
	if err := s.cfg.Store.Record(ctx, account.Stamp(ctx, e)); err != nil {
		return err
	}
	return refusal
}

// Emergency is the form of break-glass.
type Emergency struct {
	Reason  string
	Minutes int
	Writes  bool
}

func (e Emergency) check() error {
	var f fault.Fields
	n := utf8.RuneCountInString(e.Reason)
	f.Check(n >= fewestReason && n <= mostReason, "reason", "Say why in %d to %d characters; the owner reads it.", fewestReason, mostReason)
	odd := func(r rune) bool { return !unicode.IsPrint(r) && r != '\n' }
	f.Check(utf8.ValidString(e.Reason) && !strings.ContainsFunc(e.Reason, odd), "reason", "Only printable characters.")
	f.Check(e.Minutes >= fewestMinutes && e.Minutes <= mostMinutes, "minutes", "Between %d and %d minutes.", fewestMinutes, mostMinutes)
	return f.Err()
}

// BreakGlass takes leave without the owner's consent: for a reason, for minutes, by an operator who signed in just now. The owners are told
// by mail and live, and may end it (BEY-19).
func (s *Service) BreakGlass(ctx context.Context, who account.Access, id domain.OrgID, e Emergency) error {
	e.Reason = strings.TrimSpace(e.Reason)
	if err := e.check(); err != nil {
		return err
	}
	caller, now := who.Caller, s.now()
	if err := inPerson(caller); err != nil {
		return err
	}
	card, err := s.cfg.Store.HandedOutOrg(ctx, id, now)
	if err != nil {
		return err
	}
	if now.Sub(who.Session.CreatedAt) > freshFor && now.Sub(who.Session.FactorAt) > freshFor {
		return s.refuse(ctx, card.Org, fault.New(fault.Forbidden, "Sign in again first: an emergency needs a sign-in of the last 15 minutes."))
	}
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		org, err := s.cfg.Store.LockOrg(ctx, id)
		if err != nil {
			return err
		}
		g := Grant{
			ID: domain.NewID[domain.GrantID](now), Org: id, To: caller.HomeOrg, Kind: account.Emergency, Writes: e.Writes, Reason: e.Reason,
			GivenBy: caller.Account, CreatedAt: now, ExpiresAt: now.Add(time.Duration(e.Minutes) * time.Minute),
		}
		if err := s.begin(ctx, org, &g); err != nil {
			return err
		}
		return s.goIn(ctx, caller, org, g)
	})
}

// Leave puts the session of the caller back home; an emergency ends with it. Who is at home already stays there.
func (s *Service) Leave(ctx context.Context) error {
	caller, _ := account.From(ctx)
	if caller.Entry == nil || caller.Session.IsZero() {
		return nil
	}
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		now := s.now()
		org, err := s.cfg.Store.LockOrg(ctx, caller.Org)
		if err != nil {
			return err
		}
		g, err := s.cfg.Store.Grant(ctx, caller.Entry.Grant)
		if err != nil {
			return err
		}
		if err := s.announce(ctx, g); err != nil {
			return err
		}
		if err := s.recordVisit(ctx, audit.Left, org, g, now); err != nil {
			return err
		}
		if g.Kind == account.Emergency {
			if err := s.finish(ctx, g, now, caller.Account); err != nil {
				return err
			}
		}
		if err := s.cfg.Store.EndVisits(ctx, caller.Session, now); err != nil {
			return err
		}
		return s.cfg.Store.SetSessionGrant(ctx, caller.Session, domain.GrantID{})
	})
}
