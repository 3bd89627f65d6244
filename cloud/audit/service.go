package audit

import (
	"context"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// Bounds of what is read at once, and of an export.
const (
	MaxPage   = 500
	MaxExport = 100_000 // rows
	maxWords  = 200     // characters of a search
)

// Line is an entry as people read it, with the names of the day it is read; a site keeps its name after it is deleted.
type Line struct {
	Entry
	SiteName     string
	ActorOrgName string
}

// Place is where a page of the audit ends: entries are ordered by time and id, newest first. The zero value is before the newest.
type Place struct {
	At time.Time
	ID domain.AuditID
}

// Query asks for entries; what is zero is not asked about.
type Query struct {
	Words   string // every word must stand in names, action, object or reason
	Action  Action
	Object  string
	Account domain.AccountID
	Site    domain.SiteID
	Of      [16]byte  // the object's id
	From    time.Time // inclusive
	To      time.Time // exclusive
	Limit   int
	After   Place
}

// Store finds entries that the caller of ctx may see.
type Store interface {
	AuditLines(ctx context.Context, q Query) ([]Line, error)
}

// Service reads the audit.
type Service struct{ store Store }

// New makes the service.
func New(store Store) *Service { return &Service{store: store} }

// List gives a page, newest first, and the cursor of the next one; it is empty at the end.
func (s *Service) List(ctx context.Context, q Query, cursor string) (lines []Line, next string, err error) {
	if err := q.check(); err != nil {
		return nil, "", err
	}
	if q.After, err = readPlace(cursor); err != nil {
		return nil, "", err
	}
	limit := min(max(q.Limit, 1), MaxPage)
	q.Limit = limit + 1
	if lines, err = s.store.AuditLines(ctx, q); err != nil {
		return nil, "", err
	}
	if len(lines) > limit {
		lines = lines[:limit]
		next = lines[limit-1].place().text()
	}
	return lines, next, nil
}

func (q Query) check() error {
	var f fault.Fields
	for path, text := range map[string]string{"q": q.Words, "action": string(q.Action), "object": q.Object} {
		words := utf8.ValidString(text) && !strings.ContainsRune(text, 0)
		f.Check(words, path, "These are no words to look for.")
		f.Check(!words || utf8.RuneCountInString(text) <= maxWords, path, "At most %d characters.", maxWords)
	}
	return f.Err()
}

func (l Line) place() Place { return Place{At: l.At, ID: l.ID} }

type placeText struct {
	At int64          `json:"t"`
	ID domain.AuditID `json:"i"`
}

func (p Place) text() string {
	text, _ := json.Marshal(placeText{p.At.UnixMilli(), p.ID}) // two plain fields: cannot fail
	return base64.RawURLEncoding.EncodeToString(text)
}

func readPlace(cursor string) (Place, error) {
	if cursor == "" {
		return Place{}, nil
	}
	var p placeText
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(raw) > 200 || json.Unmarshal(raw, &p) != nil || p.ID.IsZero() {
		return Place{}, fault.New(fault.Invalid, "This is not a cursor of the audit.")
	}
	return Place{At: time.UnixMilli(p.At).UTC(), ID: p.ID}, nil
}

// Format of an export.
type Format string

// Formats.
const (
	CSV   Format = "csv"
	JSONL Format = "jsonl" // one JSON object on each line
)

// Export writes entries, newest first, at most MaxExport; a last line says when there are more. between is called before each part.
func (s *Service) Export(ctx context.Context, q Query, format Format, out io.Writer, between func()) error {
	if err := q.check(); err != nil {
		return err
	}
	w := writer(format, out)
	if err := w.head(); err != nil {
		return err
	}
	for rows := 0; ; {
		between()
		q.Limit = min(MaxPage, MaxExport-rows) + 1
		lines, err := s.store.AuditLines(ctx, q)
		if err != nil {
			return err
		}
		more := len(lines) == q.Limit
		if more {
			lines = lines[:q.Limit-1]
		}
		for _, l := range lines {
			if err := w.line(l); err != nil {
				return err
			}
		}
		if rows += len(lines); !more {
			return w.end("")
		}
		if rows >= MaxExport {
			return w.end(fmt.Sprintf("Cut after %d rows; ask for a shorter time.", rows))
		}
		q.After = lines[len(lines)-1].place()
	}
}

// CheckExport tells what is wrong with an export before anything of it is written.
func (s *Service) CheckExport(q Query, format Format) error {
	if format != CSV && format != JSONL {
		return fault.New(fault.Invalid, "Export as csv or jsonl.")
	}
	return q.check()
}

type rowWriter interface {
	head() error
	line(l Line) error
	end(cut string) error // cut is empty when everything is there
}

func writer(format Format, out io.Writer) rowWriter {
	if format == JSONL {
		return jsonLines{json.NewEncoder(out)}
	}
	return csvRows{csv.NewWriter(out)}
}

type csvRows struct{ w *csv.Writer }

// columns of an export.
var columns = []string{
	"at", "actor", "actor_organisation", "on_behalf_of", "from", "token", "action", "object", "object_id", "object_name", "site", "reason", "before", "after", "id",
}

func (c csvRows) head() error { return c.w.Write(columns) }

func (c csvRows) line(l Line) error {
	row := l.cells()
	for i := range row {
		row[i] = Harmless(row[i])
	}
	return c.w.Write(row)
}

func (c csvRows) end(cut string) error {
	if cut != "" {
		if err := c.w.Write([]string{cut}); err != nil {
			return err
		}
	}
	c.w.Flush()
	return c.w.Error()
}

// Harmless keeps a spreadsheet from taking text for a formula (CWE-1236): such a cell begins with a quote.
func Harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

func (l Line) cells() []string {
	from := ""
	if l.From.IsValid() {
		from = l.From.String()
	}
	return []string{
		l.At.Format(time.RFC3339Nano), l.Actor, l.ActorOrgName, l.Behalf, from, idText(l.Token), string(l.Action), l.Object,
		idText(domain.ID[Line](l.ObjectID)), l.ObjectName, l.SiteName, l.Reason, string(l.Before), string(l.After), l.ID.String(),
	}
}

func idText[K any](id domain.ID[K]) string {
	if id.IsZero() {
		return ""
	}
	return id.String()
}

type jsonLines struct{ enc *json.Encoder }

func (jsonLines) head() error { return nil }

func (j jsonLines) line(l Line) error {
	row := map[string]any{}
	for i, cell := range l.cells() {
		row[columns[i]] = cell
	}
	row["before"], row["after"] = raw(l.Before), raw(l.After)
	return j.enc.Encode(row)
}

func (j jsonLines) end(cut string) error {
	if cut == "" {
		return nil
	}
	return j.enc.Encode(map[string]string{"cut": cut})
}

// raw gives JSON as it is, and null when there is none.
func raw(text json.RawMessage) json.RawMessage {
	if !json.Valid(text) {
		return json.RawMessage("null")
	}
	return text
}
