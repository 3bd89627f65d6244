package account

import (
	"context"

	"vestibule/cloud/audit"
	"vestibule/shared/domain"
)

// Stamp writes into an audit entry who ctx acts for: the person's own name, and the entered organisation as the second one (BEY-19).
// It makes the id too; e.At must be set.
func Stamp(ctx context.Context, e audit.Entry) audit.Entry {
	if e.ID.IsZero() {
		e.ID = domain.NewID[domain.AuditID](e.At)
	}
	if caller, ok := From(ctx); ok {
		e.Account, e.Actor, e.ActorOrg, e.Token, e.From = caller.Account, caller.Name, caller.HomeOrg, caller.Token, caller.From
		if caller.Entry != nil {
			e.Behalf, e.Grant = caller.OrgName, caller.Entry.Grant
		}
	} else if what, ok := System(ctx); ok {
		e.Actor = what
	}
	return e
}
