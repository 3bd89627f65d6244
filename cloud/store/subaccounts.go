package store

import (
	"context"
	"fmt"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
)

func (r accountRow) place() (string, string) { return r.Folded, r.ID.String() }

func (r accountRow) noun() account.Account { return r.account() }

// SubAccountsOf lists the sub-installers of an organisation by name. Their Org holds no more than the id.
func (s *Store) SubAccountsOf(ctx context.Context, org domain.OrgID, query, after string, limit int) ([]account.Account, string, error) {
	rows := s.conn(ctx).Where("org_id = ? AND role = ?", org, string(account.RoleSubInstaller))
	part, err := list[account.Account, accountRow](rows, fleet.Page{Limit: limit, After: after, Query: query})
	return part.Items, part.Next, err
}

// SubAccount gives a sub-installer of an organisation; another's is NotFound.
func (s *Store) SubAccount(ctx context.Context, org domain.OrgID, id domain.AccountID) (account.Account, error) {
	return s.oneAccount(ctx, "accounts.id = ? AND accounts.org_id = ? AND accounts.role = ?", id, org, string(account.RoleSubInstaller))
}

// DropAccount marks an account as deleted and ends all that it signs in with: sessions, tokens, links, codes and passkeys.
func (s *Store) DropAccount(ctx context.Context, id domain.AccountID, at time.Time) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		ms := at.UnixMilli()
		err := s.conn(ctx).Model(&accountRow{}).Where("id = ? AND deleted_at IS NULL", id).Updates(map[string]any{"deleted_at": ms, "updated_at": ms}).Error
		if err == nil {
			err = s.DeleteSessions(ctx, id, domain.SessionID{})
		}
		if err == nil {
			err = s.conn(ctx).Table("api_tokens").Where("account_id = ? AND revoked_at IS NULL", id).Update("revoked_at", ms).Error
		}
		if err == nil {
			err = s.conn(ctx).Table("entries").Where("account_id = ? AND left_at IS NULL", id).Update("left_at", ms).Error
		}
		for _, table := range []string{"links", "factor_codes", "recovery_codes", "passkeys"} {
			if err == nil {
				err = s.conn(ctx).Exec("DELETE FROM "+table+" WHERE account_id = ?", id).Error
			}
		}
		if err != nil {
			return fmt.Errorf("delete account: %w", err)
		}
		return nil
	})
}
