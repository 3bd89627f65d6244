package store_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"vestibule/agent/store"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// older makes the folder of an agent that kept each row for itself, with rows of both streams and the ends behind them.
func older(t *testing.T, dir string, rows int) {
	t.Helper()
	db := must(sql.Open("sqlite", "file:"+filepath.Join(dir, store.File)))
	defer db.Close()
	run := func(query string, args ...any) {
		if _, err := db.Exec(query, args...); err != nil {
			t.Fatal(err)
		}
	}
	files := must(filepath.Glob("schema/*.sql"))
	for _, name := range files[:4] {
		run(string(must(os.ReadFile(name))))
	}
	run("PRAGMA user_version = 4")
	run("INSERT INTO meta (name, value) VALUES ('epoch', ?)", make([]byte, 16))
	type end struct {
		Last  uint64   `cbor:"1,keyasint"`
		Count int64    `cbor:"2,keyasint"`
		Bytes int64    `cbor:"3,keyasint"`
		Link  [32]byte `cbor:"4,keyasint"`
	}
	run("BEGIN")
	for _, s := range []domain.Stream{domain.StreamAudit, domain.StreamStatus} {
		run("UPDATE streams SET acked = 1 WHERE stream = ?", s)
		e := end{Last: uint64(rows), Count: int64(rows - 1)}
		for seq := uint64(2); seq <= e.Last; seq++ {
			r := wire.Row{Seq: seq, Kind: domain.EventDoor, Body: []byte{1}, Digest: [32]byte{byte(seq), byte(seq >> 8)}}
			r.BodyHash = wire.HashBody(r.Salt, r.Body)
			raw := must(wire.Marshal(r))
			run("INSERT INTO outbox (stream, seq, row) VALUES (?, ?, ?)", s, int64(seq), raw)
			e.Bytes += int64(len(raw) + 32)
			e.Link = r.Digest
		}
		run("INSERT INTO outbox (stream, seq, row) VALUES (?, 0, ?)", s+1, must(wire.Marshal(e)))
	}
	run("COMMIT")
}

// The rows of an older agent are there after it was replaced, with their ends, and new ones follow them.
//
// shows EDGE-06/R06 by agent/store/singles.go: "if err := s.putRaw(ctx, stream, uint64(one.seq), one.raw, r.Digest); err != nil {" => "if err := error(nil); err != nil {"
func TestOpen_RowsOfAnOlderAgentMove(t *testing.T) {
	const rows = 2500 // more than are moved at once
	dir := t.TempDir()
	older(t, dir, rows)
	s := open(t, dir)
	if err := newOutbox(s).Append(ctx, domain.EventDoor, domain.DoorBody{}); err != nil {
		t.Fatal(err)
	}
	m := must(s.Marks(ctx))
	if m.Audit.Last != rows+1 || m.Audit.Count != rows || m.Status.Last != rows || m.Status.Count != rows-1 || m.Status.Acked != 1 {
		t.Fatalf("%+v", m)
	}
	for s, rows := range map[domain.Stream][]wire.Row{
		domain.StreamAudit: must(s.Rows(ctx, domain.StreamAudit, 0, 1<<20, 1<<40)), domain.StreamStatus: must(s.Rows(ctx, domain.StreamStatus, 0, 1<<20, 1<<40)),
	} {
		if want := int64(m.Of(s).Count); int64(len(rows)) != want {
			t.Fatalf("stream %d has %d rows, want %d", s, len(rows), want)
		}
		if !slices.IsSortedFunc(rows, func(a, b wire.Row) int { return int(a.Seq) - int(b.Seq) }) || rows[0].Seq != 2 {
			t.Fatalf("stream %d begins with row %d", s, rows[0].Seq)
		}
	}
	if count, _, err := s.DropRows(ctx, domain.StreamStatus, 0, 1<<40); err != nil || count != rows-1 {
		t.Fatal(count, err)
	}
}
