package store

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// On PostgreSQL the log lies in parts by month of arrival: a page about a time reads the parts of that time alone, and what a month held leaves with its
// part. A default part takes what has no month, so that nothing is ever refused.

// monthsAhead is how many months behind the running one have their part.
const monthsAhead = 2

// monthsLock is the key of the lock under which one replica makes or drops parts.
const monthsLock = 0x6d6f6e746873 // "months"

// part is one part of the log: rows that arrived in [from, to), in UTC milliseconds.
type part struct {
	name     string
	from, to int64
}

var bounds = regexp.MustCompile(`FROM \((MINVALUE|'(-?\d+)')\) TO \('(-?\d+)'\)`)

// parts lists the parts that have bounds.
func (s *Store) parts(ctx context.Context) ([]part, error) {
	var rows []struct{ Name, Bound string }
	err := s.conn(ctx).Raw(`SELECT c.relname AS name, pg_get_expr(c.relpartbound, c.oid) AS bound
		FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'events'::regclass ORDER BY c.relname`).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list months of the log: %w", err)
	}
	var out []part
	for _, r := range rows {
		at := bounds.FindStringSubmatch(r.Bound)
		if at == nil {
			continue
		}
		p := part{name: r.Name, from: -1 << 62}
		if at[2] != "" {
			p.from, _ = strconv.ParseInt(at[2], 10, 64)
		}
		p.to, _ = strconv.ParseInt(at[3], 10, 64)
		out = append(out, p)
	}
	return out, nil
}

// monthOf gives the first instant of a month that lies so many months behind that of at.
func monthOf(at time.Time, behind int) time.Time {
	at = at.UTC()
	return time.Date(at.Year(), at.Month()+time.Month(behind), 1, 0, 0, 0, 0, time.UTC)
}

// MakeMonths makes the parts of the log for the month of now and those that follow, and one for every month that rows of the default part are of; these
// move there. It tells how many they were: none as long as somebody calls it in time. SQLite has no parts.
func (s *Store) MakeMonths(ctx context.Context, now time.Time) (strays int64, err error) {
	if s.dialect != onPostgres {
		return 0, nil
	}
	err = s.InTx(ctx, func(ctx context.Context) error {
		if err := s.lockMonths(ctx); err != nil {
			return err
		}
		wanted, err := s.strayMonths(ctx)
		if err != nil {
			return err
		}
		for n := range monthsAhead + 1 {
			wanted = append(wanted, monthOf(now, n))
		}
		have, err := s.parts(ctx)
		if err != nil {
			return err
		}
		for _, month := range wanted {
			p := part{"events_" + month.Format("2006_01"), month.UnixMilli(), monthOf(month, 1).UnixMilli()}
			if p.overlaps(have) {
				continue
			}
			moved, err := s.makeMonth(ctx, p)
			if err != nil {
				return err
			}
			strays, have = strays+moved, append(have, p)
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("make months of the log: %w", err)
	}
	return strays, nil
}

// countedStrays is how far rows of the default part are counted.
const countedStrays = 10_000

// Strays counts the rows whose month has no part, as far as is worth telling: there are none as long as months are made in time.
func (s *Store) Strays(ctx context.Context) (int, error) {
	if s.dialect != onPostgres {
		return 0, nil
	}
	n, _, err := countTo(s.conn(ctx).Table("events_default"), countedStrays)
	if err != nil {
		return 0, fmt.Errorf("count rows without a month: %w", err)
	}
	return n, nil
}

func (p part) overlaps(others []part) bool {
	for _, o := range others {
		if p.from < o.to && o.from < p.to {
			return true
		}
	}
	return false
}

// lockMonths keeps other replicas from the parts until the transaction ends. A part is made or dropped under a lock of the whole log, for which this waits
// a moment only: rows wait behind it, and a copy of the database that is being taken can hold it up for hours.
func (s *Store) lockMonths(ctx context.Context) error {
	if err := s.conn(ctx).Exec("SELECT pg_advisory_xact_lock(?)", int64(monthsLock)).Error; err != nil {
		return err
	}
	return s.conn(ctx).Exec("SET LOCAL lock_timeout = '3s'").Error
}

// strayMonths lists the months of the rows in the default part.
func (s *Store) strayMonths(ctx context.Context) ([]time.Time, error) {
	var found []int64
	err := s.conn(ctx).Raw(`SELECT DISTINCT (extract(epoch FROM date_trunc('month', to_timestamp(received_at / 1000.0) AT TIME ZONE 'UTC')) * 1000)::bigint
		FROM events_default ORDER BY 1`).Scan(&found).Error
	out := make([]time.Time, len(found))
	for i, ms := range found {
		out[i] = instant(ms)
	}
	return out, err
}

// makeMonth makes one part and moves into it what the default part holds of its month.
func (s *Store) makeMonth(ctx context.Context, p part) (moved int64, err error) {
	db := s.conn(ctx)
	if err := db.Exec("LOCK TABLE events_default IN ACCESS EXCLUSIVE MODE").Error; err != nil {
		return 0, err
	}
	if err := db.Exec("CREATE TABLE " + p.name + " (LIKE events INCLUDING ALL)").Error; err != nil {
		return 0, err
	}
	//nolint:gosec // the name is a month
	move := db.Exec("WITH moved AS (DELETE FROM events_default WHERE received_at >= ? AND received_at < ? RETURNING *) INSERT INTO "+p.name+" SELECT * FROM moved", p.from, p.to)
	if move.Error != nil {
		return 0, move.Error
	}
	attach := fmt.Sprintf("ALTER TABLE events ATTACH PARTITION %s FOR VALUES FROM ('%d') TO ('%d')", p.name, p.from, p.to)
	return move.RowsAffected, db.Exec(attach).Error
}

// DropMonths drops the parts of the log that ended before a time and hold no row any more.
func (s *Store) DropMonths(ctx context.Context, before time.Time) (dropped int, err error) {
	if s.dialect != onPostgres {
		return 0, nil
	}
	have, err := s.parts(ctx)
	if err != nil {
		return 0, err
	}
	for _, p := range have {
		if p.to > before.UnixMilli() {
			continue
		}
		if holds, err := s.holds(ctx, p); err != nil || holds { // without a lock: it is hardly ever empty
			if err != nil {
				return dropped, err
			}
			continue
		}
		gone, err := s.dropMonth(ctx, p)
		if err != nil {
			return dropped, fmt.Errorf("drop a month of the log: %w", err)
		}
		if gone {
			dropped++
		}
	}
	return dropped, nil
}

// dropMonth drops an empty part: a row that came in the meantime keeps it.
func (s *Store) dropMonth(ctx context.Context, p part) (gone bool, err error) {
	err = s.InTx(ctx, func(ctx context.Context) error {
		if err := s.lockMonths(ctx); err != nil {
			return err
		}
		if err := s.conn(ctx).Exec("LOCK TABLE ONLY events, " + p.name + " IN ACCESS EXCLUSIVE MODE").Error; err != nil {
			return err
		}
		holds, err := s.holds(ctx, p)
		if err != nil || holds {
			return err
		}
		gone = true
		return s.conn(ctx).Exec("DROP TABLE " + p.name).Error
	})
	return gone, err
}

func (s *Store) holds(ctx context.Context, p part) (holds bool, err error) {
	if err := s.conn(ctx).Raw("SELECT EXISTS (SELECT 1 FROM " + p.name + ")").Scan(&holds).Error; err != nil {
		return false, fmt.Errorf("look into a month of the log: %w", err)
	}
	return holds, nil
}
