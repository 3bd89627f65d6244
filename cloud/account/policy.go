package account

import (
	"context"
	_ "embed"
	"strings"
	"time"
	"unicode/utf8"

	"vestibule/cloud/audit"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// Policy is one version of the privacy policy: paragraphs, lines that begin with # are headings, lines that begin with - are items.
type Policy struct {
	Version     int
	Body        string
	PublishedBy domain.AccountID // zero: came with the service
	PublishedAt time.Time
}

// Agreement is somebody's answer to a version of the policy (ACC-07).
type Agreement struct {
	Account domain.AccountID
	Version int
	Agreed  bool
	Address string // where the answer came from
	At      time.Time
}

// PolicyStore keeps the policy and the answers to it.
type PolicyStore interface {
	PolicyVersion(ctx context.Context) (int, error)    // zero when there is none
	CurrentPolicy(ctx context.Context) (Policy, error) // NotFound when there is none
	AddPolicy(ctx context.Context, p Policy) error     // Conflict when the version is there
	SaveAgreement(ctx context.Context, a Agreement) error
	Agreements(ctx context.Context, id domain.AccountID) ([]Agreement, error) // oldest first
}

// MaxPolicy is the most characters of a policy.
const MaxPolicy = 100_000

//go:embed policy.md
var firstPolicy string

// EnsurePolicy publishes the text that came with the service while there is none.
func (s *Service) EnsurePolicy(ctx context.Context) error {
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		version, err := s.cfg.Store.PolicyVersion(ctx)
		if err != nil || version > 0 {
			return err
		}
		err = s.cfg.Store.AddPolicy(ctx, Policy{Version: 1, Body: strings.TrimSpace(firstPolicy), PublishedAt: s.now()})
		if fault.CodeOf(err) == fault.Conflict {
			return nil // another process of the service was faster
		}
		return err
	})
}

// Policy gives the present policy.
func (s *Service) Policy(ctx context.Context) (Policy, error) { return s.cfg.Store.CurrentPolicy(ctx) }

// PolicyVersion gives the number of the present policy; zero when there is none.
func (s *Service) PolicyVersion(ctx context.Context) (int, error) {
	return s.cfg.Store.PolicyVersion(ctx)
}

// Publish makes a text the present policy; from now on everybody but operators is asked again.
func (s *Service) Publish(ctx context.Context, body string) (Policy, error) {
	body = strings.TrimSpace(strings.ReplaceAll(body, "\r\n", "\n"))
	var f fault.Fields
	f.Check(body != "", "body", "The text of the policy.")
	f.Check(utf8.RuneCountInString(body) <= MaxPolicy, "body", "At most %d characters.", MaxPolicy)
	f.Check(utf8.ValidString(body) && !strings.ContainsRune(body, 0), "body", "Only printable characters.")
	if err := f.Err(); err != nil {
		return Policy{}, err
	}
	caller, _ := From(ctx)
	var p Policy
	err := s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		version, err := s.cfg.Store.PolicyVersion(ctx)
		if err != nil {
			return err
		}
		p = Policy{Version: version + 1, Body: body, PublishedBy: caller.Account, PublishedAt: s.now()}
		if err := s.cfg.Store.AddPolicy(ctx, p); err != nil {
			return err
		}
		after, err := audit.Snapshot(map[string]int{"version": p.Version})
		if err != nil {
			return err
		}
		e := audit.Entry{Org: caller.HomeOrg, Action: audit.Created, Object: "policy", ObjectID: caller.HomeOrg, ObjectName: "Privacy policy", After: after, At: p.PublishedAt}
		return s.cfg.Store.Record(ctx, Stamp(ctx, e))
	})
	return p, err
}

// AnswerPolicy passes the consent gate, or ends the session: Disagree makes sign-in impossible, and the next one asks again (ACC-07). Only an
// answer to the present version counts; another one is Conflict.
func (s *Service) AnswerPolicy(ctx context.Context, who Access, version int, agree bool) error {
	if who.Session.ID.IsZero() || who.Gate != GateConsent {
		return fault.New(fault.Conflict, "There is nothing to agree to now.")
	}
	a, now := who.Account, s.now()
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		present, err := s.cfg.Store.PolicyVersion(ctx)
		if err != nil {
			return err
		}
		if version != present {
			return fault.New(fault.Conflict, "The text was changed while you read it. Read the present one.")
		}
		answer := Agreement{Account: a.ID, Version: version, Agreed: agree, At: now}
		if who.Caller.From.IsValid() {
			answer.Address = who.Caller.From.String()
		}
		if err := s.cfg.Store.SaveAgreement(ctx, answer); err != nil {
			return err
		}
		action := audit.Agreed
		if !agree {
			action = audit.Declined
			if err := s.cfg.Store.EndSession(ctx, a.ID, who.Session.ID); err != nil {
				return err
			}
		}
		return s.record(ctx, a, action, "policy", "", nil, map[string]int{"version": version})
	})
}
