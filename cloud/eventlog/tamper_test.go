package eventlog_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"testing"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/cloud/cloudtest/linktest"
	"vestibule/cloud/eventlog"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// author is a box that signs where its log stands.
type author struct {
	*linktest.Box
	t    *testing.T
	c    *linktest.Cloud
	key  *ecdsa.PrivateKey
	rows []wire.Row
	home domain.ApartmentID
}

func newAuthor(t *testing.T, c *linktest.Cloud) *author {
	t.Helper()
	a := &author{Box: c.NewBox(c.Site), t: t, c: c, home: domain.NewID[domain.ApartmentID](time.Now())}
	a.renew()
	return a
}

// renew gives the box a certificate for a new key.
func (a *author) renew() {
	a.t.Helper()
	a.c.Time.Move(time.Hour)
	csr, key := a.c.CSR()
	if r := a.c.Enroll.Renew(a.t.Context(), a.ID, wire.Renew{CSR: csr}); len(r.Chain) == 0 {
		a.t.Fatal(r.Refuse)
	}
	a.key = key
}

func (a *author) sign(key *ecdsa.PrivateKey, c wire.Checkpoint) []byte {
	a.t.Helper()
	h := sha256.New()
	h.Write([]byte(wire.CheckpointContext + "\x00"))
	h.Write(c.Message(a.ID, a.Epoch, domain.StreamAudit))
	signature, err := ecdsa.SignASN1(rand.Reader, key, h.Sum(nil))
	if err != nil {
		a.t.Fatal(err)
	}
	return signature
}

// tell uploads n rows about the author's home in one batch that ends in a checkpoint.
func (a *author) tell(n int, signed bool) {
	a.t.Helper()
	batch := wire.Events{Epoch: a.Epoch, Stream: domain.StreamAudit}
	for i := range n {
		batch.Rows = append(batch.Rows, a.Row(domain.EventDoor, domain.DoorBody{ApartmentID: a.home, Relay: 1, By: fmt.Sprint("person ", len(a.rows)+i)}))
	}
	a.rows = append(a.rows, batch.Rows...)
	if signed {
		last := batch.Rows[n-1]
		c := wire.Checkpoint{Seq: last.Seq, Digest: last.Digest, AtMilli: last.WallMilli}
		c.Signature = a.sign(a.key, c)
		batch.Checkpoint = &c
	}
	if ack, err := a.c.Events.Take(a.t.Context(), a.ID, batch); err != nil || ack.Through != uint64(len(a.rows)) || len(ack.Rejected) > 0 {
		a.t.Fatal(ack, err)
	}
}

func (a *author) verify() eventlog.Finding {
	a.t.Helper()
	found, err := a.c.Events.Verify(a.c.Person(), a.c.Site)
	if err != nil || len(found) != 1 {
		a.t.Fatal(found, err)
	}
	return found[0]
}

func doorRow(seq int) string { return fmt.Sprintf(" WHERE stream = 1 AND seq = %d", seq) }

// relink tells another story in a row and chains everything behind it anew, as somebody does who has the database and knows how the chain is made.
func (a *author) relink(behind storetest.Behind, from int) {
	body, err := wire.Marshal(domain.DoorBody{ApartmentID: a.home, Relay: 1, By: "nobody"})
	if err != nil {
		a.t.Fatal(err)
	}
	last := a.rows[from-2].Digest
	for i := from - 1; i < len(a.rows); i++ {
		r := a.rows[i]
		if i == from-1 {
			r.Body, r.BodyHash = body, wire.HashBody(r.Salt, body)
			behind.Run("UPDATE events SET body = " + behind.Bytes(body) + ", body_hash = " + behind.Bytes(r.BodyHash[:]) + doorRow(from))
		}
		last = wire.Chain(a.ID, a.Epoch, domain.StreamAudit, last, r)
		behind.Run("UPDATE events SET digest = " + behind.Bytes(last[:]) + doorRow(i+1))
	}
	behind.Run("UPDATE event_cursors SET digest = " + behind.Bytes(last[:]) + " WHERE stream = 1")
}

// Somebody with the database changes, drops or swaps rows: verify names the first one. Chaining everything anew does not help without the agent's key.
//
// shows BEY-10 by cloud/eventlog/verify.go: "case c.Seq != r.Seq || c.Digest != r.Digest:" => "case false:"
// shows BEY-10 by cloud/eventlog/verify.go: "if wire.Chain(w.key.Agent, w.key.Epoch, w.key.Stream, before, r) != r.Digest {" => "if _ = before; false {"
// shows BEY-10 by cloud/eventlog/verify.go: "last = max(last, w.signed[n-1].Seq)" => "_ = n"
// shows BEY-10 by cloud/eventlog/verify.go: "case !c.ok:" => "case false:"
// shows BEY-10 by cloud/eventlog/service.go: "return b.Checkpoint" => "return nil"
func TestVerify_NamesTheFirstBadRow(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(a *author, behind storetest.Behind)
		want  eventlog.Finding
	}{
		"nothing": {func(*author, storetest.Behind) {}, eventlog.Finding{Rows: 23, Signed: 20}},
		"a body altered": {func(_ *author, b storetest.Behind) {
			b.Run("UPDATE events SET body = " + b.Bytes([]byte{0xa0}) + doorRow(7))
		}, eventlog.Finding{Bad: eventlog.BadAltered, Seq: 7}},
		"an instant altered": {func(_ *author, b storetest.Behind) {
			b.Run("UPDATE events SET occurred_at = occurred_at - 1" + doorRow(8))
		}, eventlog.Finding{Bad: eventlog.BadAltered, Seq: 8}},
		"a row dropped": {func(_ *author, b storetest.Behind) { b.Run("DELETE FROM events" + doorRow(9)) }, eventlog.Finding{Bad: eventlog.BadMissing, Seq: 9}},
		"two rows swapped": {func(_ *author, b storetest.Behind) {
			b.Run("UPDATE events SET seq = 1000" + doorRow(5))
			b.Run("UPDATE events SET seq = 5" + doorRow(11))
			b.Run("UPDATE events SET seq = 11" + doorRow(1000))
		}, eventlog.Finding{Bad: eventlog.BadAltered, Seq: 5}},
		"the last rows dropped": {func(_ *author, b storetest.Behind) { b.Run("DELETE FROM events WHERE seq > 21") }, eventlog.Finding{Bad: eventlog.BadMissing, Seq: 22}},
		"the last rows dropped and the cursor set back": {func(_ *author, b storetest.Behind) {
			b.Run("DELETE FROM events WHERE seq > 18")
			b.Run("UPDATE event_cursors SET acked = 18 WHERE stream = 1")
		}, eventlog.Finding{Bad: eventlog.BadMissing, Seq: 19}},
		"everything chained anew": {func(a *author, b storetest.Behind) { a.relink(b, 13) }, eventlog.Finding{Bad: eventlog.BadAltered, Seq: 11, Until: 20}},
		"a checkpoint of another key": {func(a *author, b storetest.Behind) {
			a.relink(b, 13)
			a.forge(b)
		}, eventlog.Finding{Bad: eventlog.BadForged, Seq: 20}},
		"a home's row emptied without a reset": {func(_ *author, b storetest.Behind) {
			b.Run("UPDATE events SET body = " + b.Bytes(nil) + ", salt = " + b.Bytes(make([]byte, 16)) + doorRow(6))
		}, eventlog.Finding{Bad: eventlog.BadAltered, Seq: 6}},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.EachBehind(t, func(t *testing.T, s *store.Store, behind storetest.Behind) {
				a := newAuthor(t, linktest.New(t, s))
				a.tell(10, true)
				// The next checkpoint would take the place of this one in its block of numbers.
				behind.Run("UPDATE checkpoints SET block = -1")
				a.renew()
				a.tell(10, true)
				a.tell(3, false)
				c.spoil(a, behind)
				f := a.verify()
				if f.Bad != c.want.Bad || f.Seq != c.want.Seq || f.Until != c.want.Until {
					t.Fatalf("%+v, want %+v", f, c.want)
				}
				if f.Bad == "" && (f.Rows != c.want.Rows || f.Signed != c.want.Signed) {
					t.Errorf("%+v, want %+v", f, c.want)
				}
			})
		})
	}
}

// forge puts a checkpoint over row 20 as it lies in the database, by a key that a certificate of the agent's name in the database belongs to.
func (a *author) forge(behind storetest.Behind) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	rows, err := a.c.Store.ChainRows(a.c.System(), eventlog.ChainKey{Agent: a.ID, Epoch: a.Epoch, Stream: domain.StreamAudit}, 19, 1)
	if err != nil {
		a.t.Fatal(err)
	}
	c := wire.Checkpoint{Seq: 20, Digest: rows[0].Row.Digest, AtMilli: 1}
	c.Signature = a.sign(key, c)
	behind.Run("UPDATE checkpoints SET digest = " + behind.Bytes(c.Digest[:]) + ", signed_at = 1, signature = " + behind.Bytes(c.Signature) + " WHERE seq = 20")
	behind.Run("UPDATE certificates SET leaf = " + behind.Bytes(selfMade(a.t, a.ID.String(), key)) + " WHERE created_at = (SELECT max(created_at) FROM certificates)")
}

// A home that was given to the next tenant is called erased, by whom and when; the same rows without the entry in the audit are called altered.
//
// shows BEY-10 by cloud/eventlog/verify.go: "w.Erasures = append(w.Erasures, Erased{Reset: reset, Rows: 1})"
// shows BEY-10 by cloud/store/checkpoints.go: "By: r.Actor,"
func TestVerify_TellsErasedFromAltered(t *testing.T) {
	storetest.EachBehind(t, func(t *testing.T, s *store.Store, behind storetest.Behind) {
		c := linktest.New(t, s)
		a := newAuthor(t, c)
		a.tell(4, true)
		at := c.Time.Wall()
		entry := account.Stamp(c.Person(), audit.Entry{
			ID: domain.NewID[domain.AuditID](at), Site: c.Site, Action: audit.Changed, Object: "apartment", ObjectID: a.home, ObjectName: "101",
			Reason: audit.ResetHome + " (home)", At: at,
		})
		if err := s.Record(c.Person(), entry); err != nil {
			t.Fatal(err)
		}
		if n, err := s.EraseEvents(c.System(), c.Site, a.home, at, 100); err != nil || n != 4 {
			t.Fatal(n, err)
		}
		f := a.verify()
		if f.Bad != "" || f.Erased != 4 || f.Signed != 4 || len(f.Erasures) != 1 {
			t.Fatalf("%+v", f)
		}
		if e := f.Erasures[0]; e.Apartment != a.home || e.Name != "101" || e.By != "Ina Installer" || !e.At.Equal(at) || e.Rows != 4 {
			t.Errorf("%+v", e)
		}
		behind.Run("DELETE FROM audit_entries")
		if f := a.verify(); f.Bad != eventlog.BadAltered || f.Seq != 1 {
			t.Errorf("without a reset: %+v", f)
		}
	})
}

// selfMade is a certificate with an agent's name that no authority made.
func selfMade(t *testing.T, name string, key *ecdsa.PrivateKey) []byte {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}
