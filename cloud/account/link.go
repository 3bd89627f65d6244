package account

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"vestibule/cloud/audit"
	"vestibule/cloud/mail"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

// LinkKind says what a single-use link is for.
type LinkKind string

// Kinds of links.
const (
	LinkActivate LinkKind = "activate" // chooses the first password of an account
	LinkReset    LinkKind = "reset"    // chooses a new password (ACC-05)
	LinkEmail    LinkKind = "email"    // shows that somebody reads an address (ACC-04, ACC-06)
)

// How long links live.
const (
	ActivateFor = 72 * time.Hour
	ResetFor    = 30 * time.Minute
	ConfirmFor  = 24 * time.Hour
)

// paths of the portal that take the links; the token stands in the fragment, which no browser sends to a server.
var linkPaths = map[LinkKind]string{LinkActivate: "/activate", LinkReset: "/reset", LinkEmail: "/confirm"}

// Link is a single-use link. The database holds only the hash of its token.
type Link struct {
	Hash      []byte // SHA-256 of the token
	Account   domain.AccountID
	Kind      LinkKind
	Email     string // the address that LinkEmail confirms
	CreatedAt time.Time
	ExpiresAt time.Time
}

// LinkStore keeps links.
type LinkStore interface {
	AddLink(ctx context.Context, l Link) error // also drops expired ones
	FindLink(ctx context.Context, hash []byte, now time.Time) (Link, Account, error)
	// TakeLink uses a link up: NotFound unless it is there, of that kind and not expired. It joins the transaction of the act.
	TakeLink(ctx context.Context, hash []byte, kind LinkKind, now time.Time) (Link, error)
	DropLinks(ctx context.Context, id domain.AccountID, kinds ...LinkKind) error
	CountLinks(ctx context.Context, id domain.AccountID, kind LinkKind, since time.Time) (int, error)
}

// MaxUsername is the most characters of a user name; it has at least three.
const MaxUsername = 64

// CheckUsername notes a fault at path unless the user name may be used: printable, no blanks, and no @, which tells addresses.
func CheckUsername(f *fault.Fields, path, name string) {
	n := utf8.RuneCountInString(name)
	f.Check(n >= 3 && n <= MaxUsername && utf8.ValidString(name), path, "3 to %d characters.", MaxUsername)
	bad := func(r rune) bool { return !unicode.IsPrint(r) || unicode.IsSpace(r) || r == '@' }
	f.Check(!strings.ContainsFunc(name, bad), path, "No blanks, no @, only printable characters.")
}

// newLink makes a link and gives it for a mail.
func (s *Service) newLink(ctx context.Context, a Account, kind LinkKind, email string, lives time.Duration) (secret.String, time.Time, error) {
	now := s.now()
	token, hash := newToken()
	l := Link{Hash: hash, Account: a.ID, Kind: kind, Email: email, CreatedAt: now, ExpiresAt: now.Add(lives)}
	if err := s.cfg.Store.AddLink(ctx, l); err != nil {
		return secret.String{}, time.Time{}, fmt.Errorf("make link: %w", err)
	}
	return secret.New(s.cfg.PublicURL + linkPaths[kind] + "#token=" + token.Reveal()), l.ExpiresAt, nil
}

// post mails an account about itself.
func (s *Service) post(ctx context.Context, a Account, l mail.Letter) error {
	if l.To == "" {
		l.To = a.Email
	}
	l.Language, l.Account, l.Org = a.Language, a.ID, a.Org.ID
	if l.Values == nil {
		l.Values = map[string]string{}
	}
	l.Values["name"] = a.Name
	if err := s.cfg.Mail.Post(ctx, l); err != nil {
		return fmt.Errorf("post %s: %w", l.Kind, err)
	}
	return nil
}

// shown is an account in the audit.
type shown struct {
	Email         string `json:"email,omitempty"`
	Username      string `json:"username,omitempty"`
	Name          string `json:"name,omitempty"`
	FirstName     string `json:"first_name,omitempty"`
	LastName      string `json:"last_name,omitempty"`
	Phone         string `json:"phone,omitempty"`
	Language      string `json:"language,omitempty"`
	TimeZone      string `json:"time_zone,omitempty"`
	Role          Role   `json:"role"`
	Notify        bool   `json:"notify"`
	RemindMonthly bool   `json:"remind_monthly"`
	EmailFactor   bool   `json:"email_factor"`
}

// Shown is what the audit keeps of an account: no secrets.
func (a Account) Shown() any {
	return shown{
		Email: a.Email, Username: a.Username, Name: a.Name, FirstName: a.FirstName, LastName: a.LastName, Phone: a.Phone, Language: a.Language,
		TimeZone: a.TimeZone, Role: a.Role, Notify: a.Notify, RemindMonthly: a.RemindMonthly, EmailFactor: a.EmailFactor,
	}
}

// record makes an audit entry about an account. Before and after may be nil.
func (s *Service) record(ctx context.Context, a Account, action audit.Action, object, reason string, before, after any) error {
	e := audit.Entry{Org: a.Org.ID, Action: action, Object: object, ObjectID: a.ID, ObjectName: a.called(), Reason: reason, At: s.now()}
	var err error
	if e.Before, err = audit.Snapshot(before); err != nil {
		return err
	}
	if e.After, err = audit.Snapshot(after); err != nil {
		return err
	}
	return s.cfg.Store.Record(ctx, Stamp(ctx, e))
}

// called is what people call an account.
func (a Account) called() string {
	for _, words := range []string{a.Name, a.Email, a.Username} {
		if words != "" {
			return words
		}
	}
	return string(a.Role)
}

// Invite saves a new account without a password and mails its activation link, good for 72 hours. An account without an address gets no mail:
// its link comes back for the caller to hand over; else link is zero. It makes a.ID, a.CreatedAt and a language where they are unset, and
// joins the transaction of ctx. A taken address or user name is Conflict at "email" or "username".
func (s *Service) Invite(ctx context.Context, a Account) (link secret.String, err error) {
	var f fault.Fields
	f.Check(a.Email != "" || a.Username != "", "email", "An e-mail address or a user name is needed.")
	if a.Email != "" {
		domain.CheckEmail(&f, "email", a.Email)
	}
	if a.Username != "" {
		CheckUsername(&f, "username", a.Username)
	}
	if err := f.Err(); err != nil {
		return link, err
	}
	now := s.now()
	if a.ID.IsZero() {
		a.ID = domain.NewID[domain.AccountID](now)
	}
	if a.CreatedAt.IsZero() {
		a.CreatedAt = now
	}
	if a.Language == "" {
		a.Language = "en"
	}
	a.PasswordHash, a.ActivatedAt, a.EmailVerifiedAt = secret.String{}, time.Time{}, time.Time{}
	err = s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.cfg.Store.SaveAccount(ctx, a); err != nil {
			return err
		}
		if err := s.record(ctx, a, audit.Created, "account", "", nil, a.Shown()); err != nil {
			return err
		}
		link, err = s.sendActivation(ctx, a)
		return err
	})
	return link, err
}

// sendActivation mails a new activation link in the place of those before, or gives it when there is no address.
func (s *Service) sendActivation(ctx context.Context, a Account) (secret.String, error) {
	if err := s.cfg.Store.DropLinks(ctx, a.ID, LinkActivate); err != nil {
		return secret.String{}, err
	}
	link, expires, err := s.newLink(ctx, a, LinkActivate, a.Email, ActivateFor)
	if err != nil || a.Email == "" {
		return link, err
	}
	values := map[string]string{"organisation": a.Org.Name}
	if caller, ok := From(ctx); ok {
		values["organisation"] = caller.OrgName
	}
	return secret.String{}, s.post(ctx, a, mail.Letter{Kind: mail.Activation, Values: values, Link: link, Expires: expires})
}

// SendLink sends an account what it needs to choose a password: the activation link again while it was not used, else a reset link. Without
// an address the link comes back for the caller to hand over; else it is zero. The caller may see that account: check it before.
func (s *Service) SendLink(ctx context.Context, id domain.AccountID) (link secret.String, err error) {
	err = s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		a, err := s.cfg.Store.AccountByID(ctx, id)
		if err != nil {
			return err
		}
		if err := s.record(ctx, a, audit.Sent, "link", "", nil, nil); err != nil {
			return err
		}
		if a.ActivatedAt.IsZero() {
			link, err = s.sendActivation(ctx, a)
			return err
		}
		made, expires, err := s.newLink(ctx, a, LinkReset, a.Email, ResetFor)
		if err != nil {
			return err
		}
		if a.Email == "" {
			link = made
			return nil
		}
		return s.post(ctx, a, mail.Letter{Kind: mail.Reset, Link: made, Expires: expires})
	})
	return link, err
}

// SendReset mails an account a link to choose a new password, good for 30 minutes (or its activation link while that was not used); it ends
// nothing. The caller may see that account: check it before. An account without an address is Conflict.
func (s *Service) SendReset(ctx context.Context, id domain.AccountID) error {
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		link, err := s.SendLink(ctx, id)
		if err == nil && !link.IsZero() {
			return fault.New(fault.Conflict, "This account has no e-mail address.")
		}
		return err
	})
}

// EndSessions signs an account out everywhere but in one session; zero: everywhere.
func (s *Service) EndSessions(ctx context.Context, id domain.AccountID, except domain.SessionID) error {
	return s.cfg.Store.DeleteSessions(ctx, id, except)
}
