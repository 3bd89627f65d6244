package configsync_test

import (
	"bytes"
	"context"
	"crypto/hpke"
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"time"

	"vestibule/agent/configsync"
	"vestibule/agent/outbox"
	"vestibule/agent/store"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// failer is what *testing.T and *rapid.T have in common.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

var ctx = context.Background()

type hands struct{ now time.Time }

func (h *hands) Now() time.Time { return h.now }

// cloud keeps the document, its last deltas and sealed payloads, as the protocol says.
type cloud struct {
	t       failer
	agent   domain.AgentID
	public  []byte
	keep    int // deltas
	version uint64
	doc     *desired.Document
	past    map[uint64]*desired.Document
	sealed  map[[32]byte]payload
	random  *rand.Rand
}

type payload struct {
	from, version uint64
	data          []byte
}

func newCloud(t failer, agent domain.AgentID, public []byte) *cloud {
	return &cloud{
		t: t, agent: agent, public: public, keep: 5, doc: desired.New(), past: map[uint64]*desired.Document{0: desired.New()},
		sealed: map[[32]byte]payload{}, random: rand.New(rand.NewPCG(1, 2)),
	}
}

func (c *cloud) head() configsync.Head {
	return configsync.Head{Version: c.version, Hash: c.doc.Hash()}
}

// edit makes one version out of changes.
func (c *cloud) edit(change func(d *desired.Document)) {
	next := c.doc.Clone()
	change(next)
	c.doc = next
	c.version++
	c.past[c.version] = next
	delete(c.past, c.version-uint64(c.keep)-1)
}

// building puts a building that validates; the same n is the same building with another name.
func (c *cloud) building(d *desired.Document, n uint64) {
	raw := make([]byte, 50)
	for i := range raw {
		raw[i] = byte(c.random.Uint32())
	}
	b := domain.Building{ID: buildingID(n), Name: "House " + hex.EncodeToString(raw)}
	body, err := desired.Encode(b)
	if err != nil {
		c.t.Fatalf("%v", err)
	}
	d.Put(desired.SectionBuildings, desired.Key(b.ID), body)
}

func buildingID(n uint64) (id domain.BuildingID) {
	id[0], id[1], id[15] = byte(n), byte(n>>8), 1
	return id
}

// seal gives a payload from a version that is still kept, else a snapshot.
func (c *cloud) seal(from uint64) payload {
	c.t.Helper()
	base, ok := c.past[from]
	if !ok || from == 0 {
		from, base = 0, desired.New()
	}
	data, err := wire.SealConfig(c.public, c.agent, desired.Delta{
		From: from, FromHash: base.Hash(), To: c.version, ToHash: c.doc.Hash(), Ops: desired.Diff(base, c.doc),
	}, true, c.doc)
	if err != nil {
		c.t.Fatalf("seal: %v", err)
	}
	return payload{from, c.version, data}
}

func (c *cloud) announce(held uint64, inline bool) wire.Announce {
	a := wire.Announce{Version: c.version, Hash: c.doc.Hash()}
	if p := c.seal(held); inline && p.from == held && len(p.data) <= wire.MaxInline {
		a.From, a.Sealed = p.from, p.data
	}
	return a
}

func (c *cloud) pull(p wire.Pull) wire.Chunk {
	have, ok := c.sealed[p.Whole]
	if !ok || p.Index == 0 || int(p.Index)*wire.MaxChunk >= len(have.data) {
		p.Index = 0
		have = c.seal(p.From)
		p.Whole = sha256.Sum256(have.data)
		clear(c.sealed) // one payload is kept: an older one is gone
		c.sealed[p.Whole] = have
	}
	start := int(p.Index) * wire.MaxChunk
	return wire.Chunk{
		Version: have.version, From: have.from, Index: p.Index, Count: uint32((len(have.data) + wire.MaxChunk - 1) / wire.MaxChunk), Whole: p.Whole,
		Data: bytes.Clone(have.data[start:min(start+wire.MaxChunk, len(have.data))]),
	}
}

// session keeps what was sent until the test takes it.
type session struct {
	conn    domain.ConnID
	pulls   []wire.Pull
	reports []wire.Report
}

func (s *session) Conn() domain.ConnID { return s.conn }
func (s *session) Reconnect(string)    {}
func (s *session) CloudTime() (time.Time, time.Duration, bool) {
	return time.Time{}, 0, false
}

func (s *session) Send(kind wire.Kind, body any) error {
	if _, err := wire.Seal(kind, s.conn, body); err != nil {
		return err
	}
	switch body := body.(type) {
	case wire.Pull:
		s.pulls = append(s.pulls, body)
	case wire.Report:
		s.reports = append(s.reports, body)
	}
	return nil
}

// box is an agent's document on a real disk.
type box struct {
	t     failer
	dir   string
	agent domain.AgentID
	key   hpke.PrivateKey
	clock *hands
	s     *store.Store
	o     *outbox.Outbox
	c     *configsync.Sync
	line  *session
	told  uint64 // what the cloud says that it stored last
}

func newBox(t failer, dir string) *box {
	t.Helper()
	key, err := wire.NewConfigKey()
	if err != nil {
		t.Fatalf("%v", err)
	}
	b := &box{t: t, dir: dir, agent: domain.AgentID{5}, key: key, clock: &hands{time.UnixMilli(1_800_000_000_000)}}
	b.start()
	return b
}

func (b *box) start() {
	b.t.Helper()
	var err error
	if b.s, err = store.Open(ctx, b.dir); err != nil {
		b.t.Fatalf("open: %v", err)
	}
	b.o = outbox.New(outbox.Config{Shelf: b.s, Agent: func() domain.AgentID { return b.agent }, Clock: b.clock})
	b.c, err = configsync.New(ctx, configsync.Config{
		Shelf: b.s, Log: b.o, Clock: b.clock,
		Key: func(context.Context) (domain.AgentID, hpke.PrivateKey, error) { return b.agent, b.key, nil },
	})
	if err != nil {
		b.t.Fatalf("new: %v", err)
	}
	b.line = nil
}

// stop is a power cut: nothing is told that it ends.
func (b *box) stop() {
	b.t.Helper()
	if err := b.s.Close(); err != nil {
		b.t.Fatalf("close: %v", err)
	}
}

func (b *box) connect(c *cloud) {
	b.line = &session{conn: domain.NewID[domain.ConnID](time.Now())}
	b.c.Begin(ctx, b.line, wire.Welcome{Config: c.version, ConfigHash: c.doc.Hash(), Told: b.told})
}

func (b *box) version() uint64 {
	v, _, _ := b.c.Held()
	return v
}

// quiet lets every message through until the cloud's document is here.
func (b *box) quiet(c *cloud) {
	b.t.Helper()
	b.connect(c)
	for range 300 {
		b.c.Take(ctx, configsync.Compared{Head: c.head()})
		b.c.Turn(ctx)
		pulls := b.line.pulls
		b.line.pulls = nil
		for _, p := range pulls {
			b.c.Take(ctx, configsync.Came{Chunk: c.pull(p)})
		}
		if v, hash, _ := b.c.Held(); v == c.version && hash == c.doc.Hash() && len(b.line.pulls) == 0 {
			return
		}
		b.clock.now = b.clock.now.Add(time.Second)
	}
	v, hash, rejected := b.c.Held()
	b.t.Fatalf("the documents stay apart: %d %v (rejected %d), the cloud has %d %v", v, hash, rejected, c.version, c.doc.Hash())
}

func (b *box) notes() []domain.NoteBody {
	b.t.Helper()
	rows, err := b.s.Rows(ctx, domain.StreamAudit, 0, 1000, 1<<30)
	if err != nil {
		b.t.Fatalf("%v", err)
	}
	var out []domain.NoteBody
	for _, r := range rows {
		var n domain.NoteBody
		if err := wire.Unmarshal(r.Body, &n); err != nil {
			b.t.Fatalf("%v", err)
		}
		out = append(out, n)
	}
	return out
}

func (b *box) said(what string, version uint64) bool {
	return slices.ContainsFunc(b.notes(), func(n domain.NoteBody) bool { return n.What == what && n.Version == version })
}
