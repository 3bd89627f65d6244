package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"vestibule/cloud/eventlog"
	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

type callRow struct {
	ID          domain.CallID `gorm:"primaryKey"`
	SiteID      domain.SiteID
	AgentID     domain.AgentID
	Epoch       domain.EpochID
	Seq         int64
	ReceivedAt  int64
	OccurredAt  int64
	Folded      string
	CallerID    domain.DeviceID
	Caller      string
	ApartmentID domain.ApartmentID
	Apartment   string
	Dialled     string
	AnsweredID  domain.DeviceID
	Answered    string
	BlamedID    domain.DeviceID
	Blamed      string
	Ended       string
	Cause       string
	Lasts       int64
	WAN         bool
}

func (callRow) TableName() string { return "calls" }

type callDeviceRow struct {
	SiteID   domain.SiteID   `gorm:"primaryKey"`
	DeviceID domain.DeviceID `gorm:"primaryKey"`
	CallID   domain.CallID   `gorm:"primaryKey"`

	OccurredAt int64 // of the call: in this order a device's calls are read
}

func (callDeviceRow) TableName() string { return "call_devices" }

func newCallRow(c eventlog.CallLine) callRow {
	caller, apartment := clip(c.Caller, mostName), clip(c.Apartment, mostName)
	words := append([]string{caller, apartment, c.Dialled, c.AnsweredBy}, c.Words...)
	return callRow{
		ID: c.ID, SiteID: c.Site, AgentID: c.Agent, Epoch: c.Epoch, Seq: number(c.Seq), ReceivedAt: c.ReceivedAt.UnixMilli(), OccurredAt: c.OccurredAt.UnixMilli(),
		Folded: callWords(words), CallerID: c.CallerID, Caller: caller, ApartmentID: c.ApartmentID, Apartment: apartment,
		Dialled: plainText(c.Dialled), AnsweredID: c.AnsweredByID, Answered: plainText(c.AnsweredBy), BlamedID: c.BlamedID, Blamed: plainText(c.Blamed),
		Ended: clip(string(c.End), mostEnd), Cause: clip(string(c.Cause), mostEnd), Lasts: c.LastsMS, WAN: c.WAN,
	}
}

// Bytes that a call is found and ordered by: an index holds them together, and its entries have no more room (0024, 0028).
const (
	mostWords = 2000
	mostName  = 160
	mostEnd   = 40
)

// callWords is what a call is found by, each name once. No list is ordered by it.
func callWords(names []string) string {
	var found []string
	for _, name := range names {
		if !slices.Contains(found, name) {
			found = append(found, name)
		}
	}
	text := unfoldedText(plainText(strings.Join(found, " ")))
	return strings.ToValidUTF8(text[:min(len(text), mostWords)], "")
}

// plainText is what an agent wrote, as both databases take it.
func plainText(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", "")
}

func (r callRow) place() (folded, id string) {
	return strconv.FormatInt(r.OccurredAt, 10), r.ID.String()
}

func (r callRow) noun() eventlog.Call {
	cause := domain.Cause(r.Cause)
	return eventlog.Call{
		ID: r.ID, EventID: fmt.Sprintf("%s.%s.%d.%d", r.AgentID, r.Epoch, domain.StreamAudit, r.Seq), OccurredAt: instant(r.OccurredAt), ReceivedAt: instant(r.ReceivedAt),
		CallerID: r.CallerID, Caller: r.Caller, ApartmentID: r.ApartmentID, Apartment: r.Apartment, Dialled: r.Dialled, AnsweredByID: r.AnsweredID,
		AnsweredBy: r.Answered, BlamedID: r.BlamedID, Blamed: r.Blamed, End: domain.EndReason(r.Ended), Cause: cause, Technical: cause.Technical(),
		LastsMS: r.Lasts, WAN: r.WAN,
	}
}

// InsertCalls adds lines to the call history; one that is there already stays as it is.
func (s *Store) InsertCalls(ctx context.Context, calls []eventlog.CallLine) error {
	for _, c := range calls {
		row := newCallRow(c)
		done := s.conn(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&row)
		if done.Error != nil {
			return fmt.Errorf("save call: %w", done.Error)
		}
		if done.RowsAffected == 0 || len(c.Devices) == 0 {
			continue
		}
		of := make([]callDeviceRow, len(c.Devices))
		for i, d := range c.Devices {
			of[i] = callDeviceRow{SiteID: c.Site, DeviceID: d, CallID: c.ID, OccurredAt: c.OccurredAt.UnixMilli()}
		}
		if err := s.conn(ctx).Clauses(clause.OnConflict{DoNothing: true}).CreateInBatches(&of, 100).Error; err != nil {
			return fmt.Errorf("save devices of a call: %w", err)
		}
	}
	return nil
}

var callOrders = sorts{"at": "list.occurred_at", "lasts": "list.lasts", "caller": "list.caller", "apartment": "list.apartment", "cause": "list.cause"}

// countedCalls is how far a list is counted that words narrow, or a device and something else.
const countedCalls = 10_000

// Calls gives a part of the call history of a site, the newest first unless another order is asked for.
func (s *Store) Calls(ctx context.Context, site domain.SiteID, q eventlog.CallQuery) (eventlog.CallList, error) {
	var out eventlog.CallList
	if q.Sort == "" {
		q.Sort, q.Desc = "at", true
	}
	order, err := callOrders.clause(fleet.Page{Sort: q.Sort, Desc: q.Desc})
	if err != nil {
		return out, err
	}
	var after *callPlace
	newest := q.Sort == "at" && q.Desc
	if q.After != "" {
		if after, err = readCallPlace(q.After); err != nil || !newest {
			return out, fault.New(fault.Invalid, "This is not a cursor of the list.")
		}
	}
	limit := min(max(q.Limit, 1), MaxPage)
	list := s.someCalls
	if ofDevice(q) && newest {
		list = s.callsOfDevice
	}
	ids, err := list(ctx, site, q, after, order, limit+1, &out)
	if err != nil {
		return out, fmt.Errorf("list calls: %w", err)
	}
	rows, err := rowsOf[eventlog.Call, callRow](s.in(ctx, site), ids[:min(len(ids), limit)])
	if err != nil {
		return out, fmt.Errorf("read calls: %w", err)
	}
	for _, r := range rows {
		out.Items = append(out.Items, r.noun())
	}
	if len(ids) > limit && newest {
		out.Next, err = writeCursor(rows[limit-1].place())
	}
	return out, err
}

// callPlace is where a part begins.
type callPlace struct {
	milli int64
	id    string
}

func readCallPlace(text string) (*callPlace, error) {
	at, err := readCursor(text)
	if err != nil {
		return nil, err
	}
	milli, err := strconv.ParseInt(at.Folded, 10, 64)
	return &callPlace{milli, at.ID}, err
}

// someCalls gives ids of calls and how many there are.
func (s *Store) someCalls(ctx context.Context, site domain.SiteID, q eventlog.CallQuery, after *callPlace, order string, limit int, out *eventlog.CallList) ([]string, error) {
	query := narrowCalls(s.in(ctx, site), site, q).Session(&gorm.Session{})
	part := query
	if after != nil {
		part = query.Where("(occurred_at, id) < (?, ?)", after.milli, after.id)
	}
	page := fleet.Page{Offset: q.Offset, After: q.After}
	if q.Query == "" && q.Device.IsZero() {
		ids, total, err := pick[callRow](query, part, order, page, limit, nil)
		out.Total = total
		return ids, err
	}
	ids, err := idsOf[callRow](query, part, order, page, limit, nil)
	if err != nil || ends(page, len(ids), limit) {
		out.Total = q.Offset + len(ids)
		return ids, err
	}
	out.Total, out.More, err = countTo(query.Model(&callRow{}), countedCalls)
	return ids, err
}

// ofDevice tells whether a device and times are all that a list is narrowed by: its calls have an index of their own.
func ofDevice(q eventlog.CallQuery) bool {
	return !q.Device.IsZero() && q.Query == "" && len(q.Causes) == 0 && len(q.Ends) == 0 && q.Apartment.IsZero()
}

// callsOfDevice gives ids of the newest calls that a device had a part in, and how many there are.
func (s *Store) callsOfDevice(ctx context.Context, site domain.SiteID, q eventlog.CallQuery, after *callPlace, _ string, limit int, out *eventlog.CallList) ([]string, error) {
	query := between(s.in(ctx, site).Model(&callDeviceRow{}).Where("device_id = ?", q.Device), q).Session(&gorm.Session{})
	part := query
	if after != nil {
		part = query.Where("(occurred_at, call_id) < (?, ?)", after.milli, after.id)
	}
	var ids []string
	if err := part.Select("call_id").Order("occurred_at DESC, call_id DESC").Offset(q.Offset).Limit(limit).Scan(&ids).Error; err != nil {
		return nil, err
	}
	var total int64
	err := query.Count(&total).Error
	out.Total = int(total)
	return ids, err
}

// between narrows to a time.
func between(query *gorm.DB, q eventlog.CallQuery) *gorm.DB {
	if !q.From.IsZero() {
		query = query.Where("occurred_at >= ?", q.From.UnixMilli())
	}
	if !q.To.IsZero() {
		query = query.Where("occurred_at < ?", q.To.UnixMilli())
	}
	return query
}

func narrowCalls(query *gorm.DB, site domain.SiteID, q eventlog.CallQuery) *gorm.DB {
	if q.Query != "" {
		query = query.Where(`folded LIKE ? ESCAPE '\'`, likeWords(q.Query))
	}
	if len(q.Causes) > 0 {
		query = query.Where("cause IN ?", q.Causes)
	}
	if len(q.Ends) > 0 {
		query = query.Where("ended IN ?", q.Ends)
	}
	if !q.Apartment.IsZero() {
		query = query.Where("apartment_id = ?", q.Apartment)
	}
	if !q.Device.IsZero() {
		// True, so that PostgreSQL reads the device's calls once: it takes a join of two lists that it believes to be short for cheap, and reads one for each
		// row of the other.
		query = query.Where("(id IN (SELECT call_id FROM call_devices WHERE site_id = ? AND device_id = ?)) IS TRUE", site, q.Device)
	}
	return between(query, q)
}

// Call gives a line of the call history and its row of the log.
func (s *Store) Call(ctx context.Context, site domain.SiteID, id domain.CallID) (eventlog.Call, eventlog.Stored, error) {
	var line callRow
	if err := s.in(ctx, site).Where("id = ?", id).Take(&line).Error; err != nil {
		return eventlog.Call{}, eventlog.Stored{}, fmt.Errorf("read call: %w", missing(err, "This call"))
	}
	var row eventRow
	err := s.in(ctx, site).Where("agent_id = ? AND epoch = ? AND stream = ? AND seq = ?", line.AgentID, line.Epoch, int(domain.StreamAudit), line.Seq).Take(&row).Error
	if err != nil {
		return eventlog.Call{}, eventlog.Stored{}, fmt.Errorf("read the record of a call: %w", missing(err, "This call"))
	}
	return line.noun(), row.stored(), nil
}

// forgetCall takes the line of a row of the log out of the call history.
func (s *Store) forgetCall(ctx context.Context, r eventRow) error {
	if r.Kind != string(domain.EventCall) {
		return nil
	}
	const key = "agent_id = ? AND epoch = ? AND seq = ?"
	ids := s.conn(ctx).Model(&callRow{}).Select("id").Where(key, r.AgentID, r.Epoch, r.Seq)
	if err := s.conn(ctx).Where("call_id IN (?)", ids).Delete(&callDeviceRow{}).Error; err != nil {
		return fmt.Errorf("forget the devices of a call: %w", err)
	}
	if err := s.conn(ctx).Where(key, r.AgentID, r.Epoch, r.Seq).Delete(&callRow{}).Error; err != nil {
		return fmt.Errorf("forget a call: %w", err)
	}
	return nil
}
