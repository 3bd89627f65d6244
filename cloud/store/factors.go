package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"vestibule/cloud/factor"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

var _ factor.Store = (*Store)(nil)

type codeRow struct {
	SessionID domain.SessionID `gorm:"primaryKey"`
	AccountID domain.AccountID
	CodeHash  []byte
	Tries     int
	CreatedAt int64 `gorm:"autoCreateTime:false"`
	ExpiresAt int64
}

func (codeRow) TableName() string { return "factor_codes" }

func (r codeRow) code() factor.Code {
	return factor.Code{
		Session: r.SessionID, Account: r.AccountID, Hash: r.CodeHash, Tries: r.Tries, CreatedAt: fromMilli(r.CreatedAt), ExpiresAt: fromMilli(r.ExpiresAt),
	}
}

// SaveCode keeps a mailed code; it replaces the one of the session, and drops those that expired long before.
func (s *Store) SaveCode(ctx context.Context, c factor.Code) error {
	r := codeRow{SessionID: c.Session, AccountID: c.Account, CodeHash: c.Hash, Tries: c.Tries, CreatedAt: c.CreatedAt.UnixMilli(), ExpiresAt: c.ExpiresAt.UnixMilli()}
	return s.InTx(ctx, func(ctx context.Context) error {
		old := c.CreatedAt.Add(-factor.CodeFor).UnixMilli()
		if err := s.conn(ctx).Where("session_id = ? OR expires_at < ?", c.Session, old).Delete(&codeRow{}).Error; err != nil {
			return fmt.Errorf("drop old codes: %w", err)
		}
		if err := s.conn(ctx).Create(&r).Error; err != nil {
			return fmt.Errorf("save code: %w", err)
		}
		return nil
	})
}

// CodeOf gives the code that waits for a session; NotFound when none does.
func (s *Store) CodeOf(ctx context.Context, session domain.SessionID) (factor.Code, error) {
	var r codeRow
	if err := s.conn(ctx).Where("session_id = ?", session).Take(&r).Error; err != nil {
		return factor.Code{}, fmt.Errorf("read code: %w", missing(err, "This code"))
	}
	return r.code(), nil
}

// CountCodes counts the codes of an account, whatever the sessions, made since a time.
func (s *Store) CountCodes(ctx context.Context, account domain.AccountID, since time.Time) (int, error) {
	var n int64
	err := s.conn(ctx).Model(&codeRow{}).Where("account_id = ? AND created_at > ?", account, since.UnixMilli()).Count(&n).Error
	return int(n), err
}

// TryCode counts one try at the code of a session; NotFound when none waits, it expired or all tries were made.
func (s *Store) TryCode(ctx context.Context, session domain.SessionID, tries int, now time.Time) (factor.Code, error) {
	done := s.conn(ctx).Exec("UPDATE factor_codes SET tries = tries + 1 WHERE session_id = ? AND tries < ? AND expires_at > ?", session, tries, now.UnixMilli())
	if done.Error != nil {
		return factor.Code{}, fmt.Errorf("count a try: %w", done.Error)
	}
	if done.RowsAffected == 0 {
		return factor.Code{}, fault.New(fault.NotFound, "This code does not exist.")
	}
	return s.CodeOf(ctx, session)
}

// TakeCode removes the code of a session when it has the hash; true once.
func (s *Store) TakeCode(ctx context.Context, session domain.SessionID, hash []byte) (bool, error) {
	done := s.conn(ctx).Where("session_id = ? AND code_hash = ?", session, hash).Delete(&codeRow{})
	return done.RowsAffected == 1, done.Error
}

// SetEmailFactor switches the code by mail of an account.
func (s *Store) SetEmailFactor(ctx context.Context, account domain.AccountID, on bool, at time.Time) error {
	return s.setAccount(ctx, account, map[string]any{
		"email_factor": on, "updated_at": at.UnixMilli(), "revision": gorm.Expr("revision + 1"), // others write the account by its revision
	})
}

// setAccount writes columns of an account; NotFound when it is gone.
func (s *Store) setAccount(ctx context.Context, account domain.AccountID, columns map[string]any) error {
	done := s.conn(ctx).Model(&accountRow{}).Where("id = ? AND deleted_at IS NULL", account).Updates(columns)
	if done.Error != nil {
		return fmt.Errorf("save account: %w", done.Error)
	}
	if done.RowsAffected == 0 {
		return fault.New(fault.NotFound, "This account does not exist.")
	}
	return nil
}

func totpPurpose(account domain.AccountID) string { return "account totp_secret " + account.String() }

// TOTP gives the authenticator of an account; its secret is zero when none is set up.
func (s *Store) TOTP(ctx context.Context, account domain.AccountID) (factor.TOTP, error) {
	var r accountRow
	err := s.forUpdate(s.conn(ctx)).Select("id", "totp_secret", "totp_confirmed_at", "totp_step").Where("id = ? AND deleted_at IS NULL", account).Take(&r).Error
	if err != nil {
		return factor.TOTP{}, fmt.Errorf("read authenticator: %w", missing(err, "This account"))
	}
	if len(r.TOTPSecret) == 0 {
		return factor.TOTP{}, nil
	}
	plain, err := s.key.Open(totpPurpose(account), r.TOTPSecret)
	return factor.TOTP{Secret: secret.New(string(plain)), ConfirmedAt: fromMilliOr(r.TOTPConfirmedAt), Step: r.TOTPStep}, err
}

// SaveTOTP keeps the authenticator of an account, its secret sealed; a zero secret takes it away.
func (s *Store) SaveTOTP(ctx context.Context, account domain.AccountID, t factor.TOTP) error {
	columns := map[string]any{"totp_secret": nil, "totp_confirmed_at": milliOr(t.ConfirmedAt), "totp_step": t.Step}
	if !t.Secret.IsZero() {
		sealed, err := s.key.Seal(totpPurpose(account), []byte(t.Secret.Reveal()))
		if err != nil {
			return err
		}
		columns["totp_secret"] = sealed
	}
	return s.setAccount(ctx, account, columns)
}

// TakeTOTPStep notes the step of an accepted code; false when it or a later one was accepted before.
func (s *Store) TakeTOTPStep(ctx context.Context, account domain.AccountID, step int64) (bool, error) {
	done := s.conn(ctx).Model(&accountRow{}).
		Where("id = ? AND deleted_at IS NULL AND totp_confirmed_at IS NOT NULL AND totp_step < ?", account, step).Update("totp_step", step)
	return done.RowsAffected == 1, done.Error
}

type recoveryRow struct {
	AccountID domain.AccountID `gorm:"primaryKey"`
	CodeHash  []byte           `gorm:"primaryKey"`
}

func (recoveryRow) TableName() string { return "recovery_codes" }

// SaveRecovery replaces the recovery codes of an account.
func (s *Store) SaveRecovery(ctx context.Context, account domain.AccountID, hashes [][]byte) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		if err := s.conn(ctx).Where("account_id = ?", account).Delete(&recoveryRow{}).Error; err != nil {
			return fmt.Errorf("drop recovery codes: %w", err)
		}
		for _, hash := range hashes {
			if err := s.conn(ctx).Create(&recoveryRow{AccountID: account, CodeHash: hash}).Error; err != nil {
				return fmt.Errorf("save recovery codes: %w", err)
			}
		}
		return nil
	})
}

// CountRecovery counts the recovery codes that an account has left.
func (s *Store) CountRecovery(ctx context.Context, account domain.AccountID) (int, error) {
	var n int64
	err := s.conn(ctx).Model(&recoveryRow{}).Where("account_id = ?", account).Count(&n).Error
	return int(n), err
}

// TakeRecovery uses a recovery code up; true once.
func (s *Store) TakeRecovery(ctx context.Context, account domain.AccountID, hash []byte) (bool, error) {
	done := s.conn(ctx).Where("account_id = ? AND code_hash = ?", account, hash).Delete(&recoveryRow{})
	return done.RowsAffected == 1, done.Error
}
