package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"vestibule/cloud/account"
	"vestibule/shared/fault"
)

// Whatever people edit carries a revision, so that two who edit at once cannot undo each other unseen. Its pieces:
//
//   - the table has the column revision, 1 for a new row, one more at each change; the shown type has Revision uint64 `json:"revision"`,
//     in lists too;
//   - GET, POST and PUT of one answer tagged(shown, revision, err), which adds the header ETag: "3";
//   - PUT and DELETE embed IfMatch in their input: with the header If-Match: "3" the context of their handler carries the expected
//     revision; without it, or with *, any will do;
//   - the job calls account.Revise(ctx, before.Revision) in its transaction after it read the row (under a lock, such as LockSite or
//     forUpdate) and before it checks the form. The store counts on: by put, or by Store.revised,
//     which needs no lock;
//   - whoever has seen another revision gets 412 with code conflict and the present ETag, and nothing is changed.

// IfMatch is what PUT and DELETE of one thing embed. An optional header of RFC 9110, section 13.1.1.
type IfMatch struct {
	IfMatch string `header:"If-Match" doc:"The ETag that was read, such as \"3\": refused with 412 when the thing was changed since. Absent or *: any."`
}

// expecter is an input that embeds IfMatch.
type expecter interface {
	expect(ctx context.Context) (context.Context, error)
}

var errIfMatch = &fault.Error{
	Code: fault.Invalid, Msg: "If-Match cannot be read.", Fields: []fault.Field{{Path: "If-Match", Msg: `One ETag of this thing, such as "3", or *.`}},
}

// expect gives the context of a change: with the revision that the caller has seen.
func (m *IfMatch) expect(ctx context.Context) (context.Context, error) {
	given := strings.TrimSpace(m.IfMatch)
	if given == "" || given == "*" {
		return ctx, nil
	}
	digits, open := strings.CutPrefix(given, `"`)
	digits, closed := strings.CutSuffix(digits, `"`)
	revision, err := strconv.ParseUint(digits, 10, 63)
	if !open || !closed || err != nil || etag(revision) != given {
		return ctx, errIfMatch
	}
	return account.WithRevision(ctx, revision), nil
}

// expecting gives the context of an operation: with the revision that the caller has seen, when its input takes one.
func expecting(ctx context.Context, in any) (context.Context, error) {
	if m, ok := in.(expecter); ok {
		return m.expect(ctx)
	}
	return ctx, nil
}

// etag writes a revision as a strong ETag.
func etag(revision uint64) string { return `"` + strconv.FormatUint(revision, 10) + `"` }

// Tagged is an answer with one thing and its ETag.
type Tagged[T any] struct {
	ETag string `header:"ETag" doc:"The revision, for If-Match of a change."`
	Body T
}

// tagged answers one thing with its revision, after err of what made it.
func tagged[T any](shown T, revision uint64, err error) (*Tagged[T], error) {
	if err != nil {
		return nil, err
	}
	return &Tagged[T]{ETag: etag(revision), Body: shown}, nil
}

// conditional tells clients that a change may be refused because of its If-Match.
func conditional[I any](op *huma.Operation) {
	if _, ok := any(new(I)).(expecter); ok {
		op.Errors = append(op.Errors, http.StatusPreconditionFailed)
	}
}
