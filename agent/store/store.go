package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	sqlite "github.com/glebarez/go-sqlite"

	"vestibule/shared/crashpoint"
	"vestibule/shared/fault"
)

// File is the name of the database inside the data folder.
const File = "agent.db"

// patience bounds the wait for the writer. Nothing in the agent takes a tenth of it; it turns a nested transaction that
// forgot its context into an error instead of a standstill.
const patience = 30 * time.Second

// Store is the open file. It is safe for use by several goroutines; writers take turns.
type Store struct {
	path  string
	write *sql.DB // one connection: SQLite has one writer
	turn  chan struct{}
	read  *sql.DB
	lock  *os.File

	// Statements of every call and every event: those that write, and those that read on the writer and beside it.
	putFew                    [2]*compiled // one block, two
	setMark, dropBlocks       *compiled
	dropKept, putKept         *compiled
	putCall, trimCalls        *compiled
	shelf, blocksOf           *sql.Stmt
	shelfBeside, blocksBeside *sql.Stmt

	statements []*compiled // those that write

	stored atomic.Uint64 // calls of this run

	// The outbox as the last commit left it; nil: not known. Only who has the writer touches it, and the folder's lock keeps other programs off.
	known *shelf

	mu       sync.Mutex
	makeRoom func(context.Context) error
}

// Open opens or makes the file in dir, brings its schema up to date and locks the folder against a second agent.
// A folder in use is a Conflict; a file of a newer agent is Invalid.
func Open(ctx context.Context, dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if err := os.Chmod(dir, 0o700); err != nil { //nolint:gosec // a folder needs its execute bit; nobody else may enter
		return nil, fmt.Errorf("data folder: %w", err)
	}
	lock, err := lockFolder(filepath.Join(dir, "agent.lock"))
	if err != nil {
		return nil, err
	}
	s, err := open(ctx, filepath.Join(dir, File))
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	s.lock = lock
	return s, nil
}

func open(ctx context.Context, path string) (*Store, error) {
	// SQLite gives its side files the mode of the database, so the database is made first with the right one.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	if err := errors.Join(f.Chmod(0o600), f.Close()); err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	s := &Store{path: path, turn: make(chan struct{}, 1)}
	s.compile()
	if s.write, err = sql.Open("sqlite", dsn(path, "_txlock=immediate", "cache_size(-1024)")); err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	s.write.SetMaxOpenConns(1)
	if s.read, err = sql.Open("sqlite", dsn(path, "_txlock=deferred", "cache_size(-512)", "query_only(1)")); err != nil {
		return nil, errors.Join(err, s.write.Close())
	}
	s.read.SetMaxOpenConns(2)
	err = s.migrate(ctx)
	if err == nil {
		err = s.ensureEpoch(ctx)
	}
	if err == nil {
		err = s.prepare(ctx)
	}
	if err == nil {
		err = s.moveSingles(ctx)
	}
	if err == nil {
		s.takeReserve(ctx)
	}
	if err != nil {
		s.closeStatements()
		return nil, errors.Join(err, s.write.Close(), s.read.Close())
	}
	return s, nil
}

// dsn: WAL with FULL syncs on every commit; small caches keep the agent's memory small.
func dsn(path, lock string, pragmas ...string) string {
	text := "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + lock
	for _, p := range append([]string{
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "temp_store(MEMORY)", "wal_autocheckpoint(1000)",
	}, pragmas...) {
		text += "&_pragma=" + p
	}
	return text
}

func lockFolder(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock of the data folder: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fault.Wrap(err, fault.Conflict, "Another agent runs from this data folder."), f.Close())
	}
	return f, nil
}

// Close ends the store; every committed change is on the disk already.
func (s *Store) Close() error {
	s.closeStatements()
	err := errors.Join(s.read.Close(), s.write.Close())
	if s.lock != nil {
		err = errors.Join(err, s.lock.Close())
	}
	return err
}

// compile names the statements that write.
func (s *Store) compile() {
	for _, c := range []struct {
		to    **compiled
		query string
	}{
		{&s.putFew[0], putQuery(1)},
		{&s.putFew[1], putQuery(2)},
		{&s.setMark, setMarkQuery},
		{&s.dropBlocks, dropBlocksQuery},
		{&s.dropKept, dropKeptQuery},
		{&s.putKept, putKeptQuery},
		{&s.putCall, putCallQuery},
		{&s.trimCalls, trimCallsQuery},
	} {
		*c.to = &compiled{query: c.query}
		s.statements = append(s.statements, *c.to)
	}
}

func (s *Store) closeStatements() {
	for _, c := range s.statements {
		c.close()
	}
}

// Path is where the database lies.
func (s *Store) Path() string { return s.path }

// OnFull sets what makes room when the disk or the file's limit is full; the transaction that met it is then run once more.
func (s *Store) OnFull(makeRoom func(context.Context) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.makeRoom = makeRoom
}

type txKey struct{}

// transaction has the writer. It begins in the file with the first thing that is more than rows added to the outbox, see end.
type transaction struct {
	store *Store
	conn  *sql.Conn
	tx    *sql.Tx
	err   error // of blocks that could not be written before something else was done
	after []func()
	spare bool // it is the one that makes room

	shelf   *shelf        // as this transaction knows it; nil: not read
	unknown bool          // it was changed by other means
	moved   [streams]bool // marks that were set
	fresh   [streams]bool // streams of which more changed than that rows joined the newest block
	grown   [streams]bool // newest blocks that are not written yet
	put     []placed      // others
}

// begun gives the transaction in the file.
func (t *transaction) begun(ctx context.Context) (*sql.Tx, error) {
	if t.tx == nil && t.err == nil {
		tx, err := t.conn.BeginTx(ctx, nil)
		if err != nil {
			t.err = fmt.Errorf("begin: %w", err)
		}
		t.tx = tx
	}
	return t.tx, t.err
}

// statement gives a prepared statement in the transaction.
func (t *transaction) statement(ctx context.Context, stmt *sql.Stmt) (*sql.Stmt, error) {
	tx, err := t.begun(ctx)
	if err != nil {
		return nil, err
	}
	return tx.StmtContext(ctx, stmt), nil
}

func (s *Store) txOf(ctx context.Context) *transaction {
	if t, ok := ctx.Value(txKey{}).(*transaction); ok && t.store == s {
		return t
	}
	return nil
}

// InTx runs fn in one transaction and commits it to the disk; an error undoes everything. Inside another InTx it joins
// that one. fn may be run a second time after room was made on a full disk, so it touches nothing but the store.
// A caller whose context has ended is still served: a fact must not be lost because the program stops.
func (s *Store) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	if s.txOf(ctx) != nil {
		return fn(ctx)
	}
	err := s.commit(ctx, fn, false)
	if !isFull(err) {
		return err
	}
	s.mu.Lock()
	makeRoom := s.makeRoom
	s.mu.Unlock()
	if makeRoom == nil {
		return err
	}
	s.giveReserve()
	if roomErr := s.commit(ctx, makeRoom, true); roomErr != nil {
		return errors.Join(err, fmt.Errorf("make room: %w", roomErr))
	}
	err = s.commit(ctx, fn, false)
	s.takeReserve(ctx)
	return err
}

// wait takes the writer's turn. It is bounded without a context: one that can end costs a goroutine per statement.
func (s *Store) wait() error {
	select {
	case s.turn <- struct{}{}:
		return nil
	default:
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case s.turn <- struct{}{}:
		return nil
	case <-late.C:
		return fmt.Errorf("the writer had no time in %s", patience)
	}
}

func (s *Store) commit(ctx context.Context, fn func(ctx context.Context) error, spare bool) error {
	if err := s.wait(); err != nil {
		return err
	}
	defer func() { <-s.turn }()
	lasting := context.WithoutCancel(ctx)
	conn, err := s.write.Conn(lasting)
	if err != nil {
		return fmt.Errorf("the writer: %w", err)
	}
	defer func() { _ = conn.Close() }()
	t := &transaction{store: s, conn: conn, spare: spare}
	defer func() {
		if t.tx != nil {
			_ = t.tx.Rollback() // nothing, once it is committed
		}
	}()
	own := context.WithValue(lasting, txKey{}, t)
	if err := fn(own); err != nil {
		return errors.Join(err, t.err)
	}
	known := s.known
	s.known = nil // until this is on the disk
	if err := t.end(own, known); err != nil {
		return err
	}
	if s.known = known; t.shelf != nil || t.unknown {
		s.known = t.shelf
	}
	crashpoint.Hit("store.after_commit")
	for _, f := range t.after {
		f()
	}
	return nil
}

// AfterCommit runs f once the transaction of ctx is on the disk, at once when there is none, never when it is undone.
func (s *Store) AfterCommit(ctx context.Context, f func()) {
	if t := s.txOf(ctx); t != nil {
		t.after = append(t.after, f)
		return
	}
	f()
}

// MakingRoom tells whether ctx belongs to the transaction that makes room on a full disk.
func (s *Store) MakingRoom(ctx context.Context) bool {
	t := s.txOf(ctx)
	return t != nil && t.spare
}

// sqliteFull is SQLITE_FULL (sqlite.org/rescode.html): the disk or the file's page limit has no room.
const sqliteFull = 13

func isFull(err error) bool {
	var e *sqlite.Error
	var r refusal
	return errors.As(err, &e) && e.Code()&0xff == sqliteFull || errors.As(err, &r) && r.code&0xff == sqliteFull || errors.Is(err, syscall.ENOSPC)
}

// prepare readies the statements of every event that read. It spares the work of database/sql.
func (s *Store) prepare(ctx context.Context) (err error) {
	for _, p := range []struct {
		to    **sql.Stmt
		on    *sql.DB
		query string
	}{
		{&s.shelf, s.write, shelfQuery},
		{&s.blocksOf, s.write, blocksQuery},
		{&s.shelfBeside, s.read, shelfQuery},
		{&s.blocksBeside, s.read, blocksQuery},
	} {
		if *p.to, err = p.on.PrepareContext(ctx, p.query); err != nil {
			return fmt.Errorf("prepare: %w", err)
		}
	}
	return nil
}

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// from is where to read: the transaction of ctx, else a reader that no writer delays.
func (s *Store) from(ctx context.Context) querier {
	if t := s.txOf(ctx); t != nil {
		if tx, err := t.begun(ctx); err == nil {
			return tx
		}
		return t.conn // what is read is of no use: the transaction ends with its error
	}
	return s.read
}

// exec runs one statement in the transaction of ctx or in its own.
func (s *Store) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if t := s.txOf(ctx); t != nil {
		tx, err := t.begun(ctx)
		if err != nil {
			return nil, err
		}
		return tx.ExecContext(ctx, query, args...)
	}
	var res sql.Result
	err := s.InTx(ctx, func(ctx context.Context) error {
		var err error
		res, err = s.exec(ctx, query, args...)
		return err
	})
	return res, err
}
