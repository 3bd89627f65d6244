package store

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"vestibule/cloud/account"
	"vestibule/cloud/mail"
	"vestibule/shared/domain"
)

var _ mail.Store = (*Store)(nil)

type mailRow struct {
	ID        domain.MailID `gorm:"primaryKey"`
	AccountID domain.AccountID
	OrgID     domain.OrgID
	Kind      string
	Language  string
	Address   string
	State     string
	Attempts  int
	Error     string
	Letter    []byte // sealed; NULL once the mail is done
	CreatedAt int64  `gorm:"autoCreateTime:false"`
	ExpiresAt *int64
	DoneAt    *int64
}

func (mailRow) TableName() string { return "mails" }

func (r mailRow) item() mail.Item {
	return mail.Item{
		ID: r.ID, Account: r.AccountID, Org: r.OrgID, Kind: mail.Kind(r.Kind), Language: r.Language, To: r.Address, State: mail.State(r.State),
		Tries: r.Attempts, Error: r.Error, CreatedAt: fromMilli(r.CreatedAt), ExpiresAt: fromMilliOr(r.ExpiresAt), DoneAt: fromMilliOr(r.DoneAt),
	}
}

type suppressionRow struct {
	AddressFolded string `gorm:"primaryKey"`
	Reason        string
	CreatedAt     int64 `gorm:"autoCreateTime:false"`
}

func (suppressionRow) TableName() string { return "mail_suppressions" }

func letterPurpose(id domain.MailID) string { return "mail letter " + id.String() }

// SaveMail adds a mail with its letter; a mail that is done has none.
func (s *Store) SaveMail(ctx context.Context, i mail.Item, letter []byte) error {
	r := mailRow{
		ID: i.ID, AccountID: i.Account, OrgID: i.Org, Kind: string(i.Kind), Language: i.Language, Address: i.To, State: string(i.State),
		Attempts: i.Tries, Error: i.Error, CreatedAt: i.CreatedAt.UnixMilli(), ExpiresAt: milliOr(i.ExpiresAt), DoneAt: milliOr(i.DoneAt),
	}
	if letter != nil {
		var err error
		if r.Letter, err = s.key.Seal(letterPurpose(i.ID), letter); err != nil {
			return fmt.Errorf("seal letter: %w", err)
		}
	}
	if err := s.conn(ctx).Create(&r).Error; err != nil {
		return fmt.Errorf("save mail: %w", err)
	}
	return nil
}

// Mail gives a mail and its letter; NotFound when there is none.
func (s *Store) Mail(ctx context.Context, id domain.MailID) (mail.Item, []byte, error) {
	var r mailRow
	if err := s.conn(ctx).Where("id = ?", id).Take(&r).Error; err != nil {
		return mail.Item{}, nil, fmt.Errorf("read mail: %w", missing(err, "This mail"))
	}
	if len(r.Letter) == 0 {
		return r.item(), nil, nil
	}
	letter, err := s.key.Open(letterPurpose(id), r.Letter)
	if err != nil {
		return mail.Item{}, nil, fmt.Errorf("open letter: %w", err)
	}
	return r.item(), letter, nil
}

// ChangeMail notes how a mail went. The letter goes with the end, because it may hold a link that works.
func (s *Store) ChangeMail(ctx context.Context, i mail.Item) error {
	changes := map[string]any{"state": string(i.State), "attempts": i.Tries, "error": i.Error, "done_at": milliOr(i.DoneAt)}
	if !i.DoneAt.IsZero() {
		changes["letter"] = nil
	}
	if err := s.conn(ctx).Model(&mailRow{}).Where("id = ?", i.ID).Updates(changes).Error; err != nil {
		return fmt.Errorf("change mail: %w", err)
	}
	return nil
}

// mailColumns are those of the outbox: letters stay where they are.
var mailColumns = []string{
	"id", "account_id", "org_id", "kind", "language", "address", "state", "attempts", "error", "created_at", "expires_at", "done_at",
}

// Mails gives a part of the outbox, newest first. Ids grow with time.
func (s *Store) Mails(ctx context.Context, q mail.Query) ([]mail.Item, error) {
	query := s.conn(ctx).Select(mailColumns).Order("created_at DESC, id DESC").Limit(min(max(q.Limit, 1), MaxPage))
	if q.State != "" {
		query = query.Where("state = ?", string(q.State))
	}
	if words := strings.ToLower(strings.ToValidUTF8(strings.ReplaceAll(q.Words, "\x00", ""), "")); words != "" {
		like := "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(words) + "%"
		query = query.Where(`(lower(address) LIKE ? ESCAPE '\' OR kind LIKE ? ESCAPE '\')`, like, like)
	}
	if !q.Before.IsZero() {
		var last mailRow
		if err := s.conn(ctx).Select("id", "created_at").Where("id = ?", q.Before).Take(&last).Error; err != nil {
			return nil, fmt.Errorf("read mails: %w", missing(err, "This place in the list"))
		}
		query = query.Where("(created_at < ? OR created_at = ? AND id < ?)", last.CreatedAt, last.CreatedAt, last.ID)
	}
	var rows []mailRow
	if err := query.Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read mails: %w", err)
	}
	return mailItems(rows), nil
}

func mailItems(rows []mailRow) []mail.Item {
	out := make([]mail.Item, len(rows))
	for i, r := range rows {
		out[i] = r.item()
	}
	return out
}

// CountMails counts what waits for a way out and what failed lately.
func (s *Store) CountMails(ctx context.Context, failedSince time.Time) (mail.Count, error) {
	var waiting, failed int64
	if err := s.conn(ctx).Model(&mailRow{}).Where("state = ?", string(mail.Waiting)).Count(&waiting).Error; err != nil {
		return mail.Count{}, fmt.Errorf("count mails: %w", err)
	}
	err := s.conn(ctx).Model(&mailRow{}).Where("state = ? AND created_at > ?", string(mail.Failed), failedSince.UnixMilli()).Count(&failed).Error
	if err != nil {
		return mail.Count{}, fmt.Errorf("count mails: %w", err)
	}
	return mail.Count{Waiting: int(waiting), Failed: int(failed)}, nil
}

// WaitingMails lists what waits for a way out.
func (s *Store) WaitingMails(ctx context.Context) ([]mail.Item, error) {
	var rows []mailRow
	if err := s.conn(ctx).Select(mailColumns).Where("state = ?", string(mail.Waiting)).Order("created_at, id").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read mails: %w", err)
	}
	return mailItems(rows), nil
}

// MailsTo counts mails to an address since a time that were let through: codes of the second factor alone, or all others alone.
func (s *Store) MailsTo(ctx context.Context, folded string, codes bool, since time.Time) (int, error) {
	kind := "kind <> ?"
	if codes {
		kind = "kind = ?"
	}
	query := s.conn(ctx).Model(&mailRow{}).Where("created_at > ? AND state <> ?", since.UnixMilli(), string(mail.Limited)).Where(kind, string(mail.FactorCode))
	if !ascii(folded) {
		return mailsFolded(query, folded)
	}
	var n int64
	if err := query.Where("lower(address) = ?", folded).Count(&n).Error; err != nil {
		return 0, fmt.Errorf("count mails: %w", err)
	}
	return int(n), nil
}

// mailsFolded counts mails to an address with letters whose small forms the databases do not know.
func mailsFolded(query *gorm.DB, folded string) (int, error) {
	var addresses []string
	if err := query.Where("length(address) = ?", utf8.RuneCountInString(folded)).Pluck("address", &addresses).Error; err != nil {
		return 0, fmt.Errorf("count mails: %w", err)
	}
	n := 0
	for _, address := range addresses {
		if mail.FoldAddress(address) == folded {
			n++
		}
	}
	return n, nil
}

func ascii(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf })
}

// PurgeMails drops mails that were done before a time.
func (s *Store) PurgeMails(ctx context.Context, doneBefore time.Time) error {
	if err := s.conn(ctx).Where("done_at < ?", doneBefore.UnixMilli()).Delete(&mailRow{}).Error; err != nil {
		return fmt.Errorf("drop mails: %w", err)
	}
	return nil
}

// Suppress keeps an address from further mail; a reason that is there already stays.
func (s *Store) Suppress(ctx context.Context, one mail.Suppression) error {
	row := suppressionRow{AddressFolded: one.Address, Reason: one.Reason, CreatedAt: one.CreatedAt.UnixMilli()}
	if err := s.conn(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&row).Error; err != nil {
		return fmt.Errorf("suppress an address: %w", err)
	}
	return nil
}

// Suppressed tells whether an address gets no mail.
func (s *Store) Suppressed(ctx context.Context, folded string) (bool, error) {
	var n int64
	if err := s.conn(ctx).Model(&suppressionRow{}).Where("address_folded = ?", folded).Count(&n).Error; err != nil {
		return false, fmt.Errorf("read suppressions: %w", err)
	}
	return n > 0, nil
}

// Suppressions lists the addresses that get no mail, newest first.
func (s *Store) Suppressions(ctx context.Context) ([]mail.Suppression, error) {
	var rows []suppressionRow
	if err := s.conn(ctx).Order("created_at DESC, address_folded").Limit(MaxPage).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read suppressions: %w", err)
	}
	out := make([]mail.Suppression, len(rows))
	for i, r := range rows {
		out[i] = mail.Suppression{Address: r.AddressFolded, Reason: r.Reason, CreatedAt: fromMilli(r.CreatedAt)}
	}
	return out, nil
}

// DropSuppression lets an address get mail again; NotFound when it does.
func (s *Store) DropSuppression(ctx context.Context, folded string) error {
	done := s.conn(ctx).Where("address_folded = ?", folded).Delete(&suppressionRow{})
	if done.Error != nil {
		return fmt.Errorf("drop suppression: %w", done.Error)
	}
	if done.RowsAffected == 0 {
		return missing(gorm.ErrRecordNotFound, "This suppression")
	}
	return nil
}

// Operators lists the accounts of the service's operators.
func (s *Store) Operators(ctx context.Context) ([]domain.AccountID, error) {
	var ids []domain.AccountID
	err := s.conn(ctx).Model(&accountRow{}).Where("role = ? AND deleted_at IS NULL", string(account.RoleOperator)).Pluck("id", &ids).Error
	if err != nil {
		return nil, fmt.Errorf("read operators: %w", err)
	}
	return ids, nil
}
