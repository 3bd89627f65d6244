package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/glebarez/sqlite"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

type dialect string

const (
	onSQLite   dialect = "sqlite"
	onPostgres dialect = "postgres"
)

// Store is the database. Its methods may be called by any goroutine.
type Store struct {
	db      *gorm.DB
	pool    *sql.DB
	dialect dialect
	key     Sealer
	heard   func(ctx context.Context, e audit.Entry) error // of Record; nil: nobody
	lost    func(id domain.AccountID)                      // of lose; nil: nobody
	tally   tally
	line    line // SQLite: of those who write
}

// Sealer encrypts what rests in the database; purpose binds the bytes to their place. Mark gives a digest by which what is sealed is found again.
type Sealer interface {
	Seal(purpose string, plain []byte) ([]byte, error)
	Open(purpose string, sealed []byte) ([]byte, error)
	Mark(purpose string, plain []byte) ([]byte, error)
}

// Unlock gives the store the key of sealed columns. Call it once, before anything that reads or writes devices.
func (s *Store) Unlock(key Sealer) { s.key = key }

// OnRecord makes f hear of every audit entry, in the transaction that records it. Call it once, before anything is recorded.
func (s *Store) OnRecord(f func(ctx context.Context, e audit.Entry) error) { s.heard = f }

// OnLoss makes f hear of every account that lost a session, a site or rights at one, once that is committed: what it reads right now must be
// looked at again. f must not block. Call it once, before anything is lost.
func (s *Store) OnLoss(f func(id domain.AccountID)) { s.lost = f }

func (s *Store) lose(ctx context.Context, id domain.AccountID) {
	if s.lost != nil {
		s.AfterCommit(ctx, func() { s.lost(id) })
	}
}

var (
	_ account.Store = (*Store)(nil)
	_ fleet.Store   = (*Store)(nil)
)

// Open opens "sqlite:/path/file.db" (made with mode 0600 when absent) or "postgres://…" and brings the schema up to date.
func Open(ctx context.Context, dsn string) (*Store, error) {
	s := &Store{}
	dialector, err := s.dialector(dsn)
	if err != nil {
		return nil, err
	}
	s.db, err = gorm.Open(dialector, &gorm.Config{
		// gorm's logger prints values: rows hold sealed secrets and people's data. Errors are returned, and told once by who ends the flow.
		Logger:                 logger.Discard,
		TranslateError:         true,
		SkipDefaultTransaction: true,
		DisableAutomaticPing:   true,
		// Columns by their names, never *: PostgreSQL refuses a prepared statement whose answer has changed its shape, and a newer replica adds columns
		// while this one runs (deploy/docs/operate.md).
		QueryFields: true,
	})
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	if s.pool, err = s.db.DB(); err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	s.pool.SetMaxOpenConns(16)
	s.pool.SetMaxIdleConns(8)
	s.pool.SetConnMaxIdleTime(5 * time.Minute)
	if err := s.Ping(ctx); err != nil {
		s.Close()
		return nil, err
	}
	if err := s.migrate(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Store) dialector(dsn string) (gorm.Dialector, error) {
	switch {
	case strings.HasPrefix(dsn, "sqlite:"):
		s.dialect = onSQLite
		path, err := filepath.Abs(strings.TrimPrefix(dsn, "sqlite:"))
		if err != nil {
			return nil, fmt.Errorf("database path: %w", err)
		}
		// SQLite gives its journal files the mode of the database file.
		f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return nil, fmt.Errorf("database file: %w", err)
		}
		if err := f.Close(); err != nil {
			return nil, fmt.Errorf("database file: %w", err)
		}
		return sqlite.Open(sqliteDSN(path)), nil
	case strings.HasPrefix(dsn, "postgres://"), strings.HasPrefix(dsn, "postgresql://"):
		s.dialect = onPostgres
		return postgres.Open(dsn), nil
	}
	return nil, fault.New(fault.Invalid, "A database is sqlite:/path/file.db or postgres://user@host/name.")
}

// sqliteDSN: a transaction takes the write lock at its start, because SQLite refuses at once, whatever the busy timeout, to
// turn a reader into a writer after somebody else wrote.
func sqliteDSN(path string) string {
	options := url.Values{
		"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"},
		"_txlock": {"immediate"},
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + options.Encode()
}

// Close releases the connections.
func (s *Store) Close() error { return s.pool.Close() }

// Ping asks whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.pool.PingContext(ctx); err != nil {
		return fault.Wrap(err, fault.Unavailable, "The database does not answer.")
	}
	return nil
}

// Now is the database's time in UTC, whole milliseconds.
func (s *Store) Now(ctx context.Context) (time.Time, error) {
	if s.dialect == onSQLite { // it runs in this process and would ask the same clock
		return time.UnixMilli(time.Now().UnixMilli()).UTC(), ctx.Err()
	}
	var ms int64
	if err := s.row(ctx, places{&ms}, "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp())*1000 AS bigint)"); err != nil {
		return time.Time{}, fmt.Errorf("read the database's time: %w", err)
	}
	return time.UnixMilli(ms).UTC(), nil
}

// named lists the columns of a row by their names, without those that only a query gives. A star would change its meaning under a running process
// when a newer one adds a column.
func (s *Store) named(row any) string {
	stmt := &gorm.Statement{DB: s.db}
	if err := stmt.Parse(row); err != nil {
		panic("store: " + err.Error()) // a row that gorm does not understand: seen by every test of it
	}
	var names []string
	for _, f := range stmt.Schema.Fields {
		if f.DBName != "" && f.Creatable {
			names = append(names, stmt.Schema.Table+"."+f.DBName)
		}
	}
	return strings.Join(names, ", ")
}

type txKey struct{}

// transaction travels in the context of InTx.
type transaction struct {
	store *Store
	db    *gorm.DB
	conn  *sql.Conn // its connection; on PostgreSQL alone
	after []func()
}

func (s *Store) running(ctx context.Context) *transaction {
	if tx, ok := ctx.Value(txKey{}).(*transaction); ok && tx.store == s {
		return tx
	}
	return nil
}

// tell runs what waited for the commit.
func (tx *transaction) tell() {
	for _, f := range tx.after {
		f()
	}
}

// InTx runs fn in a transaction that travels in its context: committed when fn gives nil, else undone. A call inside another
// one joins the outer transaction. The context of fn must not be used after fn or by another goroutine.
func (s *Store) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	if s.running(ctx) != nil {
		return fn(ctx)
	}
	if s.dialect == onSQLite {
		return s.inGroup(ctx, fn)
	}
	tx := &transaction{store: s}
	// On a connection that the transaction can be asked for, because COPY does not go through database/sql.
	err := s.db.WithContext(ctx).Connection(func(db *gorm.DB) error {
		tx.conn, _ = db.Statement.ConnPool.(*sql.Conn)
		return db.Transaction(func(db *gorm.DB) error {
			tx.db = db
			return fn(context.WithValue(ctx, txKey{}, tx))
		})
	})
	if err == nil {
		tx.tell()
	}
	return err
}

// AfterCommit runs f once the transaction of ctx is committed, never when it is undone; without a transaction at once. f must not block.
func (s *Store) AfterCommit(ctx context.Context, f func()) {
	if tx := s.running(ctx); tx != nil {
		tx.after = append(tx.after, f)
		return
	}
	f()
}

// conn is the transaction of ctx, or the database.
func (s *Store) conn(ctx context.Context) *gorm.DB {
	tx := s.running(ctx)
	if tx == nil {
		return s.db.WithContext(ctx)
	}
	if s.dialect == onPostgres {
		return tx.db.WithContext(ctx)
	}
	// SQLite undoes the whole transaction when a statement is interrupted, with what others did in it: the end of ctx comes between statements.
	db := tx.db.WithContext(context.WithoutCancel(ctx))
	_ = db.AddError(ctx.Err())
	return db
}

// forUpdate locks the rows a query reads until the transaction ends. SQLite has one writer, which holds the lock since the start.
func (s *Store) forUpdate(db *gorm.DB) *gorm.DB {
	if s.dialect == onPostgres {
		return db.Clauses(lockRows)
	}
	return db
}

// missing turns "no row" into NotFound with the words of the noun ("This building").
func missing(err error, noun string) error {
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return fault.New(fault.NotFound, "%s does not exist.", noun)
	}
	return err
}

// duplicate turns a broken unique index into Conflict at the field that must be unique.
func duplicate(err error, path, msg string) error {
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return &fault.Error{Code: fault.Conflict, Msg: msg, Fields: []fault.Field{{Path: path, Msg: msg}}, Err: err}
	}
	return err
}
