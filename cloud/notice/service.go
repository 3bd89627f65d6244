package notice

import (
	"context"

	"vestibule/shared/domain"
)

// Service keeps notices.
type Service struct{}

// Tell gives an account a notice, in the transaction of ctx when there is one.
func (s *Service) Tell(ctx context.Context, account domain.AccountID, kind string, values map[string]string) error {
	return nil
}
