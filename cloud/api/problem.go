package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"vestibule/cloud/account"
	"vestibule/cloud/guard"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
)

// statuses maps fault codes to HTTP; it has every code (TestStatuses_AreTotal).
var statuses = map[fault.Code]int{
	fault.Invalid:         http.StatusUnprocessableEntity,
	fault.NotFound:        http.StatusNotFound,
	fault.Conflict:        http.StatusConflict,
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.Forbidden:       http.StatusForbidden,
	fault.Expired:         http.StatusGone,
	fault.Offline:         http.StatusConflict,
	fault.Unavailable:     http.StatusServiceUnavailable,
	fault.Limit:           http.StatusTooManyRequests,
	fault.Internal:        http.StatusInternalServerError,
}

// Problem is a problem document (RFC 9457). It never repeats a value of the request.
type Problem struct {
	Title     string        `json:"title"`
	Status    int           `json:"status"`
	Detail    string        `json:"detail" doc:"What happened, for a person."`
	Code      string        `json:"code" doc:"What happened, for a program: invalid, not_found, conflict, unauthenticated, forbidden, expired, offline, unavailable, limit, internal."`
	Errors    []FieldFault  `json:"errors,omitempty" nullable:"false"`
	RequestID string        `json:"request_id"`
	wait      time.Duration // for Retry-After
	etag      string        // of now, when the caller has seen another revision
}

// FieldFault says what is wrong with one field.
type FieldFault struct {
	Path    string `json:"path" doc:"Such as relays[0].dtmf."`
	Message string `json:"message"`
}

// Error gives the detail.
func (p *Problem) Error() string { return p.Detail }

// GetStatus gives the status code.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType names problem documents as such.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders tells when to come back.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.wait > 0 {
		h.Set("Retry-After", strconv.Itoa(int((p.wait+time.Second-1)/time.Second)))
	}
	if p.etag != "" {
		h.Set("ETag", p.etag)
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="vestibule"`)
	}
	return h
}

// statusGivenUp is the status of a request whose client went away before the answer; nobody reads it but the log.
const statusGivenUp = 499

// problem turns an error of a job into its answer, and logs what is ours.
func (a *API) problem(ctx context.Context, err error) *Problem {
	if errors.Is(ctx.Err(), context.Canceled) {
		// Databases and drivers each tell in their own words that they were interrupted: that the client went away is what counts.
		a.Logger.InfoContext(ctx, "request given up", logkey.Request, requestID(ctx), logkey.Err, err)
		return newProblem(ctx, statusGivenUp, string(fault.Unavailable), "The request was given up.")
	}
	code := fault.CodeOf(err)
	detail := fault.Message(err)
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		code, detail = fault.Unavailable, "The request took too long."
	}
	if code == fault.Internal || code == fault.Unavailable {
		a.Logger.ErrorContext(ctx, "request failed", logkey.Request, requestID(ctx), logkey.Code, string(code), logkey.Err, err)
	}
	p := newProblem(ctx, statuses[code], string(code), detail)
	p.wait = guard.RetryAfter(err)
	if stale := (*account.Stale)(nil); errors.As(err, &stale) {
		p.Status, p.Title, p.etag = http.StatusPreconditionFailed, http.StatusText(http.StatusPreconditionFailed), etag(stale.Present)
	}
	for _, f := range fault.FieldsOf(err) {
		p.Errors = append(p.Errors, FieldFault{Path: f.Path, Message: f.Msg})
	}
	return p
}

func newProblem(ctx context.Context, status int, code, detail string) *Problem {
	return &Problem{Title: http.StatusText(status), Status: status, Code: code, Detail: detail, RequestID: requestID(ctx)}
}

// codeOf names what the framework refuses by itself.
func codeOf(status int) fault.Code {
	switch status {
	case http.StatusRequestEntityTooLarge, http.StatusTooManyRequests:
		return fault.Limit
	case http.StatusRequestTimeout:
		return fault.Expired
	case http.StatusUnauthorized:
		return fault.Unauthenticated
	}
	if status >= 500 {
		return fault.Internal
	}
	return fault.Invalid
}

// The framework's own errors become problem documents too: its words about the form stay, the values it would repeat do not.
func init() {
	huma.NewErrorWithContext = func(c huma.Context, status int, msg string, errs ...error) huma.StatusError {
		ctx := context.Background()
		if c != nil {
			ctx = c.Context()
		}
		detail := "Some fields need another value."
		switch {
		case status == http.StatusRequestEntityTooLarge:
			detail = "At most 1 MiB."
		case status >= 500:
			detail = fault.Message(nil)
		case len(errs) == 0:
			detail = sentence(msg)
		}
		p := newProblem(ctx, status, string(codeOf(status)), detail)
		for _, err := range errs {
			var d *huma.ErrorDetail
			if errors.As(err, &d) {
				p.Errors = append(p.Errors, FieldFault{Path: fieldPath(d.Location), Message: sentence(d.Message)})
			} else if status < 500 {
				p.Errors = append(p.Errors, FieldFault{Path: "body", Message: "This cannot be read as JSON of the right form."})
			}
		}
		return p
	}
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		return huma.NewErrorWithContext(nil, status, msg, errs...)
	}
}

// fieldPath turns the framework's place into ours: body.relays[0].dtmf is relays[0].dtmf.
func fieldPath(location string) string {
	for _, prefix := range []string{"body.", "query.", "path.", "header."} {
		if rest, ok := strings.CutPrefix(location, prefix); ok {
			return rest
		}
	}
	return location
}

// sentence makes a sentence of the framework's words.
func sentence(msg string) string {
	if msg == "" {
		return "This needs another value."
	}
	return strings.ToUpper(msg[:1]) + strings.TrimSuffix(msg[1:], ".") + "."
}

// refuse answers outside of operations: unknown addresses and methods.
func (a *API) refuse(c *gin.Context, status int, code, detail string) {
	c.Header("Content-Type", "application/problem+json")
	c.JSON(status, newProblem(c.Request.Context(), status, code, detail))
	c.Abort()
}

// denied answers a change that a page of another origin asked for.
func denied(w http.ResponseWriter, r *http.Request) {
	p := newProblem(r.Context(), http.StatusForbidden, string(fault.Forbidden), "This request comes from a page of another site.")
	w.Header().Set("Content-Type", p.ContentType(""))
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}
