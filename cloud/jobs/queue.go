package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"vestibule/shared/logkey"
)

// Store is what the queue needs of the database: its tables live there, and Insert joins the transaction of its context.
type Store interface {
	Pool() *sql.DB
	Dialect() string                // sqlite or postgres
	Tx(ctx context.Context) *sql.Tx // nil outside a transaction
}

// Func does one piece of work. An error or a panic is a failed try. ctx ends at the timeout of the kind.
type Func func(ctx context.Context, body []byte) error

// Options say how work of one kind is done.
type Options struct {
	Tries   int                           // the first one included; zero: 10
	Timeout time.Duration                 // of one try; zero: one minute; at most MaxTimeout
	Pause   func(tries int) time.Duration // after how many tries how long; nil: tries⁴ seconds, 25 hours for 14 tries
	// Outside work waits for somebody else's server: it has places of its own, so that slow strangers never hold up our mails.
	Outside bool
}

// MaxTimeout is the longest one try may take. Work whose process died is tried again somewhat later than this.
const MaxTimeout = 5 * time.Minute

// Pace of the queue. Neither database tells a database/sql pool of new work, so it is asked for.
const (
	poll    = 250 * time.Millisecond
	rescue  = 2 * MaxTimeout
	workers = 8
	outside = "outside" // queue of work that waits for others
	drain   = 10 * time.Second
	unknown = time.Minute // pause before another look at work that only a newer replica knows
)

type kind struct {
	Options
	run Func
}

// Queue keeps work and does it. Insert may be called by any goroutine; Handle and Every come before Run.
type Queue struct {
	store    Store
	logger   *slog.Logger
	client   *river.Client[*sql.Tx] // does work
	inserts  *river.Client[*sql.Tx] // only takes it: River's inserting and starting clients must not be one, they race
	kinds    map[string]kind
	meter    Meter // nil: nobody counts
	stopping atomic.Bool
}

// Meter counts tries of work by what became of them: done, failed or given_up.
type Meter interface {
	Job(name, outcome string, took time.Duration)
}

// Measure makes m hear of every try. Call it before Run.
func (q *Queue) Measure(m Meter) { q.meter = m }

// New opens the queue and brings its tables up to date; the tables of the store must be there.
func New(ctx context.Context, store Store, logger *slog.Logger) (*Queue, error) {
	q := &Queue{store: store, logger: logger.With(logkey.Component, "jobs"), kinds: map[string]kind{}}
	driver, err := migrated(ctx, store, q.logger)
	if err != nil {
		return nil, err
	}
	known := river.NewWorkers()
	river.AddWorker(known, &worker{queue: q})
	q.client, err = river.NewClient(driver, &river.Config{
		FetchPollInterval: poll, FetchCooldown: poll / 2, JobTimeout: MaxTimeout, RescueStuckJobsAfter: rescue,
		Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workers}, outside: {MaxWorkers: workers}}, Workers: known, Logger: quiet(q.logger),
	})
	if err != nil {
		return nil, fmt.Errorf("open the job queue: %w", err)
	}
	if q.inserts, err = river.NewClient(driver, &river.Config{Logger: quiet(q.logger)}); err != nil {
		return nil, fmt.Errorf("open the job queue: %w", err)
	}
	return q, nil
}

// Handle names the work that Insert may ask for. The name stays the same over versions: work waits under it in the database.
func (q *Queue) Handle(name string, o Options, run Func) {
	if _, twice := q.kinds[name]; twice || o.Timeout > MaxTimeout || name == "" {
		panic("jobs: " + name + " is there already, or takes too long") // seen by every start, so by every test
	}
	if o.Tries == 0 {
		o.Tries = 10
	}
	if o.Timeout == 0 {
		o.Timeout = time.Minute
	}
	if o.Pause == nil {
		o.Pause = func(tries int) time.Duration { return time.Duration(tries*tries*tries*tries) * time.Second }
	}
	q.kinds[name] = kind{o, run}
}

// Every does work at the start and then at the interval, in one replica at a time. A failure is told in the log and waits for the next time.
func (q *Queue) Every(name string, interval time.Duration, run func(ctx context.Context) error) {
	q.Handle(name, Options{Tries: 1}, func(ctx context.Context, _ []byte) error { return run(ctx) })
	once := &river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled,
	}}}
	q.client.PeriodicJobs().Add(river.NewPeriodicJob(river.PeriodicInterval(interval), func() (river.JobArgs, *river.InsertOpts) {
		return work{Name: name, Body: []byte("null")}, once
	}, &river.PeriodicJobOpts{ID: name, RunOnStart: true}))
}

// Insert puts work into the queue: in the transaction of ctx when there is one, so that it is done once that commits and never when it does not.
// body is written as JSON and rests in the database as it is: it holds ids, not secrets.
func (q *Queue) Insert(ctx context.Context, name string, body any) error {
	k, known := q.kinds[name]
	if !known {
		return fmt.Errorf("jobs: nothing does %q", name)
	}
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("jobs: %s: %w", name, err)
	}
	args, options := work{Name: name, Body: text}, &river.InsertOpts{MaxAttempts: k.Tries}
	if k.Outside {
		options.Queue = outside
	}
	if tx := q.store.Tx(ctx); tx != nil {
		// On SQLite an interrupted statement undoes the whole transaction, and others may work in it.
		_, err = q.inserts.InsertTx(context.WithoutCancel(ctx), tx, args, options)
	} else {
		_, err = q.inserts.Insert(ctx, args, options)
	}
	if err != nil {
		return fmt.Errorf("put %s into the queue: %w", name, err)
	}
	return nil
}

// Run does the work until ctx ends; what runs then has ten seconds to finish, and is otherwise done again at the next start.
func (q *Queue) Run(ctx context.Context) error {
	if err := q.recover(ctx); err != nil {
		return err
	}
	still := context.WithoutCancel(ctx)
	if err := q.client.Start(still); err != nil {
		return fmt.Errorf("start the job queue: %w", err)
	}
	<-ctx.Done()
	q.stopping.Store(true)
	soon, cancel := context.WithTimeout(still, drain)
	defer cancel()
	err := q.client.Stop(soon)
	if errors.Is(err, context.DeadlineExceeded) {
		hard, cancel := context.WithTimeout(still, drain/2)
		defer cancel()
		err = q.client.StopAndCancel(hard)
	}
	return err
}
