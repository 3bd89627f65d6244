package outbox_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	"vestibule/agent/outbox"
	"vestibule/agent/store"
	"vestibule/agent/store/block"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// file opens the database as somebody does who has the disk.
func (b *box) file(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(b.dir, store.File)+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func run(t *testing.T, db *sql.DB, query string, args ...any) {
	t.Helper()
	res, err := db.Exec(query, args...)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		t.Fatalf("%s changed %d rows: %v", query, n, err)
	}
}

// at is where the block of the audit stream lies that begins with a number.
func at(seq uint64) int64 { return int64(domain.StreamAudit)<<48 + int64(seq) }

// holding reads the block that holds a row of the audit stream, or the last one before it.
func holding(t *testing.T, db *sql.DB, seq uint64) block.Block {
	t.Helper()
	var id int64
	var body []byte
	if err := db.QueryRow("SELECT id, body FROM blocks WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1", at(0), at(seq)).Scan(&id, &body); err != nil {
		t.Fatal(err)
	}
	b, err := block.Read(uint64(id-at(0)), body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func newest(t *testing.T, db *sql.DB) block.Block {
	t.Helper()
	return holding(t, db, 1<<40)
}

// change writes another block in the place of the one that holds a row.
func change(t *testing.T, db *sql.DB, seq uint64, edit func(block.Block) block.Block) {
	t.Helper()
	b := holding(t, db, seq)
	run(t, db, "UPDATE blocks SET body = ? WHERE id = ?", edit(b).Body(), at(b.First))
}

// ending changes what the newest block of the audit stream says of its end.
func ending(t *testing.T, db *sql.DB, edit func(*block.Block)) {
	t.Helper()
	change(t, db, 1<<40, func(b block.Block) block.Block {
		edit(&b)
		return b
	})
}

// rewrite changes a stored row, and nothing around it.
func rewrite(t *testing.T, db *sql.DB, seq uint64, edit func(*wire.Row)) {
	t.Helper()
	change(t, db, seq, func(b block.Block) block.Block {
		return again(t, b, func(at uint64, row []byte) []byte {
			if at != seq {
				return row
			}
			var r wire.Row
			if err := wire.Unmarshal(row, &r); err != nil {
				t.Fatal(err)
			}
			edit(&r)
			raw, err := wire.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			return raw
		})
	})
}

// without takes the bytes of a row out: those behind it move up.
func without(t *testing.T, b block.Block, seq uint64) block.Block {
	t.Helper()
	return again(t, b, func(at uint64, row []byte) []byte {
		if at == seq {
			return nil
		}
		return row
	})
}

// again makes a block anew with the same end.
func again(t *testing.T, b block.Block, edit func(seq uint64, row []byte) []byte) block.Block {
	t.Helper()
	var out block.Block
	err := b.Each(func(seq uint64, row []byte) bool {
		if row = edit(seq, row); row != nil {
			out = out.With(seq, row, b.Link)
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	out.First, out.End = b.First, b.End
	return out
}

// drop removes rows of the audit stream, with their blocks where nothing else is in them.
func drop(t *testing.T, db *sql.DB, from, to uint64) {
	t.Helper()
	for seq := from; seq <= to; {
		b := holding(t, db, seq)
		before, behind, err := b.Cut(from, to, func([]byte) {})
		if err != nil {
			t.Fatal(err)
		}
		run(t, db, "DELETE FROM blocks WHERE id = ?", at(b.First))
		for _, part := range []block.Block{before, behind} {
			if part.First != 0 {
				run(t, db, "INSERT INTO blocks (id, body) VALUES (?, ?)", at(part.First), part.Body())
			}
		}
		seq = b.Last + 1
	}
}

// relink chains the rows from a number on anew, as somebody does who knows how the chain is made.
func relink(t *testing.T, db *sql.DB, epoch domain.EpochID, from, to uint64) {
	t.Helper()
	var before [32]byte
	for seq := from - 1; seq <= to; seq++ {
		rewrite(t, db, seq, func(r *wire.Row) {
			if seq >= from {
				r.Digest = wire.Chain(domain.AgentID{}, epoch, domain.StreamAudit, before, *r)
			}
			before = r.Digest
		})
	}
	ending(t, db, func(b *block.Block) { b.Link = before })
}

// The newest block goes with the end of its stream: its first row is named, for the block before it says that another one followed.
//
// shows BEY-10 by agent/store/shelf.go: "newest.More = true // so that a newest block that vanishes is missed"
func TestVerify_NamesTheBlockThatWent(t *testing.T) {
	b, key := newBox(t, t.TempDir(), 0), newSigner(t)
	defer b.stop()
	b.signed(key)
	for i := range 50 {
		b.append(domain.EventDoor, number(i))
	}
	db := b.file(t)
	went := newest(t, db)
	if went.First < 2 || went.Last != 50 || went.First == went.Last {
		t.Fatalf("the newest block has the rows %d to %d", went.First, went.Last)
	}
	run(t, db, "DELETE FROM blocks WHERE id = ?", at(went.First))
	if f := b.audit(t, key); f.Bad != outbox.BadMissing || f.Seq != went.First {
		t.Fatalf("%+v, want %q at %d", f, outbox.BadMissing, went.First)
	}
}
