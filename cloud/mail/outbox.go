package mail

import (
	"context"
	"strings"
	"time"

	"vestibule/shared/domain"
)

// State says where a mail stands.
type State string

// States. A letter is kept while it may still leave, and goes with every other state.
const (
	Queued     State = "queued"     // leaves with the next try
	Waiting    State = "waiting"    // there is no way out yet: no mail server is configured
	Sent       State = "sent"       // the mail server took it
	Failed     State = "failed"     // refused, or tried for a day in vain
	Suppressed State = "suppressed" // the address refused for good, now or before
	Expired    State = "expired"    // its link was over before it could leave
	Limited    State = "limited"    // too many mails to this address within an hour
)

// States lists every state once.
func States() []State { return []State{Queued, Waiting, Sent, Failed, Suppressed, Expired, Limited} }

// Item is a mail of the outbox, without its content.
type Item struct {
	ID        domain.MailID
	Account   domain.AccountID
	Org       domain.OrgID
	Kind      Kind
	Language  string
	To        string
	State     State
	Tries     int
	Error     string // of the last try
	CreatedAt time.Time
	ExpiresAt time.Time
	DoneAt    time.Time // zero: it may still leave
}

// Suppression is an address that gets no mail because it refused for good.
type Suppression struct {
	Address   string // folded
	Reason    string
	CreatedAt time.Time
}

// Query asks for a part of the outbox, newest first.
type Query struct {
	Words  string // of address or kind
	State  State  // empty: every
	Limit  int
	Before domain.MailID // zero: from the newest
}

// Count is how many mails wait and failed.
type Count struct{ Waiting, Failed int }

// Store is what the job keeps. The letter is sealed in it, because it may hold a single-use link.
type Store interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
	SaveMail(ctx context.Context, i Item, letter []byte) error
	Mail(ctx context.Context, id domain.MailID) (i Item, letter []byte, err error) // NotFound when absent
	ChangeMail(ctx context.Context, i Item) error                                  // State, Tries, Error, DoneAt; the letter goes when DoneAt is set
	Mails(ctx context.Context, q Query) ([]Item, error)
	CountMails(ctx context.Context, failedSince time.Time) (Count, error)
	WaitingMails(ctx context.Context) ([]Item, error)
	MailsTo(ctx context.Context, folded string, codes bool, since time.Time) (int, error) // codes: factor codes alone, or all others alone
	PurgeMails(ctx context.Context, doneBefore time.Time) error
	Suppress(ctx context.Context, s Suppression) error // the first reason stays
	Suppressed(ctx context.Context, folded string) (bool, error)
	Suppressions(ctx context.Context) ([]Suppression, error)
	DropSuppression(ctx context.Context, folded string) error // NotFound when absent
	Operators(ctx context.Context) ([]domain.AccountID, error)
}

// FoldAddress gives the form in which addresses are compared.
func FoldAddress(address string) string { return strings.ToLower(strings.TrimSpace(address)) }
