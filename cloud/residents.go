package cloud

import (
	"context"

	"vestibule/shared/domain"
)

// residents tells the accounts of edits of people: accounts are made after the fleet.
type residents struct{ c *Cloud }

// PersonEdited refuses what the account of a person stands against.
func (r residents) PersonEdited(ctx context.Context, before, after domain.Person) error {
	return r.c.account.PersonEdited(ctx, before, after)
}

// PersonDeleted deletes the account of a person with the person.
func (r residents) PersonDeleted(ctx context.Context, person domain.Person) error {
	return r.c.account.PersonDeleted(ctx, person)
}

// PersonReset ends the account of a person who leaves a home.
func (r residents) PersonReset(ctx context.Context, person domain.Person) error {
	return r.c.account.PersonReset(ctx, person)
}

// Linked tells whether the account of a person has further sites.
func (r residents) Linked(ctx context.Context, person domain.PersonID) (bool, error) {
	return r.c.account.Linked(ctx, person)
}
