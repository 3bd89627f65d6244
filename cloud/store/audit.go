package store

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"unicode/utf8"

	"gorm.io/gorm"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/shared/domain"
)

type auditRow struct {
	ID         domain.AuditID `gorm:"primaryKey"`
	SiteID     domain.SiteID
	OrgID      domain.OrgID
	AccountID  domain.AccountID
	Actor      string
	ActorOrgID domain.OrgID
	Behalf     string
	GrantID    domain.GrantID
	TokenID    domain.TokenID
	Address    string
	Action     string
	Object     string
	ObjectID   domain.ID[auditRow]
	ObjectName string
	Reason     string
	Before     string
	After      string
	Folded     string
	CreatedAt  int64 `gorm:"autoCreateTime:false"`
}

func (auditRow) TableName() string { return "audit_entries" }

func (r auditRow) entry() audit.Entry {
	from, _ := netip.ParseAddr(r.Address)
	return audit.Entry{
		ID: r.ID, Site: r.SiteID, Org: r.OrgID, Account: r.AccountID, Actor: r.Actor, ActorOrg: r.ActorOrgID, Behalf: r.Behalf, Grant: r.GrantID,
		Token: r.TokenID, From: from, Action: audit.Action(r.Action), Object: r.Object, ObjectID: r.ObjectID, ObjectName: r.ObjectName,
		Reason: r.Reason, Before: []byte(r.Before), After: []byte(r.After), At: fromMilli(r.CreatedAt),
	}
}

func newAuditRow(e audit.Entry) auditRow {
	r := auditRow{
		ID: e.ID, SiteID: e.Site, OrgID: e.Org, AccountID: e.Account, Actor: e.Actor, ActorOrgID: e.ActorOrg, Behalf: e.Behalf, GrantID: e.Grant,
		TokenID: e.Token, Action: string(e.Action), Object: e.Object, ObjectID: e.ObjectID, ObjectName: e.ObjectName, Reason: e.Reason,
		Before: string(e.Before), After: string(e.After), CreatedAt: e.At.UnixMilli(),
		Folded: fold(e.Actor + " " + e.Behalf + " " + string(e.Action) + " " + e.Object + " " + e.ObjectName + " " + e.Reason),
	}
	if e.From.IsValid() {
		r.Address = e.From.String()
	}
	return r
}

// Record adds an audit entry.
func (s *Store) Record(ctx context.Context, e audit.Entry) error {
	r := newAuditRow(e)
	if err := s.conn(ctx).Create(&r).Error; err != nil {
		return fmt.Errorf("save audit entry: %w", err)
	}
	if s.heard != nil {
		return s.heard(ctx, e)
	}
	return nil
}

// RecordAll adds audit entries in their order, in few statements.
func (s *Store) RecordAll(ctx context.Context, entries []audit.Entry) error {
	for part := range slices.Chunk(entries, s.rowsAtOnce()) {
		rows := make([]auditRow, len(part))
		for i, e := range part {
			rows[i] = newAuditRow(e)
		}
		if err := s.conn(ctx).Create(&rows).Error; err != nil {
			return fmt.Errorf("save audit entries: %w", err)
		}
		if s.heard == nil {
			continue
		}
		for _, e := range part {
			if err := s.heard(ctx, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// auditScope limits a query to entries that the caller of ctx may see: those of sites it may see, deleted ones too; those of its organisation
// and of the installer organisation made with it; and those of its own people wherever they acted. Who entered with leave sees only what
// belongs to the entered organisation, and only while the leave holds. Looked up: each of these is found in its index (PostgreSQL).
func (s *Store) auditScope(ctx context.Context, lookedUp bool) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		if _, ok := account.System(ctx); ok {
			return db
		}
		caller, ok := callerOf(ctx)
		if !ok {
			return db.Where("1 = 0")
		}
		sites, own := pastScope, "audit_entries.org_id IN (SELECT id FROM orgs WHERE parent_id = ? AND own)"
		if lookedUp {
			sites, own = pastSites, "audit_entries.org_id = ANY (ARRAY(SELECT id FROM orgs WHERE parent_id = ? AND own))"
		}
		mine := sites(ctx, "audit_entries.site_id")(s.conn(ctx)).Or("audit_entries.org_id = ?", caller.Org).Or(own, caller.Org)
		if caller.Entry == nil {
			return db.Where(mine.Or("audit_entries.actor_org_id = ?", caller.HomeOrg))
		}
		return whileGranted(db.Where(mine), caller)
	}
}

const newestEntries = "audit_entries.created_at DESC, audit_entries.id DESC"

// AuditLines finds entries, newest first.
func (s *Store) AuditLines(ctx context.Context, q audit.Query) ([]audit.Line, error) {
	entries := func() *gorm.DB { return s.conn(ctx).Model(&auditRow{}) }
	narrow := !q.Account.IsZero() || !q.Site.IsZero() || q.Of != [16]byte{}
	if s.dialect != onPostgres || narrow {
		if !narrow && q.Action == "" && q.Object == "" {
			// SQLite would rather collect all that the caller may see, and sort.
			return auditLines(s, entries().Table("audit_entries INDEXED BY audit_entries_newest").Scopes(s.auditScope(ctx, false)), q, newestEntries)
		}
		return auditLines(s, entries().Scopes(s.auditScope(ctx, false)), q, newestEntries)
	}
	lines, all, err := s.recentLines(ctx, q)
	if err != nil || all {
		return lines, err
	}
	_, many, err := countTo(entries().Scopes(auditFilter(q)), fewEntries)
	if err != nil {
		return nil, fmt.Errorf("count audit entries: %w", err)
	}
	if !many {
		return auditLines(s, entries().Scopes(s.auditScope(ctx, false)), q, collected)
	}
	err = s.InTx(ctx, func(ctx context.Context) error {
		// Whose entries they are and what is wanted of them are not told apart by how often either is: nothing of the one may be anything of the other. The
		// plan for any values finds both in their indexes, and reads the rows that are in both.
		if err := s.conn(ctx).Exec("SET LOCAL plan_cache_mode = force_generic_plan").Error; err != nil {
			return fmt.Errorf("choose a plan: %w", err)
		}
		lines, err = auditLines(s, s.conn(ctx).Model(&auditRow{}).Scopes(s.auditScope(ctx, true)), q, collected)
		return err
	})
	return lines, err
}

// recentLines looks for a page in the newest entries, whoever made them, and in some more of them where that is likely to fill it or leaves none out. It is
// false when there may be others.
func (s *Store) recentLines(ctx context.Context, q audit.Query) (lines []audit.Line, all bool, err error) {
	in := func(newest int) ([]audit.Line, error) {
		recent := s.conn(ctx).Model(&auditRow{}).Scopes(auditTimes(q)).Order(newestEntries).Limit(newest)
		return auditLines(s, s.conn(ctx).Model(&auditRow{}).Table("(?) AS audit_entries", recent).Scopes(s.auditScope(ctx, false)), q, newestEntries)
	}
	if lines, err = in(recentEntries); err != nil || len(lines) == q.Limit {
		return lines, true, err
	}
	if found := len(lines); found > 0 && recentEntries*q.Limit/found*3/2 <= lookedThrough {
		if lines, err = in(recentEntries * q.Limit / found * 3 / 2); err != nil || len(lines) == q.Limit {
			return lines, true, err
		}
	}
	if q.From.IsZero() {
		return lines, false, nil
	}
	_, more, err := countTo(s.conn(ctx).Model(&auditRow{}).Scopes(auditTimes(q)), lookedThrough)
	if err != nil {
		return nil, false, fmt.Errorf("count audit entries of a time: %w", err)
	}
	if more {
		return lines, false, nil
	}
	lines, err = in(2 * lookedThrough) // some may have come since
	return lines, true, err
}

// lookedThrough is how many entries are looked through one by one at most; that costs less than to collect those with a word of which there are many.
const lookedThrough = 40_000

// recentEntries is how many of the newest entries of the service a list is looked for in first: most lists are full before their end. A list that is not is
// of few entries among many, or of an organisation that does little; it is collected from indexes and sorted, instead of reading on through what everybody
// else did. That PostgreSQL does only where no index has the order. Whose they are is asked of each where no more than fewEntries are like that.
const (
	recentEntries = 5_000
	fewEntries    = 1_000
	collected     = "audit_entries.created_at + 0 DESC, audit_entries.id DESC"
)

// auditFilter narrows to what is wanted, whoever may see it.
func auditFilter(q audit.Query) func(*gorm.DB) *gorm.DB {
	return func(query *gorm.DB) *gorm.DB {
		equal := func(is bool, column string, value any) {
			if is {
				query = query.Where("audit_entries."+column+" = ?", value)
			}
		}
		equal(q.Action != "", "action", string(q.Action))
		equal(q.Object != "", "object", q.Object)
		equal(!q.Account.IsZero(), "account_id", q.Account)
		equal(!q.Site.IsZero(), "site_id", q.Site)
		equal(q.Of != [16]byte{}, "object_id", domain.SiteID(q.Of))
		return auditTimes(q)(auditWords(q.Words)(query))
	}
}

// auditTimes narrows to the entries of a time that a page can hold.
func auditTimes(q audit.Query) func(*gorm.DB) *gorm.DB {
	return func(query *gorm.DB) *gorm.DB {
		if !q.From.IsZero() {
			query = query.Where("audit_entries.created_at >= ?", q.From.UnixMilli())
		}
		if !q.To.IsZero() {
			query = query.Where("audit_entries.created_at < ?", q.To.UnixMilli())
		}
		if !q.After.ID.IsZero() {
			at := q.After.At.UnixMilli()
			query = query.Where("audit_entries.created_at <= ?", at).Where("(audit_entries.created_at < ? OR audit_entries.id < ?)", at, q.After.ID)
		}
		return query
	}
}

// shortWord is how many characters a word has that is looked for at the beginnings of words alone: parts of words are found by three of their characters.
const shortWord = 2

// auditWords narrows to entries that hold every word. A beginning stands at the start, after a space, or after the bar before what was typed (fold).
func auditWords(words string) func(*gorm.DB) *gorm.DB {
	return func(query *gorm.DB) *gorm.DB {
		const like = `audit_entries.folded LIKE ? ESCAPE '\'`
		for _, word := range strings.Fields(unfoldedText(words)) {
			escaped := strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(word) + "%"
			if utf8.RuneCountInString(word) > shortWord {
				query = query.Where(like, "%"+escaped)
				continue
			}
			query = query.Where("("+like+" OR "+like+" OR "+like+")", escaped, "% "+escaped, "%|"+escaped)
		}
		return query
	}
}

// auditLines reads the lines of those entries of a query that are wanted.
func auditLines(s *Store, query *gorm.DB, q audit.Query, order string) ([]audit.Line, error) {
	query = query.Scopes(auditFilter(q)).
		Select(s.named(auditRow{}) + ", sites.name AS site_name, orgs.name AS actor_org_name").
		Joins("LEFT JOIN sites ON sites.id = audit_entries.site_id").
		Joins("LEFT JOIN orgs ON orgs.id = audit_entries.actor_org_id")
	var rows []struct {
		Row          auditRow `gorm:"embedded"`
		SiteName     string
		ActorOrgName string
	}
	if err := query.Order(order).Limit(q.Limit).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read audit entries: %w", err)
	}
	out := make([]audit.Line, len(rows))
	for i, r := range rows {
		out[i] = audit.Line{Entry: r.Row.entry(), SiteName: r.SiteName, ActorOrgName: r.ActorOrgName}
	}
	return out, nil
}

// Audit lists the newest entries of a site, newest first.
func (s *Store) Audit(ctx context.Context, site domain.SiteID, limit int) ([]audit.Entry, error) {
	var rows []auditRow
	if err := s.in(ctx, site).Order("created_at DESC, id DESC").Limit(limit).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read audit entries: %w", err)
	}
	out := make([]audit.Entry, len(rows))
	for i, r := range rows {
		out[i] = r.entry()
	}
	return out, nil
}
