package main

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/enroll"
	"vestibule/cloud/eventlog"
	"vestibule/cloud/store"
	"vestibule/deploy/measure"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

const (
	ingestSQLite        = "event ingest, SQLite"
	ingestSQLiteShare   = "event ingest, SQLite, share of bare INSERT"
	ingestPostgres      = "event ingest, PostgreSQL"
	ingestPostgresShare = "event ingest, PostgreSQL, share of bare INSERT"
)

var wantedIngest = []string{ingestSQLite, ingestSQLiteShare, ingestPostgres, ingestPostgresShare, ingestCopy, ingestFour, ingestFourShare}

// sqliteOptions are those of the store.
const sqliteOptions = "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_txlock=immediate"

// measureIngest times the log of the cloud on both engines.
func measureIngest(ctx context.Context, dir string, n amounts) ([]figure, error) {
	file := filepath.Join(dir, "ingest.db")
	figures, err := onEngine(ctx, engine{
		dsn: "sqlite:" + file, driver: "sqlite", source: "file:" + file + sqliteOptions, rate: ingestSQLite, share: ingestSQLiteShare,
		how: "WAL, synchronous=FULL", placeholder: func(int) string { return "?" }, copied: bareSQLite,
	}, n.rows)
	if err != nil {
		return figures, err
	}
	cluster, err := measure.StartPostgres(ctx, "")
	if err != nil {
		return figures, err
	}
	defer cluster.End()
	more, err := onEngine(ctx, engine{
		dsn: cluster.DSN, driver: "pgx", source: cluster.DSN, rate: ingestPostgres, share: ingestPostgresShare, how: "throw-away cluster, fsync on",
		placeholder: func(i int) string { return fmt.Sprintf("$%d", i) }, copied: barePostgres,
	}, n.rows)
	if figures = append(figures, more...); err != nil {
		return figures, err
	}
	s, err := store.Open(ctx, cluster.DSN)
	if err != nil {
		return figures, err
	}
	defer func() { _ = s.Close() }()
	more, err = measureCopied(ctx, s, cluster.DSN, n.rows)
	return append(figures, more...), err
}

// engine is one database that rows are put into.
type engine struct {
	dsn            string // as the store takes it
	driver, source string // as database/sql takes it
	rate, share    string // names of the figures
	how            string
	placeholder    func(i int) string
	copied         func(ctx context.Context, db *sql.DB) error // makes the table bare, as events is
}

func onEngine(ctx context.Context, e engine, rows int) ([]figure, error) {
	s, err := store.Open(ctx, e.dsn)
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.Close() }()
	agent, err := newAgent(ctx, s)
	if err != nil {
		return nil, err
	}
	batches, err := makeBatches(agent, rows)
	if err != nil {
		return nil, err
	}
	bare, err := openBare(ctx, e)
	if err != nil {
		return nil, err
	}
	defer bare.close()
	service := eventlog.New(eventlog.Config{Store: s, Clock: machine{}, Logger: slog.New(slog.DiscardHandler)})
	var log, insert time.Duration
	for _, b := range batches {
		took, err := timed(func() error { return take(ctx, service, agent, b) })
		if err != nil {
			return nil, err
		}
		log += took
		// In turn, batch by batch: both meet the same disk.
		if took, err = bare.copy(ctx, b.Rows[0].Seq, b.Rows[len(b.Rows)-1].Seq); err != nil {
			return nil, err
		}
		insert += took
	}
	rate, floor := float64(rows)/log.Seconds(), float64(rows)/insert.Seconds()
	how := fmt.Sprintf("%d door rows in batches of %d, one stream, chain checked, one transaction a batch; %s", rows, len(batches[0].Rows), e.how)
	against := fmt.Sprintf("bare multi-row INSERTs of the same rows in turn with it, same columns and indexes: %s rows/s", digits(floor))
	return []figure{{e.rate, rate, "rows/s", how}, {e.share, rate / floor, "x", against}}, nil
}

func timed(do func() error) (time.Duration, error) {
	began := time.Now()
	err := do()
	return time.Since(began), err
}

// take gives one batch to the log, which must take every row.
func take(ctx context.Context, service *eventlog.Service, agent domain.AgentID, b wire.Events) error {
	ack, err := service.Take(account.AsSystem(ctx, "bench"), agent, b)
	if err != nil {
		return err
	}
	if last := b.Rows[len(b.Rows)-1].Seq; ack.Through != last || len(ack.Rejected) > 0 {
		return fmt.Errorf("rows up to %d of %d are taken, %d rejected", ack.Through, last, len(ack.Rejected))
	}
	return nil
}

// machine is the clock of this machine.
type machine struct{}

// Now gives the time with a bound of 5 ms.
func (machine) Now() (time.Time, time.Duration) { return time.Now().UTC(), 5 * time.Millisecond }

// newAgent makes an organisation with a site and an agent.
func newAgent(ctx context.Context, s *store.Store) (domain.AgentID, error) {
	ctx, now := account.AsSystem(ctx, "bench"), time.Now().UTC()
	org := account.Org{ID: domain.NewID[domain.OrgID](now), Kind: account.OrgInstaller, Name: "Bench", CreatedAt: now}
	if err := s.SaveOrg(ctx, org); err != nil {
		return domain.AgentID{}, err
	}
	site := domain.Site{ID: domain.NewID[domain.SiteID](now), OrgID: org.ID, Name: "Bench", TimeZone: "Europe/Berlin"}
	if err := s.PutSite(ctx, site, now); err != nil {
		return domain.AgentID{}, err
	}
	key, err := wire.NewConfigKey()
	if err != nil {
		return domain.AgentID{}, err
	}
	agent := enroll.NewAgent{
		ID: domain.NewID[domain.AgentID](now), Site: site.ID, Name: "Agent 1", ConfigKey: key.PublicKey().Bytes(), Version: "bench", Generation: 1, CreatedAt: now,
	}
	return agent.ID, s.InsertAgent(ctx, agent)
}
