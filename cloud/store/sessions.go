package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"vestibule/cloud/account"
	"vestibule/shared/domain"
)

type sessionRow struct {
	TokenHash []byte `gorm:"primaryKey"`
	ID        domain.SessionID
	AccountID domain.AccountID
	Account   accountRow `gorm:"foreignKey:AccountID"`
	Stage     string
	Bearer    bool
	Agent     string
	Address   string
	GrantID   domain.GrantID
	FactorAt  *int64
	CreatedAt int64 `gorm:"autoCreateTime:false"`
	SeenAt    int64
	ExpiresAt int64
}

func (sessionRow) TableName() string { return "sessions" }

func (r sessionRow) session() account.Session {
	return account.Session{
		ID: r.ID, Hash: r.TokenHash, Account: r.AccountID, Stage: account.Stage(r.Stage), Bearer: r.Bearer, Agent: r.Agent, Address: r.Address,
		Grant: r.GrantID, FactorAt: fromMilliOr(r.FactorAt), CreatedAt: fromMilli(r.CreatedAt), SeenAt: fromMilli(r.SeenAt),
		ExpiresAt: fromMilli(r.ExpiresAt),
	}
}

// SaveSession adds a session and drops those that expired before it began.
func (s *Store) SaveSession(ctx context.Context, session account.Session) error {
	row := sessionRow{
		TokenHash: session.Hash, ID: session.ID, AccountID: session.Account, Stage: string(session.Stage), Bearer: session.Bearer, Agent: session.Agent,
		Address: session.Address, GrantID: session.Grant, FactorAt: milliOr(session.FactorAt),
		CreatedAt: session.CreatedAt.UnixMilli(), SeenAt: session.SeenAt.UnixMilli(), ExpiresAt: session.ExpiresAt.UnixMilli(),
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		if err := s.conn(ctx).Where("expires_at < ?", row.CreatedAt).Delete(&sessionRow{}).Error; err != nil {
			return fmt.Errorf("drop old sessions: %w", err)
		}
		if err := s.conn(ctx).Omit("Account").Create(&row).Error; err != nil {
			return fmt.Errorf("save session: %w", err)
		}
		return nil
	})
}

// SessionAccount finds a session and its account by the hash of the token; NotFound when there is none.
func (s *Store) SessionAccount(ctx context.Context, hash []byte) (account.Session, account.Account, error) {
	var row sessionRow
	err := s.conn(ctx).Where("token_hash = ?", hash).Take(&row).Error
	if err == nil {
		err = s.conn(ctx).Joins("Org").Where("accounts.id = ? AND accounts.deleted_at IS NULL", row.AccountID).Take(&row.Account).Error
	}
	if err != nil {
		return account.Session{}, account.Account{}, fmt.Errorf("find session: %w", missing(err, "This session"))
	}
	return row.session(), row.Account.account(), nil
}

// TouchSession writes down that a session was used.
func (s *Store) TouchSession(ctx context.Context, hash []byte, seen time.Time) error {
	return s.conn(ctx).Model(&sessionRow{}).Where("token_hash = ?", hash).Update("seen_at", seen.UnixMilli()).Error
}

// DeleteSession ends a session; one that is not there is no error.
func (s *Store) DeleteSession(ctx context.Context, hash []byte) error {
	return s.conn(ctx).Where("token_hash = ?", hash).Delete(&sessionRow{}).Error
}

// DeleteSessions ends every session of an account but one; zero ends all.
func (s *Store) DeleteSessions(ctx context.Context, id domain.AccountID, except domain.SessionID) error {
	if err := s.conn(ctx).Where("account_id = ? AND id <> ?", id, except.String()).Delete(&sessionRow{}).Error; err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	s.lose(ctx, id)
	return nil
}

// DeleteWeakSessions ends the sessions of an installer's accounts that showed no second factor.
func (s *Store) DeleteWeakSessions(ctx context.Context, org domain.OrgID) error {
	weak := s.conn(ctx).Model(&sessionRow{}).Where("factor_at IS NULL AND account_id IN (SELECT id FROM accounts WHERE org_id = ? AND role IN ?)",
		org, []string{string(account.RoleInstaller), string(account.RoleSubInstaller)})
	var whose []domain.AccountID
	if err := weak.Session(&gorm.Session{}).Distinct().Pluck("account_id", &whose).Error; err != nil {
		return fmt.Errorf("find weak sessions: %w", err)
	}
	if err := weak.Session(&gorm.Session{}).Delete(&sessionRow{}).Error; err != nil {
		return fmt.Errorf("end weak sessions: %w", err)
	}
	for _, id := range whose {
		s.lose(ctx, id)
	}
	return nil
}

// SetSessionGrant puts a session into an organisation by leave; zero is back home.
func (s *Store) SetSessionGrant(ctx context.Context, id domain.SessionID, grant domain.GrantID) error {
	if err := s.conn(ctx).Model(&sessionRow{}).Where("id = ?", id).Update("grant_id", grant).Error; err != nil {
		return fmt.Errorf("set the leave of a session: %w", err)
	}
	return nil
}

// SetSessionReady writes down that a session showed its second factor, and how long it lives from now on.
func (s *Store) SetSessionReady(ctx context.Context, id domain.SessionID, at, expires time.Time) error {
	changes := map[string]any{"stage": string(account.StageReady), "factor_at": at.UnixMilli(), "seen_at": at.UnixMilli(), "expires_at": expires.UnixMilli()}
	if err := s.conn(ctx).Model(&sessionRow{}).Where("id = ? AND stage = ?", id, string(account.StageFactor)).Updates(changes).Error; err != nil {
		return fmt.Errorf("finish a session: %w", err)
	}
	return nil
}

// Sessions lists the sessions of an account that live now and were used since seen, last used first.
func (s *Store) Sessions(ctx context.Context, id domain.AccountID, now, seen time.Time) ([]account.Session, error) {
	var rows []sessionRow
	err := s.conn(ctx).Where("account_id = ? AND expires_at > ? AND seen_at >= ?", id, now.UnixMilli(), seen.UnixMilli()).
		Order("seen_at DESC, id DESC").Limit(MaxPage).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	out := make([]account.Session, len(rows))
	for i, r := range rows {
		out[i] = r.session()
	}
	return out, nil
}

// EndSession ends one session of an account; NotFound when it is not one of its own.
func (s *Store) EndSession(ctx context.Context, whose domain.AccountID, id domain.SessionID) error {
	done := s.conn(ctx).Where("id = ? AND account_id = ?", id.String(), whose).Delete(&sessionRow{})
	if done.Error != nil {
		return fmt.Errorf("end session: %w", done.Error)
	}
	if done.RowsAffected == 0 {
		return missing(gorm.ErrRecordNotFound, "This session")
	}
	s.lose(ctx, whose)
	return nil
}
