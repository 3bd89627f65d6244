package store

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// record is what every noun of a site carries beside its own columns. Revision is one more at each change. Folded is what lists are ordered by and searched in; DeletedAt
// is set when the noun is deleted, and the row goes with a later purge.
type record struct {
	Folded    string
	Revision  uint64
	CreatedAt int64 `gorm:"autoCreateTime:false"`
	UpdatedAt int64 `gorm:"autoUpdateTime:false"`
	DeletedAt *int64
}

func newRecord(at time.Time, words ...string) record {
	return record{Folded: fold(strings.Join(words, " ")), Revision: 1, CreatedAt: at.UnixMilli(), UpdatedAt: at.UnixMilli()}
}

// row is the private form of a noun.
type row[T any] interface {
	place() (folded, id string)
	noun() T
}

// unfolded are Latin letters whose marks a search ignores; both databases compare the folded column byte by byte.
var unfolded = strings.NewReplacer(
	"à", "a", "á", "a", "â", "a", "ã", "a", "ä", "a", "å", "a", "ā", "a", "ă", "a", "ą", "a", "æ", "ae", "ç", "c", "ć", "c", "č", "c",
	"ď", "d", "đ", "d", "ð", "d", "è", "e", "é", "e", "ê", "e", "ë", "e", "ē", "e", "ę", "e", "ě", "e", "ğ", "g", "ì", "i", "í", "i",
	"î", "i", "ï", "i", "ī", "i", "ı", "i", "ķ", "k", "ł", "l", "ļ", "l", "ľ", "l", "ñ", "n", "ń", "n", "ň", "n", "ņ", "n", "ò", "o",
	"ó", "o", "ô", "o", "õ", "o", "ö", "o", "ø", "o", "ő", "o", "œ", "oe", "ř", "r", "ŕ", "r", "ś", "s", "š", "s", "ş", "s", "ș", "s",
	"ß", "ss", "ť", "t", "ţ", "t", "ț", "t", "þ", "th", "ù", "u", "ú", "u", "û", "u", "ü", "u", "ū", "u", "ů", "u", "ű", "u", "ý", "y",
	"ÿ", "y", "ź", "z", "ż", "z", "ž", "z",
)

// fold gives the form in which names are compared, ordered and searched: lower case, without marks, numbers padded so that 2 stands before
// 10, and after a bar once more as typed, so that a search for 2#12 finds it.
func fold(text string) string {
	var out strings.Builder
	digits := 0
	plain := unfoldedText(text)
	for i, r := range plain {
		if r < '0' || r > '9' {
			digits = 0
		} else if digits == 0 {
			for digits = i; digits < len(plain) && plain[digits] >= '0' && plain[digits] <= '9'; {
				digits++
			}
			out.WriteString(strings.Repeat("0", max(0, 6-(digits-i))))
		}
		out.WriteRune(r)
	}
	if out.Len() != len(plain) {
		out.WriteString("|" + plain)
	}
	return out.String()
}

// unfoldedText is a text without case and marks, and without NUL, which PostgreSQL refuses even to compare with.
func unfoldedText(text string) string {
	return strings.ReplaceAll(unfolded.Replace(strings.ToLower(text)), "\x00", "")
}

// MaxPage is the most items of one answer.
const MaxPage = 1000

type cursor struct {
	Folded string `json:"f"`
	ID     string `json:"i"`
}

// sorts names the orders a list offers besides that of its folded column: the API's word and the expression in SQL, of the table "list" or of what
// joined has for that word.
type sorts map[string]string

// list gives one part of a list in the order of the folded column.
func list[T any, R row[T]](query *gorm.DB, page fleet.Page) (fleet.List[T], error) {
	return listBy[T, R](query, page, nil)
}

// listBy gives one part of a list in one of its orders. Only the order of the folded column has cursors; the others go by offset.
func listBy[T any, R row[T]](query *gorm.DB, page fleet.Page, orders sorts, joins ...string) (fleet.List[T], error) {
	var out fleet.List[T]
	limit := page.Limit
	if limit < 1 || limit > MaxPage {
		limit = MaxPage
	}
	if strings.ContainsRune(page.Query, 0) || !utf8.ValidString(page.Query) {
		return out, fault.New(fault.Invalid, "These are no words to look for.")
	}
	if page.Query != "" {
		query = query.Where(`folded LIKE ? ESCAPE '\'`, likeWords(page.Query))
	}
	query = query.Where("deleted_at IS NULL").Session(&gorm.Session{})
	order, err := orders.clause(page)
	if err != nil {
		return out, err
	}
	part := query
	if page.After != "" {
		at, err := readCursor(page.After)
		if err != nil {
			return out, err
		}
		part = query.Where("folded > ? OR folded = ? AND id > ?", at.Folded, at.Folded, at.ID)
	}
	ids, total, err := pick[R](query, part, order, page, limit+1, joins)
	if err != nil {
		return out, err
	}
	out.Total = total
	more := len(ids) > limit
	rows, err := rowsOf[T, R](query, ids[:min(len(ids), limit)])
	if err != nil {
		return out, err
	}
	if more && page.Sort == "" && !page.Desc && len(rows) > 0 {
		if out.Next, err = writeCursor(rows[len(rows)-1].place()); err != nil {
			return out, err
		}
	}
	out.Items = make([]T, len(rows))
	for i, r := range rows {
		out.Items[i] = r.noun()
	}
	return out, nil
}

// pick gives the ids of one part of a list and how many rows the whole has; part is the list from its cursor on. The ids come first: where an index has the order, they are read without
// the rest, and a list that ends within the part needs no counting.
func pick[R any](query, part *gorm.DB, order string, page fleet.Page, limit int, joins []string) ([]string, int, error) {
	ids, err := idsOf[R](query, part, order, page, limit, joins)
	if err != nil || ends(page, len(ids), limit) {
		return ids, page.Offset + len(ids), err
	}
	var total int64 // a cursor does not change it
	err = query.Model(new(R)).Count(&total).Error
	return ids, int(total), err
}

// ends tells whether a list ends within a part that has n rows, of which limit were asked for: then it needs no counting.
func ends(page fleet.Page, n, limit int) bool {
	return page.After == "" && n < limit && (n > 0 || page.Offset == 0)
}

// idsOf gives the ids of one part of a list.
func idsOf[R any](query, part *gorm.DB, order string, page fleet.Page, limit int, joins []string) ([]string, error) {
	list := query.Session(&gorm.Session{NewDB: true}).Table("(?) AS list", part.Model(new(R)).Select("*"))
	for _, join := range joins {
		list = list.Joins(join)
	}
	var ids []string
	err := list.Select("list.id").Order(order).Offset(page.Offset).Limit(limit).Scan(&ids).Error
	return ids, err
}

// countTo is how many rows a query gives, and true when there are more than most of them: what words are looked for in has to be read to be counted.
func countTo(query *gorm.DB, most int) (n int, more bool, err error) {
	var total int64
	err = query.Session(&gorm.Session{NewDB: true}).Table("(?) AS found", query.Select("1").Limit(most+1)).Count(&total).Error
	return min(int(total), most), int(total) > most, err
}

// rowsOf reads rows in the order of their ids.
func rowsOf[T any, R row[T]](query *gorm.DB, ids []string) ([]R, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var rows []R
	if err := query.Session(&gorm.Session{NewDB: true}).Where("id IN ?", ids).Find(&rows).Error; err != nil {
		return nil, err
	}
	at := make(map[string]int, len(ids))
	for i, id := range ids {
		at[id] = i
	}
	slices.SortFunc(rows, func(a, b R) int {
		_, one := a.place()
		_, other := b.place()
		return at[one] - at[other]
	})
	return rows, nil
}

// clause gives the ORDER BY of a page; an order that the list does not have is Invalid at "sort".
func (o sorts) clause(page fleet.Page) (string, error) {
	column := "list.folded"
	if page.Sort != "" {
		found, ok := o[page.Sort]
		if !ok {
			var f fault.Fields
			f.Add("sort", "This list is ordered by %s.", strings.Join(slices.Sorted(maps.Keys(o)), ", "))
			return "", f.Err()
		}
		column = found
	}
	if page.Desc {
		return column + " DESC, list.id DESC", nil
	}
	return column + ", list.id", nil
}

func writeCursor(folded, id string) (string, error) {
	text, err := json.Marshal(cursor{folded, id})
	return base64.RawURLEncoding.EncodeToString(text), err
}

func readCursor(text string) (cursor, error) {
	refused := fault.New(fault.Invalid, "This is not a cursor of the list.")
	raw, err := base64.RawURLEncoding.DecodeString(text)
	var at cursor
	if err != nil || json.Unmarshal(raw, &at) != nil || strings.ContainsRune(at.Folded, 0) {
		return at, refused
	}
	if _, err := domain.ParseID[domain.SiteID](at.ID); err != nil {
		return at, refused
	}
	return at, nil
}

// take reads one row of a site by its id.
func take[T any, R row[T]](ctx context.Context, s *Store, site domain.SiteID, id any, noun string) (T, error) {
	var r R
	if err := s.in(ctx, site).Where("id = ? AND deleted_at IS NULL", id).Take(&r).Error; err != nil {
		var none T
		return none, fmt.Errorf("read: %w", missing(err, noun))
	}
	return r.noun(), nil
}

// put writes a row: all its columns but created_at when it exists already, and then its revision goes one up.
func (s *Store) put(ctx context.Context, r any, columns ...string) error {
	columns = append(columns, "folded", "updated_at")
	next := clause.Assignment{Column: clause.Column{Name: "revision"}, Value: gorm.Expr("? + 1", clause.Column{Table: clause.CurrentTable, Name: "revision"})}
	return s.conn(ctx).Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "id"}},
		DoUpdates: append(clause.AssignmentColumns(columns), next),
	}).Create(r).Error
}

// drop marks a row of a site as deleted.
func (s *Store) drop(ctx context.Context, model any, site domain.SiteID, id any, at time.Time) error {
	changes := map[string]any{"deleted_at": at.UnixMilli(), "updated_at": at.UnixMilli()}
	return s.in(ctx, site).Model(model).Where("id = ? AND deleted_at IS NULL", id).Updates(changes).Error
}

// count counts the rows of a site for which where holds.
func (s *Store) count(ctx context.Context, model any, site domain.SiteID, where string, args ...any) (int, error) {
	var n int64
	err := s.in(ctx, site).Model(model).Where("deleted_at IS NULL").Where(where, args...).Count(&n).Error
	return int(n), err
}
