package outbox_test

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"testing"

	"vestibule/agent/outbox"
	"vestibule/agent/store"
	"vestibule/agent/store/block"
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
			drop(t, db, 120, 120)
		}, outbox.BadMissing, 120},
		"the first row dropped": {func(t *testing.T, _ *box, db *sql.DB, _ domain.EpochID) {
			drop(t, db, 51, 51)
		}, outbox.BadMissing, 51},
		"a row cut out of its block": {func(t *testing.T, _ *box, db *sql.DB, _ domain.EpochID) {
			change(t, db, 120, func(b block.Block) block.Block { return without(t, b, 120) })
		}, outbox.BadAltered, 120},
		"a block of other bytes": {func(t *testing.T, _ *box, db *sql.DB, _ domain.EpochID) {
			run(t, db, "UPDATE blocks SET body = x'00' WHERE id = (SELECT max(id) FROM blocks WHERE id <= ?)", at(51))
		}, outbox.BadAltered, 51},
		"the last rows dropped": {func(t *testing.T, _ *box, db *sql.DB, _ domain.EpochID) {
			drop(t, db, 198, 200)
		}, outbox.BadMissing, 198},
		"the last rows dropped and the end left": {func(t *testing.T, _ *box, db *sql.DB, _ domain.EpochID) {
			before := newest(t, db)
			drop(t, db, 198, 200)
			ending(t, db, func(b *block.Block) { b.End = before.End })
		}, outbox.BadMissing, 198},
		"the last rows dropped and the numbers set back": {func(t *testing.T, _ *box, db *sql.DB, _ domain.EpochID) {
			before := newest(t, db)
			drop(t, db, 191, 200)
			ending(t, db, func(b *block.Block) { b.Last, b.Link, b.More = 190, before.Link, false })
			run(t, db, "UPDATE streams SET last = min(190, last) WHERE stream = 1")
		}, outbox.BadMissing, 191},
		"two rows swapped": {func(t *testing.T, _ *box, db *sql.DB, _ domain.EpochID) {
			var one, other wire.Row
			rewrite(t, db, 60, func(r *wire.Row) { one = *r })
			rewrite(t, db, 63, func(r *wire.Row) { other, *r = *r, one })
			rewrite(t, db, 60, func(r *wire.Row) { *r = other })
		}, outbox.BadAltered, 60},
		"the floor raised over a row": {func(t *testing.T, _ *box, db *sql.DB, _ domain.EpochID) {
			drop(t, db, 51, 51)
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
	var id int64
	var body []byte
	if err := db.QueryRow("SELECT id, body FROM blocks ORDER BY id LIMIT 1").Scan(&id, &body); err != nil {
		t.Fatal(err)
	}
	seq := uint64(id - at(0))
	rewrite(t, db, seq, func(r *wire.Row) {
		r.Body, _ = wire.Marshal(domain.GapBody{From: r.From, To: r.Seq, Reason: "nothing of note"})
		r.BodyHash = wire.HashBody(r.Salt, r.Body)
	})
	if f = b.audit(t, key); f.Bad != outbox.BadAltered || f.Seq != seq {
		t.Fatalf("an altered gap row: %+v", f)
	}
	run(t, db, "UPDATE blocks SET body = ? WHERE id = ?", body, id)
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
	drop(t, db, 1, 5)
	ending(t, db, func(b *block.Block) { b.Count -= 5 })
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
