package store

import (
	"context"
	"fmt"
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
	hasty   bool           // one of them is not patient
	kept    []*transaction // of members whose work stands, in order
	broken  error          // the transaction is lost, with everything in it
	done    chan struct{}  // closed when it is committed or lost; err is set then
	err     error
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
	g.hasty = g.hasty || !patient(ctx)
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
