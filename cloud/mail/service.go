package mail

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/mail"
	"slices"
	"time"

	"vestibule/cloud/audit"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
)

// Bounds of mail.
const (
	keepLetter = 48 * time.Hour      // when a letter says nothing else
	keepDone   = 90 * 24 * time.Hour // rows of the outbox after the mail left
	hourly     = 20                  // mails to one address within an hour, and as many codes beside them
	failedFor  = 24 * time.Hour      // how long a failure needs a hand
)

// Queue runs jobs; Insert joins the transaction of ctx.
type Queue interface {
	Insert(ctx context.Context, kind string, body any) error
}

// Notices tells operators what needs their hand.
type Notices interface {
	Tell(ctx context.Context, account domain.AccountID, kind string, values map[string]string) error
}

// Config is what New needs; all but Transport is required.
type Config struct {
	Store     Store
	Queue     Queue
	Notices   Notices
	Transport Transport // nil: mails wait until the service is started with one
	// Record keeps what an operator did about mail, as the acting account, in the transaction of ctx.
	Record    func(ctx context.Context, e audit.Entry) error
	PublicURL string
	Now       func() time.Time
	Logger    *slog.Logger
}

// Service posts letters and sends them. Its methods may be called by any goroutine.
type Service struct{ cfg Config }

// New makes the service. JobName must be handled by Send.
func New(cfg Config) *Service {
	cfg.Logger = cfg.Logger.With(logkey.Component, "mail")
	return &Service{cfg: cfg}
}

func (s *Service) now() time.Time { return s.cfg.Now().UTC().Truncate(time.Millisecond) }

// sealedLetter is what rests of a letter until it is sent.
type sealedLetter struct {
	Values map[string]string `json:"values,omitempty"`
	Link   string            `json:"link,omitempty"`
}

// Post puts a letter into the outbox and the queue, in the transaction of ctx when there is one: no mail leaves for what was undone, and none
// is lost of what was done. It does not tell the caller whether the address takes mail.
func (s *Service) Post(ctx context.Context, l Letter) error {
	_, err := s.post(ctx, l)
	return err
}

func (s *Service) post(ctx context.Context, l Letter) (Item, error) {
	now := s.now()
	i := Item{
		ID: domain.NewID[domain.MailID](now), Account: l.Account, Org: l.Org, Kind: l.Kind, Language: l.Language, To: l.To, State: Queued,
		CreatedAt: now, ExpiresAt: l.Expires,
	}
	if !slices.Contains(Languages(), i.Language) {
		i.Language = Languages()[0]
	}
	if i.ExpiresAt.IsZero() {
		i.ExpiresAt = now.Add(keepLetter)
	}
	if !slices.Contains(Kinds(), i.Kind) {
		return i, fmt.Errorf("mail: there is no letter %q", i.Kind)
	}
	letter, err := json.Marshal(sealedLetter{Values: l.Values, Link: l.Link.Reveal()})
	if err != nil {
		return i, fmt.Errorf("mail: %w", err)
	}
	err = s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		if i.State, err = s.admit(ctx, i); err != nil {
			return err
		}
		if i.State != Queued {
			i.DoneAt = now
			s.cfg.Logger.Warn("mail not sent", logkey.Kind, string(i.Kind), logkey.State, string(i.State))
			return s.cfg.Store.SaveMail(ctx, i, nil)
		}
		if err := s.cfg.Store.SaveMail(ctx, i, letter); err != nil {
			return err
		}
		return s.cfg.Queue.Insert(ctx, JobName, i.ID.String())
	})
	return i, err
}

// admit decides whether a new mail may leave. Codes of the second factor are counted by themselves: who has others mail links to somebody does
// not keep that person from signing in.
func (s *Service) admit(ctx context.Context, i Item) (State, error) {
	folded := FoldAddress(i.To)
	if stopped, err := s.cfg.Store.Suppressed(ctx, folded); err != nil || stopped {
		return Suppressed, err
	}
	switch i.Kind {
	case BrokeGlass, Entered, LockedOut, Expiring, Disconnected:
		// What tells the owner of somebody else's doing cannot be crowded out by that somebody, nor what a site tells by the other sites of its
		// installer; each has a limit where it is made.
		return Queued, nil
	}
	n, err := s.cfg.Store.MailsTo(ctx, folded, i.Kind == FactorCode, i.CreatedAt.Add(-time.Hour))
	if err != nil {
		return Failed, err
	}
	if n >= hourly {
		return Limited, nil
	}
	return Queued, nil
}

// Try posts a test mail to an address and gives its row of the outbox.
func (s *Service) Try(ctx context.Context, address, language string) (Item, error) {
	if len(address) > domain.MaxEmail || !plainAddress(address) {
		var f fault.Fields
		f.Add("address", "This is not an e-mail address.")
		return Item{}, f.Err()
	}
	var i Item
	err := s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		var err error
		if i, err = s.post(ctx, Letter{Kind: Try, To: address, Language: language}); err != nil {
			return err
		}
		return s.cfg.Record(ctx, audit.Entry{Action: audit.Sent, Object: "mail", ObjectID: i.ID, ObjectName: address, At: i.CreatedAt})
	})
	return i, err
}

// plainAddress tells whether text is an address and nothing beside it: no name, no second line.
func plainAddress(text string) bool {
	parsed, err := mail.ParseAddress(text)
	return err == nil && parsed.Name == "" && parsed.Address == text
}

// Standing is how mail leaves, for the operator.
type Standing struct {
	Transport string // smtp, folder or none
	Address   string // of the server or folder
	From      string
	Waiting   int
	Failed    int // within the last day
}

// Standing tells how mail leaves and what needs a hand.
func (s *Service) Standing(ctx context.Context) (Standing, error) {
	count, err := s.cfg.Store.CountMails(ctx, s.now().Add(-failedFor))
	if err != nil {
		return Standing{}, err
	}
	out := Standing{Transport: "none", Waiting: count.Waiting, Failed: count.Failed}
	if s.cfg.Transport != nil {
		out.Transport, out.Address, out.From = s.cfg.Transport.Place()
	}
	return out, nil
}

// List gives a part of the outbox, newest first.
func (s *Service) List(ctx context.Context, q Query) ([]Item, error) {
	return s.cfg.Store.Mails(ctx, q)
}

// Suppressions lists the addresses that get no mail.
func (s *Service) Suppressions(ctx context.Context) ([]Suppression, error) {
	return s.cfg.Store.Suppressions(ctx)
}

// Allow lets an address get mail again.
func (s *Service) Allow(ctx context.Context, address string) error {
	folded := FoldAddress(address)
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.cfg.Store.DropSuppression(ctx, folded); err != nil {
			return err
		}
		return s.cfg.Record(ctx, audit.Entry{
			Action: audit.Deleted, Object: "suppression", ObjectID: domain.NewID[domain.MailID](s.now()), ObjectName: folded, At: s.now(),
		})
	})
}

// Resume puts what waited for a way out into the queue again. Call it at the start.
func (s *Service) Resume(ctx context.Context) error {
	if s.cfg.Transport == nil {
		return nil
	}
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		items, err := s.cfg.Store.WaitingMails(ctx)
		if err != nil {
			return err
		}
		for _, i := range items {
			i.State = Queued
			if err := s.cfg.Store.ChangeMail(ctx, i); err != nil {
				return err
			}
			if err := s.cfg.Queue.Insert(ctx, JobName, i.ID.String()); err != nil {
				return err
			}
		}
		return nil
	})
}

// Purge marks what waited too long as expired and drops old rows.
func (s *Service) Purge(ctx context.Context) error {
	now := s.now()
	items, err := s.cfg.Store.WaitingMails(ctx)
	if err != nil {
		return err
	}
	for _, i := range items {
		if !now.Before(i.ExpiresAt) {
			if err := s.end(ctx, i, Expired, ""); err != nil {
				return err
			}
		}
	}
	return s.cfg.Store.PurgeMails(ctx, now.Add(-keepDone))
}
