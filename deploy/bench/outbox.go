package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"path/filepath"
	"time"

	"vestibule/agent/outbox"
	"vestibule/agent/store"
	"vestibule/shared/clock"
	"vestibule/shared/domain"
)

const (
	outboxSingle       = "agent's outbox, one event a commit"
	outboxSingleShare  = "agent's outbox, one by one, share of bare SQLite"
	outboxGrouped      = "agent's outbox, 100 events a commit"
	outboxGroupedShare = "agent's outbox, 100 a commit, share of bare SQLite"
)

var wantedOutbox = []string{outboxSingle, outboxSingleShare, outboxGrouped, outboxGroupedShare}

// group is how many events one commit of a crowd holds; eventBytes is how large each is.
const (
	group      = 100
	eventBytes = 200
)

// measureOutbox times the agent's own store and outbox against the least that SQLite does for the same bytes with the same promise: a commit of each on the
// disk. Block by block in turn, so that both meet the same disk.
func measureOutbox(ctx context.Context, dir string, n amounts) ([]figure, error) {
	s, err := store.Open(ctx, filepath.Join(dir, "outbox"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.Close() }()
	agent := domain.NewID[domain.AgentID](time.Now())
	o := outbox.New(outbox.Config{Shelf: s, Agent: func() domain.AgentID { return agent }, Clock: clock.System{}, MaxRows: 1 << 40, MaxBytes: 1 << 50})
	bare, err := openPlain(ctx, filepath.Join(dir, "plain.db"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = bare.db.Close() }()
	// What happened is made before, as bare SQLite has its bytes before.
	doors := make([]domain.DoorBody, 1000)
	for i := range doors {
		doors[i] = door()
	}
	next := 0
	figures := make([]figure, 0, len(wantedOutbox))
	for _, k := range []struct {
		rate, share string
		size, times int
		how         string
	}{
		{outboxSingle, outboxSingleShare, 1, n.appended, "%d doors of %d bytes, each numbered, salted, chained and committed with WAL and synchronous=FULL"},
		{outboxGrouped, outboxGroupedShare, group, n.appended / 10, "%d commits of such doors, of %d bytes each"},
	} {
		ours, theirs, err := inTurn(ctx, k.times, func(ctx context.Context) error {
			next = (next + k.size) % len(doors)
			return appendEvents(ctx, s, o, doors[next:next+k.size])
		}, func(ctx context.Context) error { return bare.insert(ctx, k.size) })
		if err != nil {
			return figures, err
		}
		rate, floor := float64(k.times*k.size)/ours.Seconds(), float64(k.times*k.size)/theirs.Seconds()
		figures = append(figures,
			figure{k.rate, rate, "events/s", fmt.Sprintf(k.how, k.times, eventBytes)},
			figure{k.share, rate / floor, "x", fmt.Sprintf("the same bytes into a table of number and body, one prepared INSERT each, same driver, same pragmas, in turn with it: %s events/s", digits(floor))})
	}
	return figures, nil
}

// inTurn runs both so many times each, in blocks that alternate, and gives how long each took.
func inTurn(ctx context.Context, times int, ours, theirs func(context.Context) error) (a, b time.Duration, err error) {
	const blocks = 10
	for range blocks {
		for _, one := range []struct {
			do   func(context.Context) error
			into *time.Duration
		}{{ours, &a}, {theirs, &b}} {
			began := time.Now()
			for range times / blocks {
				if err := one.do(ctx); err != nil {
					return 0, 0, err
				}
			}
			*one.into += time.Since(began)
		}
	}
	return a, b, nil
}

// door is an event as a door makes it, as large as the figures say.
func door() domain.DoorBody {
	now := time.Now()
	b := domain.DoorBody{
		DeviceID: domain.NewID[domain.DeviceID](now), Relay: 1, Means: domain.MeansDTMF, Result: domain.ActDone, ByDevice: domain.NewID[domain.DeviceID](now),
		ApartmentID: domain.NewID[domain.ApartmentID](now), CallID: domain.NewID[domain.CallID](now), TookMilli: 12,
	}
	b.By = "Kitchen of the third floor, second door on the left behind the lift, which opens for the courtyard"[:eventBytes-doorBytes]
	return b
}

// doorBytes are those of such an event without the words of who opened.
const doorBytes = 110

// appendEvents stores events in one transaction.
func appendEvents(ctx context.Context, s *store.Store, o *outbox.Outbox, doors []domain.DoorBody) error {
	if len(doors) == 1 {
		return o.Append(ctx, domain.EventDoor, doors[0])
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		for _, d := range doors {
			if err := o.Append(ctx, domain.EventDoor, d); err != nil {
				return err
			}
		}
		return nil
	})
}

// plain is a table that promises no more than to keep bytes.
type plain struct {
	db   *sql.DB
	put  *sql.Stmt
	body []byte
}

func openPlain(ctx context.Context, file string) (*plain, error) {
	db, err := sql.Open("sqlite", "file:"+file+sqliteOptions+"&_pragma=wal_autocheckpoint(1000)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	p := &plain{db: db, body: make([]byte, eventBytes)}
	_, _ = rand.Read(p.body) // never fails
	if _, err = db.ExecContext(ctx, "CREATE TABLE plain (seq INTEGER PRIMARY KEY, body BLOB NOT NULL)"); err == nil {
		p.put, err = db.PrepareContext(ctx, "INSERT INTO plain (body) VALUES (?)")
	}
	if err != nil {
		_ = db.Close()
		return nil, err
	}
	return p, nil
}

// insert stores n bodies in one transaction.
func (p *plain) insert(ctx context.Context, n int) error {
	if n == 1 {
		_, err := p.put.ExecContext(ctx, p.body)
		return err
	}
	tx, err := p.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	put := tx.StmtContext(ctx, p.put)
	for range n {
		if _, err := put.ExecContext(ctx, p.body); err != nil {
			return err
		}
	}
	return tx.Commit()
}
