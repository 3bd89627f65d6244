package notice

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/cloud/mail"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// Bounds.
const (
	Kept     = 200 // newest notices that an account keeps
	maxKind  = 64
	maxTitle = 120
	maxText  = 4000
)

// Kind of an announcement, and of the live message that tells of a new notice.
const (
	Announced = "announcement"
	Live      = "notice"
)

// Notice is one thing that an account should know of.
type Notice struct {
	ID      domain.NoticeID
	Account domain.AccountID
	Kind    string
	Values  map[string]string
	At      time.Time
	ReadAt  time.Time // zero: unread
}

// Reader is somebody whom announcements reach.
type Reader struct {
	Account  domain.AccountID
	Email    string
	Language string
	Mailed   bool // wants platform notices by mail (ACC-06)
}

// Store keeps notices. Every method joins the transaction of its context.
type Store interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
	AfterCommit(ctx context.Context, f func())
	audit.Recorder
	// AddNotice adds a notice and drops what is older than the newest `keep` of its account.
	AddNotice(ctx context.Context, n Notice, keep int) error
	Notices(ctx context.Context, account domain.AccountID, unread bool, limit int) ([]Notice, error)
	UnreadNotices(ctx context.Context, account domain.AccountID) (int, error)
	// ReadNotices marks notices of an account as read; nil ids means all.
	ReadNotices(ctx context.Context, account domain.AccountID, ids []domain.NoticeID, at time.Time) error
	// Readers lists the accounts of roles that were activated.
	Readers(ctx context.Context, roles []account.Role) ([]Reader, error)
}

// Mailer posts letters in the transaction of ctx.
type Mailer interface {
	Post(ctx context.Context, l mail.Letter) error
}

// Hub tells the streams of an account at once.
type Hub interface {
	PublishAccount(account domain.AccountID, kind string, data any)
}

// Config is what the service stands on; all of it is required.
type Config struct {
	Store Store
	Mail  Mailer
	Live  Hub
	Now   func() time.Time
}

// Service keeps notices. Its methods may be called by any goroutine.
type Service struct{ cfg Config }

// New makes the service.
func New(cfg Config) *Service { return &Service{cfg: cfg} }

func (s *Service) now() time.Time { return s.cfg.Now().UTC().Truncate(time.Millisecond) }

// Tell gives an account a notice, in the transaction of ctx when there is one (MSG-06).
func (s *Service) Tell(ctx context.Context, to domain.AccountID, kind string, values map[string]string) error {
	if kind == "" || len(kind) > maxKind {
		return fault.New(fault.Invalid, "A notice needs a kind.")
	}
	now := s.now()
	n := Notice{ID: domain.NewID[domain.NoticeID](now), Account: to, Kind: kind, Values: map[string]string{}, At: now}
	for name, value := range values {
		if utf8.RuneCountInString(value) > maxText {
			value = string([]rune(value)[:maxText])
		}
		n.Values[name] = strings.ToValidUTF8(value, "")
	}
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.cfg.Store.AddNotice(ctx, n, Kept); err != nil {
			return err
		}
		s.cfg.Store.AfterCommit(ctx, func() { s.cfg.Live.PublishAccount(to, Live, map[string]string{"id": n.ID.String(), "kind": kind}) })
		return nil
	})
}

// List gives the newest notices of an account and how many are unread.
func (s *Service) List(ctx context.Context, of domain.AccountID, unread bool) (list []Notice, n int, err error) {
	if list, err = s.cfg.Store.Notices(ctx, of, unread, Kept); err != nil {
		return nil, 0, err
	}
	n, err = s.cfg.Store.UnreadNotices(ctx, of)
	return list, n, err
}

// Read marks notices of an account as read; nil ids means all. Ids of others change nothing.
func (s *Service) Read(ctx context.Context, of domain.AccountID, ids []domain.NoticeID) error {
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.cfg.Store.ReadNotices(ctx, of, ids, s.now()); err != nil {
			return err
		}
		s.cfg.Store.AfterCommit(ctx, func() { s.cfg.Live.PublishAccount(of, Live, map[string]string{}) })
		return nil
	})
}

// Announcement is a notice of the platform to everybody who runs an organisation (MSG-04).
type Announcement struct {
	Title string
	Text  string
	Mail  bool
}

func (a Announcement) check() error {
	var f fault.Fields
	odd := func(r rune) bool { return !unicode.IsPrint(r) && r != '\n' }
	n, m := utf8.RuneCountInString(a.Title), utf8.RuneCountInString(a.Text)
	f.Check(n > 0 && n <= maxTitle, "title", "Between 1 and %d characters.", maxTitle)
	f.Check(utf8.ValidString(a.Title) && !strings.ContainsFunc(a.Title, func(r rune) bool { return !unicode.IsPrint(r) }), "title", "Only printable characters.")
	f.Check(m > 0 && m <= maxText, "text", "Between 1 and %d characters.", maxText)
	f.Check(utf8.ValidString(a.Text) && !strings.ContainsFunc(a.Text, odd), "text", "Only printable characters.")
	return f.Err()
}

// Announce tells every account that may see an organisation, and mails those who want mails. It gives how many were told.
func (s *Service) Announce(ctx context.Context, a Announcement) (told int, err error) {
	a.Title, a.Text = strings.TrimSpace(a.Title), strings.TrimSpace(strings.ReplaceAll(a.Text, "\r\n", "\n"))
	if err := a.check(); err != nil {
		return 0, err
	}
	rule, _ := account.RuleOf(account.OrgRead)
	values := map[string]string{"title": a.Title, "text": a.Text}
	err = s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		readers, err := s.cfg.Store.Readers(ctx, rule.Roles)
		if err != nil {
			return err
		}
		for _, r := range readers {
			if err := s.Tell(ctx, r.Account, Announced, values); err != nil {
				return err
			}
			if !a.Mail || !r.Mailed || r.Email == "" {
				continue
			}
			letter := mail.Letter{Kind: mail.Announcement, To: r.Email, Language: r.Language, Account: r.Account, Values: values}
			if err := s.cfg.Mail.Post(ctx, letter); err != nil {
				return err
			}
		}
		told = len(readers)
		caller, _ := account.From(ctx)
		after, err := audit.Snapshot(map[string]any{"title": a.Title, "text": a.Text, "mail": a.Mail, "told": told})
		if err != nil {
			return fmt.Errorf("write announcement down: %w", err)
		}
		now := s.now()
		e := audit.Entry{
			Org: caller.HomeOrg, Action: audit.Sent, Object: Announced, ObjectID: domain.NewID[domain.NoticeID](now), ObjectName: a.Title, After: after, At: now,
		}
		return s.cfg.Store.Record(ctx, account.Stamp(ctx, e))
	})
	return told, err
}
