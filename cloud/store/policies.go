package store

import (
	"context"
	"fmt"

	"vestibule/cloud/account"
	"vestibule/shared/domain"
)

type policyRow struct {
	Version     int `gorm:"primaryKey;autoIncrement:false"`
	Body        string
	PublishedBy domain.AccountID
	PublishedAt int64
}

func (policyRow) TableName() string { return "policies" }

type agreementRow struct {
	AccountID domain.AccountID `gorm:"primaryKey"`
	Version   int              `gorm:"primaryKey;autoIncrement:false"`
	Agreed    bool
	Address   string
	At        int64 `gorm:"primaryKey;autoIncrement:false"`
}

func (agreementRow) TableName() string { return "agreements" }

// PolicyVersion gives the number of the newest policy; zero when there is none.
func (s *Store) PolicyVersion(ctx context.Context) (int, error) {
	var version int
	if err := s.conn(ctx).Model(&policyRow{}).Select("COALESCE(MAX(version), 0)").Scan(&version).Error; err != nil {
		return 0, fmt.Errorf("read the version of the policy: %w", err)
	}
	return version, nil
}

// CurrentPolicy gives the newest policy; NotFound when there is none.
func (s *Store) CurrentPolicy(ctx context.Context) (account.Policy, error) {
	var row policyRow
	if err := s.conn(ctx).Order("version DESC").Take(&row).Error; err != nil {
		return account.Policy{}, fmt.Errorf("read the policy: %w", missing(err, "This policy"))
	}
	return account.Policy{Version: row.Version, Body: row.Body, PublishedBy: row.PublishedBy, PublishedAt: fromMilli(row.PublishedAt)}, nil
}

// AddPolicy adds a version; Conflict when there is one of that number.
func (s *Store) AddPolicy(ctx context.Context, p account.Policy) error {
	row := policyRow{Version: p.Version, Body: p.Body, PublishedBy: p.PublishedBy, PublishedAt: p.PublishedAt.UnixMilli()}
	if err := s.conn(ctx).Create(&row).Error; err != nil {
		return fmt.Errorf("save the policy: %w", duplicate(err, "body", "Somebody else published a version in the same moment."))
	}
	return nil
}

// SaveAgreement keeps an answer to a policy; an agreement becomes what the account agreed to. It does not change the account's revision:
// nobody edits it.
func (s *Store) SaveAgreement(ctx context.Context, a account.Agreement) error {
	row := agreementRow{AccountID: a.Account, Version: a.Version, Agreed: a.Agreed, Address: a.Address, At: a.At.UnixMilli()}
	return s.InTx(ctx, func(ctx context.Context) error {
		if err := s.conn(ctx).Create(&row).Error; err != nil {
			return fmt.Errorf("save agreement: %w", duplicate(err, "version", "This was just answered."))
		}
		if !a.Agreed {
			return nil
		}
		return s.conn(ctx).Model(&accountRow{}).Where("id = ?", a.Account).Update("agreed_version", a.Version).Error
	})
}

// Agreements lists what an account answered to policies, oldest first.
func (s *Store) Agreements(ctx context.Context, id domain.AccountID) ([]account.Agreement, error) {
	var rows []agreementRow
	if err := s.conn(ctx).Where("account_id = ?", id).Order("at, version").Limit(MaxPage).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list agreements: %w", err)
	}
	out := make([]account.Agreement, len(rows))
	for i, r := range rows {
		out[i] = account.Agreement{Account: r.AccountID, Version: r.Version, Agreed: r.Agreed, Address: r.Address, At: fromMilli(r.At)}
	}
	return out, nil
}
