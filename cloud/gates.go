package cloud

import (
	"context"

	"vestibule/cloud/account"
	"vestibule/shared/domain"
)

// gates tells the fleet which features are open for an organisation; the account job is made after the fleet.
type gates struct{ c *Cloud }

// OrgGates gives the gates that hold in an organisation.
func (g gates) OrgGates(ctx context.Context, id domain.OrgID) (account.Gates, error) {
	org, err := g.c.store.Org(ctx, id)
	if err != nil {
		return account.Gates{}, err
	}
	return g.c.account.Effective(ctx, org)
}
