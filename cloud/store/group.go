package store

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"gorm.io/gorm"
)

// SQLite has one writer, and a durable commit is most of what a small transaction costs. So writers stand in a line, and those that follow each
// other closely are members of one group: each works in a savepoint of the same transaction, and all hear of the one commit. A member sees what
// earlier members kept, which is committed with it or not at all; what a member that failed had written is gone before the next one begins.

// A group is committed when nobody waits, and at the latest with so many members or when it is so old: whoever came first waits for the last.
const (
	groupMost = 64
	groupFor  = 25 * time.Millisecond
)

// group is a transaction whose members share its commit. Only the one whose turn it is touches it before done is closed.
type group struct {
	db      *gorm.DB
	began   time.Time
	members int
	kept    []*transaction // of members whose work stands, in order
	broken  error          // the transaction is lost, with everything in it
	done    chan struct{}  // closed when it is committed or lost; err is set then
	err     error
}

// line is where writers wait, in the order in which they came: who waits inside SQLite sleeps and asks again, in no order, so that some would wait
// for seconds.
type line struct {
	mu    sync.Mutex
	taken bool
	waits []chan *group // each hears once that it is its turn, and which group it joins; nil: none is open
}

// turn waits for the caller's turn and gives the group that it joins; nil: none is open.
func (l *line) turn(ctx context.Context, forsake func(*group)) (*group, error) {
	l.mu.Lock()
	if !l.taken {
		l.taken = true
		l.mu.Unlock()
		return nil, nil
	}
	me := make(chan *group, 1)
	l.waits = append(l.waits, me)
	l.mu.Unlock()
	select {
	case g := <-me:
		return g, nil
	case <-ctx.Done():
	}
	l.mu.Lock()
	at := slices.Index(l.waits, me)
	if at >= 0 {
		l.waits = slices.Delete(l.waits, at, at+1)
	}
	l.mu.Unlock()
	if at < 0 {
		forsake(<-me) // the turn came meanwhile, and others wait behind
	}
	return nil, ctx.Err()
}

// next gives the turn to who waits longest, with the open group if there is one. It is false when nobody waits; then the turn stays with the
// caller while a group is open.
func (l *line) next(g *group) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waits) == 0 {
		l.taken = g != nil
		return false
	}
	l.waits[0] <- g
	l.waits = slices.Delete(l.waits, 0, 1)
	return true
}

// inGroup runs fn as a member of a group and returns when that is committed.
func (s *Store) inGroup(ctx context.Context, fn func(ctx context.Context) error) error {
	g, err := s.line.turn(ctx, s.leave)
	if err != nil {
		return err
	}
	if g == nil {
		// Not with ctx: its end would undo what others did in this transaction.
		db := s.db.WithContext(context.WithoutCancel(ctx)).Begin()
		if db.Error != nil {
			s.line.next(nil)
			return db.Error
		}
		g = &group{db: db, began: time.Now(), done: make(chan struct{})}
	}
	if err := s.member(ctx, g, fn); err != nil {
		return err
	}
	<-g.done
	return g.err
}

// member runs fn in a savepoint; what it wrote stands when it gives no error. Then the turn goes on.
func (s *Store) member(ctx context.Context, g *group, fn func(ctx context.Context) error) (err error) {
	defer s.leave(g)
	g.members++
	if err := g.exec("SAVEPOINT member"); err != nil {
		return err
	}
	stands := false
	defer func() { // a panic undoes it too
		if !stands && g.exec("ROLLBACK TO member") == nil {
			_ = g.exec("RELEASE member")
		}
	}()
	tx := &transaction{store: s, db: g.db}
	if err := fn(context.WithValue(ctx, txKey{}, tx)); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := g.exec("RELEASE member"); err != nil {
		return err
	}
	stands = true
	g.kept = append(g.kept, tx)
	return nil
}

// exec moves the savepoints. SQLite undoes a whole transaction when the disk is full or fails; the savepoint is gone with it, and so is the group.
func (g *group) exec(statement string) error {
	if g.broken == nil {
		if _, err := g.db.Statement.ConnPool.ExecContext(context.Background(), statement); err != nil {
			g.broken = fmt.Errorf("the transaction is lost: %w", err)
		}
	}
	return g.broken
}

// leave ends a turn: the group goes on with who waits next, or it is committed.
func (s *Store) leave(g *group) {
	if g == nil {
		s.line.next(nil)
		return
	}
	if g.broken == nil && g.members < groupMost && time.Since(g.began) < groupFor && s.line.next(g) {
		return
	}
	defer close(g.done)
	if g.broken != nil || len(g.kept) == 0 {
		g.err = g.broken
		_ = g.db.Rollback()
	} else {
		g.err = g.db.Commit().Error
	}
	s.line.next(nil)
	if g.err != nil {
		return
	}
	// In the order of the members: what one tells of a row must not be overtaken by what another told of it before.
	for _, tx := range g.kept {
		tx.tell()
	}
}
