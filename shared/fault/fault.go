package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Code classifies an error for the side that asked. The zero value is Internal.
type Code string

// The closed list of codes. A code's text is fixed: it travels on the wire and in problem documents.
const (
	Invalid         Code = "invalid"         // the input is wrong; Fields says where
	NotFound        Code = "not_found"       // absent, or not visible to the caller
	Conflict        Code = "conflict"        // somebody else changed it, or it exists already
	Unauthenticated Code = "unauthenticated" // no valid proof of who is asking
	Forbidden       Code = "forbidden"       // known, but may not
	Expired         Code = "expired"         // the deadline has passed
	Offline         Code = "offline"         // the agent or device cannot be reached now
	Unavailable     Code = "unavailable"     // a part of ours is down; try later
	Limit           Code = "limit"           // too many, too big, too often
	Internal        Code = "internal"        // ours; logged in full, told in general
)

// Codes lists every code once, for tables that must be total.
func Codes() []Code {
	return []Code{Invalid, NotFound, Conflict, Unauthenticated, Forbidden, Expired, Offline, Unavailable, Limit, Internal}
}

// Field is one fault of the input: Path is where (JSON path such as "relays[0].dtmf"), Msg what would be right.
type Field struct {
	Path string `json:"path"`
	Msg  string `json:"message"`
}

// Error is the product's error. Msg is for the person, Err for the operator; an error that is no *Error counts as Internal.
type Error struct {
	Code   Code
	Msg    string
	Op     string
	Fields []Field
	Err    error
}

// Error gives the operator's text.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Op != "" {
		b.WriteString(e.Op + ": ")
	}
	b.WriteString(e.Msg)
	for _, f := range e.Fields {
		b.WriteString("; " + f.Path + ": " + f.Msg)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// New makes an error with a message for the person.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Msg: fmt.Sprintf(format, args...)}
}

// Wrap gives cause a code and a message for the person; nil stays nil.
func Wrap(cause error, code Code, format string, args ...any) error {
	if cause == nil {
		return nil
	}
	return &Error{Code: code, Msg: fmt.Sprintf(format, args...), Err: cause}
}

// CodeOf reads the code through wrapping; no *Error means Internal, nil means "".
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return Internal
}

// Message is what a person may read: the message of the outermost *Error, else a general sentence.
func Message(err error) string {
	var e *Error
	if errors.As(err, &e) && e.Code != Internal {
		return e.Msg
	}
	return "The service could not do this. The operator's log has the cause."
}

// FieldsOf gives the faults at fields, if any.
func FieldsOf(err error) []Field {
	var e *Error
	if errors.As(err, &e) {
		return e.Fields
	}
	return nil
}

// Fields collects faults of one input so that all are told at once. The zero value is ready.
type Fields struct{ list []Field }

// Add notes one fault at path.
func (f *Fields) Add(path, format string, args ...any) {
	f.list = append(f.list, Field{Path: path, Msg: fmt.Sprintf(format, args...)})
}

// Check notes the fault unless ok holds.
func (f *Fields) Check(ok bool, path, format string, args ...any) {
	if !ok {
		f.Add(path, format, args...)
	}
}

// Err is nil when nothing was noted, else one Invalid error with every field.
func (f *Fields) Err() error {
	if len(f.list) == 0 {
		return nil
	}
	return &Error{Code: Invalid, Msg: "Some fields need another value.", Fields: f.list}
}
