package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/notice"
	"vestibule/shared/domain"
)

var _ notice.Store = (*Store)(nil)

type noticeRow struct {
	ID        domain.NoticeID `gorm:"primaryKey"`
	AccountID domain.AccountID
	Kind      string
	Data      string
	CreatedAt int64 `gorm:"autoCreateTime:false"`
	ReadAt    *int64
}

func (noticeRow) TableName() string { return "notices" }

// AddNotice adds a notice and drops what is older than the newest keep of its account.
func (s *Store) AddNotice(ctx context.Context, n notice.Notice, keep int) error {
	data, err := json.Marshal(n.Values)
	if err != nil {
		return fmt.Errorf("write notice: %w", err)
	}
	row := noticeRow{ID: n.ID, AccountID: n.Account, Kind: n.Kind, Data: string(data), CreatedAt: n.At.UnixMilli()}
	if err := s.conn(ctx).Create(&row).Error; err != nil {
		return fmt.Errorf("save notice: %w", err)
	}
	newest := s.conn(ctx).Model(&noticeRow{}).Select("id").Where("account_id = ?", n.Account).Order("created_at DESC, id DESC").Limit(keep)
	if err := s.conn(ctx).Where("account_id = ? AND id NOT IN (?)", n.Account, newest).Delete(&noticeRow{}).Error; err != nil {
		return fmt.Errorf("drop old notices: %w", err)
	}
	return nil
}

// Notices lists the newest notices of an account, newest first.
func (s *Store) Notices(ctx context.Context, of domain.AccountID, unread bool, limit int) ([]notice.Notice, error) {
	query := s.conn(ctx).Where("account_id = ?", of)
	if unread {
		query = query.Where("read_at IS NULL")
	}
	var rows []noticeRow
	if err := query.Order("created_at DESC, id DESC").Limit(limit).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list notices: %w", err)
	}
	out := make([]notice.Notice, len(rows))
	for i, r := range rows {
		out[i] = notice.Notice{ID: r.ID, Account: r.AccountID, Kind: r.Kind, Values: map[string]string{}, At: fromMilli(r.CreatedAt), ReadAt: fromMilliOr(r.ReadAt)}
		if err := json.Unmarshal([]byte(r.Data), &out[i].Values); err != nil {
			return nil, fmt.Errorf("read notice: %w", err)
		}
	}
	return out, nil
}

// UnreadNotices counts what an account has not read.
func (s *Store) UnreadNotices(ctx context.Context, of domain.AccountID) (int, error) {
	var n int64
	if err := s.conn(ctx).Model(&noticeRow{}).Where("account_id = ? AND read_at IS NULL", of).Count(&n).Error; err != nil {
		return 0, fmt.Errorf("count notices: %w", err)
	}
	return int(n), nil
}

// ReadNotices marks notices of an account as read; nil ids means all.
func (s *Store) ReadNotices(ctx context.Context, of domain.AccountID, ids []domain.NoticeID, at time.Time) error {
	query := s.conn(ctx).Model(&noticeRow{}).Where("account_id = ? AND read_at IS NULL", of)
	if ids != nil {
		query = query.Where("id IN ?", ids)
	}
	if err := query.Update("read_at", at.UnixMilli()).Error; err != nil {
		return fmt.Errorf("mark notices: %w", err)
	}
	return nil
}

// Readers lists the activated accounts of roles.
func (s *Store) Readers(ctx context.Context, roles []account.Role) ([]notice.Reader, error) {
	var rows []accountRow
	if err := s.conn(ctx).Where("role IN ? AND deleted_at IS NULL AND activated_at IS NOT NULL", roles).Order("id").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list readers: %w", err)
	}
	out := make([]notice.Reader, len(rows))
	for i, r := range rows {
		out[i] = notice.Reader{Account: r.ID, Email: r.Email, Language: r.Language, Mailed: r.Notify}
	}
	return out, nil
}
