package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"vestibule/cloud/eventlog"
	"vestibule/cloud/store"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

const (
	ingestCopy      = "event ingest, PostgreSQL, share of COPY at the same batch"
	ingestFour      = "event ingest, PostgreSQL, four agents"
	ingestFourShare = "event ingest, PostgreSQL, four agents, share of COPY-500"
	copiedAtOnce    = 500
)

// copying is a table like events, into which the same rows go by COPY on a connection of its own, and nothing else is done.
type copying struct{ conn *pgx.Conn }

func openCopying(ctx context.Context, dsn string) (*copying, error) {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return nil, err
	}
	_, err = conn.Exec(ctx, "CREATE TABLE IF NOT EXISTS copied (LIKE events INCLUDING ALL)")
	return &copying{conn}, err
}

func (c *copying) close(ctx context.Context) { _ = c.conn.Close(ctx) }

// copy puts the rows of an agent in a range of numbers into the table, so many in one COPY, and tells how long the COPYs took. Reading and encoding them is
// not in it.
func (c *copying) copy(ctx context.Context, agent domain.AgentID, from, to, batch uint64) (time.Duration, error) {
	var took time.Duration
	for first := from; first <= to; first += batch {
		last := min(to, first+batch-1)
		var rows bytes.Buffer
		query := fmt.Sprintf("COPY (SELECT * FROM events WHERE agent_id = '%s' AND seq BETWEEN %d AND %d ORDER BY seq) TO STDOUT (FORMAT binary)", agent, first, last)
		if _, err := c.conn.PgConn().CopyTo(ctx, &rows, query); err != nil {
			return took, err
		}
		once, err := timed(func() error {
			done, err := c.conn.PgConn().CopyFrom(ctx, &rows, "COPY copied FROM STDIN (FORMAT binary)")
			if err == nil && done.RowsAffected() != int64(last-first)+1 {
				err = errors.New("COPY took another number of rows")
			}
			return err
		})
		if err != nil {
			return took, err
		}
		took += once
	}
	return took, nil
}

// beside gives batches of one agent to the log, and the same rows to COPY, in turn.
func (c *copying) beside(ctx context.Context, service *eventlog.Service, agent domain.AgentID, batches []wire.Events) (share float64, err error) {
	var log, copied time.Duration
	for _, b := range batches {
		took, err := timed(func() error { return take(ctx, service, agent, b) })
		if err != nil {
			return 0, err
		}
		log += took
		if took, err = c.copy(ctx, agent, b.Rows[0].Seq, b.Rows[len(b.Rows)-1].Seq, wire.MaxBatchRows); err != nil {
			return 0, err
		}
		copied += took
	}
	return copied.Seconds() / log.Seconds(), nil
}

// atOnce is how many agents bring rows at the same time, and perTurn how many batches of each stand between two turns of COPY.
const (
	atOnce  = 4
	perTurn = 10
)

// measureCopied times the log on PostgreSQL beside COPY: one agent, then four at once beside COPYs of 500 rows.
func measureCopied(ctx context.Context, s *store.Store, dsn string, rows int) ([]figure, error) {
	c, err := openCopying(ctx, dsn)
	if err != nil {
		return nil, err
	}
	defer c.close(ctx)
	service := eventlog.New(eventlog.Config{Store: s, Clock: machine{}, Logger: slog.New(slog.DiscardHandler)})
	one, err := newAgent(ctx, s)
	if err != nil {
		return nil, err
	}
	batches, err := makeBatches(one, rows)
	if err != nil {
		return nil, err
	}
	share, err := c.beside(ctx, service, one, batches)
	if err != nil {
		return nil, err
	}
	out := []figure{{ingestCopy, share, "x", fmt.Sprintf("%d rows, batches of %d, one connection each, in turn; same columns and indexes", rows, len(batches[0].Rows))}}
	rate, copied, err := c.four(ctx, s, service, rows)
	if err != nil {
		return out, err
	}
	return append(out,
		figure{ingestFour, rate, "rows/s", fmt.Sprintf("%d agents, each its own stream, batches of %d", atOnce, len(batches[0].Rows))},
		figure{ingestFourShare, rate / copied, "x", fmt.Sprintf("COPY of %d rows on one connection, in turn: %s rows/s", copiedAtOnce, digits(copied))}), nil
}

// four lets four agents bring their rows at the same time, and COPYs the same rows in turn.
func (c *copying) four(ctx context.Context, s *store.Store, service *eventlog.Service, rows int) (rate, copied float64, err error) {
	ids := make([]domain.AgentID, atOnce)
	batches := make([][]wire.Events, atOnce)
	for i := range ids {
		if ids[i], err = newAgent(ctx, s); err != nil {
			return 0, 0, err
		}
		if batches[i], err = makeBatches(ids[i], rows); err != nil {
			return 0, 0, err
		}
	}
	var log, alone time.Duration
	for at := 0; at < len(batches[0]); at += perTurn {
		end := min(at+perTurn, len(batches[0]))
		took, err := timed(func() error {
			return each(len(ids), func(i int) error { return takeAll(ctx, service, ids[i], batches[i][at:end]) })
		})
		if err != nil {
			return 0, 0, err
		}
		log += took
		for i, id := range ids {
			last := batches[i][end-1].Rows
			took, err := c.copy(ctx, id, batches[i][at].Rows[0].Seq, last[len(last)-1].Seq, copiedAtOnce)
			if err != nil {
				return 0, 0, err
			}
			alone += took
		}
	}
	n := float64(atOnce * rows)
	return n / log.Seconds(), n / alone.Seconds(), nil
}

// each does something for the streams 0 to n-1 at the same time.
func each(n int, do func(i int) error) error {
	var work sync.WaitGroup
	failed := make([]error, n)
	for i := range n {
		work.Go(func() { failed[i] = do(i) })
	}
	work.Wait()
	return errors.Join(failed...)
}

// takeAll gives batches of one agent to the log, one after the other.
func takeAll(ctx context.Context, service *eventlog.Service, agent domain.AgentID, batches []wire.Events) error {
	for _, b := range batches {
		if err := take(ctx, service, agent, b); err != nil {
			return err
		}
	}
	return nil
}
