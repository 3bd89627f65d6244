package outbox_test

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"path/filepath"
	"testing"

	"vestibule/agent/outbox"
	"vestibule/agent/store"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// signer is an agent's key; the certificate is its public half.
type signer struct{ key ed25519.PrivateKey }

func newSigner(t *testing.T) signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return signer{key}
}

func (s signer) sign(_ context.Context, purpose string, message []byte) (signature, leaf []byte, err error) {
	return ed25519.Sign(s.key, append([]byte(purpose), message...)), s.key.Public().(ed25519.PublicKey), nil
}

func (s signer) proof(leaf []byte, purpose string, message, signature []byte) bool {
	public := s.key.Public().(ed25519.PublicKey)
	return public.Equal(ed25519.PublicKey(leaf)) && ed25519.Verify(public, append([]byte(purpose), message...), signature)
}

// signed gives the box an outbox that signs.
func (b *box) signed(s signer) {
	b.o = outbox.New(outbox.Config{Shelf: b.s, Agent: func() domain.AgentID { return b.agent }, Clock: b.clock, MaxRows: b.limit, Sign: s.sign})
	b.s.OnFull(b.o.MakeRoom)
}

// audit verifies the audit stream in the file, beside the agent that has it open.
func (b *box) audit(t *testing.T, s signer) outbox.Finding {
	t.Helper()
	log, err := store.OpenLog(ctx, b.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	found, err := outbox.Verify(ctx, log, b.agent, s.proof)
	if err != nil || len(found) != 2 || found[0].Stream != domain.StreamAudit {
		t.Fatal(found, err)
	}
	return found[0]
}

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

// rewrite changes a stored row; with mend its hashes fit again, as far as somebody without the key can make them fit.
func rewrite(t *testing.T, db *sql.DB, seq uint64, edit func(*wire.Row)) {
	t.Helper()
	var raw []byte
	if err := db.QueryRow("SELECT row FROM outbox WHERE stream = 1 AND seq = ?", int64(seq)).Scan(&raw); err != nil {
		t.Fatal(err)
	}
	var r wire.Row
	if err := wire.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	edit(&r)
	raw, err := wire.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	run(t, db, "UPDATE outbox SET row = ? WHERE stream = 1 AND seq = ?", raw, int64(seq))
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
	ending(t, db, func(e *end) { e.Link = before })
}

// end is the end of a stream as it lies on the shelf.
type end struct {
	Last  uint64   `cbor:"1,keyasint"`
	Count int64    `cbor:"2,keyasint"`
	Bytes int64    `cbor:"3,keyasint"`
	Link  [32]byte `cbor:"4,keyasint"`
}

// ending changes the end of the audit stream.
func ending(t *testing.T, db *sql.DB, edit func(*end)) {
	t.Helper()
	var raw []byte
	if err := db.QueryRow("SELECT row FROM outbox WHERE stream = 2 AND seq = 0").Scan(&raw); err != nil {
		t.Fatal(err)
	}
	var e end
	if err := wire.Unmarshal(raw, &e); err != nil {
		t.Fatal(err)
	}
	edit(&e)
	raw, err := wire.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	run(t, db, "UPDATE outbox SET row = ? WHERE stream = 2 AND seq = 0", raw)
}

func rewritten(r *wire.Row) {
	r.Body, _ = wire.Marshal(domain.NoteBody{What: "test", Detail: "another story"})
	r.BodyHash = wire.HashBody(r.Salt, r.Body)
}

// Somebody with the disk changes, drops or swaps rows of an agent's log: verify names the first one, whatever else was made to fit.
//
// shows BEY-10 by agent/outbox/verify.go: "return link(w.epoch, w.Stream, before, r) == want" => "return len(want)+len(before) > 0"
// shows BEY-10 by agent/outbox/verify.go: "case from > w.at+1:" => "case false:"
// shows BEY-10 by agent/outbox/verify.go: "case w.at < max(w.mark.Last, w.high):" => "case false:"
// shows BEY-10 by agent/outbox/verify.go: "if head != r.Digest {" => "if false {"
// shows BEY-10 by agent/outbox/verify.go: "if k.Seq != w.mark.Acked || k.Link != w.mark.Base {" => "if false {"
func TestVerify_NamesTheFirstBadRow(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(t *testing.T, b *box, db *sql.DB, epoch domain.EpochID)
		bad   string
		seq   uint64
	}{
		"nothing": {func(*testing.T, *box, *sql.DB, domain.EpochID) {}, "", 0},
		"a body altered": {func(t *testing.T, _ *box, db *sql.DB, _ domain.EpochID) {
			rewrite(t, db, 77, func(r *wire.Row) { r.Body = append(r.Body, 0) })
		}, outbox.BadAltered, 77},
		"a row rewritten": {func(t *testing.T, _ *box, db *sql.DB, _ domain.EpochID) { rewrite(t, db, 78, rewritten) }, outbox.BadAltered, 78},
		"an instant altered": {func(t *testing.T, _ *box, db *sql.DB, _ domain.EpochID) {
			rewrite(t, db, 79, func(r *wire.Row) { r.WallMilli-- })
		}, outbox.BadAltered, 79},
		"rows chained anew behind it": {func(t *testing.T, _ *box, db *sql.DB, epoch domain.EpochID) {
			rewrite(t, db, 100, rewritten)
			relink(t, db, epoch, 100, 200)
		}, outbox.BadAltered, 51}, // the key has vouched for 50 and for 192: between them is all that is known
		"a row dropped": {func(t *testing.T, _ *box, db *sql.DB, _ domain.EpochID) {
			run(t, db, "DELETE FROM outbox WHERE stream = 1 AND seq = 120")
		}, outbox.BadMissing, 120},
		"the first row dropped": {func(t *testing.T, _ *box, db *sql.DB, _ domain.EpochID) {
			run(t, db, "DELETE FROM outbox WHERE stream = 1 AND seq = 51")
		}, outbox.BadMissing, 51},
		"the last rows dropped": {func(t *testing.T, _ *box, db *sql.DB, _ domain.EpochID) {
			run(t, db, "DELETE FROM outbox WHERE stream = 1 AND seq > 197")
		}, outbox.BadMissing, 198},
		"the last rows and the end dropped": {func(t *testing.T, _ *box, db *sql.DB, _ domain.EpochID) {
			run(t, db, "DELETE FROM outbox WHERE stream = 1 AND seq > 197 OR stream = 2 AND seq = 0")
		}, outbox.BadMissing, 198},
		"the last rows dropped and the numbers set back": {func(t *testing.T, _ *box, db *sql.DB, _ domain.EpochID) {
			run(t, db, "DELETE FROM outbox WHERE stream = 1 AND seq > 190")
			ending(t, db, func(e *end) { e.Last = 190 })
		}, outbox.BadMissing, 191},
		"two rows swapped": {func(t *testing.T, _ *box, db *sql.DB, _ domain.EpochID) {
			run(t, db, "UPDATE outbox SET seq = -1 WHERE stream = 1 AND seq = 60")
			run(t, db, "UPDATE outbox SET seq = 60 WHERE stream = 1 AND seq = 63")
			run(t, db, "UPDATE outbox SET seq = 63 WHERE stream = 1 AND seq = -1")
		}, outbox.BadAltered, 60},
		"the floor raised over a row": {func(t *testing.T, _ *box, db *sql.DB, _ domain.EpochID) {
			run(t, db, "DELETE FROM outbox WHERE stream = 1 AND seq = 51")
			run(t, db, "UPDATE streams SET acked = 51 WHERE stream = 1")
		}, outbox.BadAltered, 52},
		"a checkpoint of another key": {func(t *testing.T, b *box, db *sql.DB, epoch domain.EpochID) {
			rewrite(t, db, 100, rewritten)
			relink(t, db, epoch, 100, 200)
			k := outbox.Kept{Stream: domain.StreamAudit, Kind: outbox.Head, Seq: 192}
			rewrite(t, db, 192, func(r *wire.Row) { k.Link = r.Digest })
			k.Signature, k.Leaf, _ = newSigner(t).sign(ctx, outbox.KeptContext, k.Message(b.agent, epoch))
			if err := b.s.PutKept(ctx, k); err != nil {
				t.Fatal(err)
			}
		}, outbox.BadForged, 192},
	} {
		t.Run(name, func(t *testing.T) {
			b, key := newBox(t, t.TempDir(), 0), newSigner(t)
			defer b.stop()
			b.signed(key)
			cloud := newCloud(t, b.agent)
			for i := range 50 {
				b.append(domain.EventDoor, number(i))
			}
			b.quiet(cloud)
			b.cut()
			for i := range 150 {
				b.append(domain.EventDoor, number(50+i))
			}
			epoch, _, _, err := b.o.Position(ctx)
			if err != nil {
				t.Fatal(err)
			}
			c.spoil(t, b, b.file(t), epoch)
			f := b.audit(t, key)
			if f.Bad != c.bad || f.Seq != c.seq {
				t.Fatalf("%+v, want %q at %d", f, c.bad, c.seq)
			}
			if c.bad == "" && (f.From != 51 || f.To != 200 || f.Rows != 150 || f.Signed != 192) {
				t.Errorf("%+v", f)
			}
		})
	}
}

// What is removed for want of room or because the cloud has it ends in a signed checkpoint: the rest still verifies, and the gap row cannot be altered or moved.
//
// shows BEY-10 by agent/outbox/verify.go: "if hole.Row != link(w.epoch, w.Stream, w.last, r) || r.Digest != hole.Link {" => "if false {"
// shows BEY-10 by agent/outbox/rows.go: "if err := o.keep(ctx, epoch, behind); err != nil {" => "if err := error(nil); err != nil {"
func TestVerify_HolesAndRetentionEndInACheckpoint(t *testing.T) {
	b, key := newBox(t, t.TempDir(), 100), newSigner(t)
	defer b.stop()
	b.signed(key)
	cloud := newCloud(t, b.agent)
	for i := range 300 {
		b.append(domain.EventDoor, number(i))
	}
	f := b.audit(t, key)
	if f.Bad != "" || f.Holes == 0 || f.To != 300 || f.Signed < 200 {
		t.Fatalf("%+v", f)
	}
	db := b.file(t)
	var seq int64
	var raw []byte
	if err := db.QueryRow("SELECT seq, row FROM outbox WHERE stream = 1 ORDER BY seq LIMIT 1").Scan(&seq, &raw); err != nil {
		t.Fatal(err)
	}
	rewrite(t, db, uint64(seq), func(r *wire.Row) {
		r.Body, _ = wire.Marshal(domain.GapBody{From: r.From, To: r.Seq, Reason: "nothing of note"})
		r.BodyHash = wire.HashBody(r.Salt, r.Body)
	})
	if f = b.audit(t, key); f.Bad != outbox.BadAltered || f.Seq != uint64(seq) {
		t.Fatalf("an altered gap row: %+v", f)
	}
	run(t, db, "UPDATE outbox SET row = ? WHERE stream = 1 AND seq = ?", raw, seq)
	b.quiet(cloud)
	b.cut()
	if f = b.audit(t, key); f.Bad != "" || f.Rows != 0 || f.Signed != 300 {
		t.Fatalf("everything is with the cloud: %+v", f)
	}
	b.append(domain.EventDoor, number(300))
	b.stop()
	b.start()
	b.signed(key)
	b.append(domain.EventDoor, number(301))
	if f = b.audit(t, key); f.Bad != "" || f.Rows != 2 {
		t.Fatalf("after a restart: %+v", f)
	}
}

// Rows that vanish from the disk become a visible hole when the rest leaves; verify still names them, and once the cloud has the hole the rest stands.
func TestVerify_VanishedRowsStayNamed(t *testing.T) {
	b, key := newBox(t, t.TempDir(), 0), newSigner(t)
	defer b.stop()
	b.signed(key)
	cloud := newCloud(t, b.agent)
	for i := range 20 {
		b.append(domain.EventDoor, number(i))
	}
	b.stop()
	db := b.file(t)
	run(t, db, "DELETE FROM outbox WHERE stream = 1 AND seq BETWEEN 1 AND 5")
	ending(t, db, func(e *end) { e.Count -= 5 })
	b.start()
	b.signed(key)
	b.connect(cloud) // the hole is made when the rows leave
	if f := b.audit(t, key); f.Bad != outbox.BadMissing || f.Seq != 1 {
		t.Fatalf("%+v", f)
	}
	b.quiet(cloud)
	b.cut()
	b.append(domain.EventDoor, number(20))
	if f := b.audit(t, key); f.Bad != "" || f.Rows != 1 {
		t.Fatalf("behind the hole: %+v", f)
	}
}

// Each batch ends in a checkpoint for the cloud, over the digest of its last row.
//
// shows BEY-10 by agent/outbox/rows.go: "ev.Checkpoint = o.checkpoint(ctx, ev)"
func TestBatch_EndsInACheckpoint(t *testing.T) {
	b, key := newBox(t, t.TempDir(), 0), newSigner(t)
	defer b.stop()
	b.signed(key)
	for i := range 3 {
		b.append(domain.EventDoor, number(i))
	}
	b.connect(newCloud(t, b.agent))
	if len(b.line.sent) != 1 || b.line.sent[0].Checkpoint == nil {
		t.Fatalf("sent %+v", b.line.sent)
	}
	ev := b.line.sent[0]
	c := *ev.Checkpoint
	public := key.key.Public().(ed25519.PublicKey)
	if c.Seq != 3 || c.Digest != ev.Rows[2].Digest || !key.proof(public, wire.CheckpointContext, c.Message(b.agent, ev.Epoch, ev.Stream), c.Signature) {
		t.Errorf("%+v", c)
	}
}
