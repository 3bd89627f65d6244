package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// keepCalls is how many finished calls the agent's own page can show; those beyond are deleted some at a time.
const (
	keepCalls = 100
	trimEvery = 16
)

const (
	putCallQuery = `INSERT INTO calls (at, body) VALUES (?, ?)`

	trimCallsQuery = `DELETE FROM calls WHERE id <= (SELECT max(id) FROM calls) - ?`
)

// Call is a finished call with the agent's wall clock at its end.
type Call struct {
	At   time.Time
	Body domain.CallBody
}

type storedCall struct {
	At   int64           `cbor:"1,keyasint"`
	Body domain.CallBody `cbor:"2,keyasint"`
}

// PutCall keeps a finished call; the newest hundred stay.
func (s *Store) PutCall(ctx context.Context, atMilli int64, call domain.CallBody) error {
	raw, err := wire.Marshal(storedCall{atMilli, call})
	if err != nil {
		return err
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		if err := s.hot(ctx, s.putCall, atMilli, raw); err != nil {
			return wrap(err, "store a call")
		}
		if s.stored.Add(1)%trimEvery != 0 {
			return nil
		}
		return wrap(s.hot(ctx, s.trimCalls, int64(keepCalls)), "trim the calls")
	})
}

// HasCall tells whether a call is among the last hundred.
func (s *Store) HasCall(ctx context.Context, id domain.CallID) (bool, error) {
	calls, err := s.Calls(ctx)
	return slices.ContainsFunc(calls, func(c Call) bool { return c.Body.CallID == id }), err
}

// Calls lists the last finished calls, newest first.
func (s *Store) Calls(ctx context.Context) ([]Call, error) {
	return list(ctx, s, fmt.Sprintf("SELECT body FROM calls ORDER BY id DESC LIMIT %d", keepCalls), func(c storedCall) Call {
		return Call{At: time.UnixMilli(c.At).UTC(), Body: c.Body}
	})
}
