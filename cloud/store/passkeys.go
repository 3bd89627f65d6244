package store

import (
	"context"
	"fmt"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/factor"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

type passkeyRow struct {
	ID           domain.PasskeyID `gorm:"primaryKey"`
	AccountID    domain.AccountID
	CredentialID []byte
	Credential   string
	Name         string
	CreatedAt    int64 `gorm:"autoCreateTime:false"`
	UsedAt       *int64
}

func (passkeyRow) TableName() string { return "passkeys" }

func (r passkeyRow) passkey() factor.Passkey {
	return factor.Passkey{
		ID: r.ID, Account: r.AccountID, Credential: r.CredentialID, Record: []byte(r.Credential), Name: r.Name, CreatedAt: fromMilli(r.CreatedAt),
		UsedAt: fromMilliOr(r.UsedAt),
	}
}

// PasskeyHandle gives the name under which authenticators know an account; fresh becomes it when it has none yet.
func (s *Store) PasskeyHandle(ctx context.Context, account domain.AccountID, fresh []byte) ([]byte, error) {
	done := s.conn(ctx).Model(&accountRow{}).Where("id = ? AND deleted_at IS NULL AND passkey_handle IS NULL", account).Update("passkey_handle", fresh)
	if done.Error != nil {
		return nil, fmt.Errorf("save passkey handle: %w", done.Error)
	}
	var r accountRow
	if err := s.conn(ctx).Select("id", "passkey_handle").Where("id = ? AND deleted_at IS NULL", account).Take(&r).Error; err != nil {
		return nil, fmt.Errorf("read passkey handle: %w", missing(err, "This account"))
	}
	return r.PasskeyHandle, nil
}

// Passkeys lists the passkeys of an account, oldest first.
func (s *Store) Passkeys(ctx context.Context, account domain.AccountID) ([]factor.Passkey, error) {
	var rows []passkeyRow
	if err := s.conn(ctx).Where("account_id = ?", account).Order("created_at, id").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read passkeys: %w", err)
	}
	out := make([]factor.Passkey, len(rows))
	for i, r := range rows {
		out[i] = r.passkey()
	}
	return out, nil
}

// PasskeyByCredential finds a passkey, with the handle of its account, by the id that its authenticator gave it, and keeps others from using it
// until the transaction ends; NotFound when there is none.
func (s *Store) PasskeyByCredential(ctx context.Context, credential []byte) (factor.Passkey, account.Account, error) {
	var r passkeyRow
	var owner accountRow
	err := s.forUpdate(s.conn(ctx)).Where("credential_id = ?", credential).Take(&r).Error
	if err == nil {
		err = s.conn(ctx).Joins("Org").Where("accounts.id = ? AND accounts.deleted_at IS NULL", r.AccountID).Take(&owner).Error
	}
	if err != nil {
		return factor.Passkey{}, account.Account{}, fmt.Errorf("find passkey: %w", missing(err, "This passkey"))
	}
	p := r.passkey()
	p.Handle = owner.PasskeyHandle
	return p, owner.account(), nil
}

// SavePasskey adds a passkey; Conflict at "credential" when it is registered already.
func (s *Store) SavePasskey(ctx context.Context, p factor.Passkey) error {
	r := passkeyRow{
		ID: p.ID, AccountID: p.Account, CredentialID: p.Credential, Credential: string(p.Record), Name: p.Name, CreatedAt: p.CreatedAt.UnixMilli(),
		UsedAt: milliOr(p.UsedAt),
	}
	if err := s.conn(ctx).Create(&r).Error; err != nil {
		return fmt.Errorf("save passkey: %w", duplicate(err, "credential", "This passkey is registered already."))
	}
	return nil
}

// UsePasskey writes down what a sign-in changed: counter, flags and time.
func (s *Store) UsePasskey(ctx context.Context, p factor.Passkey) error {
	return s.conn(ctx).Model(&passkeyRow{}).Where("id = ?", p.ID).Updates(map[string]any{"credential": string(p.Record), "used_at": milliOr(p.UsedAt)}).Error
}

// DeletePasskey removes a passkey of an account and tells what it was; NotFound when the account has no such one.
func (s *Store) DeletePasskey(ctx context.Context, account domain.AccountID, id domain.PasskeyID) (factor.Passkey, error) {
	var r passkeyRow
	if err := s.forUpdate(s.conn(ctx)).Where("id = ? AND account_id = ?", id, account).Take(&r).Error; err != nil {
		return factor.Passkey{}, fmt.Errorf("find passkey: %w", missing(err, "This passkey"))
	}
	return r.passkey(), s.conn(ctx).Where("id = ?", id).Delete(&passkeyRow{}).Error
}

type ceremonyRow struct {
	TokenHash []byte `gorm:"primaryKey"`
	AccountID domain.AccountID
	Kind      string
	Data      string
	ExpiresAt int64
}

func (ceremonyRow) TableName() string { return "passkey_ceremonies" }

// SaveCeremony keeps what a passkey's second step must answer to, and drops what expired before now.
func (s *Store) SaveCeremony(ctx context.Context, c factor.Ceremony, now time.Time) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		if err := s.conn(ctx).Where("expires_at < ?", now.UnixMilli()).Delete(&ceremonyRow{}).Error; err != nil {
			return fmt.Errorf("drop old ceremonies: %w", err)
		}
		r := ceremonyRow{TokenHash: c.Hash, AccountID: c.Account, Kind: string(c.Kind), Data: string(c.Data), ExpiresAt: c.ExpiresAt.UnixMilli()}
		if err := s.conn(ctx).Create(&r).Error; err != nil {
			return fmt.Errorf("save ceremony: %w", err)
		}
		return nil
	})
}

// TakeCeremony uses a ceremony up; NotFound when it was used, expired or never was.
func (s *Store) TakeCeremony(ctx context.Context, hash []byte, now time.Time) (factor.Ceremony, error) {
	none := fault.New(fault.NotFound, "This ceremony does not exist.")
	var r ceremonyRow
	err := s.InTx(ctx, func(ctx context.Context) error {
		if err := s.conn(ctx).Where("token_hash = ?", hash).Take(&r).Error; err != nil {
			return missing(err, "This ceremony")
		}
		done := s.conn(ctx).Where("token_hash = ?", hash).Delete(&ceremonyRow{})
		if done.Error == nil && done.RowsAffected == 0 {
			return none
		}
		return done.Error
	})
	if err == nil && r.ExpiresAt <= now.UnixMilli() {
		err = none
	}
	if err != nil {
		return factor.Ceremony{}, err
	}
	return factor.Ceremony{Hash: hash, Account: r.AccountID, Kind: factor.CeremonyKind(r.Kind), Data: []byte(r.Data), ExpiresAt: fromMilli(r.ExpiresAt)}, nil
}
