package account

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"

	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// Queue takes work to be done after the answer, in the transaction of ctx when there is one. What a stranger asks for costs the same whether
// a name exists or not, because both put a row in; it holds an id or none, never what was typed.
type Queue interface {
	Insert(ctx context.Context, kind string, body any) error
}

// Kinds of work done after the answer.
const (
	RecoverJob = "account.recover" // look at a request of recovery
	LockedJob  = "account.locked"  // tell the owner of a locked name, if there is one
)

// Lock is a lock that was just set on a name.
type Lock struct {
	Account domain.AccountID `json:"account"` // zero: nobody has that name
	From    netip.Addr       `json:"from"`
}

// later puts work into the queue; without one it is done at once.
func (s *Service) later(ctx context.Context, kind string, body any) error {
	if s.cfg.Later != nil {
		return s.cfg.Later.Insert(ctx, kind, body)
	}
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return s.Work(kind)(ctx, text)
}

// Work gives what does one kind of work of the queue.
func (s *Service) Work(kind string) func(ctx context.Context, body []byte) error {
	switch kind {
	case RecoverJob:
		return func(ctx context.Context, body []byte) error {
			var r Recovery
			if err := json.Unmarshal(body, &r); err != nil {
				return fmt.Errorf("read %s: %w", kind, err)
			}
			return s.recover(ctx, r)
		}
	case LockedJob:
		return func(ctx context.Context, body []byte) error {
			var l Lock
			if err := json.Unmarshal(body, &l); err != nil {
				return fmt.Errorf("read %s: %w", kind, err)
			}
			a, err := s.cfg.Store.AccountByID(ctx, l.Account)
			if fault.CodeOf(err) == fault.NotFound {
				return nil
			}
			if err == nil {
				s.lockedOut(ctx, a, l.From, "password")
			}
			return err
		}
	}
	return func(context.Context, []byte) error { return fmt.Errorf("%s is no work of accounts", kind) }
}
