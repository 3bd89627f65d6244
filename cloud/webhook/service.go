package webhook

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
)

// Wanting is a webhook that wants to hear of a happening, with the names for its body.
type Wanting struct {
	Webhook  domain.WebhookID
	Org      domain.OrgID
	OrgName  string
	SiteName string
}

// Page asks for a part of the deliveries, newest first: at most Limit before the delivery Before (zero: from the newest), in State (empty: any).
type Page struct {
	State  State
	Before domain.DeliveryID
	Limit  int
}

// Store keeps webhooks. What names a person's webhook sees the caller's organisation alone; another one's is NotFound.
type Store interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
	AfterCommit(ctx context.Context, f func())
	audit.Recorder
	// Webhooks lists by name, with the newest delivery of each.
	Webhooks(ctx context.Context) ([]Webhook, error)
	Webhook(ctx context.Context, id domain.WebhookID) (Webhook, error)
	AddWebhook(ctx context.Context, w Webhook) error
	// ChangeWebhook writes all columns while the revision is still seen; Conflict otherwise.
	ChangeWebhook(ctx context.Context, w Webhook, seen uint64, at time.Time) error
	// DeleteWebhook drops its waiting deliveries too.
	DeleteWebhook(ctx context.Context, id domain.WebhookID, seen uint64, at time.Time) error

	// WantedKinds lists what enabled webhooks of any organisation want.
	WantedKinds(ctx context.Context) ([]Kind, error)
	WantingHooks(ctx context.Context, kind Kind, org domain.OrgID, site domain.SiteID) ([]Wanting, error)
	AddDelivery(ctx context.Context, d Delivery) error
	// TakeDelivery gives a delivery with its webhook, which is locked until the transaction of ctx ends; NotFound when one is gone.
	TakeDelivery(ctx context.Context, id domain.DeliveryID) (Delivery, Webhook, error)
	SaveTry(ctx context.Context, d Delivery) error
	SaveHealth(ctx context.Context, w Webhook, at time.Time) error
	Deliveries(ctx context.Context, hook domain.WebhookID, page Page) ([]Delivery, error)
	Delivery(ctx context.Context, hook domain.WebhookID, id domain.DeliveryID) (Delivery, error)
	PurgeDeliveries(ctx context.Context, before time.Time) error
	OrgName(ctx context.Context, org domain.OrgID) (string, error)
	// WebhookOwners lists the accounts that look after the webhooks of an organisation.
	WebhookOwners(ctx context.Context, org domain.OrgID) ([]domain.AccountID, error)
}

// Queue takes work for later, in the transaction of ctx.
type Queue interface {
	Insert(ctx context.Context, kind string, body any) error
}

// Config is what New needs; all of it is required, but Net may be zero.
type Config struct {
	Store   Store
	Queue   Queue
	Notices account.Notices
	Net     Net
	Now     func() time.Time
	Logger  *slog.Logger
}

// Service keeps webhooks and delivers. Its methods may be called by any goroutine.
type Service struct {
	cfg  Config
	http *http.Client

	mu     sync.Mutex
	wanted map[Kind]bool
	read   time.Time // when wanted was read; zero: not
}

// New makes the service.
func New(cfg Config) *Service {
	cfg.Logger = cfg.Logger.With(logkey.Component, "webhook")
	return &Service{cfg: cfg, http: cfg.Net.client()}
}

func (s *Service) now() time.Time { return s.cfg.Now().UTC().Truncate(time.Millisecond) }

// List gives the webhooks of the caller's organisation.
func (s *Service) List(ctx context.Context) ([]Webhook, error) { return s.cfg.Store.Webhooks(ctx) }

// Get gives one webhook.
func (s *Service) Get(ctx context.Context, id domain.WebhookID) (Webhook, error) {
	return s.cfg.Store.Webhook(ctx, id)
}

// check looks at the form, and at where the address leads now.
func (s *Service) check(ctx context.Context, w Webhook) error {
	if err := w.input(); err != nil {
		return err
	}
	u, _ := target(w.URL) // input has read it
	if words := s.cfg.Net.check(ctx, u); words != "" {
		return &fault.Error{Code: fault.Invalid, Msg: words, Fields: []fault.Field{{Path: "url", Msg: words}}}
	}
	return nil
}

// Add makes a webhook of the caller's organisation; the secret is in the answer and never told again.
func (s *Service) Add(ctx context.Context, w Webhook) (Webhook, error) {
	caller, ok := account.From(ctx)
	if !ok {
		return w, fault.New(fault.Unauthenticated, "Sign in first.")
	}
	if err := s.check(ctx, w); err != nil {
		return w, err
	}
	at := s.now()
	w.ID, w.Org, w.Secret, w.Revision, w.CreatedAt = domain.NewID[domain.WebhookID](at), caller.Org, newSecret(), 1, at
	err := s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		all, err := s.cfg.Store.Webhooks(ctx)
		if err != nil {
			return err
		}
		if len(all) >= MaxWebhooks {
			return fault.New(fault.Conflict, "An organisation has at most %d webhooks.", MaxWebhooks)
		}
		if err := s.cfg.Store.AddWebhook(ctx, w); err != nil {
			return err
		}
		return s.record(ctx, audit.Created, w, nil, w.snapshot())
	})
	return w, err
}

// Edit changes name, address, kinds and whether it is on. Switching it on forgets why it was stopped.
func (s *Service) Edit(ctx context.Context, w Webhook) (Webhook, error) {
	before, err := s.cfg.Store.Webhook(ctx, w.ID)
	if err != nil {
		return w, err
	}
	if _, err := account.Revise(ctx, before.Revision); err != nil {
		return w, err
	}
	// A look-up may take seconds: it holds no transaction.
	if err := s.check(ctx, w); err != nil {
		return w, err
	}
	after := before
	after.Name, after.URL, after.Kinds, after.Enabled, after.Revision = w.Name, w.URL, w.Kinds, w.Enabled, before.Revision+1
	if w.Enabled {
		after.Stopped, after.Failures, after.FailingAt = StopNone, 0, time.Time{}
	}
	return after, s.change(ctx, before, after, before.snapshot(), after.snapshot())
}

// Renew gives a webhook a new secret; the one before signs nothing any more.
func (s *Service) Renew(ctx context.Context, id domain.WebhookID) (Webhook, error) {
	before, err := s.cfg.Store.Webhook(ctx, id)
	if err != nil {
		return before, err
	}
	after := before
	after.Secret, after.Revision = newSecret(), before.Revision+1
	return after, s.change(ctx, before, after, nil, map[string]string{"secret": "new"})
}

func (s *Service) change(ctx context.Context, before, after Webhook, was, is any) error {
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.cfg.Store.ChangeWebhook(ctx, after, before.Revision, s.now()); err != nil {
			return err
		}
		return s.record(ctx, audit.Changed, after, was, is)
	})
}

// Delete ends a webhook and what waits for it.
func (s *Service) Delete(ctx context.Context, id domain.WebhookID) error {
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		w, err := s.cfg.Store.Webhook(ctx, id)
		if err != nil {
			return err
		}
		if _, err := account.Revise(ctx, w.Revision); err != nil {
			return err
		}
		if err := s.cfg.Store.DeleteWebhook(ctx, id, w.Revision, s.now()); err != nil {
			return err
		}
		return s.record(ctx, audit.Deleted, w, w.snapshot(), nil)
	})
}

// record writes the audit entry of a change. What is wanted is read again for it, so that a new webhook hears of its own making, and once
// the change is committed, because others may have looked meanwhile.
func (s *Service) record(ctx context.Context, action audit.Action, w Webhook, before, after any) error {
	entry := audit.Entry{Org: w.Org, Action: action, Object: "webhook", ObjectID: w.ID, ObjectName: w.Name, At: s.now()}
	var err error
	if entry.Before, err = audit.Snapshot(before); err != nil {
		return err
	}
	if entry.After, err = audit.Snapshot(after); err != nil {
		return err
	}
	s.forget()
	s.cfg.Store.AfterCommit(ctx, s.forget)
	return s.cfg.Store.Record(ctx, account.Stamp(ctx, entry))
}

// Deliveries gives a part of a webhook's log, newest first.
func (s *Service) Deliveries(ctx context.Context, id domain.WebhookID, page Page) ([]Delivery, error) {
	if _, err := s.cfg.Store.Webhook(ctx, id); err != nil {
		return nil, err
	}
	return s.cfg.Store.Deliveries(ctx, id, page)
}
